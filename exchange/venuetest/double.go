package venuetest

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// Wire is what the double of one venue has of its own. Its functions are called
// one at a time.
type Wire struct {
	Market exchange.Market // what is traded: the only market
	Price  decimal.Decimal // a price and an amount that the market takes
	Amount decimal.Decimal

	// Places and Lists are the calls that place an order and list the open ones,
	// by name: the method and path, such as "POST /api/v3/order". The fixtures
	// lose and refuse these.
	Places, Lists string

	// Answer does what a call asks for. What it returns is sent as JSON; its
	// error is put into words by Refusal.
	Answer func(call string, r *http.Request, body string) (any, error)
	// Refusal is an error as the venue writes it: one of Answer's own, or one of
	// exchange.ErrInvalid, ErrInsufficient, ErrWouldCross, ErrNotFound,
	// ErrRateLimited and [ErrDuplicate].
	Refusal func(error) (status int, answer any)
}

// Double is a venue behind HTTP. Safe for concurrent use, but for what it says
// is for Wire.Answer alone.
type Double struct {
	Venue *paper.Venue // what it trades on, under ids of its own
	Clock *Clock       // of the double and its clients; stands at Start
	URL   string

	t    *testing.T
	wire Wire

	mu       sync.Mutex
	accounts map[string]*account  // by key, which is also the account's name
	ended    map[string]time.Time // by order id: when an order that rested did so no more
	hits     map[string]int       // by call
	faults   map[string]fault     // by call, each happens once
	spoil    func(call, body string) string
	storm    *storm    // nil if there never was one
	quiet    time.Time // no request may come before
}

// fault is what goes wrong once.
type fault struct {
	losesRequest, losesAnswer bool
	status                    int    // of what is said instead of the answer; 0 is nothing, the connection breaks
	retryAfter                string // of that, if not empty
	refusal                   error
}

// New opens a double that ends with the test.
func New(t *testing.T, w Wire) *Double {
	t.Helper()
	venue, err := paper.New(paper.Config{Name: "double", Start: Start, Markets: []exchange.Market{w.Market}})
	require.NoError(t, err)
	d := &Double{
		Venue: venue, Clock: &Clock{Clock: clock.New(), now: Start}, t: t, wire: w,
		accounts: map[string]*account{}, ended: map[string]time.Time{}, hits: map[string]int{}, faults: map[string]fault{},
	}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.URL = server.URL
	return d
}

// Open opens an account with 1000 x Amount of Base and what buys as much, and
// returns the secret of its key. Opening it again adds nothing.
func (d *Double) Open(key string) (secret string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.accounts[key] == nil {
		d.accounts[key] = &account{secret: "secret of " + key}
		d.fund(key)
	}
	return d.accounts[key].secret
}

func (d *Double) fund(name string) {
	owner, base := d.Venue.Account(name), d.wire.Amount.Mul(decimal.NewFromInt(1000))
	require.NoError(d.t, owner.Deposit(d.wire.Market.Pair.Base, base))
	require.NoError(d.t, owner.Deposit(d.wire.Market.Pair.Quote, base.Mul(d.wire.Price)))
}

// Says has the double answer call with body from now on, whatever it did; the
// last [Double.Says] or [Double.Spoil] counts.
func (d *Double) Says(call, body string) {
	d.Spoil(func(asked, answer string) string {
		if asked == call {
			return body
		}
		return answer
	})
}

// Spoil has spoil rewrite every answer from now on. It may not call d.
func (d *Double) Spoil(spoil func(call, body string) string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spoil = spoil
}

// Refuse has the next such call do nothing and answer with err.
func (d *Double) Refuse(call string, err error) { d.script(call, fault{refusal: err}) }

// LoseRequest has the next such call do nothing and not be answered.
func (d *Double) LoseRequest(call string) { d.script(call, fault{losesRequest: true}) }

// LoseAnswer has the next such call happen and not be answered.
func (d *Double) LoseAnswer(call string) { d.script(call, fault{losesAnswer: true}) }

func (d *Double) script(call string, f fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults[call] = f
}

// Asked returns how often a call has come.
func (d *Double) Asked(call string) int { return d.Hits()[call] }

// Hits returns how often each call has come.
func (d *Double) Hits() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.hits)
}

// ServeHTTP answers one call after the other.
func (d *Double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	call := r.Method + " " + r.URL.Path
	d.hits[call]++
	d.heeded(call)
	fault, scripted := d.faults[call]
	delete(d.faults, call)
	if !scripted {
		fault = d.strike(call)
	}
	if fault.losesRequest {
		d.lose(w, fault)
		return
	}
	body, err := io.ReadAll(r.Body)
	assert.NoError(d.t, err)
	d.keepTime()
	answer, err := any(nil), fault.refusal
	if err == nil {
		answer, err = d.wire.Answer(call, r, string(body))
	}
	if fault.losesAnswer {
		d.lose(w, fault)
		return
	}
	status := http.StatusOK
	if err != nil {
		status, answer = d.wire.Refusal(err)
	}
	text, err := json.Marshal(answer)
	assert.NoError(d.t, err)
	if d.spoil != nil {
		text = []byte(d.spoil(call, string(text)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // whoever hung up does not want it
}

// lose answers in place of the venue, as a gateway before it does, or not at all.
func (d *Double) lose(w http.ResponseWriter, f fault) {
	if f.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Date", d.Now().Format(http.TimeFormat))
	if f.retryAfter != "" {
		w.Header().Set("Retry-After", f.retryAfter)
	}
	http.Error(w, "<html>not now</html>", f.status)
}
