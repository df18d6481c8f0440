package liquidity

import (
	"errors"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("liquidity: invalid")

const (
	ratioPlaces = 4 // decimals of a ratio that is reported, half away from zero; decisions compare exactly
	day         = 24 * time.Hour
	year        = 365 * day
)

var (
	hundred     = decimal.New(100, 0)
	one         = decimal.New(1, 0)
	bpsOne      = decimal.New(10_000, 0)
	nanosInYear = decimal.New(int64(year), 0)
)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

func invalid(field string, value any, must string) error {
	return valid.Error(ErrInvalid, field, value, must)
}

// fraction reports whether d is from 0 to 1.
func fraction(d decimal.Decimal) bool { return valid.NotNegative(d) && d.LessThanOrEqual(one) }

// above returns by how much x exceeds y, at least 0.
func above(x, y decimal.Decimal) decimal.Decimal {
	if x.LessThanOrEqual(y) {
		return decimal.Decimal{}
	}
	return x.Sub(y)
}

// Probability converts a predictor's statistic for [Position.PBreach], to 6
// decimals: the one place where a float64 enters. NaN and what is not from 0 to 1
// is [ErrInvalid].
func Probability(p float64) (decimal.Decimal, error) {
	if !(p >= 0 && p <= 1) {
		return decimal.Decimal{}, invalid("probability", p, "must be 0 to 1")
	}
	return decimal.New(int64(math.Round(p*1e6)), -6), nil
}
