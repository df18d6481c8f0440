package bybit_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/bybit"
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
	venuetest.Signatures(t, bybit.Name, func(s venuetest.Signature) string { return bybit.Sign(s.Secret, s.Signed) })
}

// recorded is an order as the documentation shows it, partly filled.
const recorded = `{"orderId":"fd4300ae-7847","orderLinkId":"web_1","blockTradeId":"","symbol":"USDCUSDT","price":"0.9990","qty":"10.00","side":"Sell",
	"isLeverage":"0","orderStatus":"PartiallyFilled","cancelType":"UNKNOWN","rejectReason":"EC_NoError","avgPrice":"","leavesQty":"6.00","cumExecQty":"4.00",
	"timeInForce":"PostOnly","orderType":"Limit","stopOrderType":"","triggerPrice":"0.0000","createdTime":"1684738540559","updatedTime":"1684738540561"}`

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// answer is an answer in Bybit's envelope.
func answer(result string) string {
	return `{"retCode":0,"retMsg":"OK","result":` + result + `,"retExtInfo":{},"time":1684765770483}`
}

func list(entries ...string) string {
	return answer(`{"category":"spot","nextPageCursor":"","list":[` + strings.Join(entries, ",") + `]}`)
}

// answering returns a client whose calls of one kind get the answer.
func answering(t *testing.T, call, body string) (*double, *bybit.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, body)
	return d, d.account("maker")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	_, client := answering(t, realtime, list(
		strings.NewReplacer("fd4300ae", "stop", "PartiallyFilled", "Untriggered", "0.9990", "").Replace(recorded),
		strings.NewReplacer("fd4300ae", "market", `"Limit"`, `"Market"`, "0.9990", "0").Replace(recorded),
		recorded,
	))
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Order{{
		ClientID: "web_1", Pair: pair, Side: exchange.Ask, Price: dec("0.999"), Amount: dec("10"), PostOnly: true, ID: "fd4300ae-7847",
		Filled: dec("4"), Status: exchange.Open, PlacedAt: time.Date(2023, 5, 22, 6, 55, 40, 559_000_000, time.UTC),
	}}, orders), "what waits for its trigger, or for no price, is not on the book")
	require.True(t, orders[0].Remaining().Equal(dec("6")))
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"nothing at all", "", "EOF"},
		{"cut off", `{"retCode":0,"result":{"list":[`, "unexpected EOF"},
		{"two answers in one", list() + list(), "more than one JSON value"},
		{"no word whether it went well", `{"result":{"list":[]}}`, "retCode nothing: must be there"},
		{"an error that we do not know", `{"retCode":99,"retMsg":"shrug"}`, "bybit 99"},
		{"no result", `{"retCode":0}`, "result nothing: must be there"},
		{"no list", answer("{}"), "list nothing: must be there"},
		{"an object for a list", answer(`{"list":{}}`), "cannot unmarshal"},
		{"longer than we read", list() + strings.Repeat(" ", transport.MaxAnswer), "longer than 1048576 bytes"},
		{"another pair", list(but("USDCUSDT", "BTCUSDT")), "symbol BTCUSDT: must be USDCUSDT"},
		{"another pair's stop", list(strings.NewReplacer("USDCUSDT", "BTCUSDT", "PartiallyFilled", "Untriggered").Replace(recorded)), "symbol BTCUSDT"},
		{"no pair", list(but(`"symbol":"USDCUSDT",`, "")), "must be USDCUSDT"},
		{"one order twice", list(recorded, recorded), "orderId fd4300ae-7847: must be unique"},
		{"no id", list(but("fd4300ae-7847", "")), "orderId nothing"},
		{"a negative amount", list(but("10.00", "-10")), "Order.Amount -10: must be > 0"},
		{"no amount", list(but(`"qty"`, `"x"`)), "Order.Amount 0: must be > 0"},
		{"a negative filled amount", list(but(`"4.00"`, `"-1"`)), "cumExecQty -1: must be 0 to qty 10"},
		{"more filled than asked for", list(but(`"4.00"`, `"10.01"`)), "must be 0 to qty 10"},
		{"all filled, and open", list(but(`"4.00"`, `"10"`)), "0 remains"},
		{"no filled amount, which would credit all of it", list(but(`"4.00"`, `""`)), "cumExecQty 0: must be"},
		{"null for a filled amount", list(but(`"4.00"`, `null`)), "must be a number"},
		{"no rest", list(but(`"6.00"`, `""`)), "leavesQty 0: must be qty less cumExecQty 6"},
		{"a rest that does not add up", list(but(`"6.00"`, `"6.01"`)), "leavesQty 6.01: must be qty less cumExecQty 6"},
		{"no price", list(but("0.9990", "0")), "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", list(but("0.9990", "1e9999")), "exponent"},
		{"no side", list(but("Sell", "Hold")), "side Hold: must be Buy or Sell"},
		{"an order that is gone", list(but("PartiallyFilled", "Cancelled")), "must be that of an open order"},
		{"an unknown status", list(but("PartiallyFilled", "Shrug")), "orderStatus Shrug"},
		{"an unknown type", list(but(`"Limit"`, `"Shrug"`)), "orderType Shrug: must be Limit"},
		{"no time", list(but("1684738540559", "")), "createdTime 0: must be > 0"},
		{"a time in microseconds", list(but("1684738540559", "1684738540559000")), "in milliseconds"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, realtime, c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, 1, d.Asked(realtime), "a bad answer is not asked for again")

			proof, err := d.prover("maker").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *bybit.Client) error{
		"Ticker":   func(t *testing.T, c *bybit.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Market":   func(t *testing.T, c *bybit.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *bybit.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *bybit.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *bybit.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order":    func(t *testing.T, c *bybit.Client) error { _, err := c.Order(t.Context(), pair, "a1"); return err },
	}
	const trade = `{"symbol":"USDCUSDT","execId":"e1","orderId":"o1","orderLinkId":"","side":"Buy","execPrice":"1","execQty":"1","execFee":"0.001","feeCurrency":"USDC","isMaker":true,"execTime":"1714564800000"}`
	const rules = `{"symbol":"USDCUSDT","baseCoin":"USDC","quoteCoin":"USDT","lotSizeFilter":{"basePrecision":"0.01","minOrderAmt":"5"},"priceFilter":{"tickSize":"0.0001"}}`
	const info, tickers, book, wallet, fills = "GET /v5/market/instruments-info", "GET /v5/market/tickers", "GET /v5/market/orderbook", "GET /v5/account/wallet-balance", "GET /v5/execution/list"
	account := func(coins string) string { return list(`{"accountType":"UNIFIED","coin":[` + coins + `]}`) }
	for _, c := range []struct{ story, ask, call, answer, says string }{
		{"rules of another pair", "Market", info, list(strings.Replace(rules, "USDCUSDT", "BTCUSDT", 1)), "must be USDC/USDT"},
		{"rules of a pair that only looks the same", "Market", info, list(strings.NewReplacer(`"USDC"`, `"USD"`, `"USDT"`, `"CUSDT"`).Replace(rules)), "must be USDC/USDT"},
		{"rules of two pairs", "Market", info, list(rules, rules), "and no other"},
		{"rules without a tick", "Market", info, list(strings.Replace(rules, "0.0001", "", 1)), "Market.Tick"},
		{"rules without a lot", "Market", info, list(strings.Replace(rules, "0.01", "", 1)), "Market.Lot"},
		{"rules without a smallest notional", "Market", info, list(strings.Replace(rules, `"5"`, `""`, 1)), "minOrderAmt nothing"},
		{"fees of another pair", "Market", "GET /v5/account/fee-rate", list(`{"symbol":"BTCUSDT","takerFeeRate":"0","makerFeeRate":"0"}`), "of USDCUSDT and no other"},
		{"half of the fees", "Market", "GET /v5/account/fee-rate", list(`{"symbol":"USDCUSDT","takerFeeRate":"0.001","makerFeeRate":""}`), "must be takerFeeRate and makerFeeRate"},
		{"a fee of everything", "Market", "GET /v5/account/fee-rate", list(`{"symbol":"USDCUSDT","takerFeeRate":"1","makerFeeRate":"1"}`), "TakerFeeBps"},
		{"a ticker of another pair", "Ticker", tickers, list(`{"symbol":"BTCUSDT"}`), "must be that of USDCUSDT"},
		{"a ticker without an ask", "Ticker", tickers, list(`{"symbol":"USDCUSDT","bid1Price":"1","lastPrice":"1"}`), "must have bid1Price"},
		{"a crossed ticker", "Ticker", tickers, list(`{"symbol":"USDCUSDT","bid1Price":"2","ask1Price":"1","lastPrice":"1"}`), "must be below Ask"},
		{"a book of another pair", "Book", book, answer(`{"s":"BTCUSDT","b":[],"a":[],"ts":1}`), "s BTCUSDT: must be USDCUSDT"},
		{"a crossed book", "Book", book, answer(`{"s":"USDCUSDT","b":[["2","1"]],"a":[["1","1"]],"ts":1}`), "must be below best ask"},
		{"a book deeper than asked for", "Book", book, answer(`{"s":"USDCUSDT","b":[["3","1"],["2","1"],["1","1"]],"a":[],"ts":1}`), "at most 2 levels"},
		{"half a book", "Book", book, answer(`{"s":"USDCUSDT","b":[],"ts":1}`), "must be there"},
		{"a level without an amount", "Book", book, answer(`{"s":"USDCUSDT","b":[["1"]],"a":[],"ts":1}`), "Price 0"},
		{"a book of no time", "Book", book, answer(`{"s":"USDCUSDT","b":[],"a":[]}`), "ts 0"},
		{"another account", "Balances", wallet, list(`{"accountType":"SPOT","coin":[]}`), "must be one, UNIFIED"},
		{"no account", "Balances", wallet, list(), "must be one, UNIFIED"},
		{"no coins", "Balances", wallet, list(`{"accountType":"UNIFIED"}`), "with its coins"},
		{"a coin named twice", "Balances", wallet, account(`{"coin":"A","walletBalance":"1","locked":"0"},{"coin":"A","walletBalance":"1","locked":"0"}`), "must be named once"},
		{"a debt", "Balances", wallet, account(`{"coin":"A","walletBalance":"-1","locked":"0"}`), "locked must be 0 to walletBalance"},
		{"more locked than there is", "Balances", wallet, account(`{"coin":"A","walletBalance":"1","locked":"2"}`), "locked must be 0 to walletBalance"},
		{"a negative lock", "Balances", wallet, account(`{"coin":"A","walletBalance":"1","locked":"-1"}`), "locked must be 0 to walletBalance"},
		{"a lock that is left out", "Balances", wallet, account(`{"coin":"A","walletBalance":"1"}`), "locked must be"},
		{"one trade twice", "Fills", fills, list(trade, trade), "execId e1: must be unique"},
		{"a trade of another pair", "Fills", fills, list(strings.Replace(trade, "USDCUSDT", "BTCUSDT", 1)), "must be USDCUSDT"},
		{"a trade of a negative amount", "Fills", fills, list(strings.Replace(trade, `"execQty":"1"`, `"execQty":"-1"`, 1)), "must be > 0"},
		{"a trade that does not say who made it", "Fills", fills, list(strings.Replace(trade, `"isMaker":true,`, "", 1)), "must have execId"},
		{"a trade of no side", "Fills", fills, list(strings.Replace(trade, "Buy", "", 1)), "must have execId"},
		{"a trade of no time", "Fills", fills, list(strings.Replace(trade, "1714564800000", "", 1)), "execTime 0"},
		{"a fee in nothing", "Fills", fills, list(strings.Replace(trade, `:"USDC"`, `:""`, 1)), "feeCurrency nothing"},
		{"an order of another pair", "Order", realtime, list(strings.NewReplacer("USDCUSDT", "BTCUSDT", "web_1", "a1").Replace(recorded)), "must be USDCUSDT"},
		{"an order of another name", "Order", realtime, list(recorded), "orderLinkId web_1: must be a1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, client := answering(t, c.call, c.answer)
			err := read[c.ask](t, client)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAFreeTradeNeedsNoFeeCurrency(t *testing.T) {
	_, client := answering(t, "GET /v5/execution/list", list(`{"symbol":"USDCUSDT","execId":"e1","orderId":"o1","orderLinkId":"a1","side":"Buy",
		"execPrice":"1","execQty":"2","execFee":"0","feeCurrency":"","isMaker":true,"execTime":"1714564800000"}`))
	fills, err := client.Fills(t.Context(), pair, start)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Fill{{
		ID: "e1", OrderID: "o1", ClientID: "a1", Pair: pair, Side: exchange.Bid, Price: dec("1"), Amount: dec("2"), FeeAsset: "USDT", Maker: true, At: start,
	}}, fills))
}

func TestRulesAndBalancesAreReadInFull(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(exchange.Market{
		Pair: pair, Tick: dec("0.0001"), Lot: dec("0.01"), MinNotional: dec("5"), MakerFeeBps: dec("1"), TakerFeeBps: dec("7.5"),
	}, m))
	_, err = client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	balances, err := client.Balances(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{"USDC": {Free: dec("10000")}, "USDT": {Free: dec("9990.01"), Held: dec("9.99")}}, balances))
}

