package okx

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

const (
	host    = "https://www.okx.com"
	retries = 2
)

// OKX counts each kind of call for itself, by 2 s. The bucket lets 60 units
// through in any 2 s, which is as often as orders may be placed; a call that may
// be made n times weighs 60/n.
const (
	plainEvery = 50 * time.Millisecond
	plainBurst = 20

	orderWeight       = 1
	bookWeight        = 2
	tickerWeight      = 3
	instrumentsWeight = 3
	balanceWeight     = 6
	archiveWeight     = 6
	feesWeight        = 12
)

// Options is what may be left out. The zero Options is OKX itself: Base is
// https://www.okx.com (accounts of some regions have their own), Every is 50 ms a
// unit of weight, Burst is 20 units and must be at least 12.
type Options = transport.Options

// api is the part of OKX that needs no key. Safe for concurrent use.
type api struct {
	http  *transport.Client
	rules transport.Cache[exchange.Pair, exchange.Market]
}

func newAPI(o Options) (*api, error) {
	cfg := transport.Config{
		Base: host, Every: plainEvery, Burst: plainBurst, Retries: retries, Refusal: refusal,
	}.With(o)
	if cfg.Burst < feesWeight {
		return nil, fmt.Errorf("%w: Options.Burst %d: must be at least %d", exchange.ErrInvalid, cfg.Burst, feesWeight)
	}
	client, err := transport.New(cfg)
	if err != nil {
		return nil, err
	}
	return &api{http: client, rules: transport.Cache[exchange.Pair, exchange.Market]{MaxAge: time.Hour}}, nil
}

// instID is OKX's name of a pair.
func instID(pair exchange.Pair) string { return pair.Base + "-" + pair.Quote }

// spot is the parameters of a call about a pair.
func spot(pair exchange.Pair) url.Values {
	return url.Values{"instType": {"SPOT"}, "instId": {instID(pair)}}
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
		err = a.read(ctx, instrumentsWeight, "/api/v5/public/instruments", spot(pair), func(body []byte) error {
			m, err = parseMarket(body, pair)
			return err
		})
		return m, err
	})
}

func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Ticker{}, err
	}
	err = a.read(ctx, tickerWeight, "/api/v5/market/ticker", url.Values{"instId": {instID(pair)}}, func(body []byte) (err error) {
		t, err = parseTicker(body, pair)
		return err
	})
	return t, err
}

// maxDepth is the deepest book that OKX shows.
const maxDepth = 400

func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (book exchange.Book, err error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	params := url.Values{"instId": {instID(pair)}, "sz": {strconv.Itoa(depth)}}
	err = a.read(ctx, bookWeight, "/api/v5/market/books", params, func(body []byte) (err error) {
		book, err = parseBook(body, pair, depth)
		return err
	})
	return book, err
}

// refusal maps an error of OKX onto the port's: {"code":"50111","msg":"..."}, or
// for an order {"code":"1","data":[{"sCode":"51008","sMsg":"..."}]}.
func refusal(_ int, body []byte) error {
	var said struct {
		Code, Msg string
		Data      json.RawMessage
	}
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	var each []struct{ SCode, SMsg string }
	if json.Unmarshal(said.Data, &each) == nil && len(each) > 0 && each[0].SCode != "" && each[0].SCode != "0" {
		said.Code, said.Msg = each[0].SCode, each[0].SMsg
	}
	if said.Code == "0" {
		return nil
	}
	code, err := strconv.Atoi(said.Code)
	if err != nil {
		return transport.Bad("code", said.Code, "must be a number")
	}
	return fmt.Errorf("%w: okx %d: %.200q", meaning(code), code, said.Msg)
}

// busyWait is how long we stay away when OKX does not say for how long: its
// limits count by 2 s.
const busyWait = 2 * time.Second

// meaning is what an error code says (OKX V5, "Error Code").
func meaning(code int) error {
	switch code {
	case 50001, 50004, 50005, 50026, 51054, 51149, 51412: // unavailable, timed out, system error
		return transport.ErrNoAnswer
	case 50011, 50013, 50040, 50061: // too many calls, too many orders, overloaded
		return &exchange.RateLimitError{RetryAfter: busyWait}
	case 50007, 50008, 50010, 50012, 50030, 50036: // blocked, no such user, no right, too late
		return exchange.ErrAuth
	case 51001: // no such pair
		return exchange.ErrNotFound
	case 51400, 51401, 51402, 51405, 51410, 51603: // no such order, or it is done or about to be
		return exchange.ErrNotFound
	case 51008, 51127, 51131, 51502:
		return exchange.ErrInsufficient
	case 51011, 51016:
		// A client id twice: somebody else placed it after we had looked.
		return exchange.ErrUnknownOutcome
	case 50002, 50006, 50014, 51000, 51015, 51020, 51120, 51121, 51122, 51150: // malformed, or against a rule of the pair
		return exchange.ErrInvalid
	}
	switch {
	case code >= 50100 && code < 50200: // key, signature, passphrase, time
		return exchange.ErrAuth
	case code >= 51000 && code < 52000, code >= 54000 && code < 55000:
		return exchange.ErrRejected
	default:
		return transport.ErrBadAnswer
	}
}
