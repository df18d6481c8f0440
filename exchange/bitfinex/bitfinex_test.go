package bitfinex_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/bitfinex"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

func TestClientKeepsTheLaws(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
		d := newDouble(t)
		return d.Fixture(d.account("maker"), d.account("other"))
	})
}

func TestAStormLosesNoOrderAndDoublesNone(t *testing.T) {
	d := newDouble(t)
	exchangetest.RunStorm(t, 200, d.StormFixture("maker", d.account("maker"), 1))
}

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		d := newDouble(t)
		return d.ProofFixture(d.account("provider"), d.account("other"), d.prover("provider"), d.verifier())
	})
}

func TestSignaturesAreThePublishedOnes(t *testing.T) {
	venuetest.Signatures(t, bitfinex.Name, func(s venuetest.Signature) string {
		if s.Path == "/v2/auth/r/orders/tBTCUSD" {
			prover, err := bitfinex.NewProver("key", s.Secret)
			require.NoError(t, err)
			proof, err := prover.ProveOpenOrders(exchange.Pair{Base: "BTC", Quote: "USD"}, time.UnixMicro(1700000000000000))
			require.NoError(t, err)
			return proof.Signature
		}
		return bitfinex.Sign(s.Secret, s.Signed)
	})
}

// recorded is an order, partly filled, of a web page that names its orders by
// the time.
const recorded = `[1185815098,null,1575289350475,"tSHIB:UST",1575289350475,1575289351944,-1250.5,-2000,"EXCHANGE LIMIT",null,null,null,4096,` +
	`"PARTIALLY FILLED @ 0.00051(-749.5)",null,null,0.00051,0.00051,0,0,null,null,null,0,0,null,null,null,"API>BFX",null,null,{"$F7":1}]`

