package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

// told is what the API answers, as far as it is looked at here.
type told struct {
	Mode        string
	Suggestions []struct {
		SovereignBankID, Action, Amount string
		Reasons                         []string
	}
	Banks      []struct{ Source string }
	Forecasts  []struct{ Missing string }
	Providers  []struct{ Free string }
	Components struct{ Schemas map[string]any }
}

// curl is what a newcomer types: a line of the README, told where the server is.
func curl(t *testing.T, base, method, path string, headers ...string) (code int, answer told) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+path, nil)
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	got, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	_ = json.Unmarshal(text, &answer) // a page is none
	return got.StatusCode, answer
}

// readme is every line of the README that can be typed as it is.
func readme(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "curl ") && !strings.Contains(line, "$") {
			lines = append(lines, line)
		}
	}
	return lines
}

// shown is what the README shows of the answers about a bank, and of one to whoever
// tells something all but its time.
func shown(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var parts []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, " {") || strings.HasPrefix(line, ` "sovereignBankId"`) {
			part, _, _ := strings.Cut(strings.TrimSpace(line), " ...")
			parts = append(parts, strings.TrimSuffix(part, ","))
		}
		if _, kept, found := strings.Cut(line, `Z","source":`); found {
			parts = append(parts, `"source":`+strings.TrimSpace(kept))
		}
	}
	return parts
}

// typed does what curl would do with a line of the README.
func typed(t *testing.T, base, line string) (code int, answer string) {
	t.Helper()
	method, body := http.MethodGet, ""
	if found := regexp.MustCompile(`-d '([^']*)'`).FindStringSubmatch(line); found != nil {
		method, body = http.MethodPost, found[1]
	}
	if found := regexp.MustCompile(`-X (\w+)`).FindStringSubmatch(line); found != nil {
		method = found[1]
	}
	path := regexp.MustCompile(`localhost:3333(\S+)`).FindStringSubmatch(line)
	require.NotNil(t, path, line)
	request, err := http.NewRequestWithContext(t.Context(), method, base+path[1], strings.NewReader(body))
	require.NoError(t, err)
	for _, h := range regexp.MustCompile(`-H '([^:']+): ([^']*)'`).FindAllStringSubmatch(line, -1) {
		request.Header.Set(h[1], h[2])
	}
	got, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return got.StatusCode, string(text)
}

func TestTheLinesOfTheReadmeHold(t *testing.T) {
	lines, parts := readme(t), shown(t)
	require.Len(t, lines, 7)
	require.Len(t, parts, 7)
	t.Chdir(t.TempDir())
	at, stop := started(t)
	translated(t, at.URL) // one of the lines asks for bonds
	codes := []int{200, 200, 200, 202, 200, 200, 200}
	var answers strings.Builder
	for i, line := range lines {
		code, text := typed(t, at.URL, line)
		require.Equal(t, codes[i], code, "%s\n%s", line, text)
		answers.WriteString(text)
	}
	for _, part := range parts {
		require.Contains(t, answers.String(), part)
	}
	require.Equal(t, exitOK, stop())
}

const operator = "X-API-Key: example-operator"

func TestTheFirstLinesOfANewcomerAreAnswered(t *testing.T) {
	t.Chdir(t.TempDir())
	at, stop := started(t)
	base := at.URL + "/api/v1/alps"

	code, run := curl(t, base, "POST", "/run", operator, "Idempotency-Key: first")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, run.Suggestions, 5)
	first, second, fourth := run.Suggestions[0], run.Suggestions[1], run.Suggestions[3]
	require.Equal(t, []string{"bank-a", "INJECTION", "150000"}, []string{first.SovereignBankID, first.Action, first.Amount})
	require.Equal(t, []string{"clipped_per_action_cap"}, second.Reasons)
	require.Equal(t, []string{"fx_volatile"}, fourth.Reasons)

	code, monitor := curl(t, base, "GET", "/monitor", operator)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "suggest", monitor.Mode)
	require.Len(t, monitor.Banks, 5)
	for _, b := range monitor.Banks {
		require.Equal(t, "sample", b.Source, "nobody takes the example for a bank")
	}

	code, prediction := curl(t, base, "POST", "/stress/predict", operator)
	require.Equal(t, http.StatusOK, code)
	require.Len(t, prediction.Forecasts, 5)
	for _, f := range prediction.Forecasts {
		require.Contains(t, f.Missing, "insufficient history: ")
	}

	code, pool := curl(t, base, "GET", "/pool", operator)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "5000000", pool.Providers[0].Free)
	code, _ = curl(t, at.URL, "GET", "/docs")
	require.Equal(t, http.StatusOK, code)
	code, document := curl(t, at.URL, "GET", "/openapi.json")
	require.Equal(t, http.StatusOK, code)
	for _, model := range []string{"AutonomousLiquidityAction", "LiquidityStressEvent", "SovereignLiquidityRatio"} {
		require.Contains(t, document.Components.Schemas, model)
	}
	code, _ = ask(t, at.URL+"/exchanges")
	require.Equal(t, http.StatusOK, code, "the pool is beside it")
	require.Equal(t, exitOK, stop())

	verified := do(t, "verify")
	require.Equal(t, exitOK, verified.code, verified.err)
	require.Contains(t, verified.out, "alps/glp: ")
}

