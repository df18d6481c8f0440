package kraken

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

const (
	host    = "https://api.kraken.com"
	retries = 2
)

// The counter of the lowest tier: 15 calls at once, one more every 3 s.
const (
	starterEvery = 3 * time.Second
	starterBurst = 15
)

// Options is what may be left out. The zero Options is Kraken itself, at the
// pace of its lowest tier: Base is https://api.kraken.com, Every is 3 s, Burst is
// 15 calls.
type Options = transport.Options

// api is the part of Kraken that needs no key. Safe for concurrent use.
type api struct {
	http   *transport.Client
	rules  transport.Cache[exchange.Pair, rules]
	assets transport.Cache[string, map[string]string]
}

func newAPI(o Options) (*api, error) {
	client, err := transport.New(transport.Config{
		Base: host, Every: starterEvery, Burst: starterBurst, Retries: retries, Refusal: refusal,
	}.With(o))
	if err != nil {
		return nil, err
	}
	return &api{
		http:   client,
		rules:  transport.Cache[exchange.Pair, rules]{MaxAge: time.Hour},
		assets: transport.Cache[string, map[string]string]{MaxAge: time.Hour},
	}, nil
}

// read asks a public endpoint.
func (a *api) read(ctx context.Context, endpoint string, params url.Values, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
		Request: func(time.Time) (transport.Request, error) {
			return transport.Request{Method: http.MethodGet, Path: "/0/public/" + endpoint, Query: params.Encode()}, nil
		},
		Accept: accept,
	})
}

// market returns the rules of a pair without fees, at most an hour old.
func (a *api) market(ctx context.Context, pair exchange.Pair) (rules, error) {
	if err := pair.Validate(); err != nil {
		return rules{}, fmt.Errorf("%w: %w", exchange.ErrNotFound, err)
	}
	return a.rules.Get(ctx, pair, a.http.Now(), func() (r rules, err error) {
		err = a.read(ctx, "AssetPairs", url.Values{"pair": {theirs(pair.Base) + theirs(pair.Quote)}}, func(body []byte) error {
			r, err = parseRules(body, pair)
			return err
		})
		return r, err
	})
}

// names returns our name of each of Kraken's assets: "XXBT" is "BTC".
func (a *api) names(ctx context.Context) (map[string]string, error) {
	return a.assets.Get(ctx, "", a.http.Now(), func() (names map[string]string, err error) {
		err = a.read(ctx, "Assets", nil, func(body []byte) error {
			names, err = parseAssets(body)
			return err
		})
		return names, err
	})
}

// ticker returns the prices as of now or a little later: Kraken does not say
// when it saw them.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	r, err := a.market(ctx, pair)
	if err != nil {
		return exchange.Ticker{}, err
	}
	at := a.http.Now()
	err = a.read(ctx, "Ticker", url.Values{"pair": {r.altName}}, func(body []byte) (err error) {
		t, err = parseTicker(body, r)
		return err
	})
	t.At = at
	return t, err
}

// maxDepth is the deepest book that Kraken shows.
const maxDepth = 500

// book returns the order book as of now or a little later: Kraken says when a
// level changed, not when it saw the book.
func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	r, err := a.market(ctx, pair)
	if err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	at := a.http.Now()
	var book exchange.Book
	err = a.read(ctx, "Depth", url.Values{"pair": {r.altName}, "count": {strconv.Itoa(depth)}}, func(body []byte) (err error) {
		book, err = parseBook(body, r, depth)
		return err
	})
	book.At = at
	return book, err
}

// theirs and ours map the two assets that Kraken names in its own way.
func theirs(asset string) string {
	switch asset {
	case "BTC":
		return "XBT"
	case "DOGE":
		return "XDG"
	default:
		return asset
	}
}

func ours(altName string) string {
	switch altName {
	case "XBT":
		return "BTC"
	case "XDG":
		return "DOGE"
	default:
		return altName
	}
}

// refusal maps the first error of an answer, such as "EOrder:Unknown order",
// onto the port's. A warning begins with W and is none.
func refusal(_ int, body []byte) error {
	var said struct{ Error []string }
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	for _, text := range said.Error {
		if strings.HasPrefix(text, "E") {
			return fmt.Errorf("%w: kraken: %.200q", meaning(text), text)
		}
	}
	return nil
}

// meanings is what the errors of Kraken begin with, the first that fits counts
// (support.kraken.com, "API error messages").
var meanings = []struct {
	prefix string
	means  error
}{
	{"EAPI:Rate limit exceeded", &exchange.RateLimitError{RetryAfter: 15 * time.Second}}, // five calls' worth at the lowest tier
	{"EOrder:Rate limit exceeded", &exchange.RateLimitError{RetryAfter: 15 * time.Second}},
	{"EService:Throttled", &exchange.RateLimitError{RetryAfter: 15 * time.Second}},
	{"EGeneral:Temporary lockout", &exchange.RateLimitError{RetryAfter: 15 * time.Minute}},
	{"EAPI:", exchange.ErrAuth}, // invalid key, signature, nonce
	{"EGeneral:Permission denied", exchange.ErrAuth},
	{"EQuery:Unknown asset pair", exchange.ErrNotFound},
	{"EOrder:Unknown order", exchange.ErrNotFound},
	{"EOrder:Insufficient funds", exchange.ErrInsufficient},
	{"EOrder:Post only order", exchange.ErrWouldCross},
	{"EOrder:Order minimum not met", exchange.ErrInvalid},
	{"EOrder:Cost minimum not met", exchange.ErrInvalid},
	{"EOrder:Tick size check failed", exchange.ErrInvalid},
	{"EOrder:Invalid price", exchange.ErrInvalid},
	{"EGeneral:Invalid arguments", exchange.ErrInvalid},
	{"EOrder:", exchange.ErrRejected},
	{"EService:", transport.ErrNoAnswer}, // unavailable, busy, "timeout": the order may have been placed
	{"EGeneral:Internal error", transport.ErrNoAnswer},
}

func meaning(text string) error {
	if strings.Contains(text, "cl_ord_id") && strings.Contains(strings.ToLower(text), "dup") {
		return exchange.ErrUnknownOutcome // somebody else placed it after we had looked: to be looked up
	}
	for _, m := range meanings {
		if strings.HasPrefix(text, m.prefix) {
			return m.means
		}
	}
	return transport.ErrBadAnswer
}
