package stress

import "math"

// The weights of the moving averages, and the least volatility of one step: a
// feed that stands still is not proof that nothing can move.
const (
	volDecay    = 0.97
	signalDecay = 0.85
	minVol      = 1e-4
)

// glance is what a forecast takes from the last Memory observations.
type glance struct {
	distance float64 // ln(ratio/floor); < 0 is a breach
	vol      float64 // of ln ratio per step, recent ones counting most
	usualVol float64 // the same, all steps counting alike
	sri      float64 // moving averages
	fx       float64 // of ln FXVol
	flow     float64
}

// logs returns ln(ratio/floor) and ln FXVol of each observation.
func logs(floor float64, seen []Observation) (distance, fx []float64) {
	distance, fx = make([]float64, len(seen)), make([]float64, len(seen))
	for i, o := range seen {
		distance[i], fx[i] = math.Log(o.Ratio)-math.Log(floor), math.Log(o.FXVol) // a quotient might overflow
	}
	return distance, fx
}

// look takes a glance at the end of seen, whose logs are given.
func look(seen []Observation, distance, fx []float64) glance {
	var squares, sri, fxMean, flow average
	total, first := 0.0, len(seen)-Memory
	for i := first; i < len(seen); i++ {
		if i > first {
			change := distance[i] - distance[i-1]
			squares.add(change*change, volDecay)
			total += change * change
		}
		sri.add(seen[i].SRI, signalDecay)
		fxMean.add(fx[i], signalDecay)
		flow.add(seen[i].Flow, signalDecay)
	}
	return glance{
		distance: distance[len(seen)-1],
		vol:      max(math.Sqrt(squares.mean()), minVol),
		usualVol: max(math.Sqrt(total/(Memory-1)), minVol),
		sri:      sri.mean(),
		fx:       fxMean.mean(),
		flow:     flow.mean(),
	}
}

// average is an exponentially weighted mean.
type average struct{ sum, weight float64 }

func (a *average) add(x, decay float64) {
	a.sum = decay*a.sum + x
	a.weight = decay*a.weight + 1
}

func (a *average) mean() float64 { return a.sum / a.weight }