func TestTheExampleKeysEndWhereAFileBegins(t *testing.T) {
	t.Chdir(t.TempDir())
	shown := do(t, "config", "show")
	require.NoError(t, os.WriteFile("pool.yaml", []byte(shown.out), 0o600))
	for _, args := range [][]string{{"--config", "pool.yaml"}, {"--listen", "0.0.0.0:0"}} {
		at, stop := started(t, args...)
		base := strings.Replace(at.URL, "[::]", "127.0.0.1", 1) + "/api/v1/alps"
		code, _ := curl(t, base, "GET", "/monitor", operator)
		require.Equal(t, http.StatusUnauthorized, code)
		code, _ = curl(t, strings.TrimSuffix(base, "/api/v1/alps"), "GET", "/docs")
		require.Equal(t, http.StatusUnauthorized, code)
		require.Equal(t, exitOK, stop())
	}
}

func TestAFileWithoutTheEngineHasNoneOfIt(t *testing.T) {
	t.Chdir(t.TempDir())
	shown := do(t, "config", "show")
	without, _, found := strings.Cut(shown.out, "\n# The liquidity engine (ALPS)")
	require.True(t, found)
	require.NoError(t, os.WriteFile("pool.yaml", []byte(without), 0o600))
	at, stop := started(t, "--config", "pool.yaml")
	code, body := ask(t, at.URL+"/api/v1/alps/monitor")
	require.Equal(t, http.StatusNotFound, code, body)
	require.Equal(t, exitOK, stop())
	verified := do(t, "verify", "--config", "pool.yaml")
	require.Equal(t, exitOK, verified.code, verified.err)
	require.NotContains(t, verified.out, "alps/")
}

func TestAKeyOfTheFileOpensIt(t *testing.T) {
	t.Chdir(t.TempDir())
	shown := do(t, "config", "show")
	text := strings.Replace(shown.out, "  keys: []", "  keys:\n    - {name: ann, roles: [operator], sha256: "+access.Hash("ann's key")+"}", 1)
	require.NoError(t, os.WriteFile("pool.yaml", []byte(text), 0o600))
	at, stop := started(t, "--config", "pool.yaml")
	base := at.URL + "/api/v1/alps"
	code, _ := curl(t, base, "GET", "/monitor", "Authorization: Bearer ann's key")
	require.Equal(t, http.StatusOK, code)
	code, _ = curl(t, base, "GET", "/monitor", operator)
	require.Equal(t, http.StatusUnauthorized, code)
	require.Equal(t, exitOK, stop())
}

func TestWhatTheEngineDoesIsMeasured(t *testing.T) {
	t.Chdir(t.TempDir())
	at, stop := started(t, "--metrics", "127.0.0.1:0")
	code, _ := curl(t, at.URL+"/api/v1/alps", "POST", "/run", operator, "Idempotency-Key: measured")
	require.Equal(t, http.StatusOK, code)
	code, body := ask(t, at.Metrics)
	require.Equal(t, http.StatusOK, code)
	for _, series := range []string{
		`evenkeel_liquidity_ratio{bank="bank-a"} 0.95`,
		`evenkeel_liquidity_pool{account="free",provider="glp"} 5e+06`,
		`evenkeel_liquidity_switches_tripped{of="pool"} 0`,
		`evenkeel_liquidity_looks_total{reason="suggested"}`,
		`evenkeel_liquidity_position_age_seconds{source="sample"}`,
		`evenkeel_liquidity_look_seconds_count`,
		`evenkeel_requests_total{code="200",route="POST /api/v1/alps/run"} 1`,
	} {
		require.Contains(t, body, series)
	}
	require.Equal(t, exitOK, stop())
}
