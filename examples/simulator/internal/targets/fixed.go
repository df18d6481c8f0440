package targets

import "time"

// The plan's own rule, §11: trade 25 units, 33 times a minute, whatever the
// deviation. A stabilizer that trades once in minBlocks blocks cannot trade
// more often than those blocks pass.
const (
	fixedSize      = 25 * micro
	fixedPerMinute = 33
)

// fixedRule plays the rule against f and returns the deviation of each block.
func fixedRule(f flow, span, blockTime time.Duration, minBlocks uint64) []float64 {
	m := newMarket(false, 0, 0)
	interval := max(time.Minute/fixedPerMinute, time.Duration(minBlocks)*blockTime)
	var bps []float64
	due := time.Duration(0)
	for at := time.Duration(0); at < span; at += blockTime {
		for ; due <= at; due += interval {
			m.trade(min(fixedSize, max(m.public, 0)))
		}
		m.public += f.next()
		bps = append(bps, m.bps())
	}
	return bps
}

func fixedPeak(f flow, span, blockTime time.Duration, minBlocks uint64) (peak float64) {
	for _, bps := range fixedRule(f, span, blockTime, minBlocks) {
		peak = max(peak, -bps) // one-way selling only pushes the price down
	}
	return peak
}

// fixedShare is the per cent of blocks that end within the goal.
func fixedShare(f flow, span, blockTime time.Duration, minBlocks uint64) float64 {
	inside := 0
	deviations := fixedRule(f, span, blockTime, minBlocks)
	for _, bps := range deviations {
		if -bps <= goalBps {
			inside++
		}
	}
	return 100 * float64(inside) / float64(len(deviations))
}
