package weekend

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
)

// trace is what the price of the observed pool did in one run, taken at the end
// of every block.
type trace struct {
	target, band path.Price
	hour, minute int // blocks
	hours        []candle
	minutes      []path.Price // the last one of each
	blocks       int
	inside       int
	departures   int
	left         int // block of the present departure
	longest      int // blocks of the longest departure
	longestFrom  int
	firstOut     int // blocks; -1 for never
	lastOut      int
	worst        path.Price // farthest from the target
	worstAt      int
	out          bool
}

// candle is what the price did in one candle of the tape.
type candle struct {
	high, low, last path.Price
	inside          int
}

func newTrace(sc *scenario, s Setup) *trace {
	target := path.FromDecimal(s.Target)
	return &trace{
		target: target, band: target * path.Price(s.BandBps) / 10_000,
		hour: sc.hour, minute: sc.minute(), firstOut: -1, lastOut: -1, worst: target,
	}
}

// add takes the price at the end of the next block.
func (t *trace) add(p path.Price) {
	if t.blocks%t.hour == 0 {
		t.hours = append(t.hours, candle{high: p, low: p})
	}
	if t.blocks%t.minute == 0 {
		t.minutes = append(t.minutes, p)
	}
	h := &t.hours[len(t.hours)-1]
	h.high, h.low, h.last = max(h.high, p), min(h.low, p), p
	t.minutes[len(t.minutes)-1] = p

	out := away(p, t.target) > t.band
	switch {
	case !out:
		h.inside++
		t.inside++
	case t.firstOut < 0:
		t.firstOut = t.blocks
	}
	if out {
		t.lastOut = t.blocks
	}
	if out && !t.out {
		t.departures++
		t.left = t.blocks
	}
	if away := t.blocks + 1 - t.left; out && away > t.longest {
		t.longest, t.longestFrom = away, t.left
	}
	if away(p, t.target) > away(t.worst, t.target) {
		t.worst, t.worstAt = p, t.blocks
	}
	t.out = out
	t.blocks++
}

func away(p, from path.Price) path.Price { return max(p-from, from-p) }

// span returns a candle in decimals.
func (h candle) span() Span {
	return Span{High: h.high.Decimal(), Low: h.low.Decimal(), Close: h.last.Decimal()}
}

// farthest returns the end of the candle that is farther from target.
func (h candle) farthest(target path.Price) decimal.Decimal {
	if away(h.low, target) > away(h.high, target) {
		return h.low.Decimal()
	}
	return h.high.Decimal()
}
