package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
)

func TestWhoMayDoWhat(t *testing.T) {
	apitest.Matrix(t, rules(), "testdata/access.golden", *update)
}

func TestHowOften(t *testing.T) { apitest.Limits(t, rules()) }

func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		name string
		line string
		with []string
		code int
		body string
	}{
		{"a stranger asks whether it is there", "GET /health", nil, 204, ``},
		{"an operator reads any bank", "GET /balances/north", []string{"olga"}, 200, `{"bank":"north","amount":"10.5","at":"2026-03-01T12:00:00Z"}`},
		{"HEAD is a GET without the body", "HEAD /balances/north", []string{"olga"}, 200, `{"bank":"north","amount":"10.5","at":"2026-03-01T12:00:00Z"}`},
		{"a bank reads its own", "GET /balances/north", []string{"north"}, 200, `{"bank":"north","amount":"10.5","at":"2026-03-01T12:00:00Z"}`},
		{"a list has a page", "GET /moves?limit=500&before=7&bank=b&since=2026-03-01T11:00:00.5Z", []string{"olga"}, 200, `{"items":[{"bank":"b","amount":"0","at":"2026-03-01T11:00:00.5Z"}],"next":507}`},
		{"a name without a value is empty", "GET /moves?bank&limit=9", []string{"olga"}, 200, `{"items":[{"bank":"","amount":"0","at":"0001-01-01T00:00:00Z"}],"next":9}`},
		{"a query is read in one way", "GET /moves?b%61nk=a+%2Bb%26c", []string{"olga"}, 200, `{"items":[{"bank":"a +b&c","amount":"0","at":"0001-01-01T00:00:00Z"}],"next":50}`},
		{"an empty list is a list", "GET /moves?bank=none", []string{"olga"}, 200, `{"items":[]}`},
		{"a bank's list is its own without asking", "GET /moves", []string{"south"}, 200, `{"items":[{"bank":"south","amount":"0","at":"0001-01-01T00:00:00Z"}],"next":50}`},
		{"the usual status of success", "POST /transfers", []string{"olga", "Idempotency-Key: k", `{"to":"north","amount":"1.00","within":"1h30m"}`}, 201, `{"bank":"olga k","amount":"1","at":"0001-01-01T00:00:00Z"}`},
		{"and another", "POST /transfers", []string{"olga", "Idempotency-Key: k", `{"to":"south","amount":"999999999999999999.000000000000000001","parts":9}`}, 202, `{"bank":"olga k","amount":"999999999999999999.000000000000000001","at":"0001-01-01T00:00:00Z"}`},
		{"an empty object is no body", "POST /close/a", []string{"adam", "Idempotency-Key: k", `{}`}, 204, ``},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := open(t).ask(row.line, row.with...)
			require.Equal(t, row.code, got.Code, got.Body)
			require.Equal(t, row.body, strings.TrimSpace(got.Body.String()))
			if row.body != "" {
				require.Equal(t, "application/json", got.Header().Get("Content-Type"))
			}
			require.Equal(t, row.code == 204, got.Header().Get("Content-Length") == "")
			require.Equal(t, "nosniff", got.Header().Get("X-Content-Type-Options"))
			require.Equal(t, "no-store", got.Header().Get("Cache-Control"))
			require.Contains(t, got.Header().Get("Content-Security-Policy"), "default-src 'none'")
			require.NotEmpty(t, got.Header().Get("X-Request-Id"))
		})
	}
}

