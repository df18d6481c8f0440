package poloniex

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// wireOrder is an order as GET orders shows it.
type wireOrder struct {
	ID             string
	ClientOrderID  string `json:"clientOrderId"`
	Symbol         string
	State          string
	Side           string
	Type           string
	Quantity       transport.Number
	FilledQuantity transport.Number
	Price          transport.Number
	CreateTime     int64 // ms
}

var (
	sides    = map[string]exchange.Side{"BUY": exchange.Bid, "SELL": exchange.Ask}
	statuses = map[string]exchange.Status{
		"NEW": exchange.Open, "PENDING_NEW": exchange.Open, "PARTIALLY_FILLED": exchange.Open, "PENDING_CANCEL": exchange.Open,
		"FILLED":   exchange.Filled,
		"CANCELED": exchange.Cancelled, "PARTIALLY_CANCELED": exchange.Cancelled, "REJECTED": exchange.Cancelled, "EXPIRED": exchange.Cancelled, "FAILED": exchange.Cancelled,
	}
)

// order checks every field before money relies on it.
func (w wireOrder) order(pair exchange.Pair) (exchange.Order, error) {
	if w.Symbol != symbol(pair) {
		return exchange.Order{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair))
	}
	if w.ID == "" {
		return exchange.Order{}, transport.Bad("id", "nothing", "must be there")
	}
	o := exchange.Order{
		ClientID: w.ClientOrderID, Pair: pair, Price: w.Price.Decimal, Amount: w.Quantity.Decimal, PostOnly: w.Type == "LIMIT_MAKER",
		ID: w.ID, Filled: w.FilledQuantity.Decimal,
	}
	var err error
	if o.PlacedAt, err = millis("createTime", w.CreateTime); err != nil {
		return exchange.Order{}, err
	}
	var known bool
	if o.Side, known = sides[w.Side]; !known {
		return exchange.Order{}, transport.Bad("side", w.Side, "must be BUY or SELL")
	}
	if o.Status, known = statuses[w.State]; !known {
		return exchange.Order{}, transport.Bad("state", w.State, "must be one that we know")
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", w.ID, err))
	}
	if !w.FilledQuantity.Given || o.Filled.IsNegative() || o.Filled.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("filledQuantity", w.FilledQuantity, "must be 0 to quantity "+o.Amount.String())
	}
	return o, nil
}

func parseOrder(body []byte, pair exchange.Pair) (exchange.Order, error) {
	var w wireOrder
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Order{}, err
	}
	return w.order(pair)
}

// parsePlaced returns Poloniex's id of the order that was placed.
func parsePlaced(body []byte, clientID string) (id string, err error) {
	var w struct {
		ID            string
		ClientOrderID string `json:"clientOrderId"`
	}
	if err := transport.JSON(body, &w); err != nil {
		return "", err
	}
	if w.ID == "" || w.ClientOrderID != clientID {
		return "", transport.Bad("clientOrderId", w.ClientOrderID, "must be "+clientID+", with an id")
	}
	return w.ID, nil
}

