package rest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hundredAndOne is one instrument more than may be asked about at once.
func hundredAndOne(item func(isin string) string) string {
	var all []string
	for i := range 101 {
		all = append(all, item(fmt.Sprintf("IN00%08d", i)))
	}
	return strings.Join(all, ",")
}

func TestBadQuestionsAreNamed(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	isins := func(s string) string { return `{"isins":[` + s + `]}` }
	for _, row := range []struct {
		name, who, line, body string
		code                  int
		problem, detail       string
	}{
		{"a stranger", "", "GET /" + bond, "", 401, "unauthenticated", "Authorization"},
		{"a bank", "anna", "GET /" + bond, "", 403, "forbidden", "anna"},
		{"an operator", "olga", "GET /" + bond, "", 403, "forbidden", "olga"},
		{"what is no ISIN", "rosa", "GET /not-an-isin", "", 400, "malformed", `path.isin "not-an-isin": must be an ISIN`},
		{"an ISIN of small letters", "rosa", "GET /in0012345678", "", 400, "malformed", "path.isin"},
		{"an ISIN that is too long", "rosa", "GET /" + strings.Repeat("A", 65), "", 422, "invalid", "path.isin"},
		{"an instrument that nobody knows", "rosa", "GET /IN0000000000", "", 404, "not_found", "unknown instrument: IN0000000000"},
		{"a mode that is none", "rosa", "GET /" + bond + "?mode=slow", "", 400, "malformed", `query.mode "slow": must be fast or accurate`},
		{"a detail that is none", "fred", "GET /" + bond + "?detail=audit", "", 400, "malformed", `query.detail "audit": must be summary or full`},
		{"a size below nothing", "rosa", "GET /" + bond + "?trade_size=-5", "", 400, "malformed", `query.trade_size "-5": must be a plain number > 0`},
		{"no size at all", "rosa", "GET /" + bond + "?trade_size=0", "", 400, "malformed", "query.trade_size"},
		{"a size that is no number", "rosa", "GET /" + bond + "?trade_size=NaN", "", 400, "malformed", "query.trade_size"},
		{"a size without an end", "rosa", "GET /" + bond + "?trade_size=Infinity", "", 400, "malformed", "query.trade_size"},
		{"a size with an exponent", "rosa", "GET /" + bond + "?trade_size=1e6", "", 400, "malformed", "query.trade_size"},
		{"a size with too many digits", "rosa", "GET /" + bond + "?trade_size=1000000000000000000", "", 400, "malformed", "query.trade_size"},
		{"retail that wants all of it", "rosa", "GET /" + bond + "?detail=full", "", 403, "forbidden", "retail"},
		{"compliance that insists", "cora", "GET /" + bond + "?mode=accurate", "", 403, "forbidden", "must be fast"},
		{"retail that insists", "rosa", "GET /" + bond + "?mode=accurate", "", 403, "forbidden", "must be fast"},
		{"a parameter that nobody knows", "rosa", "GET /" + bond + "?size=5", "", 422, "invalid", "query.size"},
		{"an audit by a professional", "fred", "GET /audit/" + bond, "", 403, "forbidden", "fred"},
		{"an audit of no time", "cora", "GET /audit/" + bond + "?as_of=garbage", "", 400, "malformed", `query.as_of "garbage"`},
		{"an audit of tomorrow", "cora", "GET /audit/" + bond + "?as_of=2024-12-02T00:00:00Z", "", 400, "malformed", "not in the future"},
		{"an audit of an unknown instrument", "cora", "GET /audit/IN0000000000", "", 404, "not_found", "IN0000000000"},
		{"an audit before the first look", "cora", "GET /audit/" + bond, "", 409, "before_first_record", bond},
		{"nothing to recompute", "rita", "POST /recompute", isins(""), 400, "malformed", "body.isins"},
		{"nothing said of what to recompute", "rita", "POST /recompute", `{"mode":"fast"}`, 400, "malformed", "body.isins"},
		{"more than a hundred to recompute", "rita", "POST /recompute", isins(hundredAndOne(func(i string) string { return `"` + i + `"` })), 413, "too_large", "body.isins of 101: must be at most 100"},
		{"a mode that is none, to recompute", "rita", "POST /recompute", `{"isins":["` + bond + `"],"mode":"slow"}`, 400, "malformed", "body.mode"},
		{"the same twice", "rita", "POST /recompute", isins(`"` + bond + `","` + bond + `"`), 400, "malformed", "body.isins[1]"},
		{"no ISIN to recompute", "rita", "POST /recompute", isins(`"x"`), 400, "malformed", `body.isins[0] "x"`},
		{"an unknown instrument to recompute", "rita", "POST /recompute", isins(`"IN0000000000"`), 404, "not_found", "IN0000000000"},
		{"a job that nobody knows", "rita", "GET /recompute/none", "", 404, "not_found", `id "none"`},
		{"a list that is too long", "rosa", "GET /instruments?limit=501", "", 422, "invalid", "query.limit"},
		{"a list after nothing", "rosa", "GET /instruments?after=x", "", 400, "malformed", "query.after"},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer := r.Ask(row.who, row.line, row.body)
			if answer.Code == 429 {
				r.restart() // a new process has counted nothing yet
				answer = r.Ask(row.who, row.line, row.body)
			}
			answer.To(t).Refused(row.code, row.problem, row.detail)
		})
	}
}

