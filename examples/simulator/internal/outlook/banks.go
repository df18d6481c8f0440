package outlook

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// The synthetic system: banks whose ratio is pulled to its usual level, until
// stress builds up unseen, drains it, and shakes it. A shock common to all makes
// that far more likely. Rates are per hour.
const (
	hours   = 365 * 24
	horizon = 24 * time.Hour
	floor   = 1.0
	usual   = 1.20 // ratio at rest
	pull    = 0.01 // of the distance to it, in ln

	shockBegins   = 1.0 / 2000
	shockEnds     = 1.0 / 72
	stressBegins  = 1.0 / 1500
	stressInShock = 1.0 / 60 // more, while a shock lasts
	stressEnds    = 1.0 / 48

	drain       = 0.0035 // of ln ratio under stress
	calmVol     = 0.004
	stressVol   = 0.012
	calmJumps   = 0.0005
	stressJumps = 0.01
	jumpMean    = 0.04
)

// start is when every year begins; nothing depends on it.
var start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// hidden is what no predictor sees.
type hidden struct{ shock, stressed bool }

// system is a year of all banks, with the hidden truth beside it.
type system struct {
	panel  []stress.History
	hidden [][]hidden  // by bank and hour
	log    [][]float64 // ln ratio
}

// newSystem draws a year; the same seed draws the same one.
func newSystem(seed uint64, banks int) system {
	rng := rand.New(rand.NewPCG(seed, 0))
	s := system{panel: make([]stress.History, banks), hidden: make([][]hidden, banks), log: make([][]float64, banks)}
	for b := range banks {
		s.hidden[b], s.log[b] = make([]hidden, hours), make([]float64, hours)
		s.log[b][0] = math.Log(usual)
		s.panel[b] = stress.History{
			Floor: floor, Every: time.Hour, End: start.Add((hours - 1) * time.Hour),
			Seen: make([]stress.Observation, hours),
		}
		s.panel[b].Seen[0] = stress.Observation{Ratio: usual, SRI: 35, FXVol: 8}
	}
	risk := make([]float64, banks) // builds up under stress, ahead of the drain
	for t := 1; t < hours; t++ {
		shock := nextShock(rng, s.hidden[0][t-1].shock)
		for b := range banks {
			now := hidden{shock, nextStress(rng, s.hidden[b][t-1].stressed, shock)}
			s.hidden[b][t] = now
			risk[b] = 0.95*risk[b] + 0.3*rng.NormFloat64() + 0.08*one(now.stressed)
			before := s.log[b][t-1]
			s.log[b][t] = before + pull*(math.Log(usual)-before) + now.move(rng)
			s.panel[b].Seen[t] = stress.Observation{
				Ratio: math.Exp(s.log[b][t]),
				SRI:   min(max(35+12*risk[b]+6*rng.NormFloat64(), 0), 100),
				FXVol: math.Exp(math.Log(8) + 0.35*one(shock) + 0.2*one(now.stressed) + 0.15*rng.NormFloat64()),
				Flow:  -0.002*one(now.stressed) + 0.002*rng.NormFloat64(),
			}
		}
	}
	return s
}

func nextShock(rng *rand.Rand, shock bool) bool {
	if shock {
		return rng.Float64() >= shockEnds
	}
	return rng.Float64() < shockBegins
}

func nextStress(rng *rand.Rand, stressed, shock bool) bool {
	if stressed {
		return rng.Float64() >= stressEnds
	}
	return rng.Float64() < stressBegins+stressInShock*one(shock)
}

// move is what happens to ln ratio in an hour, beside the pull: the drain of
// stress, noise after Student's t with 4 degrees of freedom scaled to variance 1,
// and jumps down.
func (h hidden) move(rng *rand.Rand) float64 {
	vol, jumps := calmVol, calmJumps
	if h.stressed {
		vol, jumps = stressVol, stressJumps
	}
	moved := -drain * one(h.stressed)
	if rng.Float64() < jumps {
		moved -= jumpMean * rng.ExpFloat64()
	}
	chi2 := 2 * (rng.ExpFloat64() + rng.ExpFloat64()) // of 4 degrees
	return moved + vol*rng.NormFloat64()/math.Sqrt(chi2/4)/math.Sqrt2
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// hour is the index of a time of the year.
func hour(at time.Time) int { return int(at.Sub(start) / time.Hour) }
