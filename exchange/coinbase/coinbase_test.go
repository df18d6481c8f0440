package coinbase_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
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
	"github.com/evenkeelhq/evenkeel/exchange/coinbase"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
)

func TestClientKeepsTheLaws(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
		d := newDouble(t)
		return d.Fixture(d.account("maker"), d.account("other"))
	})
}

func TestAStormLosesNoOrderAndDoublesNone(t *testing.T) {
	d := newDouble(t)
	d.length = 50
	exchangetest.RunStorm(t, 200, d.StormFixture("maker", d.account("maker"), 1))
}

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		d := newDouble(t)
		return d.ProofFixture(d.account("provider"), d.account("other"), d.prover("provider"), d.verifier())
	})
}

// watcher remembers the requests that pass.
type watcher struct{ requests []*http.Request }

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, r)
	return http.DefaultTransport.RoundTrip(r)
}

// TestTokensAreThoseOfTheDocumentation has no signature to compare with, since
// each is another one: it verifies what was signed.
func TestTokensAreThoseOfTheDocumentation(t *testing.T) {
	const name = "exchange/signing.json"
	body, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var file struct {
		Exchanges map[string]struct {
			Host       string
			OpenOrders string `json:"open_orders"`
		}
	}
	require.NoError(t, json.Unmarshal(body, &file))
	want := file.Exchanges[coinbase.Name]
	method, pathQuery, _ := strings.Cut(want.OpenOrders, " ")
	path, query, _ := strings.Cut(pathQuery, "?")

	d := newDouble(t)
	d.open("provider")
	w := &watcher{}
	options := d.options()
	options.RoundTripper = w
	verifier, err := coinbase.NewVerifier(options)
	require.NoError(t, err)
	proof, err := d.prover("provider").ProveOpenOrders(pair, start.Add(7*time.Microsecond))
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	sent := w.requests[len(w.requests)-1]
	got, ok := readToken(strings.TrimPrefix(sent.Header.Get("Authorization"), "Bearer "), func(kid string) *ecdsa.PublicKey { return &d.keys[kid].PublicKey })
	passed, failed := 0, 0
	for what, same := range map[string]bool{
		"signature": ok,
		"call":      sent.Method == method && sent.URL.Path == path && strings.Contains(sent.URL.RawQuery, query),
		"token": got == token{
			Alg: "ES256", Kid: "provider", Nonce: "1714564800000007", Typ: "JWT", Sub: "provider", Iss: "cdp",
			URI: method + " " + strings.TrimPrefix(want.Host, "https://") + path, Nbf: 1714564800, Exp: 1714564920,
		},
	} {
		if same {
			passed++
			continue
		}
		failed++
		t.Errorf("%s: sent %v with %+v", what, sent.URL, got)
	}
	vectors.Report(t, name, passed, failed)
}

func TestNoProofIsMadeTwice(t *testing.T) {
	d := newDouble(t)
	prover := d.prover("provider")
	seen := map[string]bool{}
	for i := range 3 {
		proof, err := prover.ProveOpenOrders(pair, start)
		require.NoError(t, err)
		require.Equal(t, start.Add(time.Duration(i)*time.Microsecond), proof.IssuedAt)
		require.False(t, seen[proof.Signature])
		seen[proof.Signature] = true
	}
	_, err := prover.ProveOpenOrders(exchange.Pair{}, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
}

// recorded is an open order, partly filled, with an end time.
const recorded = `{"order_id":"0000-000000-000001","product_id":"USDC-USDT","user_id":"2222","order_configuration":{"limit_limit_gtd":{"base_size":"20.00",` +
	`"limit_price":"1.0001","post_only":true,"end_time":"2024-06-01T00:00:00Z"}},"side":"SELL","client_order_id":"web-1","status":"OPEN",` +
	`"time_in_force":"GOOD_UNTIL_DATE_TIME","created_time":"2024-01-15T10:00:00.123456Z","filled_size":"7.5","average_filled_price":"1.0001","pending_cancel":false}`

func listing(orders ...string) string {
	return `{"orders":[` + strings.Join(orders, ",") + `],"sequence":"0","has_next":false,"cursor":""}`
}

// but returns the recorded order with one thing replaced.
func but(old, replacement string) string { return strings.Replace(recorded, old, replacement, 1) }

// answering returns a client that gets this answer to a call.
func answering(t *testing.T, call, answer string) (*double, *coinbase.Client) {
	t.Helper()
	d := newDouble(t)
	d.Says(call, answer)
	return d, d.account("provider")
}

func TestARecordedOrderIsReadInFull(t *testing.T) {
	stop := `{"order_id":"2","product_id":"USDC-USDT","order_configuration":{"stop_limit_stop_limit_gtc":{"base_size":"1"}},"status":"OPEN"}`
	_, client := answering(t, lists, listing(stop, recorded))
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Order{{
		ClientID: "web-1", Pair: pair, Side: exchange.Ask, Price: dec("1.0001"), Amount: dec("20"), PostOnly: true, ID: "0000-000000-000001",
		Filled: dec("7.5"), Status: exchange.Open, PlacedAt: time.Date(2024, 1, 15, 10, 0, 0, 123_456_000, time.UTC),
	}}, orders), "orders of other types are left out")
	require.True(t, orders[0].Remaining().Equal(dec("12.5")))
}