func TestRefusals(t *testing.T) {
	post := func(body string) []string { return []string{"olga", "Idempotency-Key: k", "!" + body} }
	const decimals = `must be a decimal such as "1250000.00", with at most 18 digits and 18 decimals and no exponent`
	for _, row := range []struct {
		name   string
		line   string
		with   []string
		code   int
		says   string // the problem's code
		detail string
	}{
		{"a stranger", "GET /balances/north", nil, 401, api.Unauthenticated, "Authorization: must be Bearer and an API key or token"},
		{"a wrong key", "GET /balances/north", []string{"nobody"}, 401, api.Unauthenticated, "access: credential refused: nobody has it"},
		{"a wrong key where none is needed", "GET /health", []string{"nobody"}, 401, api.Unauthenticated, "access: credential refused: nobody has it"},
		{"another role", "GET /balances/north", []string{"adam"}, 403, api.Forbidden, "adam: must have another role for this"},
		{"another's bank", "GET /balances/north", []string{"south"}, 404, api.NotFound, `bank "north": must be one that you may see`},
		{"no bank, in the same words", "GET /balances/west", []string{"olga"}, 404, api.NotFound, `bank "west": must be one that you may see`},
		{"another's list", "GET /moves?bank=north", []string{"south"}, 404, api.NotFound, `bank "north": must be one that you may see`},
		{"another's list behind an empty one", "GET /moves?bank=&bank=north", []string{"south"}, 400, api.Malformed, `query."bank" ", north": must be there once`},
		{"no such path", "GET /nothing", nil, 404, api.NotFound, `path "/api/v1/vault/nothing": must be one that you may see`},
		{"the prefix itself", "GET ", nil, 404, api.NotFound, `path "/api/v1/vault": must be one that you may see`},
		{"a path that is not clean", "GET //health", nil, 404, api.NotFound, `path "/api/v1/vault//health": must be one that you may see`},
		{"a path with a slash behind", "GET /health/", nil, 404, api.NotFound, `path "/api/v1/vault/health/": must be one that you may see`},
		{"no such path, whatever is sent there", "POST /nothing", []string{"!x"}, 404, api.NotFound, `path "/api/v1/vault/nothing"`},
		{"another method, whatever is sent there", "POST /moves", []string{"!x"}, 405, api.WrongMethod, "method POST: must be GET, HEAD here"},
		{"a read with a body", "GET /moves", []string{"olga", "!x"}, 400, api.Malformed, "body of 1 bytes: must be empty here"},
		{"another method", "DELETE /moves", []string{"olga"}, 405, api.WrongMethod, "method DELETE: must be GET, HEAD here"},

		{"a page too long", "GET /moves?limit=501", []string{"olga"}, 422, api.Invalid, `query.limit "501": must be <= 500`},
		{"a page of none", "GET /moves?limit=0", []string{"olga"}, 422, api.Invalid, `query.limit "0": must be >= 1`},
		{"a page that is no number", "GET /moves?limit=1e2", []string{"olga"}, 422, api.Invalid, `query.limit "1e2": must be an integer`},
		{"before what is no number", "GET /moves?before=-1", []string{"olga"}, 422, api.Invalid, `query.before "-1": must be an integer`},
		{"a time that is not UTC", "GET /moves?since=2026-03-01T12:00:00%2B01:00", []string{"olga"}, 422, api.Invalid, `query.since "2026-03-01T12:00:00+01:00": must be an RFC 3339 time in UTC such as "2026-03-01T12:00:00Z"`},
		{"a day that is none", "GET /moves?since=2026-02-30T12:00:00Z", []string{"olga"}, 422, api.Invalid, `query.since "2026-02-30T12:00:00Z": must be an RFC 3339 time in UTC such as "2026-03-01T12:00:00Z"`},
		{"a parameter that nobody knows", "GET /moves?limt=5", []string{"olga"}, 422, api.Invalid, `query.limt: must not be there: nobody knows it`},
		{"a query that cannot be read", "GET /moves?bank=%zz", []string{"olga"}, 400, api.Malformed, `query "bank=%zz": must be name=value, joined by &`},

		{"no key", "POST /transfers", []string{"olga", `{"to":"a","amount":"1"}`}, 400, api.KeyMissing, "Idempotency-Key: must be there once, since this changes something"},
		{"two keys", "POST /transfers", []string{"olga", "Idempotency-Key: a", "Idempotency-Key: b", `{}`}, 400, api.KeyMissing, "Idempotency-Key: must be there once"},
		{"an empty key", "POST /transfers", []string{"olga", "Idempotency-Key:  ", `{}`}, 400, api.KeyMissing, `Idempotency-Key "": must be 1 to 255 visible ASCII characters`},
		{"a key with a space", "POST /transfers", []string{"olga", "Idempotency-Key: a b", `{}`}, 400, api.KeyMissing, `Idempotency-Key "a b"`},
		{"a key of another alphabet", "POST /transfers", []string{"olga", "Idempotency-Key: ключ", `{}`}, 400, api.KeyMissing, `Idempotency-Key "ключ"`},
		{"a key too long", "POST /transfers", []string{"olga", "Idempotency-Key: " + strings.Repeat("x", 256), `{}`}, 400, api.KeyMissing, "Idempotency-Key"},

		{"no body", "POST /transfers", post(""), 400, api.Malformed, "request body is required"},
		{"a body too long", "POST /transfers", post(`{"to":"` + strings.Repeat("x", 1000) + `"}`), 413, api.TooLarge, "body: must have at most 1000 bytes"},
		{"a body where none belongs", "POST /close/a", []string{"adam", "Idempotency-Key: k", `{"a":1}`}, 400, api.Malformed, "body of 7 bytes: must be empty here"},
		{"a form", "POST /transfers", append([]string{"Content-Type: application/x-www-form-urlencoded"}, post(`{}`)...), 415, api.WrongMedia, `Content-Type "application/x-www-form-urlencoded": must be application/json`},
		{"a compressed body", "POST /transfers", append(post(`{}`), "Content-Encoding: gzip"), 415, api.WrongMedia, `Content-Encoding "gzip": must not be there`},
		{"not JSON", "POST /transfers", post(`{"to"`), 400, api.Malformed, "body: must be JSON"},
		{"not a number", "POST /transfers", post(`{"to":"a","amount":NaN}`), 400, api.Malformed, "body: must be JSON"},
		{"two values", "POST /transfers", post(`{} {}`), 400, api.Malformed, "body: must be one JSON value"},
		{"not UTF-8", "POST /transfers", post("{\"to\":\"\xff\"}"), 400, api.Malformed, "body: must be UTF-8"},
		{"a number with an exponent", "POST /transfers", post(`{"to":"a","amount":"1","parts":1e1}`), 400, api.Malformed, `body.parts "1e1": must be a plain number of at most 18 digits and 18 decimals`},
		{"an enormous number", "POST /transfers", post(`{"parts":[{"x":1234567890123456789}]}`), 400, api.Malformed, `body.parts[0].x "1234567890123456789": must be a plain`},
		{"a name twice", "POST /transfers", post(`{"amount":"1","amount":"2"}`), 400, api.Malformed, `body."amount": must be there once`},
		{"a name twice, in another case", "POST /transfers", post(`{"amount":"1","Amount":"2"}`), 400, api.Malformed, `body."Amount": must be there once`},
		{"too deep", "POST /transfers", post(strings.Repeat("[", 17) + strings.Repeat("]", 17)), 400, api.Malformed, "must be nested at most 16 deep"},
		{"an array", "POST /transfers", post(`[]`), 422, api.Invalid, "body: must be of type object"},
		{"an unknown name", "POST /transfers", post(`{"to":"a","amount":"1","fee":"0"}`), 422, api.Invalid, `body.fee: must not be there: nobody knows it`},
		{"a missing name", "POST /transfers", post(`{"to":"a"}`), 422, api.Invalid, "body.amount: must be there"},
		{"an amount that is a number", "POST /transfers", post(`{"to":"a","amount":1}`), 422, api.Invalid, `body.amount "1": must be of type string`},
		{"an amount that is not one", "POST /transfers", post(`{"to":"a","amount":"NaN"}`), 422, api.Invalid, `body.amount "NaN": ` + decimals},
		{"an amount with an exponent", "POST /transfers", post(`{"to":"a","amount":"1e9"}`), 422, api.Invalid, `body.amount "1e9": ` + decimals},
		{"an amount of nothing", "POST /transfers", post(`{"to":"a","amount":""}`), 422, api.Invalid, `body.amount "": ` + decimals},
		{"an enormous amount", "POST /transfers", post(`{"to":"a","amount":"1000000000000000000"}`), 422, api.Invalid, decimals},
		{"an amount too exact", "POST /transfers", post(`{"to":"a","amount":"0.0000000000000000001"}`), 422, api.Invalid, decimals},
		{"an amount of null", "POST /transfers", post(`{"to":"a","amount":null}`), 422, api.Invalid, "body.amount: must be of type string"},
		{"an amount that the vault refuses", "POST /transfers", post(`{"to":"a","amount":"-1"}`), 422, api.Invalid, "body.amount -1: must be > 0"},
		{"a duration in no unit", "POST /transfers", post(`{"to":"a","amount":"1","within":"90"}`), 422, api.Invalid, `body.within "90": must be a duration such as "90s" or "1h30m"`},
		{"a text too long", "POST /transfers", post(`{"to":"` + strings.Repeat("x", 65) + `","amount":"1"}`), 422, api.Invalid, `must have a length <= 64`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := open(t)
			got := r.ask(row.line, row.with...)
			require.Equal(t, row.code, got.Code, got.Body)
			require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"))
			var p api.Problem
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &p))
			require.Equal(t, row.code, p.Status)
			require.Equal(t, row.says, p.Code)
			require.Contains(t, p.Detail, row.detail)
			require.Equal(t, "about:blank", p.Type)
			require.Equal(t, http.StatusText(row.code), p.Title)
			require.Equal(t, got.Header().Get("X-Request-Id"), p.Request)
			require.Equal(t, row.code == 401, got.Header().Get("WWW-Authenticate") == "Bearer")
			require.Equal(t, row.code == 405, got.Header().Get("Allow") != "")
			require.Zero(t, r.vault.moves)
			require.Zero(t, r.logged.Len(), "a client's fault is none of ours")
		})
	}
}

