package venuetest

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// ErrDuplicate refuses an order whose client id names an open one.
var ErrDuplicate = errors.New("venuetest: client id of an open order")

// account is the owner of a key, and what the paper venue does not know of it.
type account struct {
	secret   string
	orders   []exchange.Order // oldest first, as last seen, under the owner's client ids
	paperIDs []string         // of these orders, at the paper venue
}

// Secret returns the secret of a key that was opened. For Wire.Answer alone.
func (d *Double) Secret(key string) (secret string, known bool) {
	a := d.accounts[key]
	if a == nil {
		return "", false
	}
	return a.secret, true
}

// Now returns the time by the venue's clock. For Wire.Answer alone.
func (d *Double) Now() time.Time {
	now := d.Clock.Now().UTC()
	if d.storm != nil {
		now = now.Add(d.storm.skew)
	}
	return now
}

// keepTime lets what the double trades on know the time. It does not go back.
func (d *Double) keepTime() {
	if now := d.Now(); now.After(d.Venue.Now()) {
		assert.NoError(d.t, d.Venue.Advance(now))
	}
}

// Place places an order for the account. Its client ids are as weak as those of
// most venues: unique among open orders only. No two orders share a time, so
// that their order can be told. For Wire.Answer alone.
func (d *Double) Place(ctx context.Context, key string, o exchange.Order) (exchange.Order, error) {
	for _, known := range d.Orders(ctx, key) {
		if known.ClientID == o.ClientID && known.Status == exchange.Open {
			return exchange.Order{}, ErrDuplicate
		}
	}
	require.NoError(d.t, d.Venue.Advance(d.Venue.Now().Add(time.Millisecond)))
	a := d.accounts[key]
	clientID, paperID := o.ClientID, exchange.ClientID(key, len(a.orders))
	o.ClientID, o.Pair = paperID, d.wire.Market.Pair
	placed, err := d.Venue.Account(key).Place(ctx, o)
	if err != nil {
		return exchange.Order{}, err
	}
	d.take(ctx, placed)
	placed.ClientID = clientID
	a.orders, a.paperIDs = append(a.orders, placed), append(a.paperIDs, paperID)
	return d.Orders(ctx, key)[len(a.orders)-1], nil
}

// Orders returns every order that the account placed, oldest first. They may not
// be changed. For Wire.Answer alone.
func (d *Double) Orders(ctx context.Context, key string) []exchange.Order {
	a, owner := d.accounts[key], d.Venue.Account(key)
	for i, o := range a.orders {
		if o.Status != exchange.Open {
			continue // and will not be again
		}
		seen, err := owner.Order(ctx, o.Pair, a.paperIDs[i])
		require.NoError(d.t, err)
		seen.ClientID = o.ClientID
		a.orders[i] = seen
		if seen.Status != exchange.Open {
			d.ended[seen.ID] = d.Venue.Now()
		}
	}
	return a.orders
}

// Ended returns when an order was filled or cancelled; of one that never rested,
// when it was placed. For Wire.Answer alone.
func (d *Double) Ended(o exchange.Order) time.Time {
	if at, rested := d.ended[o.ID]; rested {
		return at
	}
	return o.PlacedAt
}

// Cancel takes the open order with this ID (of exchange.Order) off the book, or
// returns exchange.ErrNotFound. For Wire.Answer alone.
func (d *Double) Cancel(ctx context.Context, key, id string) error {
	for i, o := range d.Orders(ctx, key) {
		if o.ID == id && o.Status == exchange.Open {
			return d.Venue.Account(key).Cancel(ctx, o.Pair, d.accounts[key].paperIDs[i])
		}
	}
	return exchange.ErrNotFound
}

// Fills returns every trade of the account, oldest first. For Wire.Answer alone.
func (d *Double) Fills(ctx context.Context, key string) []exchange.Fill {
	fills, err := d.Venue.Account(key).Fills(ctx, d.wire.Market.Pair, time.Time{})
	require.NoError(d.t, err)
	names := map[string]string{}
	for i, o := range d.accounts[key].orders {
		names[d.accounts[key].paperIDs[i]] = o.ClientID
	}
	for i := range fills {
		fills[i].ClientID = names[fills[i].ClientID]
	}
	return fills
}

// Book returns the order book. For Wire.Answer alone.
func (d *Double) Book(ctx context.Context, depth int) exchange.Book {
	book, err := d.Venue.Account("anybody").Book(ctx, d.wire.Market.Pair, depth)
	require.NoError(d.t, err)
	return book
}

// Ticker returns the market at a glance. For Wire.Answer alone.
func (d *Double) Ticker(ctx context.Context) exchange.Ticker {
	ticker, err := d.Venue.Account("anybody").Ticker(ctx, d.wire.Market.Pair)
	require.NoError(d.t, err)
	return ticker
}

// Balances returns what the account has. For Wire.Answer alone.
func (d *Double) Balances(ctx context.Context, key string) map[string]exchange.Balance {
	balances, err := d.Venue.Account(key).Balances(ctx)
	require.NoError(d.t, err)
	return balances
}