func TestWhatCannotBeTrueIsNotKept(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	good := r.Ask("fred", "GET /"+bond, "").Is(200)["inputs_hash"]
	other := book("IN0087654321", "1", "2", start)
	with := func(body, was, is string) string {
		require.Contains(t, body, was)
		return items(other, strings.Replace(body, was, is, 1))
	}
	one := func(body, was, is string) string {
		require.Contains(t, body, was)
		return items(strings.Replace(body, was, is, 1))
	}
	b, a, m, d, k := book(bond, "100.50", "100.75", start), auction(bond, start), maker(bond, start), metadata(bond, start), risks(bond, start)
	for _, row := range []struct {
		name, who, line, body string
		code                  int
		problem, detail       string
	}{
		{"a person", "rita", "POST /microstructure", items(b), 403, "forbidden", "rita"},
		{"who is no feed", "desk", "POST /microstructure", items(b), 403, "forbidden", "desk: must be the name of a feed"},
		{"nothing", "core", "POST /microstructure", items(), 400, "malformed", "body.items"},
		{"nothing said of items", "core", "POST /microstructure", `{}`, 400, "malformed", "body.items"},
		{"no word of sales", "core", "POST /outcomes", `{}`, 400, "malformed", "body.items"},
		{"too much", "core", "POST /microstructure", items(hundredAndOne(func(i string) string { return book(i, "1", "2", start) })), 413, "too_large", "body.items of 101"},
		{"the same twice", "core", "POST /microstructure", items(b, b), 400, "malformed", "items[0] too"},
		{"a crossed book", "core", "POST /microstructure", with(b, `"bid":100.50`, `"bid":100.76`), 422, "crossed_book", "must be at most Ask 100.75"},
		{"a book of nothing", "core", "POST /microstructure", with(b, `"bid":100.50`, `"bid":0`), 422, "invalid", "Microstructure.Bid 0"},
		{"a negative age", "core", "POST /microstructure", with(b, `_s":300`, `_s":-1`), 422, "invalid", "time_since_last_trade_s"},
		{"a negative size bid", "core", "POST /microstructure", with(b, `"bid_size":1000000`, `"bid_size":-1`), 400, "malformed", `body.items[1].bid_size "-1": must be >= 0`},
		{"a negative size asked", "core", "POST /microstructure", with(b, `"ask_size":1000000`, `"ask_size":-1`), 400, "malformed", "body.items[1].ask_size"},
		{"a negative depth", "core", "POST /microstructure", with(b, `"l2_depth_qty":5000000`, `"l2_depth_qty":-0.5`), 400, "malformed", `body.items[1].l2_depth_qty "-0.5"`},
		{"a negative volume", "core", "POST /microstructure", with(b, `"volume_face":10000000`, `"volume_face":-1`), 400, "malformed", "body.items[1].volume_face"},
		{"a negative size demanded", "core", "POST /auctions", one(a, `[100.25,2000000]`, `[100.25,-1]`), 400, "malformed", `body.items[0].demand_curve_points[1] "-1"`},
		{"a negative issue", "core", "POST /bonds", one(d, `"issue_size":1000000000`, `"issue_size":-1`), 400, "malformed", "body.items[0].issue_size"},
		{"negative inventory", "core", "POST /makers", one(m, `[500000,`, `[-1,`), 400, "malformed", `body.items[0].mm_inventory_band[0] "-1"`},
		{"a number that is a string", "core", "POST /microstructure", with(b, `"bid":100.50`, `"bid":"100.50"`), 422, "invalid", "body.items[1].bid"},
		{"a number with an exponent", "core", "POST /microstructure", with(b, `"bid":100.50`, `"bid":1e2`), 400, "malformed", "body.items[1].bid"},
		{"a book of no instrument", "core", "POST /microstructure", with(b, bond, "x"), 400, "malformed", "body.items[1].isin"},
		{"a book of tomorrow", "core", "POST /microstructure", with(b, "2024-12-01", "2024-12-02"), 422, "invalid", "Microstructure.At"},
		{"a book from before", "core", "POST /microstructure", with(b, "2024-12-01", "2024-11-30"), 409, "stale", "must not be before 2024-12-01T10:00:00Z"},
		{"a book without a time", "core", "POST /microstructure", with(b, `"timestamp"`, `"at"`), 422, "invalid", "timestamp"},
		{"an auction without a name", "core", "POST /auctions", one(a, `AUCTION_IN0012345678_20241201`, ``), 422, "invalid", "auction_id"},
		{"a point of demand that is none", "core", "POST /auctions", one(a, `[100.0,1000000]`, `[100.0]`), 422, "invalid", "demand_curve_points[0]"},
		{"demand at no price", "core", "POST /auctions", one(a, `[100.0,1000000]`, `[0,1000000]`), 422, "invalid", "Auction.Demand.Price 0"},
		{"inventory that falls", "core", "POST /makers", one(m, `[500000,1000000,2000000]`, `[500000,2000000,1000000]`), 422, "invalid", "Maker.Inventory.High"},
		{"inventory of two", "core", "POST /makers", one(m, `[500000,1000000,2000000]`, `[500000,2000000]`), 422, "invalid", "mm_inventory_band"},
		{"a bond of tomorrow", "core", "POST /bonds", items(metadata(bond, start.Add(24*time.Hour))), 422, "invalid", "Evidence.At"},
		{"a coupon that is too much", "core", "POST /bonds", one(d, `7.5`, `1001`), 422, "invalid", "Bond.CouponPct"},
		{"a maturity that is no date", "core", "POST /bonds", one(d, `2028-06-30`, `2028-06-31`), 422, "invalid", "maturity_date"},
		{"a category that nobody knows", "core", "POST /risks", one(k, `Leverage Risk`, `Luck`), 400, "malformed", `categories[4].name "Luck"`},
		{"a category twice", "core", "POST /risks", one(k, `Leverage Risk`, `Credit Risk`), 400, "malformed", "there once"},
		{"a score above all", "core", "POST /risks", one(k, `35.0`, `101`), 422, "invalid", "Facts.Liquidity"},
		{"neither a score nor inputs", "core", "POST /risks", one(k, `"score_0_100":45`, `"level":"low"`), 400, "malformed", "categories[4].score_0_100"},
		{"inputs of another category", "core", "POST /risks", one(k, `modified_duration`, `outlook`), 400, "malformed", "outlook"},
		{"facts from before", "core", "POST /risks", one(k, `2024-12-01`, `2024-11-30`), 409, "stale", "facts of " + bond},
		{"a sale of an unknown instrument", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), bond, "IN0000000000", 1)), 404, "not_found", "IN0000000000"},
		{"a sale of nothing", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), "100000", "0", 1)), 400, "malformed", `body.items[0].trade_size "0": must be > 0`},
		{"a sale that was bought", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), "100000", "-1", 1)), 400, "malformed", `body.items[0].trade_size "-1"`},
		{"a sale of tomorrow", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), "2024-12-01", "2030-01-01", 1)), 422, "invalid", `body.items[0].as_of "2030-01-01T10:00:00Z": must be at most 5s after the server's clock, which says 2024-12-01T10:00:00Z`},
		{"a sale of just too late", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), "10:00:00Z", "10:00:05.000001Z", 1)), 422, "invalid", "body.items[0].as_of"},
		{"a path that is none", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), `"path":"market_maker"`, `"path":"post"`, 1)), 422, "invalid", "path"},
		{"more than certain", "core", "POST /outcomes", items(strings.Replace(outcome("s", true), "0.9", "1.9", 1)), 422, "invalid", "Outcome.PredictedFill"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r.Ask(row.who, row.line, row.body).To(t).Refused(row.code, row.problem, row.detail)
		})
	}
	require.Equal(t, good, r.Ask("fred", "GET /"+bond, "").Is(200)["inputs_hash"])
	r.Ask("fred", "GET /IN0087654321", "").Refused(404, "not_found", "IN0087654321")
}

