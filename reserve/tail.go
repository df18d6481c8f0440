package reserve

import (
	"fmt"
	"math"
	"slices"

	"github.com/shopspring/decimal"
)

// Quantile returns the q-quantile of xs by linear interpolation between order
// statistics, at position (n-1)q: type 7 of Hyndman and Fan, "Sample quantiles
// in statistical packages" (1996). xs is left as it is; it must hold at least
// one value and no NaN or infinity, and q lies in [0, 1].
func Quantile(xs []float64, q float64) (float64, error) {
	if !(q >= 0 && q <= 1) {
		return 0, fmt.Errorf("%w: q %v: must be in [0, 1]", ErrInvalid, q)
	}
	sorted, err := sortedFinite(xs)
	if err != nil {
		return 0, err
	}
	return quantile(sorted, q), nil
}

func quantile(sorted []float64, q float64) float64 {
	at := float64(len(sorted)-1) * q
	below := int(at)
	if below >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}

// sortedFinite returns xs in order: a sorted copy, or xs itself if it is sorted.
func sortedFinite(xs []float64) ([]float64, error) {
	if len(xs) == 0 {
		return nil, fmt.Errorf("%w: sample of 0 values: must have at least 1", ErrInvalid)
	}
	if !slices.IsSorted(xs) {
		xs = slices.Clone(xs)
		slices.Sort(xs)
	}
	// NaN sorts before -Inf, so the ends tell of all between them.
	for _, x := range []float64{xs[0], xs[len(xs)-1]} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%w: sample holds %v: must be finite", ErrInvalid, x)
		}
	}
	return xs, nil
}

// RollingPeak returns the largest sum of window successive minutes: the most
// that left in any stretch of that length. P × T overstates it when the peak is
// a single minute. Fewer minutes than window are summed as they are; no
// minutes, or a window < 1, are [ErrInvalid].
func RollingPeak(minutes []decimal.Decimal, window int) (decimal.Decimal, error) {
	if window < 1 {
		return decimal.Decimal{}, fmt.Errorf("%w: window %d: must be >= 1 minute", ErrInvalid, window)
	}
	if len(minutes) == 0 {
		return decimal.Decimal{}, fmt.Errorf("%w: 0 minutes: must have at least 1", ErrInvalid)
	}
	window = min(window, len(minutes))
	sum := decimal.Sum(decimal.Zero, minutes[:window]...)
	peak := sum
	for i := window; i < len(minutes); i++ {
		sum = sum.Add(minutes[i]).Sub(minutes[i-window])
		peak = decimal.Max(peak, sum)
	}
	return peak, nil
}

// Tail is a generalized Pareto distribution fitted to what exceeds a threshold.
type Tail struct {
	Threshold float64 // u
	Xi        float64 // shape; > 0 is heavier than exponential
	Beta      float64 // scale, > 0
	N, Nu     int     // sample size; how many of it exceed Threshold
}

// Refusal says why a sample's tail is not to be extrapolated. The empty Refusal
// is none.
type Refusal string

// The reasons to refuse a fit.
const (
	TooFew   Refusal = "too_few_exceedances" // Nu < 50
	TooHeavy Refusal = "tail_too_heavy"      // xi >= 0.5: the variance is infinite, and so are the errors of the method
)

// The limits of a fit and of what stands in for it.
const (
	tailThreshold  = 0.95
	minExceedances = 50
	maxXi          = 0.5
	fallbackFactor = 1.5
)

// FitTail fits what exceeds the 95% quantile of xs, or says why it is not to be
// trusted. xs is left as it is; no values, a NaN or an infinity are [ErrInvalid].
func FitTail(xs []float64) (Tail, Refusal, error) {
	sorted, err := sortedFinite(xs)
	if err != nil {
		return Tail{}, "", err
	}
	tail, refusal := fitTail(sorted)
	return tail, refusal, nil
}

func fitTail(sorted []float64) (Tail, Refusal) {
	u := quantile(sorted, tailThreshold)
	first, _ := slices.BinarySearch(sorted, math.Nextafter(u, math.Inf(1)))
	excesses := make([]float64, len(sorted)-first)
	for i := range excesses {
		excesses[i] = sorted[first+i] - u
	}
	tail := Tail{Threshold: u, N: len(sorted), Nu: len(excesses)}
	if tail.Nu < minExceedances {
		return tail, TooFew
	}
	tail.Xi, tail.Beta = gpdMoments(excesses)
	if !(tail.Xi < maxXi) {
		return tail, TooHeavy
	}
	return tail, ""
}

// FitGPD fits a generalized Pareto distribution to excesses over a threshold,
// by probability-weighted moments: with a0 the mean and a1 the mean of
// (1 - p_i) x_i at plotting positions p_i = (i - 0.35)/n,
//
//	xi = 2 - a0/(a0 - 2 a1),  beta = 2 a0 a1/(a0 - 2 a1)
//
// after Hosking and Wallis, "Parameter and quantile estimation for the
// generalized Pareto distribution" (1987), whose k is -xi. Excesses are finite,
// >= 0 and not all 0; else it is [ErrInvalid].
func FitGPD(excesses []float64) (xi, beta float64, err error) {
	sorted, err := sortedFinite(excesses)
	if err != nil {
		return 0, 0, err
	}
	if sorted[0] < 0 || sorted[len(sorted)-1] == 0 {
		return 0, 0, fmt.Errorf("%w: excesses from %v to %v: must be >= 0 and not all 0", ErrInvalid, sorted[0], sorted[len(sorted)-1])
	}
	xi, beta = gpdMoments(sorted)
	return xi, beta, nil
}

func gpdMoments(sorted []float64) (xi, beta float64) {
	n := float64(len(sorted))
	var a0, a1 float64
	for i, x := range sorted {
		a0 += x / n
		a1 += (1 - (float64(i)+1-0.35)/n) * x / n
	}
	return 2 - a0/(a0-2*a1), 2 * a0 * a1 / (a0 - 2*a1)
}

// Quantile extrapolates to probability p of one observation:
//
//	u + beta/xi ((n/Nu (1-p))^-xi - 1),  or u - beta ln(n/Nu (1-p)) as xi -> 0
//
// (McNeil, Frey and Embrechts, "Quantitative Risk Management", §5.2). p is the
// caller's: once in a year of minutes is 1 - 1/525600. It must lie in the tail,
// 1 - Nu/N <= p < 1, or it is [ErrInvalid].
func (t Tail) Quantile(p float64) (float64, error) {
	y := float64(t.N) / float64(t.Nu) * (1 - p)
	if !(p < 1) || !(y <= 1+1e-9) { // 1 - p is not exact
		return 0, fmt.Errorf("%w: p %v: must be in [1 - %d/%d, 1)", ErrInvalid, p, t.Nu, t.N)
	}
	log := math.Log(min(y, 1))
	if math.Abs(t.Xi) < 1e-12 { // the limit xi -> 0
		return t.Threshold - t.Beta*log, nil
	}
	return t.Threshold + t.Beta*math.Expm1(-t.Xi*log)/t.Xi, nil
}
