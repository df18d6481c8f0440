package rest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
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
	t       testing.TB
	clock   *clock.Mock
	dsn     string
	cfg     config.ALPS
	db      *sql.DB
	service *alps.Service
	metrics *metrics.Metrics
	url     string
	stop    func()
	asked   int
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
	for i := 0; i < len(change); i += 2 {
		require.Contains(tb, text, change[i])
		text = strings.Replace(text, change[i], change[i+1], 1)
	}
	cfg, err := config.Parse("alps.yaml", []byte(text), config.Override{})
	require.NoError(tb, err)
	r := &rig{t: tb, clock: clock.NewMock(), dsn: "sqlite:" + filepath.Join(tb.TempDir(), "evenkeel.db"), cfg: *cfg.ALPS}
	r.clock.Set(start)
	r.start()
	tb.Cleanup(func() { r.stop() })
	return r
}

// start starts a server over what the last one left.
func (r *rig) start() {
	r.t.Helper()
	var err error
	r.db, err = sql.Open(r.t.Context(), r.dsn)
	require.NoError(r.t, err)
	r.metrics = metrics.New()
	r.service, err = alps.Open(r.t.Context(), r.cfg, alps.PortsOf(r.db, r.cfg.Engine.Pool), alps.Options{Clock: r.clock, Log: zap.NewNop(), Metrics: r.metrics})
	require.NoError(r.t, err)
	authenticator, err := access.New(access.Config{Keys: people()})
	require.NoError(r.t, err)
	a := api.New(api.Options{
		Title: "test", Version: "1", Access: authenticator, Now: r.service.Now, Requests: kept.In(r.db),
		Explain: rest.Explain(zap.NewNop()),
	})
	rest.Declare(a, r.service)
	handler, err := a.Beside(http.NotFoundHandler())
	require.NoError(r.t, err)
	server := httptest.NewServer(handler)
	r.url = server.URL + rest.Prefix
	db := r.db
	r.stop = func() { server.Close(); _ = db.Close() }
}

// restart is a new process over the same database.
func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.start()
}

// wait moves the clock.
func (r *rig) wait(d time.Duration) { r.clock.Set(r.clock.Now().Add(d)) }

// look lets the engine look once, a few seconds later.
func (r *rig) look() alps.Look {
	r.t.Helper()
	r.wait(10 * time.Second)
	look, err := r.service.Look(r.t.Context())
	require.NoError(r.t, err)
	return look
}

// said is an answer.
type said struct {
	t    testing.TB
	code int
	head http.Header
	text string
}

// ask sends a request: line is METHOD PATH, and each request has a key of its own
// unless with has one.
func (r *rig) ask(who, line, body string, with ...string) said {
	r.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	if body == "" {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	r.asked++
	if method == http.MethodPost {
		request.Header.Set("Idempotency-Key", "k"+decimal.NewFromInt(int64(r.asked)).String())
	}
	for _, header := range with {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	if who != "" {
		request.Header.Set("X-Api-Key", who)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(r.t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(r.t, err)
	return said{r.t, answer.StatusCode, answer.Header, string(text)}
}

// is requires a status and returns the answer as JSON.
func (s said) is(code int) object {
	s.t.Helper()
	require.Equal(s.t, code, s.code, s.text)
	decoder := json.NewDecoder(bytes.NewReader([]byte(s.text)))
	decoder.UseNumber()
	var o object
	require.NoError(s.t, decoder.Decode(&o), s.text)
	return o
}

// refused requires a problem of that status and code, whose detail says so much.
func (s said) refused(code int, problem, detail string) object {
	s.t.Helper()
	o := s.is(code)
	require.Equal(s.t, problem, o["code"], s.text)
	require.Contains(s.t, o["detail"], detail)
	require.Equal(s.t, "application/problem+json", s.head.Get("Content-Type"))
	return o
}

// object is a JSON object.
type object map[string]any

// at returns what is under a path such as "action.id" or "banks.0.sxlr"; nil if
// there is nothing.
func (o object) at(path string) any {
	var v any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			n := int(dec(name).IntPart())
			if n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

// text returns a string; "" if there is none.
func (o object) text(path string) string {
	text, _ := o.at(path).(string)
	return text
}

// sub returns an object; nil if there is none.
func (o object) sub(path string) object {
	sub, _ := o.at(path).(map[string]any)
	return sub
}

// of returns the object in a list whose field has that value.
func (o object) of(list, field, value string) object {
	items, _ := o.at(list).([]any)
	for _, item := range items {
		if one, ok := item.(map[string]any); ok && one[field] == value {
			return one
		}
	}
	return nil
}
