package binance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// host is where Binance Spot answers.
const host = "https://api.binance.com"

// The limit is 6000 units of weight a minute and address. We stay at two thirds
// of it, half of that at once, since other programs share the address.
const (
	everyWeight = 15 * time.Millisecond
	burstWeight = 2000
	retries     = 2
)

// Options is what may be left out. The zero Options is Binance itself: Base is
// https://api.binance.com, Every is 15 ms a unit of weight, Burst is 2000 units and
// must be at least 250.
type Options = transport.Options

// api is the part of Binance that needs no key. Safe for concurrent use.
type api struct {
	http  *transport.Client
	rules transport.Cache[exchange.Pair, exchange.Market]
}

func newAPI(o Options) (*api, error) {
	cfg := transport.Config{
		Base: host, Every: everyWeight, Burst: burstWeight, Retries: retries, Refusal: refusal,
	}.With(o)
	if heaviest := depthWeight(maxDepth); cfg.Burst < heaviest {
		return nil, fmt.Errorf("%w: Options.Burst %d: must be at least %d", exchange.ErrInvalid, cfg.Burst, heaviest)
	}
	client, err := transport.New(cfg)
	if err != nil {
		return nil, err
	}
	return &api{http: client, rules: transport.Cache[exchange.Pair, exchange.Market]{MaxAge: time.Hour}}, nil
}

// read asks a public endpoint.
func (a *api) read(ctx context.Context, weight int, path string, params url.Values, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
		Weight: weight,
		Request: func(time.Time) (transport.Request, error) {
			return transport.Request{Method: http.MethodGet, Path: path, Query: params.Encode()}, nil
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
		err = a.read(ctx, 20, "/api/v3/exchangeInfo", url.Values{"symbol": {symbol(pair)}}, func(body []byte) error {
			m, err = parseMarket(body, pair)
			return err
		})
		return m, err
	})
}

// ticker returns the prices as of now or a little later: Binance does not say
// when it saw them.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Ticker{}, err
	}
	at := a.http.Now()
	err = a.read(ctx, 2, "/api/v3/ticker/24hr", url.Values{"symbol": {symbol(pair)}}, func(body []byte) (err error) {
		t, err = parseTicker(body, pair)
		return err
	})
	t.At = at
	return t, err
}

// book returns the order book as of now or a little later: Binance does not say
// when it saw it.
func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	var book exchange.Book
	params := url.Values{"symbol": {symbol(pair)}, "limit": {fmt.Sprint(depth)}}
	at := a.http.Now()
	err := a.read(ctx, depthWeight(depth), "/api/v3/depth", params, func(body []byte) (err error) {
		book, err = parseBook(body, pair, depth)
		return err
	})
	book.At = at
	return book, err
}

// maxDepth is the deepest book that Binance shows.
const maxDepth = 5000

func depthWeight(depth int) int {
	switch {
	case depth <= 100:
		return 5
	case depth <= 500:
		return 25
	case depth <= 1000:
		return 50
	default:
		return 250
	}
}

func symbol(pair exchange.Pair) string { return pair.Base + pair.Quote }

// refusal maps an error of Binance, {"code":-1121,"msg":"..."}, onto the port's.
func refusal(status int, body []byte) error {
	if status >= 200 && status <= 299 {
		return nil
	}
	var said struct {
		Code int
		Msg  string
	}
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	if said.Code == 0 {
		return nil // not Binance's own words: the transport calls it a bad answer
	}
	cause := fmt.Errorf("binance %d: %.200q", said.Code, said.Msg)
	switch said.Code {
	case -1000, -1001, -1006, -1007, -1016: // internal error, disconnected, "execution status unknown", shutting down
		return fmt.Errorf("%w: %w", transport.ErrNoAnswer, cause)
	case -1003, -1008, -1015, -1034: // too many requests, overloaded, too many orders or connections
		return &exchange.RateLimitError{RetryAfter: busyWait, Cause: cause}
	case -1002, -1021, -1022, -2014, -2015: // not authorised, outside recvWindow, bad signature, bad key, key without the right
		return fmt.Errorf("%w: %w", exchange.ErrAuth, cause)
	case -1121, -2013: // no such symbol, no such order
		return fmt.Errorf("%w: %w", exchange.ErrNotFound, cause)
	case -2010, -2011: // a new order, a cancellation was refused, for the reason in the message
		return fmt.Errorf("%w: %w", reason(said.Msg), cause)
	default: // -1013 and -11xx: malformed, or against a filter of the symbol
		return fmt.Errorf("%w: %w", exchange.ErrInvalid, cause)
	}
}

// busyWait is how long we stay away when Binance is overloaded and does not say
// for how long: the interval of its order count limit.
const busyWait = 10 * time.Second

// reason reads the message behind -2010 and -2011, which is all that tells them
// apart (Spot errors, "Messages for -1010, -2010, -2011 and -2038").
func reason(msg string) error {
	switch {
	case strings.HasPrefix(msg, "Account has insufficient balance"):
		return exchange.ErrInsufficient
	case strings.HasPrefix(msg, "Order would immediately match and take"):
		return exchange.ErrWouldCross
	case strings.HasPrefix(msg, "Duplicate order sent"):
		// Somebody else placed it after we had looked: to be looked up.
		return exchange.ErrUnknownOutcome
	case strings.HasPrefix(msg, "Unknown order sent"):
		return exchange.ErrNotFound
	default:
		return exchange.ErrRejected
	}
}
