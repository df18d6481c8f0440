package sql_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var kills = flag.Int("kills", 10, "how many processes a kill test kills with each database")

// victimEnv makes this binary a victim: it holds the number of its life and the
// database to write to.
const victimEnv = "EVENKEEL_TEST_VICTIM"

const victims = 3 // providers that submit

// What a process has said to be written is there when it is killed, and the
// books balance.
func TestAKilledProcessLosesNothingItAcknowledged(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.grant(t)
		p.register(t, victims)
		seed := rand.Uint64() //nolint:forbidigo // logged, and no two runs are the same anyway
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		said := map[string]int{}
		for life := range *kills {
			lines := killAfter(t, fmt.Sprintf("%d %s", life, dsn), 1+rng.IntN(120))
			for _, line := range lines {
				said[strings.Fields(line)[0]]++
			}
			checkSaid(t, dsn, lines)
		}
		t.Logf("%d killed, none of these lost: %v", *kills, said)
		require.Len(t, said, 3)
	})
}

// killAfter kills a victim once it has said so much, and returns all it said.
func killAfter(t *testing.T, life string, lines int) (said []string) {
	t.Helper()
	victim := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // it is this binary
	victim.Env = append(os.Environ(), victimEnv+"="+life)
	var trouble strings.Builder
	victim.Stderr = &trouble
	_, err := victim.StdinPipe() // closed when we die, so that it dies as well
	require.NoError(t, err)
	stdout, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	for scan := bufio.NewScanner(stdout); scan.Scan(); {
		if said = append(said, scan.Text()); len(said) == lines {
			require.NoError(t, victim.Process.Kill())
		}
	}
	require.ErrorContains(t, victim.Wait(), "killed", trouble.String())
	return said
}

// checkSaid wants everything that a victim has said to be on record.
func checkSaid(t *testing.T, dsn string, lines []string) {
	t.Helper()
	db, err := sql.Open(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	ledger := db.Ledger()
	seen := map[string]bool{}
	for i := range victims {
		orders, err := ledger.Orders(t.Context(), user(i), 10_000)
		require.NoError(t, err)
		for _, s := range orders {
			seen[fmt.Sprint(i, s.Order.SeenAt.UnixMicro())] = true
		}
	}
	rounds, err := ledger.Booked(t.Context())
	require.NoError(t, err)
	payouts, err := ledger.Payouts().Booked(t.Context())
	require.NoError(t, err)
	for _, line := range lines {
		var what string
		var number, at int64
		_, err := fmt.Sscan(line, &what, &number, &at)
		require.NoError(t, err, line)
		switch what {
		case "submitted":
			require.True(t, seen[fmt.Sprint(number, at)], line)
			require.ErrorIs(t, ledger.Submit(t.Context(), proof(int(number), 1, time.UnixMicro(at))), reward.ErrReplayed)
		case "booked":
			require.GreaterOrEqual(t, rounds, uint64(number))
		case "paid":
			require.GreaterOrEqual(t, payouts, uint64(number))
		}
	}
	_, err = evenkeel.Verify(t.Context(), db.Store(), poolKey)
	if rounds > 0 || !errors.Is(err, evenkeel.ErrNotFound) { // an early death leaves no journal
		require.NoError(t, err)
	}
	audit(t, dsn)
}

// victim writes to a database, and says what was written, until it is killed.
type victim struct {
	*pool
	payouts *sql.Payouts
	began   time.Time
	millis  atomic.Int64 // since then
}

func beVictim(life string) error {
	var v victim
	number, dsn, _ := strings.Cut(life, " ")
	lived, err := time.ParseDuration(number + "h")
	if err != nil {
		return err
	}
	ctx := context.Background()
	db, err := sql.Open(ctx, dsn)
	if err != nil {
		return err
	}
	if v.pool, err = newPool(db, 1000); err != nil {
		return err
	}
	v.payouts, v.began = v.ledger.Payouts(), noon.Add(lived)
	failed := make(chan error)
	for i := range victims {
		go func() { failed <- forever(func() error { return v.submit(ctx, i) }) }()
	}
	go func() { failed <- forever(func() error { return v.round(ctx) }) }()
	go func() { failed <- forever(func() error { return v.pay(ctx) }) }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		failed <- err
	}()
	return <-failed
}

func forever(do func() error) error {
	for {
		if err := do(); err != nil {
			return err
		}
	}
}

// now returns a later time with each call.
func (v *victim) now(later time.Duration) time.Time {
	return v.began.Add(time.Duration(v.millis.Add(later.Milliseconds())) * time.Millisecond)
}

func (v *victim) submit(ctx context.Context, i int) error {
	at := v.now(time.Millisecond)
	err := v.ledger.Submit(ctx, proof(i, 3, at))
	if err == nil {
		fmt.Println("submitted", i, at.UnixMicro())
	}
	return err
}

func (v *victim) round(ctx context.Context) error {
	d, err := v.runner.Tick(ctx, v.now(time.Minute))
	if err == nil {
		booked, err := v.ledger.Booked(ctx)
		if err != nil {
			return err
		}
		fmt.Println("booked", booked, d.Round)
	}
	return err
}

// pay settles what is live and plans what is owed.
func (v *victim) pay(ctx context.Context) error {
	seq, err := v.payouts.Booked(ctx)
	if err != nil {
		return err
	}
	batches, err := v.payouts.Batches(ctx, 5)
	if err != nil {
		return err
	}
	var d payout.Decision
	for _, b := range batches {
		if b.Phase == payout.Sending {
			to := []payout.Phase{payout.Paid, payout.Failed, payout.Stuck}[seq%3]
			d.Moved = append(d.Moved, payout.Move{ID: b.ID, From: b.Phase, To: to, TxID: "tx"})
		}
	}
	debts, err := v.payouts.Owed(ctx, v.now(0), "", 10)
	if err != nil {
		return err
	}
	b := payout.Batch{Pool: "pool", Generation: seq + 1}
	for _, debt := range debts {
		b.Lines, b.Total = append(b.Lines, payout.Line(debt)), b.Total.Add(debt.Amount)
	}
	b.ID = b.Sum()
	d.Planned, d.Moved = &b, append(d.Moved, payout.Move{ID: b.ID, From: payout.Planned, To: payout.Sending})
	err = v.payouts.Book(ctx, evenkeel.Stamp{Key: "payout", Seq: seq + 1, At: v.now(0)}, d)
	if err == nil {
		fmt.Println("paid", seq+1, len(batches))
	}
	return err
}
