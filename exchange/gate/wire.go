package gate

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// named is what the text of an order begins with if its owner named it; the
// others say where they were placed, such as "web".
const named = "t-"

// wireOrder is an order as GET and POST orders show it.
type wireOrder struct {
	ID           string
	Text         string
	CreateTimeMs transport.Number `json:"create_time_ms"`
	UpdateTimeMs transport.Number `json:"update_time_ms"`
	CurrencyPair string           `json:"currency_pair"`
	Status       string
	Type         string
	Side         string
	Amount       transport.Number
	Price        transport.Number
	Left         transport.Number
	TimeInForce  string `json:"time_in_force"`
	FinishAs     string `json:"finish_as"`
}

var (
	sides    = map[string]exchange.Side{"buy": exchange.Bid, "sell": exchange.Ask}
	statuses = map[string]exchange.Status{"open": exchange.Open, "closed": exchange.Filled, "cancelled": exchange.Cancelled}
)

// order checks every field before money relies on it.
func (w wireOrder) order(pair exchange.Pair) (exchange.Order, error) {
	if w.CurrencyPair != symbol(pair) {
		return exchange.Order{}, transport.Bad("currency_pair", w.CurrencyPair, "must be "+symbol(pair))
	}
	if w.ID == "" {
		return exchange.Order{}, transport.Bad("id", "nothing", "must be there")
	}
	o := exchange.Order{
		Pair: pair, Price: w.Price.Decimal, Amount: w.Amount.Decimal, PostOnly: w.TimeInForce == "poc",
		ID: w.ID, Filled: w.Amount.Sub(w.Left.Decimal),
	}
	if id, found := strings.CutPrefix(w.Text, named); found {
		o.ClientID = id
	}
	var err error
	if o.PlacedAt, err = millis("create_time_ms", w.CreateTimeMs); err != nil {
		return exchange.Order{}, err
	}
	var known bool
	if o.Side, known = sides[w.Side]; !known {
		return exchange.Order{}, transport.Bad("side", w.Side, "must be buy or sell")
	}
	if o.Status, known = statuses[w.Status]; !known {
		return exchange.Order{}, transport.Bad("status", w.Status, "must be one that we know")
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", w.ID, err))
	}
	if !w.Left.Given || w.Left.IsNegative() || w.Left.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("left", w.Left, "must be 0 to amount "+o.Amount.String())
	}
	return o, nil
}

func parseOrder(body []byte, pair exchange.Pair) (wireOrder, exchange.Order, error) {
	var w wireOrder
	if err := transport.JSON(body, &w); err != nil {
		return w, exchange.Order{}, err
	}
	o, err := w.order(pair)
	return w, o, err
}

// limitOrders returns those of one page that are limit orders, in Gate's order,
// and how long the page was.
func limitOrders(body []byte) (orders []wireOrder, length int, err error) {
	var all []wireOrder
	if err := transport.JSON(body, &all); err != nil {
		return nil, 0, err
	}
	if all == nil {
		return nil, 0, transport.Bad("orders", "null", "must be a list")
	}
	seen := map[string]bool{}
	for _, w := range all {
		if seen[w.ID] {
			return nil, 0, transport.Bad("id", w.ID, "must be unique")
		}
		seen[w.ID] = true
		if w.Type == "" {
			return nil, 0, transport.Bad("type", "nothing", "must be there")
		}
		if w.Type == "limit" {
			orders = append(orders, w)
		}
	}
	return orders, len(all), nil
}

func parseOpenOrders(body []byte, pair exchange.Pair) (orders []exchange.Order, length int, err error) {
	all, length, err := limitOrders(body)
	orders = []exchange.Order{}
	for _, w := range all {
		o, err := w.order(pair)
		if err != nil {
			return nil, 0, err
		}
		if o.Status != exchange.Open || !o.Remaining().IsPositive() {
			return nil, 0, transport.Bad("status", w.Status, fmt.Sprintf("must be that of an open order, %v remains", o.Remaining()))
		}
		orders = append(orders, o)
	}
	return orders, length, err
}

func parseFinished(body []byte, pair exchange.Pair) (orders []ended, length int, err error) {
	all, length, err := limitOrders(body)
	for _, w := range all {
		o, err := w.order(pair)
		if err != nil {
			return nil, 0, err
		}
		at, err := millis("update_time_ms", w.UpdateTimeMs)
		if err != nil {
			return nil, 0, err
		}
		if o.Status == exchange.Open {
			return nil, 0, transport.Bad("status", w.Status, "must be that of a finished order")
		}
		orders = append(orders, ended{order: o, at: at})
	}
	return orders, length, err
}

