// Package figure writes numbers the way people read them.
package figure

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Whole writes an amount without decimals and with thousands apart: 1,234,567.
func Whole(d decimal.Decimal) string {
	d = d.Round(0)
	digits := d.Abs().String()
	var b strings.Builder
	if d.IsNegative() {
		b.WriteByte('-')
	}
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// Signed is Whole with a plus before what is above zero.
func Signed(d decimal.Decimal) string {
	if d.Round(0).IsPositive() {
		return "+" + Whole(d)
	}
	return Whole(d)
}

// Count writes a number of things: 151,200.
func Count(n int) string { return Whole(decimal.New(int64(n), 0)) }

// Many writes a number of things with their name: 1 block, 2 blocks.
func Many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Count(n) + " " + thing + "s"
}

// Percent writes a share: 0.02 is 2%.
func Percent(share decimal.Decimal) string { return share.Shift(2).String() + "%" }

// Duration writes 1h0m0s as 1h.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
