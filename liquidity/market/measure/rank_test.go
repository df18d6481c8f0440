package measure_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

func TestRank(t *testing.T) {
	for _, c := range []struct {
		story string
		x     float64
		peers []float64
		want  measure.Standing
	}{
		{"without peers there is no rank", 1, nil, measure.Standing{Reason: measure.TooFew}},
		{"below all is 0", 1, []float64{2, 3}, measure.Standing{N: 2, Reason: measure.Measured}},
		{"above all is 100", 4, []float64{2, 3}, measure.Standing{Percentile: 100, N: 2, Reason: measure.Measured}},
		{"a tie counts half", 2, []float64{1, 2, 2, 3}, measure.Standing{Percentile: 50, N: 4, Ties: 2, Reason: measure.Measured}},
		{"among equals it is the middle", 2, []float64{2, 2, 2}, measure.Standing{Percentile: 50, N: 3, Ties: 3, Reason: measure.Measured}},
		{"order does not matter", 2.5, []float64{3, 1, 2, 9}, measure.Standing{Percentile: 50, N: 4, Reason: measure.Measured}},
	} {
		t.Run(c.story, func(t *testing.T) {
			got, err := measure.Rank(c.x, c.peers)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, len(c.peers) > 0, got.OK())
		})
	}
	_, err := measure.Rank(math.NaN(), nil)
	require.ErrorIs(t, err, measure.ErrInvalid)
	_, err = measure.Rank(1, []float64{1, math.Inf(1)})
	require.ErrorIs(t, err, measure.ErrInvalid)
	require.ErrorContains(t, err, "peers[1] +Inf: must be finite")
}

func TestRanksOfASegmentAverageTheMiddleAndRiseWithTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		peers := rapid.SliceOfN(rapid.SampledFrom([]float64{-1, 0, 1, 2, 3}), 1, 30).Draw(t, "peers")
		sum := 0.0
		for _, x := range peers {
			s, err := measure.Rank(x, peers)
			require.NoError(t, err)
			sum += s.Percentile
			higher, err := measure.Rank(x+1, peers)
			require.NoError(t, err)
			require.Greater(t, higher.Percentile, s.Percentile)
		}
		require.InDelta(t, 50, sum/float64(len(peers)), 1e-9)
	})
}
