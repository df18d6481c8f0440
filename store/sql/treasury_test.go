package sql_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var steps = flag.Int("steps", 40, "how many steps the treasury of a property test makes")

const treasuryKey = "liquidity/glp"

// treasury is one process that keeps banks liquid, with all that it needs in one
// database.
type treasury struct {
	t        *testing.T
	db       *sql.DB
	runner   *evenkeel.Runner[liquidity.State, liquidity.Observation, liquidity.Decision]
	patience int // transfers until the process is gone; < 0 is for ever
}

func treasuryConfig() liquidity.Config {
	cfg := liquidity.Careful("glp", "XXX", dec("3000"))
	cfg.Mode, cfg.MaxAge, cfg.MaxJump, cfg.ApproveFrom = liquidity.Live, time.Hour, dec("0"), dec("0")
	cfg.Cooldown, cfg.ReverseCooldown, cfg.Dwell, cfg.Finality = 2*time.Minute, 4*time.Minute, 2*time.Minute, 5*time.Minute
	cfg.Term, cfg.RateBps, cfg.MaxPerHour, cfg.Retry = 20*time.Minute, dec("70000"), 0, time.Minute
	return cfg
}

// openTreasury starts a process.
func openTreasury(t *testing.T, dsn string) *treasury {
	t.Helper()
	db, err := sql.Open(t.Context(), dsn)
	require.NoError(t, err)
	r := &treasury{t: t, db: db, patience: -1}
	t.Cleanup(r.close) // twice does no harm
	engine, err := liquidity.New(treasuryConfig())
	require.NoError(t, err)
	world, err := liquidity.NewWorld(liquidity.WorldConfig{
		Key: treasuryKey, Engine: engine, Inbox: db.Inbox(),
		Feeds: []liquidity.Feed{lentTo{db.Positions().Feed("core"), db.Settlement()}}, Quorum: 1,
		Executors: map[string]liquidity.Executor{"glp": mortal{db.Settlement().Provider("glp"), r}, "two": mortal{db.Settlement().Provider("two"), r}},
	})
	require.NoError(t, err)
	r.runner, err = evenkeel.NewRunner(treasuryKey, engine, world, db.Store(), evenkeel.Options{})
	require.NoError(t, err)
	return r
}

func (r *treasury) close() { require.NoError(r.t, r.db.Close()) }

// lentTo adds to what a source says what the pool has lent.
type lentTo struct {
	liquidity.Feed
	book *sql.Settlement
}

func (f lentTo) Positions(ctx context.Context, now time.Time) ([]liquidity.Position, error) {
	positions, err := f.Feed.Positions(ctx, now)
	if err != nil {
		return nil, err
	}
	net, err := f.book.Net(ctx)
	for i := range positions {
		positions[i].Liquid = decimal.Max(positions[i].Liquid.Add(net[positions[i].Bank]), decimal.Zero)
	}
	return positions, err
}

var errGone = errors.New("the process is gone")

// mortal is an executor of a process that may be gone before it sends.
type mortal struct {
	liquidity.Executor
	of *treasury
}

func (m mortal) Send(ctx context.Context, t liquidity.Transfer) error {
	if m.of.patience == 0 {
		return errGone
	}
	m.of.patience--
	return m.Executor.Send(ctx, t)
}

// tick is one step; that another process has made it is no error.
func (r *treasury) tick(now time.Time) error {
	_, err := r.runner.Tick(r.t.Context(), now)
	if errors.Is(err, evenkeel.ErrAct) || errors.Is(err, evenkeel.ErrConflict) {
		return nil
	}
	return err
}

// Two processes on one database, which are killed at any moment and started
// again, end with the books of one that nothing happened to: each transfer is
// made once, every record and every line is the same.
func TestTwoTreasuriesThatAreKilledKeepTheBooksOfOneThatIsNot(t *testing.T) {
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64() //nolint:forbidigo // logged, and no two runs are the same anyway
			t.Logf("seed %d", seed)
			rng := rand.New(rand.NewPCG(seed, 0))
			whole, dsn := openTreasury(t, empty(t)), empty(t)
			broken := [2]*treasury{openTreasury(t, dsn), openTreasury(t, dsn)}
			fund(t, whole.db)
			fund(t, broken[0].db)
			tides := map[string]int64{}
			killed := false
			for step := range *steps {
				now := noon.Add(time.Duration(step) * time.Minute)
				tell(t, rng, tides, now, whole.db, broken[0].db)
				require.NoError(t, whole.tick(now))
				killed = disturb(t, rng, now, &broken, dsn, !killed && rng.IntN(2) == 0)
				sameRecord(t, whole.db, broken[0].db)
			}
			for _, r := range []*treasury{whole, openTreasury(t, dsn)} {
				r.stop(noon.Add(time.Duration(*steps) * time.Minute))
			}
			sameBooks(t, whole.db, broken[0].db)
		})
	}
}

func fund(t *testing.T, db *sql.DB) {
	t.Helper()
	require.NoError(t, db.Settlement().Contribute(t.Context(), "glp", "start", dec("2000")))
	require.NoError(t, db.Settlement().Contribute(t.Context(), "two", "start", dec("500")))
	require.NoError(t, db.Settlement().SetLimits(t.Context(), "two", sql.Limits{Min: dec("5"), Max: dec("80")}))
}

