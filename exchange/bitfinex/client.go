package bitfinex

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Client is one account. Safe for concurrent use.
type Client struct {
	api       *api
	signer    *signer
	turn      chan struct{} // held by the call that is under way: nonces must arrive in order
	placer    transport.Placer
	clientIDs transport.Cache[string, string] // by order id: neither ever changes
}

var _ exchange.Client = (*Client)(nil)

// New returns the account of an API key. It returns exchange.ErrInvalid for an
// empty key or secret and for options out of their bounds.
func New(key, secret string, o Options) (*Client, error) {
	s, err := newSigner(key, secret)
	if err != nil {
		return nil, err
	}
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Client{api: a, signer: s, turn: make(chan struct{}, 1)}, nil
}

// params are the members of a request's body.
type params map[string]any

// noParams is the body of a request without any.
const noParams = "{}"

// private makes a call of the account's own, after those before it.
func (c *Client) private(ctx context.Context, send func(context.Context, transport.Call) error, path string, p params, accept func([]byte) error) error {
	body := []byte(noParams)
	if p != nil {
		var err error
		if body, err = json.Marshal(p); err != nil {
			return err
		}
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return send(ctx, transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			return c.signer.request(path, string(body), now), nil
		},
		Accept: accept,
	})
}

func (c *Client) read(ctx context.Context, path string, p params, accept func([]byte) error) error {
	return c.private(ctx, c.api.http.Read, path, p, accept)
}

// Market returns the rules of a pair, at most ten minutes old, with the
// account's fees of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	var m exchange.Market
	err = c.read(ctx, "/v2/auth/r/summary", nil, func(body []byte) (err error) {
		m, err = parseFees(body, r.Market)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; Bitfinex shows no more than 250.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has in its exchange wallet.
func (c *Client) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	var balances map[string]exchange.Balance
	err := c.read(ctx, "/v2/auth/r/wallets", nil, func(body []byte) (err error) {
		balances, err = parseBalances(body)
		return err
	})
	return balances, err
}

// OpenOrders returns the limit orders on the book; Bitfinex lists all in one
// answer.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return nil, err
	}
	return c.openOrders(ctx, r)
}

func openOrdersPath(symbol string) string { return "/v2/auth/r/orders/" + symbol }

func (c *Client) openOrders(ctx context.Context, r rules) (orders []exchange.Order, err error) {
	err = c.read(ctx, openOrdersPath(r.symbol), nil, func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, r)
		return err
	})
	return orders, err
}

// Order returns one order whatever became of it, if it was closed less than two
// weeks ago.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Order{}, err
	}
	// Open ones first: an order that moves to the others meanwhile is still found.
	orders, err := c.openOrders(ctx, r)
	if err != nil {
		return exchange.Order{}, err
	}
	o, err := named(orders, clientID)
	if errors.Is(err, exchange.ErrNotFound) {
		o, err = c.closedOrder(ctx, r, clientID)
	}
	return o, err
}

// named returns the order of this name. What counts is the number made of it,
// should the label be lost.
func named(orders []exchange.Order, clientID string) (exchange.Order, error) {
	for _, o := range orders {
		if o.ClientID != "" && cidOf(o.ClientID) == cidOf(clientID) {
			o.ClientID = clientID
			return o, nil
		}
	}
	return exchange.Order{}, fmt.Errorf("%w: order %q", exchange.ErrNotFound, clientID)
}

// historyPage is how many closed orders we ask for at once, some 300 bytes each.
const historyPage = 1000

