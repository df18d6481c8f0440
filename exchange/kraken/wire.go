package kraken

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// result reads what an answer is about; its errors have been looked at before.
func result[T any](body []byte) (T, error) {
	var envelope struct{ Result *T }
	if err := transport.JSON(body, &envelope); err != nil {
		return *new(T), err
	}
	if envelope.Result == nil {
		return *new(T), transport.Bad("result", "nothing", "must be there")
	}
	return *envelope.Result, nil
}

// rules is a market with the names that Kraken has for it.
type rules struct {
	exchange.Market
	name    string // "XXBTZUSD"
	altName string // "XBTUSD"
	wsName  string // "XBT/USD"
}

// is reports whether an answer speaks of this market, by whichever name.
func (r rules) is(name string) bool { return name == r.name || name == r.altName || name == r.wsName }

func parseRules(body []byte, pair exchange.Pair) (rules, error) {
	type wire struct {
		AltName     string
		WSName      string
		LotDecimals *int32           `json:"lot_decimals"`
		TickSize    transport.Number `json:"tick_size"`
		OrderMin    transport.Number
		CostMin     transport.Number
	}
	pairs, err := result[transport.Entries[wire]](body)
	if err != nil {
		return rules{}, err
	}
	if len(pairs) != 1 || pairs[0].Value.WSName != theirs(pair.Base)+"/"+theirs(pair.Quote) {
		return rules{}, transport.Bad("pairs", len(pairs), "must be "+pair.String()+" and no other")
	}
	w := pairs[0].Value
	if w.LotDecimals == nil || *w.LotDecimals < 0 || *w.LotDecimals > 36 {
		return rules{}, transport.Bad("lot_decimals", w.LotDecimals, "must be 0 to 36")
	}
	r := rules{name: pairs[0].Key, altName: w.AltName, wsName: w.WSName, Market: exchange.Market{
		Pair: pair, Tick: w.TickSize.Decimal, Lot: decimal.New(1, -*w.LotDecimals), MinAmount: w.OrderMin.Decimal, MinNotional: w.CostMin.Decimal,
	}}
	if r.altName == "" {
		return rules{}, transport.Bad("altname", "nothing", "must be there")
	}
	return r, transport.BadIf(r.Validate())
}

func parseAssets(body []byte) (map[string]string, error) {
	assets, err := result[transport.Entries[struct{ AltName string }]](body)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, a := range assets {
		if a.Value.AltName == "" {
			return nil, transport.Bad("altname of "+a.Key, "nothing", "must be there")
		}
		names[a.Key] = ours(a.Value.AltName)
	}
	return names, nil
}

// parseFees reads TradeVolume, in percent.
func parseFees(body []byte, r rules) (exchange.Market, error) {
	type fees map[string]struct{ Fee transport.Number }
	w, err := result[struct {
		Fees      fees
		FeesMaker fees `json:"fees_maker"`
	}](body)
	if err != nil {
		return exchange.Market{}, err
	}
	taker, maker := w.Fees[r.name].Fee, w.FeesMaker[r.name].Fee
	if !maker.Given {
		maker = taker // the market has one fee for both
	}
	if !taker.Given {
		return exchange.Market{}, transport.Bad("fees", len(w.Fees), "must have "+r.name)
	}
	m := r.Market
	m.TakerFeeBps, m.MakerFeeBps = taker.Shift(2), maker.Shift(2)
	return m, transport.BadIf(m.Validate())
}

