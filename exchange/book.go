package exchange

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Level is the orders of one side at one price, added up.
type Level struct {
	Price  decimal.Decimal // Quote per Base, > 0
	Amount decimal.Decimal // Base, > 0
}

// Book is the open orders of a pair, best first.
type Book struct {
	Pair Pair
	At   time.Time // when the venue saw it, UTC
	Bids []Level   // highest price first
	Asks []Level   // lowest price first
}

// Validate returns [ErrInvalid] unless the levels are positive, strictly
// ordered, and the best bid is below the best ask. A venue shows a crossed book
// when its answer was put together from two moments.
func (b Book) Validate() error {
	if err := b.Pair.Validate(); err != nil {
		return err
	}
	if err := validLevels("Bids", b.Bids, -1); err != nil {
		return err
	}
	if err := validLevels("Asks", b.Asks, 1); err != nil {
		return err
	}
	if len(b.Bids) > 0 && len(b.Asks) > 0 && b.Bids[0].Price.GreaterThanOrEqual(b.Asks[0].Price) {
		return invalid("Book", b.Pair, fmt.Sprintf("best bid %v must be below best ask %v", b.Bids[0].Price, b.Asks[0].Price))
	}
	return nil
}

// Mid returns the middle of the best bid and the best ask, and how far apart
// they are in bps of it, to 4 decimals. It reports false if a side is empty.
func (b Book) Mid() (mid, spreadBps decimal.Decimal, ok bool) {
	if len(b.Bids) == 0 || len(b.Asks) == 0 {
		return decimal.Zero, decimal.Zero, false
	}
	bid, ask := b.Bids[0].Price, b.Asks[0].Price
	mid = middle(bid, ask)
	return mid, bps(ask.Sub(bid), mid), true
}

// validLevels wants each price to compare as order (-1 falling, 1 rising) with
// the one before it.
func validLevels(name string, levels []Level, order int) error {
	for i, l := range levels {
		field := fmt.Sprintf("Book.%s[%d]", name, i)
		if err := validPositive(field+".Price", l.Price); err != nil {
			return err
		}
		if err := validPositive(field+".Amount", l.Amount); err != nil {
			return err
		}
		if i > 0 && l.Price.Cmp(levels[i-1].Price) != order {
			return invalid(field+".Price", l.Price, "must be behind "+levels[i-1].Price.String())
		}
	}
	return nil
}
