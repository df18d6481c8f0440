package coinbase

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

func parseMarket(body []byte, pair exchange.Pair) (exchange.Market, error) {
	var w struct {
		ProductID      string           `json:"product_id"`
		Base           string           `json:"base_currency_id"`
		Quote          string           `json:"quote_currency_id"`
		PriceIncrement transport.Number `json:"price_increment"`
		BaseIncrement  transport.Number `json:"base_increment"`
		BaseMinSize    transport.Number `json:"base_min_size"`
		QuoteMinSize   transport.Number `json:"quote_min_size"`
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Market{}, err
	}
	if w.ProductID != product(pair) || w.Base != pair.Base || w.Quote != pair.Quote {
		// The id alone does not tell A-B/C from A/B-C.
		return exchange.Market{}, transport.Bad("product_id", w.ProductID+" of "+w.Base+"/"+w.Quote, "must be "+product(pair))
	}
	m := exchange.Market{
		Pair: pair, Tick: w.PriceIncrement.Decimal, Lot: w.BaseIncrement.Decimal, MinAmount: w.BaseMinSize.Decimal, MinNotional: w.QuoteMinSize.Decimal,
	}
	return m, transport.BadIf(m.Validate())
}

// parseFees reads the tier of the account. Some pairs, of stablecoins above all,
// cost less; Coinbase does not say which.
func parseFees(body []byte, m exchange.Market) (exchange.Market, error) {
	var w struct {
		FeeTier struct {
			Maker transport.Number `json:"maker_fee_rate"`
			Taker transport.Number `json:"taker_fee_rate"`
		} `json:"fee_tier"`
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Market{}, err
	}
	maker, taker := w.FeeTier.Maker, w.FeeTier.Taker
	if !maker.Given || !taker.Given {
		return exchange.Market{}, transport.Bad("fee_tier", fmt.Sprint(maker, " ", taker), "must have maker_fee_rate and taker_fee_rate")
	}
	m.MakerFeeBps, m.TakerFeeBps = maker.Shift(4), taker.Shift(4)
	return m, transport.BadIf(m.Validate())
}

func parseTicker(body []byte, pair exchange.Pair) (exchange.Ticker, error) {
	var w struct {
		Trades []struct {
			ProductID string `json:"product_id"`
			Price     transport.Number
		}
		BestBid *transport.Optional `json:"best_bid"`
		BestAsk *transport.Optional `json:"best_ask"`
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Ticker{}, err
	}
	if w.Trades == nil || w.BestBid == nil || w.BestAsk == nil {
		return exchange.Ticker{}, transport.Bad("ticker", product(pair), "must have trades, best_bid and best_ask")
	}
	t := exchange.Ticker{Pair: pair, Bid: w.BestBid.Decimal, Ask: w.BestAsk.Decimal}
	if len(w.Trades) > 0 {
		newest := w.Trades[0]
		if newest.ProductID != product(pair) || !newest.Price.IsPositive() {
			return exchange.Ticker{}, transport.Bad("trade", newest.ProductID+" "+newest.Price.String(), "must be of "+product(pair)+", at a price > 0")
		}
		t.Last = newest.Price.Decimal
	}
	return t, transport.BadIf(t.Validate())
}

func parseBook(body []byte, pair exchange.Pair, depth int) (exchange.Book, error) {
	type level struct{ Price, Size transport.Number }
	var w struct {
		PriceBook struct {
			ProductID  string `json:"product_id"`
			Bids, Asks []level
			Time       time.Time
		}
	}
	if err := transport.JSON(body, &w); err != nil {
		return exchange.Book{}, err
	}
	b := w.PriceBook
	if b.ProductID != product(pair) || b.Time.IsZero() {
		return exchange.Book{}, transport.Bad("product_id", b.ProductID, "must be "+product(pair)+", with its time")
	}
	if b.Bids == nil || b.Asks == nil || len(b.Bids) > depth || len(b.Asks) > depth {
		return exchange.Book{}, transport.Bad("bids, asks", []int{len(b.Bids), len(b.Asks)}, fmt.Sprintf("must be there, with at most %d levels", depth))
	}
	levels := func(from []level) (to []exchange.Level) {
		for _, l := range from {
			to = append(to, exchange.Level{Price: l.Price.Decimal, Amount: l.Size.Decimal})
		}
		return to
	}
	book := exchange.Book{Pair: pair, At: b.Time.UTC(), Bids: levels(b.Bids), Asks: levels(b.Asks)}
	return book, transport.BadIf(book.Validate())
}

