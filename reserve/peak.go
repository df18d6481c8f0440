package reserve

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// The probabilities that [EstimatePeak] is usually asked for.
const (
	MinuteQuantile = 0.999          // of minute net outflows, over at least 30 days
	OnceAYear      = 1 - 1.0/525600 // the minute that comes once in a year of minutes
)

// Peak is the net outflow per minute that a reserve must meet, and where the
// figure comes from. Amounts are units per minute.
type Peak struct {
	PerMinute  decimal.Decimal // P: the largest of the three below
	Configured decimal.Decimal
	Quantile   decimal.Decimal
	Tail       decimal.Decimal // the tail's quantile, or the largest minute × 1.5 when Refused
	Refused    Refusal         `json:",omitempty"` // why the tail was not extrapolated
}

// EstimatePeak returns P = max(configured, the q-quantile of minutes, the
// p-quantile of their fitted tail). minutes are net outflows of single minutes,
// inflow negative, best 30 days of them or more; see [Floats]. When the tail is
// refused, the largest minute × 1.5 stands in for it and Refused says why.
// Without minutes P is what was configured.
func EstimatePeak(configured decimal.Decimal, minutes []float64, q, p float64) (Peak, error) {
	if err := checkPositive("configured", configured); err != nil {
		return Peak{}, err
	}
	if !(q > 0 && q < 1) {
		return Peak{}, fmt.Errorf("%w: q %v: must be in (0, 1)", ErrInvalid, q)
	}
	if !(p >= tailThreshold && p < 1) {
		return Peak{}, fmt.Errorf("%w: p %v: must be in [%v, 1)", ErrInvalid, p, tailThreshold)
	}
	peak := Peak{PerMinute: configured, Configured: configured}
	if len(minutes) == 0 {
		peak.Refused = TooFew
		return peak, nil
	}
	sorted, err := sortedFinite(minutes)
	if err != nil {
		return Peak{}, err
	}
	tail, refused := tailOf(sorted, p)
	peak.Refused = refused
	if peak.Quantile, err = units(quantile(sorted, q)); err != nil {
		return Peak{}, err
	}
	if peak.Tail, err = units(tail); err != nil {
		return Peak{}, err
	}
	peak.PerMinute = decimal.Max(configured, peak.Quantile, peak.Tail)
	return peak, nil
}

// tailOf returns the p-quantile of the fitted tail, or what stands in for it
// and why.
func tailOf(sorted []float64, p float64) (float64, Refusal) {
	fallback := fallbackFactor * sorted[len(sorted)-1]
	tail, refused := fitTail(sorted)
	if refused != "" {
		return fallback, refused
	}
	x, err := tail.Quantile(p)
	if err != nil { // ties at the threshold left so few above it that p is not among them
		return quantile(sorted, p), ""
	}
	return x, ""
}
