package score

import "github.com/shopspring/decimal"

// Legal is what is known of an issuer's disputes. Claims and covenants are needed.
type Legal struct {
	Claims   decimal.NullDecimal `json:"claims_to_equity"`   // what is claimed in open cases, by equity, >= 0
	Actions  decimal.NullDecimal `json:"regulatory_actions"` // that are open, >= 0
	Covenant Covenant            `json:"covenants"`
}

// Covenant is how an issuer keeps what it promised its lenders. The zero Covenant
// is not known.
type Covenant string

// The ways.
const (
	Kept     Covenant = "kept"
	Waived   Covenant = "waived" // broken, and lenders let it pass
	Breached Covenant = "breached"
)

var covenants = map[Covenant]string{Kept: "0", Waived: "15", Breached: "30"}

// Score is our judgement:
//
//	claims by equity     0 at none, 40 from one half on
//	regulatory actions   +15 for each of the first two
//	covenants            waived +15, breached +30
//
// Malformed input is [ErrInvalid].
func (l Legal) Score() (Score, error) {
	if err := check(
		rule{amount(l.Claims), "Legal.Claims", l.Claims.Decimal, mustBeAmount},
		rule{amount(l.Actions), "Legal.Actions", l.Actions.Decimal, mustBeAmount},
		rule{known(l.Covenant, covenants), "Legal.Covenant", string(l.Covenant), mustBeOurs},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("claims_to_equity", l.Claims, line("0", "0.5", 40))
	t.use("regulatory_actions", l.Actions, factor("15", 30))
	mustKnow(&t, "covenants", l.Covenant, covenants)
	return t.score(), nil
}
