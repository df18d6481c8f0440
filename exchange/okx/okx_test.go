package okx_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/okx"
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
	venuetest.Signatures(t, okx.Name, func(s venuetest.Signature) string {
		if s.Path != "/api/v5/trade/orders-pending" {
			return okx.Sign(s.Secret, s.Signed)
		}
		prover, err := okx.NewProver("key", s.Secret, "passphrase")
		require.NoError(t, err)
		at := time.Date(2020, 12, 8, 9, 8, 57, 715_000_000, time.UTC)
		proof, err := prover.ProveOpenOrders(exchange.Pair{Base: "BTC", Quote: "USDT"}, at)
		require.NoError(t, err)
		return proof.Signature
	})
}

// recorded is an order as the documentation shows it, partly filled.
const recorded = `{"accFillSz":"4","algoClOrdId":"","attachAlgoOrds":[],"avgPx":"0.9991","cTime":"1724733617998","cancelSource":"","clOrdId":"web1","fee":"0",
	"instId":"USDC-USDT","instType":"SPOT","isTpLimit":"false","linkedAlgoOrd":{"algoId":""},"ordId":"1752588852617379840","ordType":"post_only","px":"0.999",
	"side":"sell","state":"partially_filled","sz":"10","tdMode":"cash","tgtCcy":"","uTime":"1724733617998"}`

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// list is an answer in OKX's envelope.
func list(entries ...string) string {
	return `{"code":"0","msg":"","data":[` + strings.Join(entries, ",") + `]}`
}

