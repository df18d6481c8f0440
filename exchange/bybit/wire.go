package bybit

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// result reads what an answer is about; its code has been looked at before.
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

// page is a part of a list.
type page[T any] struct {
	List           []T
	NextPageCursor string
}

func parsePage[T any](body []byte) (page[T], error) {
	p, err := result[page[T]](body)
	if err == nil && p.List == nil {
		err = transport.Bad("list", "nothing", "must be there")
	}
	return p, err
}

// list reads a list that has one page only.
func list[T any](body []byte) ([]T, error) {
	p, err := parsePage[T](body)
	return p.List, err
}

// wireMarket is a pair as instruments-info shows it.
type wireMarket struct {
	Symbol, BaseCoin, QuoteCoin string
	LotSizeFilter               struct{ BasePrecision, MinOrderAmt transport.Optional }
	PriceFilter                 struct{ TickSize transport.Optional }
}

// parseMarket makes rules without fees. Bybit has a smallest notional; its
// minOrderQty is deprecated and not checked any more.
func parseMarket(known []wireMarket, pair exchange.Pair) (exchange.Market, error) {
	w := known[0]
	if len(known) != 1 || w.BaseCoin != pair.Base || w.QuoteCoin != pair.Quote || w.Symbol != symbol(pair) {
		// The symbol alone does not tell A/BC from AB/C.
		return exchange.Market{}, transport.Bad("symbols", w.BaseCoin+"/"+w.QuoteCoin, "must be "+pair.String()+" and no other")
	}
	if !w.LotSizeFilter.MinOrderAmt.Given {
		return exchange.Market{}, transport.Bad("minOrderAmt", "nothing", "must be there")
	}
	m := exchange.Market{
		Pair: pair, Tick: w.PriceFilter.TickSize.Decimal, Lot: w.LotSizeFilter.BasePrecision.Decimal, MinNotional: w.LotSizeFilter.MinOrderAmt.Decimal,
	}
	return m, transport.BadIf(m.Validate())
}

// parseFees reads fee-rate, in fractions.
func parseFees(body []byte, m exchange.Market) (exchange.Market, error) {
	rates, err := list[struct {
		Symbol                     string
		TakerFeeRate, MakerFeeRate transport.Optional
	}](body)
	if err != nil {
		return exchange.Market{}, err
	}
	if len(rates) != 1 || rates[0].Symbol != symbol(m.Pair) || !rates[0].TakerFeeRate.Given || !rates[0].MakerFeeRate.Given {
		return exchange.Market{}, transport.Bad("fees", len(rates), "must be takerFeeRate and makerFeeRate of "+symbol(m.Pair)+" and no other")
	}
	m.TakerFeeBps, m.MakerFeeBps = rates[0].TakerFeeRate.Shift(4), rates[0].MakerFeeRate.Shift(4)
	return m, transport.BadIf(m.Validate())
}

// parseTicker reads prices, of which that of an empty side is empty or 0.
func parseTicker(body []byte, pair exchange.Pair) (exchange.Ticker, error) {
	tickers, err := list[struct {
		Symbol                          string
		Bid1Price, Ask1Price, LastPrice *transport.Optional
	}](body)
	if err != nil {
		return exchange.Ticker{}, err
	}
	if len(tickers) != 1 || tickers[0].Symbol != symbol(pair) {
		return exchange.Ticker{}, transport.Bad("tickers", len(tickers), "must be that of "+symbol(pair)+" and no other")
	}
	w := tickers[0]
	if w.Bid1Price == nil || w.Ask1Price == nil || w.LastPrice == nil {
		return exchange.Ticker{}, transport.Bad("ticker", w.Symbol, "must have bid1Price, ask1Price and lastPrice")
	}
	t := exchange.Ticker{Pair: pair, Bid: w.Bid1Price.Decimal, Ask: w.Ask1Price.Decimal, Last: w.LastPrice.Decimal}
	return t, transport.BadIf(t.Validate())
}

