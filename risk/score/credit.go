package score

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Credit is what is known of an issuer's ability to pay. A rating is needed; the
// rest is useful.
type Credit struct {
	Rating           string              `json:"rating"` // "AAA" to "D" with "+" and "-"; empty, or not on the scale, is no rating
	Outlook          Outlook             `json:"outlook"`
	DebtToEBITDA     decimal.NullDecimal `json:"debt_to_ebitda"`
	InterestCoverage decimal.NullDecimal `json:"interest_coverage"` // earnings by interest
	CurrentRatio     decimal.NullDecimal `json:"current_ratio"`     // current assets by current liabilities
	GrowthPct        decimal.NullDecimal `json:"gdp_growth_pct"`    // of the economy, per year
	InflationPct     decimal.NullDecimal `json:"inflation_pct"`
	PolicyRatePct    decimal.NullDecimal `json:"policy_rate_pct"` // of the central bank
}

// Outlook is where a rating is headed. The zero Outlook is not known.
type Outlook string

// The outlooks.
const (
	Positive   Outlook = "positive"
	Stable     Outlook = "stable"
	Negative   Outlook = "negative"
	Developing Outlook = "developing"
	OnWatch    Outlook = "on_watch"
)

var outlooks = map[Outlook]string{Positive: "-5", Stable: "0", Negative: "5", Developing: "2.5", OnWatch: "3"}

var ratings = []string{
	"AAA", "AA+", "AA", "AA-", "A+", "A", "A-", "BBB+", "BBB", "BBB-", "BB+", "BB", "BB-", "B+", "B", "B-", "C", "D",
}

// Score is the translator's: 0 for AAA to 100 for D in 17 even steps, and points
// for the outlook, three ratios and the economy.
//
//	outlook           positive -5, negative +5, developing +2.5, on watch +3
//	debt to EBITDA    above 6 +10, above 4 +5, below 2 -5
//	interest cover    below 1.5 +15, below 2.5 +8, above 5 -5
//	current ratio     below 1 +10, above 2 -3
//	growth            below 4% +8, above 7% -3
//	inflation         above 6% +5, below 3% -2
//	policy rate       above 7% +3, below 4% -2
//
// Malformed input is [ErrInvalid].
func (c Credit) Score() (Score, error) {
	if err := check(
		rule{c.Rating == "" || valid.Named(c.Rating), "Credit.Rating", c.Rating, valid.MustBeNamed},
		rule{known(c.Outlook, outlooks), "Credit.Outlook", string(c.Outlook), mustBeOurs},
		rule{ratio(c.DebtToEBITDA), "Credit.DebtToEBITDA", c.DebtToEBITDA.Decimal, mustBeRatio},
		rule{ratio(c.InterestCoverage), "Credit.InterestCoverage", c.InterestCoverage.Decimal, mustBeRatio},
		rule{ratio(c.CurrentRatio), "Credit.CurrentRatio", c.CurrentRatio.Decimal, mustBeRatio},
		rule{ratio(c.GrowthPct), "Credit.GrowthPct", c.GrowthPct.Decimal, mustBeRatio},
		rule{ratio(c.InflationPct), "Credit.InflationPct", c.InflationPct.Decimal, mustBeRatio},
		rule{ratio(c.PolicyRatePct), "Credit.PolicyRatePct", c.PolicyRatePct.Decimal, mustBeRatio},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("rating", notch(c.Rating), func(n decimal.Decimal) decimal.Decimal {
		return n.Mul(hundred).DivRound(decimal.New(int64(len(ratings)-1), 0), places)
	})
	word(&t, "outlook", c.Outlook, outlooks)
	t.use("debt_to_ebitda", c.DebtToEBITDA, steps(over("6", 10), over("4", 5), under("2", -5)))
	t.use("interest_coverage", c.InterestCoverage, steps(under("1.5", 15), under("2.5", 8), over("5", -5)))
	t.use("current_ratio", c.CurrentRatio, steps(under("1", 10), over("2", -3)))
	t.use("gdp_growth_pct", c.GrowthPct, steps(under("4", 8), over("7", -3)))
	t.use("inflation_pct", c.InflationPct, steps(over("6", 5), under("3", -2)))
	t.use("policy_rate_pct", c.PolicyRatePct, steps(over("7", 3), under("4", -2)))
	return t.score(), nil
}

// notch is how far below the best a rating is.
func notch(rating string) decimal.NullDecimal {
	i := slices.Index(ratings, rating)
	if i < 0 {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(decimal.New(int64(i), 0))
}
