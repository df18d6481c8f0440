package contracts_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// ask calls a contract as an engine does, through package chain/abi, and keeps nothing.
func ask[A, R any](d *deployed, method abi.Method[A, R], args A) R {
	undo := d.undo()
	answer, _, err := runtime.Call(d.at, method.Encode(args), d.config(trader))
	undo()
	require.NoError(d, err, method.Signature())
	result, err := method.Result(answer)
	require.NoError(d, err)
	return result
}

// The methods that the engines encode by hand are those of the contracts, and what the
// contracts answer is what the engines read.
func TestTheEnginesAndTheContractsUnderstandEachOther(t *testing.T) {
	for _, kind := range []pmm.Kind{pmm.DSP, pmm.DPP} {
		t.Run(kind.String(), func(t *testing.T) {
			r := newPair(newMachine(t), stable(kind))
			r.mine(3)
			next, _, err := r.model.Swap(pmm.SellQuote, num("70000000000000000000000"))
			require.NoError(t, err)
			_, err = r.sell(pmm.SellQuote, num("70000000000000000000000"))
			require.NoError(t, err)
			r.model = next

			require.Equal(t, chain.Address(r.base.at), ask(r.pool, abi.BaseToken, abi.None{}))
			require.Equal(t, chain.Address(r.quote.at), ask(r.pool, abi.QuoteToken, abi.None{}))
			c, err := r.model.Adjusted()
			require.NoError(t, err)
			require.Equal(t, abi.PoolState{I: c.I, K: c.K, B: c.B, Q: c.Q, B0: c.B0, Q0: c.Q0, R: uint8(c.R)}, ask(r.pool, abi.State, abi.None{}))
			require.Equal(t, r.model.TWAP.PostTrade, ask(r.pool, abi.PriceCumulative, abi.None{}))
			require.Equal(t, uint8(18), ask(r.base, abi.Decimals, abi.None{}))

			pay := num("123456789000000000000000")
			for side, method := range map[pmm.Side]abi.Method[abi.Payment, abi.PoolQuote]{pmm.SellBase: abi.QuerySellBase, pmm.SellQuote: abi.QuerySellQuote} {
				q, err := r.model.Quote(side, pay)
				require.NoError(t, err)
				want := abi.PoolQuote{Receive: q.Receive, MtFee: q.MTFee, NewR: uint8(q.R), NewTarget: q.Target}
				require.Equal(t, want, ask(r.pool, method, abi.Payment{Who: chain.Address(stranger), Amount: pay}))
			}
			for side, method := range map[pmm.Side]abi.Method[chain.Address, uint256.Int]{pmm.SellBase: abi.SellBase, pmm.SellQuote: abi.SellQuote} {
				undo := r.undo()
				token := map[pmm.Side]*deployed{pmm.SellBase: r.base, pmm.SellQuote: r.quote}[side]
				require.True(t, sends(r, token, pay))
				q, err := r.model.Quote(side, pay)
				require.NoError(t, err)
				require.Equal(t, q.Receive, ask(r.pool, method, chain.Address(trader)))
				require.Equal(t, pay.Dec(), new(uint256.Int).Sub(balance(token, r.pool), reserve(r, side)).Dec())
				undo()
			}
		})
	}
}

// sends transfers to the pool through abi.Transfer, for good.
func sends(r *pair, token *deployed, pay uint256.Int) bool {
	answer, _, err := runtime.Call(token.at, abi.Transfer.Encode(abi.Payment{Who: chain.Address(r.pool.at), Amount: pay}), r.config(trader))
	require.NoError(r, err)
	ok, err := abi.Transfer.Result(answer)
	require.NoError(r, err)
	return ok
}

func balance(token, of *deployed) *uint256.Int {
	b := ask(token, abi.BalanceOf, chain.Address(of.at))
	return &b
}

func reserve(r *pair, side pmm.Side) *uint256.Int {
	if side == pmm.SellBase {
		return &r.model.Curve.B
	}
	return &r.model.Curve.Q
}
