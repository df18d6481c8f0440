package reward

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// The main price stands within five percent of the backups' average, both ends
// included (ALP server, prices).
var lowest, highest = decimal.New(95, -2), decimal.New(105, -2)

// Agree returns the price to rank by: main where it agrees with the backups,
// else their average to 18 decimals. What did not answer is not Valid. It
// reports false when no backup answered, since one source alone may be wrong.
func Agree(main decimal.NullDecimal, backups []decimal.NullDecimal) (decimal.Decimal, bool) {
	var sum, count decimal.Decimal
	for _, b := range backups {
		if b.Valid {
			sum, count = sum.Add(b.Decimal), count.Add(one)
		}
	}
	if count.IsZero() {
		return decimal.Decimal{}, false
	}
	// Compared with the sum, the average need not be exact.
	if scaled := main.Decimal.Mul(count); main.Valid && scaled.Cmp(sum.Mul(lowest)) >= 0 && scaled.Cmp(sum.Mul(highest)) <= 0 {
		return main.Decimal, true
	}
	return sum.DivRound(count, valid.MaxDecimals), true
}
