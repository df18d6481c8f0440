package api_test

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

var update = flag.Bool("update", false, "rewrite testdata/access.golden")

var (
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	often = guard.Limit{Per: time.Second, Burst: 20}
)

// rules are the table of a small API: a vault that holds the money of banks.
func rules() []access.Rule {
	all := []access.Role{access.Operator, access.Compliance}
	own := []access.Role{access.Bank}
	return []access.Rule{
		{ID: "health", Method: http.MethodGet, Path: "/health", Roles: []access.Role{access.Public}, Limit: often},
		{ID: "balance", Method: http.MethodGet, Path: "/balances/{bank}", Roles: all, Own: own, Object: "bank", Limit: often},
		{ID: "moves", Method: http.MethodGet, Path: "/moves", Roles: all, Own: own, Object: "bank", Limit: often},
		{ID: "transfer", Method: http.MethodPost, Path: "/transfers", Roles: []access.Role{access.Operator}, Limit: guard.Limit{Per: time.Minute, Burst: 10}, MaxBody: 1000, Keyed: true},
		{ID: "close", Method: http.MethodPost, Path: "/close/{bank}", Roles: []access.Role{access.Admin, access.Service}, Limit: guard.Limit{Per: time.Hour, Burst: 2}, Keyed: true},
		{ID: "reopen", Method: http.MethodDelete, Path: "/close/{bank}", Roles: []access.Role{access.Admin}, Limit: guard.Limit{Per: time.Hour, Burst: 2}, Keyed: true},
	}
}

type balanceOf struct {
	Bank string `path:"bank" maxLength:"64"`
}

type balance struct {
	Bank   string      `json:"bank"`
	Amount api.Decimal `json:"amount"`
	At     api.Time    `json:"at"`
}

type movesOf struct {
	api.Page
	Bank  string   `query:"bank" maxLength:"64"`
	Since api.Time `query:"since"`
}

type transfer struct {
	To     string       `json:"to" minLength:"1" maxLength:"64"`
	Amount api.Decimal  `json:"amount"`
	Within api.Duration `json:"within,omitempty"`
	Parts  int          `json:"parts,omitempty" minimum:"1" maximum:"9"`
}

var (
	errPoor = errors.New("vault: not so much there")
	errDown = errors.New("vault: down, password=hunter2")
)

// vault is what the API stands for.
type vault struct {
	moves     int
	fail      error
	meanwhile func() // while money is moved; may be nil
}

func (v *vault) balance(_ context.Context, _ access.Caller, in *balanceOf) (*api.Reply[balance], error) {
	if in.Bank == "panic" {
		panic("the vault is on fire")
	}
	if in.Bank != "north" {
		return nil, api.Unknown("bank", in.Bank)
	}
	return &api.Reply[balance]{Body: balance{"north", api.Decimal(decimal.RequireFromString("10.50")), api.Time(start)}}, nil
}

func (v *vault) list(_ context.Context, caller access.Caller, in *movesOf) (*api.Reply[api.List[balance]], error) {
	if caller.Own {
		in.Bank = caller.Bank
	}
	if in.Bank == "none" {
		return &api.Reply[api.List[balance]]{Body: api.ListOf[balance](nil, 0)}, nil
	}
	found := []balance{{Bank: in.Bank, At: in.Since}}
	return &api.Reply[api.List[balance]]{Body: api.ListOf(found, in.Before+uint64(in.Limit))}, nil
}

func (v *vault) transfer(ctx context.Context, caller access.Caller, in *struct{ Body transfer }) (*api.Reply[balance], error) {
	if v.meanwhile != nil {
		v.meanwhile()
	}
	if v.fail != nil {
		return nil, v.fail
	}
	if amount := decimal.Decimal(in.Body.Amount); !amount.IsPositive() {
		return nil, api.Fail(http.StatusUnprocessableEntity, api.Invalid, "body.amount %s: must be > 0", amount)
	}
	v.moves++
	status := 0
	if in.Body.To == "south" {
		status = http.StatusAccepted
	}
	return &api.Reply[balance]{Status: status, Body: balance{Bank: caller.Name + " " + api.Key(ctx), Amount: in.Body.Amount}}, nil
}

