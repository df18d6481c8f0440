package poloniex_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/poloniex"
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
	venuetest.Signatures(t, poloniex.Name, func(s venuetest.Signature) string {
		line := strings.Split(s.Signed, "\n") // method, path, the rest
		if body, found := strings.CutPrefix(line[2], "requestBody="); found {
			body, at, _ := strings.Cut(body, "&signTimestamp=")
			return poloniex.Sign(s.Secret, line[0], line[1], nil, body, at)
		}
		params, err := url.ParseQuery(line[2])
		require.NoError(t, err)
		at := params.Get("signTimestamp")
		params.Del("signTimestamp")
		return poloniex.Sign(s.Secret, line[0], line[1], params, "", at)
	})
}

// recorded is an order as Poloniex lists it.
const recorded = `{"id":"24993088082542592","clientOrderId":"web_1","symbol":"USDC_USDT","state":"PARTIALLY_FILLED","accountType":"SPOT","side":"SELL",
	"type":"LIMIT_MAKER","timeInForce":"GTC","quantity":"10.00","price":"1.0010","avgPrice":"1.0010","amount":"0.00","filledQuantity":"4.00",
	"filledAmount":"4.0040","createTime":1646925216548,"updateTime":1646925216548,"orderSource":"API","loan":false}`

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// answering returns a client whose call is answered with the answer.
func answering(t *testing.T, call, answer string) (*double, *poloniex.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, answer)
	return d, d.account("maker")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	market := strings.NewReplacer("24993088082542592", "1", "LIMIT_MAKER", "MARKET").Replace(recorded)
	byHand := strings.NewReplacer("24993088082542592", "24993088082542593", "web_1", "", "LIMIT_MAKER", "LIMIT").Replace(recorded)
	_, client := answering(t, lists, "["+byHand+","+market+","+recorded+"]")
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	want := exchange.Order{
		ClientID: "web_1", Pair: pair, Side: exchange.Ask, Price: dec("1.001"), Amount: dec("10"), PostOnly: true, ID: "24993088082542592",
		Filled: dec("4"), Status: exchange.Open, PlacedAt: time.Date(2022, 3, 10, 15, 13, 36, 548_000_000, time.UTC),
	}
	hand := want
	hand.ID, hand.ClientID, hand.PostOnly = "24993088082542593", "", false
	require.Empty(t, cmp.Diff([]exchange.Order{want, hand}, orders), "by time, then by number; a market order does not rest")
	require.True(t, orders[0].Remaining().Equal(dec("6")))
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"nothing at all", "", "EOF"},
		{"cut off", "[" + recorded, "unexpected EOF"},
		{"two answers in one", "[][]", "more than one JSON value"},
		{"null for a list", "null", "must be a list"},
		{"an object for a list", "{}", "cannot unmarshal"},
		{"an error that we do not know", `{"code":77,"message":"Shrug"}`, "Shrug"},
		{"longer than we read", "[" + strings.Repeat(" ", transport.MaxAnswer) + "]", "longer than 1048576 bytes"},
		{"another pair", "[" + but("USDC_USDT", "BTC_USDT") + "]", "symbol BTC_USDT: must be USDC_USDT"},
		{"no pair", "[" + but(`"symbol"`, `"x"`) + "]", "must be USDC_USDT"},
		{"one order twice", "[" + recorded + "," + recorded + "]", "id 24993088082542592: must be unique"},
		{"no id", "[" + but(`"id"`, `"x"`) + "]", "id nothing: must be there"},
		{"no type", "[" + but("LIMIT_MAKER", "") + "]", "type : must be one that we know"},
		{"a negative amount", "[" + but("10.00", "-10") + "]", "Order.Amount -10: must be > 0"},
		{"no amount", "[" + but(`"quantity"`, `"x"`) + "]", "Order.Amount 0: must be > 0"},
		{"a negative filled amount", "[" + but("4.00", "-1") + "]", "filledQuantity -1: must be 0 to quantity 10"},
		{"more filled than asked for", "[" + but("4.00", "10.01") + "]", "must be 0 to quantity 10"},
		{"all filled, and open", "[" + but("4.00", "10") + "]", "0 remains"},
		{"no filled amount, which would credit all of it", "[" + but(`"filledQuantity"`, `"x"`) + "]", "filledQuantity 0: must be"},
		{"null for a filled amount", "[" + but(`"4.00"`, "null") + "]", "must be a number"},
		{"no price", "[" + but("1.0010", "0") + "]", "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", "[" + but("1.0010", "1e9999") + "]", "exponent"},
		{"no side", "[" + but("SELL", "HOLD") + "]", "side HOLD: must be BUY or SELL"},
		{"an order that is gone", "[" + but("PARTIALLY_FILLED", "CANCELED") + "]", "must be that of an open order"},
		{"an unknown state", "[" + but("PARTIALLY_FILLED", "SHRUG") + "]", "state SHRUG"},
		{"no time", "[" + but("createTime", "x") + "]", "createTime 0: must be in milliseconds"},
		{"a time in seconds", "[" + but("1646925216548", "1646925216") + "]", "must be in milliseconds"},
		{"a time in microseconds", "[" + but("1646925216548", "1646925216548000") + "]", "must be in milliseconds"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, lists, c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, 1, d.Asked(lists), "a bad answer is not asked for again")

			proof, err := d.prover("maker").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *poloniex.Client) error{
		"Market":   func(t *testing.T, c *poloniex.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Ticker":   func(t *testing.T, c *poloniex.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *poloniex.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *poloniex.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *poloniex.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order":    func(t *testing.T, c *poloniex.Client) error { _, err := c.Order(t.Context(), pair, "a1"); return err },
	}
	const (
		market = "/markets/USDC_USDT"
		rules  = `[{"symbol":"USDC_USDT","baseCurrencyName":"USDC","quoteCurrencyName":"USDT","symbolTradeLimit":{"priceScale":4,"quantityScale":2}}]`
		trade  = `{"id":"1","symbol":"USDC_USDT","orderId":"2","side":"BUY","matchRole":"MAKER","createTime":1714564800000,"price":"1","quantity":"1","feeCurrency":"USDC","feeAmount":"0.1"}`
		later  = `{"id":"3","symbol":"USDC_USDT","orderId":"2","side":"BUY","matchRole":"MAKER","createTime":1714564800001,"price":"1","quantity":"1","feeCurrency":"USDC","feeAmount":"0.1"}`
	)
	for _, c := range []struct{ story, call, path, answer, says string }{
		{"rules of another pair", "Market", market, strings.ReplaceAll(rules, "USDC", "BTC"), "must be USDC_USDT"},
		{"rules of a pair that only looks the same", "Market", market, strings.Replace(rules, `"USDC"`, `"USDC_USDT"`, 1), "must be USDC_USDT"},
		{"rules of no pair", "Market", market, "[]", "must be USDC_USDT"},
		{"rules without a tick", "Market", market, strings.Replace(rules, "priceScale", "x", 1), "priceScale"},
		{"rules without a lot", "Market", market, strings.Replace(rules, "quantityScale", "x", 1), "quantityScale"},
		{"no fees", "Market", "/feeinfo", `{}`, "must have makerRate"},
		{"a fee of everything", "Market", "/feeinfo", `{"makerRate":"1","takerRate":"1"}`, "TakerFeeBps"},
		{"a ticker of another pair", "Ticker", market + "/ticker24h", `{"symbol":"BTC_USDT","bid":"1","ask":"2","close":"1","ts":1714564800000}`, "must be USDC_USDT"},
		{"half a ticker", "Ticker", market + "/ticker24h", `{"symbol":"USDC_USDT","bid":"1","close":"1","ts":1714564800000}`, "with bid, ask"},
		{"a ticker without a time", "Ticker", market + "/ticker24h", `{"symbol":"USDC_USDT","bid":"1","ask":"2","close":"1"}`, "ts 0"},
		{"a crossed ticker", "Ticker", market + "/ticker24h", `{"symbol":"USDC_USDT","bid":"2","ask":"1","close":"1","ts":1714564800000}`, "must be below Ask"},
		{"a crossed book", "Book", market + "/orderBook", `{"ts":1714564800000,"bids":["2","1"],"asks":["1","1"]}`, "must be below best ask"},
		{"a book deeper than asked for", "Book", market + "/orderBook", `{"ts":1714564800000,"bids":["6","1","5","1","4","1","3","1","2","1","1","1"],"asks":[]}`, "at most 5 levels"},
		{"half a book", "Book", market + "/orderBook", `{"ts":1714564800000,"bids":[]}`, "must be there"},
		{"a book without a time", "Book", market + "/orderBook", `{"bids":[],"asks":[]}`, "ts 0"},
		{"a level without an amount", "Book", market + "/orderBook", `{"ts":1714564800000,"bids":["1"],"asks":[]}`, "must be prices and amounts"},
		{"an asset named twice", "Balances", "/accounts/balances", `[{"accountType":"SPOT","balances":[{"currency":"A","available":"1","hold":"0"},{"currency":"A","available":"1","hold":"0"}]}]`, "must be named once"},
		{"a negative balance", "Balances", "/accounts/balances", `[{"accountType":"SPOT","balances":[{"currency":"A","available":"-1","hold":"0"}]}]`, "must be >= 0"},
		{"a balance that is left out", "Balances", "/accounts/balances", `[{"accountType":"SPOT","balances":[{"currency":"A","available":"1"}]}]`, "must be >= 0"},
		{"balances of another account", "Balances", "/accounts/balances", `[{"accountType":"FUTURES","balances":[]}]`, "must be SPOT"},
		{"no trades", "Fills", "/trades", "null", "must be a list"},
		{"one trade twice", "Fills", "/trades", "[" + trade + "," + trade + "]", "id 1: must be unique"},
		{"trades oldest first, by which paging would miss some", "Fills", "/trades", "[" + trade + "," + later + "]", "must not be after the one before"},
		{"a trade of another pair", "Fills", "/trades", "[" + strings.Replace(trade, "USDC_USDT", "BTC_USDT", 1) + "]", "must be USDC_USDT"},
		{"a trade of a negative amount", "Fills", "/trades", "[" + strings.Replace(trade, `"quantity":"1"`, `"quantity":"-1"`, 1) + "]", "must be > 0"},
		{"a trade that does not say who made it", "Fills", "/trades", "[" + strings.Replace(trade, "MAKER", "", 1) + "]", "side and matchRole"},
		{"a fee of no asset", "Fills", "/trades", "[" + strings.Replace(trade, `"feeCurrency"`, `"x"`, 1) + "]", "feeCurrency"},
		{"an order of another name", "Order", "/orders/cid:a1", recorded, "clientOrderId web_1: must be a1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d := newDouble(t)
			_, err := d.account("maker").Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.NoError(t, err)
			d.Says("GET "+c.path, c.answer)
			err = read[c.call](t, d.account("maker")) // which remembers no rules
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestARecordedMarketIsReadInFull(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(venuetest.Stables, m), "fees without the discount for those paid in TRX")
	book, err := client.Book(t.Context(), pair, 3)
	require.NoError(t, err)
	require.Equal(t, start, book.At, "which is when Poloniex saw it")
	_, err = client.Book(t.Context(), pair, 1_000_000)
	require.NoError(t, err, "as deep as Poloniex goes")
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, answer := range []string{"", "{}", `{"id":"1","clientOrderId":"b2"}`, `{"id":"","clientOrderId":"a1"}`} {
		d, client := answering(t, places, answer)
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
		o, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Equal(t, exchange.Open, o.Status)
		require.Equal(t, 1, d.Asked(places), "it was looked up, not sent again")
	}
}

func TestWhatGoesWrongAfterPlacingIsAnUnknownOutcome(t *testing.T) {
	for story, answer := range map[string]string{
		"no answer":       "",
		"no order":        `{"code":21301,"message":"Order not found"}`,
		"another order":   recorded,
		"other terms":     strings.NewReplacer("24993088082542592", "1", "web_1", "a1").Replace(recorded),
		"a refusal":       `{"code":401,"message":"no"}`,
		"no funds at all": `{"code":21709,"message":"no"}`,
	} {
		t.Run(story, func(t *testing.T) {
			d, client := answering(t, "GET /orders/1", answer)
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
			require.NotErrorIs(t, err, exchange.ErrRejected, "which would mean that nothing was done")
			require.NotErrorIs(t, err, exchange.ErrAuth)
			require.Equal(t, 1, d.Asked(places))
		})
	}
}

func TestErrorsOfPoloniexAreThePortsOwn(t *testing.T) {
	for code, want := range map[failure]error{
		401:   exchange.ErrAuth,
		408:   exchange.ErrAuth,
		400:   exchange.ErrAuth,
		21601: exchange.ErrAuth,
		21709: exchange.ErrInsufficient,
		21314: exchange.ErrRejected,
		21340: exchange.ErrRejected,
		21330: exchange.ErrInvalid,
		601:   exchange.ErrInvalid,
		21312: exchange.ErrUnknownOutcome,
		500:   exchange.ErrUnknownOutcome,
		24201: exchange.ErrUnknownOutcome,
		77777: exchange.ErrUnknownOutcome,
	} {
		t.Run(code.Error(), func(t *testing.T) {
			d := newDouble(t)
			d.Refuse(places, code)
			_, err := d.account("maker").Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, want)
			require.ErrorContains(t, err, code.Error())
		})
	}
}

func TestARefusalToCancelMayComeWithAGoodStatus(t *testing.T) {
	d, client := answering(t, "DELETE /orders/cid:a1", `{"orderId":"1","code":21351,"message":"Trading for this account is frozen."}`)
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	require.ErrorIs(t, client.Cancel(t.Context(), pair, "a1"), exchange.ErrRejected)
	d.Says("DELETE /orders/cid:a1", `{"orderId":"1","code":21359,"message":"Order was already canceled or filled."}`)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
}

func TestAllPagesOfFillsAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "10000", "1"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("12000")))
	trade := func(i int) {
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	for i := range 1999 {
		if i%3 == 0 { // three trades share a time
			require.NoError(t, d.Venue.Advance(d.Venue.Now().Add(time.Millisecond)))
		}
		trade(i)
	}
	for _, since := range []time.Time{{}, start, start.Add(-180 * 24 * time.Hour)} {
		before := d.Asked("GET /trades")
		fills, err := client.Fills(t.Context(), pair, since)
		require.NoError(t, err)
		require.Len(t, fills, 1999)
		require.Equal(t, "1", fills[0].ID)
		require.Equal(t, "1999", fills[1998].ID)
		require.Equal(t, "a1", fills[1998].ClientID)
		require.Equal(t, 3, d.Asked("GET /trades")-before, "1000, 1000 with some known ones, and the rest")
	}
	fills, err := client.Fills(t.Context(), pair, d.Venue.Now().Add(time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, fills, "Poloniex asks by the millisecond, we do not")
}

func TestMoreTradesAtOneTimeThanAPageHoldsAreNotLeftOut(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "10000", "1"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("12000")))
	for i := range 1001 {
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	_, err = client.Fills(t.Context(), pair, start)
	require.ErrorIs(t, err, transport.ErrBadAnswer, "silence would be worse")
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /markets/USDC_USDT": 1, lists: 1}, d.Hits())

	between := proof
	between.IssuedAt = proof.IssuedAt.Add(time.Microsecond)
	_, err = verifier.Verify(t.Context(), between, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid, "one signature has one time")

	proof.Signature += "\r\nHost: elsewhere"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.Equal(t, 1, d.Asked(lists))
}

func TestProofsNeedNoClockOfTheirOwn(t *testing.T) {
	prover, err := poloniex.NewProver("key", "secret")
	require.NoError(t, err)
	_, err = prover.ProveOpenOrders(exchange.Pair{}, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	for i, now := range []time.Time{start, start.Add(-time.Hour), start} {
		proof, err := prover.ProveOpenOrders(pair, now)
		require.NoError(t, err)
		require.Equal(t, start.Add(time.Duration(i)*time.Millisecond), proof.IssuedAt)
		require.Equal(t, map[string]string{"signTimestamp": fmt.Sprint(proof.IssuedAt.UnixMilli())}, proof.Params)
	}
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range [][2]string{{"", "secret"}, {"key", ""}} {
		_, err := poloniex.New(c[0], c[1], poloniex.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid)
		_, err = poloniex.NewProver(c[0], c[1])
		require.ErrorIs(t, err, exchange.ErrInvalid)
	}
	_, err := poloniex.New("key", "secret", poloniex.Options{Burst: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = poloniex.NewVerifier(poloniex.Options{Base: "api.poloniex.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = poloniex.New("key", "secret", poloniex.Options{})
	require.NoError(t, err)
}
