package binance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/binance"
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
	exchangetest.RunStorm(t, 2000, d.StormFixture("maker", d.account("maker"), 1))
}

func TestAStormIsThatOfItsSeed(t *testing.T) {
	weather := func(seed uint64) exchangetest.Weather {
		d := newDouble(t)
		exchangetest.RunStorm(t, 100, d.StormFixture("maker", d.account("maker"), seed))
		return d.Weather()
	}
	first := weather(2)
	require.Equal(t, first, weather(2))
	require.NotEqual(t, first, weather(3))
}

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		d := newDouble(t)
		return d.ProofFixture(d.account("provider"), d.account("other"), d.prover("provider"), d.verifier())
	})
}

func TestSignaturesAreThePublishedOnes(t *testing.T) {
	venuetest.Signatures(t, binance.Name, func(s venuetest.Signature) string {
		if s.Path != "/api/v3/openOrders" {
			return binance.Sign(s.Secret, s.Signed)
		}
		prover, err := binance.NewProver(s.Key, s.Secret)
		require.NoError(t, err)
		proof, err := prover.ProveOpenOrders(exchange.Pair{Base: "BTC", Quote: "USDT"}, time.UnixMilli(1499827319559))
		require.NoError(t, err)
		return proof.Signature
	})
}

// openOrder is one entry of an answer, as JSON.
func openOrder(with ...string) string {
	fields := map[string]string{
		"symbol": `"USDCUSDT"`, "orderId": "28", "clientOrderId": `"web_1"`, "price": `"0.99900000"`, "origQty": `"10.00000000"`,
		"executedQty": `"4.00000000"`, "status": `"PARTIALLY_FILLED"`, "type": `"LIMIT"`, "side": `"BUY"`, "time": "1499827319559", "isWorking": "true",
	}
	for i := 0; i < len(with); i += 2 {
		fields[with[i]] = with[i+1]
	}
	var parts []string
	for name, value := range fields {
		if value != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// answering returns a client whose open orders are the answer.
func answering(t *testing.T, answer string) (*double, *binance.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says("GET /api/v3/openOrders", answer)
	return d, d.account("maker")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	_, client := answering(t, "["+openOrder()+"]")
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Order{{
		ClientID: "web_1", Pair: pair, Side: exchange.Bid, Price: dec("0.999"), Amount: dec("10"), ID: "28",
		Filled: dec("4"), Status: exchange.Open, PlacedAt: time.Date(2017, 7, 12, 2, 41, 59, 559_000_000, time.UTC),
	}}, orders))
	require.True(t, orders[0].Remaining().Equal(dec("6")))
}

