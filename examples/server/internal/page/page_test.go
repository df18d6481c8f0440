package page_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/page"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

// teapot is who answers all that the page does not.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func handler(t *testing.T, o page.Options) http.Handler {
	t.Helper()
	h, err := page.Handler(o, teapot)
	require.NoError(t, err)
	return h
}

func ask(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoGetsThePage(t *testing.T) {
	h := handler(t, page.Options{})
	for _, c := range []struct {
		name, method, path, accept string
		code                       int
	}{
		{"a browser gets it", "GET", "/", browser, http.StatusOK},
		{"who names HTML gets it", "GET", "/", "TEXT/HTML", http.StatusOK},
		{"who likes both gets it", "GET", "/", "application/json, text/html", http.StatusOK},
		{"who would rather have JSON gets the pool's answer", "GET", "/", "text/html;q=0.1, application/json;q=0.2", http.StatusTeapot},
		{"who would rather have anything else still gets it", "GET", "/", "image/png, text/html;q=0.1", http.StatusOK},
		{"HEAD is answered as GET is", "HEAD", "/", browser, http.StatusOK},
		{"who takes anything is a program", "GET", "/", "*/*", http.StatusTeapot},
		{"who asks for JSON gets the pool's answer", "GET", "/", "application/json", http.StatusTeapot},
		{"who says nothing gets the pool's answer", "GET", "/", "", http.StatusTeapot},
		{"who refuses HTML does not get it", "GET", "/", "text/html;q=0, */*", http.StatusTeapot},
		{"a malformed wish is none", "GET", "/", "text/html;;q=, /", http.StatusTeapot},
		{"nothing is handed in here", "POST", "/", browser, http.StatusTeapot},
		{"another path is the pool's", "GET", "/status", browser, http.StatusTeapot},
		{"a script is for whoever asks", "GET", "/assets/page.js", "*/*", http.StatusOK},
		{"the template is no file", "GET", "/assets/page.html", browser, http.StatusTeapot},
		{"a user may be called assets", "GET", "/assets/orders", browser, http.StatusTeapot},
		{"nobody walks out of the folder", "GET", "/assets/../page.go", browser, http.StatusTeapot},
		{"the portfolio for a browser", "GET", "/portfolio", browser, http.StatusOK},
		{"what is there of a portfolio for a program is its own", "GET", "/portfolio", "application/json", http.StatusTeapot},
		{"a file is not deleted", "DELETE", "/assets/page.js", "*/*", http.StatusTeapot},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(h, c.method, c.path, "Accept", c.accept)
			require.Equal(t, c.code, got.Code)
			if c.path == "/" || c.path == "/portfolio" {
				require.Equal(t, "Accept", got.Header().Get("Vary"), "or a cache would hand one's answer to the other")
			}
		})
	}
	require.Equal(t, http.StatusOK, ask(h, "GET", "/", "Accept", "application/json", "Accept", "text/html").Code, "wishes may come in two headers")
}

func TestEachFileComesWithItsKindAndCannotLoadOrRunAnythingElse(t *testing.T) {
	h := handler(t, page.Options{})
	for path, media := range map[string]string{
		"/":                         "text/html; charset=utf-8",
		"/assets/page.js":           "text/javascript; charset=utf-8",
		"/assets/page.css":          "text/css; charset=utf-8",
		"/assets/icon.svg":          "image/svg+xml; charset=utf-8",
		"/assets/uPlot.iife.min.js": "text/javascript; charset=utf-8",
		"/assets/uPlot.min.css":     "text/css; charset=utf-8",
		"/assets/uPlot.LICENSE":     "text/plain; charset=utf-8",
	} {
		got := ask(h, "GET", path, "Accept", browser)
		require.Equal(t, http.StatusOK, got.Code, path)
		header := got.Header()
		require.Equal(t, media, header.Get("Content-Type"))
		require.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", header.Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
		require.Equal(t, "no-cache", header.Get("Cache-Control"))

		again := ask(h, "GET", path, "Accept", browser, "If-None-Match", header.Get("ETag"))
		require.Equal(t, http.StatusNotModified, again.Code, "a browser that has it is told so")
		require.Zero(t, again.Body.Len())
	}
}

func TestAnotherPageHasAnotherTag(t *testing.T) {
	one, other := handler(t, page.Options{}), handler(t, page.Options{Bonds: []page.Bond{{ISIN: "INE094A08176"}}})
	require.NotEqual(t, ask(one, "GET", "/", "Accept", browser).Header().Get("ETag"), ask(other, "GET", "/", "Accept", browser).Header().Get("ETag"))
}

// The policy would stop them in a browser; here they are named.
func TestThePageHoldsNoScriptStyleOrAddressOfItsOwn(t *testing.T) {
	text := ask(handler(t, page.Options{}), "GET", "/", "Accept", browser).Body.String()
	for _, forbidden := range []string{`<style`, `style="`, `<script>`, `onclick=`, `onload=`, `javascript:`, `http://`, `https://`, `src="//`} {
		require.NotContains(t, text, forbidden)
	}
	for _, file := range regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(text, -1) {
		require.Equal(t, http.StatusOK, ask(handler(t, page.Options{}), "GET", file[1], "Accept", browser).Code, file[1])
	}
}

func TestBondsAreListedWithTheirLastTrade(t *testing.T) {
	bonds := []page.Bond{
		{ISIN: "INE094A08176", Last: dec("100.0553"), YieldPct: dec("6.7"), Value: dec("1250000500000"), Trades: 1},
		{ISIN: `"><script>alert(1)</script>`, Last: dec("-1")},
	}
	text := ask(handler(t, page.Options{Bonds: bonds, Keys: []page.Key{{Label: `<b>retail`, Key: `"x`}}}), "GET", "/", "Accept", browser).Body.String()
	require.Contains(t, text, `<a href="#isin=INE094A08176">INE094A08176</a></th><td>100.0553</td><td>6.70</td><td>1,250,000.5</td><td>1</td>`)
	require.Contains(t, text, "<td>-1.0000</td>")
	require.Less(t, strings.Index(text, "INE094A08176</a>"), strings.Index(text, "&lt;script&gt;"), "in their order")
	require.NotContains(t, text, "<script>alert")
	require.Contains(t, text, `<option value="&#34;x">&lt;b&gt;retail</option>`)
}

func TestWithNothingToPickFromNothingIsListed(t *testing.T) {
	text := ask(handler(t, page.Options{}), "GET", "/", "Accept", browser).Body.String()
	require.NotContains(t, text, "Bonds to pick from")
	require.NotContains(t, text, "Look as")
	require.Contains(t, text, `<input id="key" type="password"`)
}

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }
