package rest_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/rest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/kept"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var update = flag.Bool("update", false, "write the golden files again")

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// rig is a server of the ALPS API over a SQLite file. Time stands still unless it
// is moved.
type rig struct {
	apitest.Client
	clock   *clock.Mock
	dsn     string
	cfg     config.ALPS
	db      *sql.DB
	service *alps.Service
	metrics *metrics.Metrics
	stop    func()
}

// people have a key each, which is their name.
func people() []access.Key {
	who := func(name string, role access.Role, bank string) access.Key {
		return access.Key{Name: name, SHA256: access.Hash(name), Roles: []access.Role{role}, Bank: bank}
	}
	return []access.Key{
		who("olga", access.Operator, ""), who("otto", access.Operator, ""),
		who("rita", access.RiskManager, ""), who("ralf", access.RiskManager, ""),
		who("adam", access.Admin, ""), who("cora", access.Compliance, ""),
		who("core", access.Service, ""), who("desk", access.Service, ""), who("back", access.Service, ""),
		{Name: "oscar", SHA256: access.Hash("oscar"), Roles: []access.Role{access.Operator, access.RiskManager}}, // two hats, one person
		who("anna", access.Bank, "bank-a"), who("bert", access.Bank, "bank-b"),
	}
}

// open starts a server of the default configuration, changed as the test needs
// it: old, new, old, new.
func open(tb testing.TB, change ...string) *rig {
	tb.Helper()
	text := string(config.DefaultYAML)
	for pair := range slices.Chunk(change, 2) {
		require.Contains(tb, text, pair[0])
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	cfg, err := config.Parse("alps.yaml", []byte(text), config.Override{})
	require.NoError(tb, err)
	r := &rig{Client: apitest.Client{TB: tb}, clock: clock.NewMock(), dsn: "sqlite:" + filepath.Join(tb.TempDir(), "evenkeel.db"), cfg: *cfg.ALPS}
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
	r.metrics = metrics.New()
	r.service, err = alps.Open(r.TB.Context(), r.cfg, alps.PortsOf(r.db, r.cfg.Engine.Pool), alps.Options{Clock: r.clock, Log: zap.NewNop(), Metrics: r.metrics})
	require.NoError(r.TB, err)
	authenticator, err := access.New(access.Config{Keys: people()})
	require.NoError(r.TB, err)
	a := api.New(api.Options{
		Title: "test", Version: "1", Access: authenticator, Now: r.service.Now, Requests: kept.In(r.db),
		Explain: rest.Explain(zap.NewNop()),
	})
	rest.Declare(a, r.service)
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

// look lets the engine look once, a few seconds later.
func (r *rig) look() alps.Look {
	r.TB.Helper()
	r.wait(10 * time.Second)
	look, err := r.service.Look(r.TB.Context())
	require.NoError(r.TB, err)
	return look
}
