package paper_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// verifierOf replays at whatever answers at base; it believes that now is start.
func verifierOf(t *testing.T, base string) *paper.Verifier {
	t.Helper()
	now := clock.NewMock()
	now.Set(start)
	v, err := paper.NewVerifier(paper.Options{Name: "paper", Base: base, Clock: now})
	require.NoError(t, err)
	return v
}

// serve opens a venue with one bid of a provider's, and a verifier that is only
// connected to it by HTTP.
func serve(t *testing.T) (*paper.Venue, *paper.Account, *paper.Verifier) {
	t.Helper()
	venue := open(t, paper.Config{})
	provider := fund(t, venue, "provider")
	place(t, provider, order("a1", exchange.Bid, "10", "0.999"))
	server := httptest.NewServer(paper.Handler(venue))
	t.Cleanup(server.Close)
	return venue, provider, verifierOf(t, server.URL)
}

func prove(t *testing.T, a *paper.Account) exchange.Proof {
	t.Helper()
	p, err := a.ProveOpenOrders(pair, start)
	require.NoError(t, err)
	return p
}

// ask sends a query under the proof's signature, as anybody could.
func ask(t *testing.T, venue *paper.Venue, p exchange.Proof, method, query string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/v1/open-orders?"+query, nil)
	r.Header.Set("X-Paper-Key", p.Key)
	r.Header.Set("X-Paper-Sign", p.Signature)
	w := httptest.NewRecorder()
	paper.Handler(venue).ServeHTTP(w, r)
	return w
}

func TestProofsOverHTTPKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		venue, provider, verifier := serve(t)
		other := fund(t, venue, "other")
		place(t, other, order("b1", exchange.Ask, "6", "0.999")) // leaves 4 of the provider's
		place(t, other, order("b2", exchange.Ask, "10", "1.001"))
		rests := order("a2", exchange.Ask, "7.25", "1.0005")
		rests.PostOnly = true
		place(t, provider, rests)
		return exchangetest.ProofFixture{Prover: provider, Verifier: verifier, Owner: provider, Pair: pair, Now: start}
	})
}

func TestAnAccountWithoutOrdersHasAnEmptyList(t *testing.T) {
	_, provider, verifier := serve(t)
	require.NoError(t, provider.Cancel(t.Context(), pair, "a1"))
	orders, err := verifier.Verify(t.Context(), prove(t, provider), pair, start)
	require.NoError(t, err)
	require.Empty(t, orders)
}

func TestTheVenueGoesByItsOwnTime(t *testing.T) {
	venue, provider, verifier := serve(t)
	p := prove(t, provider)
	require.NoError(t, venue.Advance(start.Add(exchange.MaxProofAge+time.Microsecond)))
	_, err := verifier.Verify(t.Context(), p, pair, start)
	require.ErrorIs(t, err, exchange.ErrStale, "fresh to the verifier, old to the venue")
}

func TestARateLimitIsTheAccounts(t *testing.T) {
	venue, provider, verifier := serve(t)
	other := fund(t, venue, "other")
	require.NoError(t, provider.Script(paper.Fault{Call: paper.Read, Kind: paper.RateLimit, For: 1500 * time.Millisecond}))
	_, err := verifier.Verify(t.Context(), prove(t, provider), pair, start)
	var limit *exchange.RateLimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, 1500*time.Millisecond, limit.RetryAfter)
	_, err = verifier.Verify(t.Context(), prove(t, other), pair, start)
	require.NoError(t, err, "another account's proof is not held back")
}

func TestAPairThatIsNotTradedIsNotFound(t *testing.T) {
	_, provider, verifier := serve(t)
	p := prove(t, provider)
	p.Pair = exchange.Pair{Base: "BTC", Quote: "USDT"}
	_, err := verifier.Verify(t.Context(), p, p.Pair, start)
	require.ErrorIs(t, err, exchange.ErrNotFound)
}

