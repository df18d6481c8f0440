package okx_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/okx"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

// market has OKX's kind of rules: no smallest notional.
var market = exchange.Market{
	Pair: exchange.Pair{Base: "USDC", Quote: "USDT"}, Tick: dec("0.0001"), Lot: dec("0.01"), MinAmount: dec("1"),
	MakerFeeBps: dec("8"), TakerFeeBps: dec("10"),
}

var (
	pair  = market.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

const (
	pending = "GET /api/v5/trade/orders-pending"
	getOne  = "GET /api/v5/trade/order"
	place   = "POST /api/v5/trade/order"
	cancel  = "POST /api/v5/trade/cancel-order"
	timer   = "POST /api/v5/trade/cancel-all-after"
	recent  = "GET /api/v5/trade/fills"
	archive = "GET /api/v5/trade/fills-history"
)

// double speaks OKX's wire and checks its signatures. It accepts a post-only
// order that would take before it cancels it, as OKX does.
type double struct {
	*venuetest.Double
	t       *testing.T
	refused []exchange.Order
	timers  []string // to which its timer was set
}

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t}
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: market, Price: dec("1"), Amount: dec("10"),
		Places: place, Lists: pending,
		Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() okx.Options {
	return okx.Options{Base: d.URL, Clock: d.Clock, Burst: 10_000}
}

func passphrase(key string) string { return "passphrase of " + key }

// account opens a funded account and a client for it.
func (d *double) account(key string) *okx.Client {
	d.t.Helper()
	client, err := okx.New(key, d.Open(key), passphrase(key), d.options())
	require.NoError(d.t, err)
	return client
}

func (d *double) prover(key string) *okx.Prover {
	d.t.Helper()
	prover, err := okx.NewProver(key, d.Open(key), passphrase(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *okx.Verifier {
	d.t.Helper()
	verifier, err := okx.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is an error in OKX's words; that of an order is inside an answer whose
// own code is 1.
type failure struct {
	status int
	code   string
	msg    string
}

func (f failure) Error() string { return f.msg }

type object = venuetest.Object

func inItsWords(err error) (int, any) {
	refused := func(code, msg string) (int, any) {
		return http.StatusOK, object{"code": "1", "msg": "All operations failed", "data": []object{{"clOrdId": "", "ordId": "", "sCode": code, "sMsg": msg}}}
	}
	var f failure
	switch {
	case errors.As(err, &f):
		return f.status, object{"code": f.code, "msg": f.msg, "data": []object{}}
	case errors.Is(err, exchange.ErrRateLimited):
		return http.StatusTooManyRequests, object{"code": "50011", "msg": "Rate limit reached."}
	case errors.Is(err, exchange.ErrInsufficient):
		return refused("51008", "Order failed. Insufficient USDT balance in account")
	case errors.Is(err, venuetest.ErrDuplicate):
		return refused("51016", "Client order ID already exists.")
	case errors.Is(err, exchange.ErrNotFound):
		return refused("51400", "Order cancellation failed as the order has been filled, canceled or does not exist.")
	default:
		return refused("51121", "Order quantity must be a multiple of the lot size.")
	}
}

func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	data, err := d.data(call, r, body)
	return object{"code": "0", "msg": "", "data": data}, err
}

func (d *double) data(call string, r *http.Request, body string) (any, error) {
	query := r.URL.Query()
	if r.Method == http.MethodPost {
		var fields map[string]string
		require.NoError(d.t, json.Unmarshal([]byte(body), &fields))
		for name, value := range fields {
			query.Set(name, value)
		}
	}
	if id := query.Get("instId"); id != "USDC-USDT" && (id != "" || call != "GET /api/v5/account/balance" && call != timer) {
		return nil, failure{400, "51001", "Instrument ID does not exist"}
	}
	switch call {
	case "GET /api/v5/public/instruments":
		return []object{instrument}, nil
	case "GET /api/v5/market/ticker":
		ticker := d.Ticker(r.Context())
		return []object{{
			"instType": "SPOT", "instId": "USDC-USDT", "bidPx": blank(ticker.Bid.String()), "askPx": blank(ticker.Ask.String()),
			"last": blank(ticker.Last.String()), "ts": millis(ticker.At),
		}}, nil
	case "GET /api/v5/market/books":
		book := d.Book(r.Context(), d.number(query, "sz"))
		return []object{{"bids": levels(book.Bids), "asks": levels(book.Asks), "ts": millis(book.At)}}, nil
	}
	key := r.Header.Get("OK-ACCESS-KEY")
	if err := d.authorise(key, r, body); err != nil {
		return nil, err
	}
	switch call {
	case "GET /api/v5/account/balance":
		return d.balances(r.Context(), key), nil
	case "GET /api/v5/account/trade-fee":
		return []object{fees}, nil
	case pending:
		return d.pending(r.Context(), key, query), nil
	case getOne:
		return d.find(r.Context(), key, query)
	case place:
		return d.place(r.Context(), key, query)
	case cancel:
		return d.cancel(r.Context(), key, query)
	case timer:
		d.timers = append(d.timers, query.Get("timeOut"))
		return []object{{"triggerTime": "1587971460", "tag": "", "ts": "1587971400"}}, nil
	case recent, archive:
		return d.trades(r.Context(), key, query, call == recent), nil
	default:
		return nil, failure{404, "50000", "no such endpoint: " + call}
	}
}

// authorise checks what OKX checks: time, method, path with query and body are
// signed, and the time is within 30 s.
func (d *double) authorise(key string, r *http.Request, body string) error {
	secret, known := d.Secret(key)
	if !known {
		return failure{401, "50111", "Invalid OK-ACCESS-KEY"}
	}
	if r.Header.Get("OK-ACCESS-PASSPHRASE") != passphrase(key) {
		return failure{401, "50105", "Request header OK-ACCESS-PASSPHRASE incorrect."}
	}
	stamp := r.Header.Get("OK-ACCESS-TIMESTAMP")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + r.Method + r.URL.RequestURI() + body))
	if r.Header.Get("OK-ACCESS-SIGN") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return failure{401, "50113", "Invalid Sign"}
	}
	at, err := time.Parse("2006-01-02T15:04:05.999Z", stamp)
	require.NoError(d.t, err)
	if age := d.Now().Sub(at).Abs(); age > 30*time.Second {
		return failure{401, "50102", "Timestamp request expired"}
	}
	return nil
}

