package bitfinex

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

const (
	host    = "https://api.bitfinex.com"
	retries = 2
)

// An address that asks one endpoint more than 10 to 90 times a minute, which
// depends on the endpoint, is shut out for up to a minute. We ask all of them
// together 60 times.
const (
	every    = time.Second
	burst    = 20
	busyWait = time.Minute
)

// Options is what may be left out. The zero Options is Bitfinex itself: Base is
// https://api.bitfinex.com, Every is 1 s, Burst is 20 calls.
type Options = transport.Options

// api is the part of Bitfinex that needs no key. Safe for concurrent use.
type api struct {
	http  *transport.Client
	rules transport.Cache[exchange.Pair, rules]
}

func newAPI(o Options) (*api, error) {
	o.RoundTripper = answering{cmp.Or(o.RoundTripper, http.DefaultTransport)}
	client, err := transport.New(transport.Config{
		Base: host, Every: every, Burst: burst, Retries: retries, Refusal: refusal,
	}.With(o))
	if err != nil {
		return nil, err
	}
	return &api{http: client, rules: transport.Cache[exchange.Pair, rules]{MaxAge: 10 * time.Minute}}, nil
}

// answering has the transport look into answers of status 500: elsewhere it means
// that there is no answer, and Bitfinex gives it to every refusal.
type answering struct{ http.RoundTripper }

// RoundTrip returns a 500 as a 400.
func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.RoundTripper.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusInternalServerError {
		answer.StatusCode = http.StatusBadRequest
	}
	return answer, err
}

// read asks a public endpoint.
func (a *api) read(ctx context.Context, path, query string, accept func([]byte) error) error {
	return a.http.Read(ctx, transport.Call{
		Request: func(time.Time) (transport.Request, error) {
			return transport.Request{Method: http.MethodGet, Path: "/v2/" + path, Query: query}, nil
		},
		Accept: accept,
	})
}

// rules is a market with the name that Bitfinex has for it.
type rules struct {
	exchange.Market
	symbol string // "tBTCUSD"
}

// Check returns exchange.ErrInvalid for an order that Bitfinex would refuse, or
// whose price it would cut off.
func (r rules) Check(o exchange.Order) error {
	if err := r.Market.Check(o); err != nil {
		return err
	}
	if o.Price.Normalize().NumDigits() > significant {
		return fmt.Errorf("%w: Order.Price %v: must have at most %d significant digits", exchange.ErrInvalid, o.Price, significant)
	}
	return nil
}

// market returns the rules of a pair without fees, at most ten minutes old,
// since the tick goes with the price.
func (a *api) market(ctx context.Context, pair exchange.Pair) (rules, error) {
	name, err := symbol(pair)
	if err != nil {
		return rules{}, fmt.Errorf("%w: %w", exchange.ErrNotFound, err)
	}
	return a.rules.Get(ctx, pair, a.http.Now(), func() (r rules, err error) {
		r = rules{Market: exchange.Market{Pair: pair, Lot: smallest}, symbol: name}
		err = a.read(ctx, "conf/pub:info:pair", "", func(body []byte) (err error) {
			r.MinAmount, err = parseMinAmount(body, name)
			return err
		})
		if err != nil {
			return rules{}, err
		}
		if r.MinAmount.IsZero() {
			return rules{}, fmt.Errorf("%w: %v", exchange.ErrNotFound, pair)
		}
		t, err := a.tickerOf(ctx, r)
		r.Tick = tick(decimal.Max(t.Bid, t.Ask, t.Last))
		return r, err
	})
}

// ticker returns the prices as of now or a little later: Bitfinex does not say
// when it saw them.
func (a *api) ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	r, err := a.market(ctx, pair)
	if err != nil {
		return exchange.Ticker{}, err
	}
	return a.tickerOf(ctx, r)
}

func (a *api) tickerOf(ctx context.Context, r rules) (t exchange.Ticker, err error) {
	at := a.http.Now()
	err = a.read(ctx, "ticker/"+r.symbol, "", func(body []byte) (err error) {
		t, err = parseTicker(body, r)
		return err
	})
	t.At = at
	return t, err
}

// depths are the lengths of a side that Bitfinex can be asked for.
var depths = []int{1, 25, 100, 250}

