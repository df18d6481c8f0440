package kraken_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/kraken"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

var (
	pair  = exchange.Pair{Base: "BTC", Quote: "USDT"}
	start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// double speaks Kraken's wire over HTTP, checks its signatures and wants rising
// nonces; what it trades is a paper venue, without fees since paper takes them
// from what is received and Kraken in quote. Its client ids are as weak as
// Kraken's: unique among open orders only.
type double struct {
	t      *testing.T
	venue  *paper.Venue
	server *httptest.Server
	clock  *clock.Mock

	mu      sync.Mutex
	secrets map[string]string   // by key, which is the account's name, or that with readOnly
	nonces  map[string]int64    // the last one of each key
	placed  map[string][]string // by account and client id: the paper venue's ids, oldest first
	hits    map[string]int      // by endpoint

	losesAnswer, losesRequest, limits bool                               // once
	spoil                             func(endpoint, body string) string // what is answered instead
}

func newDouble(t *testing.T) *double {
	t.Helper()
	venue, err := paper.New(paper.Config{Name: "double", Start: start, Markets: []exchange.Market{{
		Pair: pair, Tick: dec("0.1"), Lot: dec("0.0001"), MinAmount: dec("0.001"), MinNotional: dec("0.5"),
	}}})
	require.NoError(t, err)
	d := &double{
		t: t, venue: venue, clock: clock.NewMock(), secrets: map[string]string{}, nonces: map[string]int64{},
		placed: map[string][]string{}, hits: map[string]int{},
	}
	d.clock.Set(start)
	d.server = httptest.NewServer(d)
	t.Cleanup(d.server.Close)
	return d
}

func (d *double) options() kraken.Options {
	return kraken.Options{Base: d.server.URL, Clock: d.clock, Burst: 1000}
}

// readOnly ends the name of an account's second key. Each counts its own nonces.
const readOnly = "-read"

// account opens a funded account and a client for it.
func (d *double) account(key string) *kraken.Client {
	d.t.Helper()
	d.secrets[key] = base64.StdEncoding.EncodeToString([]byte("secret of " + key))
	d.secrets[key+readOnly] = d.secrets[key]
	require.NoError(d.t, d.venue.Account(key).Deposit("BTC", dec("100")))
	require.NoError(d.t, d.venue.Account(key).Deposit("USDT", dec("5000000")))
	client, err := kraken.New(key, d.secrets[key], d.options())
	require.NoError(d.t, err)
	return client
}

// spoils has the double answer something else from now on.
func (d *double) spoils(f func(endpoint, body string) string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spoil = f
}

func (d *double) asked(endpoint string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hits[endpoint]
}

type object = map[string]any

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	endpoint := strings.TrimPrefix(r.Method+" "+r.URL.Path, "POST /0/private/")
	d.hits[endpoint]++
	if d.losesRequest && endpoint == "AddOrder" {
		d.losesRequest = false
		panic(http.ErrAbortHandler)
	}
	result, err := d.answer(endpoint, r)
	if d.losesAnswer && endpoint == "AddOrder" {
		d.losesAnswer = false
		panic(http.ErrAbortHandler)
	}
	answer := object{"error": []string{}, "result": result}
	if err != nil {
		answer = object{"error": []string{inItsWords(err)}}
	}
	body, err := json.Marshal(answer)
	assert.NoError(d.t, err)
	if d.spoil != nil {
		body = []byte(d.spoil(endpoint, string(body)))
	}
	_, _ = w.Write(body) // whoever hung up does not want it
}

func inItsWords(err error) string {
	switch {
	case errors.Is(err, exchange.ErrInsufficient):
		return "EOrder:Insufficient funds"
	case errors.Is(err, exchange.ErrWouldCross):
		return "EOrder:Post only order"
	case errors.Is(err, exchange.ErrInvalid):
		return "EGeneral:Invalid arguments:price"
	default:
		return err.Error()
	}
}

