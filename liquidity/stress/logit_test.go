package stress_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// table has so many rows of one value, so many of which breached.
func table(groups ...[3]int) stress.Table {
	t := stress.Table{Signals: []stress.Signal{{Name: "x"}}}
	for _, g := range groups {
		value, n, breached := g[0], g[1], g[2]
		for i := range n {
			t.Rows = append(t.Rows, []float64{float64(value)})
			t.Breached = append(t.Breached, i < breached)
		}
	}
	return t
}

func chance(t *testing.T, l stress.Logit, row ...float64) float64 {
	t.Helper()
	score, _, err := l.Score(row)
	require.NoError(t, err)
	return 1 / (1 + math.Exp(-score))
}

func TestALogitOfTwoGroupsIsTheirRates(t *testing.T) {
	l, err := stress.FitLogit(table([3]int{0, 50_000, 5_000}, [3]int{1, 50_000, 25_000}))
	require.NoError(t, err)
	require.InDelta(t, 0.1, chance(t, l, 0), 1e-4, "the ridge takes no more")
	require.InDelta(t, 0.5, chance(t, l, 1), 1e-4)
	require.InDelta(t, 0.5, l.Terms[0].Mean, 0)
	require.InDelta(t, 0.5, l.Terms[0].Scale, 0)

	score, drivers, err := l.Score([]float64{1})
	require.NoError(t, err)
	require.InDelta(t, score, l.Intercept+drivers[0].Contribution, 1e-12)
	require.Equal(t, "x", drivers[0].Name)
	require.InDelta(t, l.Terms[0].Weight, drivers[0].Contribution, 1e-12, "one deviation above the mean")
}

func TestGroupsThatCanBeToldApartDoNotMakeWeightsInfinite(t *testing.T) {
	l, err := stress.FitLogit(table([3]int{0, 100, 0}, [3]int{1, 100, 100}))
	require.NoError(t, err)
	require.Less(t, l.Terms[0].Weight, 10.0)
	require.Greater(t, chance(t, l, 1), 0.95)
	require.Less(t, chance(t, l, 0), 0.05)
}

func TestASignalThatNeverMovesSaysNothing(t *testing.T) {
	for _, value := range []int{0, 7} {
		l, err := stress.FitLogit(table([3]int{value, 100, 10}))
		require.NoError(t, err)
		require.Zero(t, l.Terms[0].Weight)
		require.InDelta(t, 0.1, chance(t, l, float64(value)), 1e-9)
		require.InDelta(t, 0.1, chance(t, l, 1e9), 1e-9, "nor when it moves for the first time")
	}
}

func TestAClippedSignalIsNotExtrapolated(t *testing.T) {
	in := stress.Table{Signals: []stress.Signal{{"x", 0.1}}}
	for i := range 1000 {
		in.Rows = append(in.Rows, []float64{float64(i)})
		in.Breached = append(in.Breached, i%7 == 0 || i > 700)
	}
	rows := slices.Clone(in.Rows)
	l, err := stress.FitLogit(in)
	require.NoError(t, err)
	require.Equal(t, rows, in.Rows, "the table stays as it was")
	require.InDelta(t, 100.0, l.Terms[0].Low, 0)
	require.InDelta(t, 899.0, l.Terms[0].High, 0)
	require.InDelta(t, chance(t, l, 899), chance(t, l, 1e12), 0)
	require.InDelta(t, chance(t, l, 100), chance(t, l, math.Inf(-1)), 0)
	require.Greater(t, chance(t, l, 899), chance(t, l, 898))
}

// At the best weights the objective is flat: the residuals sum to zero, and their
// product with each standardised signal to the ridge's pull, which is the weight.
func TestTheFitIsTheBestThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64Range(1, 1000).Draw(t, "seed"), 0))
		steep := rapid.SampledFrom([]float64{0, 1, 8, 60}).Draw(t, "steep")
		in := stress.Table{Signals: []stress.Signal{{Name: "a"}, {Name: "b"}, {Name: "c", Clip: 0.05}}}
		for i := range 300 {
			a := rng.NormFloat64()
			row := []float64{1000 + a, a + 0.1*rng.NormFloat64(), rng.ExpFloat64()}
			in.Rows = append(in.Rows, row)
			in.Breached = append(in.Breached, i == 0 || i > 1 && rng.Float64() < 1/(1+math.Exp(4-steep*(a+row[2]))))
		}
		l, err := stress.FitLogit(in)
		require.NoError(t, err)
		slope := make([]float64, 4)
		for i, row := range in.Rows {
			score, drivers, err := l.Score(row)
			require.NoError(t, err)
			residual := -1 / (1 + math.Exp(-score))
			if in.Breached[i] {
				residual++
			}
			slope[0] += residual
			for j, d := range drivers {
				if w := l.Terms[j].Weight; w != 0 {
					slope[j+1] += residual * d.Contribution / w
				}
			}
		}
		for j, term := range l.Terms {
			slope[j+1] -= term.Weight
		}
		for _, s := range slope {
			require.InDelta(t, 0, s, 1e-5)
		}
	})
}

func TestATableThatCannotBeUsedIsRefused(t *testing.T) {
	good := table([3]int{0, 5, 2}, [3]int{1, 5, 3})
	rows := []struct {
		name  string
		spoil func(*stress.Table)
		want  string
	}{
		{"no signals", func(t *stress.Table) { t.Signals = nil }, "Signals of 0: must be 1 to 32"},
		{"too many", func(t *stress.Table) { t.Signals = make([]stress.Signal, 33) }, "Signals of 33: must be 1 to 32"},
		{"an outcome missing", func(t *stress.Table) { t.Breached = t.Breached[1:] }, "Breached of 9: must be as many as Rows, 10"},
		{"half of it clipped", func(t *stress.Table) { t.Signals = []stress.Signal{{"x", 0.5}} }, "signal x: Clip 0.5: must be in [0, 0.5)"},
		{"a negative clip", func(t *stress.Table) { t.Signals = []stress.Signal{{"x", -0.1}} }, "signal x: Clip -0.1: must be in [0, 0.5)"},
		{"a row too long", func(t *stress.Table) { t.Rows[3] = []float64{1, 2} }, "Rows[3] of 2 values: must have 1, one per signal"},
		{"a value that is no number", func(t *stress.Table) { t.Rows[3] = []float64{math.NaN()} }, "Rows[3]: x NaN: must be finite"},
		{"an infinite value", func(t *stress.Table) { t.Rows[3] = []float64{math.Inf(1)} }, "Rows[3]: x +Inf: must be finite"},
		{"only breaches", func(t *stress.Table) { t.Rows, t.Breached = t.Rows[:2], []bool{true, true} }, "2 examples of one kind: must be some with a breach and some without"},
		{"nothing", func(t *stress.Table) { t.Rows, t.Breached = nil, nil }, "0 examples of one kind: must be some with a breach and some without"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bad := good
			bad.Rows = slices.Clone(good.Rows)
			row.spoil(&bad)
			_, err := stress.FitLogit(bad)
			require.ErrorIs(t, err, stress.ErrInvalid)
			require.EqualError(t, err, "stress: invalid: "+row.want)
		})
	}
	l, err := stress.FitLogit(good)
	require.NoError(t, err)
	_, _, err = l.Score([]float64{1, 2})
	require.EqualError(t, err, "stress: invalid: row of 2 values: must have 1, one per term")
	_, _, err = l.Score([]float64{math.NaN()})
	require.EqualError(t, err, "stress: invalid: x NaN: must be a number")
}
