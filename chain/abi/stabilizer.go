package abi

import (
	"math"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// The methods of the stabilizer contract, Vault plan Appendix A. To its
// executePrivateSwap they add a bound and a deadline, without which a swap that
// waits in line could be filled at any price.
var (
	// CheckDeviation asks how far the contract sees its pool from the peg.
	CheckDeviation = Method[None, Deviation]{"checkDeviation()", Selector{0x5d, 0xe2, 0x1a, 0x69}, none, deviation}
	// ExecutePrivateSwap trades the contract's own inventory and returns what
	// it received.
	ExecutePrivateSwap = Method[Swap, uint256.Int]{
		"executePrivateSwap(uint256,address,address,uint256,uint256)", Selector{0xad, 0x24, 0x5c, 0xa9}, swap, amount,
	}
)

// Deviation is the contract's own view of the peg.
type Deviation struct {
	Bps             int64 // (price - peg) / peg in basis points, towards zero
	ShouldRebalance bool  // beyond its threshold, and sustained as it requires
}

// Swap is one private trade. Amounts are in each token's smallest unit.
type Swap struct {
	Size          uint256.Int // of TokenIn, sold
	TokenIn       chain.Address
	TokenOut      chain.Address
	MinOut        uint256.Int // of TokenOut; less reverts
	DeadlineBlock uint64      // last block in which it may execute
}

var deviation = codec[Deviation]{
	2,
	func(w *writer, d Deviation) { w.int64(d.Bps); w.bool(d.ShouldRebalance) },
	func(r *reader) Deviation { return Deviation{Bps: r.int64(), ShouldRebalance: r.bool()} },
}

var swap = codec[Swap]{
	5,
	func(w *writer, s Swap) {
		w.uint(s.Size)
		w.address(s.TokenIn)
		w.address(s.TokenOut)
		w.uint(s.MinOut)
		w.uint64(s.DeadlineBlock)
	},
	func(r *reader) Swap {
		return Swap{
			Size: r.uint(), TokenIn: r.address(), TokenOut: r.address(), MinOut: r.uint(),
			DeadlineBlock: r.upTo(math.MaxUint64, "a block number"),
		}
	},
}
