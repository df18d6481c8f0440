package cost

import (
	"errors"
	"math"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every error about input that cannot be used. The
// error names the field, the value and the rule.
var ErrInvalid = errors.New("cost: invalid")

const (
	places    = 8 // decimals of what is estimated or divided, rounded up
	dayPlaces = 4

	maxStatistic = 1e18 // of a parameter that was estimated
	maxMoney     = 1e54 // of a cost: 1e18 Base at 1e18 Quote, and as much again
)

var (
	one    = decimal.New(1, 0)
	half   = decimal.New(5, -1)
	bpsOne = decimal.New(10_000, 0)
)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

func invalid(field string, value any, must string) error {
	return valid.Error(ErrInvalid, field, value, must)
}

const mustBeStatistic = "must be 0 to 1e18"

// statistic reports whether f can be a parameter that was estimated.
func statistic(f float64) bool { return f >= 0 && f <= maxStatistic }

// estimated is the one place where a statistic becomes an amount, rounded up: a
// cost is never rounded down.
func estimated(name string, f float64) (decimal.Decimal, error) {
	if !(math.Abs(f) < maxMoney) {
		return decimal.Decimal{}, invalid(name, f, "must be below 1e54")
	}
	return exactly(f).RoundCeil(places), nil
}

// exactly writes a finite f as the shortest decimal that reads as f.
func exactly(f float64) decimal.Decimal {
	return decimal.RequireFromString(strconv.FormatFloat(f, 'g', -1, 64))
}

// ceilQuo returns d / by rounded up to so many decimals, for d >= 0 and by > 0.
func ceilQuo(d, by decimal.Decimal, decimals int32) decimal.Decimal {
	quo, rem := d.QuoRem(by, decimals)
	if rem.IsPositive() {
		quo = quo.Add(decimal.New(1, -decimals))
	}
	return quo
}