func declare(a *api.API, v *vault) {
	g := a.Under("/api/v1/vault", "Vault", rules())
	api.Add(g, "health", api.Doc{Summary: "Whether the vault is there"}, func(context.Context, access.Caller, *struct{}) (*struct{}, error) { return nil, nil })
	api.Add(g, "balance", api.Doc{Summary: "What a bank has"}, v.balance)
	api.Add(g, "moves", api.Doc{Summary: "What was moved", Detail: "The newest first."}, v.list)
	api.Add(g, "transfer", api.Doc{Summary: "Move money", Status: []int{http.StatusCreated, http.StatusAccepted}}, v.transfer)
	done := func(context.Context, access.Caller, *balanceOf) (*struct{}, error) { return nil, nil }
	api.Add(g, "close", api.Doc{Summary: "Close an account"}, done)
	api.Add(g, "reopen", api.Doc{Summary: "Open it again"}, done)
}

// rig is the vault's API. Time stands still unless it is moved.
type rig struct {
	tb       testing.TB
	now      time.Time
	vault    vault
	requests apitest.Requests
	logged   *observer.ObservedLogs
	mu       sync.Mutex
	seen     []api.Seen
	handler  http.Handler
	ctx      context.Context //nolint:containedctx // of the next requests
}

func open(tb testing.TB) *rig {
	tb.Helper()
	key := func(name string, bank string, roles ...access.Role) access.Key {
		return access.Key{Name: name, SHA256: access.Hash("key-of-" + name), Roles: roles, Bank: bank}
	}
	known, err := access.New(access.Config{Keys: []access.Key{
		key("olga", "", access.Operator), key("otto", "", access.Operator), key("cora", "", access.Compliance),
		key("north", "north", access.Bank), key("south", "south", access.Bank), key("adam", "", access.Admin),
	}})
	require.NoError(tb, err)
	r := &rig{tb: tb, now: start, ctx: tb.Context()}
	core, logged := observer.New(zapcore.InfoLevel)
	r.logged = logged
	a := api.New(api.Options{
		Title: "Vault", Version: "1", Access: known, Requests: &r.requests, Log: zap.New(core),
		Now:  func() time.Time { return r.now },
		Seen: r.note,
		Explain: func(err error) *api.Problem {
			if errors.Is(err, errPoor) {
				return api.Fail(http.StatusConflict, "too_poor", "%v", err)
			}
			return nil
		},
	})
	declare(a, &r.vault)
	r.handler, err = a.Beside(http.NotFoundHandler())
	require.NoError(tb, err)
	return r
}

func (r *rig) note(s api.Seen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, s)
}

// ask sends a request: a line such as "POST /transfers", then the headers as
// "Name: value", with who asks as "olga", and last a body.
func (r *rig) ask(line string, with ...string) *httptest.ResponseRecorder {
	r.tb.Helper()
	method, path, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(path, "/docs") && !strings.HasPrefix(path, "/openapi") {
		path = "/api/v1/vault" + path
	}
	body := ""
	header := http.Header{}
	for _, w := range with {
		name, value, isHeader := strings.Cut(w, ": ")
		switch {
		case strings.HasPrefix(w, "{") || strings.HasPrefix(w, "[") || strings.HasPrefix(w, "!"):
			body = strings.TrimPrefix(w, "!")
			header["Content-Type"] = append(header["Content-Type"], "application/json") // the first counts
		case isHeader:
			header.Add(name, strings.TrimSpace(value))
		default:
			header.Set("Authorization", "Bearer key-of-"+w)
		}
	}
	q := httptest.NewRequestWithContext(r.ctx, method, path, strings.NewReader(body))
	for name, values := range header {
		q.Header[name] = values
	}
	out := httptest.NewRecorder()
	r.handler.ServeHTTP(out, q)
	return out
}
