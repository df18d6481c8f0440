package paper

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// order is an order with what only the venue knows of it.
type order struct {
	exchange.Order
	owner  *Account
	number int // 1, 2, 3 ... in the order of arrival
}

// market is the book of one pair, each side best first, then oldest first.
type market struct {
	rules exchange.Market
	bids  []*order
	asks  []*order
	last  decimal.Decimal // price of the newest trade
}

func (m *market) side(s exchange.Side) *[]*order {
	if s == exchange.Bid {
		return &m.bids
	}
	return &m.asks
}

// takes reports whether o would trade at once.
func (m *market) takes(o exchange.Order) bool {
	others := *m.side(o.Side.Opposite())
	return len(others) > 0 && crosses(o, others[0].Price)
}

// add puts o behind all orders at its price or better.
func (m *market) add(o *order) {
	side := m.side(o.Side)
	i, _ := slices.BinarySearchFunc(*side, o, func(resting, o *order) int {
		if worse(resting, o) {
			return 1
		}
		return -1
	})
	*side = slices.Insert(*side, i, o)
}

func (m *market) remove(o *order) {
	side := m.side(o.Side)
	if i := slices.Index(*side, o); i >= 0 {
		*side = slices.Delete(*side, i, i+1)
	}
}

// levels adds up one side by price, at most depth of them.
func (m *market) levels(s exchange.Side, depth int) []exchange.Level {
	var levels []exchange.Level
	for _, o := range *m.side(s) {
		last := len(levels) - 1
		if last >= 0 && levels[last].Price.Equal(o.Price) {
			levels[last].Amount = levels[last].Amount.Add(o.Remaining())
			continue
		}
		if len(levels) == depth {
			break
		}
		levels = append(levels, exchange.Level{Price: o.Price, Amount: o.Remaining()})
	}
	return levels
}

// best returns the best price of a side; 0 if it is empty.
func (m *market) best(s exchange.Side) decimal.Decimal {
	if side := *m.side(s); len(side) > 0 {
		return side[0].Price
	}
	return decimal.Zero
}

// worse reports whether a stands behind b on price alone.
func worse(a, b *order) bool {
	if a.Side == exchange.Bid {
		return a.Price.LessThan(b.Price)
	}
	return a.Price.GreaterThan(b.Price)
}

// crosses reports whether o trades with a resting order at price.
func crosses(o exchange.Order, price decimal.Decimal) bool {
	if o.Side == exchange.Bid {
		return o.Price.GreaterThanOrEqual(price)
	}
	return o.Price.LessThanOrEqual(price)
}

// hold returns what the rest of o sets aside, and of which asset.
func hold(o exchange.Order) (asset string, amount decimal.Decimal) {
	if o.Side == exchange.Bid {
		return o.Pair.Quote, o.Price.Mul(o.Remaining())
	}
	return o.Pair.Base, o.Remaining()
}
