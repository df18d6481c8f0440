package wire_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

const html = "text/html; charset=UTF-8"

func TestEveryAnswerBeforeAnythingHappened(t *testing.T) {
	r := open(t)
	exchanges := `{"test_exchange":{` +
		`"btc":{"ask":{"rank_1":{"ratio":1.0,"tolerance":0.0105},"rank_2":{"ratio":0.0,"tolerance":1.0},"ratio":0.5},` +
		`"bid":{"rank_1":{"ratio":1.0,"tolerance":0.0105},"rank_2":{"ratio":0.0,"tolerance":1.0},"ratio":0.5},"reward":0.025,"target":2500.0},` +
		`"ppc":{"ask":{"rank_1":{"ratio":1.0,"tolerance":0.0105},"rank_2":{"ratio":0.0,"tolerance":1.0},"ratio":0.6},` +
		`"bid":{"rank_1":{"ratio":0.8,"tolerance":0.0105},"rank_2":{"ratio":0.2,"tolerance":1.0},"ratio":0.4},"reward":0.025,"target":1500.0}}}`
	unknown := func(path string) said {
		return said{http.StatusNotFound, html, `{"success":false,"message":"404 ` + r.url + path + ` not found: "}`}
	}
	wrong := said{http.StatusMethodNotAllowed, html, `{"success":false,"message":"405 error. Incorrect HTTP method used: "}`}
	for _, row := range []struct {
		name, method, path string
		want               said
	}{
		{"the root says that it works", "GET", "/", yes("ALP Server is operational")},
		{"health", "GET", "/health", yes("ok")},
		{"the markets, without an envelope", "GET", "/exchanges", ok(exchanges)},
		{"no status before the first round, under another key", "GET", "/status", ok(`{"message":"no statistics exist yet.","status":false}`)},
		{"orders of nobody", "GET", "/nobody/orders", no("user nobody is not registered")},
		{"stats of nobody", "GET", "/nobody/stats", no("user nobody is not registered")},
		{"prices, before there was a round", "GET", "/api/v1/pool/prices", ok(fmt.Sprintf(`{"success":true,"message":{"btc":[250.0,0.004],"ppc":[0.5,2.0]},"server_time":%d}`, start.Unix()))},
		{"value of nobody", "GET", "/api/v1/pool/nobody/value", no("user nobody is not registered")},
		{"nobody's name is anything", "GET", "/a%2Fb%20%3Cb%3E/orders", no(`user a/b \u003cb\u003e is not registered`)},
		{"an unknown path, with its query", "GET", "/nope?a=1", unknown("/nope?a=1")},
		{"an unknown path of several parts", "GET", "/a/b/c", unknown("/a/b/c")},
		{"a trailing slash", "GET", "/status/", unknown("/status/")},
		{"a trailing slash behind a user", "GET", "/nobody/stats/", unknown("/nobody/stats/")},
		{"two slashes", "GET", "//status", unknown("//status")},
		{"a path that climbs", "GET", "/a/../status", unknown("/a/../status")},
		{"an unknown path, whatever the method", "DELETE", "/nope", unknown("/nope")},
		{"HTML in a path stays text", "GET", "/%3Cscript%3E?%3Cscript%3E<b>", unknown(`/%3Cscript%3E?%3Cscript%3E\u003cb\u003e`)},
		{"to post to the root", "POST", "/", wrong},
		{"to post to the markets", "POST", "/exchanges", wrong},
		{"to post to the status", "POST", "/status", wrong},
		{"to post to a user's orders", "POST", "/nobody/orders", wrong},
		{"to get what is posted", "GET", "/register", wrong},
		{"to get the other that is posted", "GET", "/liquidity", wrong},
		{"to put", "PUT", "/liquidity", wrong},
		{"to delete the markets", "DELETE", "/exchanges", wrong},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, r.do(row.method, row.path, nil, ""))
		})
	}
}

