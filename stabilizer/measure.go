package stabilizer

import (
	"github.com/shopspring/decimal"
)

// distrust returns why the prices of b are not to be used, or "". A market that
// left its target for SustainBlocks blocks is a depeg even if its sources no
// longer agree: that is what a crisis looks like.
func (t *turn) distrust(b *Block) Reason {
	target, market := b.Target, b.Market
	switch {
	case !b.Pool.IsPositive(), target.Fault == "" && !target.Value.IsPositive():
		return PriceInvalid
	case target.Fault != "":
		return target.Fault
	case b.Time.Sub(target.At) > t.cfg.MaxPriceAge:
		return OracleStale
	}
	if market != nil {
		switch {
		case market.Fault != "":
			return market.Fault
		case !market.Value.IsPositive():
			return PriceInvalid
		case b.Time.Sub(market.At) > t.cfg.MaxPriceAge:
			return OracleStale
		}
		if bps(market.Value, target.Value).Abs().Cmp(t.cfg.HaltBps) >= 0 {
			t.s.Depeg++
		} else {
			t.s.Depeg = 0
		}
		if t.s.Depeg >= t.cfg.SustainBlocks {
			return Depeg
		}
		if market.SpreadBps.GreaterThan(t.cfg.MaxDivergenceBps) {
			return OracleDivergence
		}
	}
	if target.SpreadBps.GreaterThan(t.cfg.MaxDivergenceBps) {
		return OracleDivergence
	}
	return ""
}

// record keeps b's price in its slot, truncated if so configured: a truncated
// price moves at most MaxMoveBps from the one recorded before.
func (t *turn) record(b *Block) {
	price := tidy(b.Pool)
	if t.cfg.MaxMoveBps.IsPositive() {
		if last := t.lastPrice(); last.IsPositive() {
			step := tidy(last.Mul(t.cfg.MaxMoveBps).Shift(-4))
			price = decimal.Max(last.Sub(step), decimal.Min(last.Add(step), price))
		}
	}
	fresh := t.s.History.New // made by place, and ours
	fresh[len(fresh)-1].Price = price
}

// lastPrice returns the newest price before the head's, or 0 if too many blocks
// are missing in between.
func (t *turn) lastPrice() decimal.Decimal {
	chain := t.s.History
	for i := chain.Len() - 2; i >= 0 && !t.gap(chain.At(i), chain.At(i+1)); i-- {
		if price := chain.At(i).Price; price.IsPositive() {
			return price
		}
	}
	return decimal.Zero
}

// gap reports whether too many blocks are missing between two slots.
func (t *turn) gap(a, b Slot) bool { return b.Number-a.Number-1 > t.cfg.MaxGapBlocks }

// measure compares TWAP and spot with the target and keeps the count. It
// returns false while the TWAP lacks a price: at the start, after a void slot
// and after a gap.
func (t *turn) measure(b *Block) bool {
	sum, weight, ok := t.sum()
	if !ok {
		return false
	}
	target := b.Target.Value
	t.d.TWAPBps = bps(sum, target.Mul(weight))
	t.d.SpotBps = bps(b.Pool, target)
	t.e = decimal.Min(t.d.TWAPBps.Abs(), t.d.SpotBps.Abs())
	t.count()
	return true
}

// sum returns the weighted sum of the window's prices and the sum of weights,
// so that TWAP = sum / weight, or false if a price is lacking. With time
// weights a price weighs what its block took.
func (t *turn) sum() (sum, weight decimal.Decimal, ok bool) {
	chain, w := t.s.History, t.cfg.TWAPBlocks
	first := chain.Len() - w
	if first < 0 {
		return sum, weight, false
	}
	var total int64
	for i := first; i < chain.Len(); i++ {
		slot := chain.At(i)
		if slot.Price.IsZero() || i > first && t.gap(chain.At(i-1), slot) {
			return sum, weight, false
		}
		if !t.cfg.TimeWeighted {
			if i == first {
				sum = slot.Price
			} else {
				sum = sum.Add(slot.Price)
			}
			continue
		}
		took := t.cfg.BlockTime.Microseconds() // of the very first block
		if i > 0 {
			took = max(1, slot.Time-chain.At(i-1).Time) // chains count seconds: two blocks may share one
		}
		total += took
		sum = sum.Add(slot.Price.Mul(decimal.New(took, 0)))
	}
	if t.cfg.TimeWeighted {
		return sum, decimal.New(total, 0), true
	}
	return sum, t.window, true
}

// count extends or restarts the row of blocks out of band.
func (t *turn) count() {
	sign := t.d.TWAPBps.Sign()
	band := t.cfg.ThetaEnterBps
	if t.s.Engaged == sign {
		band = t.cfg.ThetaExitBps
	}
	if sign == 0 || t.d.SpotBps.Sign() != sign || t.e.Cmp(band) <= 0 {
		t.s.disengage()
		return
	}
	if t.s.Sign != sign {
		t.s.disengage()
		t.s.Sign = sign
	}
	t.s.Count++
	if !t.s.Bound && t.cfg.UnitsPerBpsBlock.IsPositive() {
		t.s.Integral = tidy(decimal.Min(t.cfg.MaxIntegral, t.s.Integral.Mul(t.cfg.Leak).Add(t.e)))
	}
}
