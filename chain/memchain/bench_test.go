package memchain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// market is seven pools in a ring of tokens, as a simulation has them.
func market(tb testing.TB) (*memchain.Chain, []*memchain.Pool) {
	tb.Helper()
	w := newWorld(tb, memchain.Options{})
	tokens := make([]*memchain.Token, 7)
	for i := range tokens {
		tokens[i] = memchain.NewToken(w.Chain, 6)
	}
	pools := make([]*memchain.Pool, len(tokens))
	for i := range pools {
		p, err := memchain.NewPool(w.Chain, memchain.PoolConfig{
			Base: tokens[i], Quote: tokens[(i+1)%len(tokens)], Maintainer: maintainer,
			Params: pmm.Params{Kind: pmm.DSP, I: num(1e18), K: num(1e17), LPFeeRate: num(3e14), MTFeeRate: num(1e14), TWAP: true},
		})
		require.NoError(tb, err)
		pools[i] = p
	}
	w.do(trader, func(env memchain.Env) error {
		for _, t := range tokens {
			if err := t.Mint(env, trader, units(1_000_000_000)); err != nil {
				return err
			}
		}
		for _, p := range pools {
			if err := p.Deposit(env, units(1_000_000), units(1_000_000)); err != nil {
				return err
			}
		}
		return nil
	})
	return w.Chain, pools
}

func BenchmarkMine(b *testing.B) {
	for name, swaps := range map[string]int{"empty": 0, "3 swaps": 3} {
		b.Run(name, func(b *testing.B) {
			c, pools := market(b)
			when, turn, side := c.Head().Time, 0, pmm.SellBase
			txs := make([]memchain.Tx, swaps)
			for i := range txs {
				txs[i] = memchain.Tx{From: trader, Do: func(env memchain.Env) error {
					turn++
					if turn%len(pools) == 0 {
						side = pmm.SellBase + pmm.SellQuote - side
					}
					_, err := pools[turn%len(pools)].Swap(env, side, num(1000_000_000))
					return err
				}}
			}
			b.ReportAllocs()
			for b.Loop() {
				when = when.Add(2 * time.Second)
				if m, err := c.Mine(when, txs...); err != nil || m.Reverts != nil {
					b.Fatal(err, errors.Join(m.Reverts...))
				}
			}
		})
	}
}

// A swap by itself, to subtract from a block's cost.
func BenchmarkSwapOfPMM(b *testing.B) {
	_, pools := market(b)
	state, side := pools[0].State(), pmm.SellBase
	for b.Loop() {
		next, _, err := state.Swap(side, num(1000_000_000))
		if err != nil {
			b.Fatal(err)
		}
		state, side = next, pmm.SellBase+pmm.SellQuote-side
	}
}

func BenchmarkRead(b *testing.B) {
	c, pools := market(b)
	client := c.Client(keeper)
	calls := make([]chain.Call, 4)
	for i := range calls {
		calls[i] = abi.State.Call(pools[i].Address(), abi.None{})
	}
	head := c.Head().Hash
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Read(b.Context(), head, calls...); err != nil {
			b.Fatal(err)
		}
	}
}
