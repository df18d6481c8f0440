package kraken_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/kraken"
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

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		d := newDouble(t)
		return d.ProofFixture(d.account("provider"), d.account("other"), d.prover(), d.verifier())
	})
}

func TestSignaturesAreThePublishedOnes(t *testing.T) {
	venuetest.Signatures(t, kraken.Name, func(s venuetest.Signature) string {
		if s.Path != "/0/private/OpenOrders" {
			secret, err := base64.StdEncoding.DecodeString(s.Secret)
			require.NoError(t, err)
			return kraken.Sign(secret, s.Path, s.Nonce, strings.TrimPrefix(s.Hashed, s.Nonce))
		}
		prover, err := kraken.NewProver("key", s.Secret)
		require.NoError(t, err)
		proof, err := prover.ProveOpenOrders(pair, time.UnixMicro(dec(s.Nonce).IntPart()))
		require.NoError(t, err)
		return proof.Signature
	})
}

const recorded = `"OU22CG-KLAF2-FWUDD7":{"refid":null,"userref":0,"cl_ord_id":"web1","status":"open","opentm":1616666559.8974,
	"descr":{"pair":"XBTUSDT","type":"sell","ordertype":"limit","price":"51000.5"},"vol":"1.25000000","vol_exec":"0.37500000","oflags":"fciq,post"}`

