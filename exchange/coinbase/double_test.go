package coinbase_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/coinbase"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	pair  = venuetest.Stables.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

const (
	lists   = "GET /api/v3/brokerage/orders/historical/batch"
	submit  = "POST /api/v3/brokerage/orders"
	cancel  = "POST /api/v3/brokerage/orders/batch_cancel"
	trades  = "GET /api/v3/brokerage/orders/historical/fills"
	product = "GET /api/v3/brokerage/market/products/USDC-USDT"
)

// double speaks Coinbase's wire and checks its tokens. It answers with short
// pages, so that there are several. What it trades is without fees, since the
// paper venue takes them from what is received and Coinbase in quote.
type double struct {
	*venuetest.Double
	t      *testing.T
	keys   map[string]*ecdsa.PrivateKey
	length int // of a page
}

type object = venuetest.Object

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t, keys: map[string]*ecdsa.PrivateKey{}, length: 3}
	market := venuetest.Stables
	market.MakerFeeBps, market.TakerFeeBps = dec("0"), dec("0")
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: market, Price: dec("1"), Amount: dec("10"),
		Places: submit, Lists: lists, Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() coinbase.Options {
	return coinbase.Options{Base: d.URL, Clock: d.Clock, Burst: 100_000}
}

// open funds an account and returns its private key as Coinbase hands it out.
func (d *double) open(key string) string {
	d.t.Helper()
	d.Open(key)
	if d.keys[key] == nil {
		d.keys[key] = newKey(d.t, elliptic.P256())
	}
	der, err := x509.MarshalECPrivateKey(d.keys[key])
	require.NoError(d.t, err)
	return inPEM("EC PRIVATE KEY", der)
}

func newKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *coinbase.Client {
	d.t.Helper()
	client, err := coinbase.New(key, d.open(key), d.options())
	require.NoError(d.t, err)
	return client
}

