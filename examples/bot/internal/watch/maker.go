package watch

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// Look is what one look of a maker led to. Amounts are in Quote where nothing else is said.
type Look struct {
	At        time.Time        `json:"at"`
	Reason    maker.Reason     `json:"reason,omitempty"` // why the whole is as it is; "" if nothing could be decided
	Bids      maker.Reason     `json:"bids,omitempty"`
	Asks      maker.Reason     `json:"asks,omitempty"`
	Price     decimal.Decimal  `json:"price"` // the reference price that counted; 0 if there was none
	PriceAge  time.Duration    `json:"price_age_ns"`
	Base      decimal.Decimal  `json:"base"` // of the account, Base
	Quote     decimal.Decimal  `json:"quote"`
	Worth     decimal.Decimal  `json:"worth"`             // 0 without a price
	Open      []Order          `json:"open,omitempty"`    // of ours, as the venue showed them
	Place     []exchange.Order `json:"place,omitempty"`   // what is sent; in a dry run what would be
	Cancel    int              `json:"cancel"`            // orders that are taken down
	Fills     int              `json:"fills"`             // so far, as of the look before, and so are the next three
	Inventory decimal.Decimal  `json:"inventory"`         // Base
	Spread    decimal.Decimal  `json:"spread"`            // earned
	Uptime    decimal.Decimal  `json:"uptime"`            // part of the time with a wall on both sides
	Answers   []maker.Answer   `json:"answers,omitempty"` // to what people asked for
	Alerts    []maker.Alert    `json:"alerts,omitempty"`  // for people
	Fault     string           `json:"fault,omitempty"`   // what went wrong: no price, or no answer of the venue
	Cleared   bool             `json:"cleared,omitempty"` // nothing succeeded for so long that all orders were cancelled
}

// Order is one order of ours on the book.
type Order struct {
	ID     string          `json:"id"`
	Side   exchange.Side   `json:"side"`
	Price  decimal.Decimal `json:"price"`  // Quote per Base
	Amount decimal.Decimal `json:"amount"` // Base, what is left of it
	Level  int             `json:"level"`  // of its ladder: 0 is the wall
}

// Inner is the world that is watched: a maker.World.
type Inner interface {
	evenkeel.World[maker.State, maker.Observation, maker.Decision]
	Clear(ctx context.Context) error
}

// Maker is a maker's world.
type Maker interface {
	evenkeel.World[maker.State, maker.Observation, maker.Decision]
	Clear(ctx context.Context) error
}

// New returns a maker's world in which all its orders are cancelled when it gets
// nowhere.
func New(inner Maker, patience time.Duration, tell func(Look)) *World[maker.State, maker.Observation, maker.Decision] {
	cancel := func(ctx context.Context, _ maker.State) error { return inner.Clear(ctx) }
	return Over(inner, patience, cancel, func(s Step[maker.State, maker.Observation, maker.Decision]) { tell(lookOf(&s)) })
}

func lookOf(step *Step[maker.State, maker.Observation, maker.Decision]) Look {
	s, seen, d := &step.State, &step.Seen, step.Decision
	e := &s.Earnings // known even where nothing could be seen
	l := Look{At: step.At, Fills: e.Fills, Inventory: e.Inventory(), Spread: e.Spread(), Uptime: e.Uptime(), Cleared: step.Cleared}
	if step.Fault != nil {
		l.Fault = step.Fault.Error()
	}
	if d == nil {
		return l
	}
	l.Reason, l.Bids, l.Asks, l.Price = d.Reason, d.Bids, d.Asks, d.Price
	l.Base, l.Quote = seen.Base.Total(), seen.Quote.Total()
	l.Place, l.Cancel = d.Place, len(d.Cancel)
	l.Answers, l.Alerts = d.Answers, d.Alerts
	if l.Fault == "" {
		l.Fault = seen.Fault
	}
	if !d.Price.IsZero() {
		l.PriceAge = seen.At.Sub(seen.Price.At)
		l.Worth = l.Base.Mul(d.Price).Add(l.Quote)
	}
	levels := make(map[string]int, len(s.Intents))
	for i := range s.Intents {
		levels[s.Intents[i].ClientID] = s.Intents[i].Level
	}
	for i := range seen.Open {
		o := &seen.Open[i]
		if level, ours := levels[o.ClientID]; ours {
			l.Open = append(l.Open, Order{ID: o.ClientID, Side: o.Side, Price: o.Price, Amount: o.Remaining(), Level: level})
		}
	}
	return l
}