func TestAPairThatIsListedNowhereIsNotFound(t *testing.T) {
	d, client := answering(t, "GET /v5/market/instruments-info", list())
	_, err := client.Ticker(t.Context(), pair)
	require.ErrorIs(t, err, exchange.ErrNotFound)
	proof, err := d.prover("maker").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	_, err = d.verifier().Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrNotFound)
	require.Zero(t, d.Asked(realtime))
}

func TestPartOfTheFillsIsNoAnswer(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	d.Refuse("GET /v5/execution/list", exchange.ErrRateLimited)
	fills, err := client.Fills(t.Context(), pair, start)
	require.ErrorIs(t, err, exchange.ErrRateLimited)
	require.Empty(t, fills)
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, body := range []string{"", "{}", answer("{}"), answer(`{"orderId":"1","orderLinkId":"b1"}`), answer(`{"orderId":"","orderLinkId":"a1"}`)} {
		d := newDouble(t)
		client := d.account("maker")
		d.Says(create, body)
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
		o, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Equal(t, exchange.Open, o.Status)
		require.Equal(t, 1, d.Asked(create), "it was looked up, not sent again")
	}
}

func TestWhatGoesWrongAfterPlacingIsAnUnknownOutcome(t *testing.T) {
	for story, body := range map[string]string{
		"no order yet":   list(),
		"another order":  list(recorded),
		"no sense":       "{}",
		"a refusal":      `{"retCode":10003,"retMsg":"API key is invalid."}`,
		"too many calls": `{"retCode":10006,"retMsg":"Too many visits!"}`,
	} {
		t.Run(story, func(t *testing.T) {
			d := newDouble(t)
			client := d.account("maker")
			looks := 0
			d.Spoil(func(call, asIs string) string {
				if call == realtime {
					if looks++; looks > 1 { // the first one is before placing
						return body
					}
				}
				if call == history {
					return list()
				}
				return asIs
			})
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
			require.NotErrorIs(t, err, exchange.ErrRateLimited, "which would mean that nothing was done")
			require.NotErrorIs(t, err, exchange.ErrAuth)
			require.NotErrorIs(t, err, exchange.ErrNotFound)
			require.Equal(t, 1, d.Asked(create))
		})
	}
}