func TestAllThatIsWrongIsListed(t *testing.T) {
	got := open(t).ask("POST /transfers", "olga", "Idempotency-Key: k", `{"to":"","amount":"x","parts":10}`)
	var p api.Problem
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &p))
	require.Len(t, p.Errors, 3)
	for _, f := range p.Errors {
		require.Contains(t, []string{"body.to", "body.amount", "body.parts"}, f.Field)
		require.NotEmpty(t, f.Rule)
	}
}

func TestOurFaultsSayNothing(t *testing.T) {
	for _, row := range []struct {
		name  string
		line  string
		setup func(*rig)
		code  int
		says  string
		logs  int
	}{
		{"a panic", "GET /balances/panic", func(*rig) {}, 500, api.Internal, 1},
		{"an error that nobody knows", "POST /transfers", func(r *rig) { r.vault.fail = errDown }, 500, api.Internal, 1},
		{"an error that somebody knows", "POST /transfers", func(r *rig) { r.vault.fail = errPoor }, 409, "too_poor", 0},
		{"a deadline", "POST /transfers", func(r *rig) { r.vault.fail = context.DeadlineExceeded }, 503, api.Unavailable, 0},
		{"who asked has gone", "POST /transfers", func(r *rig) { r.vault.fail = context.Canceled }, 500, api.Internal, 0},
		{"no database", "POST /transfers", func(r *rig) { r.requests.Broken = errDown }, 503, api.Unavailable, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := open(t)
			row.setup(r)
			with := []string{"olga", "X-Request-Id: id-1"}
			if strings.HasPrefix(row.line, "POST") {
				with = append(with, "Idempotency-Key: k", `{"to":"a","amount":"1"}`)
			}
			got := r.ask(row.line, with...)
			require.Equal(t, row.code, got.Code, got.Body)
			var p api.Problem
			require.NoError(t, json.Unmarshal(got.Body.Bytes(), &p))
			require.Equal(t, row.says, p.Code)
			require.Equal(t, "id-1", p.Request)
			require.NotRegexp(t, "hunter2|fire|goroutine|\\.go:", got.Body.String())
			require.Equal(t, row.code == 503, got.Header().Get("Retry-After") == "5")
			require.Equal(t, row.logs, r.logged.Len())
			for _, entry := range r.logged.All() {
				require.Equal(t, "id-1", entry.ContextMap()["request"])
			}
		})
	}
}

