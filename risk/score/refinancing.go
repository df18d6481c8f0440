package score

import "github.com/shopspring/decimal"

// Refinancing is what is known of an issuer's need to borrow again. What falls
// due and what covers it are needed.
type Refinancing struct {
	DueShare decimal.NullDecimal `json:"due_within_year_share"` // of all debt, what falls due within a year, 0 to 1
	Cover    decimal.NullDecimal `json:"cash_to_due"`           // cash and committed lines by what falls due, >= 0
	Access   Access              `json:"market_access"`
}

// Access is whether an issuer can borrow in the market. The zero Access is not
// known.
type Access string

// The degrees of access.
const (
	Open     Access = "open"
	Strained Access = "strained" // at a price, or not always
	Closed   Access = "closed"
)

var accesses = map[Access]string{Open: "0", Strained: "10", Closed: "20"}

// Score is our judgement: what falls due, and above all the part of it that
// nothing covers.
//
//	due      share that falls due within a year: 0 at none, 30 at one half
//	cover    50 at none, 0 at all of what falls due
//	access   strained +10, closed +20
//
// Malformed input is [ErrInvalid].
func (r Refinancing) Score() (Score, error) {
	if err := check(
		rule{share(r.DueShare), "Refinancing.DueShare", r.DueShare.Decimal, mustBeShare},
		rule{amount(r.Cover), "Refinancing.Cover", r.Cover.Decimal, mustBeAmount},
		rule{known(r.Access, accesses), "Refinancing.Access", string(r.Access), mustBeOurs},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("due_within_year_share", r.DueShare, line("0", "0.5", 30))
	t.need("cash_to_due", r.Cover, line("1", "0", 50))
	word(&t, "market_access", r.Access, accesses)
	return t.score(), nil
}
