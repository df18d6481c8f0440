package binance_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
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
	"github.com/evenkeelhq/evenkeel/exchange/binance"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

var (
	pair  = exchange.Pair{Base: "USDC", Quote: "USDT"}
	start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// double speaks Binance's wire over HTTP and checks its signatures; what it
// trades is a paper venue. Its client ids are as weak as Binance's: unique among
// open orders only.
type double struct {
	t      *testing.T
	venue  *paper.Venue
	server *httptest.Server
	clock  *clock.Mock

	mu      sync.Mutex
	secrets map[string]string   // by key, which is also the account's name
	placed  map[string][]string // by key and client id: the paper venue's ids, oldest first
	hits    map[string]int      // by method and path

	losesAnswer, losesRequest, limits bool                           // once
	spoil                             func(path, body string) string // what is answered instead
}

func newDouble(t *testing.T) *double {
	t.Helper()
	venue, err := paper.New(paper.Config{Name: "double", Start: start, Markets: []exchange.Market{{
		Pair: pair, Tick: dec("0.0001"), Lot: dec("0.01"), MinAmount: dec("0.01"), MinNotional: dec("5"),
		MakerFeeBps: dec("1"), TakerFeeBps: dec("7.5"),
	}}})
	require.NoError(t, err)
	d := &double{t: t, venue: venue, clock: clock.NewMock(), secrets: map[string]string{}, placed: map[string][]string{}, hits: map[string]int{}}
	d.clock.Set(start)
	d.server = httptest.NewServer(d)
	t.Cleanup(d.server.Close)
	return d
}

func (d *double) options() binance.Options {
	return binance.Options{Base: d.server.URL, Clock: d.clock}
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *binance.Client {
	d.t.Helper()
	d.secrets[key] = "secret of " + key
	require.NoError(d.t, d.venue.Account(key).Deposit("USDC", dec("10000")))
	require.NoError(d.t, d.venue.Account(key).Deposit("USDT", dec("10000")))
	client, err := binance.New(key, d.secrets[key], d.options())
	require.NoError(d.t, err)
	return client
}

// spoils has the double answer something else from now on.
func (d *double) spoils(f func(path, body string) string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spoil = f
}

func (d *double) asked(call string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hits[call]
}

// failure is an error in Binance's words.
type failure struct {
	status, code int
	msg          string
}

func (f failure) Error() string { return f.msg }

type object = map[string]any

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	call := r.Method + " " + r.URL.Path
	d.hits[call]++
	if d.limits && call == "GET /api/v3/openOrders" {
		d.limits = false
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if d.losesRequest && call == "POST /api/v3/order" {
		d.losesRequest = false
		panic(http.ErrAbortHandler)
	}
	answer, err := d.answer(call, r)
	if d.losesAnswer && call == "POST /api/v3/order" {
		d.losesAnswer = false
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		f := inItsWords(err)
		w.WriteHeader(f.status)
		answer = object{"code": f.code, "msg": f.msg}
	}
	body, err := json.Marshal(answer)
	assert.NoError(d.t, err)
	if d.spoil != nil {
		body = []byte(d.spoil(r.URL.Path, string(body)))
	}
	_, _ = w.Write(body) // whoever hung up does not want it
}

func inItsWords(err error) failure {
	var f failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, exchange.ErrInsufficient):
		return failure{400, -2010, "Account has insufficient balance for requested action."}
	case errors.Is(err, exchange.ErrWouldCross):
		return failure{400, -2010, "Order would immediately match and take."}
	case errors.Is(err, exchange.ErrInvalid):
		return failure{400, -1013, "Filter failure: PRICE_FILTER"}
	default:
		return failure{400, -2010, err.Error()}
	}
}

