package venuetest

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// ErrDuplicate refuses an order whose client id names an open one.
var ErrDuplicate = errors.New("venuetest: client id of an open order")

// named is an order under its two names.
type named struct{ clientID, paperID string }

// Secret returns the secret of a key that was opened. For Wire.Answer alone.
func (d *Double) Secret(key string) (secret string, known bool) {
	secret, known = d.secrets[key]
	return secret, known
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
	name := named{clientID: o.ClientID, paperID: exchange.ClientID(key, len(d.placed[key]))}
	o.ClientID, o.Pair = name.paperID, d.wire.Market.Pair
	placed, err := d.Venue.Account(key).Place(ctx, o)
	if err != nil {
		return exchange.Order{}, err
	}
	d.placed[key] = append(d.placed[key], name)
	placed.ClientID = name.clientID
	return placed, nil
}

// Orders returns every order that the account placed, oldest first. For
// Wire.Answer alone.
func (d *Double) Orders(ctx context.Context, key string) []exchange.Order {
	orders := make([]exchange.Order, len(d.placed[key]))
	for i, name := range d.placed[key] {
		o, err := d.Venue.Account(key).Order(ctx, d.wire.Market.Pair, name.paperID)
		require.NoError(d.t, err)
		o.ClientID = name.clientID
		orders[i] = o
	}
	return orders
}

// Cancel takes the open order with this ID (of exchange.Order) off the book, or
// returns exchange.ErrNotFound. For Wire.Answer alone.
func (d *Double) Cancel(ctx context.Context, key, id string) error {
	for i, o := range d.Orders(ctx, key) {
		if o.ID == id && o.Status == exchange.Open {
			return d.Venue.Account(key).Cancel(ctx, o.Pair, d.placed[key][i].paperID)
		}
	}
	return exchange.ErrNotFound
}

// Fills returns every trade of the account, oldest first. For Wire.Answer alone.
func (d *Double) Fills(ctx context.Context, key string) []exchange.Fill {
	fills, err := d.Venue.Account(key).Fills(ctx, d.wire.Market.Pair, time.Time{})
	require.NoError(d.t, err)
	names := map[string]string{}
	for _, name := range d.placed[key] {
		names[name.paperID] = name.clientID
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
