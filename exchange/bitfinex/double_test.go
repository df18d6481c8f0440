package bitfinex_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/bitfinex"
	"github.com/evenkeelhq/evenkeel/exchange/venuetest"
)

var (
	pair  = exchange.Pair{Base: "SHIB", Quote: "USDT"}
	start = venuetest.Start
	dec   = venuetest.Dec
)

const (
	sym        = "tSHIB:UST"
	openOrders = "POST /v2/auth/r/orders/" + sym
	history    = openOrders + "/hist"
	trades     = "POST /v2/auth/r/trades/" + sym + "/hist"
	submit     = "POST /v2/auth/w/order/submit"
	cancel     = "POST /v2/auth/w/order/cancel"
)

// double speaks Bitfinex's wire, checks its signatures and wants rising nonces.
type double struct {
	*venuetest.Double
	t       *testing.T
	nonces  map[string]int64 // the last one of each key
	cids    map[string]int64 // by label
	history []row            // closed orders beside those that were placed
}

// row is an object of Bitfinex.
type row = []any

func newDouble(t *testing.T) *double {
	t.Helper()
	d := &double{t: t, nonces: map[string]int64{}, cids: map[string]int64{}}
	d.Double = venuetest.New(t, venuetest.Wire{
		Market: exchange.Market{
			Pair: pair, Tick: dec("0.00000001"), Lot: dec("0.00000001"), MinAmount: dec("200"), MakerFeeBps: dec("10"), TakerFeeBps: dec("20"),
		},
		Price: dec("0.0005"), Amount: dec("20000"),
		Places: submit, Lists: openOrders, Answer: d.answer, Refusal: inItsWords,
	})
	return d
}

func (d *double) options() bitfinex.Options {
	return bitfinex.Options{Base: d.URL, Clock: d.Clock, Burst: 1000}
}

// account opens a funded account and a client for it.
func (d *double) account(key string) *bitfinex.Client {
	d.t.Helper()
	client, err := bitfinex.New(key, d.Open(key), d.options())
	require.NoError(d.t, err)
	return client
}

// readOnly ends the name of an account's second key. Each counts its own nonces.
const readOnly = "-read"

// prover signs with a read-only key of the account's own, as it should.
func (d *double) prover(key string) *bitfinex.Prover {
	d.t.Helper()
	prover, err := bitfinex.NewProver(key+readOnly, d.Open(key))
	require.NoError(d.t, err)
	return prover
}

func (d *double) verifier() *bitfinex.Verifier {
	d.t.Helper()
	verifier, err := bitfinex.NewVerifier(d.options())
	require.NoError(d.t, err)
	return verifier
}

// failure is an error in Bitfinex's words.
type failure struct {
	code int
	text string
}

func (f failure) Error() string { return f.text }

func inItsWords(err error) (int, any) {
	var f failure
	switch {
	case errors.As(err, &f):
	case errors.Is(err, exchange.ErrRateLimited):
		f = failure{11010, "ratelimit: error"}
	case errors.Is(err, exchange.ErrInsufficient):
		f = failure{10001, "Invalid order: not enough exchange balance for 10.0 SHIB:UST at 0.0005"}
	case errors.Is(err, exchange.ErrNotFound):
		f = failure{10001, "Order not found."}
	default:
		f = failure{10020, "price: invalid"}
	}
	return http.StatusInternalServerError, row{"error", f.code, f.text}
}