// closedOrder reads the history back to the order of this name, newest first.
func (c *Client) closedOrder(ctx context.Context, r rules, clientID string) (exchange.Order, error) {
	p := params{"limit": historyPage}
	for {
		var page []wireOrder
		var orders []exchange.Order
		err := c.read(ctx, openOrdersPath(r.symbol)+"/hist", p, func(body []byte) (err error) {
			page, orders, err = parseHistory(body, r)
			return err
		})
		if err != nil {
			return exchange.Order{}, err
		}
		o, err := named(orders, clientID)
		if err == nil || len(page) < historyPage {
			return o, err
		}
		// The next page begins with the moment that this one ends with: it may hold
		// orders that are not on this one.
		end := slices.MinFunc(page, func(a, b wireOrder) int { return cmp.Compare(a.Updated, b.Updated) }).Updated
		if p["end"] == end {
			return exchange.Order{}, transport.Bad("mts_update", end, fmt.Sprintf("must not be that of %d orders", historyPage))
		}
		p["end"] = end
	}
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

func (c *Client) send(ctx context.Context, r rules, o exchange.Order) (exchange.Order, error) {
	amount := o.Amount
	if o.Side == exchange.Ask {
		amount = amount.Neg()
	}
	p := params{
		"type": "EXCHANGE LIMIT", "symbol": r.symbol, "price": o.Price.String(), "amount": amount.String(),
		"cid": cidOf(o.ClientID), "meta": params{"label": o.ClientID},
	}
	if o.PostOnly {
		p["flags"] = postOnly
	}
	var w wireOrder
	var placed exchange.Order
	err := c.private(ctx, c.api.http.Change, "/v2/auth/w/order/submit", p, func(body []byte) (err error) {
		if w, err = parsePlaced(body); err != nil {
			return err
		}
		if placed, err = w.order(r); err != nil {
			return err
		}
		if w.CID != cidOf(o.ClientID) || !placed.SameTerms(o) {
			return transport.Bad("order", placed, "must be "+o.String())
		}
		placed.ClientID = o.ClientID
		return nil
	})
	switch {
	case err != nil:
		return exchange.Order{}, err
	case strings.HasPrefix(w.Status, "POSTONLY CANCELED"): // taken, and thrown away at once
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrWouldCross, o)
	case strings.HasPrefix(w.Status, "INSUFFICIENT BALANCE") && placed.Filled.IsZero():
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrInsufficient, o)
	}
	return placed, nil
}

// Cancel takes the order off the book.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return err
	}
	orders, err := c.openOrders(ctx, r)
	if err != nil {
		return err
	}
	o, err := named(orders, clientID)
	if err != nil {
		return nil //nolint:nilerr // it is not open, so it is gone
	}
	err = c.private(ctx, c.api.http.Change, "/v2/auth/w/order/cancel", params{"id": json.Number(o.ID)}, func([]byte) error { return nil })
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // it went meanwhile
	}
	return err
}

// fillsPage is how many trades we ask for at once, some 150 bytes each.
const fillsPage = 1000

// Fills returns the trades at or after since. All pages are read before it
// answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return nil, err
	}
	start := max(0, since.UnixMilli())
	p := params{"limit": fillsPage, "sort": 1, "start": start}
	var fills []exchange.Fill
	seen := map[string]bool{}
	for {
		var page []wireFill
		err := c.read(ctx, "/v2/auth/r/trades/"+r.symbol+"/hist", p, func(body []byte) (err error) {
			page, err = list[wireFill](body)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, w := range page {
			if w.At < start {
				return nil, transport.Bad("mts", w.At, fmt.Sprint("must be at or after ", start))
			}
			start = w.At
			if seen[w.id()] {
				continue // a page begins with the moment that the one before ended with
			}
			seen[w.id()] = true
			f, err := w.fill(r)
			if err != nil {
				return nil, err
			}
			if f.At.Before(since) {
				continue // start is in whole milliseconds
			}
			if f.ClientID, err = c.clientID(ctx, r, w); err != nil {
				return nil, err
			}
			fills = append(fills, f)
		}
		if len(page) < fillsPage {
			return fills, nil
		}
		if p["start"] == start {
			return nil, transport.Bad("mts", start, fmt.Sprintf("must not be that of %d trades", fillsPage))
		}
		p["start"] = start
	}
}

// clientID returns the name that the owner gave to the order of a trade, which
// has the order's number alone. An order that was closed longer ago than
// Bitfinex remembers goes by its number.
func (c *Client) clientID(ctx context.Context, r rules, w wireFill) (string, error) {
	if w.CID == 0 {
		return "", nil
	}
	id := fmt.Sprint(w.OrderID)
	return c.clientIDs.Get(ctx, id, c.api.http.Now(), func() (string, error) {
		p := params{"id": []int64{w.OrderID}}
		for _, path := range []string{openOrdersPath(r.symbol), openOrdersPath(r.symbol) + "/hist"} {
			var orders []wireOrder
			err := c.read(ctx, path, p, func(body []byte) (err error) {
				orders, err = list[wireOrder](body)
				return err
			})
			if err != nil {
				return "", err
			}
			for _, o := range orders {
				if o.ID == w.OrderID {
					return o.clientID(), nil
				}
			}
		}
		return wireOrder{CID: w.CID}.clientID(), nil
	})
}
