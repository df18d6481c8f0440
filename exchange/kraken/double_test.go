package kraken_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
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

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/kraken"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	market = exchange.Market{
		Pair: exchange.Pair{Base: "BTC", Quote: "USDT"}, Tick: dec("0.1"), Lot: dec("0.0001"), MinAmount: dec("0.001"), MinNotional: dec("0.5"),
	}
	pair  = market.Pair
	start = venuetest.Start
	dec   = venuetest.Dec
)

const private = "POST /0/private/"

// double speaks Kraken's wire, checks its signatures and wants rising nonces. It
// trades without fees, since the paper venue takes them from what is received
// and Kraken in quote.
type double struct {
	*venuetest.Double
	t      *testing.T
	nonces map[string]int64 // the last one of each key
	timers []string         // to which its timer was set
}

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t, nonces: map[string]int64{}}
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: market, Price: dec("50000"), Amount: dec("0.5"), Places: private + "AddOrder", Lists: private + "OpenOrders",
		Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() kraken.Options {
	return kraken.Options{Base: d.URL, Clock: d.Clock, Burst: 1000}
}

// readOnly ends the name of an account's second key. Each counts its own nonces.
const readOnly = "-read"

// secret opens a funded account and returns the secret of both of its keys.
func (d *double) secret(key string) string {
	d.t.Helper()
	return base64.StdEncoding.EncodeToString([]byte(d.Open(key)))
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *kraken.Client {
	d.t.Helper()
	client, err := kraken.New(key, d.secret(key), d.options())
	require.NoError(d.t, err)
	return client
}

// prover signs with a read-only key of the provider's own, as it should.
func (d *double) prover() *kraken.Prover {
	d.t.Helper()
	prover, err := kraken.NewProver("provider"+readOnly, d.secret("provider"))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *kraken.Verifier {
	d.t.Helper()
	verifier, err := kraken.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is an error in Kraken's words.
type failure string

func (f failure) Error() string { return string(f) }

type object = venuetest.Object

func inItsWords(err error) (int, any) {
	var f failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, exchange.ErrRateLimited):
		f = "EAPI:Rate limit exceeded"
	case errors.Is(err, exchange.ErrInsufficient):
		f = "EOrder:Insufficient funds"
	case errors.Is(err, exchange.ErrWouldCross):
		f = "EOrder:Post only order"
	case errors.Is(err, exchange.ErrNotFound):
		f = "EOrder:Unknown order"
	case errors.Is(err, venuetest.ErrDuplicate):
		f = "EOrder:cl_ord_id is a duplicate"
	default:
		f = "EGeneral:Invalid arguments:price"
	}
	return http.StatusOK, object{"error": []failure{"WGeneral:only a warning", f}}
}

func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	endpoint, isPrivate := strings.CutPrefix(call, private)
	result, err := any(nil), error(nil)
	if isPrivate {
		result, err = d.private(endpoint, r, body)
	} else {
		result, err = d.public(call, r)
	}
	return object{"error": []string{}, "result": result}, err
}

func (d *double) public(call string, r *http.Request) (any, error) {
	query := r.URL.Query()
	switch call {
	case "GET /0/public/AssetPairs":
		if query.Get("pair") != "XBTUSDT" {
			return nil, failure("EQuery:Unknown asset pair")
		}
		return object{"XXBTUSDT": object{
			"altname": "XBTUSDT", "wsname": "XBT/USDT", "base": "XXBT", "quote": "USDT", "pair_decimals": 1, "lot_decimals": 4,
			"tick_size": "0.1", "ordermin": "0.001", "costmin": "0.5",
		}}, nil
	case "GET /0/public/Assets":
		return object{"XXBT": object{"altname": "XBT"}, "USDT": object{"altname": "USDT"}}, nil
	case "GET /0/public/Ticker":
		ticker := d.Ticker(r.Context())
		return object{"XXBTUSDT": object{
			"a": []string{ticker.Ask.StringFixed(5), "1", "1.000"}, "b": []string{ticker.Bid.StringFixed(5), "1", "1.000"},
			"c": []string{ticker.Last.StringFixed(5), "0.1"},
		}}, nil
	case "GET /0/public/Depth":
		book := d.Book(r.Context(), int(dec(query.Get("count")).IntPart()))
		return object{"XXBTUSDT": object{"bids": levels(book.Bids), "asks": levels(book.Asks)}}, nil
	default:
		return nil, failure("EGeneral:Unknown method")
	}
}

func (d *double) private(endpoint string, r *http.Request, body string) (any, error) {
	form, err := url.ParseQuery(body)
	require.NoError(d.t, err)
	key, ctx := r.Header.Get("API-Key"), r.Context()
	if err := d.authorise(key, r, body, form.Get("nonce")); err != nil {
		return nil, err
	}
	key = strings.TrimSuffix(key, readOnly)
	switch endpoint {
	case "TradeVolume":
		fee := func(percent string) object { return object{"XXBTUSDT": object{"fee": percent}} }
		return object{"currency": "ZUSD", "fees": fee("0.2600"), "fees_maker": fee("0.1600")}, nil
	case "BalanceEx":
		list := object{"EUR.F": object{"balance": "1.5", "hold_trade": "0"}}
		for asset, b := range d.Balances(ctx, key) {
			list[strings.Replace(asset, "BTC", "XXBT", 1)] = object{"balance": b.Total().String(), "hold_trade": b.Held.String()}
		}
		return list, nil
	case "OpenOrders":
		return object{"open": d.orders(ctx, key, form, exchange.Open)}, nil
	case "ClosedOrders":
		return object{"closed": d.orders(ctx, key, form, exchange.Filled, exchange.Cancelled), "count": 1}, nil
	case "QueryOrders":
		return d.orders(ctx, key, form, exchange.Open, exchange.Filled, exchange.Cancelled), nil
	case "AddOrder":
		return d.place(ctx, key, form)
	case "CancelOrder":
		for _, o := range d.Orders(ctx, key) {
			if o.ClientID == form.Get("cl_ord_id") && o.Status == exchange.Open {
				return object{"count": 1}, d.Cancel(ctx, key, o.ID)
			}
		}
		return nil, exchange.ErrNotFound
	case "CancelAllOrdersAfter":
		d.timers = append(d.timers, form.Get("timeout"))
		return object{"currentTime": "2023-03-24T17:41:56Z", "triggerTime": "2023-03-24T17:42:56Z"}, nil
	case "TradesHistory":
		return d.trades(ctx, key, form), nil
	default:
		return nil, failure("EGeneral:Unknown method")
	}
}