// parseOpenOrders returns the limit orders, oldest first.
func parseOpenOrders(body []byte, pair exchange.Pair) ([]exchange.Order, error) {
	var all []wireOrder
	if err := transport.JSON(body, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, transport.Bad("orders", "null", "must be a list")
	}
	orders := []exchange.Order{}
	seen := map[string]bool{}
	for _, w := range all {
		if seen[w.ID] {
			return nil, transport.Bad("id", w.ID, "must be unique")
		}
		seen[w.ID] = true
		if w.Type == "MARKET" {
			continue
		}
		if w.Type != "LIMIT" && w.Type != "LIMIT_MAKER" {
			return nil, transport.Bad("type", w.Type, "must be one that we know")
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

// wireFill is a trade as GET trades shows it.
type wireFill struct {
	ID            string
	Symbol        string
	OrderID       string `json:"orderId"`
	ClientOrderID string `json:"clientOrderId"`
	Side          string
	MatchRole     string
	CreateTime    int64 // ms
	Price         transport.Number
	Quantity      transport.Number
	FeeCurrency   string
	FeeAmount     transport.Number
}

func (w wireFill) fill(pair exchange.Pair) (exchange.Fill, error) {
	if w.Symbol != symbol(pair) {
		return exchange.Fill{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair))
	}
	at, err := millis("createTime", w.CreateTime)
	if err != nil {
		return exchange.Fill{}, err
	}
	side, known := sides[w.Side]
	if !known || w.ID == "" || w.OrderID == "" || w.MatchRole != "MAKER" && w.MatchRole != "TAKER" {
		return exchange.Fill{}, transport.Bad("trade", w.ID, "must have orderId, side and matchRole")
	}
	if !w.Price.IsPositive() || !w.Quantity.IsPositive() {
		return exchange.Fill{}, transport.Bad("price, quantity", fmt.Sprint(w.Price, " ", w.Quantity), "must be > 0")
	}
	if !w.FeeAmount.Given || w.FeeCurrency == "" {
		return exchange.Fill{}, transport.Bad("feeAmount, feeCurrency", w.FeeCurrency, "must be there")
	}
	return exchange.Fill{
		ID: w.ID, OrderID: w.OrderID, ClientID: w.ClientOrderID, Pair: pair, Side: side, Price: w.Price.Decimal, Amount: w.Quantity.Decimal,
		Fee: w.FeeAmount.Decimal, FeeAsset: w.FeeCurrency, Maker: w.MatchRole == "MAKER", At: at,
	}, nil
}

// parseFills returns one page of trades, newest first.
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
		if i > 0 && w.CreateTime > all[i-1].CreateTime {
			return nil, transport.Bad("createTime", w.CreateTime, "must not be after the one before")
		}
		if seen[w.ID] {
			return nil, transport.Bad("id", w.ID, "must be unique")
		}
		seen[w.ID] = true
	}
	return fills, nil
}

// parseMarket reads a list of one symbol; the fees come from elsewhere.
func parseMarket(body []byte, pair exchange.Pair) (exchange.Market, error) {
	var all []struct {
		Symbol            string
		BaseCurrencyName  string
		QuoteCurrencyName string
		SymbolTradeLimit  struct {
			PriceScale, QuantityScale *int32
			MinQuantity, MinAmount    transport.Number
		}
	}
	if err := transport.JSON(body, &all); err != nil {
		return exchange.Market{}, err
	}
	if len(all) != 1 || all[0].Symbol != symbol(pair) || all[0].BaseCurrencyName != pair.Base || all[0].QuoteCurrencyName != pair.Quote {
		return exchange.Market{}, transport.Bad("markets", len(all), "must be "+symbol(pair)+" and no other")
	}
	limit := all[0].SymbolTradeLimit
	m := exchange.Market{Pair: pair, MinAmount: limit.MinQuantity.Decimal, MinNotional: limit.MinAmount.Decimal}
	for _, step := range []struct {
		field    string
		decimals *int32
		to       *decimal.Decimal
	}{{"priceScale", limit.PriceScale, &m.Tick}, {"quantityScale", limit.QuantityScale, &m.Lot}} {
		if step.decimals == nil || *step.decimals < 0 || *step.decimals > 36 {
			return exchange.Market{}, transport.Bad(step.field, step.decimals, "must be 0 to 36")
		}
		*step.to = decimal.New(1, -*step.decimals)
	}
	return m, transport.BadIf(m.Validate())
}

