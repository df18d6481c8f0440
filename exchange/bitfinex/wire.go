package bitfinex

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// places decodes the elements of a list, which is how Bitfinex writes an object.
// One that is null or beyond the end leaves its field as it is.
func places(text []byte, fields map[int]any) error {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	for i, field := range fields {
		if i >= len(list) || string(list[i]) == "null" {
			continue
		}
		if err := json.Unmarshal(list[i], field); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

// list reads an answer that must be a list.
func list[T any](body []byte) ([]T, error) {
	var all []T
	if err := transport.JSON(body, &all); err != nil {
		return nil, err
	}
	if all == nil {
		return nil, transport.Bad("answer", "null", "must be a list")
	}
	return all, nil
}

// significant is how many digits of a price Bitfinex takes.
const significant = 5

// smallest is the step of amounts, and of the lowest prices.
var smallest = decimal.New(1, -8)

// tick returns the step that leaves a price and what is a tenth above it five
// digits; of 0, the smallest there is.
func tick(price decimal.Decimal) decimal.Decimal {
	if price.IsZero() {
		return smallest
	}
	above := price.Mul(decimal.New(11, -1))
	integer := above.NumDigits() + int(above.Exponent()) // digits before the point; below 1, zeros behind it
	return decimal.Max(smallest, decimal.New(1, int32(integer-significant)))
}

// parseMinAmount reads the smallest amount of a pair, 0 if Bitfinex does not
// trade it: [[["BTCUSD",[null,null,null,"0.00004", ...]], ...]].
func parseMinAmount(body []byte, symbol string) (least decimal.Decimal, err error) {
	var answers [][]json.RawMessage
	if err := transport.JSON(body, &answers); err != nil {
		return least, err
	}
	if len(answers) != 1 {
		return least, transport.Bad("answers", len(answers), "must be 1")
	}
	for _, pair := range answers[0] {
		var name string
		var limits json.RawMessage
		if err := places(pair, map[int]any{0: &name, 1: &limits}); err != nil {
			return least, transport.BadIf(err)
		}
		if "t"+name != symbol {
			continue
		}
		var smallest transport.Number
		if err := places(limits, map[int]any{3: &smallest}); err != nil {
			return least, transport.BadIf(err)
		}
		if !smallest.IsPositive() {
			return least, transport.Bad("smallest order of "+name, smallest, "must be > 0")
		}
		return smallest.Decimal, nil
	}
	return least, nil
}

// parseFees reads summary: the fee of the maker, and those of a taker who
// receives crypto, stablecoins and fiat. It takes the dearest, so that a fee is
// never higher than what we reckon with.
func parseFees(body []byte, m exchange.Market) (exchange.Market, error) {
	var maker, crypto, stable, fiat transport.Number
	var fees, makers, takers json.RawMessage
	for _, step := range []struct {
		from   *json.RawMessage
		fields map[int]any
	}{
		{(*json.RawMessage)(&body), map[int]any{4: &fees}},
		{&fees, map[int]any{0: &makers, 1: &takers}},
		{&makers, map[int]any{0: &maker}},
		{&takers, map[int]any{0: &crypto, 1: &stable, 2: &fiat}},
	} {
		if err := places(*step.from, step.fields); err != nil {
			return exchange.Market{}, transport.BadIf(fmt.Errorf("fees: %w", err))
		}
	}
	if !maker.Given || !crypto.Given {
		return exchange.Market{}, transport.Bad("fees", string(fees), "must be those of maker and taker")
	}
	m.MakerFeeBps = maker.Shift(4)
	m.TakerFeeBps = decimal.Max(crypto.Decimal, stable.Decimal, fiat.Decimal).Shift(4)
	return m, transport.BadIf(m.Validate())
}

func parseTicker(body []byte, r rules) (exchange.Ticker, error) {
	var bid, ask, last transport.Number
	if err := places(body, map[int]any{0: &bid, 2: &ask, 6: &last}); err != nil {
		return exchange.Ticker{}, transport.BadIf(err)
	}
	if !bid.Given || !ask.Given || !last.Given {
		return exchange.Ticker{}, transport.Bad("ticker", fmt.Sprint(bid, " ", ask, " ", last), "must have bid, ask and last price")
	}
	t := exchange.Ticker{Pair: r.Pair, Bid: bid.Decimal, Ask: ask.Decimal, Last: last.Decimal}
	return t, transport.BadIf(t.Validate())
}

// parseBook reads [price, count, amount] of each level; the amount of an ask is
// negative.
func parseBook(body []byte, r rules, depth int) (exchange.Book, error) {
	levels, err := list[[]transport.Number](body)
	if err != nil {
		return exchange.Book{}, err
	}
	book := exchange.Book{Pair: r.Pair}
	for _, l := range levels {
		if len(l) != 3 || !l[1].IsPositive() {
			return exchange.Book{}, transport.Bad("level", l, "must be a price, a count > 0 and an amount")
		}
		side := &book.Bids
		if l[2].IsNegative() {
			side = &book.Asks
		}
		*side = append(*side, exchange.Level{Price: l[0].Decimal, Amount: l[2].Abs()})
	}
	if len(book.Bids) > depth || len(book.Asks) > depth {
		return exchange.Book{}, transport.Bad("levels", []int{len(book.Bids), len(book.Asks)}, fmt.Sprintf("must be at most %d a side", depth))
	}
	return book, transport.BadIf(book.Validate())
}

// wireWallet is what one wallet has of one asset.
type wireWallet struct {
	Type, Currency   string
	Total, Available transport.Number
}

// UnmarshalJSON reads [type, currency, balance, interest, available balance].
func (w *wireWallet) UnmarshalJSON(text []byte) error {
	return places(text, map[int]any{0: &w.Type, 1: &w.Currency, 2: &w.Total, 4: &w.Available})
}

// parseBalances reads the exchange wallet.
func parseBalances(body []byte) (map[string]exchange.Balance, error) {
	wallets, err := list[wireWallet](body)
	if err != nil {
		return nil, err
	}
	balances := map[string]exchange.Balance{}
	for _, w := range wallets {
		if w.Type != "exchange" {
			continue
		}
		name := ours(w.Currency)
		if _, twice := balances[name]; twice || name == "" {
			return nil, transport.Bad("currency", name, "must be named once")
		}
		if !w.Total.Given || !w.Available.Given || w.Available.IsNegative() || w.Available.GreaterThan(w.Total.Decimal) {
			return nil, transport.Bad("balance of "+name, fmt.Sprint(w.Total, " ", w.Available), "what is available must be 0 to the balance")
		}
		balances[name] = exchange.Balance{Free: w.Available.Decimal, Held: w.Total.Sub(w.Available.Decimal)}
	}
	return balances, nil
}

// maxCID is the highest client id of Bitfinex: 45 bits.
const maxCID = 1<<45 - 1

// cidOf returns the number that names an order of ours at Bitfinex: the number
// that clientID is, or 45 bits of its SHA-256.
func cidOf(clientID string) int64 {
	if n, err := strconv.ParseInt(clientID, 10, 64); err == nil && 0 < n && n <= maxCID && strconv.FormatInt(n, 10) == clientID {
		return n
	}
	sum := sha256.Sum256([]byte(clientID))
	return max(1, int64(binary.BigEndian.Uint64(sum[:])>>(64-45)))
}

// wireOrder is an order, open or not.
type wireOrder struct {
	ID, CID          int64
	Symbol           string
	Created, Updated int64            // ms
	Remaining        transport.Number // > 0 to buy, < 0 to sell
	Amount           transport.Number // as asked for, with the same sign
	Type             string
	Flags            int64
	Status           string
	Price            transport.Number
	Meta             struct{ Label string }
}

// UnmarshalJSON reads the places that we know.
func (w *wireOrder) UnmarshalJSON(text []byte) error {
	var meta json.RawMessage
	err := places(text, map[int]any{
		0: &w.ID, 2: &w.CID, 3: &w.Symbol, 4: &w.Created, 5: &w.Updated, 6: &w.Remaining, 7: &w.Amount,
		8: &w.Type, 12: &w.Flags, 13: &w.Status, 16: &w.Price, 31: &meta,
	})
	if json.Unmarshal(meta, &w.Meta) != nil {
		w.Meta.Label = "" // others keep there what they like
	}
	return err
}

// The flags that matter (docs.bitfinex.com, "Flag values").
const (
	hidden   = 64
	postOnly = 4096
)

// limit reports whether this is a limit order, of the exchange or the margin
// wallet.
func (w wireOrder) limit() bool { return w.Type == "EXCHANGE LIMIT" || w.Type == "LIMIT" }

// clientID returns the name that its owner gave to the order: the label, if the
// order's number was made of it.
func (w wireOrder) clientID() string {
	switch {
	case w.CID == 0:
		return ""
	case w.Meta.Label != "" && cidOf(w.Meta.Label) == w.CID:
		return w.Meta.Label
	default:
		return strconv.FormatInt(w.CID, 10)
	}
}

// statuses is what the words of a status begin with: "EXECUTED @ 0.9(10.0)",
// "CANCELED was: PARTIALLY FILLED @ ..." (docs.bitfinex.com, "Abbreviation
// Glossary"). One that is partly filled is open, unless it comes from the
// history.
var statuses = []struct {
	begin string
	means exchange.Status
}{
	{"ACTIVE", exchange.Open},
	{"PARTIALLY FILLED", exchange.Open},
	{"EXECUTED", exchange.Filled},
	{"FORCED EXECUTED", exchange.Filled},
	{"CANCELED", exchange.Cancelled},
	{"POSTONLY CANCELED", exchange.Cancelled},
	{"IOC CANCELED", exchange.Cancelled},
	{"FILLORKILL CANCELED", exchange.Cancelled},
	{"INSUFFICIENT BALANCE", exchange.Cancelled},
	{"RSN_", exchange.Cancelled},
}

// order checks every field before money relies on it.
func (w wireOrder) order(r rules) (exchange.Order, error) {
	if w.Symbol != r.symbol {
		return exchange.Order{}, transport.Bad("symbol", w.Symbol, "must be "+r.symbol)
	}
	if w.ID <= 0 || w.CID < 0 || w.CID > maxCID {
		return exchange.Order{}, transport.Bad("id, cid", []int64{w.ID, w.CID}, "must be > 0, and of 45 bits")
	}
	if w.Created <= 0 || w.Updated <= 0 {
		return exchange.Order{}, transport.Bad("mts_create, mts_update", []int64{w.Created, w.Updated}, "must be > 0")
	}
	o := exchange.Order{
		ClientID: w.clientID(), Pair: r.Pair, Side: exchange.Bid, Price: w.Price.Decimal, Amount: w.Amount.Abs(), PostOnly: w.Flags&postOnly != 0,
		ID: strconv.FormatInt(w.ID, 10), PlacedAt: time.UnixMilli(w.Created).UTC(),
	}
	if w.Amount.IsNegative() {
		o.Side = exchange.Ask
	}
	if err := o.ValidateTerms(); err != nil {
		return exchange.Order{}, transport.BadIf(fmt.Errorf("order %s: %w", o.ID, err))
	}
	if !w.Remaining.Given || w.Remaining.Sign() == -w.Amount.Sign() || w.Remaining.Abs().GreaterThan(o.Amount) {
		return exchange.Order{}, transport.Bad("amount", w.Remaining, "must be 0 to amount_orig "+w.Amount.String())
	}
	o.Filled = o.Amount.Sub(w.Remaining.Abs())
	for _, s := range statuses {
		if strings.HasPrefix(w.Status, s.begin) {
			o.Status = s.means
			break
		}
	}
	if o.Status == 0 || o.Status == exchange.Filled && !w.Remaining.IsZero() {
		return exchange.Order{}, transport.Bad("status", w.Status, fmt.Sprintf("must be one that we know, and fit what remains, %v", w.Remaining))
	}
	return o, nil
}

// parseOpenOrders returns the limit orders on the book, oldest first.
func parseOpenOrders(body []byte, r rules) ([]exchange.Order, error) {
	all, err := list[wireOrder](body)
	if err != nil {
		return nil, err
	}
	orders := make([]exchange.Order, 0, len(all))
	seen := map[int64]bool{}
	for _, w := range all {
		if seen[w.ID] {
			return nil, transport.Bad("id", w.ID, "must be unique")
		}
		seen[w.ID] = true
		if w.Type == "" {
			return nil, transport.Bad("type", "nothing", "must be there")
		}
		if !w.limit() || w.Flags&hidden != 0 {
			continue // not on the book, or not for others to see
		}
		o, err := w.order(r)
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

// parseHistory returns the limit orders among those that are closed.
func parseHistory(body []byte, r rules) (all []wireOrder, orders []exchange.Order, err error) {
	if all, err = list[wireOrder](body); err != nil {
		return nil, nil, err
	}
	for _, w := range all {
		if !w.limit() {
			continue
		}
		o, err := w.order(r)
		if err != nil {
			return nil, nil, err
		}
		if o.Status == exchange.Open { // "PARTIALLY FILLED": the rest was cancelled
			o.Status = exchange.Cancelled
		}
		orders = append(orders, o)
	}
	return all, orders, nil
}

// parsePlaced reads the order from the answer to a new one, a notification.
func parsePlaced(body []byte) (w wireOrder, err error) {
	var orders []wireOrder
	if err := places(body, map[int]any{4: &orders}); err != nil {
		return w, transport.BadIf(err)
	}
	if len(orders) != 1 {
		return w, transport.Bad("orders", len(orders), "must be 1")
	}
	return orders[0], nil
}

// wireFill is a trade of ours.
type wireFill struct {
	ID, OrderID, CID int64
	Symbol           string
	At               int64            // ms
	Amount           transport.Number // > 0 bought, < 0 sold
	Price            transport.Number
	Maker            int              // 1, or -1 for the taker
	Fee              transport.Number // < 0 is what we paid
	FeeCurrency      string
}

// UnmarshalJSON reads the places that we know.
func (w *wireFill) UnmarshalJSON(text []byte) error {
	return places(text, map[int]any{
		0: &w.ID, 1: &w.Symbol, 2: &w.At, 3: &w.OrderID, 4: &w.Amount, 5: &w.Price, 8: &w.Maker, 9: &w.Fee, 10: &w.FeeCurrency, 11: &w.CID,
	})
}

// id is unique: a trade with ourselves comes twice, once for each order.
func (w wireFill) id() string { return fmt.Sprint(w.ID, "-", w.OrderID) }

func (w wireFill) fill(r rules) (exchange.Fill, error) {
	if w.Symbol != r.symbol {
		return exchange.Fill{}, transport.Bad("symbol", w.Symbol, "must be "+r.symbol)
	}
	if w.ID <= 0 || w.OrderID <= 0 || w.At <= 0 {
		return exchange.Fill{}, transport.Bad("id, order_id, mts", []int64{w.ID, w.OrderID, w.At}, "must be > 0")
	}
	if w.Amount.IsZero() || !w.Price.IsPositive() {
		return exchange.Fill{}, transport.Bad("exec_amount, exec_price", fmt.Sprint(w.Amount, " ", w.Price), "must not be 0, and be > 0")
	}
	if w.Maker != 1 && w.Maker != -1 || !w.Fee.Given || w.FeeCurrency == "" {
		return exchange.Fill{}, transport.Bad("trade", w.ID, "must have maker, fee and fee_currency")
	}
	f := exchange.Fill{
		ID: w.id(), OrderID: strconv.FormatInt(w.OrderID, 10), Pair: r.Pair, Side: exchange.Bid, Price: w.Price.Decimal, Amount: w.Amount.Abs(),
		Fee: w.Fee.Neg(), FeeAsset: ours(w.FeeCurrency), Maker: w.Maker == 1, At: time.UnixMilli(w.At).UTC(),
	}
	if w.Amount.IsNegative() {
		f.Side = exchange.Ask
	}
	return f, nil
}
