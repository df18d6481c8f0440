package rest_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/kept"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/rest"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var update = flag.Bool("update", false, "write the golden files again")

var start = time.Date(2024, 12, 1, 10, 0, 0, 0, time.UTC)

const bond = "IN0012345678"

// rig is a server of the API over a SQLite file. Time stands still unless it is
// moved, and nothing is translated but when somebody asks.
type rig struct {
	apitest.Client
	clock   *clock.Mock
	dsn     string
	cfg     config.Translator
	db      *sql.DB
	service *translator.Service
	logs    *observer.ObservedLogs
	stop    func()
}

// people have a key each, which is their name.
func people() []access.Key {
	var keys []access.Key
	for name, role := range map[string]access.Role{
		"rosa": access.Retail, "fred": access.Professional, "rita": access.RiskManager, "cora": access.Compliance, "adam": access.Admin,
		"olga": access.Operator, "core": access.Service, "desk": access.Service, "anna": access.Bank,
	} {
		k := access.Key{Name: name, SHA256: access.Hash(name), Roles: []access.Role{role}}
		if role == access.Bank {
			k.Bank = "bank-a"
		}
		keys = append(keys, k)
	}
	return keys
}

// open starts a server of the default configuration to which core pushes, changed as
// the test needs it: old, new, old, new.
func open(tb testing.TB, change ...string) *rig {
	tb.Helper()
	text := string(config.DefaultYAML)
	_, bonds, found := strings.Cut(text, "\ntranslator:")
	require.True(tb, found)
	before := bonds
	change = append([]string{"{name: sample, sample: true}", "{name: core, push: true}"}, change...)
	for pair := range slices.Chunk(change, 2) {
		require.Contains(tb, bonds, pair[0])
		bonds = strings.Replace(bonds, pair[0], pair[1], 1)
	}
	cfg, err := config.Parse("translator.yaml", []byte(strings.Replace(text, before, bonds, 1)), config.Override{})
	require.NoError(tb, err)
	r := &rig{Client: apitest.Client{TB: tb}, clock: clock.NewMock(), dsn: "sqlite:" + filepath.Join(tb.TempDir(), "evenkeel.db"), cfg: *cfg.Translator}
	r.clock.Set(start)
	r.start()
	tb.Cleanup(func() { r.stop() })
	return r
}

// start starts a server over what the last one left.
func (r *rig) start() {
	r.TB.Helper()
	var err error
	r.db, err = sql.Open(r.TB.Context(), r.dsn)
	require.NoError(r.TB, err)
	core, logs := observer.New(zapcore.DebugLevel)
	log := zap.New(core)
	r.logs = logs
	r.service, err = translator.Open(r.cfg, translator.PortsOf(r.db, nil), translator.Options{Clock: r.clock, Log: log})
	require.NoError(r.TB, err)
	authenticator, err := access.New(access.Config{Keys: people()})
	require.NoError(r.TB, err)
	a := api.New(api.Options{
		Title: "test", Version: "1", Access: authenticator, Now: r.service.Now, Requests: kept.In(r.db), Log: log,
		Explain: func(err error) *api.Problem {
			if p := rest.Explain(err); p != nil {
				return p
			}
			return api.Away("the database")
		},
		Seen: func(s api.Seen) { log.Info("asked", zap.Any("seen", s)) },
	})
	rest.Declare(a, r.service, audit.New(r.db.Store()))
	handler, err := a.Beside(http.NotFoundHandler())
	require.NoError(r.TB, err)
	server := httptest.NewServer(handler)
	r.URL = server.URL + rest.Prefix
	db := r.db
	r.stop = func() { server.Close(); _ = db.Close() }
}

// restart is a new process over the same database.
func (r *rig) restart() {
	r.TB.Helper()
	r.stop()
	r.start()
}

// wait moves the clock.
func (r *rig) wait(d time.Duration) { r.clock.Set(r.clock.Now().Add(d)) }

// The bodies of the liquidity-risk document, but for times and spreads that a test
// wants otherwise.

func book(isin, bid, ask string, at time.Time) string {
	return fmt.Sprintf(`{"timestamp":%q,"isin":%q,"bid":%s,"ask":%s,"bid_size":1000000,"ask_size":1000000,"l2_depth_qty":5000000,"l2_levels":5,
		"trades_count":25,"vwap":100.625,"volume_face":10000000,"time_since_last_trade_s":300}`, at.Format(time.RFC3339Nano), isin, bid, ask)
}

func auction(isin string, at time.Time) string {
	return fmt.Sprintf(`{"timestamp":%q,"isin":%q,"auction_id":"AUCTION_IN0012345678_20241201","lots_offered":10,"bids_count":8,
		"demand_curve_points":[[100.0,1000000],[100.25,2000000]],"clearing_price_estimate":100.25,"next_window":%q}`,
		at.Format(time.RFC3339Nano), isin, at.Add(4*time.Hour).Format(time.RFC3339Nano))
}

func maker(isin string, at time.Time) string {
	return fmt.Sprintf(`{"timestamp":%q,"isin":%q,"mm_online":true,"mm_inventory_band":[500000,1000000,2000000],
		"mm_min_spread_bps":10.0,"last_quote_spread_bps":25.0,"quotes_last_24h":45}`, at.Format(time.RFC3339Nano), isin)
}

func metadata(isin string, at time.Time) string {
	return fmt.Sprintf(`{"timestamp":%q,"isin":%q,"rating":"AA","tenor":"3-5Y","issuer_class":"corporate","coupon_rate":7.5,"maturity_date":"2028-06-30","issue_size":1000000000}`,
		at.Format(time.RFC3339Nano), isin)
}

func risks(isin string, at time.Time) string {
	return fmt.Sprintf(`{"isin":%q,"as_of":%q,"overall_score":42.5,"confidence":0.85,"categories":[
		{"name":"Liquidity Risk","score_0_100":35.0,"level":"low","probability_note":"Based on market depth and trading activity","citations":["Market microstructure analysis"]},
		{"name":"Credit Risk","inputs":{"rating":"AA","outlook":"stable","debt_to_ebitda":3.2}},
		{"name":"Interest Rate Risk","inputs":{"modified_duration":3.1}},
		{"name":"Refinancing Risk","score_0_100":40,"source":"desk"},
		{"name":"Leverage Risk","score_0_100":45},{"name":"Governance Risk","score_0_100":30}]}`, isin, at.Format(time.RFC3339Nano))
}

func items(all ...string) string { return `{"items":[` + strings.Join(all, ",") + `]}` }

// tellAll tells all that the document has of an instrument, as of now.
func (r *rig) tellAll(isin string) {
	r.TB.Helper()
	now := r.clock.Now()
	r.Ask("core", "POST /microstructure", items(book(isin, "100.50", "100.75", now))).Is(200)
	r.Ask("core", "POST /auctions", items(auction(isin, now))).Is(200)
	r.Ask("core", "POST /makers", items(maker(isin, now))).Is(200)
	r.Ask("core", "POST /bonds", items(metadata(isin, now))).Is(200)
	r.Ask("core", "POST /risks", items(risks(isin, now))).Is(200)
}

// replayed requires that the journal of an instrument is sound, and that all of it
// is decided again as it was.
func (r *rig) replayed(isin string) int {
	r.TB.Helper()
	engine, err := risk.New(r.cfg.Engine)
	require.NoError(r.TB, err)
	return replay(r.TB, r.db, engine, isin)
}
