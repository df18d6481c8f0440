package wire_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/wire"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Three payout addresses.
const (
	home    = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96"
	mistype = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd95"
	thief   = "BM8uMK8GaSiJykuYeYjf9b2q46zNU2pN54"
)

var (
	start  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	nbtBTC = exchange.Pair{Base: "NBT", Quote: "BTC"}
	nbtPPC = exchange.Pair{Base: "NBT", Quote: "PPC"}
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// rig is a whole server: its wire, its pool, its database, and a paper venue
// beside it. Time stands still unless it is moved.
type rig struct {
	t      testing.TB
	clock  *clock.Mock
	venue  *paper.Venue
	ports  pool.Ports
	pool   *pool.Pool
	dir    string
	text   string // of the configuration, as it is read again each round
	url    string
	logged *observer.ObservedLogs
	delay  time.Duration // of sampling, from the next serve on
}

// open starts a server of the default configuration, changed as the test needs it.
func open(tb testing.TB, change ...string) *rig {
	tb.Helper()
	r := &rig{t: tb, clock: clock.NewMock()}
	r.clock.Set(start)
	markets := []exchange.Market{}
	for _, pair := range []exchange.Pair{nbtBTC, nbtPPC, {Base: "BTC", Quote: "NBT"}} {
		markets = append(markets, exchange.Market{Pair: pair, Tick: dec("0.00000001"), Lot: dec("0.01")})
	}
	var err error
	r.venue, err = paper.New(paper.Config{Name: "paper", Start: start, Markets: markets})
	require.NoError(tb, err)
	venue := httptest.NewServer(paper.Handler(r.venue))
	tb.Cleanup(venue.Close)

	r.dir = tb.TempDir()
	r.text = strings.NewReplacer(
		"sqlite:evenkeel.db", "sqlite:"+filepath.Join(r.dir, "evenkeel.db"),
		"folder: payouts", "folder: "+filepath.Join(r.dir, "payouts"),
		"http://127.0.0.1:3334", venue.URL,
	).Replace(string(config.DefaultYAML))
	r.rewrite(change...)
	cfg, err := r.reread()
	require.NoError(tb, err)
	r.ports, err = pool.OpenPorts(tb.Context(), cfg, pool.Outside{Clock: r.clock})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = r.ports.Close() })
	r.serve()
	return r
}

// rewrite changes the configuration: old, new, old, new.
func (r *rig) rewrite(change ...string) {
	r.t.Helper()
	for i := 0; i < len(change); i += 2 {
		require.Contains(r.t, r.text, change[i])
		r.text = strings.Replace(r.text, change[i], change[i+1], 1)
	}
}

func (r *rig) reread() (config.Config, error) {
	return config.Parse("pool.yaml", []byte(r.text), config.Override{})
}

// serve puts another server before the ports, which the test may have changed.
func (r *rig) serve() {
	r.t.Helper()
	cfg, err := r.reread()
	require.NoError(r.t, err)
	var core zapcore.Core
	core, r.logged = observer.New(zap.DebugLevel)
	r.pool, err = pool.Open(r.t.Context(), cfg, r.ports, pool.Options{Reread: r.reread, Delay: r.delays(), Clock: r.clock, Log: zap.New(core), Metrics: metrics.New()})
	require.NoError(r.t, err)
	server := httptest.NewServer(wire.New(r.pool, metrics.New(), zap.New(core)))
	r.t.Cleanup(server.Close)
	r.url = server.URL
}

func (r *rig) delays() func() time.Duration {
	if r.delay == 0 {
		return nil
	}
	return func() time.Duration { return r.delay }
}

// said is what a request was answered.
type said struct {
	code int
	kind string // content type
	body string
}