func (d *double) answer(call string, r *http.Request) (any, error) {
	query := r.URL.Query()
	if symbol := query.Get("symbol"); symbol != "USDCUSDT" && (symbol != "" || !strings.HasSuffix(call, "account")) {
		return nil, failure{400, -1121, "Invalid symbol."}
	}
	switch call {
	case "GET /api/v3/exchangeInfo":
		return d.exchangeInfo(), nil
	case "GET /api/v3/depth":
		return d.depth(r)
	}
	key := r.Header.Get("X-MBX-APIKEY")
	if err := d.authorise(key, r.URL.RawQuery); err != nil {
		return nil, err
	}
	account := d.venue.Account(key)
	switch call {
	case "GET /api/v3/account":
		return d.balances(r, account)
	case "GET /api/v3/account/commission":
		return object{
			"symbol":             "USDCUSDT",
			"standardCommission": object{"maker": "0.0001", "taker": "0.0007", "buyer": "0", "seller": "0"},
			"taxCommission":      object{"maker": "0", "taker": "0.00005", "buyer": "0", "seller": "0"},
			"specialCommission":  object{"maker": "0", "taker": "0", "buyer": "0", "seller": "0"},
		}, nil
	case "GET /api/v3/openOrders":
		return d.openOrders(r, key)
	case "GET /api/v3/order":
		o, err := d.find(r, key)
		return d.wire(key, o), err
	case "POST /api/v3/order":
		return d.place(r, key)
	case "DELETE /api/v3/order":
		o, err := d.find(r, key)
		if err != nil || o.Status != exchange.Open {
			return nil, failure{400, -2011, "Unknown order sent."}
		}
		return d.wire(key, o), account.Cancel(r.Context(), pair, o.ClientID)
	case "GET /api/v3/myTrades":
		return d.trades(r, key)
	default:
		return nil, failure{404, -1000, "no such endpoint: " + call}
	}
}

// authorise checks what Binance checks: the last parameter signs all before it.
func (d *double) authorise(key, query string) error {
	secret, known := d.secrets[key]
	if !known {
		return failure{401, -2015, "Invalid API-key, IP, or permissions for action."}
	}
	signed, signature, _ := strings.Cut(query, "&signature=")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	if signature != hex.EncodeToString(mac.Sum(nil)) {
		return failure{400, -1022, "Signature for this request is not valid."}
	}
	_, stamp, _ := strings.Cut(signed, "timestamp=")
	at, err := strconv.ParseInt(stamp, 10, 64)
	require.NoError(d.t, err)
	if age := d.clock.Now().Sub(time.UnixMilli(at)); age > time.Minute || age < -time.Second {
		return failure{400, -1021, "Timestamp for this request is outside of the recvWindow."}
	}
	return nil
}

func (d *double) exchangeInfo() object {
	return object{"symbols": []object{{
		"symbol": "USDCUSDT", "baseAsset": "USDC", "quoteAsset": "USDT", "status": "TRADING",
		"filters": []object{
			{"filterType": "PRICE_FILTER", "minPrice": "0.0001", "maxPrice": "1000", "tickSize": "0.00010000"},
			{"filterType": "LOT_SIZE", "minQty": "0.01", "maxQty": "1000000", "stepSize": "0.01000000"},
			{"filterType": "NOTIONAL", "minNotional": "5.00000000"},
		},
	}}}
}

func (d *double) depth(r *http.Request) (any, error) {
	depth, err := strconv.Atoi(r.URL.Query().Get("limit"))
	require.NoError(d.t, err)
	book, err := d.venue.Account("anybody").Book(r.Context(), pair, depth)
	levels := func(side []exchange.Level) [][]string {
		out := [][]string{}
		for _, l := range side {
			out = append(out, []string{l.Price.StringFixed(8), l.Amount.StringFixed(8)})
		}
		return out
	}
	return object{"lastUpdateId": 1, "bids": levels(book.Bids), "asks": levels(book.Asks)}, err
}

func (d *double) balances(r *http.Request, account *paper.Account) (any, error) {
	all, err := account.Balances(r.Context())
	list := []object{}
	for asset, b := range all {
		list = append(list, object{"asset": asset, "free": b.Free.String(), "locked": b.Held.String()})
	}
	return object{"canTrade": true, "balances": list}, err
}

// openOrders come newest first, since Binance promises no order.
func (d *double) openOrders(r *http.Request, key string) (any, error) {
	orders, err := d.venue.Account(key).OpenOrders(r.Context(), pair)
	list := []object{}
	for _, o := range slices.Backward(orders) {
		list = append(list, d.wire(key, o))
	}
	return list, err
}

