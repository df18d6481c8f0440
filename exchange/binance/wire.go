package binance

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// wireOrder is an order as GET order, GET openOrders and POST order show it.
type wireOrder struct {
	Symbol        string
	OrderID       int64  `json:"orderId"`
	ClientOrderID string `json:"clientOrderId"`
	Price         transport.Number
	OrigQty       transport.Number
	ExecutedQty   transport.Number
	Status        string
	Type          string
	Side          string
	Time          int64 // ms
	TransactTime  int64 // ms: the name of Time in the answer to POST
	IsWorking     *bool // on the book; not in the answer to POST
}

// order checks every field before money relies on it.
func (w wireOrder) order(pair exchange.Pair) (exchange.Order, error) {
	if w.Symbol != symbol(pair) {
		return exchange.Order{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair))
	}
	if w.OrderID <= 0 {
		return exchange.Order{}, transport.Bad("orderId", w.OrderID, "must be > 0")
	}
	at := max(w.Time, w.TransactTime)
	if at <= 0 {
		return exchange.Order{}, transport.Bad("time", at, "must be > 0")
	}
	o := exchange.Order{
		ClientID: w.ClientOrderID, Pair: pair, Price: w.Price.Decimal, Amount: w.OrigQty.Decimal, PostOnly: w.Type == "LIMIT_MAKER",
		ID: strconv.FormatInt(w.OrderID, 10), Filled: w.ExecutedQty.Decimal, PlacedAt: time.UnixMilli(at).UTC(),
	}
	var known bool
	if o.Side, known = sides[w.Side]; !known {
		return exchange.Order{}, transport.Bad("side", w.Side, "must be BUY or SELL")
	}
	if o.Status, known = statuses[w.Status]; !known {
		return exchange.Order{}, transport.Bad("status", w.Status, "must be one that we know")
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", o.ID, err))
	}
	if !w.ExecutedQty.Given || o.Filled.IsNegative() || o.Filled.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("executedQty", w.ExecutedQty, "must be 0 to origQty "+o.Amount.String())
	}
	return o, nil
}

var (
	sides    = map[string]exchange.Side{"BUY": exchange.Bid, "SELL": exchange.Ask}
	statuses = map[string]exchange.Status{
		"NEW": exchange.Open, "PENDING_NEW": exchange.Open, "PARTIALLY_FILLED": exchange.Open, "PENDING_CANCEL": exchange.Open,
		"FILLED":   exchange.Filled,
		"CANCELED": exchange.Cancelled, "REJECTED": exchange.Cancelled, "EXPIRED": exchange.Cancelled, "EXPIRED_IN_MATCH": exchange.Cancelled,
	}
)

func parseOrder(body []byte, pair exchange.Pair) (exchange.Order, error) {
	var w wireOrder
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Order{}, err
	}
	return w.order(pair)
}