func (d *double) answer(endpoint string, r *http.Request) (any, error) {
	switch endpoint {
	case "GET /0/public/AssetPairs":
		if r.URL.Query().Get("pair") != "XBTUSDT" {
			return nil, errors.New("EQuery:Unknown asset pair")
		}
		return object{"XXBTUSDT": object{
			"altname": "XBTUSDT", "wsname": "XBT/USDT", "base": "XXBT", "quote": "USDT", "pair_decimals": 1, "lot_decimals": 4,
			"tick_size": "0.1", "ordermin": "0.001", "costmin": "0.5",
		}}, nil
	case "GET /0/public/Assets":
		return object{"XXBT": object{"altname": "XBT"}, "USDT": object{"altname": "USDT"}}, nil
	case "GET /0/public/Ticker":
		ticker, err := d.venue.Account("anybody").Ticker(r.Context(), pair)
		return object{"XXBTUSDT": object{
			"a": []string{ticker.Ask.StringFixed(5), "1", "1.000"}, "b": []string{ticker.Bid.StringFixed(5), "1", "1.000"},
			"c": []string{ticker.Last.StringFixed(5), "0.1"},
		}}, err
	case "GET /0/public/Depth":
		return d.depth(r)
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(d.t, err)
	form, err := url.ParseQuery(string(body))
	require.NoError(d.t, err)
	key := r.Header.Get("API-Key")
	if err := d.authorise(key, r, string(body), form.Get("nonce")); err != nil {
		return nil, err
	}
	if d.limits && endpoint == "OpenOrders" {
		d.limits = false
		return nil, errors.New("EAPI:Rate limit exceeded")
	}
	key = strings.TrimSuffix(key, readOnly)
	account := d.venue.Account(key)
	switch endpoint {
	case "TradeVolume":
		fee := func(percent string) object { return object{"XXBTUSDT": object{"fee": percent}} }
		return object{"currency": "ZUSD", "fees": fee("0.2600"), "fees_maker": fee("0.1600")}, nil
	case "BalanceEx":
		all, err := account.Balances(r.Context())
		list := object{"EUR.F": object{"balance": "1.5", "hold_trade": "0"}}
		for asset, b := range all {
			list[strings.Replace(asset, "BTC", "XXBT", 1)] = object{"balance": b.Total().String(), "hold_trade": b.Held.String()}
		}
		return list, err
	case "OpenOrders":
		return object{"open": d.orders(r, key, form, true)}, nil
	case "ClosedOrders":
		return object{"closed": d.orders(r, key, form, false), "count": 1}, nil
	case "QueryOrders":
		open, closed := d.orders(r, key, form, true), d.orders(r, key, form, false)
		for id, o := range closed {
			open[id] = o
		}
		return open, nil
	case "AddOrder":
		return d.place(r, key, form)
	case "CancelOrder":
		for _, id := range d.placed[key+" "+form.Get("cl_ord_id")] {
			if o, err := account.Order(r.Context(), pair, id); err == nil && o.Status == exchange.Open {
				return object{"count": 1}, account.Cancel(r.Context(), pair, id)
			}
		}
		return nil, errors.New("EOrder:Unknown order")
	case "TradesHistory":
		return d.trades(r, key, form)
	default:
		return nil, errors.New("EGeneral:Unknown method")
	}
}

// authorise checks what Kraken checks: path, nonce and body are signed, and the
// nonce is higher than those before.
func (d *double) authorise(key string, r *http.Request, body, nonce string) error {
	secret, known := d.secrets[key]
	if !known {
		return errors.New("EAPI:Invalid key")
	}
	raw, err := base64.StdEncoding.DecodeString(secret)
	require.NoError(d.t, err)
	digest := sha256.Sum256([]byte(nonce + body))
	mac := hmac.New(sha512.New, raw)
	mac.Write(append([]byte(r.URL.Path), digest[:]...))
	if r.Header.Get("API-Sign") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return errors.New("EAPI:Invalid signature")
	}
	n, err := strconv.ParseInt(nonce, 10, 64)
	require.NoError(d.t, err)
	if n <= d.nonces[key] {
		return errors.New("EAPI:Invalid nonce")
	}
	d.nonces[key] = n
	return nil
}

