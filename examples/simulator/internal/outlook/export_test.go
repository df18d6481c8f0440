package outlook

import (
	"math/rand/v2"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// What the tests of the model itself look at.

// Hours is the length of the synthetic year.
const Hours = hours

// System is a synthetic year.
type System = system

// NewSystem draws one.
func NewSystem(seed uint64, banks int) System { return newSystem(seed, banks) }

// NextShock and NextStress are the chains of the hidden truth.
func NextShock(rng *rand.Rand, shock bool) bool { return nextShock(rng, shock) }

func NextStress(rng *rand.Rand, stressed, shock bool) bool { return nextStress(rng, stressed, shock) }

// JudgeFunding judges the funding market alone.
func JudgeFunding() (Funding, error) { return judgeFunding() }

// Shocked and Stressed are the hidden truth of an hour, Log the ln ratio.
func (s system) Shocked(hour int) bool        { return s.hidden[0][hour].shock }
func (s system) Stressed(bank, hour int) bool { return s.hidden[bank][hour].stressed }
func (s system) Log(bank, hour int) float64   { return s.log[bank][hour] }

// BestForecasts returns the oracle's forecast for a hidden state and ln ratio.
func BestForecasts() func(shock, stressed bool, log float64) float64 {
	o := newOracle()
	return func(shock, stressed bool, log float64) float64 { return o.p(hidden{shock, stressed}, log) }
}

// Seen is what predictors see of an hour.
func (s system) Seen(bank, hour int) stress.Observation { return s.panel[bank].Seen[hour] }