// parseOpenOrders returns the orders that rest on the book, oldest first. A
// stop order that waits for its trigger is open and not on the book.
func parseOpenOrders(body []byte, pair exchange.Pair) ([]exchange.Order, error) {
	var all []wireOrder
	if err := transport.JSON(body, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, transport.Bad("orders", "null", "must be a list")
	}
	slices.SortFunc(all, func(a, b wireOrder) int { return cmp.Compare(a.OrderID, b.OrderID) })
	orders := make([]exchange.Order, 0, len(all))
	for i, w := range all {
		if i > 0 && w.OrderID == all[i-1].OrderID {
			return nil, transport.Bad("orderId", w.OrderID, "must be unique")
		}
		if w.IsWorking == nil {
			return nil, transport.Bad("isWorking", "nothing", "must be there")
		}
		if !*w.IsWorking {
			continue
		}
		o, err := w.order(pair)
		if err != nil {
			return nil, err
		}
		if o.Status != exchange.Open || !o.Remaining().IsPositive() {
			return nil, transport.Bad("status", w.Status, fmt.Sprintf("must be that of an open order, %v remains", o.Remaining()))
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// wireFill is a trade as GET myTrades shows it.
type wireFill struct {
	Symbol          string
	ID              int64
	OrderID         int64 `json:"orderId"`
	Price           transport.Number
	Qty             transport.Number
	Commission      transport.Number
	CommissionAsset string
	Time            int64 // ms
	IsBuyer         *bool
	IsMaker         *bool
}

func (w wireFill) fill(pair exchange.Pair) (exchange.Fill, error) {
	if w.Symbol != symbol(pair) {
		return exchange.Fill{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair))
	}
	if w.ID < 0 || w.OrderID <= 0 || w.Time <= 0 {
		return exchange.Fill{}, transport.Bad("id, orderId, time", []int64{w.ID, w.OrderID, w.Time}, "must be > 0")
	}
	if w.IsBuyer == nil || w.IsMaker == nil || !w.Commission.Given || w.CommissionAsset == "" {
		return exchange.Fill{}, transport.Bad("trade", w.ID, "must have isBuyer, isMaker, commission and commissionAsset")
	}
	if !w.Price.IsPositive() || !w.Qty.IsPositive() {
		return exchange.Fill{}, transport.Bad("price, qty", fmt.Sprint(w.Price, " ", w.Qty), "must be > 0")
	}
	f := exchange.Fill{
		ID: strconv.FormatInt(w.ID, 10), OrderID: strconv.FormatInt(w.OrderID, 10), Pair: pair, Side: exchange.Ask,
		Price: w.Price.Decimal, Amount: w.Qty.Decimal, Fee: w.Commission.Decimal, FeeAsset: w.CommissionAsset,
		Maker: *w.IsMaker, At: time.UnixMilli(w.Time).UTC(),
	}
	if *w.IsBuyer {
		f.Side = exchange.Bid
	}
	return f, nil
}

// parseFills returns one page of trades, oldest first.
func parseFills(body []byte, pair exchange.Pair) ([]exchange.Fill, error) {
	var all []wireFill
	if err := transport.JSON(body, &all); err != nil {
		return nil, err
	}
	fills := make([]exchange.Fill, len(all))
	for i, w := range all {
		if i > 0 && w.ID <= all[i-1].ID {
			return nil, transport.Bad("id", w.ID, "must be after the one before")
		}
		var err error
		if fills[i], err = w.fill(pair); err != nil {
			return nil, err
		}
	}
	return fills, nil
}

// parseMarket reads exchangeInfo of one symbol; the fees come from elsewhere.
func parseMarket(body []byte, pair exchange.Pair) (exchange.Market, error) {
	var info struct {
		Symbols []struct {
			Symbol, BaseAsset, QuoteAsset string
			Filters                       []struct {
				FilterType                              string
				TickSize, StepSize, MinQty, MinNotional transport.Number
			}
		}
	}
	if err := transport.JSON(body, &info); err != nil {
		return exchange.Market{}, err
	}
	if len(info.Symbols) != 1 || info.Symbols[0].Symbol != symbol(pair) {
		return exchange.Market{}, transport.Bad("symbols", len(info.Symbols), "must be "+symbol(pair)+" and no other")
	}
	found := info.Symbols[0]
	if found.BaseAsset != pair.Base || found.QuoteAsset != pair.Quote {
		// The symbol alone does not tell A/BC from AB/C.
		return exchange.Market{}, transport.Bad("symbols", found.BaseAsset+"/"+found.QuoteAsset, "must be "+pair.String())
	}
	m := exchange.Market{Pair: pair}
	for _, f := range found.Filters {
		switch f.FilterType {
		case "PRICE_FILTER":
			m.Tick = f.TickSize.Decimal
		case "LOT_SIZE":
			m.Lot, m.MinAmount = f.StepSize.Decimal, f.MinQty.Decimal
		case "NOTIONAL", "MIN_NOTIONAL":
			m.MinNotional = decimal.Max(m.MinNotional, f.MinNotional.Decimal)
		}
	}
	return m, transport.BadIf(m.Validate())
}

// rates are fractions of what is received, by role; buyer and seller come on top.
type rates struct{ Maker, Taker, Buyer, Seller transport.Number }

// parseFees reads account/commission: standard, tax and special rates add up.
// Of the buyer's and the seller's rate it takes the dearer, and no discount for
// fees paid in BNB, so that a fee is never higher than what we reckon with.
func parseFees(body []byte, pair exchange.Pair) (makerBps, takerBps decimal.Decimal, err error) {
	var w struct {
		Symbol                                               string
		StandardCommission, TaxCommission, SpecialCommission rates
	}
	if err := transport.JSON(body, &w); err != nil {
		return makerBps, takerBps, err
	}
	if w.Symbol != symbol(pair) || !w.StandardCommission.Maker.Given || !w.StandardCommission.Taker.Given {
		return makerBps, takerBps, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair)+", with its standardCommission")
	}
	for _, r := range []rates{w.StandardCommission, w.TaxCommission, w.SpecialCommission} {
		side := decimal.Max(r.Buyer.Decimal, r.Seller.Decimal)
		makerBps = makerBps.Add(r.Maker.Add(side).Shift(4))
		takerBps = takerBps.Add(r.Taker.Add(side).Shift(4))
	}
	return makerBps, takerBps, nil
}