// find looks an order up by the client's or by the exchange's id.
func (d *double) find(r *http.Request, key string) (exchange.Order, error) {
	query := r.URL.Query()
	ids := d.placed[key+" "+query.Get("origClientOrderId")]
	if id := query.Get("orderId"); id != "" {
		for owner, of := range d.placed {
			if strings.HasPrefix(owner, key+" ") {
				ids = append(ids, of...)
			}
		}
		ids = slices.DeleteFunc(ids, func(clientID string) bool {
			o, err := d.venue.Account(key).Order(r.Context(), pair, clientID)
			return err != nil || o.ID != id
		})
	}
	if len(ids) == 0 {
		return exchange.Order{}, failure{400, -2013, "Order does not exist."}
	}
	return d.venue.Account(key).Order(r.Context(), pair, ids[len(ids)-1])
}

func (d *double) place(r *http.Request, key string) (any, error) {
	query := r.URL.Query()
	account, name := d.venue.Account(key), key+" "+query.Get("newClientOrderId")
	for _, id := range d.placed[name] {
		if o, err := account.Order(r.Context(), pair, id); err == nil && o.Status == exchange.Open {
			return nil, failure{400, -2010, "Duplicate order sent."}
		}
	}
	kind, force := query.Get("type"), query.Get("timeInForce")
	if kind != "LIMIT_MAKER" && (kind != "LIMIT" || force != "GTC") || kind == "LIMIT_MAKER" && force != "" {
		return nil, failure{400, -1106, "Parameter 'timeInForce' sent when not required."}
	}
	o := exchange.Order{
		ClientID: exchange.ClientID(name, len(d.placed[name])), Pair: pair, Side: exchange.Bid, PostOnly: kind == "LIMIT_MAKER",
		Price: dec(query.Get("price")), Amount: dec(query.Get("quantity")),
	}
	if query.Get("side") == "SELL" {
		o.Side = exchange.Ask
	}
	placed, err := account.Place(r.Context(), o)
	if err != nil {
		return nil, err
	}
	d.placed[name] = append(d.placed[name], o.ClientID)
	answer := d.wire(key, placed)
	answer["transactTime"] = answer["time"]
	delete(answer, "time")
	delete(answer, "isWorking")
	return answer, nil
}

func (d *double) trades(r *http.Request, key string) (any, error) {
	query := r.URL.Query()
	number := func(name string) int64 {
		if query.Get(name) == "" {
			return 0
		}
		n, err := strconv.ParseInt(query.Get(name), 10, 64)
		require.NoError(d.t, err)
		return n
	}
	if query.Has("startTime") && query.Has("fromId") {
		return nil, failure{400, -1128, "Combination of optional parameters invalid."}
	}
	fills, err := d.venue.Account(key).Fills(r.Context(), pair, time.UnixMilli(number("startTime")))
	list := []object{}
	for _, f := range fills {
		id, err := strconv.ParseInt(f.ID, 10, 64)
		require.NoError(d.t, err)
		if id < number("fromId") || len(list) == int(number("limit")) {
			continue
		}
		list = append(list, object{
			"symbol": "USDCUSDT", "id": id, "orderId": json.Number(f.OrderID), "price": f.Price.String(), "qty": f.Amount.String(),
			"commission": f.Fee.String(), "commissionAsset": f.FeeAsset, "time": f.At.UnixMilli(),
			"isBuyer": f.Side == exchange.Bid, "isMaker": f.Maker,
		})
	}
	return list, err
}

// wire is an order as Binance writes it, under the name that its owner gave it.
func (d *double) wire(key string, o exchange.Order) object {
	clientID := ""
	for name, ids := range d.placed {
		if slices.Contains(ids, o.ClientID) {
			clientID = strings.TrimPrefix(name, key+" ")
		}
	}
	if clientID == "" {
		// Being placed, or put on the paper venue by hand.
		clientID = o.ClientID
	}
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
		"symbol": "USDCUSDT", "orderId": json.Number(o.ID), "clientOrderId": clientID, "price": o.Price.StringFixed(8),
		"origQty": o.Amount.StringFixed(8), "executedQty": o.Filled.StringFixed(8), "status": status, "type": kind, "side": side,
		"time": o.PlacedAt.UnixMilli(), "isWorking": true, "note": "a field that we do not know",
	}
}

func newAnswer(status int, body string) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body) // a buffer takes everything
	return recorder.Result()
}