// listed is what ends a page.
type listed struct {
	HasNext *bool `json:"has_next"`
	Cursor  string
}

// next returns the cursor of the next page, "" if there is none.
func (l listed) next() (string, error) {
	switch {
	case l.HasNext == nil || *l.HasNext && l.Cursor == "":
		return "", transport.Bad("has_next", l.HasNext, "must be there, with a cursor if there is more")
	case *l.HasNext:
		return l.Cursor, nil
	default:
		return "", nil
	}
}

// amount is a number with its currency.
type amount struct {
	Value    transport.Number
	Currency string
}

// wireAccount is what an account has of one asset.
type wireAccount struct {
	UUID, Currency, Type string
	Available            amount `json:"available_balance"`
	Hold                 amount
}

func parseAccounts(body []byte) ([]wireAccount, string, error) {
	var w struct {
		Accounts []wireAccount
		listed
	}
	if err := transport.JSON(body, &w); err != nil {
		return nil, "", err
	}
	if w.Accounts == nil {
		return nil, "", transport.Bad("accounts", "nothing", "must be there")
	}
	cursor, err := w.next()
	return w.Accounts, cursor, err
}

// balances adds up what can be traded with: not what lies in vaults.
func balances(accounts []wireAccount) (map[string]exchange.Balance, error) {
	all := map[string]exchange.Balance{}
	seen := map[string]bool{}
	for _, a := range accounts {
		if a.UUID == "" || seen[a.UUID] {
			return nil, transport.Bad("uuid", a.UUID, "must be there, and unique")
		}
		seen[a.UUID] = true
		if a.Type == "ACCOUNT_TYPE_VAULT" {
			continue
		}
		free, held := a.Available, a.Hold
		if a.Currency == "" || free.Currency != a.Currency || held.Currency != a.Currency {
			return nil, transport.Bad("currency", fmt.Sprint(a.Currency, " ", free.Currency, " ", held.Currency), "must be one")
		}
		if !free.Value.Given || !held.Value.Given || free.Value.IsNegative() || held.Value.IsNegative() {
			return nil, transport.Bad("balance of "+a.Currency, fmt.Sprint(free.Value, " ", held.Value), "available_balance and hold must be >= 0")
		}
		b := all[a.Currency]
		all[a.Currency] = exchange.Balance{Free: b.Free.Add(free.Value.Decimal), Held: b.Held.Add(held.Value.Decimal)}
	}
	return all, nil
}

// terms are those of a limit order.
type terms struct {
	BaseSize   transport.Number `json:"base_size"`
	LimitPrice transport.Number `json:"limit_price"`
	PostOnly   bool             `json:"post_only"`
}

// wireOrder is an order as lists and single answers show it.
type wireOrder struct {
	OrderID       string `json:"order_id"`
	ClientOrderID string `json:"client_order_id"`
	ProductID     string `json:"product_id"`
	Side          string
	Status        string
	RejectReason  string           `json:"reject_reason"`
	FilledSize    transport.Number `json:"filled_size"`
	CreatedTime   time.Time        `json:"created_time"`
	Configuration *struct {
		GTC *terms `json:"limit_limit_gtc"`
		GTD *terms `json:"limit_limit_gtd"`
	} `json:"order_configuration"`
}

// limit returns the terms of an order that rests on the book; nil of any other.
func (w wireOrder) limit() *terms {
	if w.Configuration == nil {
		return nil
	}
	return cmp.Or(w.Configuration.GTC, w.Configuration.GTD)
}

