package market

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

var (
	// ErrInvalid is wrapped by every rejection of malformed input.
	ErrInvalid = errors.New("market: invalid")
	// ErrCrossed is an [ErrInvalid]: a bid above the ask, which is a state that a
	// feed can be in and nobody can trade at.
	ErrCrossed = fmt.Errorf("%w: crossed book", ErrInvalid)
	// ErrInsufficient says that there is too little data for an answer.
	ErrInsufficient = errors.New("market: insufficient data")
)

const (
	day = 24 * time.Hour
	// places of a quotient that nothing else rounds, half away from zero.
	places = 18
	// digits that a statistic keeps: more than any use, and few enough to hide
	// the last bits in which processors differ.
	digits = 12
)

var (
	one     = decimal.New(1, 0)
	two     = decimal.New(2, 0)
	hundred = decimal.New(100, 0)
	bpsOne  = decimal.New(10_000, 0)
	million = decimal.New(1_000_000, 0)
	minute  = decimal.New(int64(time.Minute), 0)
	hour    = decimal.New(int64(time.Hour), 0)
)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

func invalid(field string, value any, must string) error {
	return valid.Error(ErrInvalid, field, value, must)
}

// fraction reports whether d is from 0 to 1.
func fraction(d decimal.Decimal) bool { return valid.NotNegative(d) && d.LessThanOrEqual(one) }

// whole is n as a decimal.
func whole(n int) decimal.Decimal { return decimal.New(int64(n), 0) }

// hundredths is n/100.
func hundredths(n int64) decimal.Decimal { return decimal.New(n, -2) }

func clip(d, low, high decimal.Decimal) decimal.Decimal {
	return decimal.Max(low, decimal.Min(high, d))
}

// sigma is a volatility as it is now, from what it usually is.
func (c Conditions) sigma(usual decimal.Decimal) decimal.Decimal {
	if c.SigmaTimes.IsZero() {
		return usual
	}
	return usual.Mul(c.SigmaTimes)
}

// minutes is how many there are in d.
func minutes(d time.Duration) decimal.Decimal {
	return decimal.New(int64(d), 0).DivRound(minute, places)
}

// number takes a decimal into statistics. With [statistic] it is the only place
// where the two meet.
func number(d decimal.Decimal) float64 { return d.InexactFloat64() }

// statistic brings a finite float back, to 12 significant digits.
func statistic(x float64) decimal.Decimal {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		panic("market: a statistic must be finite") // inputs are bounded, so this is a bug here
	}
	d, err := decimal.NewFromString(strconv.FormatFloat(x, 'g', digits, 64))
	if err != nil {
		panic(err)
	}
	return d
}
