package reward

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Order is one sighting of an open order.
type Order struct {
	ID       uint64 // names the sighting: later ones are higher
	Account  string // who is credited; up to 256 bytes
	Exchange string
	Unit     string
	Side     exchange.Side
	OrderID  string          // the exchange's name for the order, up to 256 bytes
	Price    decimal.Decimal // limit, > 0
	Amount   decimal.Decimal // what is left to trade, in the pegged asset, >= 0
	Cost     decimal.Decimal `json:",omitzero"` // what an auction asks for a unit of Amount and a day, >= 0; ranks do not look at it
	Peg      decimal.Decimal // what Price is measured against, as of SeenAt, > 0
	SeenAt   time.Time       // UTC
	Since    time.Time       // when the same order was first seen: SeenAt or before
}

// Validate returns [ErrInvalid], naming the field, its value and the rule,
// unless o can be part of an Observation. A Ledger takes no other, so that one
// bad row cannot stop the rounds.
func (o Order) Validate() error {
	return check(
		rule{o.ID > 0, "Order.ID", o.ID, "must be > 0"},
		rule{named(o.Account, maxText), "Order.Account", o.Account, "must have 1 to 256 bytes"},
		rule{plain(o.Exchange), "Order.Exchange", o.Exchange, mustBePlain},
		rule{plain(o.Unit), "Order.Unit", o.Unit, mustBePlain},
		rule{o.Side == exchange.Ask || o.Side == exchange.Bid, "Order.Side", o.Side, "must be Ask or Bid"},
		rule{named(o.OrderID, maxText), "Order.OrderID", o.OrderID, "must have 1 to 256 bytes"},
		rule{valid.Positive(o.Price), "Order.Price", o.Price, valid.MustBePositive},
		rule{!o.Amount.IsNegative() && valid.InRange(o.Amount), "Order.Amount", o.Amount, "must be >= 0, below 1e18, with at most 18 decimals"},
		rule{!o.Cost.IsNegative() && valid.InRange(o.Cost), "Order.Cost", o.Cost, "must be >= 0, below 1e18, with at most 18 decimals"},
		rule{valid.Positive(o.Peg), "Order.Peg", o.Peg, valid.MustBePositive},
		rule{!o.Since.IsZero() && !o.Since.After(o.SeenAt), "Order.Since", o.Since, "must be a time up to SeenAt"},
	)
}

// Sight reads what stands open of a venue's order: side, name, price, amount and
// peg. Account, Exchange, Unit and the times are the caller's to add.
//
// price is what one unit costs in the pegged asset. Where the pegged asset is the
// Quote of the pair, that is the peg, and amounts of Base are converted at the
// order's own price; where it is the Base, the peg is 1/price. Conversions are
// rounded down to 18 decimals. An order that is malformed, of another asset or
// filled is [ErrInvalid].
func Sight(o exchange.Order, pegged string, price decimal.Decimal) (Order, error) {
	if err := o.Pair.Validate(); err != nil {
		return Order{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := check(
		rule{o.Side == exchange.Ask || o.Side == exchange.Bid, "Order.Side", o.Side, "must be Ask or Bid"},
		rule{named(o.ID, maxText), "Order.ID", o.ID, "must have 1 to 256 bytes"},
		rule{valid.Positive(o.Price), "Order.Price", o.Price, valid.MustBePositive},
		rule{valid.Positive(o.Remaining()), "Order.Remaining", o.Remaining(), valid.MustBePositive},
		rule{valid.Positive(price), "price", price, valid.MustBePositive},
	); err != nil {
		return Order{}, err
	}
	seen := Order{Side: o.Side, OrderID: o.ID, Price: o.Price, Amount: o.Remaining(), Peg: price}
	switch pegged {
	case o.Pair.Quote:
		seen.Amount = o.Remaining().Mul(o.Price).Truncate(valid.MaxDecimals)
	case o.Pair.Base:
		seen.Peg, _ = one.QuoRem(price, valid.MaxDecimals)
	default:
		return Order{}, fmt.Errorf("%w: pair %v: must have %s on one side", ErrInvalid, o.Pair, valid.Show(pegged))
	}
	if err := check(
		rule{valid.Positive(seen.Amount), "amount in " + pegged, seen.Amount, valid.MustBePositive},
		rule{valid.Positive(seen.Peg), "peg", seen.Peg, valid.MustBePositive},
	); err != nil {
		return Order{}, err
	}
	return seen, nil
}
