package gate

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

const (
	host    = "https://api.gateio.ws"
	prefix  = "/api/v4/spot/"
	retries = 2
)

// The limit of the lowest tier is 200 calls in 10 s to each endpoint, 10 orders
// a second. We stay at half of the latter for all endpoints together.
const (
	defaultEvery = 200 * time.Millisecond
	defaultBurst = 50
)

// Options is what may be left out. The zero Options is Gate itself, at a pace that
// suits its lowest tier: Base is https://api.gateio.ws, Every is 200 ms, Burst is
// 50 calls.
type Options = transport.Options

// api is the part of Gate that needs no key. Safe for concurrent use.
type api struct {
	http  *transport.Client
	rules transport.Cache[exchange.Pair, exchange.Market]
}

func newAPI(o Options) (*api, error) {
	client, err := transport.New(transport.Config{
		Base: host, Every: defaultEvery, Burst: defaultBurst, Retries: retries, Refusal: refusal,
	}.With(o))
	if err != nil {
		return nil, err
	}
	return &api{http: client, rules: transport.Cache[exchange.Pair, exchange.Market]{MaxAge: time.Hour}}, nil
}

// read asks a public endpoint.
func (a *api) read(ctx context.Context, endpoint string, params url.Values, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
		Request: func(time.Time) (transport.Request, error) {
			return transport.Request{Method: http.MethodGet, Path: prefix + endpoint, Query: params.Encode()}, nil
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
		err = a.read(ctx, "currency_pairs/"+symbol(pair), nil, func(body []byte) error {
			m, err = parseMarket(body, pair)
			return err
		})
		return m, err
	})
}

// ticker returns the prices as of now or a little later: Gate does not say when
// it saw them.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Ticker{}, err
	}
	at := a.http.Now()
	err = a.read(ctx, "tickers", url.Values{"currency_pair": {symbol(pair)}}, func(body []byte) (err error) {
		t, err = parseTicker(body, pair)
		return err
	})
	t.At = at
	return t, err
}

// maxDepth is the deepest book that Gate shows.
const maxDepth = 100

// book returns the order book, with the time at which Gate saw it.
func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (book exchange.Book, err error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	params := url.Values{"currency_pair": {symbol(pair)}, "limit": {strconv.Itoa(depth)}}
	err = a.read(ctx, "order_book", params, func(body []byte) (err error) {
		book, err = parseBook(body, pair, depth)
		return err
	})
	return book, err
}

func symbol(pair exchange.Pair) string { return pair.Base + "_" + pair.Quote }

// refusal maps an error of Gate, {"label":"INVALID_KEY","message":"..."}, onto
// the port's.
func refusal(status int, body []byte) error {
	if status >= 200 && status <= 299 {
		return nil
	}
	var said struct{ Label, Message string }
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	cause := fmt.Errorf("gate %.64q: %.200q", said.Label, said.Message)
	if means, known := meanings[said.Label]; known {
		return fmt.Errorf("%w: %w", means, cause)
	}
	return fmt.Errorf("%w: %w", transport.ErrBadAnswer, cause)
}

// busy is for how long we stay away when Gate does not say: the period of its
// limits.
var busy = &exchange.RateLimitError{RetryAfter: 10 * time.Second}

// meanings is what the labels of spot trading mean (Gate APIv4, "label list").
// One that is not here says nothing about what became of an order.
var meanings = map[string]error{
	"INVALID_CREDENTIALS":     exchange.ErrAuth,
	"INVALID_KEY":             exchange.ErrAuth,
	"IP_FORBIDDEN":            exchange.ErrAuth,
	"READ_ONLY":               exchange.ErrAuth,
	"INVALID_SIGNATURE":       exchange.ErrAuth,
	"MISSING_REQUIRED_HEADER": exchange.ErrAuth,
	"REQUEST_EXPIRED":         exchange.ErrAuth,
	"ACCOUNT_LOCKED":          exchange.ErrAuth,
	"FORBIDDEN":               exchange.ErrAuth,

	"INVALID_CURRENCY":      exchange.ErrNotFound,
	"INVALID_CURRENCY_PAIR": exchange.ErrNotFound,
	"ORDER_NOT_FOUND":       exchange.ErrNotFound,
	"ORDER_CLOSED":          exchange.ErrNotFound, // there is nothing left to cancel
	"ORDER_CANCELLED":       exchange.ErrNotFound,

	"BALANCE_NOT_ENOUGH":   exchange.ErrInsufficient,
	"POC_FILL_IMMEDIATELY": exchange.ErrWouldCross,
	"TRADE_RESTRICTED":     exchange.ErrRejected,
	"TOO_MANY_ORDERS":      exchange.ErrRejected,

	"INVALID_PARAM_VALUE":    exchange.ErrInvalid,
	"INVALID_PROTOCOL":       exchange.ErrInvalid,
	"INVALID_ARGUMENT":       exchange.ErrInvalid,
	"INVALID_REQUEST_BODY":   exchange.ErrInvalid,
	"MISSING_REQUIRED_PARAM": exchange.ErrInvalid,
	"BAD_REQUEST":            exchange.ErrInvalid,
	"INVALID_PRECISION":      exchange.ErrInvalid,
	"QUANTITY_NOT_ENOUGH":    exchange.ErrInvalid, // below the smallest amount
	"AMOUNT_TOO_LITTLE":      exchange.ErrInvalid,
	"AMOUNT_TOO_MUCH":        exchange.ErrInvalid,

	// Somebody else placed it after we had looked: to be looked up.
	"ORDER_EXISTS":      exchange.ErrUnknownOutcome,
	"DUPLICATE_REQUEST": exchange.ErrUnknownOutcome,
	"REPEATED_CREATION": exchange.ErrUnknownOutcome,

	"TOO_FAST":          busy,
	"TOO_MANY_REQUESTS": busy,

	"INTERNAL":              transport.ErrNoAnswer,
	"SERVER_ERROR":          transport.ErrNoAnswer,
	"INTERNAL_SERVER_ERROR": transport.ErrNoAnswer,
	"TOO_BUSY":              transport.ErrNoAnswer,
}
