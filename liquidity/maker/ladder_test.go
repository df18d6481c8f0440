package maker_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// The sizes are NuBot's for a wall of 1000, counted by hand from its formulas.
func TestALadderGrowsAwayFromTheWall(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		curve     maker.Curve
		steepness maker.Steepness
		want      []string
	}{
		"linear adds the same each time":          {maker.Linear, maker.Mid, []string{"1000", "1200", "1400", "1600"}},
		"linear, low":                             {maker.Linear, maker.Low, []string{"1000", "1100", "1200", "1300"}},
		"linear, high":                            {maker.Linear, maker.High, []string{"1000", "1300", "1600", "1900"}},
		"exponential adds the square":             {maker.Exponential, maker.Low, []string{"1000", "1060", "1240", "1540"}},
		"exponential, mid":                        {maker.Exponential, maker.Mid, []string{"1000", "1170", "1680", "2530"}},
		"exponential, high":                       {maker.Exponential, maker.High, []string{"1000", "1250", "2000", "3250"}},
		"a logarithm adds less and less":          {maker.Logarithmic, maker.Low, []string{"1000", "1100", "1233.333333333333333333", "1333.333333333333333333"}},
		"a logarithm, mid":                        {maker.Logarithmic, maker.Mid, []string{"1000", "1125", "1291.666666666666666667", "1416.666666666666666667"}},
		"a logarithm, high":                       {maker.Logarithmic, maker.High, []string{"1000", "1175", "1408.333333333333333333", "1583.333333333333333333"}},
		"flat is as large everywhere as the wall": {maker.Exponential, maker.Flat, []string{"1000", "1000", "1000", "1000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := maker.Ladder{OffsetBps: dec("50"), Wall: dec("1000"), WidthBps: dec("30"), DensityBps: dec("10"), Curve: row.curve, Steepness: row.steepness}
			var sizes, distances []string
			for _, r := range l.Rungs() {
				sizes, distances = append(sizes, r.Amount.String()), append(distances, r.DistanceBps.String())
			}
			require.Empty(t, cmp.Diff(row.want, sizes))
			require.Empty(t, cmp.Diff([]string{"50", "60", "70", "80"}, distances))
		})
	}
}

func TestTheTailHasWidthToDensityOrdersRounded(t *testing.T) {
	t.Parallel()
	for width, want := range map[string]int{"0": 1, "4.9": 1, "5": 2, "14.9": 2, "15": 3, "100": 11} {
		l := maker.Ladder{Wall: dec("1"), WidthBps: dec(width), DensityBps: dec("10"), Curve: maker.Linear, Steepness: maker.Flat}
		require.Len(t, l.Rungs(), want, width)
	}
	require.Empty(t, maker.Ladder{WidthBps: dec("50"), DensityBps: dec("10")}.Rungs(), "no wall, no tail")
}

func TestNoLadderShrinks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := maker.Ladder{
			OffsetBps: dec("1").Mul(dec(rapid.SampledFrom([]string{"0", "1", "50"}).Draw(t, "offset"))), Wall: dec(rapid.SampledFrom([]string{"0.1", "7", "1000"}).Draw(t, "wall")),
			WidthBps: dec(rapid.SampledFrom([]string{"0", "9", "300"}).Draw(t, "width")), DensityBps: dec(rapid.SampledFrom([]string{"3", "10"}).Draw(t, "density")),
			Curve:     rapid.SampledFrom([]maker.Curve{maker.Linear, maker.Exponential, maker.Logarithmic}).Draw(t, "curve"),
			Steepness: rapid.SampledFrom([]maker.Steepness{maker.Flat, maker.Low, maker.Mid, maker.High}).Draw(t, "steepness"),
		}
		rungs := l.Rungs()
		for i := 1; i < len(rungs); i++ {
			if rungs[i].Amount.LessThan(rungs[i-1].Amount) || !rungs[i].DistanceBps.GreaterThan(rungs[i-1].DistanceBps) {
				t.Fatalf("rung %d %v after %v", i, rungs[i], rungs[i-1])
			}
		}
	})
}
