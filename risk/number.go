package risk

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// places of a quotient, half away from zero.
const places = 18

var (
	one     = decimal.New(1, 0)
	hundred = decimal.New(100, 0)
)

func hundredths(n int64) decimal.Decimal { return decimal.New(n, -2) }

// fraction reports whether d is 0 to 1.
func fraction(d decimal.Decimal) bool { return valid.NotNegative(d) && d.LessThanOrEqual(one) }

// percent writes a fraction with one decimal: "80.0%".
func percent(d decimal.Decimal) string { return d.Mul(hundred).StringFixed(1) + "%" }

// tenth writes a number with one decimal.
func tenth(d decimal.Decimal) string { return d.StringFixed(1) }

// whole writes a number without decimals.
func whole(d decimal.Decimal) string { return d.StringFixed(0) }

// grouped writes an amount with a comma between thousands, as exactly as it is.
func grouped(d decimal.Decimal) string {
	text := d.Abs().String()
	end := len(text)
	for i := range text {
		if text[i] == '.' {
			end = i
			break
		}
	}
	written := text[end:]
	for ; end > 3; end -= 3 {
		written = "," + text[end-3:end] + written
	}
	written = text[:end] + written
	if d.IsNegative() {
		return "-" + written
	}
	return written
}
