// Package desk is a market maker without money: an account at a paper venue that
// serves it over HTTP, and a ladder of orders around the peg.
package desk

import (
	"context"
	"fmt"
	"net/http"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// Venue is the paper venue's name in its proofs, by which the pool's server
// verifies them.
const Venue = "paper"

// Desk is an account and its orders. Safe for concurrent use.
type Desk struct {
	venue   *paper.Venue
	account *paper.Account
	pair    exchange.Pair
	clock   clock.Clock
}

// Open returns the desk of a user at a venue of its own, which trades pair in the
// steps of a venue that quotes in BTC.
func Open(user string, pair exchange.Pair, c clock.Clock) (*Desk, error) {
	venue, err := paper.New(paper.Config{Name: Venue, Start: c.Now(), Markets: []exchange.Market{rules(pair)}})
	if err != nil {
		return nil, err
	}
	return &Desk{venue: venue, account: venue.Account(user), pair: pair, clock: c}, nil
}

func rules(pair exchange.Pair) exchange.Market {
	return exchange.Market{Pair: pair, Tick: decimal.New(1, -8), Lot: decimal.New(1, -2)}
}

// Prover signs for the desk's account.
func (d *Desk) Prover() exchange.Prover { return d.account }

// Place funds the account with what orders need and places them.
func (d *Desk) Place(ctx context.Context, orders []exchange.Order) error {
	for _, o := range orders {
		asset, amount := o.Pair.Base, o.Amount
		if o.Side == exchange.Bid {
			asset, amount = o.Pair.Quote, o.Notional()
		}
		if err := d.account.Deposit(asset, amount); err != nil {
			return err
		}
		if _, err := d.account.Place(ctx, o); err != nil {
			return fmt.Errorf("place %v: %w", o, err)
		}
	}
	return nil
}

// Orders returns what is open now.
func (d *Desk) Orders(ctx context.Context) ([]exchange.Order, error) {
	return d.account.OpenOrders(ctx, d.pair)
}

// Cancel takes all orders off the book.
func (d *Desk) Cancel(ctx context.Context) error {
	orders, err := d.Orders(ctx)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if err := d.account.Cancel(ctx, d.pair, o.ClientID); err != nil {
			return fmt.Errorf("cancel %v: %w", o, err)
		}
	}
	return nil
}

// Handler is the venue's wire. The venue's time follows the clock whenever
// somebody asks.
func (d *Desk) Handler() http.Handler {
	wire := paper.Handler(d.venue)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = d.venue.Advance(d.clock.Now()) // whoever asked a little later has moved it farther already
		wire.ServeHTTP(w, r)
	})
}
