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
	// IsKeeper asks whether an account may execute.
	IsKeeper = Method[chain.Address, bool]{"isKeeper(address)", Selector{0x6b, 0xa4, 0x2a, 0xaa}, account, boolean}
	// Pause makes it refuse to trade; its owner or a keeper may call it.
	Pause = Method[None, None]{"pause()", Selector{0x84, 0x56, 0xcb, 0x59}, none, none}
	// Unpause lets it trade again; its owner may call it.
	Unpause = Method[None, None]{"unpause()", Selector{0x3f, 0x4b, 0xa8, 0x3a}, none, none}
	// Withdraw sends inventory to an account; its owner may call it.
	Withdraw = Method[Withdrawal, None]{"withdraw(address,address,uint256)", Selector{0xd9, 0xca, 0xed, 0x12}, withdrawal, none}
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

// Withdrawal is inventory on its way out, in the token's smallest unit.
type Withdrawal struct {
	Token, To chain.Address
	Amount    uint256.Int
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

var withdrawal = codec[Withdrawal]{
	3,
	func(w *writer, x Withdrawal) { w.address(x.Token); w.address(x.To); w.uint(x.Amount) },
	func(r *reader) Withdrawal { return Withdrawal{Token: r.address(), To: r.address(), Amount: r.uint()} },
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