func TestRequestsAreNumbered(t *testing.T) {
	r := open(t)
	require.Equal(t, "mine-1.2_3", r.ask("GET /health", "X-Request-Id: mine-1.2_3").Header().Get("X-Request-Id"))
	for _, forged := range []string{"a b", "<script>", strings.Repeat("x", 65), "é"} {
		got := r.ask("GET /health", "X-Request-Id: "+forged).Header().Get("X-Request-Id")
		require.Regexp(t, "^[A-Z0-9]{26}$", got)
	}
}

func TestWrongCredentialsLockTheirAddress(t *testing.T) {
	r := open(t)
	for range 10 {
		require.Equal(t, 401, r.ask("GET /health", "nobody").Code)
	}
	got := r.ask("GET /health", "olga")
	require.Equal(t, 429, got.Code)
	require.Equal(t, "30", got.Header().Get("Retry-After"))
	require.Equal(t, 204, r.ask("GET /health").Code, "who shows none is let in")
	r.now = r.now.Add(30*time.Second - time.Nanosecond)
	require.Equal(t, 429, r.ask("GET /health", "olga").Code)
	r.now = start.Add(30 * time.Second)
	require.Equal(t, 204, r.ask("GET /health", "olga").Code)
	require.Equal(t, 204, r.ask("GET /health", "olga").Code, "a good one costs nothing")
}

func TestEveryAnswerIsSeen(t *testing.T) {
	r := open(t)
	r.ask("GET /balances/north", "north", "X-Request-Id: 1")
	r.ask("GET /balances/north", "adam", "X-Request-Id: 2")
	r.ask("GET /balances/north", "south", "X-Request-Id: 3")
	r.ask("GET /nothing", "X-Request-Id: 4")
	r.ask("GET /balances/panic", "olga", "X-Request-Id: 5")
	require.Equal(t, []api.Seen{
		{Request: "1", At: start, Actor: "north", Route: "GET /api/v1/vault/balances/{bank}", Object: "north", Code: 200},
		{Request: "2", At: start, Actor: "adam", Route: "GET /api/v1/vault/balances/{bank}", Code: 403},
		{Request: "3", At: start, Actor: "south", Route: "GET /api/v1/vault/balances/{bank}", Object: "north", Code: 404},
		{Request: "4", At: start, Route: "unmatched", Code: 404},
		{Request: "5", At: start, Actor: "olga", Route: "GET /api/v1/vault/balances/{bank}", Object: "panic", Code: 500},
	}, r.seen)
}