func TestAStopThatWaitsForItsTriggerIsNotOnTheBook(t *testing.T) {
	_, client := answering(t, "["+openOrder("isWorking", "false", "type", `"STOP_LOSS_LIMIT"`)+"]")
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, orders)
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"nothing at all", "", "EOF"},
		{"cut off", "[" + openOrder(), "unexpected EOF"},
		{"two answers in one", "[][]", "more than one JSON value"},
		{"null for a list", "null", "must be a list"},
		{"an object for a list", "{}", "cannot unmarshal"},
		{"longer than we read", "[" + strings.Repeat(" ", transport.MaxAnswer) + "]", "longer than 1048576 bytes"},
		{"another pair", "[" + openOrder("symbol", `"BTCUSDT"`) + "]", "symbol BTCUSDT: must be USDCUSDT"},
		{"no pair", "[" + openOrder("symbol", "") + "]", "must be USDCUSDT"},
		{"one order twice", "[" + openOrder() + "," + openOrder() + "]", "orderId 28: must be unique"},
		{"no id", "[" + openOrder("orderId", "") + "]", "orderId 0: must be > 0"},
		{"a negative amount", "[" + openOrder("origQty", `"-10"`) + "]", "Order.Amount -10: must be > 0"},
		{"no amount", "[" + openOrder("origQty", "") + "]", "Order.Amount 0: must be > 0"},
		{"a negative filled amount", "[" + openOrder("executedQty", `"-1"`) + "]", "executedQty -1: must be 0 to origQty 10"},
		{"more filled than asked for", "[" + openOrder("executedQty", `"10.00000001"`) + "]", "must be 0 to origQty 10"},
		{"all filled, and open", "[" + openOrder("executedQty", `"10"`) + "]", "0 remains"},
		{"no filled amount, which would credit all of it", "[" + openOrder("executedQty", "") + "]", "executedQty 0: must be"},
		{"null for a filled amount", "[" + openOrder("executedQty", "null") + "]", "must be a number"},
		{"no price", "[" + openOrder("price", `"0"`) + "]", "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", "[" + openOrder("price", `"1e9999"`) + "]", "exponent"},
		{"a number without end", "[" + openOrder("price", `"1`+strings.Repeat("0", 500)+`"`) + "]", "at most 80"},
		{"no side", "[" + openOrder("side", `"HOLD"`) + "]", "side HOLD: must be BUY or SELL"},
		{"an order that is gone", "[" + openOrder("status", `"CANCELED"`) + "]", "must be that of an open order"},
		{"an unknown status", "[" + openOrder("status", `"SHRUG"`) + "]", "status SHRUG"},
		{"no word about the book", "[" + openOrder("isWorking", "") + "]", "isWorking nothing: must be there"},
		{"no time", "[" + openOrder("time", "") + "]", "time 0: must be > 0"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, 1, d.Asked("GET /api/v3/openOrders"), "a bad answer is not asked for again")

			proof, err := d.prover("maker").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *binance.Client) error{
		"Ticker":   func(t *testing.T, c *binance.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Market":   func(t *testing.T, c *binance.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *binance.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *binance.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *binance.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order":    func(t *testing.T, c *binance.Client) error { _, err := c.Order(t.Context(), pair, "a1"); return err },
	}
	const trade = `{"symbol":"USDCUSDT","id":1,"orderId":2,"price":"1","qty":"1","commission":"0","commissionAsset":"USDT","time":1714564800000,"isBuyer":true,"isMaker":true}`
	for _, c := range []struct{ story, call, path, answer, says string }{
		{"rules of another pair", "Market", "/api/v3/exchangeInfo", `{"symbols":[{"symbol":"BTCUSDT"}]}`, "must be USDCUSDT"},
		{"rules of a pair that only looks the same", "Market", "/api/v3/exchangeInfo", `{"symbols":[{"symbol":"USDCUSDT","baseAsset":"USD","quoteAsset":"CUSDT"}]}`, "must be USDC/USDT"},
		{"rules without a tick", "Market", "/api/v3/exchangeInfo", `{"symbols":[{"symbol":"USDCUSDT","baseAsset":"USDC","quoteAsset":"USDT"}]}`, "Market.Tick"},
		{"fees of another pair", "Market", "/api/v3/account/commission", `{"symbol":"BTCUSDT"}`, "must be USDCUSDT"},
		{"a fee of everything", "Market", "/api/v3/account/commission", `{"symbol":"USDCUSDT","standardCommission":{"maker":"1","taker":"1"}}`, "TakerFeeBps"},
		{"a ticker of another pair", "Ticker", "/api/v3/ticker/24hr", `{"symbol":"BTCUSDT","bidPrice":"1","askPrice":"2","lastPrice":"1"}`, "must be USDCUSDT"},
		{"a ticker without a trade", "Ticker", "/api/v3/ticker/24hr", `{"symbol":"USDCUSDT","bidPrice":"1","askPrice":"2"}`, "and lastPrice"},
		{"a crossed ticker", "Ticker", "/api/v3/ticker/24hr", `{"symbol":"USDCUSDT","bidPrice":"2","askPrice":"1","lastPrice":"1"}`, "must be below Ask"},
		{"a crossed book", "Book", "/api/v3/depth", `{"bids":[["2","1"]],"asks":[["1","1"]]}`, "must be below best ask"},
		{"a book deeper than asked for", "Book", "/api/v3/depth", `{"bids":[["3","1"],["2","1"],["1","1"]],"asks":[]}`, "at most 2 levels"},
		{"half a book", "Book", "/api/v3/depth", `{"bids":[]}`, "must be there"},
		{"a level without an amount", "Book", "/api/v3/depth", `{"bids":[["1"]],"asks":[]}`, "must be a price and an amount"},
		{"an asset named twice", "Balances", "/api/v3/account", `{"balances":[{"asset":"A","free":"1","locked":"0"},{"asset":"A","free":"1","locked":"0"}]}`, "must be named once"},
		{"a negative balance", "Balances", "/api/v3/account", `{"balances":[{"asset":"A","free":"-1","locked":"0"}]}`, "must be >= 0"},
		{"a balance that is left out", "Balances", "/api/v3/account", `{"balances":[{"asset":"A","free":"1"}]}`, "must be >= 0"},
		{"no balances", "Balances", "/api/v3/account", `{}`, "must be there"},
		{"one trade twice", "Fills", "/api/v3/myTrades", "[" + trade + "," + trade + "]", "must be after the one before"},
		{"a trade of another pair", "Fills", "/api/v3/myTrades", "[" + strings.Replace(trade, "USDCUSDT", "BTCUSDT", 1) + "]", "must be USDCUSDT"},
		{"a trade of a negative amount", "Fills", "/api/v3/myTrades", "[" + strings.Replace(trade, `"qty":"1"`, `"qty":"-1"`, 1) + "]", "must be > 0"},
		{"a trade that does not say which side", "Fills", "/api/v3/myTrades", "[" + strings.Replace(trade, `"isBuyer":true,`, "", 1) + "]", "must have isBuyer"},
		{"an order of another name", "Order", "/api/v3/order", openOrder(), "clientOrderId web_1: must be a1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d := newDouble(t)
			client := d.account("maker")
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.NoError(t, err)
			d.Says("GET "+c.path, c.answer)
			err = read[c.call](t, d.account("maker")) // which remembers no rules
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestFeesOfEveryKindAddUp(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(exchange.Market{
		Pair: pair, Tick: dec("0.0001"), Lot: dec("0.01"), MinAmount: dec("0.01"), MinNotional: dec("5"), MakerFeeBps: dec("1"), TakerFeeBps: dec("7.5"),
	}, m))
	d.Says("GET /api/v3/account/commission", `{"symbol":"USDCUSDT","standardCommission":{"maker":"0.0001","taker":"0.0002","buyer":"0.0003","seller":"0.0004"},
		"taxCommission":{"maker":"0.001","taker":"0.001","buyer":"0","seller":"0"},"specialCommission":{"maker":"0.01","taker":"0.01","buyer":"0.02","seller":"0"}}`)
	m, err = client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Equal(t, "315 316", fmt.Sprint(m.MakerFeeBps, " ", m.TakerFeeBps))
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, answer := range []string{"", "{}", openOrder("clientOrderId", `"a1"`, "origQty", `"99"`)} {
		d := newDouble(t)
		client := d.account("maker")
		d.Says("POST /api/v3/order", answer)
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
		o, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Equal(t, exchange.Open, o.Status)
		require.Equal(t, 1, d.Asked("POST /api/v3/order"), "it was looked up, not sent again")
	}
}

func TestErrorsOfBinanceAreThePortsOwn(t *testing.T) {
	for _, c := range []struct {
		code int
		msg  string
		want error
	}{
		{-1000, "An unknown error occurred while processing the request.", exchange.ErrUnknownOutcome},
		{-1007, "Timeout waiting for response from backend server.", exchange.ErrUnknownOutcome},
		{-1003, "Too many requests.", exchange.ErrRateLimited},
		{-1015, "Too many new orders.", exchange.ErrRateLimited},
		{-1021, "Timestamp for this request is outside of the recvWindow.", exchange.ErrAuth},
		{-1022, "Signature for this request is not valid.", exchange.ErrAuth},
		{-2014, "API-key format invalid.", exchange.ErrAuth},
		{-2015, "Invalid API-key, IP, or permissions for action.", exchange.ErrAuth},
		{-1013, "Filter failure: PERCENT_PRICE_BY_SIDE", exchange.ErrInvalid},
		{-1111, "Precision is over the maximum defined for this asset.", exchange.ErrInvalid},
		{-2010, "Account has insufficient balance for requested action.", exchange.ErrInsufficient},
		{-2010, "Order would immediately match and take.", exchange.ErrWouldCross},
		{-2010, "Duplicate order sent.", exchange.ErrUnknownOutcome},
		{-2010, "This action is disabled on this account.", exchange.ErrRejected},
	} {
		t.Run(fmt.Sprint(c.code, " ", c.msg), func(t *testing.T) {
			d := newDouble(t)
			d.Refuse("POST /api/v3/order", failure{http.StatusBadRequest, c.code, c.msg})
			_, err := d.account("maker").Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.msg)
		})
	}
}

func TestAllPagesOfFillsAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "5005", "1"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("10000")))
	for i := range 1001 {
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	for _, since := range []time.Time{{}, start} {
		fills, err := client.Fills(t.Context(), pair, since)
		require.NoError(t, err)
		require.Len(t, fills, 1001)
		require.Equal(t, "a1", fills[1000].ClientID)
	}
	fills, err := client.Fills(t.Context(), pair, d.Venue.Now().Add(time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, fills, "Binance asks by the millisecond, we do not")
	require.Equal(t, 6, d.Asked("GET /api/v3/myTrades"))
	require.Equal(t, 2, d.Asked("GET /api/v3/order"), "one look before placing, one for the name of the order")
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /api/v3/exchangeInfo": 1, "GET /api/v3/openOrders": 1}, d.Hits())

	between := proof
	between.IssuedAt = proof.IssuedAt.Add(time.Microsecond)
	_, err = verifier.Verify(t.Context(), between, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid, "one signature has one time")

	proof.Key = "a\r\nHost: elsewhere"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	proof.Key = "provider"
	proof.Signature += "&symbol=BTCUSDT"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrAuth, "a signature brings no parameter along")
}

func TestProofsNeedNoClockOfTheirOwn(t *testing.T) {
	prover, err := binance.NewProver("key", "secret")
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
	_, err := binance.New("", "secret", binance.Options{})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = binance.New("key", "", binance.Options{})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = binance.New("key", "secret", binance.Options{Base: "api.binance.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = binance.NewProver("key", "")
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = binance.NewVerifier(binance.Options{Base: "ftp://x"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = binance.New("key", "secret", binance.Options{Burst: 249})
	require.ErrorIs(t, err, exchange.ErrInvalid, "the deepest book weighs 250")
	_, err = binance.New("key", "secret", binance.Options{Burst: 250})
	require.NoError(t, err)
	_, err = binance.New("key", "secret", binance.Options{Every: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	client, err := binance.New("key", "secret", binance.Options{})
	require.NoError(t, err)
	require.NotNil(t, client)
}
