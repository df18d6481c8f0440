package market

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Outcome is what became of a sale by a recommended route, beside what had been
// predicted of it.
type Outcome struct {
	At   time.Time       `json:"at"` // of the prediction, from 1900 to 2200
	Path Path            `json:"path"`
	Size decimal.Decimal `json:"size"` // face value, > 0

	PredictedFill    decimal.Decimal `json:"predicted_fill"`    // probability, 0 to 1
	PredictedMinutes decimal.Decimal `json:"predicted_minutes"` // > 0

	Filled bool `json:"filled"`
	// Minutes until it was filled, or until it was given up, > 0.
	Minutes decimal.Decimal `json:"minutes"`
}

func (o Outcome) validate() error {
	return check(
		rule{valid.Dated(o.At), "Outcome.At", o.At, valid.MustBeDated},
		rule{slices.Contains(Paths(), o.Path), "Outcome.Path", string(o.Path), mustBeOurs},
		rule{valid.Positive(o.Size), "Outcome.Size", o.Size, valid.MustBePositive},
		rule{fraction(o.PredictedFill), "Outcome.PredictedFill", o.PredictedFill, "must be 0 to 1"},
		rule{valid.Positive(o.PredictedMinutes), "Outcome.PredictedMinutes", o.PredictedMinutes, valid.MustBePositive},
		rule{valid.Positive(o.Minutes), "Outcome.Minutes", o.Minutes, valid.MustBePositive},
	)
}

func validateOutcomes(outcomes []Outcome) error {
	if len(outcomes) > maxTrials {
		return invalid("Outcomes", len(outcomes), "must be at most 1000000")
	}
	for i, o := range outcomes {
		if err := o.validate(); err != nil {
			return fmt.Errorf("outcome %d: %w", i, err)
		}
	}
	return nil
}

// Accuracy says how good predictions were.
type Accuracy struct {
	N     int `json:"n"`
	Fills int `json:"fills"`
	// Brier is the mean squared error of the fill probability, 0 to 1; less is
	// better (Brier, "Verification of forecasts expressed in terms of probability"
	// (1950)).
	Brier decimal.Decimal `json:"brier"`
	// Reference is the Brier of always saying the rate at which these were filled.
	Reference decimal.Decimal `json:"reference_brier"`
	// MAPE is the mean of |predicted - taken|/taken over the fills, as a fraction;
	// not valid without fills.
	MAPE decimal.NullDecimal `json:"mape"`
}

// Skill is 1 - Brier/Reference, to 12 decimals: 1 is perfect, 0 no better than
// the rate alone, below 0 worse. Not valid if all or none were filled.
func (a Accuracy) Skill() decimal.NullDecimal {
	if a.Reference.IsZero() {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(one.Sub(a.Brier.DivRound(a.Reference, digits)))
}

// Judge compares predictions with what became of them, to 12 decimals. No
// outcomes are an [ErrInsufficient], malformed ones an [ErrInvalid].
func Judge(outcomes []Outcome) (Accuracy, error) {
	if err := validateOutcomes(outcomes); err != nil {
		return Accuracy{}, err
	}
	if len(outcomes) == 0 {
		return Accuracy{}, fmt.Errorf("%w: no outcomes", ErrInsufficient)
	}
	a := Accuracy{N: len(outcomes)}
	var squares, parts decimal.Decimal
	for _, o := range outcomes {
		off := o.PredictedFill
		if o.Filled {
			off = one.Sub(off)
			a.Fills++
			parts = parts.Add(o.PredictedMinutes.Sub(o.Minutes).Abs().DivRound(o.Minutes, places))
		}
		squares = squares.Add(off.Mul(off))
	}
	n, fills := whole(a.N), whole(a.Fills)
	a.Brier = squares.DivRound(n, digits)
	a.Reference = fills.Mul(n.Sub(fills)).DivRound(n.Mul(n), digits)
	if a.Fills > 0 {
		a.MAPE = decimal.NewNullDecimal(parts.DivRound(fills, digits))
	}
	return a, nil
}

// Record is what a [Recommender] learns from: outcomes by path and bucket of
// sizes. It is immutable; the zero Record has none.
type Record struct {
	tallies map[cell]tally
}

type cell struct {
	path   Path
	bucket int
}

// tally is what came of the trials of one cell.
type tally struct {
	fills, trials int
	p50, p90      decimal.NullDecimal // of the time to a fill, if there are enough
}

// buckets are where sizes stop being alike: the lot that P2P calls small, and the
// steps of RFQ.
var buckets = []decimal.Decimal{decimal.New(100, 3), decimal.New(500, 3), decimal.New(2000, 3)}

func bucketOf(size decimal.Decimal) int {
	for i, b := range buckets {
		if size.LessThan(b) {
			return i
		}
	}
	return len(buckets)
}

// minFills make times of a cell better known than by the model.
const minFills = 30

// NewRecord returns the record of outcomes, in any order, at most 1,000,000.
// Malformed ones are an [ErrInvalid].
func NewRecord(outcomes []Outcome) (Record, error) {
	if err := validateOutcomes(outcomes); err != nil {
		return Record{}, err
	}
	cells := make(map[cell][]Outcome)
	for _, o := range outcomes {
		c := cell{o.Path, bucketOf(o.Size)}
		cells[c] = append(cells[c], o)
	}
	r := Record{make(map[cell]tally, len(cells))}
	for c, all := range cells {
		r.tallies[c] = newTally(all)
	}
	return r, nil
}

func newTally(outcomes []Outcome) tally {
	t := tally{trials: len(outcomes)}
	for _, o := range outcomes {
		if o.Filled {
			t.fills++
		}
	}
	if t.fills >= minFills {
		curve := survival(outcomes)
		t.p50, t.p90 = fillMinutes(curve, 0.5), fillMinutes(curve, 0.9)
	}
	return t
}

func (r Record) tally(path Path, size decimal.Decimal) tally {
	return r.tallies[cell{path, bucketOf(size)}]
}

func (t tally) quantiles() (p50, p90 decimal.NullDecimal, ok bool) {
	return t.p50, t.p90, t.fills >= minFills
}

// step of a survival curve: the share of sales that is not filled after so many
// minutes.
type step struct{ minutes, left float64 }

// survival is the product-limit estimate of the time to a fill, in which a sale
// that was given up counts for as long as it was tried (Kaplan and Meier,
// "Nonparametric estimation from incomplete observations" (1958)).
func survival(outcomes []Outcome) []step {
	type end struct {
		minutes float64
		filled  bool
	}
	ends := make([]end, len(outcomes))
	for i, o := range outcomes {
		ends[i] = end{number(o.Minutes), o.Filled}
	}
	slices.SortFunc(ends, func(a, b end) int { return cmp.Compare(a.minutes, b.minutes) })
	var curve []step
	left := 1.0
	for i := 0; i < len(ends); {
		atRisk, fills, at := len(ends)-i, 0, ends[i].minutes
		for ; i < len(ends) && ends[i].minutes == at; i++ {
			if ends[i].filled {
				fills++
			}
		}
		if fills > 0 {
			left *= float64(atRisk-fills) / float64(atRisk)
			curve = append(curve, step{at, left})
		}
	}
	return curve
}

// fillMinutes returns after how many minutes a share q was filled, not valid if that was
// not seen.
func fillMinutes(curve []step, q float64) decimal.NullDecimal {
	const slack = 1e-12 // of products that should be round
	for _, s := range curve {
		if s.left <= 1-q+slack {
			return decimal.NewNullDecimal(statistic(s.minutes))
		}
	}
	return decimal.NullDecimal{}
}