func (d *double) answer(call string, r *http.Request, body string) (any, error) {
	ctx := r.Context()
	switch call {
	case "GET /v2/conf/pub:info:pair":
		limits := row{nil, nil, nil, "200.0", "2000000000.0", nil, nil, nil, 0.3, 0.15, nil, nil}
		return row{[]row{{"BTCUSD", limits}, {"SHIB:USD", limits}, {"SHIB:UST", limits}}}, nil
	case "GET /v2/ticker/" + sym:
		t := d.Ticker(ctx)
		return row{number(t.Bid), 1000.5, number(t.Ask), 1000.5, 0, 0, number(t.Last), 1e6, 0, 0}, nil
	case "GET /v2/book/" + sym + "/P0":
		return d.book(ctx, r.URL.Query().Get("len"))
	}
	key := r.Header.Get("bfx-apikey")
	if err := d.authorise(key, r, body); err != nil {
		return nil, err
	}
	key = strings.TrimSuffix(key, readOnly)
	var p struct {
		ID            json.RawMessage
		Start, End    int64
		Limit, Sort   int
		Type, Symbol  string
		Price, Amount string
		CID           int64
		Flags         int
		Meta          struct{ Label string }
	}
	require.NoError(d.t, json.Unmarshal([]byte(body), &p))
	switch call {
	case "POST /v2/auth/r/summary":
		return row{nil, nil, nil, nil, row{row{0.001, nil, nil, nil, nil, -0.0002}, row{0.002, 0.0015, 0.001, nil, nil, 0.00065}}}, nil
	case "POST /v2/auth/r/wallets":
		wallets := []row{{"margin", "UST", 7, 0, 7, nil, nil}}
		for asset, b := range d.Balances(ctx, key) {
			wallets = append(wallets, row{"exchange", strings.Replace(asset, "USDT", "UST", 1), number(b.Total()), 0, number(b.Free), nil, nil})
		}
		return wallets, nil
	case openOrders:
		return d.orders(ctx, key, p.ID, true), nil
	case history:
		return d.page(d.orders(ctx, key, p.ID, false), p.End, p.Limit), nil
	case trades:
		require.Equal(d.t, 1, p.Sort)
		return d.trades(ctx, key, p.Start, p.Limit), nil
	case cancel:
		return notification("oc-req", row{}), d.Cancel(ctx, key, string(p.ID))
	case submit:
		if p.Type != "EXCHANGE LIMIT" || p.Symbol != sym {
			return nil, failure{10020, "symbol: invalid"}
		}
		d.cids[p.Meta.Label] = p.CID
		o := exchange.Order{ClientID: p.Meta.Label, Side: exchange.Bid, Price: dec(p.Price), Amount: dec(p.Amount).Abs(), PostOnly: p.Flags == 4096}
		if dec(p.Amount).IsNegative() {
			o.Side = exchange.Ask
		}
		placed, err := d.Place(ctx, key, o)
		if errors.Is(err, exchange.ErrWouldCross) { // it is taken, and thrown away at once
			o.ID, o.PlacedAt = "77", start
			thrown := d.wire(o)
			thrown[13] = "POSTONLY CANCELED"
			return notification("on-req", []row{thrown}), nil
		}
		return notification("on-req", []row{d.wire(placed)}), err
	default:
		return nil, failure{10020, "path: invalid"}
	}
}

// notification is the answer to a request that worked.
func notification(kind string, data any) row {
	return row{1714564800, kind, nil, nil, data, nil, "SUCCESS", "Submitted."}
}

// authorise checks what Bitfinex checks: path, nonce and body are signed, and the
// nonce is higher than those before.
func (d *double) authorise(key string, r *http.Request, body string) error {
	secret, known := d.Secret(strings.TrimSuffix(key, readOnly))
	if !known {
		return failure{10100, "apikey: invalid"}
	}
	nonce := r.Header.Get("bfx-nonce")
	mac := hmac.New(sha512.New384, []byte(secret))
	mac.Write([]byte("/api" + r.URL.Path + nonce + body))
	if r.Header.Get("bfx-signature") != hex.EncodeToString(mac.Sum(nil)) {
		return failure{10100, "apikey: digest invalid"}
	}
	n, err := strconv.ParseInt(nonce, 10, 64)
	require.NoError(d.t, err)
	if n <= d.nonces[key] || n > 1<<53 {
		return failure{10114, "nonce: small"}
	}
	d.nonces[key] = n
	return nil
}

