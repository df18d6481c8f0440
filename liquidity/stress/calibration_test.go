package stress_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestIsotonicByHand(t *testing.T) {
	rows := []struct {
		name     string
		scores   []float64
		breached []bool
		want     []stress.Point
	}{
		{
			"neighbours out of order share their mean, the ends stay within the rule of succession",
			[]float64{1, 2, 3, 4, 5},
			[]bool{false, true, false, true, true},
			[]stress.Point{{1, 0.142857143}, {2.5, 0.5}, {4.5, 0.857142857}},
		},
		{
			"scores come in any order",
			[]float64{5, 3, 1, 4, 2},
			[]bool{true, false, false, true, true},
			[]stress.Point{{1, 0.142857143}, {2.5, 0.5}, {4.5, 0.857142857}},
		},
		{
			"equal scores have one probability, whatever their order",
			[]float64{0, 1, 1},
			[]bool{false, false, true},
			[]stress.Point{{0, 0.2}, {1, 0.5}},
		},
		{
			"a ranking upside down says nothing",
			[]float64{1, 2, 3, 4},
			[]bool{true, true, false, false},
			[]stress.Point{{2.5, 0.5}},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := stress.FitIsotonic(row.scores, row.breached)
			require.NoError(t, err)
			if diff := cmp.Diff(row.want, got.Points); diff != "" {
				t.Error(diff)
			}
		})
	}
	c, err := stress.FitIsotonic([]float64{0, 1, 1}, []bool{false, false, true})
	require.NoError(t, err)
	for score, want := range map[float64]float64{-9: 0.2, 0: 0.2, 0.5: 0.35, 1: 0.5, 9: 0.5} {
		require.InDelta(t, want, c.P(score), 1e-9, "points are joined, and nothing is beyond them")
	}
}

// The isotonic fit is also the largest of the least means: at i, the maximum over
// a <= i of the minimum over b >= i of the mean of a to b (Robertson, Wright and
// Dykstra, 1988).
func TestIsotonicIsTheMinMaxOfMeans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		breached := rapid.SliceOfN(rapid.Bool(), 2, 9).Draw(t, "breached")
		breached[0] = !breached[len(breached)-1] // both kinds
		scores := make([]float64, len(breached))
		for i := range scores {
			scores[i] = float64(i)
		}
		c, err := stress.FitIsotonic(scores, breached)
		require.NoError(t, err)
		least := 1 / float64(len(scores)+2)
		for _, p := range c.Points {
			for i := range breached {
				if want := minMax(breached, i); i == int(p.Score) && p.Score == float64(i) {
					require.InDelta(t, min(max(want, least), 1-least), p.P, 1e-8, "at %d", i)
				}
			}
		}
	})
}

func minMax(breached []bool, i int) float64 {
	largest := 0.0
	for a := 0; a <= i; a++ {
		least := 1.0
		for b := i; b < len(breached); b++ {
			n := 0.0
			for _, is := range breached[a : b+1] {
				if is {
					n++
				}
			}
			least = min(least, n/float64(b-a+1))
		}
		largest = max(largest, least)
	}
	return largest
}

func TestCalibrationNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		scores, breached := make([]float64, n), make([]bool, n)
		for i := range scores {
			scores[i] = rapid.SampledFrom([]float64{-30, -1, -0.5, 0, 0.5, 1, 30}).Draw(t, "score")
			breached[i] = rapid.Bool().Draw(t, "breached")
		}
		breached[0], breached[1] = true, false
		for name, fit := range map[string]func([]float64, []bool) (stress.Calibration, error){
			"platt": stress.FitPlatt, "isotonic": stress.FitIsotonic,
		} {
			c, err := fit(scores, breached)
			require.NoError(t, err)
			last := 0.0
			for score := -40.0; score <= 40; score += 0.25 {
				p := c.P(score)
				require.GreaterOrEqual(t, p, last, "%s at %v", name, score)
				require.LessOrEqual(t, p, 1.0)
				last = p
			}
		}
	})
}

func TestPlatt(t *testing.T) {
	// Scores that are off by a known line, 20,000 of them.
	rng := rand.New(rand.NewPCG(5, 6))
	scores, breached := make([]float64, 20_000), make([]bool, 20_000)
	for i := range scores {
		scores[i] = 2 * rng.NormFloat64()
		breached[i] = rng.Float64() < 1/(1+math.Exp(-(0.5*scores[i]-1)))
	}
	c, err := stress.FitPlatt(scores, breached)
	require.NoError(t, err)
	require.InDelta(t, 0.5, c.Slope, 0.05, "overconfidence is undone")
	require.InDelta(t, -1, c.Intercept, 0.08, "and so is bias")

	quiet, err := stress.FitPlatt(make([]float64, 20), make([]bool, 20))
	require.NoError(t, err)
	// With all scores 0 and no breach the intercept a solves -20/(1+exp(-a)) = 10 a.
	require.InDelta(t, -20/(1+math.Exp(-quiet.Intercept)), 10*quiet.Intercept, 1e-6, "a short quiet slice only leans")
	require.InDelta(t, 1, quiet.Slope, 0)

	upsideDown, err := stress.FitPlatt([]float64{-30, -20, 20, 30}, []bool{true, true, false, false})
	require.NoError(t, err)
	require.Zero(t, upsideDown.Slope, "what ranks the wrong way is not turned round")
}

func TestWhatCannotBeCalibratedIsRefused(t *testing.T) {
	rows := []struct {
		name     string
		scores   []float64
		breached []bool
		want     string
	}{
		{"nothing", nil, nil, "0 scores of 0 outcomes: must be as many, and at least 1"},
		{"an outcome too many", []float64{1}, []bool{true, false}, "1 scores of 2 outcomes: must be as many, and at least 1"},
		{"an infinite score", []float64{0, math.Inf(1)}, []bool{true, false}, "score 1: +Inf: must be finite"},
		{"a score that is no number", []float64{math.NaN(), 0}, []bool{true, false}, "score 0: NaN: must be finite"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := stress.FitPlatt(row.scores, row.breached)
			require.EqualError(t, err, "stress: invalid: "+row.want)
			_, err = stress.FitIsotonic(row.scores, row.breached)
			require.EqualError(t, err, "stress: invalid: "+row.want)
			require.ErrorIs(t, err, stress.ErrInvalid)
		})
	}
	_, err := stress.FitIsotonic([]float64{1, 2}, []bool{false, false})
	require.EqualError(t, err, "stress: invalid: 2 examples of one kind: must be some with a breach and some without")
}