func TestBadAnswersAreRefused(t *testing.T) {
	for _, c := range []struct{ story, answer, says string }{
		{"not JSON", "<html>maintenance</html>", "invalid character"},
		{"nothing at all", "", "EOF"},
		{"cut off", `{"orders":[` + recorded, "unexpected EOF"},
		{"no list", `{"has_next":false}`, "orders nothing: must be there"},
		{"a list for an object", "[]", "cannot unmarshal"},
		{"no word about a next page", `{"orders":[]}`, "has_next"},
		{"a next page without a cursor", `{"orders":[],"has_next":true,"cursor":""}`, "has_next"},
		{"a cursor that leads nowhere", `{"orders":[],"has_next":true,"cursor":"7"}`, "cursor 7: must lead on"},
		{"longer than we read", listing() + strings.Repeat(" ", transport.MaxAnswer), "longer than 1048576 bytes"},
		{"one order twice", listing(recorded, recorded), "must be unique"},
		{"no id", listing(but("0000-000000-000001", "")), "order_id"},
		{"another pair", listing(but("USDC-USDT", "BTC-USDT")), "product_id BTC-USDT: must be USDC-USDT"},
		{"no pair", listing(but(`"product_id":"USDC-USDT",`, "")), "must be USDC-USDT"},
		{"no word about its kind", listing(but(`"order_configuration"`, `"x"`)), "order_configuration nothing"},
		{"no amount", listing(but(`"base_size":"20.00",`, "")), "Order.Amount 0: must be > 0"},
		{"a negative amount", listing(but("20.00", "-20")), "Order.Amount -20: must be > 0"},
		{"a negative filled amount", listing(but("7.5", "-1")), "filled_size -1: must be 0 to base_size 20"},
		{"more filled than asked for", listing(but("7.5", "20.01")), "must be 0 to base_size 20"},
		{"all filled, and open", listing(but("7.5", "20")), "0 remains"},
		{"no filled amount, which would credit all of it", listing(but(`"filled_size"`, `"x"`)), "filled_size 0: must be"},
		{"no price", listing(but("1.0001", "0")), "Order.Price 0: must be > 0"},
		{"a price of ten thousand digits", listing(but("1.0001", "1e9999")), "exponent"},
		{"no side", listing(but("SELL", "UNKNOWN_ORDER_SIDE")), "side UNKNOWN_ORDER_SIDE: must be BUY or SELL"},
		{"an order that is gone", listing(but("OPEN", "CANCELLED")), "must be that of an open order"},
		{"an unknown status", listing(but("OPEN", "SHRUG")), "status SHRUG"},
		{"no time", listing(but(`"created_time"`, `"x"`)), "created_time"},
		{"a time that is none", listing(but("2024-01-15T10", "yesterday")), "parsing time"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d, client := answering(t, lists, c.answer)
			_, err := client.OpenOrders(t.Context(), pair)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.ErrorContains(t, err, c.says)
			require.LessOrEqual(t, d.Asked(lists), 2, "a bad answer is not asked for again")

			proof, err := d.prover("provider").ProveOpenOrders(pair, start)
			require.NoError(t, err)
			_, err = d.verifier().Verify(t.Context(), proof, pair, start)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
		})
	}
}