// parseTicker reads the ask (a), the bid (b) and the last trade (c), each a list
// that begins with the price.
func parseTicker(body []byte, r rules) (exchange.Ticker, error) {
	all, err := result[transport.Entries[struct{ A, B, C []transport.Number }]](body)
	if err != nil {
		return exchange.Ticker{}, err
	}
	if len(all) != 1 || !r.is(all[0].Key) {
		return exchange.Ticker{}, transport.Bad("tickers", len(all), "must be that of "+r.altName)
	}
	w := all[0].Value
	if len(w.A) == 0 || len(w.B) == 0 || len(w.C) == 0 {
		return exchange.Ticker{}, transport.Bad("a, b, c", []int{len(w.A), len(w.B), len(w.C)}, "must have a price")
	}
	t := exchange.Ticker{Pair: r.Pair, Bid: w.B[0].Decimal, Ask: w.A[0].Decimal, Last: w.C[0].Decimal}
	return t, transport.BadIf(t.Validate())
}

func parseBook(body []byte, r rules, depth int) (exchange.Book, error) {
	type side [][]transport.Number
	books, err := result[transport.Entries[struct{ Bids, Asks side }]](body)
	if err != nil {
		return exchange.Book{}, err
	}
	if len(books) != 1 || !r.is(books[0].Key) {
		return exchange.Book{}, transport.Bad("books", len(books), "must be that of "+r.altName)
	}
	w := books[0].Value
	if w.Bids == nil || w.Asks == nil || len(w.Bids) > depth || len(w.Asks) > depth {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(w.Bids), len(w.Asks)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	levels := func(from side) (to []exchange.Level) {
		for _, l := range from {
			level := exchange.Level{} // which the book finds invalid
			if len(l) == 3 {          // price, amount, time
				level = exchange.Level{Price: l[0].Decimal, Amount: l[1].Decimal}
			}
			to = append(to, level)
		}
		return to
	}
	book := exchange.Book{Pair: r.Pair, Bids: levels(w.Bids), Asks: levels(w.Asks)}
	return book, transport.BadIf(book.Validate())
}

// parseBalances reads BalanceEx. Assets without a name of their own, such as
// staked ones, keep Kraken's.
func parseBalances(body []byte, names map[string]string) (map[string]exchange.Balance, error) {
	all, err := result[transport.Entries[struct {
		Balance   transport.Number
		HoldTrade transport.Number `json:"hold_trade"`
	}]](body)
	if err != nil {
		return nil, err
	}
	balances := map[string]exchange.Balance{}
	for _, b := range all {
		name := b.Key
		if known, found := names[name]; found {
			name = known
		}
		total, held := b.Value.Balance, b.Value.HoldTrade
		if !total.Given || !held.Given || held.IsNegative() || held.GreaterThan(total.Decimal) {
			return nil, transport.Bad("balance of "+b.Key, fmt.Sprint(total, " ", held), "hold_trade must be 0 to balance")
		}
		if _, twice := balances[name]; twice {
			return nil, transport.Bad("asset", name, "must be named once")
		}
		balances[name] = exchange.Balance{Free: total.Sub(held.Decimal), Held: held.Decimal}
	}
	return balances, nil
}

// wireOrder is an order as OpenOrders, ClosedOrders and QueryOrders show it.
type wireOrder struct {
	ClOrdID string `json:"cl_ord_id"`
	Status  string
	Reason  string
	OpenTm  transport.Number // s
	Vol     transport.Number
	VolExec transport.Number `json:"vol_exec"`
	OFlags  string
	Descr   struct {
		Pair, Type, OrderType string
		Price                 transport.Number
	}
}

type wireOrders = transport.Entries[wireOrder]

var (
	sides    = map[string]exchange.Side{"buy": exchange.Bid, "sell": exchange.Ask}
	statuses = map[string]exchange.Status{
		"pending": exchange.Open, "open": exchange.Open,
		"closed":   exchange.Filled,
		"canceled": exchange.Cancelled, "expired": exchange.Cancelled,
	}
)

// order checks every field before money relies on it.
func (w wireOrder) order(id string, r rules) (exchange.Order, error) {
	o := exchange.Order{
		ClientID: w.ClOrdID, Pair: r.Pair, Price: w.Descr.Price.Decimal, Amount: w.Vol.Decimal,
		PostOnly: slices.Contains(strings.Split(w.OFlags, ","), "post"),
		ID:       id, Filled: w.VolExec.Decimal,
	}
	var err error
	if o.PlacedAt, err = seconds("opentm", w.OpenTm); err != nil {
		return exchange.Order{}, err
	}
	var known bool
	if o.Side, known = sides[w.Descr.Type]; !known {
		return exchange.Order{}, transport.Bad("type", w.Descr.Type, "must be buy or sell")
	}
	if o.Status, known = statuses[w.Status]; !known {
		return exchange.Order{}, transport.Bad("status", w.Status, "must be one that we know")
	}
	if id == "" {
		return exchange.Order{}, transport.Bad("order", `""`, "must have an id")
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", id, err))
	}
	if !w.VolExec.Given || o.Filled.IsNegative() || o.Filled.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("vol_exec", w.VolExec, "must be 0 to vol "+o.Amount.String())
	}
	return o, nil
}

