package gate

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
	finished    finished
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
func (c *Client) signed(method, endpoint string, params url.Values, body string, accept func([]byte) error) transport.Call {
	return transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			r := transport.Request{Method: method, Path: prefix + endpoint, Query: params.Encode(), Body: body}
			at := timestamp(now)
			return authorised(r, c.key, sign(c.secret, r, at), at), nil
		},
		Accept: accept,
	}
}

func (c *Client) read(ctx context.Context, endpoint string, params url.Values, accept func([]byte) error) error {
	return c.api.http.Read(ctx, c.signed(http.MethodGet, endpoint, params, "", accept))
}

// Market returns the rules of a pair, at most an hour old, with the account's
// fees of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	m, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	err = c.read(ctx, "fee", url.Values{"currency_pair": {symbol(pair)}}, func(body []byte) (err error) {
		m, err = parseFees(body, m)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; Gate shows no more than 100.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has.
func (c *Client) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	var balances map[string]exchange.Balance
	err := c.read(ctx, "accounts", nil, func(body []byte) (err error) {
		balances, err = parseBalances(body)
		return err
	})
	return balances, err
}

// ordersPage is the longest page of orders.
const ordersPage = 100

// OpenOrders returns the limit orders on the book. All pages are read before it
// answers.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	orders := []exchange.Order{}
	params := url.Values{"currency_pair": {symbol(pair)}, "status": {"open"}, "limit": {strconv.Itoa(ordersPage)}}
	err := c.pages(ctx, "orders", params, ordersPage, func(body []byte) (int, error) {
		found, length, err := parseOpenOrders(body, pair)
		orders = append(orders, found...)
		return length, err
	})
	if err != nil {
		return nil, err
	}
	transport.OldestFirst(orders)
	// What an order placed meanwhile has pushed onto the next page came twice.
	return slices.CompactFunc(orders, func(a, b exchange.Order) bool { return a.ID == b.ID }), nil
}

// maxList is the longest list that Gate pages through.
const maxList = 100_000

// pages reads a list until a page is not full.
func (c *Client) pages(ctx context.Context, endpoint string, params url.Values, full int, accept func([]byte) (length int, err error)) error {
	for page := 1; ; page++ {
		params.Set("page", strconv.Itoa(page))
		length := 0
		err := c.read(ctx, endpoint, params, func(body []byte) (err error) {
			length, err = accept(body)
			return err
		})
		if err != nil || length < full {
			return err
		}
		if page*full >= maxList {
			return transport.Bad(endpoint, page*full, "must be fewer")
		}
	}
}

// Order returns one order whatever became of it, unless it ended more than a day
// ago.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return exchange.Order{}, err
	}
	var o exchange.Order
	err := c.read(ctx, "orders/"+named+url.PathEscape(clientID), url.Values{"currency_pair": {symbol(pair)}}, func(body []byte) (err error) {
		_, o, err = parseOrder(body, pair)
		if err == nil && o.ClientID != clientID {
			err = transport.Bad("text", o.ClientID, "must be "+clientID)
		}
		return err
	})
	if errors.Is(err, exchange.ErrNotFound) {
		return c.finishedOrder(ctx, pair, clientID)
	}
	return o, err
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

func (c *Client) send(ctx context.Context, _ exchange.Market, o exchange.Order) (exchange.Order, error) {
	params := map[string]string{
		"text": named + o.ClientID, "currency_pair": symbol(o.Pair), "type": "limit", "side": "buy",
		"amount": o.Amount.String(), "price": o.Price.String(), "time_in_force": "gtc",
	}
	if o.Side == exchange.Ask {
		params["side"] = "sell"
	}
	if o.PostOnly {
		params["time_in_force"] = "poc"
	}
	body, err := json.Marshal(params)
	if err != nil {
		return exchange.Order{}, err
	}
	var w wireOrder
	var placed exchange.Order
	err = c.api.http.Change(ctx, c.signed(http.MethodPost, "orders", nil, string(body), func(body []byte) (err error) {
		w, placed, err = parseOrder(body, o.Pair)
		if err == nil && (placed.ClientID != o.ClientID || !placed.SameTerms(o)) {
			err = transport.Bad("order", placed, "must be "+o.String())
		}
		return err
	}))
	if err == nil && w.FinishAs == "poc" {
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrWouldCross, o)
	}
	return placed, err
}

// Cancel takes the order off the book.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	params := url.Values{"currency_pair": {symbol(pair)}}
	err := c.api.http.Change(ctx, c.signed(http.MethodDelete, "orders/"+named+url.PathEscape(clientID), params, "", func([]byte) error { return nil }))
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // of the order, since the pair was found: it is gone
	}
	return err
}

const (
	fillsPage   = 1000
	fillsPeriod = 29 * 24 * time.Hour // Gate answers for 30 days at most, by a clock of its own
)

// firstFills is before APIv4 began.
var firstFills = time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)

// Fills returns the trades at or after since. All pages are read before it
// answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	var fills []exchange.Fill
	seen := map[string]bool{} // periods, and pages, overlap
	now := c.api.http.Now()
	from := since
	if from.Before(firstFills) {
		from = firstFills
	} else if latest := now.Add(-overlap); from.After(latest) {
		from = latest // Gate refuses a time to come
	}
	for {
		to := from.Add(fillsPeriod)
		last := to.After(now)
		params := url.Values{"currency_pair": {symbol(pair)}, "limit": {strconv.Itoa(fillsPage)}, "from": {timestamp(from)}}
		if !last {
			params.Set("to", timestamp(to))
		}
		err := c.pages(ctx, "my_trades", params, fillsPage, func(body []byte) (int, error) {
			page, err := parseFills(body, pair)
			for _, f := range page {
				if !seen[f.ID] && !f.At.Before(since) {
					seen[f.ID] = true
					fills = append(fills, f)
				}
			}
			return len(page), err
		})
		if err != nil {
			return nil, err
		}
		if last {
			break
		}
		from = to
	}
	slices.Reverse(fills) // they came newest first
	slices.SortStableFunc(fills, func(a, b exchange.Fill) int { return a.At.Compare(b.At) })
	return fills, nil
}
