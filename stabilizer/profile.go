package stabilizer

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Target is the profile that reaches the peg goals of Vault plan §16: within 10
// bps of the target at 2 s blocks, also at five times the projected flow. Its
// price: whoever holds a distortion for two blocks makes us trade, within the
// caps.
//
// The pool called pool is watched and traded, through one private leg; set
// Traded, Anchor and Route for mode Mesh. depthUnitsPerBps is what moves it by
// one bps: a ten-thousandth of its depth where the curve is flat.
func Target(pair exchange.Pair, pool string, depthUnitsPerBps decimal.Decimal, blockTime time.Duration) Config {
	impact := decimal.Zero
	if depthUnitsPerBps.IsPositive() {
		impact = one.DivRound(depthUnitsPerBps, scale)
	}
	return Config{
		Pair: pair, Anchor: pair.Quote, Observed: pool, Traded: pool,
		Route: []Leg{{In: pair.Base, Out: pair.Quote}},

		ThetaEnterBps: decimal.New(2, 0), ThetaExitBps: one,
		SustainBlocks: 2, TWAPBlocks: 2, MaxGapBlocks: 2, MinBlocks: 3, BlockTime: blockTime,

		UnitsPerBps: depthUnitsPerBps, Leak: one, MaxIntegral: decimal.New(1000, 0),
		DepthUnitsPerBps: depthUnitsPerBps, ImpactBpsPerUnit: impact,
		Lot: decimal.New(1, -2), MinTrade: one,

		BlockCap:       depthUnitsPerBps.Mul(decimal.New(20, 0)), // 0.2% of depth
		MaxSlippageBps: decimal.New(30, 0),

		MaxGasGwei: decimal.New(50, 0), EmergencyGasGwei: decimal.New(200, 0), EmergencyBps: decimal.New(100, 0),
		HaltBps: decimal.New(500, 0), MaxPriceAge: time.Minute, MaxDivergenceBps: decimal.New(20, 0),
		MaxReverts: 3, AlarmBlocks: 10,

		DeadlineBlocks: 2, StuckBlocks: 3, MaxResubmits: 2, GasBump: decimal.New(1125, -3), ReorgBlocks: 64,
	}
}

// Conservative is the profile for a pool whose flow is small and whose
// attackers are not: a distortion must last three blocks, gas must be cheap,
// each trade corrects half and must pay for itself. It costs a block of latency
// against [Target] and holds 10 bps at up to 1 s blocks at five times the
// projected flow, 5 s at once.
func Conservative(pair exchange.Pair, pool string, depthUnitsPerBps decimal.Decimal, blockTime time.Duration) Config {
	c := Target(pair, pool, depthUnitsPerBps, blockTime)
	c.ThetaEnterBps, c.ThetaExitBps = decimal.New(5, 0), two
	c.SustainBlocks, c.TWAPBlocks, c.MinBlocks = 3, 3, 5
	c.UnitsPerBps = depthUnitsPerBps.Mul(half)
	c.BlockCap = depthUnitsPerBps.Mul(decimal.New(10, 0)) // 0.1% of depth
	c.MaxSlippageBps = decimal.New(15, 0)
	c.MaxGasGwei, c.EmergencyGasGwei, c.EmergencyBps = decimal.New(30, 0), decimal.New(100, 0), decimal.New(100, 0)
	c.HaltBps = decimal.New(200, 0)
	c.MaxPriceAge, c.MaxDivergenceBps = 30*time.Second, decimal.New(10, 0)
	c.ProfitGuard = true
	return c
}