func TestOtherBadAnswersAreRefused(t *testing.T) {
	read := map[string]func(*testing.T, *coinbase.Client) error{
		"Market":   func(t *testing.T, c *coinbase.Client) error { _, err := c.Market(t.Context(), pair); return err },
		"Ticker":   func(t *testing.T, c *coinbase.Client) error { _, err := c.Ticker(t.Context(), pair); return err },
		"Book":     func(t *testing.T, c *coinbase.Client) error { _, err := c.Book(t.Context(), pair, 2); return err },
		"Balances": func(t *testing.T, c *coinbase.Client) error { _, err := c.Balances(t.Context()); return err },
		"Fills":    func(t *testing.T, c *coinbase.Client) error { _, err := c.Fills(t.Context(), pair, start); return err },
		"Order": func(t *testing.T, c *coinbase.Client) error {
			_, err := c.Order(t.Context(), pair, "web-1")
			return err
		},
	}
	const (
		ticker   = product + "/ticker"
		book     = "GET /api/v3/brokerage/market/product_book"
		summary  = "GET /api/v3/brokerage/transaction_summary"
		accounts = "GET /api/v3/brokerage/accounts"
		account  = `{"uuid":"u1","currency":"BTC","type":"ACCOUNT_TYPE_CRYPTO","available_balance":{"value":"1","currency":"BTC"},"hold":{"value":"0","currency":"BTC"}}`
		trade    = `{"entry_id":"e1","order_id":"o1","product_id":"USDC-USDT","trade_time":"2024-05-01T12:00:00Z","trade_type":"FILL","price":"1","size":"1",` +
			`"commission":"0","liquidity_indicator":"MAKER","side":"BUY","size_in_quote":false}`
	)
	listed := func(account string) string { return `{"accounts":[` + account + `],"has_next":false}` }
	pricebook := func(text string) string { return `{"pricebook":{"product_id":"USDC-USDT",` + text + `}}` }
	filled := func(trade string) string { return `{"fills":[` + trade + `],"cursor":""}` }
	for _, c := range []struct{ story, call, path, answer, says string }{
		{"rules of another pair", "Market", product, `{"product_id":"BTC-USDT"}`, "must be USDC-USDT"},
		{"rules of a pair that only looks the same", "Market", product, `{"product_id":"USDC-USDT","base_currency_id":"USDC-U","quote_currency_id":"SDT"}`, "must be USDC-USDT"},
		{"rules without a tick", "Market", product, `{"product_id":"USDC-USDT","base_currency_id":"USDC","quote_currency_id":"USDT"}`, "Market.Tick"},
		{"no fees", "Market", summary, `{"fee_tier":{"maker_fee_rate":"0.004"}}`, "must have maker_fee_rate and taker_fee_rate"},
		{"a fee of everything", "Market", summary, `{"fee_tier":{"maker_fee_rate":"1","taker_fee_rate":"1"}}`, "TakerFeeBps"},
		{"half a ticker", "Ticker", ticker, `{"trades":[],"best_bid":"1"}`, "must have trades, best_bid and best_ask"},
		{"a crossed ticker", "Ticker", ticker, `{"trades":[],"best_bid":"2","best_ask":"1"}`, "must be below Ask"},
		{"a trade of another pair", "Ticker", ticker, `{"trades":[{"product_id":"BTC-USDT","price":"1"}],"best_bid":"","best_ask":""}`, "must be of USDC-USDT"},
		{"a book of another pair", "Book", book, `{"pricebook":{"product_id":"BTC-USDT"}}`, "must be USDC-USDT"},
		{"a book of no time", "Book", book, pricebook(`"bids":[],"asks":[]`), "with its time"},
		{"half a book", "Book", book, pricebook(`"bids":[],"time":"2024-05-01T12:00:00Z"`), "must be there"},
		{"a crossed book", "Book", book, pricebook(`"bids":[{"price":"2","size":"1"}],"asks":[{"price":"1","size":"1"}],"time":"2024-05-01T12:00:00Z"`), "must be below best ask"},
		{"a book deeper than asked for", "Book", book, pricebook(`"bids":[{},{},{}],"asks":[],"time":"2024-05-01T12:00:00Z"`), "at most 2 levels"},
		{"a level without an amount", "Book", book, pricebook(`"bids":[{"price":"1"}],"asks":[],"time":"2024-05-01T12:00:00Z"`), "Amount 0"},
		{"no balances", "Balances", accounts, `{"has_next":false}`, "accounts nothing"},
		{"one account twice", "Balances", accounts, listed(account + "," + account), "uuid u1: must be there, and unique"},
		{"a negative balance", "Balances", accounts, listed(strings.Replace(account, `"1"`, `"-1"`, 1)), "must be >= 0"},
		{"a balance that is left out", "Balances", accounts, listed(strings.Replace(account, `"value":"0",`, "", 1)), "must be >= 0"},
		{"a balance in another currency", "Balances", accounts, listed(strings.Replace(account, `"0","currency":"BTC"`, `"0","currency":"EUR"`, 1)), "must be one"},
		{"no fills", "Fills", trades, `{"cursor":""}`, "fills nothing"},
		{"a fill of another pair", "Fills", trades, filled(strings.Replace(trade, "USDC-USDT", "BTC-USDT", 1)), "must be USDC-USDT"},
		{"a fill without a fee", "Fills", trades, filled(strings.Replace(trade, `"commission"`, `"x"`, 1)), "must have entry_id"},
		{"a fill of a negative amount", "Fills", trades, filled(strings.Replace(trade, `"size":"1"`, `"size":"-1"`, 1)), "must be > 0"},
		{"a fill that does not say who made it", "Fills", trades, filled(strings.Replace(trade, "MAKER", "UNKNOWN", 1)), "MAKER or TAKER"},
		{"a fill that was taken back", "Fills", trades, filled(strings.Replace(trade, `"FILL"`, `"REVERSAL"`, 1)), "has corrected a trade"},
		{"an order of another id", "Order", "GET /api/v3/brokerage/orders/historical/order-1", `{"order":` + recorded + `}`, "must be order-1"},
		{"an order of another name", "Order", "GET /api/v3/brokerage/orders/historical/order-1", `{"order":` + strings.Replace(but("0000-000000-000001", "order-1"), "web-1", "web-2", 1) + `}`, "client_order_id web-2: must be web-1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			d := newDouble(t)
			_, err := d.account("provider").Place(t.Context(), d.Order("web1", exchange.Bid, "10", "0.999"))
			require.NoError(t, err)
			d.Spoil(func(call, body string) string {
				if call == c.path {
					return c.answer
				}
				return strings.ReplaceAll(body, `"web1"`, `"web-1"`)
			})
			client := d.account("provider") // remembers nothing
			err = read[c.call](t, client)
			require.ErrorIs(t, err, transport.ErrBadAnswer)
			require.NotErrorIs(t, err, exchange.ErrNotFound, "which would mean that there is none")
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestErrorsOfCoinbaseAreThePortsOwn(t *testing.T) {
	failed := func(text string) string {
		return `{"success":false,"failure_reason":"UNKNOWN_FAILURE_REASON","error_response":{` + text + `}}`
	}
	for answer, want := range map[string]error{
		failed(`"error":"INSUFFICIENT_FUND","message":"Insufficient balance in source account"`): exchange.ErrInsufficient,
		failed(`"preview_failure_reason":"PREVIEW_INSUFFICIENT_FUND"`):                           exchange.ErrInsufficient,
		failed(`"new_order_failure_reason":"INVALID_LIMIT_PRICE_POST_ONLY"`):                     exchange.ErrWouldCross,
		failed(`"error":"INVALID_SIZE_PRECISION"`):                                               exchange.ErrInvalid,
		failed(`"error":"ORDER_ENTRY_DISABLED"`):                                                 exchange.ErrRejected,
		failed(`"error":"DUPLICATE_CLIENT_ORDER_ID"`):                                            exchange.ErrUnknownOutcome,
		`{"success":false}`: exchange.ErrRejected,
		`{"success":true}`:  exchange.ErrUnknownOutcome,
		`{}`:                exchange.ErrUnknownOutcome,
		`maintenance`:       exchange.ErrUnknownOutcome,
	} {
		t.Run(answer, func(t *testing.T) {
			d, client := answering(t, submit, answer)
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, want)
			require.Equal(t, 1, d.Asked(submit))
		})
	}
	for status, want := range map[int]error{
		400: exchange.ErrInvalid, 401: exchange.ErrAuth, 403: exchange.ErrAuth, 404: exchange.ErrNotFound, 418: exchange.ErrRateLimited,
		409: exchange.ErrUnknownOutcome, 500: exchange.ErrUnknownOutcome,
	} {
		d := newDouble(t)
		client := d.account("provider")
		d.Refuse(submit, failure{status, object{"error": "SHRUG"}})
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, want, "status %d", status)
	}
}

func TestWhatGoesWrongAfterPlacingIsAnUnknownOutcome(t *testing.T) {
	for story, answer := range map[string]string{
		"no order":        `{}`,
		"another order":   `{"order":` + recorded + `}`,
		"another name":    `{"order":` + but("0000-000000-000001", "order-1") + `}`,
		"no order at all": `<html>`,
		"another pair":    `{"order":` + strings.NewReplacer("0000-000000-000001", "order-1", "web-1", "a1", "USDC-USDT", "BTC-USDT").Replace(recorded) + `}`,
	} {
		t.Run(story, func(t *testing.T) {
			d, client := answering(t, "GET /api/v3/brokerage/orders/historical/order-1", answer)
			_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
			require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
			require.Equal(t, 1, d.Asked(submit))
		})
	}
	d := newDouble(t)
	client := d.account("provider")
	d.Refuse("GET /api/v3/brokerage/orders/historical/order-1", exchange.ErrRateLimited)
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	require.NotErrorIs(t, err, exchange.ErrRateLimited, "which would mean that nothing was done")
}

func TestAnOrderThatIsTakenAndFailsWasRefused(t *testing.T) {
	for reason, want := range map[string]error{
		"REJECT_REASON_UNSPECIFIED":  exchange.ErrRejected,
		"ORDER_INSUFFICIENT_BALANCE": exchange.ErrInsufficient,
	} {
		d := newDouble(t)
		client := d.account("provider")
		d.Spoil(func(_, body string) string {
			return strings.NewReplacer(`"OPEN"`, `"FAILED"`, "REJECT_REASON_UNSPECIFIED", reason).Replace(body)
		})
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.ErrorIs(t, err, want)
	}
}

func TestAllPagesOfOpenOrdersAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	for i := range 7 {
		_, err := client.Place(t.Context(), d.Order(fmt.Sprint("a", i), exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
	}
	before := d.Asked(lists)
	orders, err := client.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	require.Len(t, orders, 7)
	require.Equal(t, 3, d.Asked(lists)-before)

	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	proven, err := d.verifier().Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(orders, proven))
	require.Equal(t, 6, d.Asked(lists)-before)
}

func TestAClientThatRemembersNothingFindsItsOrders(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	for i := range 5 {
		_, err := client.Place(t.Context(), d.Order(fmt.Sprint("a", i), exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
	}
	require.NoError(t, client.Cancel(t.Context(), pair, "a0"))
	for id, want := range map[string]exchange.Status{"a0": exchange.Cancelled, "a1": exchange.Open} {
		o, err := d.account("provider").Order(t.Context(), pair, id)
		require.NoError(t, err)
		require.Equal(t, want, o.Status)
		placed, err := d.account("provider").Place(t.Context(), d.Order(id, exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(o, placed))
		require.NoError(t, d.account("provider").Cancel(t.Context(), pair, id))
	}
	require.Equal(t, 5, d.Asked(submit))
	require.Equal(t, 2, d.Asked(cancel), "what is not open is not cancelled")
}

func TestAnOrderThatIsListedAndNotThereIsNotPlacedAgain(t *testing.T) {
	const look = "GET /api/v3/brokerage/orders/historical/order-1"
	d := newDouble(t)
	client := d.account("provider")
	o := d.Order("a1", exchange.Bid, "10", "0.999")
	d.Refuse(look, exchange.ErrNotFound)
	_, err := client.Place(t.Context(), o)
	require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	d.Refuse(look, exchange.ErrNotFound)
	_, err = client.Place(t.Context(), o)
	require.ErrorIs(t, err, transport.ErrBadAnswer)
	require.NotErrorIs(t, err, exchange.ErrNotFound)
	_, err = client.Place(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 1, d.Asked(submit))
}

func TestAnOrderThatNobodyNamedIsNotOurs(t *testing.T) {
	d, client := answering(t, lists, listing(but("web-1", "")))
	_, err := client.Order(t.Context(), pair, "")
	require.ErrorIs(t, err, exchange.ErrNotFound)
	require.NoError(t, client.Cancel(t.Context(), pair, ""))
	require.Zero(t, d.Asked(cancel))
}

func TestAnOrderOfLongAgoIsFoundByTryingAgain(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	o := d.Order("a1", exchange.Bid, "10", "0.999")
	_, err := client.Place(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"))
	d.Clock.Set(start.Add(72 * time.Hour))
	again, err := d.account("provider").Place(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, exchange.Cancelled, again.Status)
	require.Equal(t, 2, d.Asked(submit))
	_, err = d.account("provider").Place(t.Context(), d.Order("a1", exchange.Bid, "11", "0.999"))
	require.ErrorIs(t, err, exchange.ErrInvalid, "it names another order")
	found, err := d.account("provider").Order(t.Context(), pair, "a1")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(again, found), "Order looks back all the way")
}

func TestACancellationThatIsRefusedIsNotPassedOff(t *testing.T) {
	const refused = `{"results":[{"success":false,"failure_reason":"COMMANDER_REJECTED_CANCEL_ORDER","order_id":"order-1"}]}`
	for answer, want := range map[string]error{
		refused:          exchange.ErrRejected,
		`{"results":[]}`: exchange.ErrUnknownOutcome,
		strings.Replace(refused, "order-1", "order-2", 1): exchange.ErrUnknownOutcome,
		strings.Replace(refused, `"success"`, `"x"`, 1):   exchange.ErrUnknownOutcome,
	} {
		d, client := answering(t, cancel, answer)
		_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
		require.NoError(t, err)
		d.Refuse(cancel, failure{200, json.RawMessage(answer)}) // so that it stays open
		require.ErrorIs(t, client.Cancel(t.Context(), pair, "a1"), want)
	}
	d, client := answering(t, cancel, refused)
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	require.NoError(t, client.Cancel(t.Context(), pair, "a1"), "a refusal because it is gone is none")
}

func TestFeesAndBalancesAreReadInOurWords(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	m, err := client.Market(t.Context(), pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(exchange.Market{
		Pair: pair, Tick: dec("0.0001"), Lot: dec("0.01"), MinAmount: dec("0.01"), MinNotional: dec("5"), MakerFeeBps: dec("40"), TakerFeeBps: dec("60"),
	}, m))
	all, err := client.Balances(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{
		"BTC": {Free: dec("1.5"), Held: dec("0.25")}, "EUR": {}, "USDC": {Free: dec("10000")}, "USDT": {Free: dec("10000")},
	}, all), "accounts of one currency add up, vaults are left out")
	book, err := client.Book(t.Context(), pair, 1_000_000)
	require.NoError(t, err)
	require.Equal(t, start, book.At, "a book is of the time that Coinbase says")
}

func TestAllPagesOfFillsAreRead(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Ask, "50", "1"))
	require.NoError(t, err)
	other := d.Venue.Account("other")
	require.NoError(t, other.Deposit("USDT", dec("1000")))
	for i := range 7 {
		require.NoError(t, d.Venue.Advance(d.Venue.Now().Add(time.Millisecond)))
		_, err := other.Place(t.Context(), d.Order(fmt.Sprint("b", i), exchange.Bid, "5", "1"))
		require.NoError(t, err)
	}
	pages := 0
	d.Spoil(func(call, body string) string {
		if pages++; call == trades && pages == 1 { // a trade between two pages shows an old one twice
			return strings.Replace(body, `"entry-7"`, `"entry-4"`, 1)
		}
		return body
	})
	fills, err := client.Fills(t.Context(), pair, start)
	require.NoError(t, err)
	require.Len(t, fills, 6)
	d.Spoil(nil)
	fills, err = client.Fills(t.Context(), pair, time.Time{})
	require.NoError(t, err)
	require.Len(t, fills, 7)
	require.Equal(t, "a1", fills[6].ClientID)
	rest, err := client.Fills(t.Context(), pair, fills[4].At)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(fills[4:], rest), "Coinbase is asked by the second, we by the moment")
	require.Equal(t, 9, d.Asked(trades))
	require.Equal(t, 2, d.Asked("GET /api/v3/brokerage/orders/historical/order-1"), "one look after placing, one for the name of the order")
}

