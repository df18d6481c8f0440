package stabilizer

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/shopspring/decimal"
)

const (
	scale     = 18 // decimal places of what the state remembers
	bpsScale  = 6  // decimal places of a deviation and of a profit
	gweiScale = 9  // decimal places of gwei: wei
	// Bounds of every number that comes from outside: wide enough for any price
	// or amount, narrow enough that arithmetic on it stays cheap.
	maxExponent = 36
	maxDigits   = 72
	smallDigits = 18 // always fit an int64, twice
	inRange     = "must have at most 72 digits, between 1e-36 and 1e36"
)

var (
	one     = decimal.New(1, 0)
	half    = decimal.New(5, -1)
	two     = decimal.New(2, 0)
	sixty   = decimal.New(60, 0)
	whole   = decimal.New(10_000, 0) // bps
	minBump = decimal.New(11, -1)
)

// bps returns the deviation of a from b > 0, 10^4 × (a - b) / b, to 6 places,
// half to even.
func bps(a, b decimal.Decimal) decimal.Decimal {
	if d, ok := smallBps(a, b); ok {
		return d
	}
	return quoEven(a.Sub(b).Shift(4), b, bpsScale)
}

// smallBps is bps in 128-bit integers, which nearly every price fits: it is
// what a step spends most of its time on.
func smallBps(a, b decimal.Decimal) (decimal.Decimal, bool) {
	x, y, ok := aligned(a, b)
	if !ok {
		return decimal.Decimal{}, false
	}
	distance, sign := uint64(max(x, y)-min(x, y)), int64(1)
	if x < y {
		sign = -1
	}
	hi, lo := bits.Mul64(distance, 1e10) // 10^4, and 6 places
	if hi >= uint64(y) {
		return decimal.Decimal{}, false
	}
	q, rest := bits.Div64(hi, lo, uint64(y))
	if twice := 2 * rest; twice > uint64(y) || twice == uint64(y) && q%2 == 1 {
		q++
	}
	if q > math.MaxInt64 {
		return decimal.Decimal{}, false
	}
	return decimal.New(sign*int64(q), -bpsScale), true
}

// aligned returns a and b as multiples of one power of ten, if these have at
// most 18 digits.
func aligned(a, b decimal.Decimal) (x, y int64, ok bool) {
	shift := int(a.Exponent()) - int(b.Exponent())
	if a.NumDigits()+max(shift, 0) > smallDigits || b.NumDigits()+max(-shift, 0) > smallDigits {
		return 0, 0, false
	}
	x, y = a.CoefficientInt64(), b.CoefficientInt64()
	for ; shift > 0; shift-- {
		x *= 10
	}
	for ; shift < 0; shift++ {
		y *= 10
	}
	return x, y, true
}

// quoEven returns x / y to that many places, half to even. y > 0.
func quoEven(x, y decimal.Decimal, places int32) decimal.Decimal {
	q, rest := x.QuoRem(y, places)
	if rest.IsZero() {
		return q
	}
	unit := decimal.New(int64(rest.Sign()), -places)
	switch twice := rest.Abs().Mul(two).Cmp(y.Shift(-places)); {
	case twice > 0, twice == 0 && odd(q):
		return q.Add(unit)
	}
	return q
}

func odd(d decimal.Decimal) bool { return d.Coefficient().Bit(0) == 1 }

// floorTo rounds x >= 0 down to a multiple of step. A step of 10^-n, which most
// lots are, needs no division.
func floorTo(x, step decimal.Decimal) decimal.Decimal {
	if step.Exponent() <= 0 && step.NumDigits() == 1 && step.CoefficientInt64() == 1 {
		return x.Truncate(-step.Exponent())
	}
	steps, _ := x.QuoRem(step, 0)
	return steps.Mul(step)
}

// minus is x - y, at no cost where y is zero, as most floors are.
func minus(x, y decimal.Decimal) decimal.Decimal {
	if y.IsZero() {
		return x
	}
	return x.Sub(y)
}

// tidy keeps what the state remembers from growing more and more decimals.
func tidy(x decimal.Decimal) decimal.Decimal {
	if x.Exponent() >= -scale {
		return x
	}
	return x.RoundBank(scale)
}

// amount is a number from outside that must be >= 0.
type amount struct {
	field string
	value decimal.Decimal
}

func (a amount) check() error {
	if outOfRange(a.value) {
		return fmt.Errorf("%w: %s: %s", ErrInvalid, a.field, inRange)
	}
	if a.value.IsNegative() {
		return fmt.Errorf("%w: %s %v: must be >= 0", ErrInvalid, a.field, a.value)
	}
	return nil
}

func outOfRange(d decimal.Decimal) bool {
	exp := d.Exponent()
	return exp < -maxExponent || exp > maxExponent || d.NumDigits() > maxDigits
}