func parseBook(body []byte, pair exchange.Pair, depth int) (exchange.Book, error) {
	type side [][]transport.Optional
	w, err := result[struct {
		S    string             // symbol
		B, A side               // bids, asks
		TS   transport.Optional // ms
	}](body)
	if err != nil {
		return exchange.Book{}, err
	}
	if w.S != symbol(pair) {
		return exchange.Book{}, transport.Bad("s", w.S, "must be "+symbol(pair))
	}
	if w.B == nil || w.A == nil || len(w.B) > depth || len(w.A) > depth {
		return exchange.Book{}, transport.Bad("b, a", []int{len(w.B), len(w.A)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	levels := func(from side) (to []exchange.Level) {
		for _, l := range from {
			level := exchange.Level{} // which the book finds invalid
			if len(l) == 2 {
				level = exchange.Level{Price: l[0].Decimal, Amount: l[1].Decimal}
			}
			to = append(to, level)
		}
		return to
	}
	book := exchange.Book{Pair: pair, Bids: levels(w.B), Asks: levels(w.A)}
	if book.At, err = moment("ts", w.TS); err != nil {
		return exchange.Book{}, err
	}
	return book, transport.BadIf(book.Validate())
}

// parseBalances reads wallet-balance of the unified account.
func parseBalances(body []byte) (map[string]exchange.Balance, error) {
	type coin struct {
		Coin                  string
		WalletBalance, Locked transport.Optional
	}
	accounts, err := list[struct {
		AccountType string
		Coin        []coin
	}](body)
	if err != nil {
		return nil, err
	}
	if len(accounts) != 1 || accounts[0].AccountType != "UNIFIED" || accounts[0].Coin == nil {
		return nil, transport.Bad("accounts", len(accounts), "must be one, UNIFIED, with its coins")
	}
	balances := map[string]exchange.Balance{}
	for _, c := range accounts[0].Coin {
		if _, twice := balances[c.Coin]; twice || c.Coin == "" {
			return nil, transport.Bad("coin", c.Coin, "must be named once")
		}
		total, held := c.WalletBalance, c.Locked
		if !total.Given || !held.Given || held.IsNegative() || held.GreaterThan(total.Decimal) {
			return nil, transport.Bad("balance of "+c.Coin, fmt.Sprint(total, " ", held), "locked must be 0 to walletBalance")
		}
		balances[c.Coin] = exchange.Balance{Free: total.Sub(held.Decimal), Held: held.Decimal}
	}
	return balances, nil
}

// wireOrder is an order as realtime and history show it.
type wireOrder struct {
	OrderID, OrderLinkID, Symbol      string
	Side, OrderStatus, RejectReason   string
	OrderType, TimeInForce            string
	Price, Qty, CumExecQty, LeavesQty transport.Optional
	CreatedTime                       transport.Optional // ms
}

var (
	sides    = map[string]exchange.Side{"Buy": exchange.Bid, "Sell": exchange.Ask}
	statuses = map[string]exchange.Status{
		"New": exchange.Open, "PartiallyFilled": exchange.Open, "Untriggered": exchange.Open, "Triggered": exchange.Open,
		"Filled":    exchange.Filled,
		"Cancelled": exchange.Cancelled, "PartiallyFilledCanceled": exchange.Cancelled, "Rejected": exchange.Cancelled, "Deactivated": exchange.Cancelled,
	}
)

// order checks every field before money relies on it.
func (w wireOrder) order(pair exchange.Pair) (exchange.Order, error) {
	if w.Symbol != symbol(pair) {
		return exchange.Order{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair))
	}
	o := exchange.Order{
		ClientID: w.OrderLinkID, Pair: pair, Price: w.Price.Decimal, Amount: w.Qty.Decimal, PostOnly: w.TimeInForce == "PostOnly",
		ID: w.OrderID, Filled: w.CumExecQty.Decimal,
	}
	var err error
	if o.PlacedAt, err = moment("createdTime", w.CreatedTime); err != nil {
		return exchange.Order{}, err
	}
	var known bool
	if o.Side, known = sides[w.Side]; !known {
		return exchange.Order{}, transport.Bad("side", w.Side, "must be Buy or Sell")
	}
	if o.Status, known = statuses[w.OrderStatus]; !known {
		return exchange.Order{}, transport.Bad("orderStatus", w.OrderStatus, "must be one that we know")
	}
	if w.OrderType != "Limit" {
		return exchange.Order{}, transport.Bad("orderType", w.OrderType, "must be Limit")
	}
	if o.ID == "" {
		return exchange.Order{}, transport.Bad("orderId", "nothing", "must be there")
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", o.ID, err))
	}
	if !w.CumExecQty.Given || o.Filled.IsNegative() || o.Filled.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("cumExecQty", w.CumExecQty, "must be 0 to qty "+o.Amount.String())
	}
	return o, nil
}

// refusal says why an order that Bybit had accepted never came on the book; nil
// if it did.
func (w wireOrder) refusal() error {
	if w.RejectReason == "EC_PostOnlyWillTakeLiquidity" {
		return fmt.Errorf("%w: bybit: %s", exchange.ErrWouldCross, w.RejectReason)
	}
	if w.OrderStatus == "Rejected" {
		return fmt.Errorf("%w: bybit: %.200q", exchange.ErrRejected, w.RejectReason)
	}
	return nil
}

// onBook returns the limit orders that rest on the book, oldest first. A
// conditional order that waits for its trigger is open and not on the book.
func onBook(all []wireOrder, pair exchange.Pair) ([]exchange.Order, error) {
	orders := make([]exchange.Order, 0, len(all))
	seen := map[string]bool{}
	for _, w := range all {
		if seen[w.OrderID] {
			return nil, transport.Bad("orderId", w.OrderID, "must be unique")
		}
		seen[w.OrderID] = true
		if w.Symbol == symbol(pair) && (w.OrderStatus == "Untriggered" || w.OrderType == "Market") {
			continue
		}
		o, err := w.order(pair)
		if err != nil {
			return nil, err
		}
		if o.Status != exchange.Open || !o.Remaining().IsPositive() {
			return nil, transport.Bad("orderStatus", w.OrderStatus, fmt.Sprintf("must be that of an open order, %v remains", o.Remaining()))
		}
		if !w.LeavesQty.Given || !w.LeavesQty.Equal(o.Remaining()) {
			return nil, transport.Bad("leavesQty", w.LeavesQty, "must be qty less cumExecQty "+o.Remaining().String())
		}
		orders = append(orders, o)
	}
	transport.OldestFirst(orders)
	return orders, nil
}

// wireFill is a trade as execution/list shows it.
type wireFill struct {
	Symbol, ExecID, OrderID, OrderLinkID, Side, FeeCurrency string
	ExecPrice, ExecQty, ExecFee                             transport.Optional
	ExecTime                                                transport.Optional // ms
	IsMaker                                                 *bool
}

func (w wireFill) fill(pair exchange.Pair) (exchange.Fill, error) {
	if w.Symbol != symbol(pair) {
		return exchange.Fill{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair))
	}
	at, err := moment("execTime", w.ExecTime)
	if err != nil {
		return exchange.Fill{}, err
	}
	side, known := sides[w.Side]
	if !known || w.ExecID == "" || w.OrderID == "" || w.IsMaker == nil || !w.ExecFee.Given {
		return exchange.Fill{}, transport.Bad("trade", w.ExecID, "must have execId, orderId, side, isMaker and execFee")
	}
	if !w.ExecPrice.IsPositive() || !w.ExecQty.IsPositive() {
		return exchange.Fill{}, transport.Bad("execPrice, execQty", fmt.Sprint(w.ExecPrice, " ", w.ExecQty), "must be > 0")
	}
	feeAsset := w.FeeCurrency
	if feeAsset == "" {
		if !w.ExecFee.IsZero() {
			return exchange.Fill{}, transport.Bad("feeCurrency", "nothing", "must name what execFee is in")
		}
		feeAsset = pair.Quote // no fee, in whichever
	}
	return exchange.Fill{
		ID: w.ExecID, OrderID: w.OrderID, ClientID: w.OrderLinkID, Pair: pair, Side: side,
		Price: w.ExecPrice.Decimal, Amount: w.ExecQty.Decimal, Fee: w.ExecFee.Decimal, FeeAsset: feeAsset, Maker: *w.IsMaker, At: at,
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