func (d *double) depth(r *http.Request) (any, error) {
	depth, err := strconv.Atoi(r.URL.Query().Get("count"))
	require.NoError(d.t, err)
	book, err := d.venue.Account("anybody").Book(r.Context(), pair, depth)
	levels := func(side []exchange.Level) [][]any {
		out := [][]any{}
		for _, l := range side {
			out = append(out, []any{l.Price.StringFixed(5), l.Amount.StringFixed(3), 1714564800})
		}
		return out
	}
	return object{"XXBTUSDT": object{"bids": levels(book.Bids), "asks": levels(book.Asks)}}, err
}

func txid(o exchange.Order) string { return "O" + o.ID }

// orders are those of one account, by id, as far as the form asks for them.
func (d *double) orders(r *http.Request, key string, form url.Values, open bool) object {
	list := object{}
	for name, ids := range d.placed {
		clientID, mine := strings.CutPrefix(name, key+" ")
		if only := form.Get("cl_ord_id"); !mine || only != "" && only != clientID {
			continue
		}
		for _, id := range ids {
			o, err := d.venue.Account(key).Order(r.Context(), pair, id)
			require.NoError(d.t, err)
			if only := form.Get("txid"); only != "" && only != txid(o) || open != (o.Status == exchange.Open) {
				continue
			}
			list[txid(o)] = wire(o, clientID)
		}
	}
	return list
}

// wire is an order as Kraken writes it.
func wire(o exchange.Order, clientID string) object {
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
		"refid": nil, "userref": 0, "cl_ord_id": clientID, "status": status, "opentm": unix(o.PlacedAt),
		"descr": object{"pair": "XBTUSDT", "type": kind, "ordertype": "limit", "price": o.Price.StringFixed(1), "price2": "0"},
		"vol":   o.Amount.StringFixed(8), "vol_exec": o.Filled.StringFixed(8), "oflags": flags,
	}
}

// unix is a time in seconds with a fraction.
func unix(at time.Time) json.Number {
	return json.Number(decimal.New(at.UnixMicro(), -6).String())
}

func (d *double) place(r *http.Request, key string, form url.Values) (any, error) {
	account, name := d.venue.Account(key), key+" "+form.Get("cl_ord_id")
	for _, id := range d.placed[name] {
		if o, err := account.Order(r.Context(), pair, id); err == nil && o.Status == exchange.Open {
			return nil, errors.New("EOrder:cl_ord_id is a duplicate")
		}
	}
	if form.Get("pair") != "XBTUSDT" || form.Get("ordertype") != "limit" || !strings.HasPrefix(form.Get("oflags"), "fciq") {
		return nil, errors.New("EGeneral:Invalid arguments")
	}
	// No two orders share a time, so that their order can be told.
	require.NoError(d.t, d.venue.Advance(d.venue.Now().Add(time.Millisecond)))
	o := exchange.Order{
		ClientID: exchange.ClientID(name, len(d.placed[name])), Pair: pair, Side: exchange.Bid,
		Price: dec(form.Get("price")), Amount: dec(form.Get("volume")), PostOnly: form.Get("oflags") == "fciq,post",
	}
	if form.Get("type") == "sell" {
		o.Side = exchange.Ask
	}
	placed, err := account.Place(r.Context(), o)
	if err != nil {
		return nil, err
	}
	d.placed[name] = append(d.placed[name], o.ClientID)
	return object{"descr": object{"order": "..."}, "txid": []string{txid(placed)}}, nil
}

// trades are at most 50 of the account, newest first, after start.
func (d *double) trades(r *http.Request, key string, form url.Values) (any, error) {
	fills, err := d.venue.Account(key).Fills(r.Context(), pair, time.Time{})
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
	return object{"trades": json.RawMessage("{" + strings.Join(list, ",") + "}"), "count": len(fills)}, err
}
