package desk

import (
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// rungs is how many orders stand on each side.
const rungs = 3

// Ladder returns three asks and three bids around a peg, of one, two and three
// times size, at one, two and three quarters of the tightest rank that earns
// something: so that each earns another share. The names of the orders follow
// from id.
//
// It returns exchange.ErrInvalid where no rank earns anything, or the rank is
// narrower than a tick.
func Ladder(id string, pair exchange.Pair, pool alp.Market, peg, size decimal.Decimal) ([]exchange.Order, error) {
	market, one := rules(pair), decimal.NewFromInt(1)
	var orders []exchange.Order
	for _, side := range []exchange.Side{exchange.Ask, exchange.Bid} {
		tolerance, err := tightest(pool.Side(side))
		if err != nil {
			return nil, fmt.Errorf("%v: %w", side, err)
		}
		for rung := range int64(rungs) {
			near := one.Sub(tolerance.Mul(decimal.New(25*(rung+1), -2))) // deviation = 1 - min/max, so this is min/max
			price := peg.Mul(near)
			if side == exchange.Ask {
				price = peg.DivRound(near, 18)
			}
			o, err := market.Fit(exchange.Order{
				ClientID: exchange.ClientID(id, len(orders)), Pair: pair, Side: side, PostOnly: true,
				Price: price, Amount: size.Mul(decimal.NewFromInt(rung + 1)),
			})
			if err != nil {
				return nil, err
			}
			if low, high := decimal.Min(o.Price, peg), decimal.Max(o.Price, peg); low.LessThan(high.Mul(one.Sub(tolerance))) {
				return nil, fmt.Errorf("%w: tolerance %v at a peg of %v: must be wider than a tick, %v", exchange.ErrInvalid, tolerance, peg, market.Tick)
			}
			orders = append(orders, o)
		}
	}
	return orders, nil
}

// tightest returns the least tolerance, above 0 to 1, of a rank that earns
// something.
func tightest(b alp.Book) (decimal.Decimal, error) {
	least := decimal.NewFromInt(2) // none
	for _, rank := range b.Ranks {
		if rank.Ratio.IsPositive() && rank.Tolerance.IsPositive() {
			least = decimal.Min(least, rank.Tolerance.Decimal)
		}
	}
	if least.GreaterThan(decimal.NewFromInt(1)) {
		return least, fmt.Errorf("%w: ranks %q: one must earn something, within a tolerance of 1", exchange.ErrInvalid, slices.Sorted(maps.Keys(b.Ranks)))
	}
	return least, nil
}
