package alps_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	journal "github.com/evenkeelhq/evenkeel/store/memory"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// A process is killed before or after each call that leaves it, and another one
// does the same again under the same names: money moves once, and every book says
// so.
func TestAProcessThatIsKilledAtAnyCallPaysOnce(t *testing.T) {
	for _, late := range []bool{false, true} {
		for n := 1; ; n++ {
			w, killed := newBooks(t), &killer{left: n, late: late}
			err := w.work(killed)
			if !killed.dead {
				require.NoError(t, err)
				require.Greater(t, n, 40, "the calls that there are")
				break
			}
			require.ErrorIs(t, err, errKilled, "at call %d", n)
			when := fmt.Sprintf("after a kill at call %d, late %v", n, late)
			require.NoError(t, w.work(&killer{}), when)
			w.check(when)
		}
	}
}

var errKilled = errors.New("killed")

// killer ends a process at its nth call: before it, or after it was done. The zero
// killer ends nobody.
type killer struct {
	left       int
	late, dead bool
}

func (k *killer) call(do func() error) error {
	k.left--
	switch {
	case k.dead || k.left == 0 && !k.late:
		k.dead = true
		return errKilled
	case k.left == 0:
		k.dead = true
		_ = do()
		return errKilled
	}
	return do()
}

// books is what outlives a process.
type books struct {
	t         *testing.T
	clock     *clock.Mock
	store     *journal.Store
	inbox     *journal.Inbox
	chronicle *memory.Chronicle
	system    *memory.System
}