// wireFill is a trade as GET my_trades shows it.
type wireFill struct {
	ID           string
	OrderID      string `json:"order_id"`
	CurrencyPair string `json:"currency_pair"`
	Text         string
	CreateTimeMs transport.Number `json:"create_time_ms"`
	Side         string
	Role         string
	Amount       transport.Number
	Price        transport.Number
	Fee          transport.Number
	FeeCurrency  string           `json:"fee_currency"`
	GTFee        transport.Number `json:"gt_fee"`    // in Gate's own coin, instead of Fee
	PointFee     transport.Number `json:"point_fee"` // in its vouchers, instead of Fee
}

func (w wireFill) fill(pair exchange.Pair) (exchange.Fill, error) {
	if w.CurrencyPair != symbol(pair) {
		return exchange.Fill{}, transport.Bad("currency_pair", w.CurrencyPair, "must be "+symbol(pair))
	}
	at, err := millis("create_time_ms", w.CreateTimeMs)
	if err != nil {
		return exchange.Fill{}, err
	}
	side, known := sides[w.Side]
	if !known || w.ID == "" || w.OrderID == "" || w.Role != "maker" && w.Role != "taker" || !w.Fee.Given {
		return exchange.Fill{}, transport.Bad("trade", w.ID, "must have order_id, side, role and fee")
	}
	if !w.Price.IsPositive() || !w.Amount.IsPositive() {
		return exchange.Fill{}, transport.Bad("price, amount", fmt.Sprint(w.Price, " ", w.Amount), "must be > 0")
	}
	f := exchange.Fill{
		ID: w.ID, OrderID: w.OrderID, Pair: pair, Side: side, Price: w.Price.Decimal, Amount: w.Amount.Decimal,
		Fee: w.Fee.Decimal, FeeAsset: w.FeeCurrency, Maker: w.Role == "maker", At: at,
	}
	if id, found := strings.CutPrefix(w.Text, named); found {
		f.ClientID = id
	}
	switch {
	case !w.Fee.IsZero():
	case w.GTFee.IsPositive():
		f.Fee, f.FeeAsset = w.GTFee.Decimal, "GT"
	case w.PointFee.IsPositive():
		f.Fee, f.FeeAsset = w.PointFee.Decimal, "POINT"
	}
	if f.FeeAsset == "" {
		return exchange.Fill{}, transport.Bad("fee_currency", "nothing", "must be there")
	}
	return f, nil
}

// parseFills returns one page of trades, in Gate's order.
func parseFills(body []byte, pair exchange.Pair) ([]exchange.Fill, error) {
	var all []wireFill
	if err := transport.JSON(body, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, transport.Bad("trades", "null", "must be a list")
	}
	fills := make([]exchange.Fill, len(all))
	seen := map[string]bool{}
	for i, w := range all {
		var err error
		if fills[i], err = w.fill(pair); err != nil {
			return nil, err
		}
		if seen[w.ID] {
			return nil, transport.Bad("id", w.ID, "must be unique")
		}
		seen[w.ID] = true
	}
	return fills, nil
}

// parseMarket reads a currency pair; the fees come from elsewhere.
func parseMarket(body []byte, pair exchange.Pair) (exchange.Market, error) {
	var w struct {
		ID, Base, Quote string
		MinBaseAmount   *transport.Number `json:"min_base_amount"` // null is none
		MinQuoteAmount  *transport.Number `json:"min_quote_amount"`
		AmountPrecision *int32            `json:"amount_precision"`
		Precision       *int32
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Market{}, err
	}
	if w.ID != symbol(pair) || w.Base != pair.Base || w.Quote != pair.Quote {
		return exchange.Market{}, transport.Bad("id", w.ID, "must be "+symbol(pair))
	}
	m := exchange.Market{Pair: pair}
	for _, step := range []struct {
		field    string
		decimals *int32
		to       *decimal.Decimal
	}{{"precision", w.Precision, &m.Tick}, {"amount_precision", w.AmountPrecision, &m.Lot}} {
		if step.decimals == nil || *step.decimals < 0 || *step.decimals > 36 {
			return exchange.Market{}, transport.Bad(step.field, step.decimals, "must be 0 to 36")
		}
		*step.to = decimal.New(1, -*step.decimals)
	}
	if w.MinBaseAmount != nil {
		m.MinAmount = w.MinBaseAmount.Decimal
	}
	if w.MinQuoteAmount != nil {
		m.MinNotional = w.MinQuoteAmount.Decimal
	}
	return m, transport.BadIf(m.Validate())
}

