package risk

import (
	"cmp"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

const (
	maxCitations = 20
	maxSkew      = 5 * time.Second // clocks differ by so much
	mustBePast   = "must be from 1900 to 2200, and not after now"
)

// Evidence says where something is known from.
type Evidence struct {
	Source    string    `json:"source"`    // who says so, as people know it
	At        time.Time `json:"as_of"`     // when it was so, from 1900 to 2200
	Citations []string  `json:"citations"` // where to look it up, up to 20
}

// Validate returns an [ErrInvalid] that names the first malformed field.
func (e Evidence) Validate(now time.Time) error { return e.validate("Evidence", now) }

func (e Evidence) validate(field string, now time.Time) error {
	if err := check(
		rule{valid.Named(e.Source), field + ".Source", e.Source, valid.MustBeNamed},
		rule{past(e.At, now), field + ".At", e.At, mustBePast},
		rule{len(e.Citations) <= maxCitations, field + ".Citations", len(e.Citations), "must be at most 20"},
	); err != nil {
		return err
	}
	for i, c := range e.Citations {
		if !valid.Named(c) {
			return valid.Error(ErrInvalid, fmt.Sprintf("%s.Citations[%d]", field, i), c, valid.MustBeNamed)
		}
	}
	return nil
}

// Fact is what is known of one category. The zero Fact is that nothing is.
type Fact[T interface{ Score() (score.Score, error) }] struct {
	Evidence
	// Stated is the score that Source gives. It goes before one made of Inputs.
	Stated decimal.NullDecimal `json:"score"`
	Inputs *T                  `json:"inputs"`
}

// known reports whether there is anything to go by.
func (f Fact[T]) known() bool { return f.Stated.Valid || f.Inputs != nil }

func (f Fact[T]) score() (score.Score, error) {
	switch {
	case f.Stated.Valid:
		return score.Stated(f.Stated.Decimal)
	case f.Inputs != nil:
		return (*f.Inputs).Score()
	default:
		return score.Unknown("score"), nil
	}
}

func (f Fact[T]) validate(field string, now time.Time) error {
	if !f.known() {
		return check(rule{f.Source == "", field + ".Source", f.Source, "must be empty without a score or inputs"})
	}
	if err := f.Evidence.validate(field, now); err != nil {
		return err
	}
	if _, err := f.score(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrInvalid, field, err)
	}
	return nil
}

// Facts are what is known of an instrument's risks.
type Facts struct {
	Liquidity    Fact[score.Liquidity]   `json:"liquidity"`
	Credit       Fact[score.Credit]      `json:"credit"`
	InterestRate Fact[score.Rate]        `json:"interest_rate"`
	Refinancing  Fact[score.Refinancing] `json:"refinancing"`
	Leverage     Fact[score.Leverage]    `json:"leverage"`
	Governance   Fact[score.Governance]  `json:"governance"`
	Legal        Fact[score.Legal]       `json:"legal"`
	ESG          Fact[score.ESG]         `json:"esg"`
}

// Validate returns an [ErrInvalid] that names the first fact that cannot be true
// at now.
func (f Facts) Validate(now time.Time) error {
	return cmp.Or(
		f.Liquidity.validate("Facts.Liquidity", now), f.Credit.validate("Facts.Credit", now),
		f.InterestRate.validate("Facts.InterestRate", now), f.Refinancing.validate("Facts.Refinancing", now),
		f.Leverage.validate("Facts.Leverage", now), f.Governance.validate("Facts.Governance", now),
		f.Legal.validate("Facts.Legal", now), f.ESG.validate("Facts.ESG", now),
	)
}

// evidence lists where the known facts are known from.
func (f Facts) evidence() []Evidence {
	var all []Evidence
	for _, r := range f.rate(Weights{}) {
		if r.evidence.Source != "" {
			all = append(all, r.evidence)
		}
	}
	return all
}

func past(t, now time.Time) bool { return valid.Dated(t) && !t.After(now.Add(maxSkew)) }
