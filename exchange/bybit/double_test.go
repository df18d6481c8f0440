package bybit_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/bybit"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	pair  = venuetest.Stables.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

const (
	realtime = "GET /v5/order/realtime"
	history  = "GET /v5/order/history"
	create   = "POST /v5/order/create"
)

// double speaks Bybit's wire and checks its signatures. It accepts a post-only
// order that would take before it refuses it, as Bybit does.
type double struct {
	*venuetest.Double
	t       *testing.T
	refused []exchange.Order
}

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t}
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: venuetest.Stables, Price: dec("1"), Amount: dec("10"),
		Places: create, Lists: realtime,
		Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() bybit.Options {
	return bybit.Options{Base: d.URL, Clock: d.Clock, Burst: 10_000}
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *bybit.Client {
	d.t.Helper()
	client, err := bybit.New(key, d.Open(key), d.options())
	require.NoError(d.t, err)
	return client
}

func (d *double) prover(key string) *bybit.Prover {
	d.t.Helper()
	prover, err := bybit.NewProver(key, d.Open(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *bybit.Verifier {
	d.t.Helper()
	verifier, err := bybit.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is an error in Bybit's words.
type failure struct {
	code int
	msg  string
}

func (f failure) Error() string { return f.msg }

type object = venuetest.Object

func inItsWords(err error) (int, any) {
	var f failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, exchange.ErrRateLimited):
		f = failure{10006, "Too many visits!"}
	case errors.Is(err, exchange.ErrInsufficient):
		f = failure{170131, "Balance insufficient"}
	case errors.Is(err, venuetest.ErrDuplicate):
		f = failure{170141, "Duplicate clientOrderId"}
	default:
		f = failure{170134, "Order price decimal too long."}
	}
	return http.StatusOK, object{"retCode": f.code, "retMsg": f.msg, "result": object{}, "retExtInfo": object{}, "time": start.UnixMilli()}
}

func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	result, err := d.result(call, r, body)
	return object{"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": object{}, "time": d.Now().UnixMilli()}, err
}

func (d *double) result(call string, r *http.Request, body string) (any, error) {
	query, payload := r.URL.Query(), r.URL.RawQuery
	if r.Method == http.MethodPost {
		var fields map[string]string
		require.NoError(d.t, json.Unmarshal([]byte(body), &fields))
		for name, value := range fields {
			query.Set(name, value)
		}
		payload = body
	}
	if call != "GET /v5/account/wallet-balance" && (query.Get("category") != "spot" || query.Get("symbol") != "USDCUSDT") {
		return nil, failure{10001, "Not supported symbols"}
	}
	switch call {
	case "GET /v5/market/instruments-info":
		return object{"category": "spot", "list": []object{instrument}}, nil
	case "GET /v5/market/tickers":
		ticker := d.Ticker(r.Context())
		return object{"category": "spot", "list": []object{{
			"symbol": "USDCUSDT", "bid1Price": blank(ticker.Bid.String()), "ask1Price": blank(ticker.Ask.String()), "lastPrice": ticker.Last.String(), "usdIndexPrice": "",
		}}}, nil
	case "GET /v5/market/orderbook":
		book := d.Book(r.Context(), d.number(query, "limit"))
		return object{"s": "USDCUSDT", "b": levels(book.Bids), "a": levels(book.Asks), "ts": book.At.UnixMilli(), "u": 1, "seq": 2}, nil
	}
	key := r.Header.Get("X-BAPI-API-KEY")
	if err := d.authorise(key, r.Header, payload); err != nil {
		return nil, err
	}
	switch call {
	case "GET /v5/account/wallet-balance":
		return d.wallet(r.Context(), key, query)
	case "GET /v5/account/fee-rate":
		return object{"list": []object{{"symbol": "USDCUSDT", "takerFeeRate": "0.00075", "makerFeeRate": "0.0001"}}}, nil
	case realtime, history:
		return d.orders(r.Context(), key, query, call == realtime)
	case create:
		return d.place(r.Context(), key, query)
	case "POST /v5/order/cancel":
		return d.cancel(r.Context(), key, query.Get("orderLinkId"))
	case "GET /v5/execution/list":
		return d.trades(r.Context(), key, query)
	default:
		return nil, failure{10017, "Route not found."}
	}
}

// authorise checks what Bybit checks: timestamp, key, window and payload are
// signed, and the time is within the window.
func (d *double) authorise(key string, header http.Header, payload string) error {
	secret, known := d.Secret(key)
	if !known {
		return failure{10003, "API key is invalid."}
	}
	stamp, window := header.Get("X-BAPI-TIMESTAMP"), header.Get("X-BAPI-RECV-WINDOW")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + key + window + payload))
	if header.Get("X-BAPI-SIGN") != hex.EncodeToString(mac.Sum(nil)) {
		return failure{10004, "error sign! origin_string[...]"}
	}
	at, err := strconv.ParseInt(stamp, 10, 64)
	require.NoError(d.t, err)
	most, err := strconv.ParseInt(window, 10, 64)
	require.NoError(d.t, err)
	if age := d.Now().UnixMilli() - at; age > most || age <= -1000 {
		return failure{10002, "invalid request, please check your server timestamp or recv_window param"}
	}
	return nil
}