func TestAnOrderThatBybitAcceptsAndThenRefusesIsRefused(t *testing.T) {
	for reason, want := range map[string]error{
		"EC_PostOnlyWillTakeLiquidity": exchange.ErrWouldCross,
		"EC_ReachRiskPriceLimit":       exchange.ErrRejected,
	} {
		d := newDouble(t)
		client := d.account("maker")
		d.Spoil(func(call, body string) string {
			if call == realtime {
				return strings.NewReplacer(`"New"`, `"Rejected"`, "EC_NoError", reason).Replace(body)
			}
			return body
		})
		o := d.Order("a1", exchange.Bid, "10", "0.999")
		_, err := client.Place(t.Context(), o)
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, reason)
		again, err := client.Place(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, exchange.Cancelled, again.Status)
		require.Equal(t, 1, d.Asked(create))
	}
}

func TestErrorsOfBybitAreThePortsOwn(t *testing.T) {
	for code, want := range map[int]error{
		10000:  exchange.ErrUnknownOutcome, // server timeout
		170007: exchange.ErrUnknownOutcome, // backend timeout
		170146: exchange.ErrUnknownOutcome, // order creation timeout
		170141: exchange.ErrUnknownOutcome, // duplicate clientOrderId
		110072: exchange.ErrUnknownOutcome, // duplicate orderLinkId
		424242: exchange.ErrUnknownOutcome, // one that nobody has heard of
		10006:  exchange.ErrRateLimited,
		10018:  exchange.ErrRateLimited,
		170005: exchange.ErrRateLimited,
		10002:  exchange.ErrAuth,
		10003:  exchange.ErrAuth,
		10004:  exchange.ErrAuth,
		10005:  exchange.ErrAuth,
		10010:  exchange.ErrAuth,
		33004:  exchange.ErrAuth,
		10001:  exchange.ErrInvalid,
		170134: exchange.ErrInvalid,
		170140: exchange.ErrInvalid,
		170131: exchange.ErrInsufficient,
		110007: exchange.ErrInsufficient,
		170218: exchange.ErrWouldCross,
		170193: exchange.ErrRejected, // price too far from the market
		170810: exchange.ErrRejected, // too many open orders
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			d, client := answering(t, create, fmt.Sprintf(`{"retCode":%d,"retMsg":"in words"}`, code))
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, want)
			require.ErrorContains(t, err, fmt.Sprintf(`bybit %d: "in words"`, code))
		})
	}
}

