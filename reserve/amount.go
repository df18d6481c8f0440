package reserve

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/shopspring/decimal"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("reserve: invalid")

// Scale is the number of decimals that amounts are kept to, those of an
// 18-decimal token.
const Scale = 18

// maxDigits bounds an amount: below 10^30, so that arithmetic on hostile input
// stays cheap.
const maxDigits = 30

// InRange reports whether d can be an amount: at most [Scale] decimals and less
// than 10^30 in size.
func InRange(d decimal.Decimal) bool {
	exp := int(d.Exponent())
	return exp >= -Scale && exp <= maxDigits && d.NumDigits()+exp <= maxDigits
}

// Floats is where amounts become statistics: each of ds to the nearest float64.
func Floats(ds []decimal.Decimal) []float64 {
	fs := make([]float64, len(ds))
	for i, d := range ds {
		fs[i] = d.InexactFloat64()
	}
	return fs
}

// units is where statistics become amounts again, rounded up to six decimals:
// a requirement is never rounded down. What no amount can hold is an error.
func units(f float64) (decimal.Decimal, error) {
	if math.IsNaN(f) || math.Abs(f) >= 1e24 {
		return decimal.Decimal{}, fmt.Errorf("%w: estimate %v: must be a number below 1e24 in size", ErrInvalid, f)
	}
	d, err := decimal.NewFromString(strconv.FormatFloat(f, 'f', -1, 64))
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("%w: estimate %v: %w", ErrInvalid, f, err)
	}
	return d.RoundCeil(6), nil
}

// ceilQuo returns d / by rounded up to [Scale] decimals, for d >= 0 and by > 0.
func ceilQuo(d, by decimal.Decimal) decimal.Decimal {
	quo, rem := d.QuoRem(by, Scale)
	if rem.Sign() > 0 {
		quo = quo.Add(decimal.New(1, -Scale))
	}
	return quo
}

// checkPositive and checkNotNegative name the field, the value and the rule.
func checkPositive(name string, d decimal.Decimal) error {
	if d.Sign() <= 0 || !InRange(d) {
		return fmt.Errorf("%w: %s %s: must be > 0, below 1e%d, with at most %d decimals", ErrInvalid, name, shown(d), maxDigits, Scale)
	}
	return nil
}

func checkNotNegative(name string, d decimal.Decimal) error {
	if d.Sign() < 0 || !InRange(d) {
		return fmt.Errorf("%w: %s %s: must be >= 0, below 1e%d, with at most %d decimals", ErrInvalid, name, shown(d), maxDigits, Scale)
	}
	return nil
}

// shown writes d for an error without expanding an enormous exponent.
func shown(d decimal.Decimal) string {
	if InRange(d) {
		return d.String()
	}
	return fmt.Sprintf("of %d digits with exponent %d", d.NumDigits(), d.Exponent())
}
