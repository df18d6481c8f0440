package stress_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestFirstPassageInClosedForm(t *testing.T) {
	rows := []struct {
		name                       string
		distance, drift, vol, time float64
		want                       float64
	}{
		{"one deviation away, without drift: twice the normal tail", 1, 0, 1, 1, 0.31731050786291415},
		{"two deviations away, over four steps", 4, 0, 1, 4, 0.04550026389635842},
		{"at the floor", 0, 0.5, 1, 1, 1},
		{"below it", -0.1, 0.5, 1, 1, 1},
		{"with all the time there is and a drift away: exp(-2 mu d/s²)", 1, 0.5, 1, 1e9, math.Exp(-1)},
		{"with all the time there is and a drift towards it", 1, -0.5, 1, 1e9, 1},
		{"a drift that settles it", 1, -1000, 1e-3, 1, 1},
		{"a drift that rules it out", 1, 1000, 1e-3, 1, 0},
		{"far away in a still market", 10, 0, 1e-4, 1, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			require.InDelta(t, row.want, stress.FirstPassage(row.distance, row.drift, row.vol, row.time), 1e-12)
		})
	}
}

// Paths of a diffusion, and between their points the chance that a bridge
// crosses, which makes the estimate exact but for its noise.
func TestFirstPassageIsWhatADiffusionDoes(t *testing.T) {
	const paths, points = 20_000, 20
	rng := rand.New(rand.NewPCG(1, 2))
	for _, drift := range []float64{-0.03, 0, 0.05} {
		for _, distance := range []float64{0.2, 0.8} {
			const vol, span = 0.1, 24.0
			dt := span / points
			survived := 0.0
			for range paths {
				x, alive := distance, 1.0
				for range points {
					next := x + drift*dt + vol*math.Sqrt(dt)*rng.NormFloat64()
					if next <= 0 {
						alive = 0
						break
					}
					alive *= -math.Expm1(-2 * x * next / (vol * vol * dt))
					x = next
				}
				survived += alive
			}
			want := 1 - survived/paths
			bound := 4 * math.Sqrt(0.25/paths) // four standard errors, at most
			require.InDelta(t, want, stress.FirstPassage(distance, drift, vol, span), bound, "drift %v distance %v", drift, distance)
		}
	}
}

func TestFirstPassageIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string, values ...float64) float64 { return rapid.SampledFrom(values).Draw(t, name) }
		d, mu := number("distance", 0.001, 0.05, 0.3, 2), number("drift", -0.01, 0, 0.01, 3)
		s, h := number("vol", 1e-4, 0.004, 0.02, 1), number("steps", 1, 24, 1000)
		p := stress.FirstPassage(d, mu, s, h)
		const bits = 1e-12
		require.GreaterOrEqual(t, p, 0.0)
		require.LessOrEqual(t, p, 1.0)
		require.LessOrEqual(t, stress.FirstPassage(2*d, mu, s, h), p+bits, "distance")
		require.LessOrEqual(t, stress.FirstPassage(d, mu+0.01, s, h), p+bits, "drift away")
		require.GreaterOrEqual(t, stress.FirstPassage(d, mu, s, 2*h), p-bits, "time")
		require.GreaterOrEqual(t, stress.FirstPassage(d, 0, 2*s, h), stress.FirstPassage(d, 0, s, h)-bits, "volatility")
	})
}

func TestTimeToBreachIsADiffusions(t *testing.T) {
	const second, span = time.Second, 1000 * time.Second
	for _, deviations := range []float64{0.05, 0.5, 1, 2, 4} {
		distance := deviations * math.Sqrt(1000)
		p := stress.FirstPassage(distance, 0, 1, 1000)
		got := stress.NewTimeToBreach(p, second, span)
		for q, by := range map[float64]time.Duration{0.5: got.P50, 0.9: got.P90} {
			share := func(t time.Duration) float64 { return stress.FirstPassage(distance, 0, 1, t.Seconds()) / p }
			require.GreaterOrEqual(t, share(by), q-1e-9, "%v deviations", deviations)
			if by > second {
				require.Less(t, share(by-second), q, "%v deviations: not a second later than needed", deviations)
			}
		}
	}
}

func TestTimeToBreachAtTheEnds(t *testing.T) {
	hours := func(n int) stress.TimeToBreach {
		by := time.Duration(n) * time.Hour
		return stress.TimeToBreach{P50: by, P90: by}
	}
	require.Equal(t, hours(24), stress.NewTimeToBreach(0, time.Hour, 24*time.Hour), "what hardly happens happens last")
	require.Equal(t, hours(24), stress.NewTimeToBreach(1e-300, time.Hour, 24*time.Hour))
	require.Equal(t, hours(1), stress.NewTimeToBreach(1, time.Hour, 24*time.Hour), "what must happen happens first")
	require.Equal(t, hours(1), stress.NewTimeToBreach(0.3, time.Hour, time.Hour))
}

// In a market that is a random walk the residual's model knows what the closed
// form knows, but for walks being seen once a step only.
func TestResidualsOfARandomWalkAreNormal(t *testing.T) {
	const vol = 0.01
	rng := rand.New(rand.NewPCG(3, 4))
	panel := make([]stress.History, 4)
	for b := range panel {
		panel[b] = stress.History{Floor: 1, Every: time.Hour, End: end}
		for log := range walk(rng, vol, 6000) {
			panel[b].Seen = append(panel[b].Seen, stress.Observation{Ratio: math.Exp(log), SRI: 40, FXVol: 8})
		}
	}
	m := fit(t, stress.Config{Method: stress.Residual, Calibration: stress.Uncalibrated}, newSample(t, panel))
	for _, distance := range []float64{0.01, 0.03, 0.06} {
		h := stress.History{Floor: 1, Every: time.Hour, End: end, Seen: make([]stress.Observation, stress.Memory)}
		for i := range h.Seen { // up and down by exactly vol
			h.Seen[i] = stress.Observation{Ratio: math.Exp(distance + vol*float64((i+1)%2)), SRI: 40, FXVol: 8}
		}
		f, err := m.Predict(h, horizon)
		require.NoError(t, err)
		seenOnceAStep := distance + 0.5826*vol // Broadie, Glasserman and Kou (1997)
		require.InDelta(t, stress.FirstPassage(seenOnceAStep, 0, vol, 12), f.P, 0.03, "distance %v", distance)
	}
}

// walk is a random walk between two mirrors, so that there are always examples
// near the floor.
func walk(rng *rand.Rand, vol float64, steps int) func(func(float64) bool) {
	return func(yield func(float64) bool) {
		const low, high = -0.02, 0.3
		x := 0.1
		for range steps {
			x += vol * rng.NormFloat64()
			x = low + math.Abs(x-low)
			x = high - math.Abs(high-x)
			if !yield(x) {
				return
			}
		}
	}
}
