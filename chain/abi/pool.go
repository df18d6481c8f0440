package abi

import (
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// The methods of a DODO V2 pool of kind DSP or DPP. A sale takes what was
// transferred to the pool before it, in the same transaction.
var (
	// BaseToken asks which token is priced.
	BaseToken = Method[None, chain.Address]{"_BASE_TOKEN_()", Selector{0x4a, 0x24, 0x8d, 0x2a}, none, account}
	// QuoteToken asks which token prices are in.
	QuoteToken = Method[None, chain.Address]{"_QUOTE_TOKEN_()", Selector{0xd4, 0xb9, 0x70, 0x46}, none, account}
	// State asks for the curve with its targets adjusted.
	State = Method[None, PoolState]{"getPMMStateForCall()", Selector{0xfd, 0x1e, 0xd7, 0xe9}, none, poolState}
	// PriceCumulative asks for the sum of mid price × seconds, as of the last
	// trade; 0 for a pool opened without TWAP.
	PriceCumulative = Method[None, uint256.Int]{"_BASE_PRICE_CUMULATIVE_LAST_()", Selector{0xfe, 0x24, 0xcb, 0x7f}, none, amount}
	// QuerySellBase asks what Payment.Who would get for that much base.
	QuerySellBase = Method[Payment, PoolQuote]{"querySellBase(address,uint256)", Selector{0x79, 0xa0, 0x48, 0x76}, payment, poolQuote}
	// QuerySellQuote asks what Payment.Who would get for that much quote.
	QuerySellQuote = Method[Payment, PoolQuote]{"querySellQuote(address,uint256)", Selector{0x66, 0x41, 0x0a, 0x21}, payment, poolQuote}
	// SellBase sends the proceeds to an account and returns them.
	SellBase = Method[chain.Address, uint256.Int]{"sellBase(address)", Selector{0xbd, 0x60, 0x15, 0xb4}, account, amount}
	// SellQuote sends the proceeds to an account and returns them.
	SellQuote = Method[chain.Address, uint256.Int]{"sellQuote(address)", Selector{0xdd, 0x93, 0xf5, 0x9a}, account, amount}
)

// PoolState is a PMM curve. Amounts are in each token's smallest unit.
type PoolState struct {
	I  uint256.Int // guide price: quote units per base unit, times 1e18
	K  uint256.Int // slope, 0 to 1e18
	B  uint256.Int // base reserve
	Q  uint256.Int // quote reserve
	B0 uint256.Int // base target, adjusted
	Q0 uint256.Int // quote target, adjusted
	R  uint8       // 0 at equilibrium, 1 when base is short, 2 when quote is
}

// PoolQuote is a pool's answer to what a sale would do.
type PoolQuote struct {
	Receive   uint256.Int // net of both fees
	MtFee     uint256.Int // maintainer's fee, in the token received
	NewR      uint8       // as PoolState.R
	NewTarget uint256.Int // of the token sold, were R to change
}

const maxR = 2

var poolState = codec[PoolState]{
	7,
	func(w *writer, s PoolState) {
		for _, v := range []uint256.Int{s.I, s.K, s.B, s.Q, s.B0, s.Q0} {
			w.uint(v)
		}
		w.uint64(uint64(s.R))
	},
	func(r *reader) PoolState {
		return PoolState{I: r.uint(), K: r.uint(), B: r.uint(), Q: r.uint(), B0: r.uint(), Q0: r.uint(), R: r.r()}
	},
}

var poolQuote = codec[PoolQuote]{
	4,
	func(w *writer, q PoolQuote) {
		w.uint(q.Receive)
		w.uint(q.MtFee)
		w.uint64(uint64(q.NewR))
		w.uint(q.NewTarget)
	},
	func(r *reader) PoolQuote {
		return PoolQuote{Receive: r.uint(), MtFee: r.uint(), NewR: r.r(), NewTarget: r.uint()}
	},
}

func (r *reader) r() uint8 { return uint8(r.upTo(maxR, "a side of the curve")) }
