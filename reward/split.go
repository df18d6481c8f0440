package reward

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// split divides pot, a multiple of 10^-places, in proportion to weights, which
// are >= 0 and not all 0. The parts are multiples of 10^-places, sum to pot, and
// each differs from its exact quota by less than one unit: all are rounded down,
// and the units left over go one each to the largest remainders (Hamilton).
// Equal remainders favour the larger weight, then the earlier one.
func split(pot decimal.Decimal, weights []decimal.Decimal, places int32) []decimal.Decimal {
	units, whole := integers(weights)
	left := pot.Shift(places).BigInt()
	pots := new(big.Int).Set(left)

	parts, rests := make([]*big.Int, len(units)), make([]*big.Int, len(units))
	for i, u := range units {
		parts[i], rests[i] = new(big.Int).QuoRem(new(big.Int).Mul(pots, u), whole, new(big.Int))
		left.Sub(left, parts[i])
	}
	if n := int(left.Int64()); n > 0 { // fewer than there are weights
		for _, i := range largest(rests, units)[:n] {
			parts[i].Add(parts[i], bigOne)
		}
	}
	amounts := make([]decimal.Decimal, len(parts))
	for i, p := range parts {
		amounts[i] = decimal.NewFromBigInt(p, -places)
	}
	return amounts
}

// largest returns the indices of rests, the largest first.
func largest(rests, weights []*big.Int) []int {
	order := make([]int, len(rests))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(rests[b].Cmp(rests[a]), weights[b].Cmp(weights[a]), cmp.Compare(a, b))
	})
	return order
}

// integers returns ds as multiples of one power of ten, and their sum.
func integers(ds []decimal.Decimal) (units []*big.Int, sum *big.Int) {
	var places int32
	for _, d := range ds {
		places = max(places, -d.Exponent())
	}
	units, sum = make([]*big.Int, len(ds)), new(big.Int)
	for i, d := range ds {
		units[i] = d.Shift(places).BigInt()
		sum.Add(sum, units[i])
	}
	return units, sum
}

var bigOne = big.NewInt(1)