func open(orders ...string) string { return "[" + strings.Join(orders, ",") + "]" }

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// answering returns a client that gets this answer to a call.
func answering(t *testing.T, call, answer string) (*double, *bitfinex.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, answer)
	return d, d.account("provider")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	d, client := answering(t, openOrders, open(
		strings.Replace(but("EXCHANGE LIMIT", "EXCHANGE STOP LIMIT"), "1185815098", "1", 1),
		strings.Replace(but("null,4096", "null,4160"), "1185815098", "2", 1),
		recorded,
	))
	want := []exchange.Order{{
		ClientID: "1575289350475", Pair: pair, Side: exchange.Ask, Price: dec("0.00051"), Amount: dec("2000"), PostOnly: true, ID: "1185815098",
		Filled: dec("749.5"), Status: exchange.Open, PlacedAt: time.Date(2019, 12, 2, 12, 22, 30, 475_000_000, time.UTC),
	}}
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, orders), "stops and hidden orders are left out")

	o, err := client.Order(t.Context(), pair, "1575289350475")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want[0], o), "it can be found under the name that it is shown with")

	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	orders, err = d.verifier().Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, orders), "nor does a hidden order count in a proof")
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"nothing at all", "", "EOF"},
		{"cut off", "[" + recorded, "unexpected EOF"},
		{"two answers in one", "[][]", "more than one JSON value"},
		{"null for a list", "null", "must be a list"},
		{"an object for a list", "{}", "cannot unmarshal"},
		{"objects for orders", `[{"id":1}]`, "cannot unmarshal"},
		{"longer than we read", "[" + strings.Repeat(" ", transport.MaxAnswer) + "]", "longer than 1048576 bytes"},
		{"one order twice", open(recorded, recorded), "id 1185815098: must be unique"},
		{"no id", open(but("1185815098", "null")), "must be > 0"},
		{"a client id of 46 bits", open(but("null,1575289350475", "null,35184372088832")), "of 45 bits"},
		{"another pair", open(but(sym, "tBTCUSD")), "symbol tBTCUSD: must be tSHIB:UST"},
		{"no pair", open(but(`"`+sym+`"`, "null")), "must be tSHIB:UST"},
		{"no kind", open(but(`"EXCHANGE LIMIT"`, "null")), "type nothing"},
		{"no amount", open(but("-2000", "null")), "Order.Amount 0: must be > 0"},
		{"no remaining amount, which would credit none or all of it", open(but("-1250.5", "null")), "amount 0: must be 0 to"},
		{"more left than was asked for", open(but("-1250.5", "-2000.1")), "must be 0 to amount_orig -2000"},
		{"one side left of an order of the other", open(but("-1250.5", "1250.5")), "must be 0 to amount_orig -2000"},
		{"nothing left, and open", open(but("-1250.5", "0")), "0 remains"},
		{"no price", open(but("0.00051,0.00051", "null,0.00051")), "Order.Price 0: must be > 0"},
		{"a negative price", open(but("0.00051,0.00051", "-0.00051,0.00051")), "Order.Price -0.00051: must be > 0"},
		{"a price of ten thousand digits", open(but("0.00051,0.00051", "1e9999,0")), "exponent"},
		{"an order that is gone", open(but("PARTIALLY FILLED", "CANCELED was: PARTIALLY FILLED")), "must be that of an open order"},
		{"an order that is filled, with something left", open(but("PARTIALLY FILLED", "EXECUTED")), "fit what remains"},
		{"an unknown status", open(but("PARTIALLY FILLED", "SHRUG")), "status SHRUG"},
		{"no status", open(but(`"PARTIALLY FILLED @ 0.00051(-749.5)"`, "null")), "must be one that we know"},
		{"no time", open(but(`"tSHIB:UST",1575289350475`, `"tSHIB:UST",0`)), "mts_create"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, openOrders, c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, 1, d.Asked(openOrders), "a bad answer is not asked for again")

			proof, err := d.prover("provider").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *bitfinex.Client) error{
		"Market":   func(t *testing.T, c *bitfinex.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Ticker":   func(t *testing.T, c *bitfinex.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *bitfinex.Client) error { _, err := c.Book(t.Context(), pair, 20); return err },
		"Balances": func(t *testing.T, c *bitfinex.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *bitfinex.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order":    func(t *testing.T, c *bitfinex.Client) error { _, err := c.Order(t.Context(), pair, "a1"); return err },
	}
	const (
		conf    = "GET /v2/conf/pub:info:pair"
		ticker  = "GET /v2/ticker/" + sym
		book    = "GET /v2/book/" + sym + "/P0"
		summary = "POST /v2/auth/r/summary"
		wallets = "POST /v2/auth/r/wallets"
		trade   = `[402088407,"tSHIB:UST",1714564800000,34938060782,-2000,0.0005,"EXCHANGE LIMIT",0,-1,-0.002,"UST",7]`
	)
	for _, c := range []struct{ story, call, path, answer, says string }{
		{"no pairs", "Market", conf, `[]`, "answers 0"},
		{"pairs that are no lists", "Market", conf, `[[{"a":1}]]`, "cannot unmarshal"},
		{"rules without a smallest amount", "Market", conf, `[[["SHIB:UST",[null,null,null,null]]]]`, "must be > 0"},
		{"rules that are not there", "Market", conf, `[[["SHIB:UST"]]]`, "unexpected end"},
		{"no fees", "Market", summary, `[null,null,null,null,[]]`, "fees"},
		{"no fee of the taker", "Market", summary, `[0,0,0,0,[[0.001],[]]]`, "must be those of maker and taker"},
		{"a fee of everything", "Market", summary, `[0,0,0,0,[[0.001],[1]]]`, "TakerFeeBps"},
		{"a ticker without an ask", "Ticker", ticker, `[0.0005,1,null,1,0,0,0.0005,1,1,1]`, "must have bid, ask and last"},
		{"a crossed ticker", "Ticker", ticker, `[0.0006,1,0.0005,1,0,0,0.0005,1,1,1]`, "must be below Ask"},
		{"a crossed book", "Book", book, `[[2,1,1],[1,1,-1]]`, "must be below best ask"},
		{"a book deeper than asked for", "Book", book, "[" + strings.Repeat("[1,1,1],", 25) + "[1,1,1]]", "at most 25 a side"},
		{"a level of nobody", "Book", book, `[[1,0,1]]`, "a count > 0"},
		{"a level without an amount", "Book", book, `[[1,1]]`, "must be a price, a count > 0 and an amount"},
		{"more free than there is", "Balances", wallets, `[["exchange","UST",1,0,2]]`, "must be 0 to the balance"},
		{"a balance that is left out", "Balances", wallets, `[["exchange","UST",1,0,null]]`, "must be 0 to the balance"},
		{"one asset by two names", "Balances", wallets, `[["exchange","UST",1,0,1],["exchange","USDT",1,0,1]]`, "must be named once"},
		{"no trades", "Fills", trades, `null`, "must be a list"},
		{"a trade of another pair", "Fills", trades, "[" + strings.Replace(trade, sym, "tBTCUSD", 1) + "]", "must be tSHIB:UST"},
		{"a trade of nothing", "Fills", trades, "[" + strings.Replace(trade, "-2000", "0", 1) + "]", "must not be 0"},
		{"a trade that does not say who made it", "Fills", trades, "[" + strings.Replace(trade, "0,-1,", "0,null,", 1) + "]", "must have maker"},
		{"a trade without a fee", "Fills", trades, "[" + strings.Replace(trade, "-0.002", "null", 1) + "]", "must have maker, fee"},
		{"a trade of before what was asked for", "Fills", trades, "[" + strings.Replace(trade, "1714564800000", "1714564799999", 1) + "]", "must be at or after"},
		{"trades that are not in order", "Fills", trades, "[" + strings.Replace(trade, "1714564800000", "1714564800001", 1) + "," + trade + "]", "must be at or after"},
		{"a closed order of another pair", "Order", history, "[" + but(sym, "tBTCUSD") + "]", "must be tSHIB:UST"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, client := answering(t, c.path, c.answer)
			err := read[c.call](t, client)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestErrorsOfBitfinexAreThePortsOwn(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   error
	}{
		{`["error",10100,"apikey: invalid"]`, exchange.ErrAuth},
		{`["error",10114,"nonce: small"]`, exchange.ErrAuth},
		{`["error",10001,"api_key: permission invalid"]`, exchange.ErrAuth},
		{`["error",11010,"ratelimit: error"]`, exchange.ErrRateLimited},
		{`["error",10001,"Invalid order: not enough exchange balance for 1.0 BTCUSD at 299.0"]`, exchange.ErrInsufficient},
		{`["error",10001,"Invalid order: minimum size for BTC/USD is 0.00006"]`, exchange.ErrInvalid},
		{`["error",10020,"amount: invalid"]`, exchange.ErrInvalid},
		{`["error",10001,"Invalid order"]`, exchange.ErrRejected},
		{`[1714564800,"on-req",null,null,[],null,"ERROR","Invalid order: not enough exchange balance"]`, exchange.ErrInsufficient},
		{`[1714564800,"on-req",null,null,[],null,"FAILURE","Invalid order"]`, exchange.ErrRejected},
		{`["error",10000,"unknown"]`, exchange.ErrUnknownOutcome},
		{`["error",20060,"resyncing"]`, exchange.ErrUnknownOutcome},
		{`["error",10001,"something nobody heard of"]`, exchange.ErrUnknownOutcome},
		{`["error","what"]`, exchange.ErrUnknownOutcome},
		{`[1714564800,"on-req",null,null,[],null,"SUCCESS",""]`, exchange.ErrUnknownOutcome},
		{`[1714564800,"on-req",null,null,7,null,"SUCCESS",""]`, exchange.ErrUnknownOutcome},
		{`[]`, exchange.ErrUnknownOutcome},
	} {
		t.Run(c.answer, func(t *testing.T) {
			d, client := answering(t, submit, c.answer)
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "20000", "0.0005"))
			require.ErrorIs(t, err, c.want)
			require.Equal(t, 1, d.Asked(submit))
		})
	}
}

func TestAnOrderThatIsTakenAndThrownAwayWasRefused(t *testing.T) {
	for status, want := range map[string]error{
		"POSTONLY CANCELED":         exchange.ErrWouldCross,
		"INSUFFICIENT BALANCE (U1)": exchange.ErrInsufficient,
	} {
		d := newDouble(t)
		client := d.account("provider")
		d.Spoil(func(call, body string) string {
			if call == submit {
				return strings.Replace(body, "ACTIVE", status, 1)
			}
			return body
		})
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "20000", "0.0005"))
		require.ErrorIs(t, err, want)
	}
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, spoil := range []*strings.Replacer{
		strings.NewReplacer(sym, "tBTCUSD"),
		strings.NewReplacer("20000,20000", "99,99"),
		strings.NewReplacer(fmt.Sprint(bitfinex.CIDOf("a1")), "7"),
	} {
		d := newDouble(t)
		client := d.account("provider")
		d.Spoil(func(call, body string) string {
			if call == submit {
				return spoil.Replace(body)
			}
			return body
		})
		o := d.Order("a1", exchange.Bid, "20000", "0.0005")
		_, err := client.Place(t.Context(), o)
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
		placed, err := client.Place(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, exchange.Open, placed.Status)
		require.Equal(t, 1, d.Asked(submit), "it was looked up, not sent again")
	}
}

