package capital

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// Scorecard is what a committee reads. Its JSON is canonical: the same job gives
// the same bytes, so [Scorecard.Hash] is the result's fingerprint.
//
// A quantile is the nearest rank, the ceil(p n)-th smallest. Standard errors are
// of one path's noise over the paths run; they say nothing of the model.
type Scorecard struct {
	Version string `json:"version"`
	Job     Digest `json:"job"` // Job.Hash
	Seed    uint64 `json:"seed"`
	Paths   int64  `json:"paths"`             // simulated
	Partial bool   `json:"partial,omitempty"` // they are not all paths of the job
	Exact   bool   `json:"exact"`             // quantiles are of outcomes; else of bins, off by at most 2^-17

	ROIMean         float64 `json:"roi_mean"`
	ROIMeanError    float64 `json:"roi_mean_se"`
	ROIP05          float64 `json:"roi_p05"`
	ROIP05Error     float64 `json:"roi_p05_se"`
	ROIP95          float64 `json:"roi_p95"`
	ROIP95Error     float64 `json:"roi_p95_se"`
	ROICVaR95       float64 `json:"roi_cvar95"` // the mean of the worst 5 % of paths
	ROICVaR95Error  float64 `json:"roi_cvar95_se"`
	PNLDistribution []Bin   `json:"pnl_distribution"` // of ROI, at most 64 bins of equal width

	MaxDrawdownP95      float64 `json:"max_drawdown_p95"`
	MaxDrawdownP95Error float64 `json:"max_drawdown_p95_se"`
	MaxDrawdownUpper    float64 `json:"max_drawdown_p95_upper"` // confidence bound, as below
	MaxDrawdownZero     float64 `json:"max_drawdown_zero"`      // share of paths that never fell

	LiquidationProbability      float64 `json:"liquidation_probability"`
	LiquidationProbabilityError float64 `json:"liquidation_probability_se"`
	LiquidationProbabilityUpper float64 `json:"liquidation_probability_upper"` // it is below this with a confidence of 97.5 %

	PegDeviationFrequency      float64 `json:"peg_deviation_frequency"` // peg events per epoch lived
	PegDeviationFrequencyError float64 `json:"peg_deviation_frequency_se"`
	PegDeviationFrequencyUpper float64 `json:"peg_deviation_frequency_upper"`

	FloorViolations   int64 `json:"external_liquidity_floor_violations"` // epochs of all paths, as below
	ThrottleEvents    int64 `json:"volatility_throttle_events"`
	SpreadAdjustments int64 `json:"spread_adjustment_events"`
	Deleverages       int64 `json:"deleverage_events"`
	Breakers          int64 `json:"breaker_events"`
}

// Bin is how many paths ended with an ROI in [From, To).
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Paths int64   `json:"paths"`
}

// confidence is the standard normal's 97.5 % quantile.
const confidence = 1.959964

// tail is the share of paths that p05, p95 and CVaR are about.
const tailShare = 20 // one in

// Hash returns the SHA-256 of the scorecard's JSON.
func (s Scorecard) Hash() (Digest, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return Digest{}, fmt.Errorf("%w: scorecard: %w", ErrInvalid, err)
	}
	return sha256.Sum256(text), nil
}

// Scorecard sums up the paths that are done; with none it is [ErrShard].
func (p Partial) Scorecard() (Scorecard, error) {
	if err := p.validate(); err != nil {
		return Scorecard{}, err
	}
	t, n := p.Tally, float64(p.Tally.Paths)
	roi, drawdown := t.ROI.sorted(), t.Drawdown.sorted()
	if p.Outcomes != nil {
		roi = exactly(p.Outcomes, func(o Outcome) float64 { return o.ROI })
		drawdown = exactly(p.Outcomes, func(o Outcome) float64 { return o.Drawdown })
	}
	s := Scorecard{
		Version: Version, Job: p.Job.Hash(), Seed: p.Job.Seed, Paths: t.Paths,
		Partial: !p.Complete(), Exact: p.Outcomes != nil,
		PNLDistribution: distribution(t.ROI),
		MaxDrawdownZero: float64(t.Drawdown.Zeros) / n,
		FloorViolations: t.FloorViolations, ThrottleEvents: t.Throttles, SpreadAdjustments: t.SpreadChanges,
		Deleverages: t.Delevers, Breakers: t.Breakers,
	}
	s.ROIMean, s.ROIMeanError = t.mean()
	s.ROIP05, s.ROIP05Error, _ = quantile(roi, 1, t.Paths)
	s.ROIP95, s.ROIP95Error, _ = quantile(roi, tailShare-1, t.Paths)
	s.ROICVaR95, s.ROICVaR95Error = worst(roi, t.Paths)
	s.MaxDrawdownP95, s.MaxDrawdownP95Error, s.MaxDrawdownUpper = quantile(drawdown, tailShare-1, t.Paths)

	s.LiquidationProbability = float64(t.Liquidated) / n
	s.LiquidationProbabilityError = math.Sqrt(float64(s.LiquidationProbability*(1-s.LiquidationProbability)) / n)
	s.LiquidationProbabilityUpper = wilson(s.LiquidationProbability, n)
	s.PegDeviationFrequency = float64(t.PegEvents) / float64(t.Epochs)
	s.PegDeviationFrequencyError = t.pegError(s.PegDeviationFrequency)
	s.PegDeviationFrequencyUpper = min(1, s.PegDeviationFrequency+float64(confidence*s.PegDeviationFrequencyError))
	if t.PegEvents == 0 {
		s.PegDeviationFrequencyUpper = wilson(0, n) // epochs of one path are not independent, paths are
	}
	return s, nil
}

