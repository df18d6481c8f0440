// Package watch stands between a maker and its world: it tells what every look led
// to, and is the dead man's switch of a maker that gets nowhere.
package watch

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// Look is what one look led to. Amounts are in Quote where nothing else is said.
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

// World is watched. It is for one runner: not safe for concurrent use.
type World struct {
	inner    Inner
	patience time.Duration
	tell     func(Look)

	acted time.Time // when a look led to something for the last time; at first, when there was one
	state maker.State
	seen  maker.Observation
}

var _ evenkeel.World[maker.State, maker.Observation, maker.Decision] = (*World)(nil)

// New returns a world that tells what happens in inner, and cancels all orders of
// ours there at every look once none has led to anything for as long as patience:
// because the venue fails, or the journal. 0 never does.
func New(inner Inner, patience time.Duration, tell func(Look)) *World {
	return &World{inner: inner, patience: patience, tell: tell}
}

// Observe implements evenkeel.World.
func (w *World) Observe(ctx context.Context, now time.Time, s maker.State) (maker.Observation, error) {
	if w.acted.IsZero() {
		w.acted = now
	}
	seen, err := w.inner.Observe(ctx, now, s)
	if ctx.Err() != nil {
		return seen, err
	}
	if w.patience > 0 && now.Sub(w.acted) >= w.patience {
		clearErr := w.inner.Clear(ctx)
		l := earned(now, &s)
		l.Cleared, l.Fault = clearErr == nil, text(errors.Join(err, clearErr))
		w.tell(l)
	} else if err != nil {
		l := earned(now, &s)
		l.Fault = err.Error()
		w.tell(l)
	}
	w.state, w.seen = s, seen
	return seen, err
}

// Act implements evenkeel.World. It is only called for what is in the journal.
func (w *World) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d maker.Decision) error {
	err := w.inner.Act(ctx, now, stamp, d)
	if !w.seen.At.Equal(stamp.At) {
		return err // of an earlier life, acted on again: nothing has been seen yet
	}
	w.acted = now
	l := lookOf(&w.state, &w.seen, &d)
	if err != nil {
		l.Fault = err.Error()
	}
	w.tell(l)
	return err
}

func lookOf(s *maker.State, seen *maker.Observation, d *maker.Decision) Look {
	l := earned(seen.At, s)
	l.Reason, l.Bids, l.Asks, l.Price = d.Reason, d.Bids, d.Asks, d.Price
	l.Base, l.Quote = seen.Base.Total(), seen.Quote.Total()
	l.Place, l.Cancel = d.Place, len(d.Cancel)
	l.Answers, l.Alerts, l.Fault = d.Answers, d.Alerts, seen.Fault
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

// earned is what is known even where nothing could be seen.
func earned(now time.Time, s *maker.State) Look {
	e := &s.Earnings
	return Look{At: now, Fills: e.Fills, Inventory: e.Inventory(), Spread: e.Spread(), Uptime: e.Uptime()}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
