package mesh

import (
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
)

var (
	ten18     = pow10(18)
	ten27     = pow10(27)
	ten36     = pow10(36)
	maxAmount = uint256.Int{^uint64(0), ^uint64(0)} // amounts are below 2^128, so that sums and differences of some never overflow
)

func pow10(n int) uint256.Int {
	var z uint256.Int
	z.Exp(uint256.NewInt(10), uint256.NewInt(uint64(n)))
	return z
}

// fixed18 is a checked number with 18 decimals.
func fixed18(d decimal.Decimal) uint256.Int {
	z, _ := pmm.Wei(d, 18) // in range: below 1e18
	return z
}

func isAmount(x *uint256.Int) bool { return !maxAmount.Lt(x) }

// mulDiv is x*y/d rounded down, and whether there is such a number.
func mulDiv(x, y, d uint256.Int) (z uint256.Int, ok bool) {
	if d.IsZero() {
		return z, false
	}
	_, over := z.MulDivOverflow(&x, &y, &d)
	return z, !over
}

func sum(x, y uint256.Int) (z uint256.Int) { z.Add(&x, &y); return z }

func diff(x, y uint256.Int) (z uint256.Int) { z.Sub(&x, &y); return z }

func lesser(x, y uint256.Int) uint256.Int {
	if y.Lt(&x) {
		return y
	}
	return x
}

// part is x*n/d rounded down, for x < 2^128.
func part(x uint256.Int, n, d uint64) (z uint256.Int) {
	z.Mul(&x, uint256.NewInt(n))
	z.Div(&z, uint256.NewInt(d))
	return z
}
