package wire_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// person is somebody with a signing key.
type person struct {
	key  ed25519.PrivateKey
	sent uint64 // requests so far: their nonces
}

func someone(name string) *person {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return &person{key: ed25519.NewKeyFromSeed(seed)}
}

// seal returns the headers of the person's next request.
func (p *person) seal(r *rig, method, path, body string) map[string]string {
	p.sent++
	var nonce alp.Nonce
	binary.BigEndian.PutUint64(nonce[:], p.sent)
	header := maps.Clone(isJSON)
	maps.Copy(header, alp.Seal(p.key, method, path, []byte(body), r.clock.Now(), nonce))
	return header
}

func (r *rig) postAs(p *person, path, body string) said {
	r.t.Helper()
	return r.do(http.MethodPost, path, p.seal(r, http.MethodPost, path, body), body)
}

func (r *rig) getAs(p *person, path string) said {
	r.t.Helper()
	return r.do(http.MethodGet, path, p.seal(r, http.MethodGet, path, ""), "")
}

func hardened(t *testing.T, change ...string) *rig {
	t.Helper()
	return open(t, append([]string{"# hardened: false", "hardened: true"}, change...)...)
}

// refusal is an answer of a hardened server that says no.
func refusal(code int, message string) said {
	return said{code, "application/json", `{"success":false,"message":"` + message + `"}`}
}

// proved asks for an account with a fresh proof.
func (r *rig) proved(a *paper.Account, user, address, unit string, rebind bool) string {
	r.t.Helper()
	proof, err := a.ProveOpenOrders(exchange.Pair{Base: "NBT", Quote: strings.ToUpper(unit)}, r.clock.Now())
	require.NoError(r.t, err)
	s := alp.NewSubmission(proof, "test_exchange", unit)
	text, err := json.Marshal(map[string]any{
		"user": user, "address": address, "exchange": "test_exchange", "unit": unit, "req": s.Req, "sign": s.Sign, "rebind": rebind,
	})
	require.NoError(r.t, err)
	return string(text)
}

const registered = "user successfully registered"

func TestHardenedRegisterWantsASealAndAProof(t *testing.T) {
	r := hardened(t)
	lp, me := r.account("lp"), someone("me")
	body := r.proved(lp, "lp", home, "btc", false)
	require.Equal(t, refusal(http.StatusBadRequest, "request body must be valid json"), r.postAs(me, "/register", "{"))
	require.Equal(t, refusal(http.StatusBadRequest, "no user provided"), r.postAs(me, "/register", "{}"))
	require.Equal(t, refusal(http.StatusBadRequest, "mtgox is not supported"), r.postAs(me, "/register", registering("exchange", `"mtgox"`)))
	require.Equal(t, refusal(http.StatusUnauthorized, "alp: envelope: X-ALP-Key: must be there once"), r.post("/register", body))

	header := me.seal(r, http.MethodPost, "/register", body)
	require.Equal(t, refusal(http.StatusUnauthorized, "alp: envelope: X-ALP-Signature: does not fit the request"), r.do(http.MethodPost, "/register", header, body+" "))
	require.Equal(t, yes(registered), r.do(http.MethodPost, "/register", header, body))
	again := r.do(http.MethodPost, "/register", header, body)
	require.Equal(t, http.StatusUnauthorized, again.code)
	require.Contains(t, again.body, "guard: request was sent before")

	r.pass(time.Hour) // they may ask again
	require.Equal(t, refusal(http.StatusBadRequest, "no sign provided"), r.postAs(me, "/register", registering("user", `"other"`)))
	sample := strings.Replace(registering("user", `"other"`), "{", `{"req":{"a":1},"sign":"s",`, 1)
	require.Equal(t, refusal(http.StatusUnauthorized, "req and sign must be a fresh proof that the key is yours"), r.postAs(me, "/register", sample))
	forged := r.proved(r.account("mine"), "mine", home, "btc", false)
	require.Equal(t, refusal(http.StatusUnauthorized, "test_exchange does not accept the key or the signature"),
		r.postAs(me, "/register", strings.Replace(forged, `"user":"mine"`, `"user":"lp"`, 1)), "a proof of one's own key says nothing about another's")
	old := r.proved(lp, "lp", home, "ppc", false)
	r.pass(31 * time.Minute)
	require.Equal(t, refusal(http.StatusUnauthorized, "req is too old, or from the future: sign a new one"), r.postAs(me, "/register", old))
}

