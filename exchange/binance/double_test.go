package binance_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/binance"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	pair  = venuetest.Stables.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

// double speaks Binance's wire and checks its signatures.
type double struct {
	*venuetest.Double
	t *testing.T
}

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t}
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: venuetest.Stables, Price: dec("1"), Amount: dec("10"),
		Places: "POST /api/v3/order", Lists: "GET /api/v3/openOrders",
		Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() binance.Options {
	return binance.Options{Base: d.URL, Clock: d.Clock}
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *binance.Client {
	d.t.Helper()
	client, err := binance.New(key, d.Open(key), d.options())
	require.NoError(d.t, err)
	return client
}

func (d *double) prover(key string) *binance.Prover {
	d.t.Helper()
	prover, err := binance.NewProver(key, d.Open(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *binance.Verifier {
	d.t.Helper()
	verifier, err := binance.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is an error in Binance's words.
type failure struct {
	status, code int
	msg          string
}

func (f failure) Error() string { return f.msg }

type object = venuetest.Object

func inItsWords(err error) (int, any) {
	var f failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, exchange.ErrRateLimited):
		f = failure{429, -1003, "Too many requests."}
	case errors.Is(err, exchange.ErrInsufficient):
		f = failure{400, -2010, "Account has insufficient balance for requested action."}
	case errors.Is(err, exchange.ErrWouldCross):
		f = failure{400, -2010, "Order would immediately match and take."}
	case errors.Is(err, venuetest.ErrDuplicate):
		f = failure{400, -2010, "Duplicate order sent."}
	default:
		f = failure{400, -1013, "Filter failure: PRICE_FILTER"}
	}
	return f.status, object{"code": f.code, "msg": f.msg}
}

func (d *double) answer(call string, r *http.Request, _ string) (any, error) {
	query := r.URL.Query()
	if symbol := query.Get("symbol"); symbol != "USDCUSDT" && (symbol != "" || !strings.HasSuffix(call, "account")) {
		return nil, failure{400, -1121, "Invalid symbol."}
	}
	switch call {
	case "GET /api/v3/exchangeInfo":
		return exchangeInfo, nil
	case "GET /api/v3/ticker/24hr":
		ticker := d.Ticker(r.Context())
		return object{"symbol": "USDCUSDT", "bidPrice": ticker.Bid.StringFixed(8), "askPrice": ticker.Ask.StringFixed(8), "lastPrice": ticker.Last.StringFixed(8)}, nil
	case "GET /api/v3/depth":
		book := d.Book(r.Context(), d.number(query, "limit"))
		return object{"lastUpdateId": 1, "bids": levels(book.Bids), "asks": levels(book.Asks)}, nil
	}
	key := r.Header.Get("X-MBX-APIKEY")
	if err := d.authorise(call, key, r.URL.RawQuery); err != nil {
		return nil, err
	}
	switch call {
	case "GET /api/v3/account":
		list := []object{}
		for asset, b := range d.Balances(r.Context(), key) {
			list = append(list, object{"asset": asset, "free": b.Free.String(), "locked": b.Held.String()})
		}
		return object{"canTrade": true, "balances": list}, nil
	case "GET /api/v3/account/commission":
		return commission, nil
	case "GET /api/v3/openOrders":
		return d.openOrders(r.Context(), key), nil
	case "GET /api/v3/order":
		o, err := d.find(r.Context(), key, query)
		return wire(o), err
	case "POST /api/v3/order":
		return d.place(r.Context(), key, query)
	case "DELETE /api/v3/order":
		o, err := d.find(r.Context(), key, query)
		if err != nil || d.Cancel(r.Context(), key, o.ID) != nil {
			return nil, failure{400, -2011, "Unknown order sent."}
		}
		return wire(o), nil
	case "GET /api/v3/myTrades":
		return d.trades(r.Context(), key, query)
	default:
		return nil, failure{404, -1000, "no such endpoint: " + call}
	}
}

// authorise checks what Binance checks: the last parameter signs all before it.
func (d *double) authorise(call, key, query string) error {
	secret, known := d.Secret(key)
	if !known {
		return failure{401, -2015, "Invalid API-key, IP, or permissions for action."}
	}
	signed, signature, _ := strings.Cut(query, "&signature=")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	if signature != hex.EncodeToString(mac.Sum(nil)) {
		return failure{400, -1022, "Signature for this request is not valid."}
	}
	params, err := url.ParseQuery(signed)
	require.NoError(d.t, err)
	at, err := strconv.ParseInt(params.Get("timestamp"), 10, 64)
	require.NoError(d.t, err)
	window, err := time.ParseDuration(params.Get("recvWindow") + "ms")
	require.NoError(d.t, err)
	if call != "GET /api/v3/openOrders" {
		require.LessOrEqual(d.t, window, 5*time.Second, "an order that is late must not arrive after it was given up for lost")
	}
	if age := d.Now().Sub(time.UnixMilli(at)); age > window || age < -time.Second {
		return failure{400, -1021, "Timestamp for this request is outside of the recvWindow."}
	}
	return nil
}

var exchangeInfo = object{"symbols": []object{{
	"symbol": "USDCUSDT", "baseAsset": "USDC", "quoteAsset": "USDT", "status": "TRADING",
	"filters": []object{
		{"filterType": "PRICE_FILTER", "minPrice": "0.0001", "maxPrice": "1000", "tickSize": "0.00010000"},
		{"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "1000000", "stepSize": "0.01000000"},
		{"filterType": "NOTIONAL", "minNotional": "5.00000000"},
	},
}}}

var commission = object{
	"symbol":             "USDCUSDT",
	"standardCommission": object{"maker": "0.0001", "taker": "0.0007", "buyer": "0", "seller": "0"},
	"taxCommission":      object{"maker": "0", "taker": "0.00005", "buyer": "0", "seller": "0"},
	"specialCommission":  object{"maker": "0", "taker": "0", "buyer": "0", "seller": "0"},
}

func levels(side []exchange.Level) [][]string {
	out := [][]string{}
	for _, l := range side {
		out = append(out, []string{l.Price.StringFixed(8), l.Amount.StringFixed(8)})
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

// openOrders come newest first, since Binance promises no order.
func (d *double) openOrders(ctx context.Context, key string) []object {
	list := []object{}
	for _, o := range slices.Backward(d.Orders(ctx, key)) {
		if o.Status == exchange.Open {
			list = append(list, wire(o))
		}
	}
	return list
}

// find looks an order up by the client's or by the exchange's id, the newest
// first.
func (d *double) find(ctx context.Context, key string, query url.Values) (exchange.Order, error) {
	for _, o := range slices.Backward(d.Orders(ctx, key)) {
		if o.ID == query.Get("orderId") || !query.Has("orderId") && o.ClientID == query.Get("origClientOrderId") {
			return o, nil
		}
	}
	return exchange.Order{}, failure{400, -2013, "Order does not exist."}
}

func (d *double) place(ctx context.Context, key string, query url.Values) (any, error) {
	kind, force := query.Get("type"), query.Get("timeInForce")
	if kind != "LIMIT_MAKER" && (kind != "LIMIT" || force != "GTC") || kind == "LIMIT_MAKER" && force != "" {
		return nil, failure{400, -1106, "Parameter 'timeInForce' sent when not required."}
	}
	o := exchange.Order{
		ClientID: query.Get("newClientOrderId"), Side: exchange.Bid, PostOnly: kind == "LIMIT_MAKER",
		Price: dec(query.Get("price")), Amount: dec(query.Get("quantity")),
	}
	if query.Get("side") == "SELL" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	answer := wire(placed)
	answer["transactTime"] = answer["time"]
	delete(answer, "time")
	delete(answer, "isWorking")
	return answer, err
}

func (d *double) trades(ctx context.Context, key string, query url.Values) (any, error) {
	if query.Has("startTime") && query.Has("fromId") {
		return nil, failure{400, -1128, "Combination of optional parameters invalid."}
	}
	list := []object{}
	for _, f := range d.Fills(ctx, key) {
		id, err := strconv.Atoi(f.ID)
		require.NoError(d.t, err)
		if f.At.UnixMilli() < int64(d.number(query, "startTime")) || id < d.number(query, "fromId") || len(list) == d.number(query, "limit") {
			continue
		}
		list = append(list, object{
			"symbol": "USDCUSDT", "id": id, "orderId": json.Number(f.OrderID), "price": f.Price.String(), "qty": f.Amount.String(),
			"commission": f.Fee.String(), "commissionAsset": f.FeeAsset, "time": f.At.UnixMilli(),
			"isBuyer": f.Side == exchange.Bid, "isMaker": f.Maker,
		})
	}
	return list, nil
}

// wire is an order as Binance writes it.
func wire(o exchange.Order) object {
	side, kind, status := "BUY", "LIMIT", "NEW"
	if o.Side == exchange.Ask {
		side = "SELL"
	}
	if o.PostOnly {
		kind = "LIMIT_MAKER"
	}
	switch {
	case o.Status == exchange.Filled:
		status = "FILLED"
	case o.Status == exchange.Cancelled:
		status = "CANCELED"
	case o.Filled.IsPositive():
		status = "PARTIALLY_FILLED"
	}
	return object{
		"symbol": "USDCUSDT", "orderId": json.Number(o.ID), "clientOrderId": o.ClientID, "price": o.Price.StringFixed(8),
		"origQty": o.Amount.StringFixed(8), "executedQty": o.Filled.StringFixed(8), "status": status, "type": kind, "side": side,
		"time": o.PlacedAt.UnixMilli(), "isWorking": true, "note": "a field that we do not know",
	}
}