var (
	sides    = map[string]exchange.Side{"BUY": exchange.Bid, "SELL": exchange.Ask}
	statuses = map[string]exchange.Status{
		"PENDING": exchange.Open, "QUEUED": exchange.Open, "OPEN": exchange.Open, "CANCEL_QUEUED": exchange.Open, "EDIT_QUEUED": exchange.Open,
		"FILLED":    exchange.Filled,
		"CANCELLED": exchange.Cancelled, "EXPIRED": exchange.Cancelled, "FAILED": exchange.Cancelled,
	}
)

// order checks every field before money relies on it.
func (w wireOrder) order(pair exchange.Pair) (exchange.Order, error) {
	if w.ProductID != product(pair) {
		return exchange.Order{}, transport.Bad("product_id", w.ProductID, "must be "+product(pair))
	}
	limit := w.limit()
	if w.OrderID == "" || w.CreatedTime.IsZero() || limit == nil {
		return exchange.Order{}, transport.Bad("order_id", w.OrderID, "must be there, with created_time, of a limit order")
	}
	o := exchange.Order{
		ClientID: w.ClientOrderID, Pair: pair, Price: limit.LimitPrice.Decimal, Amount: limit.BaseSize.Decimal, PostOnly: limit.PostOnly,
		ID: w.OrderID, Filled: w.FilledSize.Decimal, PlacedAt: w.CreatedTime.UTC(),
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
	if !w.FilledSize.Given || o.Filled.IsNegative() || o.Filled.GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("filled_size", w.FilledSize, "must be 0 to base_size "+o.Amount.String())
	}
	return o, nil
}

func parseOrders(body []byte) ([]wireOrder, string, error) {
	var w struct {
		Orders []wireOrder
		listed
	}
	if err := transport.JSON(body, &w); err != nil {
		return nil, "", err
	}
	if w.Orders == nil {
		return nil, "", transport.Bad("orders", "nothing", "must be there")
	}
	cursor, err := w.next()
	return w.Orders, cursor, err
}

func parseOrder(body []byte) (wireOrder, error) {
	var w struct{ Order wireOrder }
	err := transport.JSON(body, &w)
	return w.Order, err
}

