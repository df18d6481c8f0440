package okx

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// list reads what an answer is about; its code has been looked at before.
func list[T any](body []byte) ([]T, error) {
	var envelope struct{ Data []T }
	if err := transport.JSON(body, &envelope); err != nil {
		return nil, err
	}
	if envelope.Data == nil {
		return nil, transport.Bad("data", "nothing", "must be there")
	}
	return envelope.Data, nil
}

// one reads an answer about a single thing.
func one[T any](body []byte) (T, error) {
	all, err := list[T](body)
	if err == nil && len(all) != 1 {
		err = transport.Bad("data", len(all), "must be one")
	}
	if err != nil {
		return *new(T), err
	}
	return all[0], nil
}

// parseMarket reads an instrument; the fees come from elsewhere.
func parseMarket(body []byte, pair exchange.Pair) (exchange.Market, error) {
	w, err := one[struct {
		InstID, InstType, BaseCcy, QuoteCcy string
		TickSz, LotSz, MinSz                transport.Optional
	}](body)
	if err != nil {
		return exchange.Market{}, err
	}
	if w.InstType != "SPOT" || w.InstID != instID(pair) || w.BaseCcy != pair.Base || w.QuoteCcy != pair.Quote {
		return exchange.Market{}, transport.Bad("instrument", w.InstType+" "+w.InstID, "must be SPOT "+instID(pair))
	}
	if !w.MinSz.Given {
		return exchange.Market{}, transport.Bad("minSz", "nothing", "must be there")
	}
	m := exchange.Market{Pair: pair, Tick: w.TickSz.Decimal, Lot: w.LotSz.Decimal, MinAmount: w.MinSz.Decimal}
	return m, transport.BadIf(m.Validate())
}

// rates are fractions; what is charged is below zero.
type rates struct{ Maker, Taker transport.Optional }

// parseFees reads trade-fee of one pair. Of several groups it takes the dearest,
// so that a fee is never higher than what we reckon with.
func parseFees(body []byte, m exchange.Market) (exchange.Market, error) {
	w, err := one[struct {
		InstType string
		rates
		FeeGroup []rates
	}](body)
	if err != nil {
		return exchange.Market{}, err
	}
	if w.InstType != "SPOT" {
		return exchange.Market{}, transport.Bad("instType", w.InstType, "must be SPOT")
	}
	var maker, taker []decimal.Decimal // bps
	for _, r := range append(w.FeeGroup, w.rates) {
		if r.Maker.Given && r.Taker.Given {
			maker = append(maker, r.Maker.Neg().Shift(4))
			taker = append(taker, r.Taker.Neg().Shift(4))
		}
	}
	if len(maker) == 0 {
		return exchange.Market{}, transport.Bad("fees", "nothing", "must have maker and taker")
	}
	m.MakerFeeBps, m.TakerFeeBps = decimal.Max(maker[0], maker[1:]...), decimal.Max(taker[0], taker[1:]...)
	return m, transport.BadIf(m.Validate())
}

// parseTicker reads prices, of which that of an empty side is empty or 0.
func parseTicker(body []byte, pair exchange.Pair) (exchange.Ticker, error) {
	w, err := one[struct {
		InstID             string
		BidPx, AskPx, Last *transport.Optional
		TS                 transport.Optional // ms
	}](body)
	if err != nil {
		return exchange.Ticker{}, err
	}
	if w.InstID != instID(pair) || w.BidPx == nil || w.AskPx == nil || w.Last == nil {
		return exchange.Ticker{}, transport.Bad("instId", w.InstID, "must be "+instID(pair)+", with bidPx, askPx and last")
	}
	t := exchange.Ticker{Pair: pair, Bid: w.BidPx.Decimal, Ask: w.AskPx.Decimal, Last: w.Last.Decimal}
	if t.At, err = moment("ts", w.TS); err != nil {
		return exchange.Ticker{}, err
	}
	return t, transport.BadIf(t.Validate())
}