// down is a venue that has nothing to say.
type down struct{ asked int }

func (d *down) RoundTrip(*http.Request) (*http.Response, error) {
	d.asked++
	recorder := httptest.NewRecorder()
	http.Error(recorder, "<html>500</html>", http.StatusInternalServerError)
	return recorder.Result(), nil
}

func TestAStatus500WithoutAWordIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		venue := &down{}
		client, err := bitfinex.New("key", "secret", bitfinex.Options{RoundTripper: venue})
		require.NoError(t, err)
		_, err = client.Balances(t.Context())
		require.ErrorIs(t, err, transport.ErrNoAnswer)
		require.Equal(t, 3, venue.asked, "a read is repeated")
	})
}

func TestAnOrderWithoutItsLabelIsStillOurs(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	o := d.Order("a1", exchange.Bid, "20000", "0.0005")
	placed, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	for _, label := range []string{`"label":null`, `"label":"b1"`, `"label":["a1"]`} {
		d.Spoil(func(_, body string) string { return strings.ReplaceAll(body, `"label":"a1"`, label) })
		orders, err := client.OpenOrders(t.Context(), pair)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(bitfinex.CIDOf("a1")), orders[0].ClientID, "a label counts only if the number was made of it")
		found, err := client.Place(t.Context(), o)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(placed, found))
	}
	require.Equal(t, 1, d.Asked(submit))
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	o, err = client.Order(t.Context(), pair, "a1")
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, o.Status)
}

