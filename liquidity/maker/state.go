package maker

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
)

// State is what an engine knows of the time before. The zero State is a fresh
// start: orders of an earlier life, whose state was lost, are recognised by their
// names and cancelled.
type State struct {
	At      time.Time
	LastSeq uint64          // of the last command that was answered
	Since   time.Time       `json:",omitzero"`  // of the first look: part of every order's name
	Placed  uint64          `json:",omitzero"`  // orders so far: the number of the last
	Halted  Reason          `json:",omitempty"` // why nothing is quoted until somebody resumes
	PriceAt time.Time       `json:",omitzero"`  // when there was a reference price for the last time
	Price   decimal.Decimal `json:",omitzero"`  // that price
	Intents []Intent        `json:",omitempty"` // our orders that are not known to be done, in the order of their making

	Best     decimal.Decimal   `json:",omitzero"`  // most that the account was worth since a person last looked, in Quote
	Aside    decimal.Decimal   `json:",omitzero"`  // Quote that never buys again
	Bought   reserve.Allowance `json:",omitempty"` // Base, in the last day
	Sold     reserve.Allowance `json:",omitempty"`
	Earnings Earnings
}

// Intent is an order that we want, or no longer want, and have not yet seen the
// end of.
type Intent struct {
	exchange.Order           // its terms, and how much of it was seen to be filled
	Level          int       // of its ladder: 0 is the wall
	Phase          Phase     //
	AskedAt        time.Time // when it was first placed, or cancelled
	Tries          int       `json:",omitzero"` // looks that did not find it
}

// Phase is how far an order has come.
type Phase string

// The phases.
const (
	Placing    Phase = "placing"    // sent, and not seen yet
	Resting    Phase = "resting"    // seen on the book
	Cancelling Phase = "cancelling" // to be taken off it
)

// Earnings are what quoting came to since the beginning.
type Earnings struct {
	Fills     int             // looks at which an order was seen to have traded
	Bought    decimal.Decimal `json:",omitzero"` // Base
	BoughtFor decimal.Decimal `json:",omitzero"` // Quote
	Sold      decimal.Decimal `json:",omitzero"` // Base
	SoldFor   decimal.Decimal `json:",omitzero"` // Quote
	Watched   time.Duration   // since the first look, up to the last
	BothWalls time.Duration   // of that, with a wall on each side
}

// Inventory returns the Base that came in and did not go out again.
func (e Earnings) Inventory() decimal.Decimal { return e.Bought.Sub(e.Sold) }

// Spread returns what the Base that was bought and sold again earned before fees,
// in Quote to 8 decimals, at the average price of each side:
//
//	min(bought, sold) x (soldFor / sold - boughtFor / bought)
func (e Earnings) Spread() decimal.Decimal {
	if e.Bought.IsZero() || e.Sold.IsZero() {
		return decimal.Decimal{}
	}
	both := decimal.Min(e.Bought, e.Sold)
	return both.Mul(e.SoldFor).DivRound(e.Sold, 8).Sub(both.Mul(e.BoughtFor).DivRound(e.Bought, 8))
}

// Uptime returns for which part of the time there was a wall on each side, to 4
// decimals.
func (e Earnings) Uptime() decimal.Decimal {
	if e.Watched == 0 {
		return decimal.Decimal{}
	}
	return decimal.New(int64(e.BothWalls), 0).DivRound(decimal.New(int64(e.Watched), 0), 4)
}

// Report says how much liquidity stands on each side, the wall first, as pools
// that reward it want to know.
func (s *State) Report(side exchange.Side) []Rung {
	var report []Rung
	for i := range s.Intents {
		o := &s.Intents[i]
		if o.Side != side || o.Phase != Resting || !s.Price.IsPositive() {
			continue
		}
		distance := o.Price.Sub(s.Price).Abs().Mul(decimal.New(bpsWhole, 0)).DivRound(s.Price, 4)
		report = append(report, Rung{distance, o.Remaining()})
	}
	slices.SortStableFunc(report, func(a, b Rung) int { return a.DistanceBps.Cmp(b.DistanceBps) })
	return report
}
