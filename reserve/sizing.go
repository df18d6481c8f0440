package reserve

import (
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// The bounds of a configured safety factor. Vault plan §7 recommends 3 to 5
// (its text lost the dash and reads "35×") and §14 has a 5× policy. Three
// times P × T cannot pass the five-fold stress test of §15, so 5 is the
// default and a smaller factor is a choice to be written down.
const (
	MinFactor     = 3
	MaxFactor     = 5
	DefaultFactor = 5
)

var minute = decimal.NewFromInt(int64(time.Minute))

// Required returns factor × peakPerMinute × window: the reserve, in units, that
// meets the peak net outflow for the whole window (Vault plan §7). It is
// rounded up to [Scale] decimals. Any factor > 0 is taken, a peak >= 0 and a
// window > 0; all else is [ErrInvalid].
func Required(factor, peakPerMinute decimal.Decimal, window time.Duration) (decimal.Decimal, error) {
	if err := checkPositive("factor", factor); err != nil {
		return decimal.Decimal{}, err
	}
	if err := checkNotNegative("peakPerMinute", peakPerMinute); err != nil {
		return decimal.Decimal{}, err
	}
	if err := checkDuration("window", window); err != nil {
		return decimal.Decimal{}, err
	}
	return over(factor.Mul(peakPerMinute), window), nil
}

// over returns what flows in d at perMinute >= 0, rounded up to [Scale].
func over(perMinute decimal.Decimal, d time.Duration) decimal.Decimal {
	if d%time.Minute == 0 { // the usual case needs no division
		return perMinute.Mul(decimal.NewFromInt(int64(d / time.Minute))).RoundCeil(Scale)
	}
	return ceilQuo(perMinute.Mul(decimal.NewFromInt(int64(d))), minute)
}

// Coverage returns available / required, rounded down to 8 decimals. Bucket A
// and C never belong in available, nor does what is in flight. A required of
// zero or less is [ErrInvalid]: nothing is asked, so nothing is covered.
func Coverage(available, required decimal.Decimal) (decimal.Decimal, error) {
	if err := checkPositive("required", required); err != nil {
		return decimal.Decimal{}, err
	}
	if !InRange(available) {
		return decimal.Decimal{}, fmt.Errorf("%w: available %s: must be below 1e%d with at most %d decimals", ErrInvalid, shown(available), maxDigits, Scale)
	}
	quo, rem := available.QuoRem(required, 8)
	if rem.Sign() < 0 {
		quo = quo.Sub(decimal.New(1, -8))
	}
	return quo, nil
}

// Runway returns how long available lasts at perMinute, rounded down to the
// nanosecond: 150,000 at 833 a minute lasts three hours. At the peak it is the
// runway of a reserve, at a one-way flow its life. Nothing available lasts 0;
// without outflow, or beyond what a Duration holds, it is the longest Duration.
func Runway(available, perMinute decimal.Decimal) time.Duration {
	if available.Sign() <= 0 {
		return 0
	}
	if perMinute.Sign() <= 0 {
		return math.MaxInt64
	}
	quo, _ := available.Mul(minute).QuoRem(perMinute, 0)
	if quo.GreaterThanOrEqual(decimal.NewFromInt(math.MaxInt64)) {
		return math.MaxInt64
	}
	return time.Duration(quo.IntPart())
}

func checkDuration(name string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%w: %s %v: must be > 0", ErrInvalid, name, d)
	}
	return nil
}