var instrument = object{
	"instType": "SPOT", "instId": "USDC-USDT", "baseCcy": "USDC", "quoteCcy": "USDT", "tickSz": "0.0001", "lotSz": "0.01", "minSz": "1",
	"state": "live", "ctVal": "", "expTime": "",
}

var fees = object{
	"instType": "SPOT", "level": "Lv1", "maker": "-0.0008", "taker": "-0.001", "makerU": "", "makerUSDC": "",
	"feeGroup": []object{{"groupId": "1", "maker": "-0.0008", "taker": "-0.001", "elpMaker": ""}}, "fiat": []object{},
}

// blank is how OKX writes a price that there is not.
func blank(price string) string {
	if price == "0" {
		return ""
	}
	return price
}

func millis(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

func levels(side []exchange.Level) [][]string {
	out := [][]string{}
	for _, l := range side {
		out = append(out, []string{l.Price.String(), l.Amount.String(), "0", "1"})
	}
	return out
}

// number reads a parameter; one that is not there is 0.
func (d *double) number(query url.Values, name string) int {
	if query.Get(name) == "" {
		return 0
	}
	n, err := strconv.Atoi(query.Get(name))
	require.NoError(d.t, err)
	return n
}

func (d *double) balances(ctx context.Context, key string) []object {
	details := []object{}
	for asset, b := range d.Balances(ctx, key) {
		details = append(details, object{"ccy": asset, "availBal": b.Free.String(), "frozenBal": b.Held.String(), "cashBal": b.Total().String(), "mgnRatio": ""})
	}
	return []object{{"totalEq": "1", "details": details}}
}

// pending are a page of the open orders, newest first.
func (d *double) pending(ctx context.Context, key string, query url.Values) []object {
	list, after := []object{}, d.number(query, "after")
	for _, o := range slices.Backward(d.Orders(ctx, key)) {
		id, err := strconv.Atoi(o.ID)
		require.NoError(d.t, err)
		if o.Status == exchange.Open && (after == 0 || id < after) && len(list) < 100 {
			list = append(list, wire(o))
		}
	}
	return list
}

// find looks an order up by OKX's or by the client's id, the newest first.
func (d *double) find(ctx context.Context, key string, query url.Values) (any, error) {
	for _, o := range slices.Backward(append(d.Orders(ctx, key), d.refused...)) {
		if o.ID == query.Get("ordId") || !query.Has("ordId") && o.ClientID == query.Get("clOrdId") {
			return []object{wire(o)}, nil
		}
	}
	return nil, failure{200, "51603", "Order does not exist"}
}

func (d *double) place(ctx context.Context, key string, query url.Values) (any, error) {
	kind := query.Get("ordType")
	if query.Get("tdMode") != "cash" || kind != "limit" && kind != "post_only" {
		return nil, failure{400, "51000", "Parameter tdMode error"}
	}
	o := exchange.Order{
		ClientID: query.Get("clOrdId"), Pair: pair, Side: exchange.Bid, PostOnly: kind == "post_only",
		Price: dec(query.Get("px")), Amount: dec(query.Get("sz")),
	}
	if query.Get("side") == "sell" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	if errors.Is(err, exchange.ErrWouldCross) {
		placed, err = o, nil
		placed.ID, placed.Status, placed.PlacedAt = fmt.Sprint(900_000+len(d.refused)), exchange.Cancelled, start
		d.refused = append(d.refused, placed)
	}
	return []object{{"ordId": placed.ID, "clOrdId": placed.ClientID, "tag": "", "sCode": "0", "sMsg": "Order placed"}}, err
}

func (d *double) cancel(ctx context.Context, key string, query url.Values) (any, error) {
	for _, o := range d.Orders(ctx, key) {
		if o.ClientID == query.Get("clOrdId") && d.Cancel(ctx, key, o.ID) == nil {
			return []object{{"ordId": o.ID, "clOrdId": o.ClientID, "sCode": "0", "sMsg": ""}}, nil
		}
	}
	return nil, exchange.ErrNotFound
}

// trades are a page, newest first; the recent ones are those of three days.
func (d *double) trades(ctx context.Context, key string, query url.Values, recent bool) []object {
	list, after := []object{}, d.number(query, "after")
	for _, f := range slices.Backward(d.Fills(ctx, key)) {
		id, err := strconv.Atoi(f.ID)
		require.NoError(d.t, err)
		if f.At.UnixMilli() <= int64(d.number(query, "begin")) || after != 0 && id >= after || len(list) == 100 {
			continue
		}
		if recent && f.At.Before(d.Now().Add(-3*24*time.Hour)) {
			continue
		}
		maker := "T"
		if f.Maker {
			maker = "M"
		}
		list = append(list, object{
			"instType": "SPOT", "instId": "USDC-USDT", "billId": f.ID, "tradeId": "7", "ordId": f.OrderID, "clOrdId": f.ClientID, "side": side(f.Side),
			"execType": maker, "fillPx": f.Price.String(), "fillSz": f.Amount.String(), "fee": f.Fee.Neg().String(), "feeCcy": f.FeeAsset,
			"fillTime": millis(f.At), "ts": millis(f.At.Add(time.Millisecond)), "fillPnl": "0", "fillPxVol": "",
		})
	}
	return list
}

func side(s exchange.Side) string {
	if s == exchange.Ask {
		return "sell"
	}
	return "buy"
}

// wire is an order as OKX writes it.
func wire(o exchange.Order) object {
	kind, state, source := "limit", "live", ""
	if o.PostOnly {
		kind = "post_only"
	}
	switch {
	case o.Status == exchange.Filled:
		state = "filled"
	case o.Status == exchange.Cancelled:
		state, source = "canceled", "1"
		if len(o.ID) == len("900000") {
			source = "31"
		}
	case o.Filled.IsPositive():
		state = "partially_filled"
	}
	return object{
		"instType": "SPOT", "instId": "USDC-USDT", "ordId": o.ID, "clOrdId": o.ClientID, "px": o.Price.String(), "sz": o.Amount.String(),
		"accFillSz": o.Filled.String(), "side": side(o.Side), "ordType": kind, "state": state, "cancelSource": source, "tdMode": "cash",
		"cTime": millis(o.PlacedAt), "avgPx": "", "fillPx": "", "attachAlgoOrds": []object{}, "note": "a field that we do not know",
	}
}