// parseBook reads a book, which does not name its pair.
func parseBook(body []byte, pair exchange.Pair, depth int) (exchange.Book, error) {
	type side [][]transport.Optional
	w, err := one[struct {
		Bids, Asks side
		TS         transport.Optional // ms
	}](body)
	if err != nil {
		return exchange.Book{}, err
	}
	if w.Bids == nil || w.Asks == nil || len(w.Bids) > depth || len(w.Asks) > depth {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(w.Bids), len(w.Asks)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	levels := func(from side) (to []exchange.Level) {
		for _, l := range from {
			level := exchange.Level{} // which the book finds invalid
			if len(l) >= 2 {          // price, amount, a deprecated one, number of orders
				level = exchange.Level{Price: l[0].Decimal, Amount: l[1].Decimal}
			}
			to = append(to, level)
		}
		return to
	}
	book := exchange.Book{Pair: pair, Bids: levels(w.Bids), Asks: levels(w.Asks)}
	if book.At, err = moment("ts", w.TS); err != nil {
		return exchange.Book{}, err
	}
	return book, transport.BadIf(book.Validate())
}

// parseBalances reads the trading account.
func parseBalances(body []byte) (map[string]exchange.Balance, error) {
	type detail struct {
		Ccy                 string
		AvailBal, FrozenBal transport.Optional
	}
	w, err := one[struct{ Details []detail }](body)
	if err != nil {
		return nil, err
	}
	if w.Details == nil {
		return nil, transport.Bad("details", "nothing", "must be there")
	}
	balances := map[string]exchange.Balance{}
	for _, b := range w.Details {
		if _, twice := balances[b.Ccy]; twice || b.Ccy == "" {
			return nil, transport.Bad("ccy", b.Ccy, "must be named once")
		}
		if !b.AvailBal.Given || !b.FrozenBal.Given || b.AvailBal.IsNegative() || b.FrozenBal.IsNegative() {
			return nil, transport.Bad("balance of "+b.Ccy, fmt.Sprint(b.AvailBal, " ", b.FrozenBal), "availBal and frozenBal must be >= 0")
		}
		balances[b.Ccy] = exchange.Balance{Free: b.AvailBal.Decimal, Held: b.FrozenBal.Decimal}
	}
	return balances, nil
}

// wireOrder is an order as trade/order and orders-pending show it.
type wireOrder struct {
	InstType, InstID, OrdID, ClOrdID string
	Side, OrdType, State             string
	CancelSource                     string
	Px, Sz, AccFillSz                transport.Optional
	CTime                            transport.Optional // ms
}

var (
	sides    = map[string]exchange.Side{"buy": exchange.Bid, "sell": exchange.Ask}
	statuses = map[string]exchange.Status{
		"live": exchange.Open, "partially_filled": exchange.Open,
		"filled":   exchange.Filled,
		"canceled": exchange.Cancelled, "mmp_canceled": exchange.Cancelled,
	}
	// rests is whether an order of a type can rest on the book that all see.
	rests = map[string]bool{"limit": true, "post_only": true, "market": false, "fok": false, "ioc": false, "optimal_limit_ioc": false, "elp": false}
)

// isOf checks that an order is of a pair; margin orders have the same name.
func (w wireOrder) isOf(pair exchange.Pair) error {
	if w.InstType != "SPOT" || w.InstID != instID(pair) {
		return transport.Bad("instrument", w.InstType+" "+w.InstID, "must be SPOT "+instID(pair))
	}
	return nil
}

// order checks every field before money relies on it.
func (w wireOrder) order(pair exchange.Pair) (exchange.Order, error) {
	if err := w.isOf(pair); err != nil {
		return exchange.Order{}, err
	}
	o := exchange.Order{
		ClientID: w.ClOrdID, Pair: pair, Price: w.Px.Decimal, Amount: w.Sz.Decimal, PostOnly: w.OrdType == "post_only",
		ID: w.OrdID, Filled: w.AccFillSz.Decimal,
	}
	var err error
	if o.PlacedAt, err = moment("cTime", w.CTime); err != nil {
		return exchange.Order{}, err
	}
	var known bool
	if o.Side, known = sides[w.Side]; !known {
		return exchange.Order{}, transport.Bad("side", w.Side, "must be buy or sell")
	}
	if o.Status, known = statuses[w.State]; !known {
		return exchange.Order{}, transport.Bad("state", w.State, "must be one that we know")
	}
	if o.ID == "" {
		return exchange.Order{}, transport.Bad("ordId", "nothing", "must be there")
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", o.ID, err))
	}
	if !w.AccFillSz.Given || o.Filled.IsNegative() || o.Filled.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("accFillSz", w.AccFillSz, "must be 0 to sz "+o.Amount.String())
	}
	return o, nil
}

