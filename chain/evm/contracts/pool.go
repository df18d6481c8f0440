package contracts

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// PoolConfig is what a pool is made with: the argument of its constructor.
// Rates and K are fixed point with 18 decimals.
type PoolConfig struct {
	Base       common.Address
	Quote      common.Address
	Maintainer common.Address // receives MtFeeRate
	MtFeeRate  *big.Int       // share of what the curve gives that leaves the pool
	LpFeeRate  *big.Int       // share of it that stays in the reserve; with MtFeeRate at most 1e18
	I          *big.Int       // guide price: quote units per base unit, times 1e18; in (0, 1e36]
	K          *big.Int       // slope, at most 1e18
	IsOpenTWAP bool           // keep _BASE_PRICE_CUMULATIVE_LAST_
}