func TestAHardenedKeyHasOneAddressAndOneSigner(t *testing.T) {
	r := hardened(t)
	lp, me, other := r.account("lp"), someone("me"), someone("other")
	ask := func(who *person, address string, rebind bool) said {
		r.pass(time.Hour)
		return r.postAs(who, "/register", r.proved(lp, "lp", address, "btc", rebind))
	}
	address := func() string {
		known, err := r.ports.Ledger.Registrations(t.Context(), "lp", r.clock.Now())
		require.NoError(t, err)
		return known[0].Address
	}
	taken := refusal(http.StatusConflict, already)
	waits := yes("address and signer change after a delay, unless the present signer registers again")

	require.Equal(t, yes(registered), ask(me, home, false))
	require.Equal(t, no(already), ask(me, home, false), "to say the same again is fine")
	require.Equal(t, taken, ask(me, thief, false))
	require.Equal(t, taken, ask(other, home, false), "whoever got hold of the key at the exchange has not got the account")
	require.Equal(t, taken, ask(other, thief, false))

	require.Equal(t, waits, ask(other, thief, true))
	require.Equal(t, http.StatusNotFound, r.getAs(other, "/lp/orders").code, "not before its time")
	r.pass(70 * time.Hour)
	require.Equal(t, home, address())
	require.Equal(t, no(already), ask(me, home, false), "the owner takes it back")
	r.pass(10 * 24 * time.Hour)
	require.Equal(t, home, address())
	require.Equal(t, http.StatusOK, r.getAs(me, "/lp/orders").code)

	require.Equal(t, waits, ask(other, thief, true), "a lost signing key is replaced the same way")
	r.pass(72 * time.Hour)
	require.Equal(t, thief, address())
	require.Equal(t, http.StatusOK, r.getAs(other, "/lp/orders").code)
	require.Equal(t, http.StatusNotFound, r.getAs(me, "/lp/orders").code)
	require.Equal(t, yes(registered), r.postAs(other, "/register", r.proved(lp, "lp", thief, "ppc", false)), "another unit goes with the key")
}

func TestHardenedLiquidityIsTheOwnersAlone(t *testing.T) {
	r := hardened(t)
	lp, me, other := r.account("lp"), someone("me"), someone("other")
	first := r.proved(lp, "lp", home, "btc", false)
	require.Equal(t, yes(registered), r.postAs(me, "/register", first))
	require.Equal(t, refusal(http.StatusConflict, "req was used before: sign a new one"), r.postAs(me, "/liquidity", first), "a proof registers or counts")
	r.place(lp, "b", nbtBTC, exchange.Bid, "2500", "0.004")
	unknown := refusal(http.StatusNotFound, "user lp is not registered")

	require.Equal(t, http.StatusUnauthorized, r.post("/liquidity", r.proof(lp, nbtBTC)).code)
	require.Equal(t, unknown, r.postAs(other, "/liquidity", r.proof(lp, nbtBTC)))
	require.Equal(t, unknown, r.postAs(me, "/liquidity", r.proof(lp, nbtPPC)), "not registered for that unit")
	require.Equal(t, refusal(http.StatusUnauthorized, "req and sign must be a fresh proof that the key is yours"), r.postAs(me, "/liquidity", submitting("", "")), "no samples here")

	proof := r.proof(lp, nbtBTC)
	require.Equal(t, yes(saved), r.postAs(me, "/liquidity", proof))
	require.Equal(t, refusal(http.StatusConflict, "proof was used before"), r.postAs(me, "/liquidity", proof))
	require.Equal(t, http.StatusRequestEntityTooLarge, r.postAs(me, "/liquidity", `{"a":"`+strings.Repeat("a", 64<<10)+`"}`).code)

	r.round()
	require.Zero(t, r.statsOf(me).Total, "an order that was seen once may have been there for a moment only")
	require.Equal(t, yes(saved), r.postAs(me, "/liquidity", r.proof(lp, nbtBTC)))
	r.round()
	require.InDelta(t, 0.0125, r.statsOf(me).Total, 1e-12)
	require.Equal(t, unknown, r.getAs(other, "/lp/stats"))
	require.Equal(t, unknown, r.get("/lp/stats"))
	require.Equal(t, unknown, r.get("/api/v1/pool/lp/value"))
	require.Equal(t, http.StatusOK, r.getAs(me, "/api/v1/pool/lp/value").code)
	require.Equal(t, refusal(http.StatusNotFound, "user nobody is not registered"), r.getAs(me, "/nobody/stats"))
}

