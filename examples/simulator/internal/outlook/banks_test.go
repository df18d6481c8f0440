package outlook_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/outlook"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestTheHiddenStateChangesAtTheRatesItIsDescribedBy(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	rows := []struct {
		name string
		next func() bool
		rate float64
	}{
		{"a shock begins", func() bool { return outlook.NextShock(rng, false) }, 1. / 2000},
		{"a shock lasts", func() bool { return outlook.NextShock(rng, true) }, 1 - 1./72},
		{"stress begins", func() bool { return outlook.NextStress(rng, false, false) }, 1. / 1500},
		{"stress begins in a shock", func() bool { return outlook.NextStress(rng, false, true) }, 1./1500 + 1./60},
		{"stress lasts", func() bool { return outlook.NextStress(rng, true, false) }, 1 - 1./48},
		{"stress lasts in a shock", func() bool { return outlook.NextStress(rng, true, true) }, 1 - 1./48},
	}
	const draws = 2_000_000
	for _, row := range rows {
		is := 0
		for range draws {
			if row.next() {
				is++
			}
		}
		deviation := math.Sqrt(row.rate * (1 - row.rate) / draws)
		require.InDelta(t, row.rate, float64(is)/draws, 4*deviation, row.name)
	}
}

// What the description of the process says of its moments, over five years of 40
// banks.
func TestTheSystemHasTheMomentsItIsDescribedBy(t *testing.T) {
	var stressed, calmHours, calm2, stress2, flow float64
	var sri [2]float64
	for seed := range uint64(5) {
		s := outlook.NewSystem(seed+1, 40)
		for h := 1; h < outlook.Hours; h++ {
			for b := range 40 {
				before, x := s.Log(b, h-1), s.Log(b, h)
				move := x - before - 0.01*(math.Log(1.2)-before)
				o := s.Seen(b, h)
				if s.Stressed(b, h) {
					stressed++
					stress2 += move * move
					flow += o.Flow
					sri[1] += o.SRI
					continue
				}
				calmHours++
				calm2 += move * move
				sri[0] += o.SRI
			}
		}
	}
	require.InDelta(t, 0.004*0.004+0.0005*2*0.04*0.04, calm2/calmHours, 2e-6, "noise of variance 1, and jumps")
	require.InDelta(t, 0.012*0.012+0.01*2*0.04*0.04+0.0035*0.0035+2*0.0035*0.0004, stress2/stressed, 2e-5)
	require.InDelta(t, -0.002, flow/stressed, 1e-4)
	require.InDelta(t, 35, sri[0]/calmHours, 2)
	require.Greater(t, sri[1]/stressed, 45.0, "risk builds up under stress")
}

// The oracle must be right on average, whatever it says.
func TestTheOracleIsReliable(t *testing.T) {
	best := outlook.BestForecasts()
	require.Greater(t, best(false, true, 0.1), best(false, false, 0.1))
	require.Greater(t, best(true, false, 0.1), best(false, false, 0.1))
	require.Greater(t, best(false, false, 0.01), best(false, false, 0.02))
	require.InDelta(t, 1, best(true, true, -0.5), 1e-9)
	require.InDelta(t, 0, best(true, true, 3), 1e-9)

	var trials []stress.Trial
	for seed := range uint64(4) {
		s := outlook.NewSystem(seed+1, 40)
		for b := range 40 {
			for h := 0; h+24 < outlook.Hours; h += 24 { // a day apart, so that outcomes do not overlap
				if s.Log(b, h) < 0 {
					continue
				}
				one := stress.Trial{P: best(s.Shocked(h), s.Stressed(b, h), s.Log(b, h))}
				for k := 1; k <= 24; k++ {
					if s.Log(b, h+k) < 0 {
						one.After = 1
					}
				}
				trials = append(trials, one)
			}
		}
	}
	table, err := stress.Reliability(trials, 100)
	require.NoError(t, err)
	for _, bin := range table[90:] {
		deviation := math.Sqrt(bin.Forecast * (1 - bin.Forecast) / float64(bin.N))
		require.InDelta(t, bin.Forecast, bin.Observed, 4.5*deviation, "shared shocks spread it a little")
	}
}
