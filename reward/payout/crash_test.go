package payout_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	ledger "github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var errCrash = errors.New("the process is gone")

// fuse ends a process at one of its calls to the outside: before the call is
// made or after.
type fuse struct {
	calls  int // so far
	at     int // the call that is the last; 0 for none
	after  bool
	burned bool
}

func (f *fuse) call(do func() error) error {
	if f.burned {
		return errCrash
	}
	f.calls++
	f.burned = f.calls == f.at
	if f.burned && !f.after {
		return errCrash
	}
	err := do()
	if f.burned {
		return errCrash
	}
	return err
}

func through[T any](f *fuse, do func() (T, error)) (got T, err error) {
	err = f.call(func() error {
		got, err = do()
		return err
	})
	return got, err
}

// The ports of a process that can crash.
type (
	fusedLedger struct {
		payout.Ledger
		f *fuse
	}
	fusedPayer struct {
		payout.Payer
		f *fuse
	}
	fusedStore struct {
		evenkeel.Store
		f *fuse
	}
	fusedInbox struct {
		evenkeel.Inbox
		f *fuse
	}
)

func (l fusedLedger) Owed(ctx context.Context, now time.Time, after string, limit int) ([]payout.Debt, error) {
	return through(l.f, func() ([]payout.Debt, error) { return l.Ledger.Owed(ctx, now, after, limit) })
}

func (l fusedLedger) Booked(ctx context.Context) (uint64, error) {
	return through(l.f, func() (uint64, error) { return l.Ledger.Booked(ctx) })
}

func (l fusedLedger) Book(ctx context.Context, stamp evenkeel.Stamp, d payout.Decision) error {
	return l.f.call(func() error { return l.Ledger.Book(ctx, stamp, d) })
}

func (l fusedLedger) Batch(ctx context.Context, id string) (payout.Booked, error) {
	return through(l.f, func() (payout.Booked, error) { return l.Ledger.Batch(ctx, id) })
}

func (p fusedPayer) Pay(ctx context.Context, b payout.Batch) error {
	return p.f.call(func() error { return p.Payer.Pay(ctx, b) })
}

func (p fusedPayer) Void(ctx context.Context, id string) error {
	return p.f.call(func() error { return p.Payer.Void(ctx, id) })
}

func (p fusedPayer) Find(ctx context.Context, id string) (payout.Receipt, error) {
	return through(p.f, func() (payout.Receipt, error) { return p.Payer.Find(ctx, id) })
}

func (s fusedStore) Last(ctx context.Context, key string) (evenkeel.Record, error) {
	return through(s.f, func() (evenkeel.Record, error) { return s.Store.Last(ctx, key) })
}

func (s fusedStore) Append(ctx context.Context, r evenkeel.Record) error {
	return s.f.call(func() error { return s.Store.Append(ctx, r) })
}

func (s fusedStore) Journal(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Record, error] {
	if err := s.f.call(func() error { return nil }); err != nil {
		return func(yield func(evenkeel.Record, error) bool) { yield(evenkeel.Record{}, err) }
	}
	return s.Store.Journal(ctx, key, after)
}

func (b fusedInbox) Take(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Command, error] {
	if err := b.f.call(func() error { return nil }); err != nil {
		return func(yield func(evenkeel.Command, error) bool) { yield(evenkeel.Command{}, err) }
	}
	return b.Inbox.Take(ctx, key, after)
}

// mortal is a pool whose process may crash and is then started again.
type mortal struct {
	*pool
	e      *payout.Engine
	wallet ledger.Wallet
	store  memory.Store
	inbox  memory.Inbox
	fuse   *fuse
	runner *evenkeel.Runner[payout.State, payout.Observation, payout.Decision]
	now    time.Time
}

// newMortal has two accounts at one address and one at another, and batches of
// one output: several at a time are under way.
func newMortal(t *testing.T, f *fuse) *mortal {
	t.Helper()
	m := &mortal{pool: newPool(t, "ann A", "bob A", "cid B"), now: start}
	m.e = engine(t, func(c *payout.Config) {
		c.Minimum, c.MaxOutputs, c.MaxAttempts, c.Confirmations = dec("0"), 1, 2, 2
	})
	m.begin(f)
	return m
}

func (m *mortal) begin(f *fuse) {
	m.t.Helper()
	m.fuse = f
	store := fusedStore{&m.store, f}
	world, err := payout.NewWorld(payout.WorldConfig{
		Key: poolKey, Engine: m.e, Ledger: fusedLedger{m.ledger.Payouts(), f}, Payer: fusedPayer{&m.wallet, f}, Store: store, Inbox: fusedInbox{&m.inbox, f},
	})
	require.NoError(m.t, err)
	m.runner, err = evenkeel.NewRunner(poolKey, m.e, world, store, evenkeel.Options{})
	require.NoError(m.t, err)
}

// tick runs one look after that time and starts a crashed process again with next.
func (m *mortal) tick(after time.Duration, next *fuse) {
	m.now = m.now.Add(after)
	_, _ = m.runner.Tick(m.t.Context(), m.now) // what went wrong, the next look shows
	if m.fuse.burned {
		m.begin(next)
	}
}

// sound reports who was paid more than was credited, or whose books do not balance.
func (m *mortal) sound() error {
	for address, credited := range m.credited {
		if paid := m.wallet.Received(address); paid.GreaterThan(credited) {
			return fmt.Errorf("%s was paid %v of %v", address, paid, credited)
		}
	}
	return m.balanced()
}

// settle runs days until all is paid, and says what is not.
func (m *mortal) settle() error {
	for range 6 {
		for range 8 {
			m.wallet.Mine(1)
			m.tick(3*time.Minute, &fuse{})
		}
		if err := m.sound(); err != nil {
			return err
		}
		m.now = m.now.Add(day)
	}
	for address, credited := range m.credited {
		if paid := m.wallet.Received(address); !paid.Equal(credited.Truncate(6)) {
			return fmt.Errorf("%s was paid %v of %v in the end", address, paid, credited)
		}
	}
	return m.balanced()
}

// live runs two days with bad luck and a halt, in a process that ends as f says.
func (m *mortal) live(f *fuse) error {
	m.wallet.Script(ledger.Timeout, ledger.Delay, ledger.Refuse, ledger.Reset, ledger.Refuse, ledger.Refuse)
	command := func(id, do string) {
		require.NoError(m.t, m.inbox.Put(m.t.Context(), poolKey, id, []byte(do)))
	}
	for d := range 2 {
		m.credit("ann", "1.0000004")
		m.credit("bob", "0.25")
		m.credit("cid", "0.5000007")
		for i := range 7 {
			if i == 3 {
				command(fmt.Sprint("halt ", d), `{"By": "ann", "Do": "halt"}`)
				m.wallet.Reorg(1)
			}
			if i == 4 {
				command(fmt.Sprint("go ", d), `{"By": "ann", "Do": "resume"}`)
				command(fmt.Sprint("go too ", d), `{"By": "bob", "Do": "resume"}`)
			}
			m.wallet.Mine(1)
			m.tick(2*time.Minute, &fuse{})
			if err := m.sound(); err != nil {
				return err
			}
		}
		m.now = m.now.Add(day)
	}
	return m.settle()
}

// The process ends before and after each call that it makes, and is started
// again: nobody is paid too much, and in the end all are paid.
func TestCrashAnywhere(t *testing.T) {
	whole := &fuse{}
	require.NoError(t, newMortal(t, whole).live(whole))
	for at := 1; at <= whole.calls; at++ {
		for _, after := range []bool{false, true} {
			f := &fuse{at: at, after: after}
			require.NoError(t, newMortal(t, f).live(f), "crash at call %d, after it: %v", at, after)
			require.True(t, f.burned)
		}
	}
	t.Logf("%d crashes", 2*whole.calls)
}

