package stress

import (
	"fmt"
	"math"
	"slices"
)

// Signal is a column of a [Table].
type Signal struct {
	Name string
	// Clip is the share of examples, in [0, 0.5), whose values are drawn in at
	// each end. A signal that has a crisis only once in the sample needs it: what
	// lies beyond anything seen must not be extrapolated.
	Clip float64
}

// Table is a set of examples: a row of values for each, one per signal, and
// whether a breach followed.
type Table struct {
	Signals  []Signal // 1 to 32
	Rows     [][]float64
	Breached []bool
}

// maxSignals bounds the work of a fit.
const maxSignals = 32

// ridge is the penalty on squared standardised weights. It only matters where
// the examples would otherwise allow infinite weights.
const ridge = 1

// Logit is a logistic regression on clipped and standardised signals:
//
//	ln(p/(1-p)) = Intercept + sum of Weight (clip(x) - Mean)/Scale
//
// Immutable by convention, so safe for concurrent use.
type Logit struct {
	Intercept float64 `json:"intercept"`
	Terms     []Term  `json:"terms"` // in the order of the signals
}

// Term is one signal of a [Logit].
type Term struct {
	Name   string  `json:"name"`
	Low    float64 `json:"low"` // values are clipped to [Low, High]
	High   float64 `json:"high"`
	Mean   float64 `json:"mean"`
	Scale  float64 `json:"scale"` // > 0
	Weight float64 `json:"weight"`
}

// FitLogit fits a logistic regression by Newton's method with a ridge penalty.
// The table must have examples with and without a breach; else, and for values
// that are not finite, the error wraps [ErrInvalid]. The table is left as it is.
func FitLogit(t Table) (Logit, error) {
	if err := t.validate(); err != nil {
		return Logit{}, err
	}
	terms := make([]Term, len(t.Signals))
	for j, s := range t.Signals {
		terms[j] = newTerm(s, t.Rows, j)
	}
	cols := len(terms) + 1
	cells := make([]float64, len(t.Rows)*cols)
	rows := make([][]float64, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = cells[i*cols : (i+1)*cols]
		rows[i][0] = 1
		for j, term := range terms {
			rows[i][j+1] = term.standard(row[j])
		}
	}
	penalty := slices.Repeat([]float64{ridge}, cols)
	penalty[0] = 0 // the intercept is the base rate's
	weights, err := regress(rows, t.Breached, make([]float64, cols), penalty)
	if err != nil {
		return Logit{}, err
	}
	for j := range terms {
		terms[j].Weight = rounded(weights[j+1])
	}
	return Logit{Intercept: rounded(weights[0]), Terms: terms}, nil
}

func (t Table) validate() error {
	switch {
	case len(t.Signals) < 1 || len(t.Signals) > maxSignals:
		return fmt.Errorf("%w: Signals of %d: must be 1 to %d", ErrInvalid, len(t.Signals), maxSignals)
	case len(t.Rows) != len(t.Breached):
		return fmt.Errorf("%w: Breached of %d: must be as many as Rows, %d", ErrInvalid, len(t.Breached), len(t.Rows))
	}
	for _, s := range t.Signals {
		if !(s.Clip >= 0 && s.Clip < 0.5) {
			return fmt.Errorf("%w: signal %s: Clip %v: must be in [0, 0.5)", ErrInvalid, s.Name, s.Clip)
		}
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Signals) {
			return fmt.Errorf("%w: Rows[%d] of %d values: must have %d, one per signal", ErrInvalid, i, len(row), len(t.Signals))
		}
		for j, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("%w: Rows[%d]: %s %v: must be finite", ErrInvalid, i, t.Signals[j].Name, x)
			}
		}
	}
	return bothKinds(t.Breached)
}

// bothKinds checks that there is something to tell apart.
func bothKinds(breached []bool) error {
	if !slices.Contains(breached, true) || !slices.Contains(breached, false) {
		return fmt.Errorf("%w: %d examples of one kind: must be some with a breach and some without", ErrInvalid, len(breached))
	}
	return nil
}

// newTerm measures column j. Its numbers are rounded before they are used, so
// that the weights belong to what is stored.
func newTerm(s Signal, rows [][]float64, j int) Term {
	column := make([]float64, len(rows))
	for i, row := range rows {
		column[i] = row[j]
	}
	slices.Sort(column)
	cut := int(s.Clip * float64(len(column)))
	t := Term{Name: s.Name, Low: rounded(column[cut]), High: rounded(column[len(column)-1-cut])}
	var sum, squares float64
	for _, x := range column {
		sum += t.clip(x)
	}
	mean := sum / float64(len(column))
	for _, x := range column {
		off := t.clip(x) - mean
		squares += off * off
	}
	t.Mean, t.Scale = rounded(mean), rounded(math.Sqrt(squares/float64(len(column))))
	if t.Scale <= math.Abs(t.Mean)*1e-9 {
		t.Scale = 1 // a signal that never moves says nothing
	}
	return t
}

func (t Term) clip(x float64) float64     { return min(max(x, t.Low), t.High) }
func (t Term) standard(x float64) float64 { return (t.clip(x) - t.Mean) / t.Scale }

// Score returns the log-odds of a row, in the order of the terms, and what each
// term adds to them. Another number of values than terms, or one that is NaN, is
// an [ErrInvalid].
func (l Logit) Score(row []float64) (float64, []Driver, error) {
	if len(row) != len(l.Terms) {
		return 0, nil, fmt.Errorf("%w: row of %d values: must have %d, one per term", ErrInvalid, len(row), len(l.Terms))
	}
	for j, t := range l.Terms {
		if math.IsNaN(row[j]) {
			return 0, nil, fmt.Errorf("%w: %s %v: must be a number", ErrInvalid, t.Name, row[j])
		}
	}
	score, drivers := l.add(row)
	return score, drivers, nil
}

func (l Logit) add(row []float64) (float64, []Driver) {
	score, drivers := l.Intercept, make([]Driver, len(row))
	for j, t := range l.Terms {
		drivers[j] = Driver{t.Name, t.Weight * t.standard(row[j])}
		score += drivers[j].Contribution
	}
	return score, drivers
}
