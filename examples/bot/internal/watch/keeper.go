package watch

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// Peg is what one look of a keeper led to. Amounts are in whole tokens.
type Peg struct {
	At     time.Time         `json:"at"`
	Action stabilizer.Action `json:"action,omitempty"` // "" if nothing could be decided
	Reason stabilizer.Reason `json:"reason,omitempty"`
	Phase  stabilizer.Phase  `json:"phase,omitempty"`
	Halted stabilizer.Reason `json:"halted,omitempty"` // why it has ended to trade until a reset

	Block   uint64          `json:"block"`  // judged; 0 when none was
	Behind  uint64          `json:"behind"` // blocks that are newer than that one
	Price   decimal.Decimal `json:"price"`  // of the pool at its end, Quote per Base
	TWAPBps decimal.Decimal `json:"twap_bps"`
	SpotBps decimal.Decimal `json:"spot_bps"`
	GasGwei decimal.Decimal `json:"gas_gwei"`
	Base    decimal.Decimal `json:"base"` // the contract's inventory
	Quote   decimal.Decimal `json:"quote"`

	PriceAge time.Duration        `json:"price_age_ns"`      // of the older of target and market
	Fault    string               `json:"fault,omitempty"`   // what went wrong
	Oracle   stabilizer.Reason    `json:"oracle,omitempty"`  // why there is no target or market price
	Untraded uint64               `json:"untraded"`          // blocks out of band since one in band, or a trade
	Pending  uint64               `json:"pending"`           // blocks since a transaction was decided on that is not settled; 0 for none
	Order    *stabilizer.Order    `json:"order,omitempty"`   // what is sent; in a dry run what would be
	Settled  []stabilizer.Receipt `json:"settled,omitempty"` // what became of orders
	Obeyed   []string             `json:"obeyed,omitempty"`  // what people asked for
	Alerts   []stabilizer.Alert   `json:"alerts,omitempty"`  // for people
	Cleared  bool                 `json:"cleared,omitempty"` // nothing succeeded for so long that what is pending was taken back
}

type pegStep = Step[stabilizer.State, stabilizer.Observation, stabilizer.Decision]

// Keeper returns the world of an engine in which what is pending is taken back by
// cancel when it gets nowhere.
func Keeper(
	engine *stabilizer.Engine, inner evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision], patience time.Duration,
	cancel func(context.Context, stabilizer.State) error, tell func(Peg),
) *World[stabilizer.State, stabilizer.Observation, stabilizer.Decision] {
	return Over(inner, patience, cancel, func(s pegStep) { tell(pegOf(engine, &s)) })
}

func pegOf(engine *stabilizer.Engine, step *pegStep) Peg {
	p := Peg{At: step.At, Cleared: step.Cleared}
	if step.Fault != nil {
		p.Fault = step.Fault.Error()
	}
	s, seen, d := step.State, &step.Seen, step.Decision
	if d != nil {
		if after, _, err := engine.Step(s, *seen); err == nil { // as it was decided, and to the same end
			s = after
		}
		p.Action, p.Reason, p.Phase, p.Order, p.Alerts = d.Action, d.Reason, d.State, d.Order, d.Alerts
		p.TWAPBps, p.SpotBps = d.TWAPBps, d.SpotBps
	}
	p.Halted, p.Untraded = s.Halted, s.Untraded
	for _, in := range s.Unresolved() {
		decided := in.Deadline - min(in.Deadline, engine.Config().DeadlineBlocks)
		p.Pending = max(p.Pending, s.History.Head()-min(s.History.Head(), decided))
	}
	for _, c := range seen.Commands {
		p.Obeyed = append(p.Obeyed, string(c.Do)+" by "+c.ID)
	}
	p.Settled = seen.Receipts
	p.see(step.At, seen.Block)
	return p
}

// see notes what a block showed.
func (p *Peg) see(at time.Time, b *stabilizer.Block) {
	if b == nil {
		return
	}
	p.Block, p.Price, p.GasGwei, p.Base, p.Quote = b.Number, b.Pool, b.GasGwei, b.Base, b.Quote
	p.Behind = max(b.Head, b.Number) - b.Number
	for _, price := range []*stabilizer.Quote{&b.Target, b.Market} {
		switch {
		case price == nil:
		case price.Fault != "":
			p.Oracle = price.Fault
		default:
			p.PriceAge = max(p.PriceAge, at.Sub(price.At))
		}
	}
}
