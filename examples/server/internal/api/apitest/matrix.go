package apitest

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

// Matrix asks every endpoint of table as every role, for the role's own bank, for
// another and for none, and compares the statuses with a golden file; 200 is
// whoever gets through. With update, it writes the file, to be reviewed as code.
func Matrix(t *testing.T, table []access.Rule, golden string, update bool) {
	t.Helper()
	got := matrix(t, table)
	if update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err, "run with -update to write it")
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("who may do what has changed (-want +got):\n%s", diff)
	}
}

func matrix(t *testing.T, table []access.Rule) string {
	t.Helper()
	g := newGate(t, table)
	roles := append([]access.Role{access.Public}, access.Roles()...)
	var b strings.Builder
	line := func(what, bank string, cells []string) {
		text := fmt.Sprintf("%-44s %-5s %s", what, bank, strings.Join(cells, " "))
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	var head []string
	for _, role := range roles {
		head = append(head, string(role))
	}
	line("", "bank", head)
	for _, r := range table {
		for _, object := range objects(r) {
			var cells []string
			for _, role := range roles {
				g.now = g.now.Add(10 * r.Limit.Per) // so that nobody asks too often
				cells = append(cells, fmt.Sprintf("%-*d", len(role), g.ask(r, object, keyOf(role, 0), "127.0.0.1").Code))
			}
			line(r.Method+" "+r.Path, names[object], cells)
		}
	}
	return b.String()
}

var names = map[string]string{"": "-", ownBank: "own", otherBank: "other"}

// objects returns the banks that a rule may be asked about.
func objects(r access.Rule) []string {
	switch {
	case r.Object == "":
		return []string{""}
	case inPath(r):
		return []string{ownBank, otherBank}
	default:
		return []string{"", ownBank, otherBank}
	}
}

// Limits asks every endpoint of table too often: the request after the burst is
// 429, and passes at the time in its Retry-After and not a second sooner. Others
// are not affected, until an address has asked 5 times as often.
func Limits(t *testing.T, table []access.Rule) {
	t.Helper()
	for _, r := range table {
		t.Run(r.ID, func(t *testing.T) { limits(t, r) })
	}
}

func limits(t *testing.T, r access.Rule) {
	t.Helper()
	role := slices.Concat(r.Roles, r.Own)[0]
	bank := ""
	if r.Object != "" {
		bank = ownBank
	}
	g := newGate(t, []access.Rule{r})
	ask := func(actor int, address string) (code int, after time.Duration) {
		out := g.ask(r, bank, keyOf(role, actor), address)
		after, err := time.ParseDuration(out.Header().Get("Retry-After") + "s")
		require.Equal(t, out.Code == http.StatusTooManyRequests, err == nil, "Retry-After comes with 429, and only then")
		return out.Code, after
	}
	for i := range r.Limit.Burst {
		code, _ := ask(0, "10.0.0.1")
		require.Equal(t, http.StatusOK, code, "request %d of a burst of %d", i+1, r.Limit.Burst)
	}
	code, after := ask(0, "10.0.0.1")
	require.Equal(t, http.StatusTooManyRequests, code, "one more than the burst")
	require.Positive(t, after)
	code, _ = ask(1, "10.0.0.2")
	require.Equal(t, http.StatusOK, code, "another is not affected")
	empty := g.now
	if g.now = empty.Add(after - time.Second); after > time.Second {
		code, _ = ask(0, "10.0.0.1")
		require.Equal(t, http.StatusTooManyRequests, code, "a second before Retry-After")
	}
	g.now = empty.Add(after)
	code, _ = ask(0, "10.0.0.1")
	require.Equal(t, http.StatusOK, code, "at Retry-After")
	if role == access.Public {
		return // of strangers the address is all that is known
	}
	g = newGate(t, []access.Rule{r})
	for i := range r.Limit.Burst * (crowd - 1) {
		code, _ := ask(i%(crowd-1), "10.0.0.1")
		require.Equal(t, http.StatusOK, code, "request %d of an address", i+1)
	}
	code, _ = ask(crowd-1, "10.0.0.1")
	require.Equal(t, http.StatusTooManyRequests, code, "one more than an address may")
	code, _ = ask(crowd-1, "10.0.0.2")
	require.Equal(t, http.StatusOK, code, "from another address")
}
