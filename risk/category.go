package risk

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// Category is one of the eight respects in which a translation rates a bond.
type Category string

// The categories, in the order in which they are listed.
const (
	Liquidity    Category = "Liquidity Risk"
	Credit       Category = "Credit Risk"
	InterestRate Category = "Interest Rate Risk"
	Refinancing  Category = "Refinancing Risk"
	Leverage     Category = "Leverage Risk"
	Governance   Category = "Governance Risk"
	Legal        Category = "Legal Risk"
	ESG          Category = "ESG Risk"
)

// Weights say how much each category counts. They are 0 to 1 and sum to 1.
type Weights struct {
	Liquidity    decimal.Decimal `json:"liquidity"`
	Credit       decimal.Decimal `json:"credit"`
	InterestRate decimal.Decimal `json:"interest_rate"`
	Refinancing  decimal.Decimal `json:"refinancing"`
	Leverage     decimal.Decimal `json:"leverage"`
	Governance   decimal.Decimal `json:"governance"`
	Legal        decimal.Decimal `json:"legal"`
	ESG          decimal.Decimal `json:"esg"`
}

// SeedWeights are the translator's.
func SeedWeights() Weights {
	return Weights{
		Liquidity: hundredths(25), Credit: hundredths(25), InterestRate: hundredths(15), Refinancing: hundredths(10),
		Leverage: hundredths(10), Governance: hundredths(5), Legal: hundredths(5), ESG: hundredths(5),
	}
}

func (w Weights) validate() error {
	part := func(field string, d decimal.Decimal) rule {
		return rule{fraction(d), "Weights." + field, d, "must be 0 to 1"}
	}
	sum := decimal.Sum(w.Liquidity, w.Credit, w.InterestRate, w.Refinancing, w.Leverage, w.Governance, w.Legal, w.ESG)
	return check(
		part("Liquidity", w.Liquidity), part("Credit", w.Credit), part("InterestRate", w.InterestRate), part("Refinancing", w.Refinancing),
		part("Leverage", w.Leverage), part("Governance", w.Governance), part("Legal", w.Legal), part("ESG", w.ESG),
		rule{sum.Equal(one), "Weights", sum, "must sum to 1"},
	)
}

// rated is what is known of one category, and how much it counts.
type rated struct {
	category Category
	weight   decimal.Decimal
	// trust is how much the translator believes a score of the category, 0 to 1.
	trust    decimal.Decimal
	evidence Evidence
	score    func() (score.Score, error)
}

// rate lists the categories in order.
func (f Facts) rate(w Weights) []rated {
	return []rated{
		{Liquidity, w.Liquidity, hundredths(85), f.Liquidity.Evidence, f.Liquidity.score},
		{Credit, w.Credit, hundredths(90), f.Credit.Evidence, f.Credit.score},
		{InterestRate, w.InterestRate, hundredths(80), f.InterestRate.Evidence, f.InterestRate.score},
		{Refinancing, w.Refinancing, hundredths(75), f.Refinancing.Evidence, f.Refinancing.score},
		{Leverage, w.Leverage, hundredths(80), f.Leverage.Evidence, f.Leverage.score},
		{Governance, w.Governance, hundredths(70), f.Governance.Evidence, f.Governance.score},
		{Legal, w.Legal, hundredths(75), f.Legal.Evidence, f.Legal.score},
		{ESG, w.ESG, hundredths(70), f.ESG.Evidence, f.ESG.score},
	}
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