// statsOf is what the owner sees of himself.
func (r *rig) statsOf(p *person) (s stats) {
	r.t.Helper()
	r.into(r.getAs(p, "/lp/stats"), &s)
	return s
}

func TestHardenedStatusCodes(t *testing.T) {
	r := hardened(t, "  ppc: {fixed: 0.5}", "  ppc: {main: {venue: kraken, pair: PPC/USD}, backups: [{venue: binance, pair: PPC/USD}]}")
	lp, me := r.account("lp"), someone("me")
	require.Equal(t, yes(registered), r.postAs(me, "/register", r.proved(lp, "lp", home, "btc", false)))
	require.Equal(t, yes(registered), r.postAs(me, "/register", r.proved(lp, "lp", home, "ppc", false)))
	r.place(lp, "b", nbtPPC, exchange.Bid, "1", "2")
	require.Equal(t, refusal(http.StatusServiceUnavailable, "unable to fetch current price for ppc"), r.postAs(me, "/liquidity", r.proof(lp, nbtPPC)))
	require.Equal(t, refusal(http.StatusNotFound, "404 "+r.url+"/nope not found: "), r.get("/nope"))
	require.Equal(t, refusal(http.StatusMethodNotAllowed, "405 error. Incorrect HTTP method used: "), r.get("/register"))
	require.NoError(t, r.ports.Close())
	gone := refusal(http.StatusServiceUnavailable, "the pool cannot reach its database")
	require.Equal(t, gone, r.get("/status"))
	require.Equal(t, gone, r.get("/health"))
	require.Equal(t, "5", r.retryAfter(me, "/status", false))
	require.Equal(t, http.StatusServiceUnavailable, r.postAs(me, "/liquidity", r.proof(lp, nbtBTC)).code)
	require.Equal(t, http.StatusServiceUnavailable, r.getAs(me, "/lp/orders").code)
}

func TestOnceMoreThanTheLimitIsOnceTooOftenUntilTheTimeThatIsSaid(t *testing.T) {
	for _, row := range []struct {
		path  string
		post  bool
		burst int
		wait  time.Duration
	}{
		{"/", false, 120, time.Second},
		{"/health", false, 120, time.Second},
		{"/nope", false, 120, time.Second},
		{"/exchanges", false, 60, 2 * time.Second},
		{"/status", false, 60, 2 * time.Second},
		{"/lp/orders", false, 30, 2 * time.Second},
		{"/lp/stats", false, 30, 2 * time.Second},
		{"/api/v1/pool/lp/value", false, 30, 2 * time.Second},
		{"/register", true, 3, 12 * time.Minute},
		{"/liquidity", true, 6, 30 * time.Second},
	} {
		t.Run(row.path, func(t *testing.T) {
			r := hardened(t)
			me := someone("me")
			ask := func() said {
				if row.post {
					text := submitting("", "")
					if row.path == "/register" {
						text = registering("", "")
					}
					return r.postAs(me, row.path, text)
				}
				return r.getAs(me, row.path)
			}
			for i := range row.burst {
				require.NotEqual(t, http.StatusTooManyRequests, ask().code, i)
			}
			require.Equal(t, refusal(http.StatusTooManyRequests, "too many requests"), ask())
			require.Equal(t, fmt.Sprint(int(row.wait.Seconds())), r.retryAfter(me, row.path, row.post))
			r.clock.Add(row.wait - time.Second)
			require.Equal(t, http.StatusTooManyRequests, ask().code)
			r.clock.Add(time.Second)
			require.NotEqual(t, http.StatusTooManyRequests, ask().code)
		})
	}
}

