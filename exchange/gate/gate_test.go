package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/gate"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

func TestClientKeepsTheLaws(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
		d := newDouble(t)
		return d.Fixture(d.account("maker"), d.account("other"))
	})
}

func TestClientKeepsTheLawsWhenGateForgetsClientIDs(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
		d := newDouble(t)
		d.forgets = true
		return d.Fixture(d.account("maker"), d.account("other"))
	})
}

func TestAStormLosesNoOrderAndDoublesNone(t *testing.T) {
	d := newDouble(t)
	d.forgets = true
	exchangetest.RunStorm(t, 200, d.StormFixture("maker", d.account("maker"), 1))
}

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		d := newDouble(t)
		return d.ProofFixture(d.account("provider"), d.account("other"), d.prover("provider"), d.verifier())
	})
}

func TestSignaturesAreThePublishedOnes(t *testing.T) {
	const body = `{"contract":"BTC_USD","type":"limit","size":100,"price":6800,"time_in_force":"gtc"}` // whose hash is published
	venuetest.Signatures(t, gate.Name, func(s venuetest.Signature) string {
		line := strings.Split(s.Signed, "\n") // method, path, query, hash of the body, time
		if s.Path == "/api/v4/spot/orders" {
			prover, err := gate.NewProver(s.Key, s.Secret)
			require.NoError(t, err)
			proof, err := prover.ProveOpenOrders(exchange.Pair{Base: "BTC", Quote: "USDT"}, time.Unix(dec(line[4]).IntPart(), 0))
			require.NoError(t, err)
			return proof.Signature
		}
		if line[0] == "POST" {
			return gate.Sign(s.Secret, line[0], line[1], line[2], body, line[4])
		}
		return gate.Sign(s.Secret, line[0], line[1], line[2], "", line[4])
	})
}