// resting returns the limit orders of a list of open ones, oldest first.
func resting(all []wireOrder, pair exchange.Pair) ([]exchange.Order, error) {
	orders := []exchange.Order{}
	seen := map[string]bool{}
	for _, w := range all {
		if seen[w.OrderID] {
			return nil, transport.Bad("order_id", w.OrderID, "must be unique")
		}
		seen[w.OrderID] = true
		if w.Configuration == nil {
			return nil, transport.Bad("order_configuration", "nothing", "must be there")
		}
		if w.limit() == nil {
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
	transport.OldestFirst(orders)
	return orders, nil
}

// placed is the answer to a new order.
type placed struct {
	Success         *bool
	FailureReason   string `json:"failure_reason"`
	SuccessResponse struct {
		OrderID string `json:"order_id"`
	} `json:"success_response"`
	ErrorResponse struct {
		Error, Message string
		Preview        string `json:"preview_failure_reason"`
		NewOrder       string `json:"new_order_failure_reason"`
	} `json:"error_response"`
}

func parsePlaced(body []byte) (placed, error) {
	var w placed
	if err := transport.JSON(body, &w); err != nil {
		return w, err
	}
	if w.Success == nil || *w.Success && w.SuccessResponse.OrderID == "" {
		return w, transport.Bad("success", w.Success, "must be there, with an order_id if it is true")
	}
	return w, nil
}

// reason is why there is no order, as far as Coinbase says.
func (w placed) reason() error {
	e := w.ErrorResponse
	return refused(strings.Join([]string{w.FailureReason, e.Error, e.Preview, e.NewOrder, e.Message}, " "))
}

// refused reads the reasons for which an order can fail.
func refused(reasons string) error {
	means := exchange.ErrRejected
	for _, m := range []struct {
		part  string
		means error
	}{
		{"DUPLICATE_CLIENT", exchange.ErrUnknownOutcome}, // somebody else placed it after we had looked: to be looked up
		{"POST_ONLY", exchange.ErrWouldCross},
		{"INSUFFICIENT", exchange.ErrInsufficient},
		{"INVALID_", exchange.ErrInvalid},
	} {
		if strings.Contains(reasons, m.part) {
			means = m.means
			break
		}
	}
	return fmt.Errorf("%w: coinbase: %.300q", means, reasons)
}

// cancelled is the answer to a cancellation.
type cancelled struct {
	Success       *bool
	FailureReason string `json:"failure_reason"`
	OrderID       string `json:"order_id"`
}

func parseCancelled(body []byte, id string) (cancelled, error) {
	var w struct{ Results []cancelled }
	if err := transport.JSON(body, &w); err != nil {
		return cancelled{}, err
	}
	if len(w.Results) != 1 || w.Results[0].OrderID != id || w.Results[0].Success == nil {
		return cancelled{}, transport.Bad("results", len(w.Results), "must be that of "+id)
	}
	return w.Results[0], nil
}

// wireFill is a trade of ours.
type wireFill struct {
	EntryID     string    `json:"entry_id"`
	OrderID     string    `json:"order_id"`
	ProductID   string    `json:"product_id"`
	TradeTime   time.Time `json:"trade_time"`
	TradeType   string    `json:"trade_type"`
	Price, Size transport.Number
	SizeInQuote bool `json:"size_in_quote"`
	Commission  transport.Number
	Liquidity   string `json:"liquidity_indicator"`
	Side        string
}

var makers = map[string]bool{"MAKER": true, "TAKER": false}

func (w wireFill) fill(pair exchange.Pair) (exchange.Fill, error) {
	if w.ProductID != product(pair) {
		return exchange.Fill{}, transport.Bad("product_id", w.ProductID, "must be "+product(pair))
	}
	if w.EntryID == "" || w.OrderID == "" || w.TradeTime.IsZero() || !w.Commission.Given {
		return exchange.Fill{}, transport.Bad("fill", w.EntryID, "must have entry_id, order_id, trade_time and commission")
	}
	if w.TradeType != "FILL" {
		return exchange.Fill{}, transport.Bad("trade_type", w.TradeType, "must be FILL: Coinbase has corrected a trade")
	}
	side, known := sides[w.Side]
	maker, told := makers[w.Liquidity]
	if !known || !told {
		return exchange.Fill{}, transport.Bad("side, liquidity_indicator", w.Side+" "+w.Liquidity, "must be BUY or SELL, MAKER or TAKER")
	}
	if !w.Price.IsPositive() || !w.Size.IsPositive() {
		return exchange.Fill{}, transport.Bad("price, size", fmt.Sprint(w.Price, " ", w.Size), "must be > 0")
	}
	f := exchange.Fill{
		ID: w.EntryID, OrderID: w.OrderID, Pair: pair, Side: side, Price: w.Price.Decimal, Amount: w.Size.Decimal,
		Fee: w.Commission.Decimal, FeeAsset: pair.Quote, Maker: maker, At: w.TradeTime.UTC(),
	}
	if w.SizeInQuote { // of a market order for so much of the quote; to 8 decimals
		f.Amount = w.Size.DivRound(w.Price.Decimal, 8)
	}
	return f, nil
}

// parseFills returns one page of trades. A cursor alone says that there is more.
func parseFills(body []byte) ([]wireFill, string, error) {
	var w struct {
		Fills  []wireFill
		Cursor string
	}
	if err := transport.JSON(body, &w); err != nil {
		return nil, "", err
	}
	if w.Fills == nil {
		return nil, "", transport.Bad("fills", "nothing", "must be there")
	}
	return w.Fills, w.Cursor, nil
}