func TestAStrictServerWantsTheCheckDigit(t *testing.T) {
	r := open(t, "strict_isin: false", "strict_isin: true")
	r.Ask("rosa", "GET /"+bond, "").Refused(400, "malformed", "the check digit")
	r.Ask("core", "POST /microstructure", items(book(bond, "1", "2", start))).Refused(400, "malformed", "body.items[0].isin")
	r.tellAll("INE094A08176")
	r.Ask("rosa", "GET /INE094A08176", "").Is(200)
}

func TestNobodyAsksTooOften(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	for range 5 {
		r.Ask("fred", "GET /"+bond+"?mode=accurate", "").Is(200)
	}
	answer := r.Ask("fred", "GET /"+bond+"?mode=accurate", "")
	answer.Refused(429, "too_many_requests", "requests")
	require.Equal(t, "6", answer.Head.Get("Retry-After"))
	r.Ask("fred", "GET /"+bond, "").Is(200)
	r.wait(6 * time.Second)
	r.Ask("fred", "GET /"+bond+"?mode=accurate", "").Is(200)
	for range 30 {
		r.Ask("rosa", "GET /"+bond, "").Is(200)
	}
	r.Ask("rosa", "GET /"+bond, "").Refused(429, "too_many_requests", "requests")
}

func TestADatabaseThatIsAwayIsNobodysFault(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.Ask("rosa", "GET /"+bond, "").Is(200)
	require.NoError(t, r.db.Close())
	r.Ask("rosa", "GET /"+bond, "").Is(200) // it remembers for a moment
	r.wait(time.Second)
	for line, who := range map[string]string{
		"GET /" + bond: "rosa", "GET /" + bond + "?detail=full": "cora", "GET /audit/" + bond: "cora", "GET /audit/" + bond + ".csv": "cora",
		"GET /instruments": "rosa", "POST /recompute": "rita", "GET /recompute/x": "rita", "POST /microstructure": "core", "POST /outcomes": "core",
	} {
		body := map[string]string{
			"POST /recompute": `{"isins":["` + bond + `"]}`, "POST /microstructure": items(book(bond, "1", "2", start)), "POST /outcomes": items(outcome("s", true)),
		}[line]
		answer := r.Ask(who, line, body)
		answer.Refused(503, "unavailable", "the database does not answer")
		require.NotEmpty(t, answer.Head.Get("Retry-After"), line)
	}
	r.Ask("", "GET /health", "").Is(200)
}