func open(orders ...string) string {
	return `{"error":[],"result":{"open":{` + strings.Join(orders, ",") + `}}}`
}

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// answering returns a client whose call is answered with the answer.
func answering(t *testing.T, call, answer string) (*double, *kraken.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, answer)
	return d, d.account("provider")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	_, client := answering(t, private+"OpenOrders", open(
		strings.Replace(but("XBTUSDT", "ETHUSDT"), "OU22CG", "OTHER1", 1),
		strings.Replace(but("limit", "stop-loss"), "OU22CG", "OTHER2", 1),
		recorded,
	))
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Order{{
		ClientID: "web1", Pair: pair, Side: exchange.Ask, Price: dec("51000.5"), Amount: dec("1.25"), PostOnly: true, ID: "OU22CG-KLAF2-FWUDD7",
		Filled: dec("0.375"), Status: exchange.Open, PlacedAt: time.Date(2021, 3, 25, 10, 2, 39, 897_400_000, time.UTC),
	}}, orders), "orders of other pairs and other types are left out")
	require.True(t, orders[0].Remaining().Equal(dec("0.875")))
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"cut off", `{"error":[],"result":{"open":{`, "unexpected EOF"},
		{"no result", `{"error":[]}`, "result nothing: must be there"},
		{"no list", `{"error":[],"result":{}}`, "open nothing: must be there"},
		{"a list for an object", `{"error":[],"result":{"open":[]}}`, "must be an object"},
		{"an error that we do not know", `{"error":["EGeneral:Shrug"]}`, "EGeneral:Shrug"},
		{"longer than we read", open() + strings.Repeat(" ", transport.MaxAnswer), "longer than 1048576 bytes"},
		{"one order twice", open(recorded, recorded), "must come once"},
		{"an order without an id", open(but("OU22CG-KLAF2-FWUDD7", "")), `order "": must have an id`},
		{"an order without a pair", open(but(`"pair":"XBTUSDT",`, "")), "must have a pair"},
		{"a negative amount", open(but("1.25000000", "-1.25")), "Order.Amount -1.25: must be > 0"},
		{"a negative filled amount", open(but("0.37500000", "-1")), "vol_exec -1: must be 0 to vol 1.25"},
		{"more filled than asked for", open(but("0.37500000", "1.26")), "must be 0 to vol 1.25"},
		{"all filled, and open", open(but("0.37500000", "1.25")), "0 remains"},
		{"no filled amount, which would credit all of it", open(but(`"vol_exec"`, `"x"`)), "vol_exec 0: must be"},
		{"no price", open(but("51000.5", "0")), "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", open(but("51000.5", "1e9999")), "exponent"},
		{"no side", open(but("sell", "hold")), "type hold: must be buy or sell"},
		{"an order that is gone", open(but(`"open","opentm"`, `"canceled","opentm"`)), "must be that of an open order"},
		{"an unknown status", open(but(`"open","opentm"`, `"shrug","opentm"`)), "status shrug"},
		{"no time", open(but("1616666559.8974", "0")), "opentm 0: must be > 0"},
		{"a time in milliseconds", open(but("1616666559.8974", "1616666559897")), "in seconds"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, private+"OpenOrders", c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, 1, d.Asked(private+"OpenOrders"), "a bad answer is not asked for again")

			proof, err := d.prover().ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *kraken.Client) error{
		"Market":   func(t *testing.T, c *kraken.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Ticker":   func(t *testing.T, c *kraken.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *kraken.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *kraken.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *kraken.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
	}
	for _, c := range []struct{ story, call, path, result, says string }{
		{"rules of another pair", "Market", "GET /0/public/AssetPairs", `{"X":{"wsname":"ETH/USDT","lot_decimals":4}}`, "must be BTC/USDT"},
		{"rules of two pairs", "Market", "GET /0/public/AssetPairs", `{"X":{},"Y":{}}`, "and no other"},
		{"rules without a lot", "Market", "GET /0/public/AssetPairs", `{"X":{"wsname":"XBT/USDT"}}`, "lot_decimals"},
		{"rules without a tick", "Market", "GET /0/public/AssetPairs", `{"X":{"wsname":"XBT/USDT","altname":"X","lot_decimals":4}}`, "Market.Tick"},
		{"fees of another pair", "Market", private + "TradeVolume", `{"fees":{"XETHZUSD":{"fee":"0.26"}}}`, "must have XXBTUSDT"},
		{"a fee of everything", "Market", private + "TradeVolume", `{"fees":{"XXBTUSDT":{"fee":"100"}}}`, "TakerFeeBps"},
		{"a ticker of another pair", "Ticker", "GET /0/public/Ticker", `{"XETHZUSD":{"a":["2"],"b":["1"],"c":["1"]}}`, "must be that of XBTUSDT"},
		{"a ticker without a trade", "Ticker", "GET /0/public/Ticker", `{"XXBTUSDT":{"a":["2"],"b":["1"],"c":[]}}`, "must have a price"},
		{"a ticker of nothing", "Ticker", "GET /0/public/Ticker", `{"XXBTUSDT":{"a":["2"],"b":[null],"c":["1"]}}`, "must be a number"},
		{"a crossed ticker", "Ticker", "GET /0/public/Ticker", `{"XXBTUSDT":{"a":["1"],"b":["2"],"c":["1"]}}`, "must be below Ask"},
		{"a book of another pair", "Book", "GET /0/public/Depth", `{"XETHZUSD":{"bids":[],"asks":[]}}`, "must be that of XBTUSDT"},
		{"a crossed book", "Book", "GET /0/public/Depth", `{"XXBTUSDT":{"bids":[["2","1",0]],"asks":[["1","1",0]]}}`, "must be below best ask"},
		{"a book deeper than asked for", "Book", "GET /0/public/Depth", `{"XXBTUSDT":{"bids":[["3","1",0],["2","1",0],["1","1",0]],"asks":[]}}`, "at most 2 levels"},
		{"a level without an amount", "Book", "GET /0/public/Depth", `{"XXBTUSDT":{"bids":[["1"]],"asks":[]}}`, "Price 0"},
		{"more held than there is", "Balances", private + "BalanceEx", `{"USDT":{"balance":"1","hold_trade":"2"}}`, "hold_trade must be 0 to balance"},
		{"a balance that is left out", "Balances", private + "BalanceEx", `{"USDT":{"balance":"1"}}`, "hold_trade must be"},
		{"one asset by two names", "Balances", private + "BalanceEx", `{"XXBT":{"balance":"1","hold_trade":"0"},"BTC":{"balance":"1","hold_trade":"0"}}`, "must be named once"},
		{"an asset without a name", "Balances", "GET /0/public/Assets", `{"XXBT":{}}`, "altname of XXBT"},
		{"no trades", "Fills", private + "TradesHistory", `{}`, "trades nothing"},
		{"a trade of a negative amount", "Fills", private + "TradesHistory", `{"trades":{"T1":{"ordertxid":"O1","pair":"XBTUSDT","type":"buy","time":1.5,"price":"1","vol":"-1","fee":"0","maker":true}}}`, "must be > 0"},
		{"a trade that does not say who made it", "Fills", private + "TradesHistory", `{"trades":{"T1":{"ordertxid":"O1","pair":"XBTUSDT","type":"buy","time":1.5,"price":"1","vol":"1","fee":"0"}}}`, "must have ordertxid, type, maker"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, client := answering(t, c.path, `{"error":[],"result":`+c.result+`}`)
			err := read[c.call](t, client)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestErrorsOfKrakenAreThePortsOwn(t *testing.T) {
	for text, want := range map[failure]error{
		"EAPI:Invalid key":                   exchange.ErrAuth,
		"EAPI:Invalid nonce":                 exchange.ErrAuth,
		"EGeneral:Permission denied":         exchange.ErrAuth,
		"EOrder:Rate limit exceeded":         exchange.ErrRateLimited,
		"EGeneral:Temporary lockout":         exchange.ErrRateLimited,
		"EOrder:Insufficient funds":          exchange.ErrInsufficient,
		"EOrder:Post only order":             exchange.ErrWouldCross,
		"EOrder:Order minimum not met":       exchange.ErrInvalid,
		"EGeneral:Invalid arguments:volume":  exchange.ErrInvalid,
		"EOrder:Orders limit exceeded":       exchange.ErrRejected,
		"EOrder:cl_ord_id is a duplicate":    exchange.ErrUnknownOutcome,
		"EService:Unavailable":               exchange.ErrUnknownOutcome,
		"EGeneral:Internal error":            exchange.ErrUnknownOutcome,
		"EGeneral:Something nobody heard of": exchange.ErrUnknownOutcome,
	} {
		t.Run(string(text), func(t *testing.T) {
			d := newDouble(t)
			d.Refuse(private+"AddOrder", text)
			_, err := d.account("provider").Place(t.Context(), d.Order("a1", exchange.Bid, "0.5", "50000"))
			require.ErrorIs(t, err, want)
			require.ErrorContains(t, err, string(text))
		})
	}
}

func TestWhatGoesWrongAfterPlacingIsAnUnknownOutcome(t *testing.T) {
	for story, answer := range map[string]string{
		"no order":       `{"error":[],"result":{}}`,
		"another order":  `{"error":[],"result":{` + recorded + `}}`,
		"a refusal":      `{"error":["EAPI:Invalid key"]}`,
		"too many calls": `{"error":["EAPI:Rate limit exceeded"]}`,
	} {
		t.Run(story, func(t *testing.T) {
			d, client := answering(t, private+"QueryOrders", answer)
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "0.5", "50000"))
			require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
			require.NotErrorIs(t, err, exchange.ErrRateLimited, "which would mean that nothing was done")
			require.NotErrorIs(t, err, exchange.ErrAuth)
			require.Equal(t, 1, d.Asked(private+"AddOrder"))
		})
	}
}

func TestAPostOnlyOrderThatKrakenTakesAndCancelsWouldHaveCrossed(t *testing.T) {
	d, client := answering(t, private+"QueryOrders", `{"error":[],"result":{"O1":{"status":"canceled","reason":"Post only order"}}}`)
	o := d.Order("a1", exchange.Bid, "0.5", "50000")
	o.PostOnly = true
	_, err := client.Place(t.Context(), o)
	require.ErrorIs(t, err, exchange.ErrWouldCross)
}

func TestFeesAndBalancesAreReadInOurWords(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(exchange.Market{
		Pair: pair, Tick: dec("0.1"), Lot: dec("0.0001"), MinAmount: dec("0.001"), MinNotional: dec("0.5"), MakerFeeBps: dec("16"), TakerFeeBps: dec("26"),
	}, m))
	balances, err := client.Balances(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{"BTC": {Free: dec("500")}, "USDT": {Free: dec("25000000")}, "EUR.F": {Free: dec("1.5")}}, balances))
}

