package measure

import "math"

// MinTerms is how many terms an estimate needs. Below it a standard error means
// nothing; well above it is better: some hundred for a spread.
const MinTerms = 10

// resolution is what a difference of log prices must exceed, a millionth of a bps,
// not to be taken for what rounding left.
const resolution = 1e-10

// Estimate is a measure and how far to trust it. Only if OK is there a value.
type Estimate struct {
	Value  float64 `json:"value"`   // in the unit that the method states; 0 unless OK
	StdErr float64 `json:"std_err"` // of Value, in its unit; 0 unless OK
	N      int     `json:"n"`       // terms that it was made of
	Raised int     `json:"raised"`  // of them negative, and set to 0; near N/2 they say noise, not spread
	Reason Reason  `json:"reason"`
}

// OK reports whether the estimate has a value. That of the zero Estimate is not.
func (e Estimate) OK() bool { return e.Reason == Measured }

// Reason says why an estimate is what it is.
type Reason string

// The reasons.
const (
	Measured  Reason = "measured"      // there is a value
	TooFew    Reason = "too_few_terms" // fewer than MinTerms
	Still     Reason = "no_movement"   // prices or flow are all alike: nothing was observed
	WrongSign Reason = "wrong_sign"    // the data contradict the model, by trend or by noise, and would give the root of a negative number
)

// without is an estimate without value.
func without(why Reason, n int) Estimate { return Estimate{N: n, Reason: why} }

// mean estimates the mean of terms, and by it all else here: each measure is a
// smooth function of a mean. Its error allows for terms that depend on their
// neighbours, as they do where neighbours share a bar, and for terms of unequal
// spread: Newey and West, "A simple, positive semi-definite, heteroskedasticity
// and autocorrelation consistent covariance matrix" (1987), with Bartlett's
// weights over the lags that Newey and West (1994) suggest, 4 (n/100)^(2/9). A
// block bootstrap would need a seed and a thousand passes to say the same.
func mean(terms []float64) Estimate {
	n := len(terms)
	if n < MinTerms {
		return without(TooFew, n)
	}
	center := average(terms)
	off := make([]float64, n)
	for i, x := range terms {
		off[i] = x - center
	}
	lags := int(4 * math.Pow(float64(n)/100, 2.0/9))
	sum := dot(off, off)
	for lag := 1; lag <= lags; lag++ {
		sum += 2 * (1 - float64(lag)/float64(lags+1)) * dot(off[lag:], off[:n-lag])
	}
	return Estimate{Value: center, StdErr: math.Sqrt(max(sum, 0)) / float64(n), N: n, Reason: Measured}
}

// times changes the unit of e.
func (e Estimate) times(factor float64) Estimate {
	e.Value *= factor
	e.StdErr *= math.Abs(factor)
	return e
}

// root is the square root of e: the error of a function is its slope times the
// error of its argument. It grows without bound towards 0, as it should.
func (e Estimate) root() Estimate {
	if !e.OK() {
		return e
	}
	switch {
	case math.Abs(e.Value) <= resolution*resolution:
		return without(Still, e.N)
	case e.Value < 0:
		return without(WrongSign, e.N)
	}
	e.Value = math.Sqrt(e.Value)
	e.StdErr /= 2 * e.Value
	return e
}

func average(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(max(len(xs), 1))
}

func dot(xs, ys []float64) float64 {
	sum := 0.0
	for i, x := range xs {
		sum += x * ys[i]
	}
	return sum
}

// alike reports whether no two of xs differ. It is exact, where a variance is
// left with what rounding made of 0.
func alike(xs []float64) bool {
	for _, x := range xs {
		if x != xs[0] {
			return false
		}
	}
	return true
}