// answering returns a client whose calls of one kind get the answer.
func answering(t *testing.T, call, body string) (*double, *okx.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, body)
	return d, d.account("maker")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	_, client := answering(t, pending, list(
		strings.NewReplacer("1752588852617379840", "1", "post_only", "ioc").Replace(recorded),
		strings.NewReplacer("1752588852617379840", "2", "post_only", "market", `"px":"0.999"`, `"px":""`).Replace(recorded),
		recorded,
	))
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Order{{
		ClientID: "web1", Pair: pair, Side: exchange.Ask, Price: dec("0.999"), Amount: dec("10"), PostOnly: true, ID: "1752588852617379840",
		Filled: dec("4"), Status: exchange.Open, PlacedAt: time.Date(2024, 8, 27, 4, 40, 17, 998_000_000, time.UTC),
	}}, orders), "what cannot rest is not on the book")
	require.True(t, orders[0].Remaining().Equal(dec("6")))
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"nothing at all", "", "EOF"},
		{"cut off", `{"code":"0","data":[`, "unexpected EOF"},
		{"two answers in one", list() + list(), "more than one JSON value"},
		{"no word whether it went well", `{"data":[]}`, "code : must be a number"},
		{"a code in words", `{"code":"shrug","data":[]}`, "code shrug: must be a number"},
		{"an error that we do not know", `{"code":"99","msg":"shrug"}`, "okx 99"},
		{"no data", `{"code":"0"}`, "data nothing: must be there"},
		{"an object for a list", `{"code":"0","data":{}}`, "cannot unmarshal"},
		{"longer than we read", list() + strings.Repeat(" ", transport.MaxAnswer), "longer than 1048576 bytes"},
		{"another pair", list(but("USDC-USDT", "BTC-USDT")), "instrument SPOT BTC-USDT: must be SPOT USDC-USDT"},
		{"another pair's market order", list(strings.NewReplacer("USDC-USDT", "BTC-USDT", "post_only", "market").Replace(recorded)), "SPOT BTC-USDT"},
		{"an order on margin", list(but("SPOT", "MARGIN")), "instrument MARGIN USDC-USDT"},
		{"no pair", list(but(`"instId":"USDC-USDT",`, "")), "must be SPOT USDC-USDT"},
		{"one order twice", list(recorded, recorded), "ordId 1752588852617379840: must be unique"},
		{"no id", list(but("1752588852617379840", "")), "ordId nothing"},
		{"a negative amount", list(but(`"10"`, `"-10"`)), "Order.Amount -10: must be > 0"},
		{"no amount", list(but(`"10"`, `""`)), "Order.Amount 0: must be > 0"},
		{"a negative filled amount", list(but(`"4"`, `"-1"`)), "accFillSz -1: must be 0 to sz 10"},
		{"more filled than asked for", list(but(`"4"`, `"10.01"`)), "must be 0 to sz 10"},
		{"all filled, and open", list(but(`"4"`, `"10"`)), "0 remains"},
		{"no filled amount, which would credit all of it", list(but(`"4"`, `""`)), "accFillSz 0: must be"},
		{"null for a filled amount", list(but(`"4"`, `null`)), "must be a number"},
		{"no price", list(but(`"0.999"`, `""`)), "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", list(but(`"0.999"`, `"1e9999"`)), "exponent"},
		{"no side", list(but("sell", "hold")), "side hold: must be buy or sell"},
		{"an order that is gone", list(but("partially_filled", "canceled")), "must be that of an open order"},
		{"an unknown state", list(but("partially_filled", "shrug")), "state shrug"},
		{"an unknown type", list(but("post_only", "shrug")), "ordType shrug"},
		{"no time", list(but("1724733617998", "")), "cTime 0: must be > 0"},
		{"a time in microseconds", list(but("1724733617998", "1724733617998000")), "in milliseconds"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, pending, c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, 1, d.Asked(pending), "a bad answer is not asked for again")

			proof, err := d.prover("maker").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *okx.Client) error{
		"Ticker":   func(t *testing.T, c *okx.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Market":   func(t *testing.T, c *okx.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *okx.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *okx.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *okx.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order":    func(t *testing.T, c *okx.Client) error { _, err := c.Order(t.Context(), pair, "a1"); return err },
	}
	const trade = `{"instType":"SPOT","instId":"USDC-USDT","billId":"1","ordId":"2","clOrdId":"","side":"buy","execType":"M","fillPx":"1","fillSz":"1","fee":"-0.001","feeCcy":"USDC","fillTime":"1714564800000"}`
	const rules = `{"instType":"SPOT","instId":"USDC-USDT","baseCcy":"USDC","quoteCcy":"USDT","tickSz":"0.0001","lotSz":"0.01","minSz":"1"}`
	const info, ticker, book, balance, fee = "GET /api/v5/public/instruments", "GET /api/v5/market/ticker", "GET /api/v5/market/books", "GET /api/v5/account/balance", "GET /api/v5/account/trade-fee"
	for _, c := range []struct{ story, ask, call, answer, says string }{
		{"rules of another pair", "Market", info, list(strings.Replace(rules, "USDC-USDT", "BTC-USDT", 1)), "must be SPOT USDC-USDT"},
		{"rules of a pair that only looks the same", "Market", info, list(strings.NewReplacer(`"USDC"`, `"USDC-US"`, `"USDT"`, `"DT"`).Replace(rules)), "must be SPOT USDC-USDT"},
		{"rules of a future", "Market", info, list(strings.Replace(rules, "SPOT", "FUTURES", 1)), "must be SPOT USDC-USDT"},
		{"rules of two pairs", "Market", info, list(rules, rules), "data 2: must be one"},
		{"rules without a tick", "Market", info, list(strings.Replace(rules, `"0.0001"`, `""`, 1)), "Market.Tick"},
		{"rules without a lot", "Market", info, list(strings.Replace(rules, `"0.01"`, `""`, 1)), "Market.Lot"},
		{"rules without a smallest amount", "Market", info, list(strings.Replace(rules, `"1"`, `""`, 1)), "minSz nothing"},
		{"fees of futures", "Market", fee, list(`{"instType":"SWAP","maker":"-0.0002","taker":"-0.0005"}`), "instType SWAP: must be SPOT"},
		{"half of the fees", "Market", fee, list(`{"instType":"SPOT","maker":"-0.0002","taker":""}`), "must have maker and taker"},
		{"a fee of everything", "Market", fee, list(`{"instType":"SPOT","maker":"-1","taker":"-1"}`), "TakerFeeBps"},
		{"a ticker of another pair", "Ticker", ticker, list(`{"instId":"BTC-USDT","bidPx":"1","askPx":"2","last":"1","ts":"1"}`), "must be USDC-USDT"},
		{"a ticker without an ask", "Ticker", ticker, list(`{"instId":"USDC-USDT","bidPx":"1","last":"1","ts":"1"}`), "with bidPx, askPx and last"},
		{"a crossed ticker", "Ticker", ticker, list(`{"instId":"USDC-USDT","bidPx":"2","askPx":"1","last":"1","ts":"1"}`), "must be below Ask"},
		{"a ticker of no time", "Ticker", ticker, list(`{"instId":"USDC-USDT","bidPx":"1","askPx":"2","last":"1","ts":""}`), "ts 0"},
		{"no book", "Book", book, list(), "data 0: must be one"},
		{"a crossed book", "Book", book, list(`{"bids":[["2","1","0","1"]],"asks":[["1","1","0","1"]],"ts":"1"}`), "must be below best ask"},
		{"a book deeper than asked for", "Book", book, list(`{"bids":[["3","1"],["2","1"],["1","1"]],"asks":[],"ts":"1"}`), "at most 2 levels"},
		{"half a book", "Book", book, list(`{"bids":[],"ts":"1"}`), "must be there"},
		{"a level without an amount", "Book", book, list(`{"bids":[["1"]],"asks":[],"ts":"1"}`), "Price 0"},
		{"a book of no time", "Book", book, list(`{"bids":[],"asks":[]}`), "ts 0"},
		{"no account", "Balances", balance, list(), "data 0: must be one"},
		{"no details", "Balances", balance, list(`{}`), "details nothing"},
		{"a currency named twice", "Balances", balance, list(`{"details":[{"ccy":"A","availBal":"1","frozenBal":"0"},{"ccy":"A","availBal":"1","frozenBal":"0"}]}`), "must be named once"},
		{"a negative balance", "Balances", balance, list(`{"details":[{"ccy":"A","availBal":"-1","frozenBal":"0"}]}`), "must be >= 0"},
		{"a balance that is left out", "Balances", balance, list(`{"details":[{"ccy":"A","availBal":"1","frozenBal":""}]}`), "must be >= 0"},
		{"one trade twice", "Fills", recent, list(trade, trade), "billId 1: must be unique"},
		{"a trade of another pair", "Fills", recent, list(strings.Replace(trade, "USDC-USDT", "BTC-USDT", 1)), "must be SPOT USDC-USDT"},
		{"a trade on margin", "Fills", recent, list(strings.Replace(trade, "SPOT", "MARGIN", 1)), "must be SPOT USDC-USDT"},
		{"a trade of a negative amount", "Fills", recent, list(strings.Replace(trade, `"fillSz":"1"`, `"fillSz":"-1"`, 1)), "must be > 0"},
		{"a trade that does not say who made it", "Fills", recent, list(strings.Replace(trade, `"M"`, `""`, 1)), "execType : must be M or T"},
		{"a trade of no side", "Fills", recent, list(strings.Replace(trade, "buy", "", 1)), "must have billId"},
		{"a trade of no time", "Fills", recent, list(strings.Replace(trade, "1714564800000", "", 1)), "fillTime 0"},
		{"a fee in nothing", "Fills", recent, list(strings.Replace(trade, `:"USDC"`, `:""`, 1)), "must have billId"},
		{"an order of another pair", "Order", getOne, list(strings.NewReplacer("USDC-USDT", "BTC-USDT", "web1", "a1").Replace(recorded)), "must be SPOT USDC-USDT"},
		{"an order of another name", "Order", getOne, list(recorded), "clOrdId web1: must be a1"},
		{"two orders of one name", "Order", getOne, list(recorded, recorded), "data 2: must be one"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, client := answering(t, c.call, c.answer)
			err := read[c.ask](t, client)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestRulesAndBalancesAreReadInFull(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(market, m))
	_, err = client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	balances, err := client.Balances(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{"USDC": {Free: dec("10000")}, "USDT": {Free: dec("9990.01"), Held: dec("9.99")}}, balances))
}

func TestOfSeveralFeesTheDearestCounts(t *testing.T) {
	for body, want := range map[string]string{
		`{"instType":"SPOT","maker":"-0.0008","taker":"-0.001"}`:                                                   "8 10",
		`{"instType":"SPOT","maker":"0.0001","taker":"-0.0005"}`:                                                   "-1 5", // a rebate
		`{"instType":"SPOT","maker":"","taker":"","feeGroup":[{"maker":"-0.0002","taker":"-0.0003"}]}`:             "2 3",
		`{"instType":"SPOT","maker":"-0.0008","taker":"-0.001","feeGroup":[{"maker":"-0.002","taker":"-0.0035"}]}`: "20 35",
	} {
		_, client := answering(t, "GET /api/v5/account/trade-fee", list(body))
		m, err := client.Market(t.Context(), pair)
		require.NoError(t, err)
		require.Equal(t, want, fmt.Sprint(m.MakerFeeBps, " ", m.TakerFeeBps))
	}
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, body := range []string{
		"", "{}", list(), list("{}"), list(`{"ordId":"1","clOrdId":"b1","sCode":"0"}`), list(`{"ordId":"","clOrdId":"a1","sCode":"0"}`), list(`{"ordId":"1","clOrdId":"a1"}`),
	} {
		d := newDouble(t)
		client := d.account("maker")
		d.Says(place, body)
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome, body)
		o, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Equal(t, exchange.Open, o.Status)
		require.Equal(t, 1, d.Asked(place), "it was looked up, not sent again")
	}
}