func TestAMarketWithOneFeeHasItForBoth(t *testing.T) {
	_, client := answering(t, private+"TradeVolume", `{"error":[],"result":{"fees":{"XXBTUSDT":{"fee":"0.26"}}}}`)
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Equal(t, "26 26", fmt.Sprint(m.MakerFeeBps, " ", m.TakerFeeBps))
}

func TestOfSeveralOrdersOfOneNameTheNewestCounts(t *testing.T) {
	older := strings.NewReplacer("OU22CG", "OLDER1", "1616666559", "1616666558", `"open","opentm"`, `"canceled","opentm"`).Replace(recorded)
	newer := strings.NewReplacer(`"open","opentm"`, `"canceled","opentm"`).Replace(recorded)
	for _, closed := range []string{older + "," + newer, newer + "," + older} {
		_, client := answering(t, private+"ClosedOrders", `{"error":[],"result":{"closed":{`+closed+`}}}`)
		o, err := client.Order(t.Context(), pair, "web1")
		require.NoError(t, err)
		require.Equal(t, "OU22CG-KLAF2-FWUDD7", o.ID)
	}
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

func TestAllPagesOfFillsAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "1.21", "50000"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("100000")))
	for i := range 120 {
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "0.01", "50000"))
		require.NoError(t, err)
	}
	pages := 0
	d.Spoil(func(call, body string) string {
		if call == private+"TradesHistory" {
			pages++
		}
		if pages == 1 { // a trade between two pages
			_, err := other.Place(t.Context(), d.Order("late", exchange.Bid, "0.01", "50000"))
			assert.NoError(t, err)
		}
		return body
	})
	fills, err := client.Fills(t.Context(), pair, start)
	require.NoError(t, err)
	require.Len(t, fills, 120)
	require.Equal(t, "a1", fills[119].ClientID)
	require.Equal(t, 4, d.Asked(private+"TradesHistory"), "50, 50, 21 and none")
	require.Equal(t, 2, d.Asked(private+"QueryOrders"), "one after placing, one for the name of the order")
}

func TestAProofIsReplayedOnceAndNowhereElse(t *testing.T) {
	d := newDouble(t)
	proof, err := d.prover().ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"GET /0/public/AssetPairs": 1, private + "OpenOrders": 1}, d.Hits())
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrAuth, "its nonce has been used")
	require.Equal(t, 2, d.Asked(private+"OpenOrders"))
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range [][2]string{{"", "c2VjcmV0"}, {"key", ""}, {"key", "not base64!"}} {
		_, err := kraken.New(c[0], c[1], kraken.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid)
		_, err = kraken.NewProver(c[0], c[1])
		require.ErrorIs(t, err, exchange.ErrInvalid)
	}
	_, err := kraken.New("key", "c2VjcmV0", kraken.Options{Burst: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = kraken.NewVerifier(kraken.Options{Base: "api.kraken.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = kraken.New("key", "c2VjcmV0", kraken.Options{})
	require.NoError(t, err)
}
