package poloniex_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
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
	"github.com/evenkeelhq/evenkeel/exchange/poloniex"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	pair  = venuetest.Stables.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

const (
	places = "POST /orders"
	lists  = "GET /orders"
)

// double speaks Poloniex's wire and checks its signatures. It takes every
// post-only order and cancels those that would trade.
type double struct {
	*venuetest.Double
	t       *testing.T
	crossed []exchange.Order // of which the paper venue knows nothing
}

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t}
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: venuetest.Stables, Price: dec("1"), Amount: dec("10"), Places: places, Lists: lists,
		Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() poloniex.Options {
	return poloniex.Options{Base: d.URL, Clock: d.Clock, Burst: 1000}
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *poloniex.Client {
	d.t.Helper()
	client, err := poloniex.New(key, d.Open(key), d.options())
	require.NoError(d.t, err)
	return client
}

func (d *double) prover(key string) *poloniex.Prover {
	d.t.Helper()
	prover, err := poloniex.NewProver(key, d.Open(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *poloniex.Verifier {
	d.t.Helper()
	verifier, err := poloniex.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is a code of Poloniex.
type failure int

func (f failure) Error() string { return strconv.Itoa(int(f)) }

type object = venuetest.Object

func inItsWords(err error) (int, any) {
	var f failure
	status := http.StatusBadRequest
	switch {
	case errors.As(err, &f):
		if f < 600 {
			status = int(f)
		}
	case errors.Is(err, exchange.ErrRateLimited):
		status, f = http.StatusTooManyRequests, 429
	case errors.Is(err, exchange.ErrInsufficient):
		f = 21709
	case errors.Is(err, exchange.ErrNotFound):
		f = 21301
	case errors.Is(err, venuetest.ErrDuplicate):
		f = 21312
	default:
		f = 601
	}
	return status, object{"code": int(f), "message": "in words of its own"}
}

func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	query, ctx := r.URL.Query(), r.Context()
	if name, found := strings.CutPrefix(call, "GET /markets/"); found {
		return d.public(ctx, name, query)
	}
	if query.Has("symbol") && query.Get("symbol") != "USDC_USDT" || query.Has("symbols") && query.Get("symbols") != "USDC_USDT" {
		return nil, failure(10040)
	}
	key := r.Header.Get("key")
	if err := d.authorise(key, r, body); err != nil {
		return nil, err
	}
	call, id, _ := strings.Cut(strings.Replace(call, "/", "", 1), "/")
	switch call {
	case "GET feeinfo":
		return object{"trxDiscount": true, "makerRate": "0.0001", "takerRate": "0.00075", "volume30D": "100"}, nil
	case "GET accounts":
		list := []object{}
		for asset, b := range d.Balances(ctx, key) {
			list = append(list, object{"currencyId": "1", "currency": asset, "available": b.Free.String(), "hold": b.Held.String()})
		}
		return []object{{"accountId": "1", "accountType": query.Get("accountType"), "balances": list}}, nil
	case "GET orders":
		if id == "" {
			return d.list(ctx, key, query), nil
		}
		o, err := d.find(ctx, key, id)
		return wire(o), err
	case "POST orders":
		return d.place(ctx, key, body)
	case "DELETE orders":
		o, err := d.find(ctx, key, id)
		if err == nil {
			err = d.Cancel(ctx, key, o.ID)
		}
		return object{"orderId": o.ID, "clientOrderId": o.ClientID, "state": "PENDING_CANCEL", "code": 200, "message": ""}, err
	case "GET trades":
		return d.trades(ctx, key, query)
	default:
		return nil, failure(404)
	}
}

func (d *double) public(ctx context.Context, name string, query url.Values) (any, error) {
	switch name {
	case "USDC_USDT":
		return []object{{
			"symbol": "USDC_USDT", "baseCurrencyName": "USDC", "quoteCurrencyName": "USDT", "displayName": "USDC/USDT", "state": "NORMAL",
			"symbolTradeLimit": object{
				"symbol": "USDC_USDT", "priceScale": 4, "quantityScale": 2, "amountScale": 4, "minQuantity": "0.01", "minAmount": "5",
				"highestBid": "0", "lowestAsk": "0",
			},
		}}, nil
	case "USDC_USDT/ticker24h":
		ticker := d.Ticker(ctx)
		return object{
			"symbol": "USDC_USDT", "open": "1", "close": ticker.Last.String(), "bid": ticker.Bid.String(), "ask": ticker.Ask.String(),
			"ts": ticker.At.UnixMilli(), "closeTime": ticker.At.UnixMilli() - 5,
		}, nil
	case "USDC_USDT/orderBook":
		book := d.Book(ctx, d.number(query, "limit"))
		return object{"time": start.UnixMilli() - 5, "scale": "-1", "asks": flat(book.Asks), "bids": flat(book.Bids), "ts": start.UnixMilli()}, nil
	default:
		return nil, failure(24101)
	}
}

// authorise checks what Poloniex checks: method, path, sorted parameters or body
// and the time are signed, and the time is within the window.
func (d *double) authorise(key string, r *http.Request, body string) error {
	secret, known := d.Secret(key)
	if !known {
		return failure(http.StatusUnauthorized)
	}
	stamp := r.Header.Get("signTimestamp")
	signed := "requestBody=" + body + "&signTimestamp=" + stamp
	if body == "" {
		parts := append(strings.Split(r.URL.RawQuery, "&"), "signTimestamp="+stamp)
		slices.Sort(parts)
		signed = strings.TrimPrefix(strings.Join(parts, "&"), "&")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(r.Method + "\n" + r.URL.Path + "\n" + signed))
	if r.Header.Get("signature") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return failure(http.StatusUnauthorized)
	}
	at, err := strconv.ParseInt(stamp, 10, 64)
	require.NoError(d.t, err)
	window, err := strconv.ParseInt(r.Header.Get("recvWindow"), 10, 64)
	require.NoError(d.t, err)
	if r.URL.Path != "/orders" || r.Method != http.MethodGet {
		require.LessOrEqual(d.t, window, int64(5000), "an order that is late must not arrive after it was given up for lost")
	}
	age := d.Now().UnixMilli() - at
	if age < -1000 {
		return failure(http.StatusBadRequest)
	}
	if age > window {
		return failure(http.StatusRequestTimeout)
	}
	return nil
}

func flat(side []exchange.Level) []string {
	out := []string{}
	for _, l := range side {
		out = append(out, l.Price.String(), l.Amount.String())
	}
	return out
}

// number reads a parameter.
func (d *double) number(query url.Values, name string) int {
	n, err := strconv.Atoi(query.Get(name))
	require.NoError(d.t, err)
	return n
}

// list comes newest first.
func (d *double) list(ctx context.Context, key string, query url.Values) []object {
	list := []object{}
	for _, o := range slices.Backward(d.Orders(ctx, key)) {
		if o.Status == exchange.Open && len(list) < d.number(query, "limit") {
			list = append(list, wire(o))
		}
	}
	return list
}

// find looks an order up by the exchange's or by the client's id, the newest
// first.
func (d *double) find(ctx context.Context, key, id string) (exchange.Order, error) {
	for _, o := range slices.Backward(slices.Concat(d.crossed, d.Orders(ctx, key))) {
		if o.ID == id || "cid:"+o.ClientID == id {
			return o, nil
		}
	}
	return exchange.Order{}, exchange.ErrNotFound
}

func (d *double) place(ctx context.Context, key, body string) (any, error) {
	var p struct{ Symbol, Side, Type, TimeInForce, Price, Quantity, ClientOrderID string }
	require.NoError(d.t, json.Unmarshal([]byte(body), &p))
	if p.Type != "LIMIT" && p.Type != "LIMIT_MAKER" || p.Symbol != "USDC_USDT" || p.TimeInForce != "GTC" {
		return nil, failure(601)
	}
	o := exchange.Order{ClientID: p.ClientOrderID, Side: exchange.Bid, Price: dec(p.Price), Amount: dec(p.Quantity), PostOnly: p.Type == "LIMIT_MAKER"}
	if p.Side == "SELL" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	if errors.Is(err, exchange.ErrWouldCross) {
		placed, err = o, nil
		placed.ID, placed.Status, placed.PlacedAt = "9"+strconv.Itoa(len(d.crossed)), exchange.Cancelled, start
		d.crossed = append(d.crossed, placed)
	}
	return object{"id": placed.ID, "clientOrderId": placed.ClientID}, err
}

// trades come newest first.
func (d *double) trades(ctx context.Context, key string, query url.Values) (any, error) {
	from, to := d.number(query, "startTime"), d.number(query, "endTime")
	if from > to || to-from > int(180*24*time.Hour/time.Millisecond) {
		return nil, failure(601)
	}
	list := []object{}
	for _, f := range slices.Backward(d.Fills(ctx, key)) {
		if at := int(f.At.UnixMilli()); at < from || at > to || len(list) == d.number(query, "limit") {
			continue
		}
		role, side := "TAKER", "BUY"
		if f.Maker {
			role = "MAKER"
		}
		if f.Side == exchange.Ask {
			side = "SELL"
		}
		list = append(list, object{
			"id": f.ID, "symbol": "USDC_USDT", "accountType": "SPOT", "orderId": f.OrderID, "side": side, "type": "LIMIT", "matchRole": role,
			"createTime": f.At.UnixMilli(), "price": f.Price.String(), "quantity": f.Amount.String(), "amount": "0",
			"feeCurrency": f.FeeAsset, "feeAmount": f.Fee.String(), "pageId": f.ID, "clientOrderId": f.ClientID,
		})
	}
	return list, nil
}

// wire is an order as Poloniex writes it.
func wire(o exchange.Order) object {
	side, kind, state := "BUY", "LIMIT", "NEW"
	if o.Side == exchange.Ask {
		side = "SELL"
	}
	if o.PostOnly {
		kind = "LIMIT_MAKER"
	}
	switch {
	case o.Status == exchange.Filled:
		state = "FILLED"
	case o.Status == exchange.Cancelled && o.Filled.IsPositive():
		state = "PARTIALLY_CANCELED"
	case o.Status == exchange.Cancelled:
		state = "CANCELED"
	case o.Filled.IsPositive():
		state = "PARTIALLY_FILLED"
	}
	return object{
		"id": o.ID, "clientOrderId": o.ClientID, "symbol": "USDC_USDT", "state": state, "accountType": "SPOT", "side": side, "type": kind,
		"timeInForce": "GTC", "quantity": o.Amount.StringFixed(2), "price": o.Price.StringFixed(4), "amount": "0.00", "avgPrice": "0.00",
		"filledQuantity": o.Filled.StringFixed(2), "filledAmount": "0.00", "createTime": o.PlacedAt.UnixMilli(), "orderSource": "API", "loan": false,
	}
}