func TestWhatGoesWrongAfterPlacingIsAnUnknownOutcome(t *testing.T) {
	for story, body := range map[string]string{
		"no order yet":   `{"code":"51603","msg":"Order does not exist","data":[]}`,
		"another order":  list(recorded),
		"no sense":       "{}",
		"a refusal":      `{"code":"50111","msg":"Invalid OK-ACCESS-KEY"}`,
		"too many calls": `{"code":"50011","msg":"Rate limit reached."}`,
	} {
		t.Run(story, func(t *testing.T) {
			d := newDouble(t)
			client := d.account("maker")
			looks := 0
			d.Spoil(func(call, asIs string) string {
				if call == getOne {
					if looks++; looks > 1 { // the first one is before placing
						return body
					}
				}
				return asIs
			})
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
			require.NotErrorIs(t, err, exchange.ErrRateLimited, "which would mean that nothing was done")
			require.NotErrorIs(t, err, exchange.ErrAuth)
			require.NotErrorIs(t, err, exchange.ErrNotFound)
			require.Equal(t, 1, d.Asked(place))
		})
	}
}

func TestAPostOnlyOrderThatOKXAcceptsAndCancelsWouldHaveCrossed(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	_, err := d.account("other").Place(t.Context(), d.Order("b1", exchange.Ask, "10", "1"))
	require.NoError(t, err)
	o := d.Order("a1", exchange.Bid, "10", "1")
	o.PostOnly = true
	_, err = client.Place(t.Context(), o)
	require.ErrorIs(t, err, exchange.ErrWouldCross)
	again, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, again.Status)
	require.Equal(t, 1+1, d.Asked(place), "one of each account")
}

