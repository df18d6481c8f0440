package score

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Factor is one score among those that are joined.
type Factor struct {
	Name   string          `json:"name"`
	Weight decimal.Decimal `json:"weight"` // 0 to 1; the weights of all factors sum to 1
	Score  Score           `json:"score"`
}

// Joint is what several scores say together.
type Joint struct {
	// Value is the weighted mean of what is known, 0 to 100. It means nothing if
	// Level is Insufficient.
	Value decimal.Decimal `json:"value"`
	Level Level           `json:"level"`
	// Low and High are where Value may be: whatever the factors that are missing
	// turn out to be, and 5 points either way for the model, within 0 to 100.
	Low     decimal.Decimal `json:"low"`
	High    decimal.Decimal `json:"high"`
	Known   decimal.Decimal `json:"known"`   // weight of the factors that have a score, 0 to 1
	Missing []string        `json:"missing"` // factors that have none
}

// margin is how far off the translator takes itself to be.
var margin = decimal.New(5, 0)

// Join returns the weighted mean of scores. If less than a weight of known has a
// score, the mean would hide too much and is Insufficient; known is 0 to 1.
// Malformed input is [ErrInvalid].
func Join(factors []Factor, known decimal.Decimal) (Joint, error) {
	if err := validFactors(factors, known); err != nil {
		return Joint{}, err
	}
	j := Joint{Level: Insufficient}
	var sum decimal.Decimal
	for _, f := range factors {
		if f.Score.Level == Insufficient {
			j.Missing = append(j.Missing, f.Name)
			continue
		}
		j.Known = j.Known.Add(f.Weight)
		sum = sum.Add(f.Weight.Mul(f.Score.Value))
	}
	worst := sum.Add(one.Sub(j.Known).Mul(hundred))
	j.Low, j.High = clip(sum.Sub(margin), hundred), clip(worst.Add(margin), hundred)
	if j.Known.IsPositive() && j.Known.GreaterThanOrEqual(known) {
		j.Value = sum.DivRound(j.Known, places)
		j.Level = LevelOf(j.Value)
	}
	return j, nil
}

func validFactors(factors []Factor, known decimal.Decimal) error {
	const maxFactors = 1_000
	if err := check(
		rule{len(factors) <= maxFactors, "Factors", len(factors), "must be at most 1000"},
		rule{upTo(known, 1), "Known", known, "must be 0 to 1"},
	); err != nil {
		return err
	}
	var sum decimal.Decimal
	for i, f := range factors {
		field := func(name string) string { return fmt.Sprintf("Factors[%d].%s", i, name) }
		if err := check(
			rule{valid.Named(f.Name), field("Name"), f.Name, valid.MustBeNamed},
			rule{upTo(f.Weight, 1), field("Weight"), f.Weight, "must be 0 to 1"},
			rule{f.Score.Level == Insufficient || upTo(f.Score.Value.Round(places), 100), field("Score"), f.Score.Value, "must be 0 to 100"},
		); err != nil {
			return err
		}
		sum = sum.Add(f.Weight)
	}
	return check(rule{sum.Equal(one), "Factors.Weight", sum, "must sum to 1"})
}

// Profile is how risky a bond is in the six respects of the translator's risk
// engine.
type Profile struct {
	Credit        Score `json:"credit"`
	Rate          Score `json:"rate"`
	Liquidity     Score `json:"liquidity"`
	Concentration Score `json:"concentration"`
	ESG           Score `json:"esg"`
	Operational   Score `json:"operational"` // the translator takes 10 if nobody says
}

// Factors returns them with the risk engine's weights: 0.35 credit, 0.25 rate,
// 0.20 liquidity, 0.10 concentration, 0.08 ESG, 0.02 operational.
func (p Profile) Factors() []Factor {
	return []Factor{
		{"credit", dec("0.35"), p.Credit},
		{"rate", dec("0.25"), p.Rate},
		{"liquidity", dec("0.2"), p.Liquidity},
		{"concentration", dec("0.1"), p.Concentration},
		{"esg", dec("0.08"), p.ESG},
		{"operational", dec("0.02"), p.Operational},
	}
}
