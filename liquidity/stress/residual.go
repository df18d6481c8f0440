package stress

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// residuals is the model of the empirical residual: the lowest point of a
// horizon, in units of recent volatility, is taken to be distributed as it has
// been, whatever that distribution is.
type residuals struct {
	N     int    `json:"n"`
	Knots []knot `json:"knots"` // rising in both
}

// knot is a point of a distribution function.
type knot struct {
	At    float64 `json:"at"`
	Share float64 `json:"share"` // of the sample that is <= At
}

// Knots are dense where it matters: each rank of the lowest ones, then steps of a
// twenty-fifth of the rank.
const dense = 25

func fitResiduals(s Sample) *residuals {
	lows := make([]float64, len(s.examples))
	for i, e := range s.examples {
		lows[i] = e.low / (e.seen.vol * math.Sqrt(float64(s.steps)))
	}
	slices.Sort(lows)
	r := &residuals{N: len(lows)}
	for rank := 1; ; rank += 1 + rank/dense {
		rank = min(rank, len(lows))
		k := knot{rounded(lows[rank-1]), rounded(float64(rank) / float64(len(lows)))}
		if last := len(r.Knots) - 1; last >= 0 && r.Knots[last].At == k.At {
			r.Knots[last] = k
		} else {
			r.Knots = append(r.Knots, k)
		}
		if rank == len(lows) {
			return r
		}
	}
}

func (r *residuals) score(g glance, steps int) (float64, []Driver) {
	at := func(vol float64) float64 { return logOdds(r.share(-g.distance / (vol * math.Sqrt(float64(steps))))) }
	usual, recent := at(g.usualVol), at(g.vol)
	return recent, []Driver{{Distance, usual}, {Volatility, recent - usual}}
}

// share is the part of the sample that was as low as x, by linear interpolation.
// What is lower than all of it gets half of one observation's share.
func (r *residuals) share(x float64) float64 {
	i := sort.Search(len(r.Knots), func(i int) bool { return r.Knots[i].At > x })
	switch i {
	case 0:
		return 0.5 / float64(r.N)
	case len(r.Knots):
		return 1
	}
	a, b := r.Knots[i-1], r.Knots[i]
	return a.Share + (b.Share-a.Share)*(x-a.At)/(b.At-a.At)
}

func (r *residuals) validate() error {
	if r.N < 1 || len(r.Knots) < 1 {
		return fmt.Errorf("%w: residuals: %d in %d knots: must have some", ErrInvalid, r.N, len(r.Knots))
	}
	for i, k := range r.Knots {
		if k.Share <= 0 || k.Share > 1 || i > 0 && (k.At <= r.Knots[i-1].At || k.Share < r.Knots[i-1].Share) {
			return fmt.Errorf("%w: residuals: knot %d: %v at %v: must be in (0, 1] and rise", ErrInvalid, i, k.Share, k.At)
		}
	}
	return nil
}
