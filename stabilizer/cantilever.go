package stabilizer

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// The cantilever model, Vault plan §6: trades of size s, f times a minute, hold
// against a one-way flow of Δ units a minute if s × f >= Δ. The frequency is no
// choice: it follows from the chain's block time and from MinBlocks.

// Frequency returns f = 60 s / (MinBlocks × BlockTime), trades per minute, to 6
// places, rounded down.
func (c Config) Frequency() decimal.Decimal {
	f, _ := sixty.QuoRem(c.spacing(), bpsScale)
	return f
}

// Throughput returns s × f, units per minute, to 6 places, rounded down.
func (c Config) Throughput(size decimal.Decimal) decimal.Decimal {
	through, _ := size.Mul(sixty).QuoRem(c.spacing(), bpsScale)
	return through
}

// Shortfall returns by how many units per minute a flow exceeds what trades of
// that size can carry, to 6 places, rounded up, and 0 when they can.
func (c Config) Shortfall(size, flowPerMin decimal.Decimal) decimal.Decimal {
	// flow - 60 s/spacing, without dividing before we know that there is need
	spacing := c.spacing()
	short := flowPerMin.Mul(spacing).Sub(size.Mul(sixty))
	if !short.IsPositive() {
		return decimal.Zero
	}
	return quoUp(short, spacing)
}

// NeededSize returns s = Δ / f, the size that carries a flow, to 6 places,
// rounded up.
func (c Config) NeededSize(flowPerMin decimal.Decimal) decimal.Decimal {
	return quoUp(flowPerMin.Mul(c.spacing()), sixty)
}

// FlowBpsPerBlock returns q, by how many bps a flow moves the observed pool in
// one block, to 6 places, rounded up.
func (c Config) FlowBpsPerBlock(flowPerMin decimal.Decimal) decimal.Decimal {
	return quoUp(flowPerMin.Mul(seconds(c.BlockTime)), sixty.Mul(c.DepthUnitsPerBps))
}

// PeakBoundBps returns how far from the target a steady one-way flow can push
// the price, bps:
//
//	ThetaEnter + q × (max(N + (W-1)/2 + 1, MinBlocks) + 1)
//
// It holds in mode Direct for a full correction (k = depth) whose caps do not
// bind; lumpy flow goes beyond it by about a lump.
func (c Config) PeakBoundBps(flowPerMin decimal.Decimal) decimal.Decimal {
	delay := decimal.New(int64(2*c.SustainBlocks)+int64(c.TWAPBlocks)+1, 0).Mul(half)
	blocks := decimal.Max(delay, decimal.New(int64(c.MinBlocks), 0)).Add(one)
	return c.ThetaEnterBps.Add(c.FlowBpsPerBlock(flowPerMin).Mul(blocks))
}

// spacing is MinBlocks × BlockTime in seconds.
func (c Config) spacing() decimal.Decimal {
	return seconds(c.BlockTime).Mul(decimal.New(int64(c.MinBlocks), 0))
}

func seconds(d time.Duration) decimal.Decimal { return decimal.New(d.Nanoseconds(), -9) }

// quoUp returns x / y to 6 places, rounded up. x >= 0, y > 0.
func quoUp(x, y decimal.Decimal) decimal.Decimal {
	q, rest := x.QuoRem(y, bpsScale)
	if rest.IsPositive() {
		q = q.Add(decimal.New(1, -bpsScale))
	}
	return q
}

// pegGoalBps is Vault plan §16: peg stability ±0.10%.
var pegGoalBps = decimal.New(10, 0)

// Warnings lists what a valid configuration cannot reach, one sentence each: any
// fill at all, and of Vault plan §16 rebalancing in less than 5 blocks and, where
// FlowPerMin is known, keeping up with it and staying within 10 bps.
func (c Config) Warnings() []string {
	var warnings []string
	if c.FeeBps.Cmp(c.MaxSlippageBps) >= 0 {
		warnings = append(warnings, fmt.Sprintf("a fee of %v bps leaves less than MaxSlippageBps %v asks for: every trade reverts", c.FeeBps, c.MaxSlippageBps))
	}
	if delay := uint64(c.TWAPBlocks-1) + c.SustainBlocks; delay >= 5 {
		warnings = append(warnings, fmt.Sprintf("rebalancing takes (W-1)+N = %d blocks: the plan's target is less than 5", delay))
	}
	if !c.FlowPerMin.IsPositive() {
		return warnings
	}
	size := c.UnitsPerBps.Mul(pegGoalBps)
	if c.BlockCap.IsPositive() {
		size = decimal.Min(size, c.BlockCap)
	}
	if c.Shortfall(size, c.FlowPerMin).IsPositive() {
		warnings = append(warnings, fmt.Sprintf("s × f = %v × %v units per minute is below the flow %v: need s = %v",
			size, c.Frequency(), c.FlowPerMin, c.NeededSize(c.FlowPerMin)))
	}
	if peak := c.PeakBoundBps(c.FlowPerMin); peak.GreaterThan(pegGoalBps) {
		warnings = append(warnings, fmt.Sprintf("the peg can be pushed %v bps away (mode %s): the goal is 10", peak, c.Mode()))
	}
	return warnings
}
