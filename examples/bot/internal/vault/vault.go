// Package vault is the world of a reserve that stands on a chain: what the
// stabilizer's contract can still spend, and what the vault behind it could send.
package vault

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// Config is what a World consists of.
type Config struct {
	Chain       chain.Client
	Base, Quote stabilizer.Token
	Peg         decimal.Decimal // Quote per Base, > 0
	Stabilizer  chain.Address   // holds the reserve, bucket B
	Vault       chain.Address   // refills it, bucket E; nobody for none
	Patience    time.Duration   // the engine's RefillPatience
}

// World watches a reserve for a [monitor.Engine]. Amounts are in the quote token,
// base counted at the peg. What can be spent is the side that is scarcer, for who
// runs takes only one.
//
// It moves nothing: a refill takes people, and the vault's own signatures. It sees
// that one came by the vault having less and the contract having more.
//
// For one runner; not safe for concurrent use.
type World struct {
	cfg  Config
	last *holding
}

// holding is what there was at one look.
type holding struct{ spendable, owned, vault decimal.Decimal }

var _ evenkeel.World[monitor.State, monitor.Observation, monitor.Decision] = (*World)(nil)

// New returns a world. Its fields must be those of a keeper that was checked.
func New(cfg Config) *World { return &World{cfg: cfg} }

// Observe implements evenkeel.World.
func (w *World) Observe(ctx context.Context, now time.Time, s monitor.State) (monitor.Observation, error) {
	is, err := w.look(ctx)
	if err != nil {
		return monitor.Observation{}, err
	}
	seen := monitor.Observation{At: now, Available: is.spendable, Vault: is.vault}
	if w.last != nil {
		came := decimal.Max(decimal.Zero, decimal.Min(w.last.vault.Sub(is.vault), is.owned.Sub(w.last.owned)))
		seen.Outflow = w.last.spendable.Sub(is.spendable).Add(came)
		seen.Outcomes = w.outcomes(now, s, came.IsPositive())
	}
	w.last = &is
	return seen, nil
}

// outcomes says what became of a request: it came, or it did not for twice as long
// as it should take, and may be asked again.
func (w *World) outcomes(now time.Time, s monitor.State, came bool) []monitor.Outcome {
	var all []monitor.Outcome
	for _, lane := range s.Lanes {
		switch asked := lane.Asked; {
		case asked.ID == 0:
		case came:
			all = append(all, monitor.Outcome{ID: asked.ID, Result: monitor.Settled})
		case now.Sub(asked.At) > 2*w.cfg.Patience:
			all = append(all, monitor.Outcome{ID: asked.ID, Result: monitor.Rejected})
		}
	}
	return all
}

// look reads what contract and vault hold.
func (w *World) look(ctx context.Context) (holding, error) {
	head, err := w.cfg.Chain.Head(ctx)
	if err != nil {
		return holding{}, err
	}
	tokens := []stabilizer.Token{w.cfg.Base, w.cfg.Quote}
	var calls []chain.Call
	for _, who := range []chain.Address{w.cfg.Stabilizer, w.cfg.Vault} {
		for _, t := range tokens {
			calls = append(calls, abi.BalanceOf.Call(t.Address, who))
		}
	}
	answers, err := w.cfg.Chain.Read(ctx, head.Hash, calls...)
	if err != nil {
		return holding{}, err
	}
	var held [4]decimal.Decimal
	for i, answer := range answers {
		units, err := abi.BalanceOf.Result(answer)
		if err != nil {
			return holding{}, err
		}
		held[i] = chain.FromUnits(units, int32(tokens[i%2].Decimals))
	}
	base, quote, vaultBase, vaultQuote := held[0].Mul(w.cfg.Peg), held[1], held[2].Mul(w.cfg.Peg), held[3]
	is := holding{spendable: decimal.Min(base, quote), owned: base.Add(quote)}
	if w.cfg.Vault != (chain.Address{}) {
		is.vault = vaultBase.Add(vaultQuote)
	}
	return rounded(is), nil
}

// rounded cuts what a peg of many digits adds: amounts have 18 decimals at most.
func rounded(h holding) holding {
	const scale = 18
	return holding{h.spendable.RoundFloor(scale), h.owned.RoundFloor(scale), h.vault.RoundFloor(scale)}
}

// Act implements evenkeel.World: people read what is asked of the vault.
func (w *World) Act(context.Context, time.Time, evenkeel.Stamp, monitor.Decision) error { return nil }