func TestAnOrderThatNobodyNamedHasNoName(t *testing.T) {
	_, client := answering(t, openOrders, open(but("null,1575289350475", "null,null")))
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, orders[0].ClientID)
	_, err = client.Order(t.Context(), pair, "")
	require.ErrorIs(t, err, exchange.ErrNotFound)
}

func TestCancellingWhatGoesMeanwhileSucceeds(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "20000", "0.0005"))
	require.NoError(t, err)
	d.Refuse(cancel, exchange.ErrNotFound)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	d.Refuse(cancel, failure{10001, "Order is locked"})
	require.ErrorIs(t, client.Cancel(t.Context(), pair, "a1"), exchange.ErrUnknownOutcome)
}

func TestNamesOfOrdersAreNumbersOf45Bits(t *testing.T) {
	require.EqualValues(t, 1575289350475, bitfinex.CIDOf("1575289350475"), "a number is its own")
	require.EqualValues(t, 1<<45-1, bitfinex.CIDOf(fmt.Sprint(1<<45-1)))
	seen := map[int64]string{}
	for _, id := range []string{"a1", "A1", "0", "01", "1", "-1", "35184372088832", "9223372036854775808", "", exchange.ClientID("act", 0)} {
		cid := bitfinex.CIDOf(id)
		require.True(t, 0 < cid && cid < 1<<45, "%q: %d", id, cid)
		require.NotContains(t, seen, cid, "%q", id)
		seen[cid] = id
	}
	require.EqualValues(t, 33724052663518, bitfinex.CIDOf("a1"), "it may never change: orders are found by it")
}

