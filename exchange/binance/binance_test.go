package binance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/binance"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
)

func order(id string, side exchange.Side, amount, price string) exchange.Order {
	return exchange.Order{ClientID: id, Pair: pair, Side: side, Amount: dec(amount), Price: dec(price)}
}

func TestClientKeepsTheLaws(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
		d := newDouble(t)
		once := func(fault *bool) func() {
			return func() {
				d.mu.Lock()
				defer d.mu.Unlock()
				*fault = true
			}
		}
		return exchangetest.Fixture{
			Client: d.account("maker"), Other: d.account("other"), Pair: pair, Price: dec("1"), Amount: dec("10"),
			LoseAnswer: once(&d.losesAnswer), LoseRequest: once(&d.losesRequest), RateLimit: once(&d.limits),
		}
	})
}

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		d := newDouble(t)
		owner := d.account("provider")
		_, err := owner.Place(t.Context(), order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		_, err = d.account("other").Place(t.Context(), order("b1", exchange.Ask, "10", "1.001"))
		require.NoError(t, err)
		prover, err := binance.NewProver("provider", d.secrets["provider"])
		require.NoError(t, err)
		verifier, err := binance.NewVerifier(d.options())
		require.NoError(t, err)
		return exchangetest.ProofFixture{Prover: prover, Verifier: verifier, Owner: owner, Pair: pair, Now: start}
	})
}

func TestSignaturesAreThePublishedOnes(t *testing.T) {
	const name = "exchange/signing.json"
	body, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var file struct {
		Exchanges map[string]struct {
			Vectors []struct {
				Key, Secret, Path, Signature string
				StringToSign                 string `json:"string_to_sign"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &file))
	passed, failed := 0, 0
	for _, v := range file.Exchanges[binance.Name].Vectors {
		got := binance.Sign(v.Secret, v.StringToSign)
		if v.Path == "/api/v3/openOrders" {
			prover, err := binance.NewProver(v.Key, v.Secret)
			require.NoError(t, err)
			proof, err := prover.ProveOpenOrders(exchange.Pair{Base: "BTC", Quote: "USDT"}, time.UnixMilli(1499827319559))
			require.NoError(t, err)
			got = proof.Signature
		}
		if got == v.Signature {
			passed++
			continue
		}
		failed++
		t.Errorf("%s: signed %s, want %s", v.StringToSign, got, v.Signature)
	}
	vectors.Report(t, name, passed, failed)
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
	d.spoils(func(path, body string) string {
		if path == "/api/v3/openOrders" {
			return answer
		}
		return body
	})
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
			require.Equal(t, 1, d.asked("GET /api/v3/openOrders"), "a bad answer is not asked for again")

			verifier, err := binance.NewVerifier(d.options())
			require.NoError(t, err)
			prover, err := binance.NewProver("maker", d.secrets["maker"])
			require.NoError(t, err)
			proof, err := prover.ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = verifier.Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *binance.Client) error{
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
			_, err := client.Place(t.Context(), order("a1", exchange.Bid, "10", "0.999"))
			require.NoError(t, err)
			client, err = binance.New("maker", d.secrets["maker"], d.options()) // remembers no rules
			require.NoError(t, err)
			d.spoils(func(path, body string) string {
				if path == c.path {
					return c.answer
				}
				return body
			})
			err = read[c.call](t, client)
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
	d.spoils(func(path, body string) string {
		if path == "/api/v3/account/commission" {
			return `{"symbol":"USDCUSDT","standardCommission":{"maker":"0.0001","taker":"0.0002","buyer":"0.0003","seller":"0.0004"},
				"taxCommission":{"maker":"0.001","taker":"0.001","buyer":"0","seller":"0"},"specialCommission":{"maker":"0.01","taker":"0.01","buyer":"0.02","seller":"0"}}`
		}
		return body
	})
	m, err = client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Equal(t, "315 316", fmt.Sprint(m.MakerFeeBps, " ", m.TakerFeeBps))
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, answer := range []string{"", "{}", openOrder("clientOrderId", `"a1"`, "origQty", `"99"`)} {
		d := newDouble(t)
		client := d.account("maker")
		posted := false
		d.spoils(func(path, body string) string {
			if path == "/api/v3/order" && d.hits["POST /api/v3/order"] == 1 && !posted {
				posted = true
				return answer
			}
			return body
		})
		_, err := client.Place(t.Context(), order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
		o, err := client.Place(t.Context(), order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Equal(t, exchange.Open, o.Status)
		require.Equal(t, 1, d.asked("POST /api/v3/order"), "it was looked up, not sent again")
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
			client := d.account("maker")
			_, err := client.Market(t.Context(), pair)
			require.NoError(t, err)
			refusing, err := binance.New("maker", d.secrets["maker"], binance.Options{
				Base: d.server.URL, Clock: d.clock, RoundTripper: refuser{c.code, c.msg},
			})
			require.NoError(t, err)
			_, err = refusing.Place(t.Context(), order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.msg)
		})
	}
}

// refuser lets nothing but the sending of an order through to an error.
type refuser struct {
	code int
	msg  string
}

func (r refuser) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet {
		return http.DefaultTransport.RoundTrip(request)
	}
	answer := newAnswer(http.StatusBadRequest, fmt.Sprintf(`{"code":%d,"msg":%q}`, r.code, r.msg))
	return answer, nil
}

func TestAllPagesOfFillsAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	_, err := client.Place(t.Context(), order("a1", exchange.Ask, "5005", "1"))
	require.NoError(t, err)
	other := d.venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("10000")))
	for i := range 1001 {
		_, err := other.Place(t.Context(), order(fmt.Sprint("b", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	for _, since := range []time.Time{{}, start} {
		fills, err := client.Fills(t.Context(), pair, since)
		require.NoError(t, err)
		require.Len(t, fills, 1001)
		require.Equal(t, "a1", fills[1000].ClientID)
	}
	fills, err := client.Fills(t.Context(), pair, start.Add(time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, fills, "Binance asks by the millisecond, we do not")
	require.Equal(t, 6, d.asked("GET /api/v3/myTrades"))
	require.Equal(t, 2, d.asked("GET /api/v3/order"), "one look before placing, one for the name of the order")
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	d.account("provider")
	prover, err := binance.NewProver("provider", d.secrets["provider"])
	require.NoError(t, err)
	proof, err := prover.ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier, err := binance.NewVerifier(d.options())
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /api/v3/exchangeInfo": 1, "GET /api/v3/openOrders": 1}, d.hits)

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
	client, err := binance.New("key", "secret", binance.Options{})
	require.NoError(t, err)
	require.NotNil(t, client)
}