// limitOrders returns the limit orders of one market, oldest first; Kraken lists
// those of all markets, and of all types.
func limitOrders(all wireOrders, r rules) ([]exchange.Order, error) {
	orders := []exchange.Order{}
	for _, entry := range all {
		if w := entry.Value; w.Descr.Pair == "" || w.Descr.OrderType == "" {
			return nil, transport.Bad("descr", w.Descr, "must have a pair and an ordertype")
		} else if !r.is(w.Descr.Pair) || w.Descr.OrderType != "limit" {
			continue
		}
		o, err := entry.Value.order(entry.Key, r)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	transport.OldestFirst(orders)
	return orders, nil
}

func parseOpenOrders(body []byte, r rules) ([]exchange.Order, error) {
	w, err := result[struct{ Open wireOrders }](body)
	if err != nil {
		return nil, err
	}
	if w.Open == nil {
		return nil, transport.Bad("open", "nothing", "must be there")
	}
	orders, err := limitOrders(w.Open, r)
	for _, o := range orders {
		if o.Status != exchange.Open || !o.Remaining().IsPositive() {
			return nil, transport.Bad("status", o.Status, fmt.Sprintf("must be that of an open order, %v remains", o.Remaining()))
		}
	}
	return orders, err
}

// wireFill is a trade as TradesHistory shows it.
type wireFill struct {
	OrderTxID string
	Pair      string
	Type      string
	Time      transport.Number // s
	Price     transport.Number
	Vol       transport.Number
	Fee       transport.Number // quote
	Maker     *bool
}

func (w wireFill) fill(id string, r rules) (exchange.Fill, error) {
	at, err := seconds("time", w.Time)
	if err != nil {
		return exchange.Fill{}, err
	}
	side, known := sides[w.Type]
	if !known || id == "" || w.OrderTxID == "" || w.Maker == nil || !w.Fee.Given {
		return exchange.Fill{}, transport.Bad("trade", id, "must have ordertxid, type, maker and fee")
	}
	if !w.Price.IsPositive() || !w.Vol.IsPositive() {
		return exchange.Fill{}, transport.Bad("price, vol", fmt.Sprint(w.Price, " ", w.Vol), "must be > 0")
	}
	return exchange.Fill{
		ID: id, OrderID: w.OrderTxID, Pair: r.Pair, Side: side, Price: w.Price.Decimal, Amount: w.Vol.Decimal,
		Fee: w.Fee.Decimal, FeeAsset: r.Pair.Quote, Maker: *w.Maker, At: at,
	}, nil
}

// seconds reads a time such as 1616666559.8974, to the microsecond.
func seconds(field string, n transport.Number) (time.Time, error) {
	if !n.IsPositive() || n.GreaterThan(maxSeconds) {
		return time.Time{}, transport.Bad(field, n, "must be > 0 and in seconds")
	}
	return time.UnixMicro(n.Shift(6).IntPart()).UTC(), nil
}

// maxSeconds is in the year 5138; milliseconds are beyond it.
var maxSeconds = decimal.New(1, 11)
