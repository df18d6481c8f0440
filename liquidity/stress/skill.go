package stress

import (
	"fmt"
	"math"
	"time"
)

// Skill says how much better forecasts were than always saying a base rate.
type Skill struct {
	// Value is Brier's skill, 1 - Brier(forecasts)/Brier(base rate): 1 is perfect,
	// 0 no better than the base rate, < 0 worse.
	Value float64 `json:"value"`
	// Low is the lower end of its one-sided 95 per cent interval.
	Low    float64 `json:"low"`
	Base   float64 `json:"base"`   // the rate compared with
	N      int     `json:"n"`      // trials
	Blocks int     `json:"blocks"` // stretches of time taken as independent
}

// Fewer blocks say too little of the error, and with more the quantile of
// Student's t is smaller: that of 19 degrees is on the safe side.
const (
	minBlocks = 20
	studentT  = 1.729
)

// Brier returns the mean of (P - outcome)², in [0, 1]; less is better (Brier,
// "Verification of forecasts expressed in terms of probability" (1950)). No
// trials, or a P outside [0, 1], is an [ErrInvalid].
func Brier(trials []Trial) (float64, error) {
	if err := checkTrials(trials); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, t := range trials {
		sum += t.loss(t.P)
	}
	return sum / float64(len(trials)), nil
}

// loss is the squared error of forecast p.
func (t Trial) loss(p float64) float64 {
	if t.Breached() {
		return (1 - p) * (1 - p)
	}
	return p * p
}

// NewSkill compares trials with the forecast base, a rate in (0, 1) that was
// known before them. With a_k and b_k the summed losses of forecasts and base in
// block k, the skill is 1 - R, R = sum a / sum b, and by the delta method for a
// ratio of clustered sums (Cochran, "Sampling Techniques" (1977), §6.3)
//
//	se² = K/(K-1) sum (a_k - R b_k)² / (sum b)²,   Low = Value - t se.
//
// A block is all banks over a stretch of time, since banks share shocks and
// hours share episodes; block should be several horizons. Fewer than 20 blocks
// with trials, or a base or P that is no probability, are an [ErrInvalid].
func NewSkill(trials []Trial, base float64, block time.Duration) (Skill, error) {
	if err := checkTrials(trials); err != nil {
		return Skill{}, err
	}
	if !(base > 0 && base < 1) {
		return Skill{}, fmt.Errorf("%w: base %v: must be in (0, 1)", ErrInvalid, base)
	}
	if block <= 0 {
		return Skill{}, fmt.Errorf("%w: block %v: must be > 0", ErrInvalid, block)
	}
	blocks := losses(trials, base, block)
	if len(blocks) < minBlocks {
		return Skill{}, fmt.Errorf("%w: %d trials in %d blocks of %v: must be in at least %d", ErrInvalid, len(trials), len(blocks), block, minBlocks)
	}
	var a, b, squares float64
	for _, l := range blocks {
		a += l.forecast
		b += l.base
	}
	ratio := a / b
	for _, l := range blocks {
		off := l.forecast - ratio*l.base
		squares += off * off
	}
	k := float64(len(blocks))
	deviation := math.Sqrt(k/(k-1)*squares) / b
	return Skill{Value: 1 - ratio, Low: 1 - ratio - studentT*deviation, Base: base, N: len(trials), Blocks: len(blocks)}, nil
}

// blockLoss is what a block lost.
type blockLoss struct{ forecast, base float64 }

// losses sums the losses by block, blocks in order of first appearance.
func losses(trials []Trial, base float64, block time.Duration) []blockLoss {
	var sums []blockLoss
	index := make(map[int64]int)
	for _, t := range trials {
		start := t.At.Truncate(block).UnixNano()
		k, known := index[start]
		if !known {
			k = len(sums)
			index[start] = k
			sums = append(sums, blockLoss{})
		}
		sums[k].forecast += t.loss(t.P)
		sums[k].base += t.loss(base)
	}
	return sums
}