// parseFees adds the account's rates, fractions of what is received. A discount
// for fees paid in TRX is left out, so that a fee is never higher than what we
// reckon with.
func parseFees(body []byte, m exchange.Market) (exchange.Market, error) {
	var w struct{ MakerRate, TakerRate transport.Number }
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Market{}, err
	}
	if !w.MakerRate.Given || !w.TakerRate.Given {
		return exchange.Market{}, transport.Bad("feeinfo", "nothing", "must have makerRate and takerRate")
	}
	m.MakerFeeBps, m.TakerFeeBps = w.MakerRate.Shift(4), w.TakerRate.Shift(4)
	return m, transport.BadIf(m.Validate())
}

// parseTicker reads the statistics of 24 hours; a price of 0 is that of an empty
// side.
func parseTicker(body []byte, pair exchange.Pair) (exchange.Ticker, error) {
	var w struct {
		Symbol          string
		Bid, Ask, Close transport.Number
		TS              int64 // ms
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Ticker{}, err
	}
	if w.Symbol != symbol(pair) || !w.Bid.Given || !w.Ask.Given || !w.Close.Given {
		return exchange.Ticker{}, transport.Bad("symbol", w.Symbol, "must be "+symbol(pair)+", with bid, ask and close")
	}
	at, err := millis("ts", w.TS)
	if err != nil {
		return exchange.Ticker{}, err
	}
	t := exchange.Ticker{Pair: pair, Bid: w.Bid.Decimal, Ask: w.Ask.Decimal, Last: w.Close.Decimal, At: at}
	return t, transport.BadIf(t.Validate())
}

func parseBook(body []byte, pair exchange.Pair, depth int) (exchange.Book, error) {
	var w struct {
		TS         int64              // ms
		Bids, Asks []transport.Number // price, amount, price, amount ...
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Book{}, err
	}
	at, err := millis("ts", w.TS)
	if err != nil {
		return exchange.Book{}, err
	}
	if w.Bids == nil || w.Asks == nil || len(w.Bids) > 2*depth || len(w.Asks) > 2*depth {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(w.Bids), len(w.Asks)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	if len(w.Bids)%2 != 0 || len(w.Asks)%2 != 0 {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(w.Bids), len(w.Asks)}, "must be prices and amounts")
	}
	book := exchange.Book{Pair: pair, At: at, Bids: levels(w.Bids), Asks: levels(w.Asks)}
	return book, transport.BadIf(book.Validate())
}

func levels(numbers []transport.Number) (to []exchange.Level) {
	for l := range slices.Chunk(numbers, 2) {
		to = append(to, exchange.Level{Price: l[0].Decimal, Amount: l[1].Decimal})
	}
	return to
}

func parseBalances(body []byte) (map[string]exchange.Balance, error) {
	var accounts []struct {
		AccountType string
		Balances    []struct {
			Currency        string
			Available, Hold transport.Number
		}
	}
	if err := transport.JSON(body, &accounts); err != nil {
		return nil, err
	}
	if len(accounts) != 1 || accounts[0].AccountType != "SPOT" || accounts[0].Balances == nil {
		return nil, transport.Bad("accounts", len(accounts), "must be SPOT and no other, with its balances")
	}
	balances := map[string]exchange.Balance{}
	for _, b := range accounts[0].Balances {
		if _, twice := balances[b.Currency]; twice || b.Currency == "" {
			return nil, transport.Bad("currency", b.Currency, "must be named once")
		}
		if !b.Available.Given || !b.Hold.Given || b.Available.IsNegative() || b.Hold.IsNegative() {
			return nil, transport.Bad("balance of "+b.Currency, fmt.Sprint(b.Available, " ", b.Hold), "available and hold must be >= 0")
		}
		balances[b.Currency] = exchange.Balance{Free: b.Available.Decimal, Held: b.Hold.Decimal}
	}
	return balances, nil
}

// millis reads a time in milliseconds.
func millis(field string, n int64) (time.Time, error) {
	const least, most = 1e11, 1e14 // in 1973, which seconds are below, and in 5138
	if n < least || n > most {
		return time.Time{}, transport.Bad(field, n, "must be in milliseconds")
	}
	return time.UnixMilli(n).UTC(), nil
}