// authorise checks what Kraken checks: path, nonce and body are signed, and the
// nonce is higher than those before.
func (d *double) authorise(key string, r *http.Request, body, nonce string) error {
	secret, known := d.Secret(strings.TrimSuffix(key, readOnly))
	if !known {
		return failure("EAPI:Invalid key")
	}
	digest := sha256.Sum256([]byte(nonce + body))
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write(append([]byte(r.URL.Path), digest[:]...))
	if r.Header.Get("API-Sign") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return failure("EAPI:Invalid signature")
	}
	n, err := strconv.ParseInt(nonce, 10, 64)
	require.NoError(d.t, err)
	if n <= d.nonces[key] {
		return failure("EAPI:Invalid nonce")
	}
	d.nonces[key] = n
	return nil
}

func levels(side []exchange.Level) [][]any {
	out := [][]any{}
	for _, l := range side {
		out = append(out, []any{l.Price.StringFixed(5), l.Amount.StringFixed(3), 1714564800})
	}
	return out
}

// orders are those of one account, by id, as far as the form asks for them.
func (d *double) orders(ctx context.Context, key string, form url.Values, statuses ...exchange.Status) object {
	list := object{}
	for _, o := range d.Orders(ctx, key) {
		named := !form.Has("cl_ord_id") || form.Get("cl_ord_id") == o.ClientID
		if named && (!form.Has("txid") || form.Get("txid") == txid(o)) && slices.Contains(statuses, o.Status) {
			list[txid(o)] = wire(o)
		}
	}
	return list
}

func txid(o exchange.Order) string { return "O" + o.ID }

// wire is an order as Kraken writes it.
func wire(o exchange.Order) object {
	kind, status, flags := "buy", "open", "fciq"
	if o.Side == exchange.Ask {
		kind = "sell"
	}
	if o.PostOnly {
		flags = "fciq,post"
	}
	switch o.Status {
	case exchange.Filled:
		status = "closed"
	case exchange.Cancelled:
		status = "canceled"
	default:
	}
	return object{
		"refid": nil, "userref": 0, "cl_ord_id": o.ClientID, "status": status, "opentm": unix(o.PlacedAt),
		"descr": object{"pair": "XBTUSDT", "type": kind, "ordertype": "limit", "price": o.Price.StringFixed(1), "price2": "0"},
		"vol":   o.Amount.StringFixed(8), "vol_exec": o.Filled.StringFixed(8), "oflags": flags,
	}
}

// unix is a time in seconds with a fraction.
func unix(at time.Time) json.Number {
	return json.Number(decimal.New(at.UnixMicro(), -6).String())
}

func (d *double) place(ctx context.Context, key string, form url.Values) (any, error) {
	if form.Get("pair") != "XBTUSDT" || form.Get("ordertype") != "limit" || !strings.HasPrefix(form.Get("oflags"), "fciq") {
		return nil, failure("EGeneral:Invalid arguments")
	}
	o := exchange.Order{
		ClientID: form.Get("cl_ord_id"), Side: exchange.Bid,
		Price: dec(form.Get("price")), Amount: dec(form.Get("volume")), PostOnly: form.Get("oflags") == "fciq,post",
	}
	if form.Get("type") == "sell" {
		o.Side = exchange.Ask
	}
	placed, err := d.Place(ctx, key, o)
	return object{"descr": object{"order": "..."}, "txid": []string{txid(placed)}}, err
}

// trades are at most 50 of the account, newest first, after start.
func (d *double) trades(ctx context.Context, key string, form url.Values) object {
	fills := d.Fills(ctx, key)
	slices.Reverse(fills)
	if form.Get("start") != "" {
		fills = slices.DeleteFunc(fills, func(f exchange.Fill) bool { return f.At.Unix() <= dec(form.Get("start")).IntPart() })
	}
	offset := int(dec(form.Get("ofs")).IntPart())
	page := fills[min(offset, len(fills)):min(offset+50, len(fills))]
	var list []string // and not a map, which has no order
	for _, f := range page {
		side := "sell"
		if f.Side == exchange.Bid {
			side = "buy"
		}
		trade, err := json.Marshal(object{
			"ordertxid": "O" + f.OrderID, "pair": "XXBTUSDT", "time": unix(f.At), "type": side, "ordertype": "limit",
			"price": f.Price.String(), "cost": "0", "fee": f.Fee.String(), "vol": f.Amount.String(), "maker": f.Maker,
		})
		require.NoError(d.t, err)
		list = append(list, fmt.Sprintf("%q:%s", "T"+f.ID, trade))
	}
	return object{"trades": json.RawMessage("{" + strings.Join(list, ",") + "}"), "count": len(fills)}
}