// parseFees adds the account's rates, fractions of what is received. A discount
// for fees paid in GT is left out, so that a fee is never higher than what we
// reckon with.
func parseFees(body []byte, m exchange.Market) (exchange.Market, error) {
	var w struct {
		Maker transport.Number `json:"maker_fee"`
		Taker transport.Number `json:"taker_fee"`
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Market{}, err
	}
	if !w.Maker.Given || !w.Taker.Given {
		return exchange.Market{}, transport.Bad("fee", "nothing", "must have maker_fee and taker_fee")
	}
	m.MakerFeeBps, m.TakerFeeBps = w.Maker.Shift(4), w.Taker.Shift(4)
	return m, transport.BadIf(m.Validate())
}

func parseTicker(body []byte, pair exchange.Pair) (exchange.Ticker, error) {
	var all []struct {
		CurrencyPair string `json:"currency_pair"`
		Last         *transport.Optional
		LowestAsk    *transport.Optional `json:"lowest_ask"`
		HighestBid   *transport.Optional `json:"highest_bid"`
	}
	if err := transport.JSON(body, &all); err != nil {
		return exchange.Ticker{}, err
	}
	if len(all) != 1 || all[0].CurrencyPair != symbol(pair) {
		return exchange.Ticker{}, transport.Bad("tickers", len(all), "must be that of "+symbol(pair))
	}
	w := all[0]
	if w.Last == nil || w.LowestAsk == nil || w.HighestBid == nil {
		return exchange.Ticker{}, transport.Bad("ticker", symbol(pair), "must have last, lowest_ask and highest_bid")
	}
	t := exchange.Ticker{Pair: pair, Bid: w.HighestBid.Decimal, Ask: w.LowestAsk.Decimal, Last: w.Last.Decimal}
	return t, transport.BadIf(t.Validate())
}

func parseBook(body []byte, pair exchange.Pair, depth int) (exchange.Book, error) {
	var w struct {
		Current    transport.Number // ms
		Bids, Asks [][]transport.Number
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Book{}, err
	}
	at, err := millis("current", w.Current)
	if err != nil {
		return exchange.Book{}, err
	}
	if w.Bids == nil || w.Asks == nil || len(w.Bids) > depth || len(w.Asks) > depth {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(w.Bids), len(w.Asks)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	book := exchange.Book{Pair: pair, At: at, Bids: levels(w.Bids), Asks: levels(w.Asks)}
	return book, transport.BadIf(book.Validate())
}

func levels(from [][]transport.Number) (to []exchange.Level) {
	for _, l := range from {
		level := exchange.Level{} // which the book finds invalid
		if len(l) == 2 {
			level = exchange.Level{Price: l[0].Decimal, Amount: l[1].Decimal}
		}
		to = append(to, level)
	}
	return to
}

func parseBalances(body []byte) (map[string]exchange.Balance, error) {
	var all []struct {
		Currency          string
		Available, Locked transport.Number
	}
	if err := transport.JSON(body, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, transport.Bad("accounts", "null", "must be a list")
	}
	balances := map[string]exchange.Balance{}
	for _, b := range all {
		if _, twice := balances[b.Currency]; twice || b.Currency == "" {
			return nil, transport.Bad("currency", b.Currency, "must be named once")
		}
		if !b.Available.Given || !b.Locked.Given || b.Available.IsNegative() || b.Locked.IsNegative() {
			return nil, transport.Bad("balance of "+b.Currency, fmt.Sprint(b.Available, " ", b.Locked), "available and locked must be >= 0")
		}
		balances[b.Currency] = exchange.Balance{Free: b.Available.Decimal, Held: b.Locked.Decimal}
	}
	return balances, nil
}

// millis reads a time such as 1548000000123.456, to the microsecond.
func millis(field string, n transport.Number) (time.Time, error) {
	if !n.GreaterThan(minMillis) || n.GreaterThan(maxMillis) {
		return time.Time{}, transport.Bad(field, n, "must be in milliseconds")
	}
	return time.UnixMicro(n.Shift(3).IntPart()).UTC(), nil
}

// minMillis is in 1973, which seconds are below until the year 5138; maxMillis
// is in that year.
var minMillis, maxMillis = decimal.New(1, 11), decimal.New(1, 14)