func TestErrorsOfOKXAreThePortsOwn(t *testing.T) {
	for code, want := range map[int]error{
		50001:  exchange.ErrUnknownOutcome, // unavailable
		50004:  exchange.ErrUnknownOutcome, // endpoint timeout, may have succeeded
		51149:  exchange.ErrUnknownOutcome, // order timed out
		51016:  exchange.ErrUnknownOutcome, // client id of an open order
		424242: exchange.ErrUnknownOutcome, // one that nobody has heard of
		50011:  exchange.ErrRateLimited,
		50061:  exchange.ErrRateLimited,
		50036:  exchange.ErrAuth, // too late for its expTime
		50102:  exchange.ErrAuth,
		50105:  exchange.ErrAuth,
		50111:  exchange.ErrAuth,
		50113:  exchange.ErrAuth,
		50119:  exchange.ErrAuth,
		51000:  exchange.ErrInvalid,
		51020:  exchange.ErrInvalid,
		51121:  exchange.ErrInvalid,
		51008:  exchange.ErrInsufficient,
		51131:  exchange.ErrInsufficient,
		51006:  exchange.ErrRejected, // price too far from the market
		51010:  exchange.ErrRejected, // not in this account mode
		54011:  exchange.ErrRejected,
	} {
		for _, body := range []string{
			fmt.Sprintf(`{"code":"%d","msg":"in words"}`, code),
			fmt.Sprintf(`{"code":"%d","msg":"in words","data":{}}`, code),
			fmt.Sprintf(`{"code":"1","msg":"All operations failed","data":[{"sCode":"%d","sMsg":"in words"}]}`, code),
			fmt.Sprintf(`{"code":"0","msg":"","data":[{"sCode":"%d","sMsg":"in words"}]}`, code),
		} {
			d, client := answering(t, place, body)
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, want, body)
			require.ErrorContains(t, err, fmt.Sprintf(`okx %d: "in words"`, code))
		}
	}
}

