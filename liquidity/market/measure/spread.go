package measure

import "math"

const bps = 10_000

// Volatility is the standard deviation of the log return of a bar, in bps, with
// n-1. It is no measure of liquidity, but what models of cost want to know.
func (s Series) Volatility() Estimate {
	if e, ok := s.moved(len(s.returns)); !ok {
		return e
	}
	n := float64(len(s.returns))
	center, squares := average(s.returns), make([]float64, len(s.returns))
	for i, r := range s.returns {
		squares[i] = (r - center) * (r - center) * n / (n - 1)
	}
	return mean(squares).root().times(bps)
}

// SerialCovariance is the covariance of successive log returns, the mean of
// (r_t - m_t)(r_t-1 - m_t-1) over the pairs, each m the mean of its half. A spread
// makes it negative, a trend positive.
func (s Series) SerialCovariance() Estimate {
	if e, ok := s.moved(len(s.returns) - 1); !ok {
		return e
	}
	before, after := s.returns[:len(s.returns)-1], s.returns[1:]
	center, next := average(before), average(after)
	products := make([]float64, len(before))
	for i := range products {
		products[i] = (before[i] - center) * (after[i] - next)
	}
	return mean(products)
}

// Roll is the effective spread in bps: 2 sqrt(-c) of the serial covariance c, in
// logs of price (Roll, "A simple implicit measure of the effective bid-ask spread
// in an efficient market", 1984). It needs closes alone. It is [WrongSign] where
// c >= 0, which is common: the market trended, and that says nothing about its
// spread.
func (s Series) Roll() Estimate { return s.SerialCovariance().times(-4).root().times(bps) }

// Gaps says what is to be done where a bar lies clear of the close before it:
// the market was shut, and prices moved without a trade.
type Gaps uint8

// KeepGaps suits markets that never close and is the zero value. CloseGaps shifts
// the later of two bars until its range meets the close before it.
const (
	KeepGaps Gaps = iota
	CloseGaps
)

// CorwinSchultz is the spread in bps, from highs and lows of successive bars: the
// range of two bars has twice the variance of one, but the same spread. With h the
// log range of a bar, b the sum of h² of two bars and g the square of their common
// log range,
//
//	a = (sqrt(2b) - sqrt(b)) / k - sqrt(g/k),  k = 3 - 2 sqrt(2)
//	S = 2 (e^a - 1) / (1 + e^a)
//
// averaged over the pairs, what is negative set to 0 and counted as Raised (Corwin
// and Schultz, "A simple way to estimate bid-ask spreads from daily high and low
// prices", 2012, eq. 14 and 18; gaps as there). Setting it to 0 biases upwards:
// where volatility is large, most of the estimate is that bias. It is [WrongSign]
// where no pair is positive.
func (s Series) CorwinSchultz(gaps Gaps) Estimate {
	if e, ok := s.moved(s.Len() - 1); !ok {
		return e
	}
	k := 3 - 2*math.Sqrt2
	return s.raised(func(first, second bar) float64 {
		low, high := second.low, second.high
		if gaps == CloseGaps {
			low, high = closed(first.close, low, high)
		}
		common := max(first.high, high) - min(first.low, low)
		b := square(first.high-first.low) + square(high-low)
		a := (math.Sqrt(2*b)-math.Sqrt(b))/k - common/math.Sqrt(k)
		return 2 * math.Tanh(a/2)
	})
}

// closed shifts a range to the close before it. A range is shifted by a
// difference of prices, as in the paper, so through prices and back.
func closed(before, low, high float64) (float64, float64) {
	switch {
	case low > before:
		return before, math.Log(math.Exp(high) - math.Exp(low) + math.Exp(before))
	case high < before:
		return math.Log(math.Exp(low) - math.Exp(high) + math.Exp(before)), before
	}
	return low, high
}

// AbdiRanaldo is the spread in bps, from how far closes c lie off the middle m of
// the log range:
//
//	S = sqrt(4 mean of (c_t - m_t)(c_t - m_t+1))
//
// (Abdi and Ranaldo, "A simple estimation of bid-ask spreads from daily close,
// high, and low prices", 2017: the estimate over the whole period.) It is
// [WrongSign] where the mean is not positive.
func (s Series) AbdiRanaldo() Estimate {
	if e, ok := s.moved(s.Len() - 1); !ok {
		return e
	}
	squares := make([]float64, s.Len()-1)
	for i := range squares {
		squares[i] = offMiddle(s.bars[i], s.bars[i+1])
	}
	return mean(squares).root().times(bps)
}

// AbdiRanaldoPairs is the same paper's two-day estimate: the root is taken of each
// pair of bars and then averaged, what is negative set to 0 and counted as Raised.
// It nearly always has a value, and is biased upwards for it as
// [Series.CorwinSchultz] is.
func (s Series) AbdiRanaldoPairs() Estimate {
	if e, ok := s.moved(s.Len() - 1); !ok {
		return e
	}
	return s.raised(func(first, second bar) float64 {
		squared := offMiddle(first, second)
		return math.Copysign(math.Sqrt(math.Abs(squared)), squared)
	})
}

// offMiddle is the term of Abdi and Ranaldo, a spread squared.
func offMiddle(first, second bar) float64 {
	middle, next := (first.high+first.low)/2, (second.high+second.low)/2
	return 4 * (first.close - middle) * (first.close - next)
}

// raised averages a spread over successive bars, in bps, with 0 for what is below.
func (s Series) raised(spread func(first, second bar) float64) Estimate {
	terms, raised := make([]float64, max(s.Len(), 1)-1), 0
	for i := range terms {
		if terms[i] = spread(s.bars[i], s.bars[i+1]); terms[i] < 0 {
			terms[i] = 0
			raised++
		}
	}
	e := mean(terms)
	if e.Value <= resolution {
		e = without(WrongSign, e.N)
	}
	e.Raised = raised
	return e.times(bps)
}

// moved returns why there is nothing to estimate from n terms, if there is not.
func (s Series) moved(n int) (Estimate, bool) {
	switch {
	case n < MinTerms:
		return without(TooFew, max(n, 0)), false
	case s.still():
		return without(Still, n), false
	}
	return Estimate{}, true
}

// still reports whether all trading was at one price.
func (s Series) still() bool {
	for _, b := range s.bars {
		if b.high != b.low || b.close != s.bars[0].close {
			return false
		}
	}
	return true
}

func square(x float64) float64 { return x * x }