// status answers with a status and no more.
type status int

func (s status) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(s), Header: http.Header{}, Body: io.NopCloser(strings.NewReader("Access Denied"))}, nil
}

func TestAStatusOfBybitIsUnderstoodWithoutWords(t *testing.T) {
	for code, want := range map[status]error{401: exchange.ErrAuth, 403: exchange.ErrRateLimited, 404: transport.ErrBadAnswer} {
		client, err := bybit.New("key", "secret", bybit.Options{RoundTripper: code})
		require.NoError(t, err)
		_, err = client.Balances(t.Context())
		require.ErrorIs(t, err, want, "status %d", code)
		require.ErrorContains(t, err, "A", "what was said is kept")
	}
}

func TestCancellingWhatIsDoneSucceedsByWhicheverCode(t *testing.T) {
	for _, code := range []int{110001, 170139, 170142, 170143, 170190, 170213} {
		_, client := answering(t, "POST /v5/order/cancel", fmt.Sprintf(`{"retCode":%d,"retMsg":"gone"}`, code))
		require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	}
}

func TestALostCancellationIsAnUnknownOutcomeThatCanBeRepeated(t *testing.T) {
	const cancel = "POST /v5/order/cancel"
	d := newDouble(t)
	client := d.account("maker")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	d.LoseAnswer(cancel)
	require.ErrorIs(t, client.Cancel(t.Context(), pair, "a1"), exchange.ErrUnknownOutcome)
	o, err := client.Order(t.Context(), pair, "a1")
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, o.Status)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
}