func TestAMalformedRequestIsRefusedInWords(t *testing.T) {
	venue, provider, _ := serve(t)
	p := prove(t, provider)
	timestamp := p.Params["timestamp"]
	for _, c := range []struct {
		story  string
		method string
		query  string
		status int
		code   string
	}{
		{"as it should be", "GET", "pair=USDC/USDT&timestamp=" + timestamp, http.StatusOK, ""},
		{"no query", "GET", "", http.StatusBadRequest, "invalid"},
		{"no timestamp", "GET", "pair=USDC/USDT", http.StatusBadRequest, "invalid"},
		{"two pairs", "GET", "pair=USDC/USDT&pair=USDC/EURT&timestamp=" + timestamp, http.StatusBadRequest, "invalid"},
		{"one parameter more", "GET", "pair=USDC/USDT&depth=5&timestamp=" + timestamp, http.StatusBadRequest, "invalid"},
		{"half an escape", "GET", "pair=USDC/USDT&timestamp=%", http.StatusBadRequest, "invalid"},
		{"no pair at all", "GET", "pair=USDC&timestamp=" + timestamp, http.StatusBadRequest, "invalid"},
		{"a time in words", "GET", "pair=USDC/USDT&timestamp=noon", http.StatusBadRequest, "invalid"},
		{"the same time, written differently", "GET", "pair=USDC/USDT&timestamp=" + url.QueryEscape(p.IssuedAt.Format("2006-01-02T15:04:05.0000000-00:00")), http.StatusBadRequest, "invalid"},
		{"signed for another time", "GET", "pair=USDC/USDT&timestamp=" + start.Add(time.Second).Format(time.RFC3339Nano), http.StatusUnauthorized, "not_authorised"},
		{"a proof from yesterday", "GET", "pair=USDC/USDT&timestamp=" + start.Add(-24*time.Hour).Format(time.RFC3339Nano), http.StatusBadRequest, "stale"},
		{"another method", "POST", "pair=USDC/USDT&timestamp=" + timestamp, http.StatusMethodNotAllowed, ""},
	} {
		t.Run(c.story, func(t *testing.T) {
			w := ask(t, venue, p, c.method, c.query)
			require.Equal(t, c.status, w.Code, w.Body)
			if c.code == "" {
				return
			}
			var said struct{ Code, Message string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
			require.Equal(t, c.code, said.Code)
			require.NotEmpty(t, said.Message)
			require.NotContains(t, w.Body.String(), p.Signature)
		})
	}
}

func TestWhatTheVenueSaysIsChecked(t *testing.T) {
	const good = `{"id":"1","client_id":"a1","pair":"USDC/USDT","side":"bid","price":"0.999","amount":"10","filled":"4","post_only":false,"placed_at":"2024-05-01T12:00:00Z"}`
	for _, c := range []struct {
		story  string
		status int
		body   string
		says   string
	}{
		{"a page of some other server", http.StatusOK, "<html>", "bad answer"},
		{"no list", http.StatusOK, "null", "must be a list"},
		{"an order twice", http.StatusOK, "[" + good + "," + good + "]", `order "1": must have a name of its own`},
		{"an order without a name", http.StatusOK, "[" + strings.Replace(good, `"1"`, `""`, 1) + "]", "must have a name"},
		{"another pair", http.StatusOK, "[" + strings.Replace(good, "USDC/USDT", "USDC/EURT", 1) + "]", "must be USDC/USDT"},
		{"no side", http.StatusOK, "[" + strings.Replace(good, `"bid"`, `""`, 1) + "]", "Order.Side"},
		{"a price of nothing", http.StatusOK, "[" + strings.Replace(good, "0.999", "0", 1) + "]", "Order.Price"},
		{"a price that is too long to compute with", http.StatusOK, "[" + strings.Replace(good, `0.999`, `1e999999`, 1) + "]", "1e999999"},
		{"an order that is filled", http.StatusOK, "[" + strings.Replace(good, `"4"`, `"10"`, 1) + "]", "filled 10 of 10"},
		{"less than nothing filled", http.StatusOK, "[" + strings.Replace(good, `"4"`, `"-1"`, 1) + "]", "filled -1 of 10"},
		{"nothing said of the filled part", http.StatusOK, "[" + strings.Replace(good, `"filled":"4",`, ``, 1) + "]", "filled 0 of 10"},
		{"no time", http.StatusOK, "[" + strings.Replace(good, `,"placed_at":"2024-05-01T12:00:00Z"`, ``, 1) + "]", "placed_at"},
		{"an error in no words of the venue's", http.StatusForbidden, `{"code":"gone_fishing"}`, "status 403"},
	} {
		t.Run(c.story, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer server.Close()
			_, err := verifierOf(t, server.URL).Verify(t.Context(), prove(t, open(t, paper.Config{}).Account("provider")), pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAProofIsSentOnce(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	_, err := verifierOf(t, server.URL).Verify(t.Context(), prove(t, open(t, paper.Config{}).Account("provider")), pair, start)
	require.ErrorIs(t, err, transport.ErrNoAnswer)
	require.Equal(t, 1, asked)
}

func TestWhereNobodyListensTheErrorSaysWhere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := verifierOf(t, server.URL).Verify(t.Context(), prove(t, open(t, paper.Config{}).Account("provider")), pair, start)
	require.ErrorIs(t, err, transport.ErrNoAnswer)
	require.ErrorContains(t, err, "paper venue paper at "+server.URL)
}

func TestNewVerifierRefusesWhatItCannotAsk(t *testing.T) {
	for _, c := range []struct {
		story   string
		options paper.Options
		field   string
	}{
		{"no name", paper.Options{Base: "http://127.0.0.1:3334"}, `Options.Name ""`},
		{"no address", paper.Options{Name: "paper"}, `Config.Base ""`},
		{"plain http to somewhere else", paper.Options{Name: "paper", Base: "http://venue.example"}, `Config.Base "http://venue.example"`},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, err := paper.NewVerifier(c.options)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.field)
		})
	}
}

func TestTheWireIsReadableByOthers(t *testing.T) {
	venue, provider, _ := serve(t)
	p := prove(t, provider)
	w := ask(t, venue, p, http.MethodGet, "pair=USDC/USDT&timestamp="+p.Params["timestamp"])
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Empty(t, cmp.Diff(`[{"id":"1","client_id":"a1","pair":"USDC/USDT","side":"bid","price":"0.999","amount":"10",`+
		`"filled":"0","post_only":false,"placed_at":"2024-05-01T12:00:00Z"}]`, strings.TrimSpace(w.Body.String())))
}