func newBooks(t *testing.T) *books {
	t.Helper()
	w := &books{t, clock.NewMock(), &journal.Store{}, &journal.Inbox{}, &memory.Chronicle{}, &memory.System{}}
	w.clock.Set(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	w.system.Provider("glp").Change(func(p *liquidity.Provider) { p.Contributed = decimal.NewFromInt(5_000_000) })
	return w
}

// work is one life of a process: people ask for an injection and approve it, and
// the engine looks. What it asks has the same names in each life.
func (w *books) work(k *killer) error {
	cfg := standard(w.t)
	cfg.Engine.Mode = liquidity.Live
	ports := alps.Ports{
		Store: mortalStore{w.store, k}, Inbox: mortalInbox{w.inbox, k}, Chronicle: mortalChronicle{w.chronicle, k}, Book: mortalBook{w, k},
	}
	ctx := w.t.Context()
	s, err := alps.Open(ctx, cfg, ports, alps.Options{Clock: w.clock, Log: zap.NewNop(), Metrics: metrics.New()})
	if err != nil {
		return err
	}
	look := func() error {
		w.clock.Set(w.clock.Now().Add(11 * time.Second))
		_, err := s.Look(ctx)
		if err == nil && k.dead { // what fails in an act is only logged
			err = errKilled
		}
		return err
	}
	if err := look(); err != nil {
		return err
	}
	asked, err := s.Command(ctx, "olga/1", liquidity.Command{By: "olga", Do: liquidity.AskInject, Bank: "bank-c", Amount: decimal.NewFromInt(1000), Why: "test"})
	if err != nil || k.dead {
		return errors.Join(err, errKilled)
	}
	action, err := w.chronicle.Action(ctx, asked.ID)
	require.NoError(w.t, err)
	if _, err := s.Command(ctx, "rita/1", liquidity.Command{
		By: "rita", Do: liquidity.Approve, Bank: "bank-c", ID: asked.ID, Amount: action.Amount, Version: action.Action.Version,
	}); err != nil || k.dead {
		return errors.Join(err, errKilled)
	}
	for range 3 {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// check requires that each transfer was made once and that all books agree.
func (w *books) check(when string) {
	w.t.Helper()
	ctx := w.t.Context()
	received := map[string]decimal.Decimal{}
	for _, moved := range w.system.Provider("glp").Moved() {
		require.Equal(w.t, 1, w.system.Provider("glp").Made(moved.ID), when)
		received[moved.Bank] = received[moved.Bank].Add(moved.Amount)
	}
	require.Equal(w.t, "1000", received["bank-c"].String(), when)
	require.Equal(w.t, "150000", received["bank-a"].String(), when)
	rec, err := w.store.Last(ctx, alps.Key("glp"))
	require.NoError(w.t, err)
	_, err = evenkeel.Verify(ctx, w.store, alps.Key("glp"))
	require.NoError(w.t, err, when)
	last, err := w.chronicle.Last(ctx)
	require.NoError(w.t, err)
	require.Equal(w.t, rec.Seq, last, when)
	postings, err := w.chronicle.Postings(ctx, chronicle.Query{Limit: 500})
	require.NoError(w.t, err)
	lent := decimal.Zero
	for _, p := range postings.Items {
		if p.To == chronicle.Lent {
			lent = lent.Add(p.Amount)
		}
		if p.From == chronicle.Lent {
			lent = lent.Sub(p.Amount)
		}
	}
	require.Equal(w.t, "151000", lent.String(), when)
}

type mortalStore struct {
	evenkeel.Store
	k *killer
}

// Last implements evenkeel.Store.
func (s mortalStore) Last(ctx context.Context, key string) (rec evenkeel.Record, err error) {
	err = s.k.call(func() (err error) { rec, err = s.Store.Last(ctx, key); return err })
	return rec, err
}

// Append implements evenkeel.Store.
func (s mortalStore) Append(ctx context.Context, r evenkeel.Record) error {
	return s.k.call(func() error { return s.Store.Append(ctx, r) })
}

type mortalInbox struct {
	evenkeel.Inbox
	k *killer
}

// Put implements evenkeel.Inbox.
func (i mortalInbox) Put(ctx context.Context, key, id string, command []byte) error {
	return i.k.call(func() error { return i.Inbox.Put(ctx, key, id, command) })
}

// Take implements evenkeel.Inbox.
func (i mortalInbox) Take(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Command, error] {
	return func(yield func(evenkeel.Command, error) bool) {
		if err := i.k.call(func() error { return nil }); err != nil {
			yield(evenkeel.Command{}, err)
			return
		}
		i.Inbox.Take(ctx, key, after)(yield)
	}
}

type mortalChronicle struct {
	chronicle.Chronicle
	k *killer
}

// Last implements chronicle.Chronicle.
func (c mortalChronicle) Last(ctx context.Context) (seq uint64, err error) {
	err = c.k.call(func() (err error) { seq, err = c.Chronicle.Last(ctx); return err })
	return seq, err
}

// Write implements chronicle.Chronicle.
func (c mortalChronicle) Write(ctx context.Context, e chronicle.Entry) error {
	return c.k.call(func() error { return c.Chronicle.Write(ctx, e) })
}

// mortalBook is the book of a system in memory.
type mortalBook struct {
	*books
	k *killer
}

// Provider implements alps.Book.
func (b mortalBook) Provider(id string) liquidity.Executor {
	return mortalExecutor{b.system.Provider(id), b.k}
}

// Contribute implements alps.Book.
func (b mortalBook) Contribute(context.Context, string, string, decimal.Decimal) error { return nil }

// SetLimits implements alps.Book.
func (b mortalBook) SetLimits(context.Context, string, sql.Limits) error { return nil }

// Net implements alps.Book.
func (b mortalBook) Net(context.Context) (map[string]decimal.Decimal, error) {
	net := map[string]decimal.Decimal{}
	for _, t := range b.system.Provider("glp").Moved() {
		net[t.Bank] = net[t.Bank].Add(t.Amount)
	}
	return net, nil
}

type mortalExecutor struct {
	liquidity.Executor
	k *killer
}

// Send implements liquidity.Executor.
func (e mortalExecutor) Send(ctx context.Context, t liquidity.Transfer) error {
	return e.k.call(func() error { return e.Executor.Send(ctx, t) })
}

// Find implements liquidity.Executor.
func (e mortalExecutor) Find(ctx context.Context, ids []string) (found map[string]liquidity.Receipt, err error) {
	err = e.k.call(func() (err error) { found, err = e.Executor.Find(ctx, ids); return err })
	return found, err
}
