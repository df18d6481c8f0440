package score

import "github.com/shopspring/decimal"

// Governance is what is known of who runs an issuer, and how. The board and the
// audit are needed.
type Governance struct {
	Independent  decimal.NullDecimal `json:"independent_share"`        // of directors, 0 to 1
	Audit        Opinion             `json:"audit_opinion"`            // of the last accounts
	Pledged      decimal.NullDecimal `json:"pledged_share"`            // of the owners' stake, that is pledged to lenders, 0 to 1
	Related      decimal.NullDecimal `json:"related_party_share"`      // of sales, that are to related parties, 0 to 1
	Restatements decimal.NullDecimal `json:"restatements_three_years"` // of accounts, >= 0
}

// Opinion is what an auditor says. The zero Opinion is not known.
type Opinion string

// The opinions.
const (
	Clean     Opinion = "clean"
	Qualified Opinion = "qualified"
	Adverse   Opinion = "adverse" // or disclaimed
)

var opinions = map[Opinion]string{Clean: "0", Qualified: "20", Adverse: "35"}

// Score is our judgement:
//
//	independent directors   25 at none, 0 from one half on
//	audit opinion           qualified +20, adverse +35
//	pledged stake           0 at none, 20 from one half on
//	related-party sales     0 at none, 10 from one fifth on
//	restatements            +10 from the first
//
// Malformed input is [ErrInvalid].
func (g Governance) Score() (Score, error) {
	if err := check(
		rule{share(g.Independent), "Governance.Independent", g.Independent.Decimal, mustBeShare},
		rule{known(g.Audit, opinions), "Governance.Audit", string(g.Audit), mustBeOurs},
		rule{share(g.Pledged), "Governance.Pledged", g.Pledged.Decimal, mustBeShare},
		rule{share(g.Related), "Governance.Related", g.Related.Decimal, mustBeShare},
		rule{amount(g.Restatements), "Governance.Restatements", g.Restatements.Decimal, mustBeAmount},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("independent_share", g.Independent, line("0.5", "0", 25))
	mustKnow(&t, "audit_opinion", g.Audit, opinions)
	t.use("pledged_share", g.Pledged, line("0", "0.5", 20))
	t.use("related_party_share", g.Related, line("0", "0.2", 10))
	t.use("restatements_three_years", g.Restatements, steps(over("0", 10)))
	return t.score(), nil
}