// number is a JSON number with all its digits.
func number(d interface{ String() string }) json.Number { return json.Number(d.String()) }

func (d *double) book(ctx context.Context, length string) (any, error) {
	if !slices.Contains([]string{"1", "25", "100", "250"}, length) {
		return nil, failure{10020, "len: invalid"}
	}
	book := d.Book(ctx, int(dec(length).IntPart()))
	levels := []row{}
	for _, l := range book.Bids {
		levels = append(levels, row{number(l.Price), 1, number(l.Amount)})
	}
	for _, l := range book.Asks {
		levels = append(levels, row{number(l.Price), 1, number(l.Amount.Neg())})
	}
	return levels, nil
}

// orders are those of one account that are open, or are not, newest first; only
// those of ids, if it asks for some.
func (d *double) orders(ctx context.Context, key string, ids json.RawMessage, open bool) []row {
	var only []int64
	if ids != nil {
		require.NoError(d.t, json.Unmarshal(ids, &only))
	}
	rows := []row{}
	for _, o := range d.Orders(ctx, key) {
		if id := dec(o.ID).IntPart(); open == (o.Status == exchange.Open) && (ids == nil || slices.Contains(only, id)) {
			rows = append(rows, d.wire(o))
		}
	}
	slices.Reverse(rows)
	if !open && ids == nil {
		rows = append(append([]row{}, d.history...), rows...)
	}
	return rows
}

// page is what a limit and an end leave of the history.
func (d *double) page(rows []row, end int64, limit int) []row {
	require.LessOrEqual(d.t, limit, 2500)
	if end > 0 {
		rows = slices.DeleteFunc(rows, func(r row) bool {
			updated, known := r[5].(int64)
			return !known || updated > end
		})
	}
	if limit > 0 {
		rows = rows[:min(limit, len(rows))]
	}
	return rows
}

// wire is an order as Bitfinex writes it.
func (d *double) wire(o exchange.Order) row {
	amount, remaining, flags, status := o.Amount, o.Remaining(), 0, "ACTIVE"
	if o.Side == exchange.Ask {
		amount, remaining = amount.Neg(), remaining.Neg()
	}
	if o.PostOnly {
		flags = 4096
	}
	switch {
	case o.Status == exchange.Filled:
		status = "EXECUTED @ 0.0005(20000.0)"
	case o.Status == exchange.Cancelled:
		status = "CANCELED was: ACTIVE"
	case o.Filled.IsPositive():
		status = "PARTIALLY FILLED @ 0.0005(1.0)"
	}
	at := o.PlacedAt.UnixMilli()
	w := make(row, 32)
	for i, field := range map[int]any{
		0: json.Number(o.ID), 2: d.cids[o.ClientID], 3: sym, 4: at, 5: at, 6: number(remaining), 7: number(amount), 8: "EXCHANGE LIMIT", 9: nil,
		12: flags, 13: status, 16: number(o.Price), 17: 0, 24: 0, 28: "API>BFX", 31: venuetest.Object{"label": o.ClientID, "$F7": 1},
	} {
		w[i] = field
	}
	return w
}

// trades are at most limit of the account, oldest first, from start on.
func (d *double) trades(ctx context.Context, key string, from int64, limit int) []row {
	rows := []row{}
	for _, f := range d.Fills(ctx, key) {
		if f.At.UnixMilli() < from || len(rows) == limit {
			continue
		}
		amount, maker := f.Amount, -1
		if f.Side == exchange.Ask {
			amount = amount.Neg()
		}
		if f.Maker {
			maker = 1
		}
		rows = append(rows, row{
			json.Number(f.ID), sym, f.At.UnixMilli(), json.Number(f.OrderID), number(amount), number(f.Price), "EXCHANGE LIMIT", number(f.Price), maker,
			number(f.Fee.Neg()), strings.Replace(f.FeeAsset, "USDT", "UST", 1), d.cids[f.ClientID],
		})
	}
	return rows
}