func (r *rig) do(method, path string, header map[string]string, body string) said {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(r.t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(r.t, err)
	return said{answer.StatusCode, answer.Header.Get("Content-Type"), string(text)}
}

func (r *rig) get(path string) said { return r.do(http.MethodGet, path, nil, "") }

var isJSON = map[string]string{"Content-Type": "application/json"}

func (r *rig) post(path, body string) said { return r.do(http.MethodPost, path, isJSON, body) }

// into reads the message of an answer that says yes.
func (r *rig) into(s said, message any) {
	r.t.Helper()
	envelope := struct {
		Success, Status bool
		Message         any
	}{Message: message}
	require.NoError(r.t, json.Unmarshal([]byte(s.body), &envelope), s.body)
	require.True(r.t, envelope.Success || envelope.Status, s.body)
}

// ok is the answer of a compatible server to all that it understands.
func ok(body string) said { return said{http.StatusOK, "application/json", body} }

func yes(message string) said { return ok(`{"success":true,"message":"` + message + `"}`) }
func no(message string) said  { return ok(`{"success":false,"message":"` + message + `"}`) }

// register registers a user as the wire does, and wants it to succeed.
func (r *rig) register(user, address, unit string) {
	r.t.Helper()
	got := r.post("/register", `{"user":"`+user+`","address":"`+address+`","exchange":"test_exchange","unit":"`+unit+`"}`)
	require.Equal(r.t, yes("user successfully registered"), got)
}

// account is a user with money at the paper venue.
func (r *rig) account(user string) *paper.Account {
	r.t.Helper()
	a := r.venue.Account(user)
	for _, asset := range []string{"NBT", "BTC", "PPC"} {
		require.NoError(r.t, a.Deposit(asset, dec("1000000")))
	}
	return a
}

func (r *rig) place(a *paper.Account, id string, pair exchange.Pair, side exchange.Side, amount, price string) {
	r.t.Helper()
	_, err := a.Place(r.t.Context(), exchange.Order{ClientID: id, Pair: pair, Side: side, Amount: dec(amount), Price: dec(price)})
	require.NoError(r.t, err)
}

// proof is what a provider sends to /liquidity.
func (r *rig) proof(a *paper.Account, pair exchange.Pair) string {
	r.t.Helper()
	p, err := a.ProveOpenOrders(pair, r.clock.Now())
	require.NoError(r.t, err)
	return body(r.t, p, strings.ToLower(pair.Quote))
}

func body(tb testing.TB, p exchange.Proof, unit string) string {
	tb.Helper()
	text, err := json.Marshal(alp.NewSubmission(p, "test_exchange", unit))
	require.NoError(tb, err)
	return string(text)
}

// pass moves time, at the server and at the venue.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.clock.Add(d)
	require.NoError(r.t, r.venue.Advance(r.clock.Now()))
}

// payout looks at the payouts.
func (r *rig) payout() (payout.Decision, error) {
	return r.pool.Payout(context.WithoutCancel(r.t.Context()), r.clock.Now())
}

// paid returns what the files of the batches say, by address.
func (r *rig) paid() map[string]decimal.Decimal {
	r.t.Helper()
	batches, err := r.ports.Payouts.Batches(r.t.Context(), 100)
	require.NoError(r.t, err)
	sums := map[string]decimal.Decimal{}
	for _, b := range batches {
		text, err := os.ReadFile(filepath.Join(r.dir, "payouts", b.ID+".csv"))
		require.NoError(r.t, err)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		for _, line := range lines[3:] {
			address, amount, _ := strings.Cut(line, ",")
			sums[address] = sums[address].Add(dec(amount))
		}
	}
	return sums
}

// round moves on into the next round and decides it.
func (r *rig) round() reward.Decision {
	r.t.Helper()
	r.pass(time.Minute)
	d, err := r.pool.Round(context.WithoutCancel(r.t.Context()), r.clock.Now())
	require.NoError(r.t, err)
	return d
}

type order struct {
	ID        int    `json:"id"`
	OrderID   string `json:"order_id"`
	Unit      string
	Side      string
	Rank      string
	Deviation float64
	Tolerance float64
	Credited  int
	Amount    float64 `json:"order_amount"`
	Price     float64 `json:"order_price"`
	Peg       float64 `json:"server_price"`
	Credit    *struct {
		Amount float64 `json:"credit_amount"`
	} `json:"credit_info"`
}

func (r *rig) orders(user string) (orders []order) {
	r.t.Helper()
	r.into(r.get("/"+user+"/orders"), &orders)
	return orders
}

type stats struct {
	Total   float64 `json:"total_reward"`
	Current float64 `json:"current_reward"`
	History []struct {
		At       int64   `json:"round_time"`
		Provided float64 `json:"provided"`
		Reward   float64 `json:"reward"`
	}
}

func (r *rig) stats(user string) (s stats) {
	r.t.Helper()
	r.into(r.get("/"+user+"/stats"), &s)
	return s
}
