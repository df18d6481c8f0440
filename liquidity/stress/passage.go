package stress

import (
	"fmt"
	"math"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// FirstPassage returns the probability that a diffusion falls by distance or
// more within so many steps, seen at every instant:
//
//	Phi((-d - mu H)/(s sqrt H)) + exp(-2 mu d/s²) Phi((-d + mu H)/(s sqrt H))
//
// with distance d, drift mu and volatility s per step (Borodin and Salminen,
// "Handbook of Brownian Motion" (2002), 2.1.2.4). distance <= 0 is 1. vol and
// steps are > 0, all arguments finite.
func FirstPassage(distance, drift, vol, steps float64) float64 {
	if distance <= 0 {
		return 1
	}
	deviation := vol * math.Sqrt(steps)
	direct := phi((-distance - drift*steps) / deviation)
	// exp and phi may overflow and vanish apart, but not together: their product
	// is at most 1.
	reflected := math.Exp(-2*drift*distance/(vol*vol) + logPhi((-distance+drift*steps)/deviation))
	return min(direct+reflected, 1)
}

// phi is the standard normal distribution function.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// logPhi is ln phi; far below zero, where phi vanishes, by the first terms of
// its asymptotic series (Abramowitz and Stegun 26.2.12).
func logPhi(x float64) float64 {
	if x > -30 {
		return math.Log(phi(x))
	}
	return -x*x/2 - math.Log(-x*math.Sqrt(2*math.Pi)) + math.Log1p(-1/(x*x))
}

// passage is the model of first passage: a diffusion without drift, since a
// drift seen in 200 steps is mostly noise, and never less than the chance of one
// fall that is large enough by itself.
type passage struct {
	Falls falls `json:"falls"`
}

func fitPassage(s Sample) *passage {
	return &passage{Falls: fitFalls(s)}
}

func (p *passage) score(g glance, steps int) (float64, []Driver) {
	usual := logOdds(FirstPassage(g.distance, 0, g.usualVol, float64(steps)))
	moved := FirstPassage(g.distance, 0, g.vol, float64(steps))
	both := logOdds(max(moved, p.Falls.within(g.distance, steps)))
	return both, []Driver{
		{Distance, usual},
		{Volatility, logOdds(moved) - usual},
		{Jumps, both - logOdds(moved)},
	}
}

// falls is the tail of what a ratio loses in one step: beyond Threshold a loss
// is generalized Pareto, Rate of the steps get there.
type falls struct {
	Threshold float64 `json:"threshold"` // of ln ratio, >= 0
	Rate      float64 `json:"rate"`      // in [0, 1]
	Xi        float64 `json:"xi"`        // shape, in [0, 0.5)
	Beta      float64 `json:"beta"`      // scale, >= 0; 0 if nothing ever fell
}

// fitFalls fits the tail of all steps of a sample. Where reserve refuses the
// fit, an exponential with the mean excess stands in.
func fitFalls(s Sample) falls {
	losses := make([]float64, len(s.examples))
	for i, e := range s.examples {
		losses[i] = max(-e.change, 0)
	}
	tail, refusal, err := reserve.FitTail(losses)
	if err != nil || tail.Nu == 0 {
		return falls{} // nothing ever fell
	}
	f := falls{Threshold: tail.Threshold, Rate: float64(tail.Nu) / float64(tail.N), Xi: tail.Xi, Beta: tail.Beta}
	if refusal != "" || tail.Xi < 0 {
		f.Xi, f.Beta = 0, meanExcess(losses, tail)
	}
	return falls{Threshold: rounded(f.Threshold), Rate: rounded(f.Rate), Xi: rounded(f.Xi), Beta: rounded(f.Beta)}
}

func meanExcess(losses []float64, tail reserve.Tail) (mean float64) {
	for _, loss := range losses {
		mean += max(loss-tail.Threshold, 0) / float64(tail.Nu)
	}
	return mean
}

// within is the probability that at least one of so many steps falls by
// distance: 1 - exp(-H lambda), lambda the Poisson intensity of such falls.
func (f falls) within(distance float64, steps int) float64 {
	if f.Beta == 0 {
		return 0
	}
	excess := max(distance-f.Threshold, 0) / f.Beta
	log := -excess // the limit xi -> 0
	if f.Xi > 1e-9 {
		log = -math.Log1p(f.Xi*excess) / f.Xi
	}
	return -math.Expm1(-float64(steps) * f.Rate * math.Exp(log))
}

func (p *passage) validate() error {
	if f := p.Falls; f.Threshold < 0 || f.Rate < 0 || f.Rate > 1 || f.Xi < 0 || f.Beta < 0 {
		return fmt.Errorf("%w: falls %+v: must be >= 0, and Rate <= 1", ErrInvalid, f)
	}
	return nil
}
