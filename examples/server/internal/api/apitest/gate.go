package apitest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
)

// The bank that role bank is here, and another.
const (
	ownBank   = "bank-own"
	otherBank = "bank-other"
)

// crowd is how many have each role: one more than an address may serve at once.
const crowd = 6

// keyOf returns the key of one of those who have a role; strangers have none.
func keyOf(role access.Role, i int) string {
	if role == access.Public {
		return ""
	}
	return fmt.Sprintf("%s-%d", role, i)
}

// gate is a table behind which nothing is but a 200.
type gate struct {
	tb      testing.TB
	handler http.Handler
	now     time.Time
}

func newGate(tb testing.TB, table []access.Rule) *gate {
	tb.Helper()
	var cfg access.Config
	for _, role := range access.Roles() {
		for i := range crowd {
			k := access.Key{Name: keyOf(role, i), SHA256: access.Hash(keyOf(role, i)), Roles: []access.Role{role}}
			if role == access.Bank {
				k.Bank = ownBank
			}
			cfg.Keys = append(cfg.Keys, k)
		}
	}
	known, err := access.New(cfg)
	require.NoError(tb, err)
	g := &gate{tb: tb, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	a := api.New(api.Options{Access: known, Now: func() time.Time { return g.now }, Requests: new(Requests)})
	a.Under("/api", "table", table).Rest(func(http.ResponseWriter, *http.Request) {})
	g.handler, err = a.Beside(http.NotFoundHandler())
	require.NoError(tb, err)
	return g
}

// ask sends what a rule wants, from an address, with a key or none.
func (g *gate) ask(r access.Rule, bank, key, address string) *httptest.ResponseRecorder {
	g.tb.Helper()
	path, query := r.Path, ""
	for from := strings.IndexByte(path, '{'); from >= 0; from = strings.IndexByte(path, '{') {
		to := strings.IndexByte(path, '}')
		value := "any"
		if strings.TrimSuffix(path[from+1:to], "...") == r.Object {
			value = bank
		}
		path = path[:from] + value + path[to+1:]
	}
	if bank != "" && !inPath(r) {
		query = "?" + r.Object + "=" + bank
	}
	q := httptest.NewRequestWithContext(g.tb.Context(), r.Method, "/api"+path+query, http.NoBody)
	q.RemoteAddr = address + ":1234"
	if key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	if r.Keyed {
		q.Header.Set("Idempotency-Key", "k")
	}
	out := httptest.NewRecorder()
	g.handler.ServeHTTP(out, q)
	return out
}

// inPath reports whether the path of a rule names the bank.
func inPath(r access.Rule) bool {
	return strings.Contains(r.Path, "{"+r.Object+"}") || strings.Contains(r.Path, "{"+r.Object+"...}")
}