func TestAnOrderThatRealtimeForgotIsFoundInTheHistory(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	o := d.Order("a1", exchange.Bid, "10", "0.999")
	_, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	d.Says(realtime, list()) // as after a restart of Bybit's
	again, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, again.Status)
	require.Equal(t, 1, d.Asked(create))
}

func TestOfSeveralOrdersOfOneNameTheNewestCounts(t *testing.T) {
	older := strings.NewReplacer("fd4300ae", "older", "1684738540559", "1684738540558").Replace(recorded)
	for _, body := range []string{list(older, recorded), list(recorded, older)} {
		_, client := answering(t, realtime, body)
		o, err := client.Order(t.Context(), pair, "web_1")
		require.NoError(t, err)
		require.Equal(t, "fd4300ae-7847", o.ID)
	}
}

func TestAllPagesOfOpenOrdersAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	for i := range 100 {
		_, err := client.Place(t.Context(), d.Order(fmt.Sprintf("a%d", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	before := d.Asked(realtime)
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Len(t, orders, 100)
	require.Equal(t, "a0", orders[0].ClientID)
	require.Equal(t, "a99", orders[99].ClientID)
	require.Equal(t, 3, d.Asked(realtime)-before, "50, 50 and none")
}

func TestAListWithoutEndIsABadAnswer(t *testing.T) {
	full := strings.TrimSuffix(strings.Repeat("{},", 50), ",")
	d, client := answering(t, realtime, answer(`{"nextPageCursor":"on","list":[`+full+`]}`))
	_, err := client.OpenOrders(t.Context(), pair)
	require.ErrorIs(t, err, transport.ErrBadAnswer)
	require.ErrorContains(t, err, "must end within 1000 pages")
	require.Equal(t, 1000, d.Asked(realtime))
}

func TestAllPagesOfAllWeeksOfFillsAreRead(t *testing.T) {
	const fillsCall = "GET /v5/execution/list"
	d := newDouble(t)
	client, other := d.account("maker"), d.account("other")
	sold, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "605", "1"))
	require.NoError(t, err)
	take := func(ids ...int) {
		for _, i := range ids {
			_, err := other.Place(t.Context(), d.Order(fmt.Sprintf("b%d", i), exchange.Bid, "5", "1"))
			require.NoError(t, err)
		}
	}
	for i := range 101 {
		take(i)
	}
	const later = 15 * 24 * time.Hour
	require.NoError(t, d.Venue.Advance(start.Add(later)))
	d.Clock.Add(later)
	take(101, 102)

	fills, err := client.Fills(t.Context(), pair, start)
	require.NoError(t, err)
	require.Len(t, fills, 103)
	require.Equal(t, "a1", fills[102].ClientID)
	require.Equal(t, sold.ID, fills[102].OrderID)
	require.True(t, fills[102].At.After(fills[0].At.Add(later/2)))
	require.Equal(t, 4, d.Asked(fillsCall), "100 and 1 in the first week, none in the second, 2 in the third")

	last := fills[102].At
	fills, err = client.Fills(t.Context(), pair, last.Add(time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, fills, "Bybit asks by the millisecond, we do not")

	before := d.Asked(fillsCall)
	fills, err = client.Fills(t.Context(), pair, time.Time{})
	require.NoError(t, err)
	require.Len(t, fills, 103)
	require.Equal(t, 729/7+1+1, d.Asked(fillsCall)-before, "as many weeks as Bybit keeps, one of them of two pages")
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	d.account("provider")
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /v5/market/instruments-info": 1, realtime: 1}, d.Hits())

	between := proof
	between.IssuedAt = proof.IssuedAt.Add(time.Microsecond)
	_, err = verifier.Verify(t.Context(), between, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid, "one signature has one time")

	proof.Key = "a\r\nHost: elsewhere"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.Equal(t, 1, d.Asked(realtime))
}

func TestAProofIsGoodForAsLongAsWeTakeIt(t *testing.T) {
	d := newDouble(t)
	d.account("provider")
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	d.Clock.Add(exchange.MaxProofAge)
	_, err = d.verifier().Verify(t.Context(), proof, pair, d.Clock.Now())
	require.NoError(t, err)
}

func TestAProofOfMoreOrdersThanItShowsIsInvalid(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	for i := range bybit.MaxProofOrders + 1 {
		if i == bybit.MaxProofOrders {
			proof, err := d.prover("provider").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			orders, err := d.verifier().Verify(t.Context(), proof, pair, start)
			require.NoError(t, err)
			require.Len(t, orders, bybit.MaxProofOrders)
		}
		_, err := client.Place(t.Context(), d.Order(fmt.Sprintf("a%d", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	_, err = d.verifier().Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "must be at most 49")
}

func TestProofsNeedNoClockOfTheirOwn(t *testing.T) {
	prover, err := bybit.NewProver("key", "secret")
	require.NoError(t, err)
	_, err = prover.ProveOpenOrders(exchange.Pair{}, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	for _, now := range []time.Time{start, start.Add(-time.Hour), start} {
		proof, err := prover.ProveOpenOrders(pair, now)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(proof.IssuedAt.UnixMilli()), proof.Params["timestamp"])
	}
	proof, err := prover.ProveOpenOrders(pair, start)
	require.NoError(t, err)
	require.Equal(t, start.Add(3*time.Millisecond), proof.IssuedAt, "a clock that stands still or goes back does not hold proofs back")
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range [][2]string{{"", "secret"}, {"key", ""}} {
		_, err := bybit.New(c[0], c[1], bybit.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid)
		_, err = bybit.NewProver(c[0], c[1])
		require.ErrorIs(t, err, exchange.ErrInvalid)
	}
	_, err := bybit.New("key", "secret", bybit.Options{Burst: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = bybit.NewVerifier(bybit.Options{Base: "api.bybit.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = bybit.New("key", "secret", bybit.Options{})
	require.NoError(t, err)
}