func (d *double) prover(key string) *coinbase.Prover {
	d.t.Helper()
	prover, err := coinbase.NewProver(key, d.open(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *coinbase.Verifier {
	d.t.Helper()
	verifier, err := coinbase.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is an error in Coinbase's words.
type failure struct {
	status int
	words  any
}

func (f failure) Error() string { return http.StatusText(f.status) }

func inItsWords(err error) (int, any) {
	var f failure
	reject := func(reason string) (int, any) {
		return 200, object{"success": false, "error_response": object{"error": "UNKNOWN_FAILURE_REASON", "preview_failure_reason": "PREVIEW_" + reason}}
	}
	switch {
	case errors.As(err, &f):
		return f.status, f.words
	case errors.Is(err, exchange.ErrRateLimited):
		return 429, object{"error": "RESOURCE_EXHAUSTED", "message": "too many requests"}
	case errors.Is(err, exchange.ErrInsufficient):
		return reject("INSUFFICIENT_FUND")
	case errors.Is(err, exchange.ErrWouldCross):
		return reject("INVALID_LIMIT_PRICE_POST_ONLY")
	case errors.Is(err, exchange.ErrInvalid):
		return reject("INVALID_PRICE_PRECISION")
	default:
		return 404, object{"error": "NOT_FOUND", "message": "order not found"}
	}
}

// answer does without a lock of its own: calls come one at a time.
func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	ctx, query := r.Context(), r.URL.Query()
	if strings.HasPrefix(call, "GET /api/v3/brokerage/market/") {
		require.Equal(d.t, "no-cache", r.Header.Get("Cache-Control"))
		return d.public(ctx, call, query)
	}
	key, err := d.authorise(r)
	if err != nil {
		return nil, err
	}
	switch call {
	case "GET /api/v3/brokerage/transaction_summary":
		return object{"fee_tier": object{"pricing_tier": "", "maker_fee_rate": "0.004", "taker_fee_rate": "0.006"}}, nil
	case "GET /api/v3/brokerage/accounts":
		return d.accounts(ctx, key, query), nil
	case lists:
		return d.orders(ctx, key, query), nil
	case trades:
		return d.fills(ctx, key, query), nil
	case submit:
		return d.place(ctx, key, body)
	case cancel:
		var p struct {
			OrderIDs []string `json:"order_ids"`
		}
		require.NoError(d.t, json.Unmarshal([]byte(body), &p))
		require.Len(d.t, p.OrderIDs, 1)
		reason := "UNKNOWN_CANCEL_FAILURE_REASON" // of none
		err := d.Cancel(ctx, key, strings.TrimPrefix(p.OrderIDs[0], "order-"))
		if err != nil {
			reason = "UNKNOWN_CANCEL_ORDER"
		}
		return object{"results": []object{{"success": err == nil, "failure_reason": reason, "order_id": p.OrderIDs[0]}}}, nil
	}
	if id, found := strings.CutPrefix(call, "GET /api/v3/brokerage/orders/historical/order-"); found {
		for _, o := range d.Orders(ctx, key) {
			if o.ID == id {
				return object{"order": wire(o)}, nil
			}
		}
	}
	return nil, exchange.ErrNotFound
}

func (d *double) public(ctx context.Context, call string, query url.Values) (any, error) {
	switch call {
	case product:
		return object{
			"product_id": "USDC-USDT", "base_currency_id": "USDC", "quote_currency_id": "USDT", "price": "1", "price_increment": "0.0001",
			"quote_increment": "0.0001", "base_increment": "0.01", "base_min_size": "0.01", "quote_min_size": "5", "product_type": "SPOT",
		}, nil
	case product + "/ticker":
		t := d.Ticker(ctx)
		trades := []object{}
		if t.Last.IsPositive() {
			trades = append(trades, object{"trade_id": "7", "product_id": "USDC-USDT", "price": t.Last.String(), "size": "1", "time": start})
		}
		return object{"trades": trades, "best_bid": orEmpty(t.Bid), "best_ask": orEmpty(t.Ask)}, nil
	case "GET /api/v3/brokerage/market/product_book":
		if query.Get("product_id") == "USDC-USDT" {
			book := d.Book(ctx, int(dec(query.Get("limit")).IntPart()))
			return object{"pricebook": object{"product_id": "USDC-USDT", "bids": levels(book.Bids), "asks": levels(book.Asks), "time": book.At}}, nil
		}
	}
	return nil, failure{400, object{"error": "INVALID_ARGUMENT", "message": "valid product_id is required"}}
}

func orEmpty(price interface {
	IsZero() bool
	String() string
},
) string {
	if price.IsZero() {
		return ""
	}
	return price.String()
}

func levels(side []exchange.Level) []object {
	out := []object{}
	for _, l := range side {
		out = append(out, object{"price": l.Price.StringFixed(4), "size": l.Amount.String()})
	}
	return out
}

// token is what a JWT says.
type token struct {
	Alg, Kid, Nonce, Typ string
	Sub, Iss, URI        string
	Nbf, Exp             int64
}

// readToken decodes a token and checks its signature.
func readToken(text string, public func(kid string) *ecdsa.PublicKey) (t token, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return t, false
	}
	for _, part := range parts[:2] {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || json.Unmarshal(raw, &t) != nil {
			return t, false
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	key := public(t.Kid)
	if err != nil || len(signature) != 64 || key == nil {
		return t, false
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return t, ecdsa.Verify(key, digest[:], r, s)
}

// authorise checks what Coinbase checks, and returns whose key it is.
func (d *double) authorise(r *http.Request) (key string, err error) {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t, ok := readToken(text, func(kid string) *ecdsa.PublicKey {
		if private := d.keys[kid]; private != nil {
			return &private.PublicKey
		}
		return nil
	})
	now := d.Now().Unix()
	if !ok || t.Alg != "ES256" || t.Typ != "JWT" || t.Nonce == "" || t.Sub != t.Kid || t.Iss != "cdp" ||
		t.URI != r.Method+" api.coinbase.com"+r.URL.Path || t.Nbf > now || t.Exp <= now || t.Exp-t.Nbf > 120 {
		return "", failure{401, "Unauthorized"}
	}
	return t.Kid, nil
}

// page is one of the pages, and the members of the answer that say so.
func page[T any](d *double, name string, all []T, query url.Values) object {
	from := 0
	if cursor := query.Get("cursor"); cursor != "" {
		var err error
		from, err = strconv.Atoi(cursor)
		require.NoError(d.t, err)
	}
	from = min(from, len(all))
	to := min(from+d.length, len(all))
	answer := object{name: append([]T{}, all[from:to]...), "has_next": to < len(all), "cursor": ""}
	if to < len(all) {
		answer["cursor"] = strconv.Itoa(to)
	}
	return answer
}

func (d *double) accounts(ctx context.Context, key string, query url.Values) object {
	account := func(asset, kind, free, held string) object {
		return object{
			"uuid": "uuid of " + kind + " " + asset, "currency": asset, "type": kind,
			"available_balance": object{"value": free, "currency": asset}, "hold": object{"value": held, "currency": asset},
		}
	}
	all := []object{
		account("USDC", "ACCOUNT_TYPE_VAULT", "7", "0"), account("BTC", "ACCOUNT_TYPE_CRYPTO", "0.5", "0"),
		account("EUR", "ACCOUNT_TYPE_FIAT", "0", "0"), account("BTC", "ACCOUNT_TYPE_OTHER", "1", "0.25"),
	}
	for asset, b := range d.Balances(ctx, key) {
		all = append(all, account(asset, "ACCOUNT_TYPE_CRYPTO", b.Free.String(), b.Held.String()))
	}
	return page(d, "accounts", all, query)
}

// orders are those of one account in some states, newest first.
func (d *double) orders(ctx context.Context, key string, query url.Values) object {
	require.Equal(d.t, []string{"USDC-USDT"}, query["product_ids"])
	all := []object{}
	for _, o := range d.Orders(ctx, key) {
		w := wire(o)
		if !slices.ContainsFunc(query["order_status"], func(status string) bool { return w["status"] == status }) {
			continue
		}
		if since := query.Get("start_date"); since != "" {
			at, err := time.Parse(time.RFC3339, since)
			require.NoError(d.t, err)
			if o.PlacedAt.Before(at) {
				continue
			}
		}
		all = append(all, w)
	}
	slices.Reverse(all)
	return page(d, "orders", all, query)
}

// wire is an order as Coinbase writes it.
func wire(o exchange.Order) object {
	side, status := "BUY", "OPEN"
	if o.Side == exchange.Ask {
		side = "SELL"
	}
	switch o.Status {
	case exchange.Filled:
		status = "FILLED"
	case exchange.Cancelled:
		status = "CANCELLED"
	default:
	}
	return object{
		"order_id": "order-" + o.ID, "client_order_id": o.ClientID, "product_id": "USDC-USDT", "side": side, "status": status,
		"order_configuration": object{"limit_limit_gtc": object{
			"base_size": o.Amount.String(), "limit_price": o.Price.StringFixed(4), "post_only": o.PostOnly,
		}},
		"filled_size": o.Filled.String(), "created_time": o.PlacedAt.Format(time.RFC3339Nano), "reject_reason": "REJECT_REASON_UNSPECIFIED",
	}
}

// place takes a client id once, and answers a repeat with the order it names.
func (d *double) place(ctx context.Context, key, body string) (any, error) {
	var p struct {
		ClientOrderID string `json:"client_order_id"`
		ProductID     string `json:"product_id"`
		Side          string
		Configuration struct {
			GTC struct {
				BaseSize   string `json:"base_size"`
				LimitPrice string `json:"limit_price"`
				PostOnly   bool   `json:"post_only"`
			} `json:"limit_limit_gtc"`
		} `json:"order_configuration"`
	}
	require.NoError(d.t, json.Unmarshal([]byte(body), &p))
	if p.ProductID != "USDC-USDT" {
		return nil, exchange.ErrInvalid
	}
	success := func(o exchange.Order) any {
		return object{"success": true, "failure_reason": "UNKNOWN_FAILURE_REASON", "success_response": object{"order_id": "order-" + o.ID}}
	}
	for _, known := range d.Orders(ctx, key) {
		if known.ClientID == p.ClientOrderID {
			return success(known), nil
		}
	}
	terms := p.Configuration.GTC
	o := exchange.Order{ClientID: p.ClientOrderID, Side: exchange.Bid, Price: dec(terms.LimitPrice), Amount: dec(terms.BaseSize), PostOnly: terms.PostOnly}
	if p.Side == "SELL" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	return success(placed), err
}

// fills are the trades of one account from a time on, newest first.
func (d *double) fills(ctx context.Context, key string, query url.Values) object {
	all := []object{}
	for _, f := range d.Fills(ctx, key) {
		if since := query.Get("start_sequence_timestamp"); since != "" {
			at, err := time.Parse(time.RFC3339, since)
			require.NoError(d.t, err)
			if f.At.Before(at) {
				continue
			}
		}
		side, liquidity := "BUY", "TAKER"
		if f.Side == exchange.Ask {
			side = "SELL"
		}
		if f.Maker {
			liquidity = "MAKER"
		}
		all = append(all, object{
			"entry_id": "entry-" + f.ID, "trade_id": "trade-" + f.ID, "order_id": "order-" + f.OrderID, "product_id": "USDC-USDT",
			"trade_time": f.At.Format(time.RFC3339Nano), "trade_type": "FILL", "price": f.Price.String(), "size": f.Amount.String(), "size_in_quote": false,
			"commission": f.Fee.String(), "liquidity_indicator": liquidity, "side": side,
		})
	}
	slices.Reverse(all)
	answer := page(d, "fills", all, query)
	delete(answer, "has_next")
	return answer
}