// retryAfter asks once too often and returns the header.
func (r *rig) retryAfter(p *person, path string, post bool) string {
	r.t.Helper()
	method, text := http.MethodGet, ""
	if post {
		method, text = http.MethodPost, submitting("address", `"`+home+`"`)
		text = strings.Replace(text, "{", `{"address":"`+home+`",`, 1)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(text))
	require.NoError(r.t, err)
	for name, value := range p.seal(r, method, path, text) {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(r.t, err)
	require.NoError(r.t, answer.Body.Close())
	return answer.Header.Get("Retry-After")
}

func TestManyActorsAtOneAddressShareFiveTimesTheLimit(t *testing.T) {
	r := hardened(t)
	for i := range 15 {
		require.NotEqual(t, http.StatusTooManyRequests, r.postAs(someone(fmt.Sprint(i)), "/register", registering("", "")).code, i)
	}
	require.Equal(t, http.StatusTooManyRequests, r.postAs(someone("another"), "/register", registering("", "")).code)
}

func TestBehindAProxyItSaysWhoAsks(t *testing.T) {
	r := hardened(t, "proxy: false", "proxy: true")
	from := func(forwarded string) int {
		return r.do(http.MethodGet, "/exchanges", map[string]string{"X-Forwarded-For": forwarded}, "").code
	}
	for i := range 60 {
		require.Equal(t, http.StatusOK, from(fmt.Sprintf("10.0.0.%d, 1.2.3.4", i)), "what the asker says of himself does not count")
	}
	require.Equal(t, http.StatusTooManyRequests, from("10.0.0.99, 1.2.3.4"))
	require.Equal(t, http.StatusOK, from("1.2.3.5"))
}

func TestSamplingComesAtAMomentThatTheProviderDoesNotChoose(t *testing.T) {
	r := hardened(t)
	lp, me := r.account("lp"), someone("me")
	r.delay = 2 * time.Second
	r.serve()
	asked := make(chan said)
	ask := func(path, text string) {
		header := me.seal(r, http.MethodPost, path, text)
		go func() { asked <- r.do(http.MethodPost, path, header, text) }()
	}
	wait := func() (got said, waited time.Duration) {
		for {
			select {
			case got = <-asked:
				return got, waited
			default:
				r.clock.Add(100 * time.Millisecond) // gives way to those who wait
				waited += 100 * time.Millisecond
			}
		}
	}
	ask("/register", r.proved(lp, "lp", home, "btc", false))
	got, waited := wait()
	require.Equal(t, yes(registered), got)
	require.GreaterOrEqual(t, waited, 2*time.Second)

	r.place(lp, "b", nbtBTC, exchange.Bid, "1", "0.004")
	ask("/liquidity", r.proof(lp, nbtBTC))
	require.NoError(t, lp.Cancel(t.Context(), nbtBTC, "b"))
	got, _ = wait()
	require.Equal(t, yes("no orders found"), got, "it was there when the request came, and not when the pool looked")
}

func TestLogsKeepSecrets(t *testing.T) {
	r := hardened(t)
	const user = "a-public-key-of-an-exchange-0123456789"
	lp, me := r.account(user), someone("me")
	text := r.proved(lp, user, home, "btc", false)
	r.postAs(me, "/register", text)
	proof := r.proof(lp, nbtBTC)
	r.postAs(me, "/liquidity", proof)
	r.postAs(me, "/liquidity", strings.Replace(r.proof(lp, nbtBTC), `"sign":"`, `"sign":"00`, 1))
	r.round()
	require.NotZero(t, r.logged.Len())
	var all strings.Builder
	for _, entry := range r.logged.All() {
		fmt.Fprintln(&all, entry.Message, entry.ContextMap())
	}
	for _, body := range []string{text, proof} {
		var sent struct{ Sign string }
		require.NoError(t, json.Unmarshal([]byte(body), &sent))
		require.NotContains(t, all.String(), sent.Sign)
	}
	require.NotContains(t, all.String(), user)
	require.Contains(t, all.String(), "...6789", "though enough to find it")
}