// tell moves the tides of some banks, and tells both databases.
func tell(t *testing.T, rng *rand.Rand, tides map[string]int64, now time.Time, dbs ...*sql.DB) {
	t.Helper()
	var positions []liquidity.Position
	for i := range 6 {
		bank := fmt.Sprint("bank-", i)
		if tides[bank] == 0 || rng.IntN(4) == 0 {
			tides[bank] = int64(80_000 + rng.IntN(60_000))
		}
		p := position(bank, decimal.New(tides[bank], -2).String(), now)
		positions = append(positions, p)
	}
	for _, db := range dbs {
		require.NoError(t, db.Positions().Put(t.Context(), "core", positions))
	}
}

// disturb lets one of two processes make a step, and be killed in the middle if it
// is to: then whoever makes the next step carries out what is left of this one.
func disturb(t *testing.T, rng *rand.Rand, now time.Time, both *[2]*treasury, dsn string, kill bool) bool {
	t.Helper()
	leads := rng.IntN(2)
	if kill {
		both[leads].patience = rng.IntN(3)
	}
	before := seq(t, both[0].db)
	require.NoError(t, both[leads].tick(now))
	if seq(t, both[0].db) == before { // it had lost a step to the other
		require.NoError(t, both[leads].tick(now))
	}
	require.Equal(t, before+1, seq(t, both[0].db))
	if rng.IntN(2) == 0 {
		impatient, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(5))*time.Millisecond)
		_, _ = chronicle.Follow(impatient, both[0].db.Store(), treasuryKey, both[0].db.Chronicle(treasuryKey)) // wherever it got to
		cancel()
	}
	if kill {
		both[leads].close()
		both[leads] = openTreasury(t, dsn)
	}
	return kill
}

func seq(t *testing.T, db *sql.DB) uint64 {
	t.Helper()
	last, err := db.Store().Last(t.Context(), treasuryKey)
	if errors.Is(err, evenkeel.ErrNotFound) {
		return 0
	}
	require.NoError(t, err)
	return last.Seq
}

// stop carries out what is left, trips the switch, and finds out what became of
// everything.
func (r *treasury) stop(now time.Time) {
	r.t.Helper()
	for minute := range 3 {
		require.NoError(r.t, r.tick(now.Add(time.Duration(minute)*time.Minute)))
		require.NoError(r.t, r.db.Inbox().Put(r.t.Context(), treasuryKey, "stop", []byte(`{"By": "eve", "Do": "trip"}`)))
	}
}

func sameRecord(t *testing.T, whole, broken *sql.DB) {
	t.Helper()
	want, err := whole.Store().Last(t.Context(), treasuryKey)
	require.NoError(t, err)
	got, err := broken.Store().Last(t.Context(), treasuryKey)
	require.NoError(t, err)
	require.Equal(t, want.Hash, got.Hash, "%s\n%s\n%s\n%s", want.Seen, got.Seen, want.Decision, got.Decision)
}

// sameBooks wants both databases to tell the same, and the pool's book to be what
// the engine says.
func sameBooks(t *testing.T, whole, broken *sql.DB) {
	t.Helper()
	type books struct {
		net      map[string]decimal.Decimal
		actions  []chronicle.Action
		ratios   []chronicle.Ratio
		postings []chronicle.Posting
	}
	var both [2]books
	for i, db := range []*sql.DB{whole, broken} {
		b := &both[i]
		c := db.Chronicle(treasuryKey)
		_, err := chronicle.Follow(t.Context(), db.Store(), treasuryKey, c)
		require.NoError(t, err)
		require.NoError(t, db.Settlement().Audit(t.Context()))
		_, err = evenkeel.Verify(t.Context(), db.Store(), treasuryKey)
		require.NoError(t, err)
		b.net, err = db.Settlement().Net(t.Context())
		require.NoError(t, err)
		b.actions, b.ratios, b.postings = everything(t, c.Actions), everything(t, c.Ratios), everything(t, c.Postings)
	}
	require.Empty(t, cmp.Diff(both[0], both[1], cmp.AllowUnexported(books{})))
	settled := 0
	for _, a := range both[0].actions {
		if a.Phase == liquidity.Settled {
			settled++
		}
	}
	require.Positive(t, settled)
	t.Logf("%d actions, %d settled, %d postings", len(both[0].actions), settled, len(both[0].postings))
	lent := map[string]decimal.Decimal{}
	for _, p := range both[0].postings {
		if p.To == chronicle.Lent {
			lent[p.Bank] = lent[p.Bank].Add(p.Amount)
		}
		if p.From == chronicle.Lent || p.From == chronicle.Interest {
			lent[p.Bank] = lent[p.Bank].Sub(p.Amount)
		}
	}
	for bank, amount := range lent {
		require.True(t, amount.Equal(both[0].net[bank]), "%s: the engine lent %s, the book says %s", bank, amount, both[0].net[bank])
	}
}

func everything[T any](t *testing.T, page func(context.Context, chronicle.Query) (chronicle.Page[T], error)) (all []T) {
	t.Helper()
	for q := (chronicle.Query{Limit: chronicle.MaxPage}); ; {
		p, err := page(t.Context(), q)
		require.NoError(t, err)
		if all = append(all, p.Items...); p.Next == 0 {
			return all
		}
		q.Before = p.Next
	}
}