func TestCancellingWhatIsDoneSucceedsByWhicheverCode(t *testing.T) {
	for _, code := range []string{"51400", "51401", "51402", "51405", "51410", "51603"} {
		_, client := answering(t, cancel, `{"code":"1","msg":"","data":[{"sCode":"`+code+`","sMsg":"gone"}]}`)
		require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	}
}

func TestALostCancellationIsAnUnknownOutcomeThatCanBeRepeated(t *testing.T) {
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

// tap notes a header of every order that is sent.
type tap struct{ sent *[]string }

func (t tap) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		*t.sent = append(*t.sent, r.Header.Get("expTime"))
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestAnOrderThatIsLateIsNotCarriedOut(t *testing.T) {
	d := newDouble(t)
	var sent []string
	o := d.options()
	o.RoundTripper = tap{&sent}
	client, err := okx.New("maker", d.Open("maker"), passphrase("maker"), o)
	require.NoError(t, err)
	_, err = client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	require.Equal(t, []string{millis(start.Add(5 * time.Second))}, sent)
}

func TestAllPagesOfOpenOrdersAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	for i := range 200 {
		_, err := client.Place(t.Context(), d.Order(fmt.Sprintf("a%d", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Len(t, orders, 200)
	require.Equal(t, "a0", orders[0].ClientID)
	require.Equal(t, "a199", orders[199].ClientID)
	require.Equal(t, 3, d.Asked(pending), "100, 100 and none")
}

func TestAListWithoutEndIsABadAnswer(t *testing.T) {
	full := strings.TrimSuffix(strings.Repeat("{},", 100), ",")
	d, client := answering(t, pending, list(full))
	_, err := client.OpenOrders(t.Context(), pair)
	require.ErrorIs(t, err, transport.ErrBadAnswer)
	require.ErrorContains(t, err, "must end within 1000 pages")
	require.Equal(t, 1000, d.Asked(pending))
}

func TestAllPagesOfFillsAreReadTheOldOnesFromTheArchive(t *testing.T) {
	d := newDouble(t)
	client, other := d.account("maker"), d.account("other")
	sold, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "605", "1"))
	require.NoError(t, err)
	take := func(from, to int) {
		for i := from; i < to; i++ {
			_, err := other.Place(t.Context(), d.Order(fmt.Sprintf("b%d", i), exchange.Bid, "5", "1"))
			require.NoError(t, err)
		}
	}
	take(0, 101)
	later := start.Add(4 * 24 * time.Hour)
	require.NoError(t, d.Venue.Advance(later))
	d.Clock.Set(later)
	take(101, 103)

	for _, since := range []time.Time{{}, start} {
		archived, lately := d.Asked(archive), d.Asked(recent)
		fills, err := client.Fills(t.Context(), pair, since)
		require.NoError(t, err)
		require.Len(t, fills, 103, "each once, whichever list it is in")
		require.Equal(t, "a1", fills[102].ClientID)
		require.Equal(t, sold.ID, fills[102].OrderID)
		require.True(t, fills[0].Fee.IsPositive(), "what OKX charges it writes below zero")
		require.True(t, fills[102].At.After(later))
		require.Equal(t, 2, d.Asked(archive)-archived, "100 and 3")
		require.Equal(t, 1, d.Asked(recent)-lately)
	}

	archived := d.Asked(archive)
	fills, err := client.Fills(t.Context(), pair, later)
	require.NoError(t, err)
	require.Len(t, fills, 2)
	fills, err = client.Fills(t.Context(), pair, fills[1].At.Add(time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, fills, "OKX asks by the millisecond, we do not")
	require.Equal(t, archived, d.Asked(archive), "the archive is not asked for what is recent")
}

func TestPartOfTheFillsIsNoAnswer(t *testing.T) {
	for _, call := range []string{recent, archive} {
		d := newDouble(t)
		client := d.account("maker")
		d.Refuse(call, exchange.ErrRateLimited)
		fills, err := client.Fills(t.Context(), pair, time.Time{})
		require.ErrorIs(t, err, exchange.ErrRateLimited)
		require.Empty(t, fills)
	}
}

func TestAPairThatIsListedNowhereIsNotFound(t *testing.T) {
	d, _ := answering(t, "GET /api/v5/public/instruments", `{"code":"51001","msg":"Instrument ID does not exist","data":[]}`)
	proof, err := d.prover("maker").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	_, err = d.verifier().Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrNotFound)
	require.Zero(t, d.Asked(pending))
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	d.account("provider")
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /api/v5/public/instruments": 1, pending: 1}, d.Hits())

	between := proof
	between.IssuedAt = proof.IssuedAt.Add(time.Microsecond)
	_, err = verifier.Verify(t.Context(), between, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid, "one signature has one time")

	proof.Key = "a\r\nHost: elsewhere"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.Equal(t, 1, d.Asked(pending))
}

func TestThePassphraseGoesAlongAndIsToldToNobodyElse(t *testing.T) {
	const secret = "a passphrase"
	d := newDouble(t)
	d.account("provider")
	prover, err := okx.NewProver("provider", d.Open("provider"), secret)
	require.NoError(t, err)
	for story, c := range map[string]struct {
		headers map[string]string
		want    error
	}{
		"another passphrase":  {map[string]string{"OK-ACCESS-PASSPHRASE": secret}, exchange.ErrAuth},
		"no passphrase":       {nil, exchange.ErrInvalid},
		"an empty passphrase": {map[string]string{"OK-ACCESS-PASSPHRASE": ""}, exchange.ErrInvalid},
		"by another name":     {map[string]string{"Ok-Access-Passphrase": secret}, exchange.ErrInvalid},
		"one header more":     {map[string]string{"OK-ACCESS-PASSPHRASE": secret, "x-simulated-trading": "1"}, exchange.ErrInvalid},
		"control characters":  {map[string]string{"OK-ACCESS-PASSPHRASE": secret + "\n"}, exchange.ErrInvalid},
	} {
		proof, err := prover.ProveOpenOrders(pair, start)
		require.NoError(t, err)
		require.NotContains(t, proof.String(), secret)
		proof.Headers = c.headers
		_, err = d.verifier().Verify(t.Context(), proof, pair, start)
		require.ErrorIs(t, err, c.want, story)
		require.NotContains(t, err.Error(), secret, story)
	}
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
	for i := range okx.MaxProofOrders + 1 {
		if i == okx.MaxProofOrders {
			proof, err := d.prover("provider").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			orders, err := d.verifier().Verify(t.Context(), proof, pair, start)
			require.NoError(t, err)
			require.Len(t, orders, okx.MaxProofOrders)
		}
		_, err := client.Place(t.Context(), d.Order(fmt.Sprintf("a%d", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	_, err = d.verifier().Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "must be at most 99")
}

func TestProofsNeedNoClockOfTheirOwn(t *testing.T) {
	prover, err := okx.NewProver("key", "secret", "passphrase")
	require.NoError(t, err)
	_, err = prover.ProveOpenOrders(exchange.Pair{}, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	for _, now := range []time.Time{start, start.Add(-time.Hour), start} {
		_, err := prover.ProveOpenOrders(pair, now)
		require.NoError(t, err)
	}
	proof, err := prover.ProveOpenOrders(pair, start)
	require.NoError(t, err)
	require.Equal(t, start.Add(3*time.Millisecond), proof.IssuedAt, "a clock that stands still or goes back does not hold proofs back")
	require.Equal(t, map[string]string{"timestamp": "2024-05-01T12:00:00.003Z"}, proof.Params)
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range [][3]string{{"", "secret", "pass"}, {"key", "", "pass"}, {"key", "secret", ""}, {"key", "secret", "line\n"}} {
		_, err := okx.New(c[0], c[1], c[2], okx.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid)
		_, err = okx.NewProver(c[0], c[1], c[2])
		require.ErrorIs(t, err, exchange.ErrInvalid)
	}
	_, err := okx.New("key", "secret", "pass", okx.Options{Burst: 11})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = okx.New("key", "secret", "pass", okx.Options{Every: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = okx.NewVerifier(okx.Options{Base: "www.okx.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = okx.New("key", "secret", "pass", okx.Options{})
	require.NoError(t, err)
}
