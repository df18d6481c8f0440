package bybit

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

const (
	host    = "https://api.bybit.com"
	retries = 2
)

// The limit of an account without a tier: 20 orders in any second, as many other
// calls or more. The bucket lets twice its burst through in the first one.
const (
	plainEvery = 100 * time.Millisecond
	plainBurst = 10
)

// Options is what may be left out. The zero Options is Bybit itself, at the pace
// of an account without a tier: Base is https://api.bybit.com, Every is 100 ms,
// Burst is 10 calls.
type Options = transport.Options

// api is the part of Bybit that needs no key. Safe for concurrent use.
type api struct {
	http  *transport.Client
	rules transport.Cache[exchange.Pair, exchange.Market]
}

func newAPI(o Options) (*api, error) {
	client, err := transport.New(transport.Config{
		Base: host, Every: plainEvery, Burst: plainBurst, Retries: retries, Refusal: refusal,
	}.With(o))
	if err != nil {
		return nil, err
	}
	return &api{http: client, rules: transport.Cache[exchange.Pair, exchange.Market]{MaxAge: time.Hour}}, nil
}

// spot is the parameters of every call about a pair, and those given.
func spot(pair exchange.Pair, more ...string) url.Values {
	params := url.Values{"category": {"spot"}, "symbol": {symbol(pair)}}
	for i := 0; i < len(more); i += 2 {
		params.Set(more[i], more[i+1])
	}
	return params
}

func symbol(pair exchange.Pair) string { return pair.Base + pair.Quote }

// read asks a public endpoint.
func (a *api) read(ctx context.Context, endpoint string, params url.Values, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
		Request: func(time.Time) (transport.Request, error) {
			return transport.Request{Method: http.MethodGet, Path: "/v5/market/" + endpoint, Query: params.Encode()}, nil
		},
		Accept: accept,
	})
}

// market returns the rules of a pair without fees, at most an hour old.
func (a *api) market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Market{}, fmt.Errorf("%w: %w", exchange.ErrNotFound, err)
	}
	return a.rules.Get(ctx, pair, a.http.Now(), func() (exchange.Market, error) {
		var known []wireMarket
		err := a.read(ctx, "instruments-info", spot(pair), func(body []byte) (err error) {
			known, err = list[wireMarket](body)
			return err
		})
		if errors.Is(err, exchange.ErrInvalid) || err == nil && len(known) == 0 {
			// The symbol is all that can be wrong with this request.
			return exchange.Market{}, fmt.Errorf("%w: %v", exchange.ErrNotFound, pair)
		}
		if err != nil {
			return exchange.Market{}, err
		}
		return parseMarket(known, pair)
	})
}

// ticker returns the prices as of now or a little later: Bybit does not say when
// it saw them.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Ticker{}, err
	}
	at := a.http.Now()
	err = a.read(ctx, "tickers", spot(pair), func(body []byte) (err error) {
		t, err = parseTicker(body, pair)
		return err
	})
	t.At = at
	return t, err
}

// maxDepth is the deepest book that Bybit shows.
const maxDepth = 200

func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (book exchange.Book, err error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	err = a.read(ctx, "orderbook", spot(pair, "limit", strconv.Itoa(depth)), func(body []byte) (err error) {
		book, err = parseBook(body, pair, depth)
		return err
	})
	return book, err
}

// refusal maps an error of Bybit, {"retCode":10003,"retMsg":"..."}, onto the
// port's. Two come as a status.
func refusal(status int, body []byte) error {
	switch status {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w: bybit: status 401: %.200q", exchange.ErrAuth, body)
	case http.StatusForbidden: // too many calls from our address, or a country that Bybit does not serve
		return &exchange.RateLimitError{RetryAfter: bannedWait, Cause: fmt.Errorf("bybit: status 403: %.200q", body)}
	}
	var said struct {
		RetCode *int
		RetMsg  string
	}
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	if said.RetCode == nil {
		return transport.Bad("retCode", "nothing", "must be there")
	}
	if *said.RetCode == 0 {
		return nil
	}
	return fmt.Errorf("%w: bybit %d: %.200q", meaning(*said.RetCode), *said.RetCode, said.RetMsg)
}

// How long we stay away when Bybit does not say for how long: its limits count
// by the second, and bans of an address last ten minutes.
const (
	busyWait   = time.Second
	bannedWait = 10 * time.Minute
)

// meaning is what an error code says (Bybit V5, "Error Codes").
func meaning(code int) error {
	switch code {
	case 10000, 10016, 170001, 170007, 170032, 170035, 170146, 170147, 170212, 170234: // timeouts, server errors, still at it
		return transport.ErrNoAnswer
	case 429, 10006, 10429, 170005, 170222: // too many calls, too many orders, overloaded
		return &exchange.RateLimitError{RetryAfter: busyWait}
	case 10009, 10018: // our address
		return &exchange.RateLimitError{RetryAfter: bannedWait}
	case -2015, 33004, 10002, 10003, 10004, 10005, 10007, 10008, 10010, 10020, 10024, 10027, 10028: // key, signature, time, rights, kind of account
		return exchange.ErrAuth
	case 10029, 170121, 170221: // no such symbol, no such coin
		return exchange.ErrNotFound
	case 110001, 110008, 110010, 170139, 170142, 170143, 170190, 170213: // no such order, or it is done
		return exchange.ErrNotFound
	case 110004, 110007, 110012, 110044, 110045, 110052, 170033, 170131:
		return exchange.ErrInsufficient
	case 170218: // a post-only order
		return exchange.ErrWouldCross
	case 10014, 110072, 170141:
		// A client id twice: somebody else placed it after we had looked.
		return exchange.ErrUnknownOutcome
	case 10001, 110094, 170105, 170115, 170116, 170117, 170124, 170130, 170132, 170133, 170134, 170136, 170137, 170140: // malformed, or against a rule of the symbol
		return exchange.ErrInvalid
	}
	if orders := code / 1000; orders == 110 || orders == 170 {
		return exchange.ErrRejected
	}
	return transport.ErrBadAnswer
}