// parseTicker reads the statistics of 24 hours; a price of 0 is that of an empty
// side.
func parseTicker(body []byte, pair exchange.Pair) (exchange.Ticker, error) {
	var w struct {
		Symbol                        string
		BidPrice, AskPrice, LastPrice transport.Number
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Ticker{}, err
	}
	if w.Symbol != symbol(pair) || !w.BidPrice.Given || !w.AskPrice.Given || !w.LastPrice.Given {
		return exchange.Ticker{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair)+", with bidPrice, askPrice and lastPrice")
	}
	t := exchange.Ticker{Pair: pair, Bid: w.BidPrice.Decimal, Ask: w.AskPrice.Decimal, Last: w.LastPrice.Decimal}
	return t, transport.BadIf(t.Validate())
}

func parseBook(body []byte, pair exchange.Pair, depth int) (exchange.Book, error) {
	var w struct{ Bids, Asks [][]transport.Number }
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Book{}, err
	}
	if w.Bids == nil || w.Asks == nil || len(w.Bids) > depth || len(w.Asks) > depth {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(w.Bids), len(w.Asks)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	book := exchange.Book{Pair: pair}
	for _, side := range []struct {
		from [][]transport.Number
		to   *[]exchange.Level
	}{{w.Bids, &book.Bids}, {w.Asks, &book.Asks}} {
		for _, l := range side.from {
			if len(l) != 2 {
				return exchange.Book{}, transport.Bad("level", l, "must be a price and an amount")
			}
			*side.to = append(*side.to, exchange.Level{Price: l[0].Decimal, Amount: l[1].Decimal})
		}
	}
	return book, transport.BadIf(book.Validate())
}

func parseBalances(body []byte) (map[string]exchange.Balance, error) {
	var w struct {
		Balances []struct {
			Asset        string
			Free, Locked transport.Number
		}
	}
	if err := transport.JSON(body, &w); err != nil {
		return nil, err
	}
	if w.Balances == nil {
		return nil, transport.Bad("balances", "nothing", "must be there")
	}
	balances := map[string]exchange.Balance{}
	for _, b := range w.Balances {
		if _, twice := balances[b.Asset]; twice || b.Asset == "" {
			return nil, transport.Bad("asset", b.Asset, "must be named once")
		}
		if !b.Free.Given || !b.Locked.Given || b.Free.IsNegative() || b.Locked.IsNegative() {
			return nil, transport.Bad("balance of "+b.Asset, fmt.Sprint(b.Free, " ", b.Locked), "free and locked must be >= 0")
		}
		balances[b.Asset] = exchange.Balance{Free: b.Free.Decimal, Held: b.Locked.Decimal}
	}
	return balances, nil
}