func TestHEADWorksWhereGETDoes(t *testing.T) {
	r := open(t)
	for _, path := range []string{"/", "/exchanges", "/status", "/favicon.ico", "/nobody/orders", "/nobody/stats"} {
		got := r.do(http.MethodHead, path, nil, "")
		require.Equal(t, http.StatusOK, got.code, path)
		require.Equal(t, r.get(path).kind, got.kind, path)
		require.Empty(t, got.body, path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, r.do(http.MethodHead, "/register", nil, "").code)
	icon := r.get("/favicon.ico")
	require.Equal(t, "image/x-icon", icon.kind)
	require.NotEmpty(t, icon.body)
}

// valid returns a body that is accepted, with one field said otherwise; "" leaves
// it out.
func valid(fields []string, values map[string]string, field, value string) string {
	var parts []string
	for _, f := range fields {
		v := values[f]
		if f == field {
			v = value
		}
		if v != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", f, v))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func registering(field, value string) string {
	return valid([]string{"user", "address", "exchange", "unit"},
		map[string]string{"user": `"lp"`, "address": `"` + home + `"`, "exchange": `"test_exchange"`, "unit": `"btc"`}, field, value)
}

func submitting(field, value string) string {
	return valid([]string{"user", "req", "sign", "exchange", "unit"},
		map[string]string{"user": `"lp"`, "req": `{"a":1}`, "sign": `"s"`, "exchange": `"test_exchange"`, "unit": `"btc"`}, field, value)
}

// noJSON is every way in which a header or a body is refused, for both POSTs.
func noJSON(t *testing.T, r *rig, path, body string) {
	t.Helper()
	header := no("Content-Type header must be set to 'application/json'")
	bad := no("request body must be valid json")
	for _, row := range []struct {
		name, kind, body string
		want             said
	}{
		{"no header", "", body, header},
		{"another media type", "text/json", body, header},
		{"a form", "application/x-www-form-urlencoded", body, header},
		{"a header that cannot be read", "application/json; charset", body, header},
		{"the header comes before the body", "", "", header},
		{"no body", "application/json", "", bad},
		{"no JSON", "application/json", "user=lp", bad},
		{"half of it", "application/json", body[:len(body)-1], bad},
		{"more than it", "application/json", body + body, bad},
		{"an array", "application/json", "[" + body + "]", bad},
		{"a string", "application/json", `"a"`, bad},
		{"a number", "application/json", "1", bad},
		{"null", "application/json", "null", bad},
		{"too long", "application/json", `{"a":"` + strings.Repeat("a", 64<<10) + `"}`, said{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := r.do(http.MethodPost, path, map[string]string{"Content-Type": row.kind}, row.body)
			if row.want == (said{}) {
				require.Equal(t, http.StatusRequestEntityTooLarge, got.code)
				require.Equal(t, "application/json", got.kind)
				require.Contains(t, got.body, `{"success":false,"message":"request body must be at most `)
				return
			}
			require.Equal(t, row.want, got)
		})
	}
}

// nothing is every value that counts as missing.
var nothing = []string{"", "null", `""`, "0", "0.0", "-0", "0e5", "false", "{}", "[]"}

func TestRegisterChecksInThisOrder(t *testing.T) {
	r := open(t)
	noJSON(t, r, "/register", registering("", ""))
	for _, field := range []string{"user", "address", "exchange", "unit"} {
		for _, value := range nothing {
			require.Equal(t, no("no "+field+" provided"), r.post("/register", registering(field, value)), "%s %s", field, value)
		}
	}
	prefix := func(a string) said { return no(a + " is not a valid NBT address. It should start with a 'B'") }
	checksum := func(a string) said { return no(a + " is not a valid NBT address. The checksum doesn't match") }
	for _, row := range []struct {
		name, body string
		want       said
	}{
		{"what is missing is told in order", `{}`, no("no user provided")},
		{"user before address", `{"unit":"x","exchange":"y"}`, no("no user provided")},
		{"address before exchange", `{"user":"lp"}`, no("no address provided")},
		{"exchange before unit", `{"user":"lp","address":"A"}`, no("no exchange provided")},
		{"all fields before their values", `{"user":"lp","address":"A","exchange":"y"}`, no("no unit provided")},
		{"an address of another coin", registering("address", `"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"`), prefix("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")},
		{"a blank before the address counts", registering("address", `" `+home+`"`), prefix(" " + home)},
		{"a number for an address", registering("address", "12345"), prefix("12345")},
		{"true for an address", registering("address", "true"), prefix("true")},
		{"an object for an address", registering("address", `{"a":1}`), prefix(`{\"a\":1}`)},
		{"an address with a typing error", registering("address", `"`+mistype+`"`), checksum(mistype)},
		{"one letter", registering("address", `"B"`), checksum("B")},
		{"an address that is not base58", registering("address", `"B0OIl"`), checksum("B0OIl")},
		{"an endless address is not repeated whole", registering("address", `"B`+strings.Repeat("x", 1000)+`"`), checksum("B" + strings.Repeat("x", 199) + "...")},
		{"the address before the exchange", `{"user":"lp","address":"A","exchange":"y","unit":"z"}`, prefix("A")},
		{"an exchange that is not there", registering("exchange", `"mtgox"`), no("mtgox is not supported")},
		{"a number for an exchange", registering("exchange", "7"), no("7 is not supported")},
		{"a unit that is not there", registering("unit", `"xrp"`), no("xrp is not supported on test_exchange")},
		{"a list for a unit", registering("unit", `["btc"]`), no(`[\"btc\"] is not supported on test_exchange`)},
		{
			"a key that is none", registering("user", `"`+strings.Repeat("k", 121)+`"`),
			no(`\"` + strings.Repeat("k", 40) + `\" is not a valid user: must have at most 120 bytes and no control characters`),
		},
		{"a key with a NUL in it", registering("user", `"a\u0000b"`), no(`\"a\\x00b\" is not a valid user: must have at most 120 bytes and no control characters`)},
		{"all is well", registering("", ""), yes("user successfully registered")},
		{"once more", registering("", ""), no("user is already registered")},
		{"once more, with blanks in the address", registering("address", `"BMJ2PJ1TNM wnTYUopQVxBrAPmmJjJjhd96 "`), no("user is already registered")},
		{"another unit", registering("unit", `"ppc"`), yes("user successfully registered")},
		{"another user at the same address", registering("user", `"lp2"`), yes("user successfully registered")},
		{"a number for a user is a name like any other", registering("user", "42"), yes("user successfully registered")},
		{"fields that nobody knows do not matter", strings.Replace(registering("user", `"lp3"`), "{", `{"color":"red",`, 1), yes("user successfully registered")},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, r.post("/register", row.body)) })
	}
	require.Equal(t, http.StatusOK, r.get("/42/orders").code)
}