func TestPairsHaveTheNamesOfBitfinex(t *testing.T) {
	for name, want := range map[string]string{
		"BTC/USD": "tBTCUSD", "BTC/USDT": "tBTCUST", "USDC/USDT": "tUDCUST", "SHIB/USDT": sym, "DOGE/BTC": "tDOGE:BTC", "DASH/USD": "tDSHUSD",
	} {
		p, err := exchange.ParsePair(name)
		require.NoError(t, err)
		got, err := bitfinex.Symbol(p)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, p := range []exchange.Pair{{}, {Base: "BTC", Quote: "UST"}, {Base: "UDC", Quote: "USD"}} {
		_, err := bitfinex.Symbol(p)
		require.ErrorIs(t, err, exchange.ErrInvalid, "%v is another asset there", p)
	}
	d := newDouble(t)
	_, err := d.account("provider").OpenOrders(t.Context(), exchange.Pair{Base: "SHIB", Quote: "UST"})
	require.ErrorIs(t, err, exchange.ErrNotFound)
}

func TestTheTickLeavesFiveDigits(t *testing.T) {
	for ticker, want := range map[string]string{
		`[0,1,0,1,0,0,0]`:                    "0.00000001",
		`[0.9994,1,0.9996,1,0,0,0.9995]`:     "0.0001", // and not 0.00001: 1.0001 may be next
		`[0,1,0,1,0,0,0.90909]`:              "0.00001",
		`[1,1,1.0001,1,0,0,1]`:               "0.0001",
		`[60000,1,60001,1,0,0,60000]`:        "1",
		`[0,1,98765,1,0,0,90000]`:            "10",
		`[0.00012344,1,0.00012345,1,0,0,0]`:  "0.00000001",
		`[0.000000123,1,0,1,0,0,0.00000012]`: "0.00000001",
	} {
		_, client := answering(t, "GET /v2/ticker/"+sym, ticker)
		m, err := client.Market(t.Context(), pair)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(exchange.Market{
			Pair: pair, Tick: dec(want), Lot: dec("0.00000001"), MinAmount: dec("200"), MakerFeeBps: dec("10"), TakerFeeBps: dec("20"),
		}, m), ticker)
	}
}

func TestAPriceThatWouldBeCutOffIsRefused(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	for price, want := range map[string]error{"0.12345": nil, "0.123456": exchange.ErrInvalid, "1.00001": exchange.ErrInvalid, "1.2300": nil} {
		_, err := client.Place(t.Context(), d.Order(strings.ReplaceAll("p"+price, ".", ""), exchange.Ask, "200", price))
		require.ErrorIs(t, err, want)
	}
	require.Equal(t, 2, d.Asked(submit))
}

func TestBalancesAreThoseOfTheExchangeWalletInOurWords(t *testing.T) {
	d := newDouble(t)
	balances, err := d.account("provider").Balances(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{"SHIB": {Free: dec("20000000")}, "USDT": {Free: dec("10000")}}, balances))
}

func TestABookIsCutToTheDepthThatWasAskedFor(t *testing.T) {
	levels := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("[%d,1,1]", 1000-i), fmt.Sprintf("[%d,1,-1]", 1001+i))
		}
		return open(all...)
	}
	for depth, shown := range map[int]int{1: 1, 2: 25, 25: 25, 26: 100, 250: 250, 1000: 250} {
		_, client := answering(t, "GET /v2/book/"+sym+"/P0", levels(shown))
		book, err := client.Book(t.Context(), pair, depth)
		require.NoError(t, err)
		require.Len(t, book.Bids, min(depth, shown))
		require.Len(t, book.Asks, min(depth, shown))
	}
}

func TestClosedOrdersAreFoundOnEveryPage(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	o := d.Order("a1", exchange.Bid, "20000", "0.0005")
	_, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	var newer row
	require.NoError(t, json.Unmarshal([]byte(but("PARTIALLY FILLED", "CANCELED was: PARTIALLY FILLED")), &newer))
	add := func(n int, updated int64) {
		for range n {
			r := append(row{}, newer...)
			r[0], r[5] = len(d.history)+1000, updated
			d.history = append(d.history, r)
		}
	}
	last := start.Add(time.Hour).UnixMilli()
	add(999, last)
	add(1, last-1) // ends the first page and begins the second
	add(998, last-1)
	found, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, found.Status)
	require.Equal(t, 1, d.Asked(submit))
	_, err = client.Order(t.Context(), pair, "a2")
	require.ErrorIs(t, err, exchange.ErrNotFound)

	add(2, last-1) // now the second page is all of one moment
	_, err = client.Order(t.Context(), pair, "a2")
	require.ErrorIs(t, err, transport.ErrBadAnswer, "who cannot look must not say that there is none")
}

