package binance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	clientIDs   transport.Cache[string, string] // by order id: neither ever changes
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
func (c *Client) signed(weight int, method, path string, params url.Values, accept func([]byte) error) transport.Call {
	return transport.Call{
		Weight: weight,
		Request: func(now time.Time) (transport.Request, error) {
			query := stamped(params, callWindowMs, now)
			return request(method, path, query, c.key, sign(c.secret, query)), nil
		},
		Accept: accept,
	}
}

// request puts a signed query together; Binance takes parameters there for every
// method.
func request(method, path, query, key, signature string) transport.Request {
	return transport.Request{
		Method: method, Path: path, Query: query + "&signature=" + url.QueryEscape(signature),
		Header: map[string]string{"X-MBX-APIKEY": key},
	}
}

// Market returns the rules of a pair, at most an hour old, with the account's
// fees of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	m, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	err = c.api.http.Read(ctx, c.signed(20, http.MethodGet, "/api/v3/account/commission", url.Values{"symbol": {symbol(pair)}}, func(body []byte) (err error) {
		if m.MakerFeeBps, m.TakerFeeBps, err = parseFees(body, pair); err != nil {
			return err
		}
		return m.Validate()
	}))
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; Binance shows no more than 5000.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has.
func (c *Client) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	var balances map[string]exchange.Balance
	err := c.api.http.Read(ctx, c.signed(20, http.MethodGet, "/api/v3/account", url.Values{"omitZeroBalances": {"true"}}, func(body []byte) (err error) {
		balances, err = parseBalances(body)
		return err
	}))
	return balances, err
}

// OpenOrders returns the orders on the book; Binance lists all in one answer.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	var orders []exchange.Order
	err := c.api.http.Read(ctx, c.signed(openOrdersWeight, http.MethodGet, openOrdersPath, url.Values{"symbol": {symbol(pair)}}, func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, pair)
		return err
	}))
	return orders, err
}

const (
	openOrdersPath   = "/api/v3/openOrders"
	openOrdersWeight = 6
	orderPath        = "/api/v3/order"
)

// Order returns one order whatever became of it. Binance archives orders that
// were cancelled without a fill after 90 days.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	o, err := c.order(ctx, pair, url.Values{"origClientOrderId": {clientID}})
	if err == nil && o.ClientID != clientID {
		return exchange.Order{}, transport.Bad("clientOrderId", o.ClientID, "must be "+clientID)
	}
	return o, err
}

func (c *Client) order(ctx context.Context, pair exchange.Pair, params url.Values) (exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return exchange.Order{}, err
	}
	params.Set("symbol", symbol(pair))
	var o exchange.Order
	err := c.api.http.Read(ctx, c.signed(4, http.MethodGet, orderPath, params, func(body []byte) (err error) {
		o, err = parseOrder(body, pair)
		return err
	}))
	return o, err
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

func (c *Client) send(ctx context.Context, _ exchange.Market, o exchange.Order) (exchange.Order, error) {
	params := url.Values{
		"symbol": {symbol(o.Pair)}, "side": {"BUY"}, "type": {"LIMIT"}, "timeInForce": {"GTC"},
		"price": {o.Price.String()}, "quantity": {o.Amount.String()},
		"newClientOrderId": {o.ClientID}, "newOrderRespType": {"RESULT"},
	}
	if o.Side == exchange.Ask {
		params.Set("side", "SELL")
	}
	if o.PostOnly {
		params.Set("type", "LIMIT_MAKER")
		params.Del("timeInForce")
	}
	var placed exchange.Order
	err := c.api.http.Change(ctx, c.signed(1, http.MethodPost, orderPath, params, func(body []byte) (err error) {
		placed, err = parseOrder(body, o.Pair)
		if err == nil && (placed.ClientID != o.ClientID || !placed.SameTerms(o)) {
			err = transport.Bad("order", placed, "must be "+o.String())
		}
		return err
	}))
	return placed, err
}

// Cancel takes the order off the book.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	params := url.Values{"symbol": {symbol(pair)}, "origClientOrderId": {clientID}}
	err := c.api.http.Change(ctx, c.signed(1, http.MethodDelete, orderPath, params, func([]byte) error { return nil }))
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // of the order, since the pair was found: it is gone
	}
	return err
}

// fillsPage is the longest page of trades.
const fillsPage = 1000

// Fills returns the trades at or after since. All pages are read before it
// answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	var fills []exchange.Fill
	params := url.Values{"symbol": {symbol(pair)}, "limit": {strconv.Itoa(fillsPage)}, "fromId": {"0"}}
	if since.UnixMilli() > 0 {
		params.Del("fromId")
		params.Set("startTime", strconv.FormatInt(since.UnixMilli(), 10))
	}
	for {
		var page []exchange.Fill
		err := c.api.http.Read(ctx, c.signed(20, http.MethodGet, "/api/v3/myTrades", params, func(body []byte) (err error) {
			page, err = parseFills(body, pair)
			return err
		}))
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			if f.At.Before(since) {
				continue // startTime is in whole milliseconds
			}
			if f.ClientID, err = c.clientID(ctx, pair, f.OrderID); err != nil {
				return nil, err
			}
			fills = append(fills, f)
		}
		if len(page) < fillsPage {
			return fills, nil
		}
		params.Del("startTime") // the two exclude each other
		last, err := strconv.ParseInt(page[len(page)-1].ID, 10, 64)
		if err != nil {
			return nil, transport.Bad("id", page[len(page)-1].ID, "must be a number")
		}
		params.Set("fromId", strconv.FormatInt(last+1, 10))
	}
}

// clientID returns the name that the owner gave to an order of ours.
func (c *Client) clientID(ctx context.Context, pair exchange.Pair, orderID string) (string, error) {
	return c.clientIDs.Get(ctx, pair.String()+" "+orderID, c.api.http.Now(), func() (string, error) {
		o, err := c.order(ctx, pair, url.Values{"orderId": {orderID}})
		return o.ClientID, err
	})
}
