package liquidity

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("liquidity: invalid")

// Bounds of every number from outside: below 10^18, with at most 18 decimals.
const (
	maxDigits   = 18
	maxDecimals = 18
	maxText     = 256 // bytes of a name, a reason, a note
	ratioPlaces = 4   // decimals of a ratio that is reported, half away from zero; decisions compare exactly
	day         = 24 * time.Hour
	year        = 365 * day
)

const (
	mustBeAmount   = "must be 0 or more, below 1e18, with at most 18 decimals"
	mustBePositive = "must be > 0, below 1e18, with at most 18 decimals"
	mustBeNamed    = "must have 1 to 256 bytes of UTF-8"
)

var (
	hundred     = decimal.New(100, 0)
	one         = decimal.New(1, 0)
	bpsOne      = decimal.New(10_000, 0)
	nanosInYear = decimal.New(int64(year), 0)
)

// rule is one thing that must be true of a value.
type rule struct {
	ok    bool
	field string
	value any
	must  string
}

// check returns the first rule that is broken, by field, value and rule.
func check(rules ...rule) error {
	for _, r := range rules {
		if !r.ok {
			return invalid(r.field, r.value, r.must)
		}
	}
	return nil
}

func invalid(field string, value any, must string) error {
	return fmt.Errorf("%w: %s %s: %s", ErrInvalid, field, show(value), must)
}

// show writes a value for an error: not the zeros of an enormous number, nor all
// of a stranger's text.
func show(value any) string {
	switch v := value.(type) {
	case decimal.Decimal:
		if !inRange(v) {
			return "(out of range)"
		}
	case string:
		return fmt.Sprintf("%.64q", v)
	}
	return fmt.Sprint(value)
}

func inRange(d decimal.Decimal) bool {
	exp := int(d.Exponent())
	return exp >= -maxDecimals && exp <= maxDigits && d.NumDigits()+exp <= maxDigits
}

func positive(d decimal.Decimal) bool { return d.IsPositive() && inRange(d) }

func notNegative(d decimal.Decimal) bool { return !d.IsNegative() && inRange(d) }

// fraction reports whether d is from 0 to 1.
func fraction(d decimal.Decimal) bool { return notNegative(d) && d.LessThanOrEqual(one) }

// named reports whether s can name somebody, and be read back from the journal
// as it was.
func named(s string) bool { return s != "" && len(s) <= maxText && utf8.ValidString(s) }

// above returns by how much x exceeds y, at least 0.
func above(x, y decimal.Decimal) decimal.Decimal {
	if x.LessThanOrEqual(y) {
		return decimal.Decimal{}
	}
	return x.Sub(y)
}

// cut bounds what is written down of another's text.
func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxText)], "") }

// Probability converts a predictor's statistic for [Position.PBreach], to 6
// decimals: the one place where a float64 enters. NaN and what is not from 0 to 1
// is [ErrInvalid].
func Probability(p float64) (decimal.Decimal, error) {
	if !(p >= 0 && p <= 1) {
		return decimal.Decimal{}, invalid("probability", p, "must be 0 to 1")
	}
	return decimal.New(int64(math.Round(p*1e6)), -6), nil
}
