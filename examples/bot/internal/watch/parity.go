package watch

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// Spread is what one look at two chains led to. Amounts are in whole tokens.
type Spread struct {
	At     time.Time     `json:"at"`
	Action parity.Action `json:"action,omitempty"` // "" if nothing could be decided
	Reason parity.Reason `json:"reason,omitempty"`
	Halted parity.Reason `json:"halted,omitempty"` // why it has ended to trade until a reset
	Paused bool          `json:"paused,omitempty"`
	Apart  bool          `json:"apart,omitempty"` // each peg is its own stabilizer's to hold for now

	Bps       decimal.Decimal    `json:"spread_bps"`        // above 0 where the first chain is dearer
	Blocks    [2]uint64          `json:"blocks"`            // the newest, after the look
	Judged    bool               `json:"judged,omitempty"`  // both chains were seen
	Available [2]parity.Holding  `json:"available"`         // on each chain
	InFlight  parity.Holding     `json:"in_flight"`         // on the bridge
	Transfers int                `json:"transfers"`         // that are open
	Stuck     int                `json:"stuck"`             // of these are overdue
	Earned    parity.Holding     `json:"earned"`            // by trades, less what the bridge took
	Orders    []parity.Order     `json:"orders,omitempty"`  // what is sent; in a dry run what would be
	Sent      []parity.Sending   `json:"sent,omitempty"`    // over the bridge
	Arrived   []*parity.Transfer `json:"arrived,omitempty"` // whose money is back in the books
	Obeyed    []string           `json:"obeyed,omitempty"`  // what people asked for
	Alerts    []parity.Alert     `json:"alerts,omitempty"`  // for people
	Fault     string             `json:"fault,omitempty"`   // what went wrong
	Cleared   bool               `json:"cleared,omitempty"` // nothing succeeded for so long that what waits was taken back
}

type spreadStep = Step[parity.State, parity.Observation, parity.Decision]

// Parity returns the world of an engine in which what waits is taken back by cancel
// when it gets nowhere.
func Parity(
	engine *parity.Engine, inner evenkeel.World[parity.State, parity.Observation, parity.Decision], patience time.Duration,
	cancel func(context.Context, parity.State) error, tell func(Spread),
) *World[parity.State, parity.Observation, parity.Decision] {
	return Over(inner, patience, cancel, func(s spreadStep) { tell(spreadOf(engine, &s)) })
}

func spreadOf(engine *parity.Engine, step *spreadStep) Spread {
	l := Spread{At: step.At, Cleared: step.Cleared}
	if step.Fault != nil {
		l.Fault = step.Fault.Error()
	}
	s, seen, d := step.State, &step.Seen, step.Decision
	before := s.Transfers
	if d != nil {
		if after, _, err := engine.Step(s, *seen); err == nil { // as it was decided, and to the same end
			s = after
		}
		l.Action, l.Reason, l.Apart, l.Bps, l.Blocks = d.Action, d.Reason, d.Apart, d.SpreadBps, d.Blocks
		l.Orders, l.Sent, l.Alerts = d.Orders, d.Transfers, d.Alerts
		l.Judged = seen.Blocks[0] != nil && seen.Blocks[1] != nil && d.Action != parity.None
	}
	l.Halted, l.Paused, l.Available, l.Earned = s.Halted, s.Paused, s.Books.Available, s.Books.Earned
	there, back := s.InFlight(0), s.InFlight(1)
	l.InFlight = parity.Holding{Base: there.Base.Add(back.Base), Quote: there.Quote.Add(back.Quote)}
	l.Transfers, l.Stuck = len(s.Transfers), len(s.Stuck())
	open := map[string]bool{}
	for _, t := range s.Transfers {
		open[t.ID] = true
	}
	for _, t := range before {
		if !open[t.ID] {
			l.Arrived = append(l.Arrived, t)
		}
	}
	for _, c := range seen.Commands {
		l.Obeyed = append(l.Obeyed, string(c.Do)+" by "+c.ID)
	}
	return l
}