func TestATableAndItsOperationsBelongTogether(t *testing.T) {
	known, err := access.New(access.Config{})
	require.NoError(t, err)
	nothing := func(context.Context, access.Caller, *struct{}) (*struct{}, error) { return nil, nil }
	a := api.New(api.Options{Access: known, Now: func() time.Time { return start }})
	g := a.Under("/api/v1/vault", "Vault", rules())
	api.Add(g, "health", api.Doc{}, nothing)
	api.Add(g, "health", api.Doc{}, nothing)
	api.Add(g, "secret", api.Doc{}, nothing)
	broken := rules()[:1]
	broken[0].Path = "nowhere"
	a.Under("/api/v2", "Broken", broken)
	handler, err := a.Beside(http.NotFoundHandler())
	require.Nil(t, handler)
	for _, says := range []string{
		`/api/v1/vault: operation "health" has no rule, or two`,
		`/api/v1/vault: operation "secret" has no rule, or two`,
		`/api/v1/vault: rule "balance" has no operation`,
		`/api/v1/vault: transfer is keyed, and Options.Requests is nil`,
		`/api/v2: health is the ID of another operation`,
		`/api/v2: access: invalid: rule 0 "health": Path "nowhere"`,
	} {
		require.ErrorContains(t, err, says)
	}
}

func TestWhatIsNotTheirsIsLeftToOthers(t *testing.T) {
	r := open(t)
	for _, path := range []string{"/", "/api/v1/vaults", "/api/v1", "/docsify", "/openapi.json/", "//api/v1/vault/health", "/x/../docs"} {
		got := httptest.NewRecorder()
		r.handler.ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		require.Equal(t, "404 page not found\n", got.Body.String(), path)
	}
}

func TestTheDocumentHasEveryRule(t *testing.T) {
	r := open(t)
	require.Equal(t, 401, r.ask("GET /openapi.json").Code)
	require.Equal(t, 403, r.ask("GET /openapi.json", "north").Code)
	got := r.ask("GET /openapi.json", "olga")
	require.Equal(t, 200, got.Code)
	var doc struct {
		Paths      map[string]map[string]operation
		Components struct {
			Schemas map[string]json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &doc))
	count := 0
	for _, rule := range rules() {
		op, ok := doc.Paths["/api/v1/vault"+rule.Path][strings.ToLower(rule.Method)]
		require.True(t, ok, rule.ID)
		require.Equal(t, rule.ID, op.OperationID)
		require.Contains(t, op.Description, "For: "+string(rule.Roles[0]))
		require.Equal(t, rule.ID == "health", op.Security == nil, rule.ID)
		require.Contains(t, op.Responses, "default")
	}
	for _, methods := range doc.Paths {
		count += len(methods)
	}
	require.Equal(t, len(rules()), count, "and nothing else")
	require.Contains(t, doc.Components.Schemas, "Problem")
	require.NotContains(t, doc.Components.Schemas, "ErrorModel")
	move := doc.Paths["/api/v1/vault/transfers"]["post"]
	require.Contains(t, move.Responses, "201")
	require.JSONEq(t, string(move.Responses["201"].Content), string(move.Responses["202"].Content))
	require.Contains(t, string(move.Parameters), "Idempotency-Key")
}

type operation struct {
	OperationID string
	Description string
	Security    []any
	Parameters  json.RawMessage
	Responses   map[string]struct{ Content json.RawMessage }
}

func TestTheDocumentationLoadsNothingFromElsewhere(t *testing.T) {
	r := open(t)
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	page := r.ask("GET /docs", "olga")
	require.Equal(t, 200, page.Code)
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "script-src 'self'")
	found := links.FindAllStringSubmatch(page.Body.String(), -1)
	require.Len(t, found, 3)
	for _, link := range found {
		got := r.ask("GET "+link[1], "olga")
		require.Equal(t, 200, got.Code, link[1])
		require.NotContains(t, got.Header().Get("Content-Type"), "json")
	}
	require.Equal(t, 401, r.ask("GET /docs").Code)
	require.Equal(t, 404, r.ask("GET /docs/other", "olga").Code)
}