func TestLiquidityChecksInThisOrder(t *testing.T) {
	r := open(t, "  ppc: {fixed: 0.5}",
		"  ppc: {main: {venue: kraken, pair: PPC/USD}, backups: [{venue: binance, pair: PPC/USD}]}")
	noJSON(t, r, "/liquidity", submitting("", ""))
	for _, field := range []string{"user", "sign", "exchange", "unit", "req"} {
		for _, value := range nothing {
			require.Equal(t, no("no "+field+" provided"), r.post("/liquidity", submitting(field, value)), "%s %s", field, value)
		}
	}
	r.register("lp", home, "btc")
	r.register("lp2", home, "ppc")
	for _, row := range []struct {
		name, body string
		want       said
	}{
		{"what is missing is told in order", `{}`, no("no user provided")},
		{"sign before exchange", `{"user":"lp"}`, no("no sign provided")},
		{"exchange before unit", `{"user":"lp","sign":1}`, no("no exchange provided")},
		{"unit before req", `{"user":"lp","sign":1,"exchange":"y"}`, no("no unit provided")},
		{"req last, and before any value", `{"user":"lp","sign":1,"exchange":"y","unit":"z"}`, no("no req provided")},
		{"an exchange that is not there", submitting("exchange", `"mtgox"`), no("mtgox is not supported")},
		{"a unit that is not there", submitting("unit", `"xrp"`), no("xrp is not supported on test_exchange")},
		{"a user that is not there", submitting("user", `"nobody"`), no("user nobody is not registered")},
		{"a number for a user", submitting("user", "5"), no("user 5 is not registered")},
		{"the market before the user", `{"user":"nobody","sign":1,"exchange":"y","unit":"z","req":1}`, no("y is not supported")},
		{"a unit without a price", strings.Replace(submitting("user", `"lp2"`), `"btc"`, `"ppc"`, 1), no("unable to fetch current price for ppc")},
		{"all is well", submitting("", ""), yes("orders saved for validation")},
		{"any req will do for a sample", submitting("req", `"x"`), yes("orders saved for validation")},
		{"a number for a req", submitting("req", "1"), yes("orders saved for validation")},
		{"a list for a req", submitting("req", "[1]"), yes("orders saved for validation")},
		{"true for a sign", submitting("sign", "true"), yes("orders saved for validation")},
		{"fields that nobody knows do not matter", strings.Replace(submitting("", ""), "{", `{"color":"red",`, 1), yes("orders saved for validation")},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, r.post("/liquidity", row.body)) })
	}
	require.Len(t, r.orders("lp"), 10, "a sample is one for the whole minute, however often it is asked for")
}