var instrument = object{
	"symbol": "USDCUSDT", "baseCoin": "USDC", "quoteCoin": "USDT", "innovation": "0", "status": "Trading",
	"lotSizeFilter": object{"basePrecision": "0.01", "quotePrecision": "0.0000001", "minOrderQty": "1", "minOrderAmt": "5", "maxLimitOrderQty": "4000000"},
	"priceFilter":   object{"tickSize": "0.0001"},
}

// blank is how Bybit writes the price of an empty side.
func blank(price string) string {
	if price == "0" {
		return ""
	}
	return price
}

func levels(side []exchange.Level) [][]string {
	out := [][]string{}
	for _, l := range side {
		out = append(out, []string{l.Price.String(), l.Amount.StringFixed(2)})
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

func (d *double) wallet(ctx context.Context, key string, query url.Values) (any, error) {
	if query.Get("accountType") != "UNIFIED" {
		return nil, failure{10001, "accountType only support UNIFIED."}
	}
	coins := []object{}
	for asset, b := range d.Balances(ctx, key) {
		coins = append(coins, object{"coin": asset, "walletBalance": b.Total().String(), "locked": b.Held.String(), "availableToWithdraw": ""})
	}
	return object{"list": []object{{"accountType": "UNIFIED", "totalEquity": "1", "coin": coins}}}, nil
}

// orders lists the open ones, or by a name those done as well; the history has
// only those. All come newest first.
func (d *double) orders(ctx context.Context, key string, query url.Values, open bool) (any, error) {
	list := []object{}
	for _, o := range slices.Backward(append(d.Orders(ctx, key), d.refused...)) {
		id, clientID := query.Get("orderId"), query.Get("orderLinkId")
		switch {
		case id != "" && id != o.ID, id == "" && clientID != "" && clientID != o.ClientID:
		case open && id == "" && clientID == "" && o.Status != exchange.Open, !open && o.Status == exchange.Open:
		default:
			list = append(list, wire(o))
		}
	}
	return d.page(list, query, 50)
}

// page is a part of a list. The cursor has signs in it, as Bybit's has.
func (d *double) page(list []object, query url.Values, most int) (any, error) {
	offset := 0
	if cursor := query.Get("cursor"); cursor != "" {
		if _, err := fmt.Sscanf(cursor, "page_token%%3D%d%%26", &offset); err != nil {
			return nil, failure{10001, "cursor is invalid"}
		}
	}
	size := d.number(query, "limit")
	if size == 0 {
		size = 20
	}
	if size > most {
		return nil, failure{10001, "limit is invalid"}
	}
	end := min(offset+size, len(list))
	answer := object{"category": "spot", "list": list[min(offset, end):end], "nextPageCursor": ""}
	if end > offset {
		answer["nextPageCursor"] = fmt.Sprintf("page_token%%3D%d%%26", end)
	}
	return answer, nil
}

func (d *double) place(ctx context.Context, key string, query url.Values) (any, error) {
	if query.Get("orderType") != "Limit" {
		return nil, failure{170116, "Invalid orderType."}
	}
	o := exchange.Order{
		ClientID: query.Get("orderLinkId"), Pair: pair, Side: exchange.Bid, PostOnly: query.Get("timeInForce") == "PostOnly",
		Price: dec(query.Get("price")), Amount: dec(query.Get("qty")),
	}
	if query.Get("side") == "Sell" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	if errors.Is(err, exchange.ErrWouldCross) {
		placed, err = o, nil
		placed.ID, placed.Status, placed.PlacedAt = fmt.Sprint("refused-", len(d.refused)), exchange.Cancelled, start
		d.refused = append(d.refused, placed)
	}
	return object{"orderId": placed.ID, "orderLinkId": placed.ClientID}, err
}

func (d *double) cancel(ctx context.Context, key, clientID string) (any, error) {
	for _, o := range d.Orders(ctx, key) {
		if o.ClientID == clientID && d.Cancel(ctx, key, o.ID) == nil {
			return object{"orderId": o.ID, "orderLinkId": o.ClientID}, nil
		}
	}
	return nil, failure{170213, "Order does not exist."}
}

// trades are of a week at most, newest first.
func (d *double) trades(ctx context.Context, key string, query url.Values) (any, error) {
	from, until := d.number(query, "startTime"), d.number(query, "endTime")
	if week := 7 * 24 * time.Hour; time.Duration(until-from)*time.Millisecond > week {
		return nil, failure{10001, "The time range between startTime and endTime cannot exceed 7 days"}
	}
	list := []object{}
	for _, f := range slices.Backward(d.Fills(ctx, key)) {
		if at := int(f.At.UnixMilli()); at < from || at > until {
			continue
		}
		list = append(list, object{
			"symbol": "USDCUSDT", "execId": "e" + f.ID, "orderId": f.OrderID, "orderLinkId": f.ClientID, "side": side(f.Side),
			"execPrice": f.Price.String(), "execQty": f.Amount.String(), "execFee": f.Fee.String(), "feeCurrency": f.FeeAsset,
			"execTime": fmt.Sprint(f.At.UnixMilli()), "isMaker": f.Maker, "execType": "Trade", "markPrice": "",
		})
	}
	return d.page(list, query, 100)
}

func side(s exchange.Side) string {
	if s == exchange.Ask {
		return "Sell"
	}
	return "Buy"
}

// wire is an order as Bybit writes it.
func wire(o exchange.Order) object {
	force, status, leaves, reason := "GTC", "New", o.Remaining(), "EC_NoError"
	if o.PostOnly {
		force = "PostOnly"
	}
	switch {
	case strings.HasPrefix(o.ID, "refused"):
		status, reason = "Rejected", "EC_PostOnlyWillTakeLiquidity"
	case o.Status == exchange.Filled:
		status = "Filled"
	case o.Status == exchange.Cancelled:
		status, leaves, reason = "Cancelled", dec("0"), "EC_PerCancelRequest"
	case o.Filled.IsPositive():
		status = "PartiallyFilled"
	}
	return object{
		"symbol": "USDCUSDT", "orderId": o.ID, "orderLinkId": o.ClientID, "price": o.Price.String(), "qty": o.Amount.String(),
		"cumExecQty": o.Filled.StringFixed(2), "leavesQty": leaves.StringFixed(2), "side": side(o.Side), "orderStatus": status, "rejectReason": reason,
		"orderType": "Limit", "timeInForce": force, "createdTime": fmt.Sprint(o.PlacedAt.UnixMilli()), "avgPrice": "", "note": "a field that we do not know",
	}
}