// mean returns the mean of ROI and its standard error. The variance is exact:
// (n Σx² - (Σx)²) / n(n-1), in integers.
func (t Tally) mean() (mean, standardError float64) {
	n, sum := big.NewInt(t.Paths), t.ROISum.Big()
	mean = ratio(sum, new(big.Int).Lsh(n, scaleBits))
	if t.Paths < 2 {
		return mean, 0
	}
	spread := new(big.Int).Mul(n, t.ROISquares.Big())
	spread.Sub(spread, new(big.Int).Mul(sum, sum))
	all := new(big.Int).Mul(n, n)
	all.Mul(all, big.NewInt(t.Paths-1))
	return mean, math.Sqrt(ratio(spread, all.Lsh(all, 2*scaleBits)))
}

// pegError is the standard error of a ratio of two means, events and epochs lived
// (Cochran, "Sampling techniques", §2.11).
func (t Tally) pegError(frequency float64) float64 {
	if t.Paths < 2 || t.PegEvents == 0 {
		return 0
	}
	number := func(s Sum) float64 { return ratio(s.Big(), big.NewInt(1)) }
	squares := number(t.PegSquares) - float64(2*frequency*number(t.PegEpochs)) + float64(float64(frequency*frequency)*number(t.EpochsSquares))
	n := float64(t.Paths)
	return math.Sqrt(max(0, squares)*n/(n-1)) / float64(t.Epochs)
}

// ratio returns a/b rounded once, to the nearest.
func ratio(a, b *big.Int) float64 {
	f, _ := new(big.Rat).SetFrac(a, b).Float64()
	return f
}

// wilson is the upper bound of a probability seen as p in n trials (Wilson,
// "Probable inference, the law of succession, and statistical inference" (1927)):
// unlike p + 1.96 s it is above 0 where nothing was seen.
func wilson(p, n float64) float64 {
	z2 := confidence * confidence
	centre := p + z2/(2*n)
	spread := confidence * math.Sqrt(float64(p*(1-p))/n+z2/float64(4*n*n))
	return min(1, (centre+float64(spread))/(1+z2/n))
}

// exactly lists the outcomes' values from the lowest up.
func exactly(outcomes []Outcome, of func(Outcome) float64) []counted {
	all := make([]counted, len(outcomes))
	for i, o := range outcomes {
		all[i] = counted{of(o), 1}
	}
	slices.SortFunc(all, func(a, b counted) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	return all
}

// quantile returns the quantile of twentieths/20 in n values, its standard error
// and upper bound. Both come from the ranks that a binomial deviation away from
// the quantile's would be, so they assume nothing of the distribution.
func quantile(sorted []counted, twentieths, n int64) (q, standardError, upper float64) {
	rank := (twentieths*n + tailShare - 1) / tailShare
	share := float64(twentieths) / tailShare
	deviation := confidence * math.Sqrt(float64(float64(float64(n)*share)*(1-share)))
	off := int64(math.Ceil(deviation))
	low, upper := ranked(sorted, max(1, rank-off)), ranked(sorted, min(n, rank+off))
	return ranked(sorted, rank), (upper - low) / (2 * confidence), upper
}

func ranked(sorted []counted, rank int64) float64 {
	for _, c := range sorted {
		if rank -= c.n; rank <= 0 {
			return c.value
		}
	}
	return sorted[len(sorted)-1].value
}

// worst is the mean of the lowest twentieth of n values, and its standard error:
// that of the mean of min(value, q)/share, with q the quantile.
func worst(sorted []counted, n int64) (mean, standardError float64) {
	count := (n + tailShare - 1) / tailShare
	left, sum, squares, q := count, 0.0, 0.0, ranked(sorted, count)
	for _, c := range sorted {
		taken := min(left, c.n)
		if left -= taken; taken == 0 {
			break
		}
		under := q - c.value
		sum += float64(float64(taken) * under)
		squares += float64(float64(taken) * float64(under*under))
	}
	share := float64(count) / float64(n)
	shortfall := sum / float64(n)
	variance := max(0, squares/float64(n)-float64(shortfall*shortfall))
	return q - sum/float64(count), math.Sqrt(variance/float64(n)) / share
}

// distribution joins bins until at most 64 are left, from the lowest that holds a
// path to the highest.
func distribution(h Histogram) []Bin {
	const most = 64
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	each := func(do func(bin, n int64)) {
		if h.Zeros > 0 {
			do(0, h.Zeros)
		}
		for bin, n := range h.Bins {
			do(int64(bin), n)
		}
	}
	each(func(bin, _ int64) { low, high = min(low, bin), max(high, bin) })
	shift := 0
	for high>>shift-low>>shift >= most {
		shift++
	}
	bins := make([]Bin, high>>shift-low>>shift+1)
	for i := range bins {
		from := (low>>shift + int64(i)) << shift
		bins[i] = Bin{From: float64(from) / (1 << binBits), To: float64(from+1<<shift) / (1 << binBits)}
	}
	each(func(bin, n int64) { bins[bin>>shift-low>>shift].Paths += n })
	return bins
}