func TestAPartlyFilledOrderOfTheHistoryIsCancelled(t *testing.T) {
	_, client := answering(t, history, open(but("EXCHANGE LIMIT", "EXCHANGE MARKET"), recorded))
	o, err := client.Order(t.Context(), pair, "1575289350475")
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, o.Status)
	require.True(t, o.Filled.Equal(dec("749.5")))
}

func TestAllPagesOfFillsAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "201000", "0.0005"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("1000")))
	for i := range 1005 {
		require.NoError(t, d.Venue.Advance(d.Venue.Now().Add(time.Millisecond/2))) // so that pages overlap
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "200", "0.0005"))
		require.NoError(t, err)
	}
	for _, since := range []time.Time{{}, start} {
		fills, err := client.Fills(t.Context(), pair, since)
		require.NoError(t, err)
		require.Len(t, fills, 1005)
		require.Equal(t, "a1", fills[1004].ClientID)
		require.Equal(t, "USDT", fills[0].FeeAsset)
		require.True(t, fills[0].Fee.Equal(dec("0.0001")), "what Bitfinex writes with a minus was paid, got %v", fills[0].Fee)
	}
	require.Equal(t, 4, d.Asked(trades))
	require.Equal(t, 2, d.Asked(openOrders), "one look before placing, one for the name of the order")

	d.Spoil(func(call, body string) string {
		if call == trades {
			return "[" + strings.Repeat(`[7,"tSHIB:UST",1714564800000,8,1,1,"",0,1,0,"UST",null],`, 999) + `[7,"tSHIB:UST",1714564800000,8,1,1,"",0,1,0,"UST",null]]`
		}
		return body
	})
	_, err = client.Fills(t.Context(), pair, start)
	require.ErrorIs(t, err, transport.ErrBadAnswer, "a page of one moment leads nowhere")
}

func TestFillsNameTheirOrdersAsFarAsBitfinexRemembers(t *testing.T) {
	trade := func(id, order int, cid string) string {
		return fmt.Sprintf(`[%d,"tSHIB:UST",1714564800000,%d,-2000,0.0005,"EXCHANGE LIMIT",0,1,-0.002,"UST",%s]`, id, order, cid)
	}
	_, client := answering(t, trades, open(trade(1, 50, "7"), trade(2, 51, "null"), trade(2, 52, "8")))
	fills, err := client.Fills(t.Context(), pair, start)
	require.NoError(t, err)
	var names, ids []string
	for _, f := range fills {
		names, ids = append(names, f.ClientID), append(ids, f.ID)
	}
	require.Equal(t, []string{"7", "", "8"}, names)
	require.Equal(t, []string{"1-50", "2-51", "2-52"}, ids, "a trade with ourselves comes twice")
}

func TestNoncesArriveInOrder(t *testing.T) {
	client := newDouble(t).account("provider")
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := client.OpenOrders(t.Context(), pair)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /v2/conf/pub:info:pair": 1, "GET /v2/ticker/" + sym: 1, openOrders: 1}, d.Hits())
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrAuth, "its nonce has been used")
	require.Equal(t, 2, d.Asked(openOrders))

	proof.Key = "a\r\nHost: elsewhere"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range [][2]string{{"", "secret"}, {"key", ""}} {
		_, err := bitfinex.New(c[0], c[1], bitfinex.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid)
		_, err = bitfinex.NewProver(c[0], c[1])
		require.ErrorIs(t, err, exchange.ErrInvalid)
	}
	_, err := bitfinex.New("key", "secret", bitfinex.Options{Burst: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = bitfinex.NewVerifier(bitfinex.Options{Base: "api.bitfinex.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	prover, err := bitfinex.NewProver("key", "secret")
	require.NoError(t, err)
	_, err = prover.ProveOpenOrders(exchange.Pair{}, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = bitfinex.New("key", "secret", bitfinex.Options{})
	require.NoError(t, err)
}