// wouldHaveTaken reports whether OKX cancelled a post-only order instead of
// letting it trade.
func (w wireOrder) wouldHaveTaken() bool { return w.State == "canceled" && w.CancelSource == "31" }

// onBook returns the limit orders that rest on the book, oldest first.
func onBook(all []wireOrder, pair exchange.Pair) ([]exchange.Order, error) {
	orders := make([]exchange.Order, 0, len(all))
	seen := map[string]bool{}
	for _, w := range all {
		if err := w.isOf(pair); err != nil {
			return nil, err
		}
		if seen[w.OrdID] {
			return nil, transport.Bad("ordId", w.OrdID, "must be unique")
		}
		seen[w.OrdID] = true
		resting, known := rests[w.OrdType]
		if !known {
			return nil, transport.Bad("ordType", w.OrdType, "must be one that we know")
		}
		if !resting {
			continue
		}
		o, err := w.order(pair)
		if err != nil {
			return nil, err
		}
		if o.Status != exchange.Open || !o.Remaining().IsPositive() {
			return nil, transport.Bad("state", w.State, fmt.Sprintf("must be that of an open order, %v remains", o.Remaining()))
		}
		orders = append(orders, o)
	}
	transport.OldestFirst(orders)
	return orders, nil
}

// wireFill is a trade as fills and fills-history show it.
type wireFill struct {
	InstType, InstID, BillID, OrdID, ClOrdID string
	Side, ExecType, FeeCcy                   string
	FillPx, FillSz, Fee                      transport.Optional // a fee charged is below zero
	FillTime                                 transport.Optional // ms
}

func (w wireFill) fill(pair exchange.Pair) (exchange.Fill, error) {
	if w.InstType != "SPOT" || w.InstID != instID(pair) {
		return exchange.Fill{}, transport.Bad("instrument", w.InstType+" "+w.InstID, "must be SPOT "+instID(pair))
	}
	at, err := moment("fillTime", w.FillTime)
	if err != nil {
		return exchange.Fill{}, err
	}
	side, known := sides[w.Side]
	if !known || w.BillID == "" || w.OrdID == "" || !w.Fee.Given || w.FeeCcy == "" {
		return exchange.Fill{}, transport.Bad("trade", w.BillID, "must have billId, ordId, side, fee and feeCcy")
	}
	if w.ExecType != "M" && w.ExecType != "T" {
		return exchange.Fill{}, transport.Bad("execType", w.ExecType, "must be M or T")
	}
	if !w.FillPx.IsPositive() || !w.FillSz.IsPositive() {
		return exchange.Fill{}, transport.Bad("fillPx, fillSz", fmt.Sprint(w.FillPx, " ", w.FillSz), "must be > 0")
	}
	return exchange.Fill{
		ID: w.BillID, OrderID: w.OrdID, ClientID: w.ClOrdID, Pair: pair, Side: side,
		Price: w.FillPx.Decimal, Amount: w.FillSz.Decimal, Fee: w.Fee.Neg(), FeeAsset: w.FeeCcy, Maker: w.ExecType == "M", At: at,
	}, nil
}

// moment reads a time in milliseconds.
func moment(field string, n transport.Optional) (time.Time, error) {
	if !n.IsInteger() || !n.IsPositive() || n.GreaterThan(maxMillis) {
		return time.Time{}, transport.Bad(field, n, "must be > 0 and in milliseconds")
	}
	return time.UnixMilli(n.IntPart()).UTC(), nil
}

// maxMillis is in the year 5138; microseconds are beyond it.
var maxMillis = decimal.New(1, 14)
