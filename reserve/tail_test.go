package reserve_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/reserve"
)

func TestQuantile(t *testing.T) {
	xs := []float64{40, 10, 30, 20}
	for _, r := range []struct{ q, want float64 }{
		{0, 10},
		{0.25, 17.5}, // type 7: position 0.75 between the first two
		{0.5, 25},
		{0.9, 37},
		{1, 40},
	} {
		got, err := reserve.Quantile(xs, r.q)
		require.NoError(t, err)
		require.InDelta(t, r.want, got, 1e-12)
	}
	require.Equal(t, []float64{40, 10, 30, 20}, xs, "the sample is left as it is")

	got, err := reserve.Quantile([]float64{7}, 0.3)
	require.NoError(t, err)
	require.InDelta(t, 7, got, 0)

	for name, bad := range map[string]struct {
		xs []float64
		q  float64
	}{
		"no values": {nil, 0.5}, "q below 0": {xs, -0.1}, "q above 1": {xs, 1.1}, "q is no number": {xs, math.NaN()},
		"a value is no number": {[]float64{1, math.NaN(), 2}, 0.5}, "a value is infinite": {[]float64{math.Inf(1), 1}, 0.5},
		"a value is minus infinity": {[]float64{1, math.Inf(-1)}, 0.5},
	} {
		_, err := reserve.Quantile(bad.xs, bad.q)
		require.ErrorIs(t, err, reserve.ErrInvalid, name)
	}
}

func TestRollingPeak(t *testing.T) {
	minutes := func(ns ...int64) (ds []decimal.Decimal) {
		for _, n := range ns {
			ds = append(ds, decimal.NewFromInt(n))
		}
		return ds
	}
	for name, r := range map[string]struct {
		minutes []decimal.Decimal
		window  int
		want    string
	}{
		"inflow within the window counts against it": {minutes(100, -50, 400), 3, "450"},
		"the largest stretch is found at the end":    {minutes(1, 1, 5, 6), 2, "11"},
		"and at the beginning":                       {minutes(6, 5, 1, 1), 2, "11"},
		"only inflow is a negative peak":             {minutes(-5, -3, -4), 2, "-7"},
		"fewer minutes than a window are summed":     {minutes(2, 3), 5, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reserve.RollingPeak(r.minutes, r.window)
			require.NoError(t, err)
			require.Equal(t, r.want, got.String())
		})
	}
	_, err := reserve.RollingPeak(nil, 3)
	require.ErrorIs(t, err, reserve.ErrInvalid)
	_, err = reserve.RollingPeak(minutes(1), 0)
	require.ErrorIs(t, err, reserve.ErrInvalid)
}

// The peak of one minute times T is never below the rolling peak, which is what
// makes P × T safe.
func TestRollingPeakIsAtMostPT(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.SliceOfN(rapid.Int64Range(-3, 9), 1, 20).Draw(t, "minutes")
		window := rapid.IntRange(1, 6).Draw(t, "window")
		var minutes []decimal.Decimal
		for _, n := range ns {
			minutes = append(minutes, decimal.NewFromInt(n))
		}
		got, err := reserve.RollingPeak(minutes, window)
		require.NoError(t, err)
		bound := slices.Max(ns) * int64(min(window, len(ns)))
		require.LessOrEqual(t, got.IntPart(), bound)
	})
}