func TestAFillOfSoMuchOfTheQuoteIsReadInBase(t *testing.T) {
	d := newDouble(t)
	client := d.account("provider")
	_, err := client.Place(t.Context(), d.Order("a1", exchange.Bid, "10", "0.999"))
	require.NoError(t, err)
	d.Says(trades, `{"fills":[{"entry_id":"e1","order_id":"order-1","product_id":"USDC-USDT","trade_time":"2024-05-01T12:00:00Z","trade_type":"FILL","price":"3","size":"1",`+
		`"commission":"0.01","liquidity_indicator":"TAKER","side":"BUY","size_in_quote":true}],"cursor":""}`)
	fills, err := client.Fills(t.Context(), pair, start)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Fill{{
		ID: "e1", OrderID: "order-1", ClientID: "a1", Pair: pair, Side: exchange.Bid, Price: dec("3"), Amount: dec("0.33333333"),
		Fee: dec("0.01"), FeeAsset: "USDT", At: start,
	}}, fills))
}

func TestAProofGivesAccessToNothingElse(t *testing.T) {
	d := newDouble(t)
	proof, err := d.prover("provider").ProveOpenOrders(pair, start)
	require.NoError(t, err)
	verifier := d.verifier()
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.NoError(t, err)
	require.Equal(t, map[string]int{product: 1, lists: 1}, d.Hits())

	later := proof
	later.IssuedAt = proof.IssuedAt.Add(time.Microsecond)
	_, err = verifier.Verify(t.Context(), later, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	later.Params = map[string]string{"nonce": fmt.Sprint(later.IssuedAt.UnixMicro())}
	_, err = verifier.Verify(t.Context(), later, pair, start)
	require.ErrorIs(t, err, exchange.ErrAuth, "the time is under the signature")

	for _, signature := range []string{proof.Signature + ".x", "x." + proof.Signature, proof.Signature + " x"} {
		forged := proof
		forged.Signature = signature
		_, err = verifier.Verify(t.Context(), forged, pair, start)
		require.ErrorIs(t, err, exchange.ErrAuth)
	}
	proof.Signature += "\r\nHost: elsewhere"
	_, err = verifier.Verify(t.Context(), proof, pair, start)
	require.ErrorIs(t, err, exchange.ErrInvalid)
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	d := newDouble(t)
	good := d.open("key")
	der := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		return der
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for story, c := range map[string][2]string{
		"no key":          {"", good},
		"no secret":       {"key", ""},
		"a word":          {"key", "secret"},
		"an empty PEM":    {"key", inPEM("EC PRIVATE KEY", nil)},
		"a longer curve":  {"key", inPEM("PRIVATE KEY", der(newKey(t, elliptic.P384())))},
		"another kind":    {"key", inPEM("PRIVATE KEY", der(rsaKey))},
		"half of a key":   {"key", good[:len(good)/2]},
		"a wrong content": {"key", inPEM("EC PRIVATE KEY", []byte("secret"))},
	} {
		_, err := coinbase.New(c[0], c[1], coinbase.Options{})
		require.ErrorIs(t, err, exchange.ErrInvalid, story)
		_, err = coinbase.NewProver(c[0], c[1])
		require.ErrorIs(t, err, exchange.ErrInvalid, story)
		require.NotContains(t, err.Error(), "secret of", story)
	}
	_, err = coinbase.New("key", good, coinbase.Options{Burst: -1})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	_, err = coinbase.NewVerifier(coinbase.Options{Base: "api.coinbase.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	for _, secret := range []string{good, inPEM("PRIVATE KEY", der(newKey(t, elliptic.P256())))} {
		_, err = coinbase.New("key", secret, coinbase.Options{})
		require.NoError(t, err)
	}
}
