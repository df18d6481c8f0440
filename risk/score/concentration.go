package score

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// maxHoldings of a portfolio in one respect.
const maxHoldings = 100_000

// Concentration is how a portfolio is spread: the shares, 0 to 1, that sectors,
// issuers, ratings and maturities have in it. All four are needed. Shares that
// sum to less than 1 leave the rest out; nil is not known.
type Concentration struct {
	Sectors    []decimal.Decimal `json:"sectors"`
	Issuers    []decimal.Decimal `json:"issuers"`
	Ratings    []decimal.Decimal `json:"ratings"`
	Maturities []decimal.Decimal `json:"maturities"`
}

// Score is the translator's, with HHI the sum of squared shares (the
// Herfindahl-Hirschman index):
//
//	min(100 HHI of sectors, 30) + min(100 HHI of issuers, 25)
//	largest rating     above 0.3 +20, above 0.2 +15
//	largest maturity   above 0.4 +15, above 0.25 +10
//
// Malformed input is [ErrInvalid].
func (c Concentration) Score() (Score, error) {
	var t tally
	for _, part := range []struct {
		name   string
		field  string
		shares []decimal.Decimal
		reduce func([]decimal.Decimal) decimal.Decimal
		points func(decimal.Decimal) decimal.Decimal
	}{
		{"sectors", "Sectors", c.Sectors, herfindahl, factor("100", 30)},
		{"issuers", "Issuers", c.Issuers, herfindahl, factor("100", 25)},
		{"ratings", "Ratings", c.Ratings, largest, steps(over("0.3", 20), over("0.2", 15))},
		{"maturities", "Maturities", c.Maturities, largest, steps(over("0.4", 15), over("0.25", 10))},
	} {
		if err := validShares("Concentration."+part.field, part.shares); err != nil {
			return Score{}, err
		}
		var d decimal.NullDecimal
		if len(part.shares) > 0 {
			d = decimal.NewNullDecimal(part.reduce(part.shares))
		}
		t.need(part.name, d, part.points)
	}
	return t.score(), nil
}

func validShares(field string, shares []decimal.Decimal) error {
	if err := check(rule{len(shares) <= maxHoldings, field, len(shares), "must be at most 100000"}); err != nil {
		return err
	}
	var sum decimal.Decimal
	for i, s := range shares {
		if !upTo(s, 1) {
			return check(rule{false, fmt.Sprintf("%s[%d]", field, i), s, "must be 0 to 1"})
		}
		sum = sum.Add(s)
	}
	return check(rule{sum.LessThanOrEqual(one), field, sum, "must sum to at most 1"})
}

func herfindahl(shares []decimal.Decimal) decimal.Decimal {
	var sum decimal.Decimal
	for _, s := range shares {
		sum = sum.Add(s.Mul(s))
	}
	return sum.Round(places)
}

func largest(shares []decimal.Decimal) decimal.Decimal { return decimal.Max(shares[0], shares[1:]...) }
