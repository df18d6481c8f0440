package issuer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	store "github.com/evenkeelhq/evenkeel/store/memory"
)

const key = "liquidity/" + bank

// pool is an engine that runs as it would in a server, and the money that it lends.
type pool struct {
	runner  *evenkeel.Runner[liquidity.State, liquidity.Observation, liquidity.Decision]
	engine  *witness
	journal store.Store
	lender  *memory.Provider
	able    decimal.Decimal // what the issuer has to pay with in this hour

	// What moved, counted where it moves.
	lent     decimal.Decimal // and not returned
	interest decimal.Decimal
}

// witness remembers the state that the engine went into.
type witness struct {
	*liquidity.Engine
	state liquidity.State
}

func (w *witness) Step(s liquidity.State, seen liquidity.Observation) (liquidity.State, liquidity.Decision, error) {
	next, d, err := w.Engine.Step(s, seen)
	if err == nil {
		w.state = next
	}
	return next, d, err
}

// newPool returns a pool of that size beside the bank of a system.
func newPool(cfg liquidity.Config, size decimal.Decimal, system *memory.System) (*pool, error) {
	engine, err := liquidity.New(cfg)
	if err != nil {
		return nil, err
	}
	p := &pool{engine: &witness{Engine: engine}, lender: system.Provider(provider)}
	p.lender.Change(func(l *liquidity.Provider) { l.Contributed = size })
	p.lender.Fate(p.fate)
	world, err := liquidity.NewWorld(liquidity.WorldConfig{
		Key: key, Engine: engine, Feeds: []liquidity.Feed{system}, Quorum: 1,
		Executors: map[string]liquidity.Executor{provider: p.lender},
	})
	if err != nil {
		return nil, err
	}
	p.runner, err = evenkeel.NewRunner(key, p.engine, world, &p.journal, evenkeel.Options{})
	return p, err
}

// fate refuses a return that the issuer cannot pay, as its bank would, and counts
// what moves.
func (p *pool) fate(t liquidity.Transfer) memory.Luck {
	if t.Side == liquidity.Inject {
		p.able, p.lent = p.able.Add(t.Amount), p.lent.Add(t.Amount)
		return memory.Good
	}
	due := t.Amount.Add(t.Interest)
	if due.GreaterThan(p.able) {
		return memory.Refuse
	}
	p.able, p.lent, p.interest = p.able.Sub(due), p.lent.Sub(t.Amount), p.interest.Add(t.Interest)
	return memory.Good
}

// tick lets the engine look and act. Its book has to show, to the last cent, what
// had moved before.
func (p *pool) tick(ctx context.Context, now time.Time, able decimal.Decimal) (liquidity.Suggestion, error) {
	lent, interest := p.lent, p.interest
	p.able = able
	d, err := p.runner.Tick(ctx, now)
	if err != nil && !errors.Is(err, evenkeel.ErrAct) { // a transfer that is refused is seen in the next hour
		return liquidity.Suggestion{}, err
	}
	f := p.engine.state.Funds[0]
	held := f.Free.Add(f.Reserved).Add(f.Lent).Add(f.Losses)
	if off := held.Sub(f.Contributed).Add(f.Redeemed).Sub(f.Interest); !off.IsZero() || !f.Lent.Equal(lent) || !f.Interest.Equal(interest) {
		return liquidity.Suggestion{}, fmt.Errorf("%s: the pool's book is off by %s: lent %s of %s, interest %s of %s", now, off, f.Lent, lent, f.Interest, interest)
	}
	return d.Banks[0], nil
}

// prove verifies the journal and has the engine decide every step again.
func (p *pool) prove(ctx context.Context) (Journal, error) {
	sound, err := evenkeel.Verify(ctx, &p.journal, key)
	if err != nil {
		return Journal{}, err
	}
	j := Journal{Key: key, Records: sound.Head.Seq, Head: fmt.Sprintf("%x", sound.Head.Hash)}
	j.Engine, _ = p.engine.Identity()
	for step, err := range evenkeel.Replay(ctx, p.engine.Engine, &p.journal, key) {
		if err != nil {
			return Journal{}, err
		}
		if !step.Same {
			return Journal{}, fmt.Errorf("journal %s: decision %d came out differently the second time", key, step.Seq)
		}
		j.Replayed++
	}
	return j, nil
}