// book returns the order book as of now or a little later: Bitfinex does not say
// when it saw it.
func (a *api) book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	r, err := a.market(ctx, pair)
	if err != nil {
		return exchange.Book{}, err
	}
	longest := depths[len(depths)-1]
	for _, d := range depths {
		if d >= depth {
			longest = d
			break
		}
	}
	at := a.http.Now()
	var book exchange.Book
	// P0 adds up what the first five digits of the price have in common, and no
	// price has more.
	err = a.read(ctx, "book/"+r.symbol+"/P0", fmt.Sprint("len=", longest), func(body []byte) (err error) {
		book, err = parseBook(body, r, longest)
		return err
	})
	book.At = at
	book.Bids = book.Bids[:min(depth, len(book.Bids))]
	book.Asks = book.Asks[:min(depth, len(book.Asks))]
	return book, err
}

// renamed are the assets that Bitfinex names in its own way, by our name
// (conf pub:map:currency:sym).
var renamed = map[string]string{
	"USDT": "UST", "USDC": "UDC", "TUSD": "TSD", "EURT": "EUT", "EURS": "EUS", "USDK": "USK", "XCHF": "XCH",
	"DASH": "DSH", "ATOM": "ATO", "ALGO": "ALG", "QTUM": "QTM", "MANA": "MNA", "STORJ": "STJ",
}

// ours returns our name of an asset.
func ours(theirs string) string {
	for our, their := range renamed {
		if their == theirs {
			return our
		}
	}
	return theirs
}

// symbol returns Bitfinex's name of a pair, such as "tBTCUST" or "tSHIB:UST", or
// exchange.ErrInvalid. It asks nobody, since a Prover cannot.
func symbol(pair exchange.Pair) (string, error) {
	if err := pair.Validate(); err != nil {
		return "", err
	}
	names := [2]string{pair.Base, pair.Quote}
	separator := ""
	for i, name := range names {
		if theirs, found := renamed[name]; found {
			names[i] = theirs
		} else if ours(name) != name {
			return "", fmt.Errorf("%w: Pair %v: %s is what Bitfinex calls %s", exchange.ErrInvalid, pair, name, ours(name))
		}
		if len(names[i]) > 3 {
			separator = ":"
		}
	}
	return "t" + names[0] + separator + names[1], nil
}

// refusal maps an error of Bitfinex, ["error",10020,"symbol: invalid"], or a
// notification of failure, [time,"on-req",,,,,"ERROR","Invalid order"], onto the
// port's.
func refusal(status int, body []byte) error {
	var first, second, state, text json.RawMessage
	listed := places(body, map[int]any{0: &first, 1: &second, 6: &state, 7: &text}) == nil
	switch {
	case listed && string(first) == `"error"`:
		var code int
		var text string
		if err := places(body, map[int]any{1: &code, 2: &text}); err != nil {
			return transport.BadIf(err)
		}
		return refused(code, text)
	case listed && strings.HasSuffix(string(second), `-req"`) && string(state) != `"SUCCESS"`:
		return refused(0, string(text))
	case status == http.StatusBadRequest: // which was a 500, without a word
		return fmt.Errorf("%w: status 500: %.200q", transport.ErrNoAnswer, body)
	default:
		return nil
	}
}

func refused(code int, text string) error {
	return fmt.Errorf("%w: bitfinex %d: %.200q", meaning(code, text), code, text)
}

// meaning reads the code, and the text where the code is "generic"
// (docs.bitfinex.com, "Abbreviation Glossary").
func meaning(code int, text string) error {
	switch code {
	case 10100, 10111, 10112, 10113, 10114, 10200: // authentication: key, payload, signature, nonce
		return exchange.ErrAuth
	case 11010: // rate limit
		return &exchange.RateLimitError{RetryAfter: busyWait}
	case 10000, 10008, 11000, 20051, 20060, 20061: // unknown, concurrency, not ready, stopping, resyncing
		return transport.ErrNoAnswer
	}
	text = strings.ToLower(text)
	for _, m := range meanings {
		if strings.Contains(text, m.part) {
			return m.means
		}
	}
	if code == 10020 { // a malformed parameter
		return exchange.ErrInvalid
	}
	return transport.ErrBadAnswer
}

// meanings is what texts have in them, the first that fits counts.
var meanings = []struct {
	part  string
	means error
}{
	{"ratelimit", &exchange.RateLimitError{RetryAfter: busyWait}},
	{"permission", exchange.ErrAuth},
	{"symbol: invalid", exchange.ErrNotFound},
	{"order not found", exchange.ErrNotFound},
	{"not enough", exchange.ErrInsufficient}, // exchange balance
	{"insufficient balance", exchange.ErrInsufficient},
	{"postonly", exchange.ErrWouldCross},
	{"minimum size", exchange.ErrInvalid},
	{"invalid order", exchange.ErrRejected},
}
