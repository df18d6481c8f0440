package stress

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
)

// Calibration turns a score, in log-odds, into a probability that never falls as
// the score rises. It is either a straight line in log-odds or a curve of points.
// Immutable by convention, so safe for concurrent use.
type Calibration struct {
	Intercept float64 `json:"intercept"`
	Slope     float64 `json:"slope"`            // >= 0
	Points    []Point `json:"points,omitempty"` // where there are some, they count and the line does not
}

// Point says what a score meant.
type Point struct {
	Score float64 `json:"score"` // rising
	P     float64 `json:"p"`     // never falling
}

// identity takes scores at their word.
var identity = Calibration{Slope: 1}

// trust is how much the line is held to the identity: a slice in which nothing
// happened, or only one thing, must not undo what the model learned.
const trust = 10

// FitPlatt fits ln(p/(1-p)) = Intercept + Slope score (Platt, "Probabilistic
// outputs for support vector machines" (1999)), with a ridge that holds it to
// Intercept 0 and Slope 1 where the examples say little. Scores are finite and as
// many as outcomes, else it is [ErrInvalid]. Nothing but breaches, or none at
// all, is accepted.
func FitPlatt(scores []float64, breached []bool) (Calibration, error) {
	if err := checkScores(scores, breached); err != nil {
		return Calibration{}, err
	}
	cells := make([]float64, 2*len(scores))
	rows := make([][]float64, len(scores))
	for i, score := range scores {
		rows[i] = cells[2*i : 2*i+2]
		rows[i][0], rows[i][1] = 1, score
	}
	line, err := regress(rows, breached, []float64{0, 1}, []float64{trust, trust})
	if err != nil {
		return Calibration{}, err
	}
	return Calibration{Intercept: rounded(line[0]), Slope: rounded(max(line[1], 0))}, nil
}

// FitIsotonic fits the best curve that never falls, by pooling adjacent
// violators (Ayer and others, "An empirical distribution function for sampling
// with incomplete information" (1955)), and joins the pools at their mean scores.
// No probability is surer than the rule of succession allows: all are within
// [1/(n+2), (n+1)/(n+2)]. There must be examples with and without a breach, and
// scores are finite and as many as outcomes, else it is [ErrInvalid].
func FitIsotonic(scores []float64, breached []bool) (Calibration, error) {
	if err := checkScores(scores, breached); err != nil {
		return Calibration{}, err
	}
	if err := bothKinds(breached); err != nil {
		return Calibration{}, err
	}
	least := 1 / float64(len(scores)+2)
	var c Calibration
	for _, p := range pools(scores, breached) {
		share := min(max(p.breaches/p.n, least), 1-least)
		c.Points = append(c.Points, Point{Score: rounded(p.scores / p.n), P: rounded(share)})
	}
	return c, nil
}

func checkScores(scores []float64, breached []bool) error {
	if len(scores) == 0 || len(scores) != len(breached) {
		return fmt.Errorf("%w: %d scores of %d outcomes: must be as many, and at least 1", ErrInvalid, len(scores), len(breached))
	}
	for i, score := range scores {
		if math.IsNaN(score) || math.IsInf(score, 0) {
			return fmt.Errorf("%w: score %d: %v: must be finite", ErrInvalid, i, score)
		}
	}
	return nil
}

// pool is a run of neighbouring scores that share a probability.
type pool struct{ n, scores, breaches float64 }

// pools joins neighbours until the share of breaches rises from each to the
// next. Equal scores belong together from the start.
func pools(scores []float64, breached []bool) []pool {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	var pooled []pool
	for first := 0; first < len(order); {
		var next pool
		for score := scores[order[first]]; first < len(order) && scores[order[first]] == score; first++ {
			next.n++
			next.scores += score
			if breached[order[first]] {
				next.breaches++
			}
		}
		for len(pooled) > 0 {
			last := pooled[len(pooled)-1]
			if last.breaches*next.n < next.breaches*last.n {
				break
			}
			next = pool{last.n + next.n, last.scores + next.scores, last.breaches + next.breaches}
			pooled = pooled[:len(pooled)-1]
		}
		pooled = append(pooled, next)
	}
	return pooled
}

// P returns the probability that a score means, in [0, 1].
func (c Calibration) P(score float64) float64 {
	if len(c.Points) == 0 {
		return logistic(c.Intercept + c.Slope*score)
	}
	i := sort.Search(len(c.Points), func(i int) bool { return c.Points[i].Score > score })
	switch i {
	case 0:
		return c.Points[0].P
	case len(c.Points):
		return c.Points[i-1].P
	}
	a, b := c.Points[i-1], c.Points[i]
	return a.P + (b.P-a.P)*(score-a.Score)/(b.Score-a.Score)
}

// validate checks that the calibration never falls.
func (c Calibration) validate() error {
	if c.Slope < 0 {
		return fmt.Errorf("%w: Calibration.Slope %v: must be >= 0", ErrInvalid, c.Slope)
	}
	for i, p := range c.Points {
		if p.P < 0 || p.P > 1 || i > 0 && (p.Score < c.Points[i-1].Score || p.P < c.Points[i-1].P) {
			return fmt.Errorf("%w: Calibration.Points[%d]: P %v at %v: must be in [0, 1] and not fall", ErrInvalid, i, p.P, p.Score)
		}
	}
	return nil
}
