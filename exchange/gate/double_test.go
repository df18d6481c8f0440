package gate_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
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

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/gate"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	pair  = venuetest.Stables.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

const (
	places = "POST /api/v4/spot/orders"
	lists  = "GET /api/v4/spot/orders"
)

// double speaks Gate's wire and checks its signatures.
type double struct {
	*venuetest.Double
	t *testing.T

	// forgets has finished orders be listed, and not found by their client ids
	// any more.
	forgets bool
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

func (d *double) options() gate.Options {
	return gate.Options{Base: d.URL, Clock: d.Clock, Burst: 10_000}
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *gate.Client {
	d.t.Helper()
	client, err := gate.New(key, d.Open(key), d.options())
	require.NoError(d.t, err)
	return client
}

func (d *double) prover(key string) *gate.Prover {
	d.t.Helper()
	prover, err := gate.NewProver(key, d.Open(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *gate.Verifier {
	d.t.Helper()
	verifier, err := gate.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is a label of Gate.
type failure string

func (f failure) Error() string { return string(f) }

type object = venuetest.Object

func inItsWords(err error) (int, any) {
	var f failure
	status := http.StatusBadRequest
	switch {
	case errors.As(err, &f):
	case errors.Is(err, exchange.ErrRateLimited):
		status, f = http.StatusTooManyRequests, "TOO_MANY_REQUESTS"
	case errors.Is(err, exchange.ErrInsufficient):
		f = "BALANCE_NOT_ENOUGH"
	case errors.Is(err, exchange.ErrWouldCross):
		f = "POC_FILL_IMMEDIATELY"
	case errors.Is(err, exchange.ErrNotFound):
		status, f = http.StatusNotFound, "ORDER_NOT_FOUND"
	case errors.Is(err, venuetest.ErrDuplicate):
		f = "ORDER_EXISTS"
	default:
		f = "INVALID_PARAM_VALUE"
	}
	return status, object{"label": f, "message": "in words of its own"}
}

func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	query, ctx := r.URL.Query(), r.Context()
	call, id, _ := strings.Cut(strings.Replace(call, "/api/v4/spot/", "", 1), "/")
	if call == "GET currency_pairs" && id != "USDC_USDT" || query.Has("currency_pair") && query.Get("currency_pair") != "USDC_USDT" {
		return nil, failure("INVALID_CURRENCY_PAIR")
	}
	switch call {
	case "GET currency_pairs":
		return object{
			"id": "USDC_USDT", "base": "USDC", "quote": "USDT", "fee": "0.2", "min_base_amount": "0.01", "min_quote_amount": "5",
			"amount_precision": 2, "precision": 4, "trade_status": "tradable",
		}, nil
	case "GET tickers":
		return []object{d.ticker(ctx)}, nil
	case "GET order_book":
		book := d.Book(ctx, d.number(query, "limit", 10))
		return object{"current": start.UnixMilli(), "update": start.UnixMilli() - 3, "asks": levels(book.Asks), "bids": levels(book.Bids)}, nil
	}
	key := r.Header.Get("KEY")
	if err := d.authorise(key, r, body); err != nil {
		return nil, err
	}
	switch call {
	case "GET accounts":
		list := []object{}
		for asset, b := range d.Balances(ctx, key) {
			list = append(list, object{"currency": asset, "available": b.Free.String(), "locked": b.Held.String(), "update_id": 98})
		}
		return list, nil
	case "GET fee":
		return object{"user_id": 10001, "taker_fee": "0.00075", "maker_fee": "0.0001", "gt_discount": true, "gt_taker_fee": "0.0005", "gt_maker_fee": "0"}, nil
	case "GET orders":
		if id == "" {
			return d.list(ctx, key, query)
		}
		o, err := d.find(ctx, key, id)
		return d.wire(o), err
	case "POST orders":
		return d.place(ctx, key, body)
	case "DELETE orders":
		o, err := d.find(ctx, key, id)
		if err == nil {
			err = d.Cancel(ctx, key, o.ID)
		}
		return d.wire(o), err
	case "GET my_trades":
		return d.trades(ctx, key, query)
	default:
		return nil, failure("NOT_FOUND")
	}
}

// authorise checks what Gate checks: method, path, query, body and time are
// signed, and the time is near.
func (d *double) authorise(key string, r *http.Request, body string) error {
	secret, known := d.Secret(key)
	if !known {
		return failure("INVALID_KEY")
	}
	digest := sha512.Sum512([]byte(body))
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write([]byte(r.Method + "\n" + r.URL.Path + "\n" + r.URL.RawQuery + "\n" + hex.EncodeToString(digest[:]) + "\n" + r.Header.Get("Timestamp")))
	if r.Header.Get("SIGN") != hex.EncodeToString(mac.Sum(nil)) {
		return failure("INVALID_SIGNATURE")
	}
	at, err := strconv.ParseInt(r.Header.Get("Timestamp"), 10, 64)
	require.NoError(d.t, err)
	if d.Now().Sub(time.Unix(at, 0)).Abs() > time.Minute {
		return failure("REQUEST_EXPIRED")
	}
	return nil
}

// ticker leaves empty what there is none of.
func (d *double) ticker(ctx context.Context) object {
	ticker := d.Ticker(ctx)
	text := func(price decimal.Decimal) string {
		if price.IsZero() {
			return ""
		}
		return price.String()
	}
	return object{"currency_pair": "USDC_USDT", "last": text(ticker.Last), "lowest_ask": text(ticker.Ask), "highest_bid": text(ticker.Bid), "etf_leverage": ""}
}

func levels(side []exchange.Level) [][]string {
	out := [][]string{}
	for _, l := range side {
		out = append(out, []string{l.Price.String(), l.Amount.String()})
	}
	return out
}

// number reads a parameter.
func (d *double) number(query url.Values, name string, absent int) int {
	if !query.Has(name) {
		return absent
	}
	n, err := strconv.Atoi(query.Get(name))
	require.NoError(d.t, err)
	return n
}

// cut returns the page that was asked for.
func (d *double) cut(list []object, query url.Values) []object {
	limit := d.number(query, "limit", 100)
	first := (d.number(query, "page", 1) - 1) * limit
	return list[min(first, len(list)):min(first+limit, len(list))]
}

// list comes newest first.
func (d *double) list(ctx context.Context, key string, query url.Values) (any, error) {
	open := query.Get("status") == "open"
	if open && d.number(query, "limit", 100) > 100 || open && query.Has("from") {
		return nil, failure("INVALID_PARAM_VALUE")
	}
	list := []object{}
	for _, o := range slices.Backward(d.Orders(ctx, key)) {
		if open == (o.Status == exchange.Open) && d.Ended(o).Unix() >= int64(d.number(query, "from", 0)) {
			list = append(list, d.wire(o))
		}
	}
	return d.cut(list, query), nil
}

// find looks an order up by the exchange's or by the client's id, the newest
// first.
func (d *double) find(ctx context.Context, key, id string) (exchange.Order, error) {
	for _, o := range slices.Backward(d.Orders(ctx, key)) {
		if o.ID == id || "t-"+o.ClientID == id && (o.Status == exchange.Open || !d.forgets) {
			return o, nil
		}
	}
	return exchange.Order{}, exchange.ErrNotFound
}

func (d *double) place(ctx context.Context, key, body string) (any, error) {
	var p struct{ Text, Type, Side, Amount, Price, TimeInForce, CurrencyPair string }
	body = strings.NewReplacer("time_in_force", "TimeInForce", "currency_pair", "CurrencyPair").Replace(body)
	require.NoError(d.t, json.Unmarshal([]byte(body), &p))
	id, found := strings.CutPrefix(p.Text, "t-")
	if !found || p.Type != "limit" || p.CurrencyPair != "USDC_USDT" || p.TimeInForce != "gtc" && p.TimeInForce != "poc" {
		return nil, failure("INVALID_PARAM_VALUE")
	}
	o := exchange.Order{ClientID: id, Side: exchange.Bid, Price: dec(p.Price), Amount: dec(p.Amount), PostOnly: p.TimeInForce == "poc"}
	if p.Side == "sell" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	return d.wire(placed), err
}

// trades come newest first.
func (d *double) trades(ctx context.Context, key string, query url.Values) (any, error) {
	now := int(d.Venue.Now().Unix())
	from, to := d.number(query, "from", now-7*24*3600), d.number(query, "to", now)
	if from > to || to-from > 30*24*3600 {
		return nil, failure("INVALID_PARAM_VALUE")
	}
	list := []object{}
	for _, f := range slices.Backward(d.Fills(ctx, key)) {
		if at := int(f.At.Unix()); at < from || at > to {
			continue
		}
		role, side := "taker", "buy"
		if f.Maker {
			role = "maker"
		}
		if f.Side == exchange.Ask {
			side = "sell"
		}
		list = append(list, object{
			"id": f.ID, "order_id": f.OrderID, "currency_pair": "USDC_USDT", "text": "t-" + f.ClientID, "side": side, "role": role,
			"create_time": strconv.FormatInt(f.At.Unix(), 10), "create_time_ms": decimal.New(f.At.UnixMicro(), -3).StringFixed(6),
			"amount": f.Amount.String(), "price": f.Price.String(), "fee": f.Fee.String(), "fee_currency": f.FeeAsset, "point_fee": "0", "gt_fee": "0",
		})
	}
	return d.cut(list, query), nil
}

// wire is an order as Gate writes it.
func (d *double) wire(o exchange.Order) object {
	side, status, force, finish := "buy", "open", "gtc", "open"
	if o.Side == exchange.Ask {
		side = "sell"
	}
	if o.PostOnly {
		force = "poc"
	}
	switch o.Status {
	case exchange.Filled:
		status, finish = "closed", "filled"
	case exchange.Cancelled:
		status, finish = "cancelled", "cancelled"
	default:
	}
	return object{
		"id": o.ID, "text": "t-" + o.ClientID, "create_time": strconv.FormatInt(o.PlacedAt.Unix(), 10), "create_time_ms": o.PlacedAt.UnixMilli(),
		"update_time_ms": d.Ended(o).UnixMilli(), "currency_pair": "USDC_USDT", "status": status, "type": "limit", "account": "spot", "side": side,
		"amount": o.Amount.String(), "price": o.Price.String(), "time_in_force": force, "iceberg": "0", "left": o.Remaining().String(),
		"finish_as": finish, "fee": "0", "fee_currency": "USDC", "stp_id": 0,
	}
}
