package contracts

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/params"
)

// StabilizerConfig is the argument of the stabilizer's configure. Start from
// [TargetLimits] or [ConservativeLimits] and add the pools and the peg; the contract
// refuses what is out of bounds.
type StabilizerConfig struct {
	Observed common.Address   // the pool whose price is held; its two tokens are the ones traded
	Route    []common.Address // from its base token to its quote token: one pool, or two that share an anchor
	Peg      *big.Int         // what its mid price should be: quote units per base unit, times 1e18

	ThresholdBps                   *big.Int // beyond this distance from the peg there is something to do; 1 to 5,000
	SustainBlocks                  *big.Int // for so many whole blocks, and since; 1 to 32
	MinBlocks                      *big.Int // from one execution to the next; 1 to 1,000,000
	UnitsPerBps                    *big.Int // k: base units that may be traded per bps of deviation
	MaxStabilizationVolumePerBlock *big.Int // base units; what is sold in quote counts at the peg
	MaxSlippageBps                 *big.Int // what is received is worth so much less than what is sold, at the peg, or it reverts; 1 to 5,000
	MaxGasPriceForStabilizer       *big.Int // wei
}

// TargetLimits bound a keeper whose engine is stabilizer.Target. unitsPerBps is what
// moves the observed pool by 1 bps, in the smallest unit of its base token.
func TargetLimits(unitsPerBps *big.Int) StabilizerConfig {
	return limits(unitsPerBps, profile{threshold: 1, sustain: 1, delay: 3, percent: 101, capBps: 20, slippage: 30, gwei: 200})
}

// ConservativeLimits bound a keeper whose engine is stabilizer.Conservative.
func ConservativeLimits(unitsPerBps *big.Int) StabilizerConfig {
	return limits(unitsPerBps, profile{threshold: 2, sustain: 2, delay: 5, percent: 51, capBps: 10, slippage: 15, gwei: 100})
}

// profile is a column of the table in IStabilizer.sol, which says how it follows from
// the engine's. percent is of what moves the pool by 1 bps: a little more than the
// engine asks for, so that rounding never stands in its way.
type profile struct {
	threshold, sustain, delay, percent, capBps, slippage, gwei int64
}

func limits(unitsPerBps *big.Int, p profile) StabilizerConfig {
	times := func(n int64) *big.Int { return new(big.Int).Mul(unitsPerBps, big.NewInt(n)) }
	return StabilizerConfig{
		ThresholdBps: big.NewInt(p.threshold), SustainBlocks: big.NewInt(p.sustain), MinBlocks: big.NewInt(p.delay),
		UnitsPerBps: new(big.Int).Div(times(p.percent), big.NewInt(100)), MaxStabilizationVolumePerBlock: times(p.capBps),
		MaxSlippageBps: big.NewInt(p.slippage), MaxGasPriceForStabilizer: big.NewInt(p.gwei * params.GWei),
	}
}
