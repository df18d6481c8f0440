package score

import "github.com/shopspring/decimal"

// ESG is what somebody says of an issuer's environmental, social and governance
// risk, 0 to 100 each, where more is riskier. The three are needed.
type ESG struct {
	Environmental decimal.NullDecimal `json:"environmental"`
	Social        decimal.NullDecimal `json:"social"`
	Governance    decimal.NullDecimal `json:"governance"`
	Regulation    Exposure            `json:"regulatory_risk"`
	Trend         Trend               `json:"sustainability_trend"`
}

// Exposure is how much new rules could hurt. The zero Exposure is not known.
type Exposure string

// The exposures.
const (
	LittleExposed Exposure = "low"
	Exposed       Exposure = "medium"
	MuchExposed   Exposure = "high"
)

// Trend is where things are headed. The zero Trend is not known.
type Trend string

// The trends.
const (
	Improving     Trend = "improving"
	Steady        Trend = "stable"
	Deteriorating Trend = "deteriorating"
)

var (
	exposures = map[Exposure]string{LittleExposed: "-5", Exposed: "0", MuchExposed: "10"}
	trends    = map[Trend]string{Improving: "-8", Steady: "0", Deteriorating: "12"}
)

// Score is the translator's:
//
//	0.4 environmental + 0.3 social + 0.3 governance
//	regulation   low -5, high +10
//	trend        improving -8, deteriorating +12
//
// Malformed input is [ErrInvalid].
func (e ESG) Score() (Score, error) {
	points := func(d decimal.NullDecimal) bool { return !d.Valid || upTo(d.Decimal, 100) }
	const must = "must be 0 to 100, or not known"
	if err := check(
		rule{points(e.Environmental), "ESG.Environmental", e.Environmental.Decimal, must},
		rule{points(e.Social), "ESG.Social", e.Social.Decimal, must},
		rule{points(e.Governance), "ESG.Governance", e.Governance.Decimal, must},
		rule{known(e.Regulation, exposures), "ESG.Regulation", string(e.Regulation), mustBeOurs},
		rule{known(e.Trend, trends), "ESG.Trend", string(e.Trend), mustBeOurs},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("environmental", e.Environmental, factor("0.4", 40))
	t.need("social", e.Social, factor("0.3", 30))
	t.need("governance", e.Governance, factor("0.3", 30))
	word(&t, "regulatory_risk", e.Regulation, exposures)
	word(&t, "sustainability_trend", e.Trend, trends)
	return t.score(), nil
}