func TestARoundAsEverybodySeesIt(t *testing.T) {
	r := open(t)
	lp, other := r.account("lp"), r.account("other")
	r.register("lp", home, "btc")
	r.register("other", home, "btc")
	r.place(lp, "b1", nbtBTC, exchange.Bid, "600", "0.00399")    // 0.25 % off the peg of 0.004
	r.place(lp, "b2", nbtBTC, exchange.Bid, "100", "0.0035")     // 12.5 %
	r.place(other, "b1", nbtBTC, exchange.Bid, "200", "0.00396") // 1 %
	r.place(other, "a1", nbtBTC, exchange.Ask, "100", "0.004")
	require.Equal(t, yes("orders saved for validation"), r.post("/liquidity", r.proof(lp, nbtBTC)))
	require.Equal(t, yes("orders saved for validation"), r.post("/liquidity", r.proof(other, nbtBTC)))

	waits := r.orders("lp")
	require.Len(t, waits, 2)
	require.Equal(t, order{ID: 2, OrderID: "2", Unit: "btc", Side: "bid", Rank: "rank_2", Deviation: 0.125, Tolerance: 1, Amount: 100, Price: 0.0035, Peg: 0.004}, waits[0])
	require.Equal(t, order{ID: 1, OrderID: "1", Unit: "btc", Side: "bid", Rank: "rank_1", Deviation: 0.0025, Tolerance: 0.0105, Amount: 600, Price: 0.00399, Peg: 0.004}, waits[1])

	r.round()
	at, now := start.Add(time.Minute), r.clock.Now().Unix()
	// 1000 of 2500 liquid: pot 0.01, half a side; bids 600 and 200 share theirs 3:1.
	require.Equal(t, ok(fmt.Sprintf(`{"message":{"meta":{"last-credit-time":%d,"next-payout-time":%d,"number-of-orders":4,"number-of-users":2,"number-of-users-active":2},`+
		`"prices":{"btc":[250.0,0.004],"ppc":[0.5,2.0]},`+
		`"rewards":{"test_exchange":{"btc":{"ask":{"rank_1":0.005,"rank_2":0.0},"bid":{"rank_1":0.005,"rank_2":0.0}},`+
		`"ppc":{"ask":{"rank_1":0.0,"rank_2":0.0},"bid":{"rank_1":0.0,"rank_2":0.0}}}},`+
		`"totals":{"test_exchange":{"btc":{"ask":{"rank_1":100.0,"rank_2":0.0,"total":100.0},"bid":{"rank_1":800.0,"rank_2":100.0,"total":900.0},"total":1000.0},`+
		`"ppc":{"ask":{"rank_1":0.0,"rank_2":0.0,"total":0.0},"bid":{"rank_1":0.0,"rank_2":0.0,"total":0.0},"total":0.0}}}},`+
		`"server_time":%d,"server_up_time":60,"status":true}`, at.Unix(), start.Add(24*time.Hour).Unix(), now)), r.get("/status"))

	require.Equal(t, ok(fmt.Sprintf(`{"success":true,"message":[`+
		`{"id":2,"order_id":"2","exchange":"test_exchange","unit":"btc","side":"bid","rank":"rank_2","order_amount":100.0,"order_price":0.0035,"server_price":0.004,`+
		`"deviation":0.125,"tolerance":1.0,"credited":1,"credit_info":{"credited_time":%[1]d,"percentage_of_rank":100.0,"credit_amount":0.0,`+
		`"unit_total_liquidity":1000.0,"unit_target":2500.0,"unit_reward":0.025,"calculated_unit_reward":0.01,"side_ratio":0.5,"side_reward":0.005,`+
		`"rank_total_liquidity":100.0,"rank_reward":0.0,"rank_ratio":0.0}},`+
		`{"id":1,"order_id":"1","exchange":"test_exchange","unit":"btc","side":"bid","rank":"rank_1","order_amount":600.0,"order_price":0.00399,"server_price":0.004,`+
		`"deviation":0.0025,"tolerance":0.0105,"credited":1,"credit_info":{"credited_time":%[1]d,"percentage_of_rank":75.0,"credit_amount":0.00375,`+
		`"unit_total_liquidity":1000.0,"unit_target":2500.0,"unit_reward":0.025,"calculated_unit_reward":0.01,"side_ratio":0.5,"side_reward":0.005,`+
		`"rank_total_liquidity":800.0,"rank_reward":0.005,"rank_ratio":1.0}}],"server_time":%[2]d}`, at.Unix(), now)), r.get("/lp/orders"))

	require.Equal(t, ok(fmt.Sprintf(`{"success":true,"message":{"current_reward":0.00625,"history":[{"provided":300.0,"reward":0.00625,"round_time":%d}],"total_reward":0.00625},"server_time":%d}`,
		at.Unix(), now)), r.get("/other/stats"))
	require.Equal(t, ok(fmt.Sprintf(`{"success":true,"message":{"assumption":"all funds stand in credited orders: what was brought or taken away counts as won or lost",`+
		`"rounds":[{"profit":0.00375,"provided":700.0,"reward":0.00375,"rewards":0.00375,"round_time":%d}]},"server_time":%d}`, at.Unix(), now)), r.get("/api/v1/pool/lp/value"))
}