// recorded is an order as Gate lists it.
const recorded = `{"id":"12332324","text":"t-123456","create_time":"1548000000","update_time":"1548000100","create_time_ms":1548000000123,
	"update_time_ms":1548000100123,"currency_pair":"USDC_USDT","status":"open","type":"limit","account":"spot","side":"buy","iceberg":"0",
	"amount":"10","price":"0.9990","time_in_force":"poc","left":"6.00","filled_total":"3.996","finish_as":"open","fee":"0.004","fee_currency":"USDC"}`

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// answering returns a client whose call is answered with the answer.
func answering(t *testing.T, call, answer string) (*double, *gate.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, answer)
	return d, d.account("maker")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	market := strings.NewReplacer("12332324", "1", `"limit"`, `"market"`).Replace(recorded)
	byHand := strings.NewReplacer("12332324", "12332325", "t-123456", "web", "poc", "gtc").Replace(recorded)
	_, client := answering(t, lists, "["+byHand+","+market+","+recorded+"]")
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	want := exchange.Order{
		ClientID: "123456", Pair: pair, Side: exchange.Bid, Price: dec("0.999"), Amount: dec("10"), PostOnly: true, ID: "12332324",
		Filled: dec("4"), Status: exchange.Open, PlacedAt: time.Date(2019, 1, 20, 16, 0, 0, 123_000_000, time.UTC),
	}
	hand := want
	hand.ID, hand.ClientID, hand.PostOnly = "12332325", "", false
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
		{"longer than we read", "[" + strings.Repeat(" ", transport.MaxAnswer) + "]", "longer than 1048576 bytes"},
		{"another pair", "[" + but("USDC_USDT", "BTC_USDT") + "]", "currency_pair BTC_USDT: must be USDC_USDT"},
		{"no pair", "[" + but("currency_pair", "x") + "]", "must be USDC_USDT"},
		{"one order twice", "[" + recorded + "," + recorded + "]", "id 12332324: must be unique"},
		{"no id", "[" + but(`"id"`, `"x"`) + "]", "id nothing: must be there"},
		{"no type", "[" + but(`"limit"`, `""`) + "]", "type nothing: must be there"},
		{"a negative amount", "[" + but(`"10"`, `"-10"`) + "]", "Order.Amount -10: must be > 0"},
		{"no amount", "[" + but(`"amount"`, `"x"`) + "]", "Order.Amount 0: must be > 0"},
		{"less than nothing left", "[" + but("6.00", "-1") + "]", "left -1: must be 0 to amount 10"},
		{"more left than asked for", "[" + but("6.00", "10.01") + "]", "must be 0 to amount 10"},
		{"nothing left, and open", "[" + but("6.00", "0") + "]", "0 remains"},
		{"no word of what is left", "[" + but(`"left"`, `"x"`) + "]", "left 0: must be"},
		{"null for what is left", "[" + but(`"6.00"`, "null") + "]", "must be a number"},
		{"no price", "[" + but("0.9990", "0") + "]", "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", "[" + but("0.9990", "1e9999") + "]", "exponent"},
		{"no side", "[" + but("buy", "hold") + "]", "side hold: must be buy or sell"},
		{"an order that is gone", "[" + but(`"status":"open"`, `"status":"cancelled"`) + "]", "must be that of an open order"},
		{"an unknown status", "[" + but(`"status":"open"`, `"status":"shrug"`) + "]", "status shrug"},
		{"no time", "[" + but("create_time_ms", "x") + "]", "create_time_ms 0: must be in milliseconds"},
		{"a time in seconds", "[" + but("1548000000123", "1548000000") + "]", "must be in milliseconds"},
		{"a time in microseconds", "[" + but("1548000000123", "1548000000123000") + "]", "must be in milliseconds"},
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
	read := map[string]func(*testing.T, *gate.Client) error{
		"Market":   func(t *testing.T, c *gate.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Ticker":   func(t *testing.T, c *gate.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *gate.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *gate.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *gate.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order":    func(t *testing.T, c *gate.Client) error { _, err := c.Order(t.Context(), pair, "a1"); return err },
	}
	const trade = `{"id":"1","order_id":"2","currency_pair":"USDC_USDT","create_time_ms":"1714564800000.5","side":"buy","role":"maker","amount":"1","price":"1","fee":"0.1","fee_currency":"USDC"}`
	for _, c := range []struct{ story, call, endpoint, answer, says string }{
		{"rules of another pair", "Market", "currency_pairs/USDC_USDT", `{"id":"BTC_USDT","base":"BTC","quote":"USDT"}`, "must be USDC_USDT"},
		{"rules of a pair that only looks the same", "Market", "currency_pairs/USDC_USDT", `{"id":"USDC_USDT","base":"USDC_USDT","quote":""}`, "must be USDC_USDT"},
		{"rules without a tick", "Market", "currency_pairs/USDC_USDT", `{"id":"USDC_USDT","base":"USDC","quote":"USDT","amount_precision":2}`, "precision"},
		{"rules without a lot", "Market", "currency_pairs/USDC_USDT", `{"id":"USDC_USDT","base":"USDC","quote":"USDT","precision":2}`, "amount_precision"},
		{"no fees", "Market", "fee", `{}`, "must have maker_fee"},
		{"a fee of everything", "Market", "fee", `{"maker_fee":"1","taker_fee":"1"}`, "TakerFeeBps"},
		{"a ticker of another pair", "Ticker", "tickers", `[{"currency_pair":"BTC_USDT","last":"1","lowest_ask":"","highest_bid":""}]`, "must be that of USDC_USDT"},
		{"tickers of all pairs", "Ticker", "tickers", `[{"currency_pair":"USDC_USDT"},{"currency_pair":"BTC_USDT"}]`, "must be that of USDC_USDT"},
		{"half a ticker", "Ticker", "tickers", `[{"currency_pair":"USDC_USDT","last":"1","lowest_ask":""}]`, "and highest_bid"},
		{"a crossed ticker", "Ticker", "tickers", `[{"currency_pair":"USDC_USDT","last":"1","lowest_ask":"1","highest_bid":"2"}]`, "must be below Ask"},
		{"a crossed book", "Book", "order_book", `{"current":1714564800000,"bids":[["2","1"]],"asks":[["1","1"]]}`, "must be below best ask"},
		{"a book deeper than asked for", "Book", "order_book", `{"current":1714564800000,"bids":[["3","1"],["2","1"],["1","1"]],"asks":[]}`, "at most 2 levels"},
		{"half a book", "Book", "order_book", `{"current":1714564800000,"bids":[]}`, "must be there"},
		{"a book without a time", "Book", "order_book", `{"bids":[],"asks":[]}`, "current 0"},
		{"a level without an amount", "Book", "order_book", `{"current":1714564800000,"bids":[["1"]],"asks":[]}`, "Price 0"},
		{"an asset named twice", "Balances", "accounts", `[{"currency":"A","available":"1","locked":"0"},{"currency":"A","available":"1","locked":"0"}]`, "must be named once"},
		{"a negative balance", "Balances", "accounts", `[{"currency":"A","available":"-1","locked":"0"}]`, "must be >= 0"},
		{"a balance that is left out", "Balances", "accounts", `[{"currency":"A","available":"1"}]`, "must be >= 0"},
		{"no balances", "Balances", "accounts", `null`, "must be a list"},
		{"no trades", "Fills", "my_trades", "null", "must be a list"},
		{"one trade twice", "Fills", "my_trades", "[" + trade + "," + trade + "]", "id 1: must be unique"},
		{"a trade of another pair", "Fills", "my_trades", "[" + strings.Replace(trade, "USDC_USDT", "BTC_USDT", 1) + "]", "must be USDC_USDT"},
		{"a trade of a negative amount", "Fills", "my_trades", "[" + strings.Replace(trade, `"amount":"1"`, `"amount":"-1"`, 1) + "]", "must be > 0"},
		{"a trade that does not say who made it", "Fills", "my_trades", "[" + strings.Replace(trade, "maker", "", 1) + "]", "must have order_id, side, role"},
		{"a fee of no asset", "Fills", "my_trades", "[" + strings.Replace(trade, `"fee_currency":"USDC"`, `"x":""`, 1) + "]", "fee_currency nothing"},
		{"an order of another name", "Order", "orders/t-a1", recorded, "text 123456: must be a1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d := newDouble(t)
			_, err := d.account("maker").Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.NoError(t, err)
			d.Says("GET /api/v4/spot/"+c.endpoint, c.answer)
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
	require.Empty(t, cmp.Diff(venuetest.Stables, m), "fees without the discount for those paid in GT")

	d.Says("GET /api/v4/spot/currency_pairs/USDC_USDT", `{"id":"USDC_USDT","base":"USDC","quote":"USDT","min_base_amount":null,"amount_precision":0,"precision":6}`)
	m, err = d.account("maker").Market(t.Context(), pair)
	require.NoError(t, err)
	require.Equal(t, "0.000001 1 0 0", fmt.Sprint(m.Tick, " ", m.Lot, " ", m.MinAmount, " ", m.MinNotional))

	book, err := client.Book(t.Context(), pair, 5)
	require.NoError(t, err)
	require.Equal(t, start, book.At, "which is when Gate saw it")
}

func TestAFeeIsInWhatItWasPaidIn(t *testing.T) {
	for fee, want := range map[string]string{
		`"fee":"0.5","fee_currency":"USDC","gt_fee":"0","point_fee":"0"`:   "0.5 USDC",
		`"fee":"0","fee_currency":"USDC","gt_fee":"0.25","point_fee":"0"`:  "0.25 GT",
		`"fee":"0","fee_currency":"USDC","gt_fee":"0","point_fee":"0.125"`: "0.125 POINT",
		`"fee":"0","fee_currency":"USDC","gt_fee":"0","point_fee":"0"`:     "0 USDC",
	} {
		_, client := answering(t, "GET /api/v4/spot/my_trades", `[{"id":"5736713","order_id":"30784428","currency_pair":"USDC_USDT",
			"create_time_ms":"1714564800000.123456","side":"sell","role":"taker","amount":"0.15","price":"0.03","text":"apiv4",`+fee+`}]`)
		fills, err := client.Fills(t.Context(), pair, start)
		require.NoError(t, err)
		require.Len(t, fills, 1)
		require.Equal(t, want, fmt.Sprint(fills[0].Fee, " ", fills[0].FeeAsset))
		require.Equal(t, start.Add(123*time.Microsecond), fills[0].At)
		require.Empty(t, fills[0].ClientID, "its owner gave it none")
	}
}

func TestAnAnswerToPlaceThatMakesNoSenseIsAnUnknownOutcome(t *testing.T) {
	for _, answer := range []string{"", "{}", strings.NewReplacer("123456", "a1", `"10"`, `"99"`).Replace(recorded)} {
		d, client := answering(t, places, answer)
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
		o, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Equal(t, exchange.Open, o.Status)
		require.Equal(t, 1, d.Asked(places), "it was looked up, not sent again")
	}
}

func TestAPostOnlyOrderThatGateTakesAndCancelsWouldHaveCrossed(t *testing.T) {
	d, client := answering(t, places, strings.NewReplacer("123456", "a1", `"open","type"`, `"cancelled","type"`, `"finish_as":"open"`, `"finish_as":"poc"`).Replace(recorded))
	o := d.Order("a1", exchange.Bid, "10", "0.999")
	o.PostOnly = true
	_, err := client.Place(t.Context(), o)
	require.ErrorIs(t, err, exchange.ErrWouldCross)
}

func TestErrorsOfGateAreThePortsOwn(t *testing.T) {
	for label, want := range map[failure]error{
		"INVALID_KEY":          exchange.ErrAuth,
		"INVALID_SIGNATURE":    exchange.ErrAuth,
		"REQUEST_EXPIRED":      exchange.ErrAuth,
		"READ_ONLY":            exchange.ErrAuth,
		"TOO_MANY_REQUESTS":    exchange.ErrRateLimited,
		"BALANCE_NOT_ENOUGH":   exchange.ErrInsufficient,
		"POC_FILL_IMMEDIATELY": exchange.ErrWouldCross,
		"TRADE_RESTRICTED":     exchange.ErrRejected,
		"QUANTITY_NOT_ENOUGH":  exchange.ErrInvalid,
		"INVALID_PARAM_VALUE":  exchange.ErrInvalid,
		"ORDER_EXISTS":         exchange.ErrUnknownOutcome,
		"INTERNAL":             exchange.ErrUnknownOutcome,
		"SOMETHING_NEW":        exchange.ErrUnknownOutcome,
	} {
		t.Run(string(label), func(t *testing.T) {
			d := newDouble(t)
			d.Refuse(places, label)
			_, err := d.account("maker").Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, want)
			require.ErrorContains(t, err, string(label))
		})
	}
}

func TestAllPagesOfOpenOrdersAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	for i := range 250 {
		_, err := client.Place(t.Context(), d.Order(fmt.Sprint("a", i), exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		if i == 199 {
			orders, err := client.OpenOrders(t.Context(), pair)
			require.NoError(t, err)
			require.Len(t, orders, 200, "the last page is full")
		}
	}
	placed := d.Asked(lists)
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Len(t, orders, 250)
	for i, o := range orders {
		require.Equal(t, fmt.Sprint("a", i), o.ClientID, "oldest first")
	}
	require.Equal(t, 3, d.Asked(lists)-placed)
}

func TestAProofShowsOnePageOrNothing(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	place := func(id string) {
		_, err := client.Place(t.Context(), d.Order(id, exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
	}
	prover, verifier := d.prover("maker"), d.verifier()
	verify := func() ([]exchange.Order, error) {
		proof, err := prover.ProveOpenOrders(pair, start)
		require.NoError(t, err)
		return verifier.Verify(t.Context(), proof, pair, start)
	}
	for i := range gate.MaxProofOrders {
		place(fmt.Sprint("a", i))
	}
	orders, err := verify()
	require.NoError(t, err)
	require.Len(t, orders, gate.MaxProofOrders)
	require.Equal(t, "a0", orders[0].ClientID)
	place("b1")
	_, err = verify()
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "there may be more")
}

func TestAnOrderPlacedBetweenTwoPagesIsThereOnce(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	for i := range 101 {
		_, err := client.Place(t.Context(), d.Order(fmt.Sprint("a", i), exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
	}
	var first string
	d.Spoil(func(_, body string) string {
		if first == "" {
			first = body
			return body
		}
		pushed := first[strings.LastIndex(first, `{"account"`):] // from the first page onto the second
		return "[" + strings.TrimSuffix(pushed, "]") + "," + strings.TrimPrefix(body, "[")
	})
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Len(t, orders, 101)
}

func TestFillsAreAskedForByThirtyDaysAndAllPages(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "10000", "1"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("10000")))
	for i := range 1001 {
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	const trades = "GET /api/v4/spot/my_trades"
	for _, c := range []struct {
		since time.Time
		asked int // periods, and a second page in the last
	}{
		{start, 2},
		{start.Add(-29*24*time.Hour + time.Second), 2},
		{start.Add(-29*24*time.Hour - time.Second), 3},
		{start.Add(-60 * 24 * time.Hour), 4},
		{time.Time{}, 81},
	} {
		before := d.Asked(trades)
		fills, err := client.Fills(t.Context(), pair, c.since)
		require.NoError(t, err)
		require.Len(t, fills, 1001)
		require.Equal(t, "a1", fills[1000].ClientID)
		assert.Equal(t, c.asked, d.Asked(trades)-before, "since %v", c.since)
	}
	fills, err := client.Fills(t.Context(), pair, d.Venue.Now().Add(time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, fills, "Gate asks by the second, we do not")
}

func TestAFinishedOrderIsRememberedForADay(t *testing.T) {
	d := newDouble(t)
	d.forgets = true
	client := d.account("maker")
	for i := range 101 {
		id := fmt.Sprint("a", i)
		_, err := client.Place(t.Context(), d.Order(id, exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.NoError(t, client.Cancel(t.Context(), pair, id))
	}
	for _, c := range []struct {
		story string
		after time.Duration
		found bool
	}{
		{"at once", 0, true},
		{"a day later", 24 * time.Hour, true},
		{"later than that", time.Hour, false},
	} {
		d.Clock.Add(c.after)
		for _, reader := range []*gate.Client{client, d.account("maker")} { // one that remembers, one that has to read all pages
			o, err := reader.Order(t.Context(), pair, "a0")
			if !c.found {
				require.ErrorIs(t, err, exchange.ErrNotFound, c.story)
				continue
			}
			require.NoError(t, err, c.story)
			require.Equal(t, exchange.Cancelled, o.Status, c.story)
		}
	}
}

func TestOfSeveralFinishedOrdersOfOneNameTheNewestCounts(t *testing.T) {
	gone := but(`"status":"open"`, `"status":"cancelled"`)
	newer := strings.NewReplacer("12332324", "99", "1548000100123", "1714564800000").Replace(gone)
	older := strings.NewReplacer("1548000100123", "1714564799999").Replace(gone)
	for _, list := range []string{older + "," + newer, newer + "," + older} {
		_, client := answering(t, lists, "["+list+"]")
		o, err := client.Order(t.Context(), pair, "123456")
		require.NoError(t, err)
		require.Equal(t, "99", o.ID)
	}
}

func TestBadListsOfFinishedOrdersAreRefused(t *testing.T) {
	gone := but(`"status":"open"`, `"status":"cancelled"`)
	for _, c := range []struct{ story, answer, says string }{
		{"an open one", "[" + recorded + "]", "must be that of a finished order"},
		{"one that ended at no time", "[" + strings.Replace(gone, "update_time_ms", "x", 1) + "]", "update_time_ms 0"},
		{"one of another pair", "[" + strings.Replace(gone, "USDC_USDT", "BTC_USDT", 1) + "]", "must be USDC_USDT"},
		{"one of them twice", "[" + gone + "," + gone + "]", "must be unique"},
		{"no list", "null", "must be a list"},
	} {
		_, client := answering(t, lists, c.answer)
		_, err := client.Order(t.Context(), pair, "a1")
		require.ErrorIs(t, err, transport.ErrBadAnswer, c.story)
		require.ErrorContains(t, err, c.says, c.story)
	}
}

func TestAListWithoutEndIsRefused(t *testing.T) {
	var page []string
	for i := range 100 {
		page = append(page, fmt.Sprintf(`{"id":"%d","type":"market"}`, i)) // which is left out, but counts
	}
	_, client := answering(t, lists, "["+strings.Join(page, ",")+"]")
	_, err := client.OpenOrders(t.Context(), pair)
	require.ErrorIs(t, err, transport.ErrBadAnswer)
	require.ErrorContains(t, err, "orders 100000: must be fewer")
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /api/v4/spot/currency_pairs/USDC_USDT": 1, lists: 1}, d.Hits())

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
	prover, err := gate.NewProver("key", "secret")
	require.NoError(t, err)
	_, err = prover.ProveOpenOrders(exchange.Pair{}, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	for i, now := range []time.Time{start, start.Add(-time.Hour), start} {
		proof, err := prover.ProveOpenOrders(pair, now)
		require.NoError(t, err)
		require.Equal(t, start.Add(time.Duration(i)*time.Second), proof.IssuedAt)
		require.Equal(t, map[string]string{"timestamp": fmt.Sprint(proof.IssuedAt.Unix())}, proof.Params)
	}
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range [][2]string{{"", "secret"}, {"key", ""}} {
		_, err := gate.New(c[0], c[1], gate.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid)
		_, err = gate.NewProver(c[0], c[1])
		require.ErrorIs(t, err, exchange.ErrInvalid)
	}
	_, err := gate.New("key", "secret", gate.Options{Burst: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = gate.NewVerifier(gate.Options{Base: "api.gateio.ws"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = gate.New("key", "secret", gate.Options{})
	require.NoError(t, err)
}