// tailSample holds so many minutes, of which the upper 5% have a generalized
// Pareto tail over 500.
func tailSample(xi float64, n int) []float64 {
	exceed := n / 20
	xs := make([]float64, 0, n)
	for i := range n - exceed {
		xs = append(xs, 500*float64(i)/float64(n-exceed-1))
	}
	for _, x := range midpoints(xi, 100, exceed) {
		xs = append(xs, 500+x)
	}
	rand.New(rand.NewPCG(1, 0)).Shuffle(n, func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
	return xs
}

func TestFitTail(t *testing.T) {
	for name, r := range map[string]struct {
		xs   []float64
		want reserve.Refusal
	}{
		"a moderate tail is fitted":              {tailSample(0.25, 10_000), ""},
		"an exponential tail is fitted":          {tailSample(0, 10_000), ""},
		"a bounded tail is fitted":               {tailSample(-0.3, 10_000), ""},
		"fifty exceedances are enough":           {tailSample(0.25, 1_000), ""},
		"forty-nine are too few":                 {tailSample(0.25, 980), reserve.TooFew},
		"a tail of infinite variance is refused": {tailSample(0.7, 10_000), reserve.TooHeavy},
		"a constant flow has no tail":            {slices.Repeat([]float64{3}, 2000), reserve.TooFew},
		"equal excesses have a bounded tail":     {append(slices.Repeat([]float64{0}, 1900), slices.Repeat([]float64{9}, 90)...), ""},
		"one value is no tail":                   {[]float64{1}, reserve.TooFew},
	} {
		t.Run(name, func(t *testing.T) {
			tail, refused, err := reserve.FitTail(r.xs)
			require.NoError(t, err)
			require.Equal(t, r.want, refused, "%+v", tail)
		})
	}
	tail, _, err := reserve.FitTail(tailSample(0.25, 10_000))
	require.NoError(t, err)
	require.InDelta(t, 0.25, tail.Xi, 0.02)
	require.InDelta(t, 100, tail.Beta, 3)
	require.Equal(t, 500, tail.Nu)
	require.Equal(t, 10_000, tail.N)
	_, _, err = reserve.FitTail(nil)
	require.ErrorIs(t, err, reserve.ErrInvalid)
	for _, bad := range [][]float64{nil, {0, 0}, {-1, 2}, {math.Inf(1)}} {
		_, _, err = reserve.FitGPD(bad)
		require.ErrorIs(t, err, reserve.ErrInvalid, "%v", bad)
	}
}

func TestTailQuantile(t *testing.T) {
	tail := reserve.Tail{Threshold: 500, Xi: 0.25, Beta: 100, N: 10_000, Nu: 500}
	at := func(tail reserve.Tail, p float64) float64 {
		x, err := tail.Quantile(p)
		require.NoError(t, err)
		return x
	}
	require.InDelta(t, 500, at(tail, 0.95), 1e-9, "the tail begins at its threshold")

	limit := tail
	limit.Xi = 0
	want := 500 - 100*math.Log(20*0.001)
	require.InDelta(t, want, at(limit, 0.999), 1e-9)
	for _, xi := range []float64{1e-6, -1e-6, 1e-9, 1e-11, 1e-13, -1e-13} {
		limit.Xi = xi
		require.InDelta(t, want, at(limit, 0.999), 1e-2, "xi %v", xi)
	}
	limit.Xi = 1e-11 // just off the limit there is no cancellation
	require.InDelta(t, want, at(limit, 0.999), 1e-6)

	bounded := tail
	bounded.Xi = -0.5
	require.Less(t, at(bounded, reserve.OnceAYear), 500+100/0.5)

	for _, p := range []float64{0.949, 1, 1.1, math.NaN()} {
		_, err := tail.Quantile(p)
		require.ErrorIs(t, err, reserve.ErrInvalid, "p %v", p)
	}
	_, err := reserve.Tail{}.Quantile(0.99)
	require.ErrorIs(t, err, reserve.ErrInvalid)
}

func TestEstimatePeak(t *testing.T) {
	scaled := func(xs []float64, by float64) []float64 {
		for i := range xs {
			xs[i] *= by
		}
		return xs
	}
	for name, r := range map[string]struct {
		configured string
		minutes    []float64
		q, p       float64
		want       string // PerMinute
		refused    reserve.Refusal
	}{
		"without minutes it is what was configured":        {"10000", nil, 0.999, reserve.OnceAYear, "10000", reserve.TooFew},
		"few minutes count by the largest, times 1.5":      {"10", []float64{4, 8, 2}, 0.999, reserve.OnceAYear, "12", reserve.TooFew},
		"the configured peak is the least":                 {"10000", []float64{4, 8, 2}, 0.999, reserve.OnceAYear, "10000", reserve.TooFew},
		"inflow asks for nothing":                          {"10", []float64{-4, -8}, 0.999, reserve.OnceAYear, "10", reserve.TooFew},
		"a fitted tail reaches beyond what was seen":       {"10", tailSample(0.25, 10_000), 0.999, reserve.OnceAYear, "5070.105065", ""},
		"a heavy tail falls back on the largest":           {"10", append(tailSample(0.7, 10_000), 40_000), 0.999, reserve.OnceAYear, "60000", reserve.TooHeavy},
		"a quantile above the tail's is the peak":          {"10", tailSample(-0.3, 10_000), 0.9999, 0.95, "774.98843", ""},
		"a p below what exceeds the threshold is read off": {"10", append(slices.Repeat([]float64{20}, 9_900), tailSample(0, 2000)[:100]...), 0.5, 0.95, "20", ""},
		"a figure is rounded up":                           {"0.000001", scaled([]float64{1}, 1/3.0), 0.999, reserve.OnceAYear, "0.5", reserve.TooFew},
	} {
		t.Run(name, func(t *testing.T) {
			peak, err := reserve.EstimatePeak(dec(r.configured), r.minutes, r.q, r.p)
			require.NoError(t, err)
			require.Equal(t, r.refused, peak.Refused)
			require.Equal(t, r.want, peak.PerMinute.String())
			require.True(t, peak.PerMinute.Equal(decimal.Max(peak.Configured, peak.Quantile, peak.Tail)))
		})
	}
	for name, bad := range map[string]struct {
		configured string
		minutes    []float64
		q, p       float64
	}{
		"nothing configured": {"0", nil, 0.9, 0.99}, "q of 0": {"1", nil, 0, 0.99}, "q of 1": {"1", nil, 1, 0.99},
		"p below the threshold": {"1", nil, 0.9, 0.94}, "p of 1": {"1", nil, 0.9, 1}, "no number": {"1", []float64{math.NaN()}, 0.9, 0.99},
		"a figure beyond all amounts": {"1", []float64{1e300}, 0.9, 0.99},
	} {
		_, err := reserve.EstimatePeak(dec(bad.configured), bad.minutes, bad.q, bad.p)
		require.ErrorIs(t, err, reserve.ErrInvalid, name)
	}
}
