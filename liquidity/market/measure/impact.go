package measure

import "math"

const million = 1e6

// Amihud is the illiquidity of Amihud, in bps per million Quote traded: the mean
// of |r| / value, r the log return from the close before and value what the bar
// traded (Amihud, "Illiquidity and stock returns", 2002, eq. 1, with logs; his
// unit is 1e-4 of ours). Bars without Value are left out and not counted in N. It
// scales with the currency and with the length of a bar, and takes news for
// illiquidity.
func (s Series) Amihud() Estimate {
	var terms []float64
	for i, r := range s.returns {
		if traded := s.bars[i+1].value; traded > 0 {
			terms = append(terms, math.Abs(r)/traded)
		}
	}
	e := mean(terms)
	if e.OK() && e.Value == 0 {
		return without(Still, e.N)
	}
	return e.times(bps * million)
}

// Regression is Kyle's lambda with the line it is the slope of.
type Regression struct {
	Estimate
	InterceptBps float64 `json:"intercept_bps"` // return of a bar without flow
	R2           float64 `json:"r2"`            // part of the variance of returns that flow explains, 0 to 1
}

// Kyle is the price impact of Kyle, in bps per million Quote of flow: the slope
// of the least-squares line of a bar's log return, open to close, on its Flow. In
// Kyle, "Continuous auctions and insider trading" (1985), lambda is the slope of
// the price that dealers set on the flow that they see. A negative slope is
// a value like any other: prices fell when takers bought. R2 is small even where
// the slope is certain, so judge by StdErr. It is [Still] where flow, or the
// prices, never varied, as when no Flow is known.
func (s Series) Kyle() Regression {
	n := s.Len()
	if n < MinTerms {
		return Regression{Estimate: without(TooFew, n)}
	}
	flow, moves := make([]float64, n), make([]float64, n)
	for i, b := range s.bars {
		flow[i], moves[i] = b.flow, b.close-b.open
	}
	if alike(flow) || alike(moves) {
		return Regression{Estimate: without(Still, n)}
	}
	flowMean, moveMean := average(flow), average(moves)
	for i := range n {
		flow[i] -= flowMean
		moves[i] -= moveMean
	}
	spread := dot(flow, flow)
	slope := dot(flow, moves) / spread
	// The slope and what each bar pulls it by: their mean is the slope, and so is
	// their mean's error.
	terms, unexplained := make([]float64, n), 0.0
	for i := range n {
		residual := moves[i] - slope*flow[i]
		terms[i] = slope + float64(n)*flow[i]*residual/spread
		unexplained += residual * residual
	}
	return Regression{
		Estimate:     mean(terms).times(bps * million),
		InterceptBps: (moveMean - slope*flowMean) * bps,
		R2:           max(0, 1-unexplained/dot(moves, moves)),
	}
}