// Many crashes, reorgs, outages and bad luck of any kind but the one that takes
// people.
func TestCrashAgainAndAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		short := func() *fuse { return &fuse{at: 1 + rng.IntN(30), after: rng.IntN(2) == 0} }
		m := newMortal(t, short())
		for range 60 {
			if rng.IntN(3) == 0 {
				m.credit(pick(rng, m.users...), pick(rng, "0.0000004", "1", "2.5000007"))
			}
			m.wallet.Script(pick(rng, ledger.Good, ledger.Refuse, ledger.Timeout, ledger.Reset, ledger.Delay))
			m.wallet.Down(rng.IntN(6) == 0)
			m.wallet.Mine(rng.IntN(2))
			m.wallet.Reorg(max(0, rng.IntN(12)-9))
			m.tick(pick(rng, time.Minute, 2*time.Minute, time.Hour, day), short())
			require.NoError(rt, m.sound())
		}
		m.wallet.Script()
		m.wallet.Down(false)
		m.begin(&fuse{})
		require.NoError(rt, m.settle())
	})
}

// More than five hundred payouts through a wallet that answers late, twice or
// never: each is paid once, or fails unpaid, or waits for people where nobody can
// tell; and once they have declared what is so, all is paid.
func TestWalletRounds(t *testing.T) {
	const rounds, seed = 600, 2026
	rng := rand.New(rand.NewPCG(seed, 0))
	m := newMortal(t, &fuse{})
	m.tick(0, &fuse{})
	for range rounds {
		m.credit("cid", pick(rng, "1", "2.5000007"))
		m.wallet.Script(
			pick(rng, ledger.Good, ledger.Refuse, ledger.Timeout, ledger.Reset, ledger.Delay),
			pick(rng, ledger.Good, ledger.Refuse),
		)
		if rng.IntN(30) == 0 {
			m.wallet.Script(ledger.Vanish)
		}
		m.now = m.now.Add(day - 24*time.Minute)
		for range 12 {
			m.wallet.Mine(rng.IntN(2))
			m.wallet.Reorg(max(0, rng.IntN(16)-9))
			m.wallet.Down(rng.IntN(10) == 0)
			f := &fuse{}
			if rng.IntN(10) == 0 {
				f.at, f.after = 1+rng.IntN(12), rng.IntN(2) == 0
				m.begin(f)
			}
			m.tick(2*time.Minute, &fuse{})
		}
		require.NoError(t, m.sound(), "seed %d", seed)
	}
	m.wallet.Down(false)
	m.wallet.Script()
	for range 2 {
		m.now = m.now.Add(day)
		for range 8 {
			m.wallet.Mine(3)
			m.tick(2*time.Minute, &fuse{})
		}
	}

	count := map[payout.Phase]int{}
	batches, err := m.ledger.Payouts().Batches(t.Context(), 2*rounds)
	require.NoError(t, err)
	for _, b := range batches {
		count[b.Phase]++
		paid := m.wallet.Payments(b.ID)
		switch b.Phase {
		case payout.Confirmed:
			require.Equal(t, 1, paid, "seed %d: batch %d", seed, b.Generation)
		case payout.Failed, payout.Stuck:
			require.Equal(t, 0, paid, "seed %d: batch %d", seed, b.Generation)
		default:
			t.Errorf("seed %d: batch %d is still %s", seed, b.Generation, b.Phase)
		}
		for _, by := range []string{"ann", "bob"} {
			if b.Phase == payout.Stuck {
				body := fmt.Sprintf(`{"By": %q, "Do": "declare_unsent", "Batch": %q}`, by, b.ID)
				require.NoError(t, m.inbox.Put(t.Context(), poolKey, by+b.ID, []byte(body)))
			}
		}
	}
	t.Logf("%d batches: %v", len(batches), count)
	require.GreaterOrEqual(t, len(batches), 500)
	require.Positive(t, count[payout.Stuck])
	require.Positive(t, count[payout.Failed])
	require.NoError(t, m.settle())
}
