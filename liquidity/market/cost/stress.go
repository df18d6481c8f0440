package cost

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Stress says by how much a market gets worse: each is a factor, up to 1,000, and
// 0 is 1, as it is.
type Stress struct {
	Spread     decimal.Decimal // of the distance from the mid of all that is quoted
	Volatility decimal.Decimal // of a day's standard deviation
	Volume     decimal.Decimal // of what is traded in a day, and of what the book holds
}

var maxFactor = decimal.New(1000, 0)

// filled returns s with 1 for 0.
func (s Stress) filled() (Stress, error) {
	for _, f := range []struct {
		name   string
		factor *decimal.Decimal
	}{{"Stress.Spread", &s.Spread}, {"Stress.Volatility", &s.Volatility}, {"Stress.Volume", &s.Volume}} {
		if !valid.NotNegative(*f.factor) || f.factor.GreaterThan(maxFactor) {
			return Stress{}, invalid(f.name, *f.factor, "must be 0 to 1000, with at most 18 decimals")
		}
		if f.factor.IsZero() {
			*f.factor = one
		}
	}
	return s, nil
}
