package capital_test

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// A scorecard from bins says what one from outcomes says, to half a bin; and what
// that says is what sorting them says.
func TestScorecardAgainstTheOutcomes(t *testing.T) {
	job := capital.Job{Params: stressed(t, capital.Institutional, crash, 1.75), Seed: 11, Paths: 2001}
	part, err := capital.Run(t.Context(), job, capital.Options{Outcomes: true})
	require.NoError(t, err)
	exact, err := part.Scorecard()
	require.NoError(t, err)
	require.True(t, exact.Exact)

	var roi, drawdown []float64
	var mean, square, epochs, pegs float64
	for _, o := range part.Outcomes {
		roi, drawdown = append(roi, o.ROI), append(drawdown, o.Drawdown)
		mean += o.ROI / 2001
		square += o.ROI * o.ROI / 2001
		epochs += float64(o.Epochs)
		pegs += float64(o.PegEvents)
	}
	slices.Sort(roi)
	slices.Sort(drawdown)
	require.InDelta(t, mean, exact.ROIMean, 1e-11)
	require.InDelta(t, math.Sqrt((square-mean*mean)/2000), exact.ROIMeanError, 1e-9)
	require.InDelta(t, roi[100], exact.ROIP05, 0, "the 101st of 2,001 is the ceil(0.05 n)-th")
	require.InDelta(t, roi[1900], exact.ROIP95, 0)
	require.InDelta(t, drawdown[1900], exact.MaxDrawdownP95, 0)
	require.InDelta(t, drawdown[1920], exact.MaxDrawdownUpper, 0, "1.96 binomial deviations, 19.1 ranks, higher")
	worst := 0.0
	for _, x := range roi[:101] {
		worst += x / 101
	}
	require.InDelta(t, worst, exact.ROICVaR95, 1e-12)
	require.InDelta(t, pegs/epochs, exact.PegDeviationFrequency, 1e-15)

	part.Outcomes = nil
	binned, err := part.Scorecard()
	require.NoError(t, err)
	require.False(t, binned.Exact)
	const half = 1. / (1 << 17)
	for _, pair := range [][2]float64{
		{exact.ROIP05, binned.ROIP05},
		{exact.ROIP95, binned.ROIP95},
		{exact.ROICVaR95, binned.ROICVaR95},
		{exact.MaxDrawdownP95, binned.MaxDrawdownP95},
		{exact.MaxDrawdownUpper, binned.MaxDrawdownUpper},
	} {
		require.InDelta(t, pair[0], pair[1], half)
	}
	require.InDelta(t, exact.ROIMean, binned.ROIMean, 0)
	total := int64(0)
	for i, bin := range binned.PNLDistribution {
		total += bin.Paths
		if i > 0 {
			require.InDelta(t, binned.PNLDistribution[i-1].To, bin.From, 0)
		}
	}
	require.EqualValues(t, 2001, total)
	require.LessOrEqual(t, len(binned.PNLDistribution), 64)
}

// The standard errors tell how far scorecards of other seeds are apart.
func TestStandardErrorsAreThoseOfRepetition(t *testing.T) {
	const runs = 150
	p := stressed(t, capital.Institutional, highVol, 0)
	p.Epochs = 61 // the spike is on day 60
	var seen [6][]float64
	var claimed [6]float64
	for seed := range uint64(runs) {
		part, err := capital.Run(t.Context(), capital.Job{Params: p, Seed: seed, Paths: 1500}, capital.Options{})
		require.NoError(t, err)
		s, err := part.Scorecard()
		require.NoError(t, err)
		for i, x := range [][2]float64{
			{s.ROIMean, s.ROIMeanError},
			{s.ROIP05, s.ROIP05Error},
			{s.ROIP95, s.ROIP95Error},
			{s.ROICVaR95, s.ROICVaR95Error},
			{s.MaxDrawdownP95, s.MaxDrawdownP95Error},
			{s.PegDeviationFrequency, s.PegDeviationFrequencyError},
		} {
			seen[i] = append(seen[i], x[0])
			claimed[i] += x[1] / runs
		}
	}
	for i, values := range seen {
		mean, variance := 0.0, 0.0
		for _, v := range values {
			mean += v / runs
		}
		for _, v := range values {
			variance += (v - mean) * (v - mean) / (runs - 1)
		}
		// 150 repetitions know a deviation to 6 %.
		require.InDelta(t, 1, claimed[i]/math.Sqrt(variance), 0.25, "figure %d", i)
	}
}

func TestZerosAreCountedApart(t *testing.T) {
	var tally capital.Tally
	for _, drawdown := range []float64{0, 0, 1e-6, 0.5} {
		tally.Add(capital.Outcome{Drawdown: drawdown, ROI: -drawdown, Epochs: 1})
	}
	require.EqualValues(t, 2, tally.Drawdown.Zeros)
	require.Equal(t, map[int32]int64{0: 1, 1 << 15: 1}, tally.Drawdown.Bins)
	require.Equal(t, map[int32]int64{-1: 1, -1 << 15: 1}, tally.ROI.Bins, "a small loss is below zero")
}

func TestSumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.Float64Range(-1, 1<<20-1), 1, 20).Draw(t, "roi")
		var left, right capital.Tally
		sum, squares := new(big.Int), new(big.Int)
		for i, roi := range outcomes {
			half := &left
			if i%2 == 1 {
				half = &right
			}
			half.Add(capital.Outcome{ROI: roi, Epochs: 1})
			x := big.NewInt(int64(math.RoundToEven(roi * (1 << 40))))
			sum.Add(sum, x)
			squares.Add(squares, new(big.Int).Mul(x, x))
		}
		left.Merge(right)
		require.Equal(t, sum.String(), left.ROISum.Big().String())
		require.Equal(t, squares.String(), left.ROISquares.Big().String())
		text, err := left.ROISum.MarshalText()
		require.NoError(t, err)
		var read capital.Sum
		require.NoError(t, read.UnmarshalText(text))
		require.Equal(t, left.ROISum, read)
	})
	var s capital.Sum
	for _, text := range []string{"", "x", "1.5", strings.Repeat("9", 60), strings.Repeat("9", 61)} {
		require.ErrorIs(t, s.UnmarshalText([]byte(text)), capital.ErrInvalid, text)
	}
}