func TestNothingIsCreditedOnceTheOrdersAreGone(t *testing.T) {
	r := open(t)
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.place(lp, "b1", nbtBTC, exchange.Bid, "600", "0.004")
	r.post("/liquidity", r.proof(lp, nbtBTC))
	r.round()
	earned := r.stats("lp")
	require.InDelta(t, 0.003, earned.Total, 1e-12)

	require.NoError(t, lp.Cancel(t.Context(), nbtBTC, "b1"))
	require.Equal(t, yes("no orders found"), r.post("/liquidity", r.proof(lp, nbtBTC)))
	r.round()
	require.Equal(t, earned, r.stats("lp"), "a round in which nobody earned is not in the history")
	require.Len(t, r.orders("lp"), 1)
}

func TestHistoryShowsFiftyRoundsAndOrdersAHundred(t *testing.T) {
	r := open(t)
	for _, user := range []string{"lp", "late"} {
		r.register(user, home, "btc")
	}
	for range 52 {
		require.Equal(t, yes("orders saved for validation"), r.post("/liquidity", submitting("", "")))
		r.round()
	}
	s := r.stats("lp")
	require.Len(t, s.History, 50)
	require.Equal(t, r.clock.Now().Unix(), s.History[0].At, "newest first")
	require.Greater(t, s.History[0].At, s.History[49].At)
	require.Len(t, r.orders("lp"), 100)
	require.Equal(t, 520, r.orders("lp")[0].ID)

	late := r.stats("late")
	require.Len(t, late.History, 50, "rounds in which anybody earned")
	require.Zero(t, late.History[0].Reward)
	require.Zero(t, late.History[0].Provided)
}

func TestTheStatusIsFreshWithinSeconds(t *testing.T) {
	r := open(t)
	r.round()
	before := r.get("/status")
	r.register("lp", home, "btc")
	require.Equal(t, before.body, r.get("/status").body)
	r.clock.Add(3 * time.Second)
	require.Contains(t, r.get("/status").body, `"number-of-users":1,`)
}
