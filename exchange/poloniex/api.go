package poloniex

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

const (
	host    = "https://api.poloniex.com"
	retries = 2
)

// The limit of the endpoints that list is 10 calls a second, that of the others
// 50. We stay below the former with all.
const (
	defaultEvery = 100 * time.Millisecond
	defaultBurst = 10
)

// Options is what may be left out. The zero Options is Poloniex itself, at a
// pace that suits its lowest tier: Base is https://api.poloniex.com, Every is
// 100 ms, Burst is 10 calls.
type Options = transport.Options

// api is the part of Poloniex that needs no key. Safe for concurrent use.
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
func (a *api) read(ctx context.Context, path string, params url.Values, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
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
		err = a.read(ctx, "/markets/"+symbol(pair), nil, func(body []byte) error {
			m, err = parseMarket(body, pair)
			return err
		})
		return m, err
	})
}

// ticker returns the prices, with the time at which Poloniex wrote them down.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (t exchange.Ticker, err error) {
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Ticker{}, err
	}
	err = a.read(ctx, "/markets/"+symbol(pair)+"/ticker24h", nil, func(body []byte) (err error) {
		t, err = parseTicker(body, pair)
		return err
	})
	return t, err
}

// depths are those that Poloniex shows a book in.
var depths = []int{5, 10, 20, 50, 100, maxDepth}

const maxDepth = 150

// book returns the order book, with the time at which Poloniex wrote it down.
func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (book exchange.Book, err error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	if _, err := a.market(ctx, pair); err != nil {
		return exchange.Book{}, err
	}
	depth = min(depth, maxDepth)
	i, _ := slices.BinarySearch(depths, depth)
	err = a.read(ctx, "/markets/"+symbol(pair)+"/orderBook", url.Values{"limit": {strconv.Itoa(depths[i])}}, func(body []byte) (err error) {
		book, err = parseBook(body, pair, depths[i])
		return err
	})
	book.Bids, book.Asks = book.Bids[:min(depth, len(book.Bids))], book.Asks[:min(depth, len(book.Asks))]
	return book, err
}

func symbol(pair exchange.Pair) string { return pair.Base + "_" + pair.Quote }

// refusal maps an error of Poloniex, {"code":21301,"message":"..."}, onto the
// port's. Some come with a good status.
func refusal(status int, body []byte) error {
	var said struct {
		Code    int
		Message string
	}
	good := status >= 200 && status <= 299
	if err := transport.JSON(body, &said); err != nil {
		if good {
			return nil // a list, say
		}
		return err
	}
	if good && (said.Code == 0 || said.Code == http.StatusOK) {
		return nil
	}
	if said.Code == 0 {
		said.Code = status
	}
	cause := fmt.Errorf("poloniex %d: %.200q", said.Code, said.Message)
	for means, codes := range meanings {
		if slices.Contains(codes, said.Code) {
			return fmt.Errorf("%w: %w", means, cause)
		}
	}
	return fmt.Errorf("%w: %w", transport.ErrBadAnswer, cause)
}

// meanings is what the codes of spot trading mean (Poloniex HTTP API, "Error
// Codes", and the status where there is none). One that is not here says nothing
// about what became of an order.
var meanings = map[error][]int{
	exchange.ErrAuth: {
		400, 401, 403, 408, // timestamp in the future, key or signature, rights, timestamp too old
		21100, 21600, 21601, 21604, 21605, 21704, // account unknown or locked
	},
	exchange.ErrNotFound: {
		10020, 10040, 24101, // no such currency or symbol
		21301, 21304, 21305, 21359, // no such order, or nothing left of it to cancel
	},
	exchange.ErrInsufficient: {21709, 21721},
	exchange.ErrInvalid: {
		601, 602, // parameter invalid or missing
		21309, 21310, 21311, 21315, 21317, 21319, 21320, 21321, 21322, 21324, 21327, 21328, 21330, 21335, 21336, 21337,
		21344, 21345, 21346, 21347, 21348, 21349, 21350, 21360, // against a rule of orders or of the symbol
	},
	exchange.ErrRejected: {
		10041, 10060, 21314, 21340, 21341, 21342, 21343, 21351, 21352, 21353, 21354, 21356, // frozen, too many orders, maintenance
	},
	exchange.ErrUnknownOutcome: {21312},                              // somebody else placed it after we had looked: to be looked up
	transport.ErrNoAnswer:      {415, 500, 603, 21307, 21707, 24201}, // internal error, timeout, busy
}
