package poloniex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Client is one account. Safe for concurrent use.
type Client struct {
	api         *api
	key, secret string
	placer      transport.Placer
}

var _ exchange.Client = (*Client)(nil)

// New returns the account of an API key. It returns exchange.ErrInvalid for an
// empty key or secret and for options out of their bounds.
func New(key, secret string, o Options) (*Client, error) {
	if key == "" || secret == "" {
		return nil, fmt.Errorf("%w: key and secret: must not be empty", exchange.ErrInvalid)
	}
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Client{api: a, key: key, secret: secret}, nil
}

// signed is a call of the account's own.
func (c *Client) signed(what call, accept func([]byte) error) transport.Call {
	return transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			at := timestamp(now)
			return what.request(c.key, what.sign(c.secret, at), at, callWindowMs), nil
		},
		Accept: accept,
	}
}

func (c *Client) read(ctx context.Context, path string, params url.Values, accept func([]byte) error) error {
	return c.api.http.Read(ctx, c.signed(call{method: http.MethodGet, path: path, params: params}, accept))
}

// Market returns the rules of a pair, at most an hour old, with the account's
// fees of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	m, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	err = c.read(ctx, "/feeinfo", nil, func(body []byte) (err error) {
		m, err = parseFees(body, m)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; Poloniex shows no more than 150.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has.
func (c *Client) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	var balances map[string]exchange.Balance
	err := c.read(ctx, "/accounts/balances", url.Values{"accountType": {"SPOT"}}, func(body []byte) (err error) {
		balances, err = parseBalances(body)
		return err
	})
	return balances, err
}

// OpenOrders returns the limit orders on the book; Poloniex lists all in one
// answer.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) (orders []exchange.Order, err error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	err = c.api.http.Read(ctx, c.signed(openOrders(pair), func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, pair)
		return err
	}))
	return orders, err
}

// Order returns one order whatever became of it.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return exchange.Order{}, err
	}
	return c.look(ctx, byClientID(clientID), pair, func(o exchange.Order) error {
		if o.ClientID != clientID {
			return transport.Bad("clientOrderId", o.ClientID, "must be "+clientID)
		}
		return nil
	})
}

// byClientID is the path of an order under its owner's name.
func byClientID(id string) string { return "/orders/cid:" + url.PathEscape(id) }

// look reads the one order that a path names.
func (c *Client) look(ctx context.Context, path string, pair exchange.Pair, check func(exchange.Order) error) (o exchange.Order, err error) {
	err = c.read(ctx, path, nil, func(body []byte) (err error) {
		if o, err = parseOrder(body, pair); err != nil {
			return err
		}
		return check(o)
	})
	return o, err
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

func (c *Client) send(ctx context.Context, _ exchange.Market, o exchange.Order) (exchange.Order, error) {
	params := map[string]string{
		"symbol": symbol(o.Pair), "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
		"price": o.Price.String(), "quantity": o.Amount.String(), "clientOrderId": o.ClientID,
	}
	if o.Side == exchange.Ask {
		params["side"] = "SELL"
	}
	if o.PostOnly {
		params["type"] = "LIMIT_MAKER"
	}
	body, err := json.Marshal(params)
	if err != nil {
		return exchange.Order{}, err
	}
	var id string
	err = c.api.http.Change(ctx, c.signed(call{method: http.MethodPost, path: "/orders", body: string(body)}, func(body []byte) (err error) {
		id, err = parsePlaced(body, o.ClientID)
		return err
	}))
	if err != nil {
		return exchange.Order{}, err
	}
	// Poloniex answers with no more than the id. From here on something was
	// placed, so whatever else goes wrong, it is not that nothing was.
	placed, err := c.look(ctx, "/orders/"+url.PathEscape(id), o.Pair, func(got exchange.Order) error {
		if got.ID != id || got.ClientID != o.ClientID || !got.SameTerms(o) {
			return transport.Bad("order", got, "must be "+o.String())
		}
		return nil
	})
	if err != nil {
		// The cause is kept as text only, since a rate limit, say, would mean that
		// nothing was done.
		return exchange.Order{}, fmt.Errorf("%w: placed %v as %s: %s", exchange.ErrUnknownOutcome, o, id, err.Error())
	}
	if o.PostOnly && placed.Status == exchange.Cancelled && placed.Filled.IsZero() {
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrWouldCross, o)
	}
	return placed, nil
}

// Cancel takes the order off the book.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	err := c.api.http.Change(ctx, c.signed(call{method: http.MethodDelete, path: byClientID(clientID)}, func([]byte) error { return nil }))
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // of the order, since the pair was found: it is gone
	}
	return err
}

const (
	fillsPage = 1000
	fillsAge  = 179 * 24 * time.Hour // Poloniex answers for 180 days at most, by a clock of its own
)

// Fills returns the trades at or after since, of the last 180 days. All pages
// are read before it answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	now := c.api.http.Now()
	from, to := since, now.Add(24*time.Hour) // Poloniex's clock may be ahead of ours
	if oldest := now.Add(-fillsAge); from.Before(oldest) {
		from = oldest
	}
	var fills []exchange.Fill
	// Pages come newest first, so the next one ends where the last one did; the
	// trades of that millisecond come twice.
	seen := map[string]bool{}
	for !from.After(to) {
		params := url.Values{"symbols": {symbol(pair)}, "limit": {strconv.Itoa(fillsPage)}, "startTime": {timestamp(from)}, "endTime": {timestamp(to)}}
		var page []exchange.Fill
		err := c.read(ctx, "/trades", params, func(body []byte) (err error) {
			page, err = parseFills(body, pair)
			if err == nil && len(page) >= fillsPage && seen[page[len(page)-1].ID] {
				err = transport.Bad("trades", len(page), "must end with one that is new")
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			if !seen[f.ID] && !f.At.Before(since) {
				fills = append(fills, f)
			}
			seen[f.ID] = true
		}
		if len(page) < fillsPage {
			break
		}
		to = page[len(page)-1].At
	}
	slices.Reverse(fills)
	return fills, nil
}
