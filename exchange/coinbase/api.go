package coinbase

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

// host is where Coinbase Advanced Trade answers, and what tokens are made for.
const host = "api.coinbase.com"

// The limit is 10 public calls a second of an address, 30 of an account.
const (
	every   = 100 * time.Millisecond
	burst   = 10
	retries = 2
)

// brokerage is what all paths begin with.
const brokerage = "/api/v3/brokerage/"

// Options is what may be left out. The zero Options is Coinbase itself: Base is
// https://api.coinbase.com, for which tokens are made in any case, Every is 100 ms,
// Burst is 10 calls.
type Options = transport.Options

// api is the part of Coinbase that needs no key. Safe for concurrent use.
type api struct {
	http  *transport.Client
	rules transport.Cache[exchange.Pair, exchange.Market]
}

func newAPI(o Options) (*api, error) {
	client, err := transport.New(transport.Config{
		Base: "https://" + host, Every: every, Burst: burst, Retries: retries, Refusal: refusal,
	}.With(o))
	if err != nil {
		return nil, err
	}
	return &api{http: client, rules: transport.Cache[exchange.Pair, exchange.Market]{MaxAge: time.Hour}}, nil
}

// read asks a public endpoint, past Coinbase's cache.
func (a *api) read(ctx context.Context, endpoint string, query url.Values, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
		Request: func(time.Time) (transport.Request, error) {
			return transport.Request{
				Method: http.MethodGet, Path: brokerage + "market/" + endpoint, Query: query.Encode(),
				Header: map[string]string{"Cache-Control": "no-cache"},
			}, nil
		},
		Accept: accept,
	})
}

// market returns the rules of a pair without fees, at most an hour old.
func (a *api) market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Market{}, fmt.Errorf("%w: %w", exchange.ErrNotFound, err)
	}
	return a.rules.Get(ctx, pair, a.http.Now(), func() (m exchange.Market, err error) {
		err = a.read(ctx, "products/"+product(pair), nil, func(body []byte) error {
			m, err = parseMarket(body, pair)
			return err
		})
		if errors.Is(err, exchange.ErrInvalid) && !errors.Is(err, transport.ErrBadAnswer) {
			err = fmt.Errorf("%w: %w", exchange.ErrNotFound, err) // the only argument is the product
		}
		return m, err
	})
}

// ticker returns the prices as of now or a little later: Coinbase does not say
// when it saw them.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Ticker{}, err
	}
	at := a.http.Now()
	err = a.read(ctx, "products/"+product(pair)+"/ticker", url.Values{"limit": {"1"}}, func(body []byte) (err error) {
		t, err = parseTicker(body, pair)
		return err
	})
	t.At = at
	return t, err
}

// maxDepth is how many levels a side we ask for at most.
const maxDepth = 1000

// book returns the order book as of the time that Coinbase says.
func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (b exchange.Book, err error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	query := url.Values{"product_id": {product(pair)}, "limit": {strconv.Itoa(depth)}}
	err = a.read(ctx, "product_book", query, func(body []byte) (err error) {
		b, err = parseBook(body, pair, depth)
		return err
	})
	return b, err
}

func product(pair exchange.Pair) string { return pair.Base + "-" + pair.Quote }

// asking sends a query and has the answer accepted.
type asking func(query url.Values, accept func(body []byte) error) error

// pages asks for one page after the other, for as long as accept returns the
// cursor of a next one.
func pages(ask asking, query url.Values, accept func(body []byte) (cursor string, err error)) error {
	for {
		var cursor string
		err := ask(query, func(body []byte) (err error) {
			cursor, err = accept(body)
			return err
		})
		if err != nil || cursor == "" {
			return err
		}
		if cursor == query.Get("cursor") {
			return transport.Bad("cursor", cursor, "must lead on")
		}
		query.Set("cursor", cursor)
	}
}

const (
	ordersPath = brokerage + "orders/historical/batch"
	ordersPage = "250" // 1.5 kB each
)

// openOrders returns the limit orders on the book, oldest first.
func openOrders(ask asking, pair exchange.Pair) ([]exchange.Order, error) {
	query := url.Values{"order_status": {"OPEN"}, "product_ids": {product(pair)}, "limit": {ordersPage}}
	var all []wireOrder
	err := pages(ask, query, func(body []byte) (string, error) {
		page, cursor, err := parseOrders(body)
		all = append(all, page...)
		return cursor, err
	})
	if err != nil {
		return nil, err
	}
	return resting(all, pair)
}

// refusal maps a status of Coinbase onto the port's errors; what is wrong with an
// order comes in an answer of status 200.
func refusal(status int, body []byte) error {
	var means error
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		means = exchange.ErrAuth
	case http.StatusNotFound:
		means = exchange.ErrNotFound
	case http.StatusBadRequest:
		means = exchange.ErrInvalid
	default:
		return nil
	}
	return fmt.Errorf("%w: coinbase %d: %.200q", means, status, body)
}
