package contracts_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever pushes the price in one block and restores it in the next, for as long as they
// like and wherever in the block the keeper comes, does not make the contract trade. Nor
// does a push to the other side each time.
func TestOneBlockDistortionsNeverTrigger(t *testing.T) {
	g := newGround(t)
	for _, c := range []struct {
		story  string
		whole  int64   // blocks that it must stand for
		blocks []int64 // where the price goes in each block, in bps, over and over
	}{
		{"up and back", 1, []int64{30, 0}},
		{"up and down", 1, []int64{30, 0, -30, 0}},
		{"from one side to the other", 1, []int64{30, -30}},
		{"up for a whole block, where it takes two", 2, []int64{30, 30, 0, -30, -30}},
	} {
		t.Run(c.story, func(t *testing.T) {
			v := g.settle(t, func(p *plan) { p.limits.SustainBlocks = big.NewInt(c.whole) })
			at := int64(0)
			for i := range 40 {
				v.keep(t)
				v.moveTo(t, &at, c.blocks[i%len(c.blocks)])
				v.keep(t)
				v.succeed(t)
			}
			require.Equal(t, units(50_000, baseDigits), v.holds(t, v.base))
			require.Equal(t, units(50_000, quoteDigits), v.holds(t, v.quote))
		})
	}
}

// keep has the keeper try both sides in the next block.
func (v *village) keep(t require.TestingT) {
	v.keeper.do(t, "run", []act{v.execute(t, v.sale(t, 100)), v.execute(t, v.purchase(t, 100))})
}

// moveTo brings the price to about that many bps of the peg, by way of the peg.
func (v *village) moveTo(t require.TestingT, at *int64, bps int64) {
	if *at == bps {
		return
	}
	var acts []act
	if *at != 0 {
		acts = append(acts, v.restore(t, v.trader, *at > 0))
	}
	if bps != 0 {
		sellBase, amount := v.shift(bps)
		acts = append(acts, v.push(t, v.trader, sellBase, amount))
	}
	v.trader.do(t, "run", acts)
	*at = bps
}

// A keeper who has been robbed distorts the price, trades and restores it in one
// transaction: what has not stood for whole blocks does not count.
func TestAFlashDistortionIsNoCause(t *testing.T) {
	g := newGround(t)
	for _, bps := range []int64{30, -30, 2_000} {
		v := g.settle(t, nil)
		v.mineEmpty(t, 5)
		sellBase, amount := v.shift(bps)
		o := v.sale(t, 100)
		if bps < 0 {
			o = v.purchase(t, 100)
		}
		v.keeper.do(t, "run", []act{
			v.push(t, v.keeper, sellBase, amount), v.execute(t, o), v.restore(t, v.keeper, !sellBase),
		})
		tried := v.keeper.logs(t, "Tried", v.succeed(t)...)
		require.Equal(t, []any{true, false, true}, []any{tried[0]["ok"], tried[1]["ok"], tried[2]["ok"]})
		require.Equal(t, "NotSustained", v.stabilizer.refused(t, tried[1]))
	}
}

// Nor can it make a trade that is due any larger.
func TestAFlashDistortionDoesNotEnlargeATrade(t *testing.T) {
	v := newGround(t).offPeg(t, 5, nil)
	fair := v.proportion(t)
	sellBase, amount := v.shift(50)
	v.keeper.do(t, "run", []act{
		v.push(t, v.keeper, sellBase, amount), v.execute(t, v.sale(t, 0).of(plus(fair, 1))), v.execute(t, v.sale(t, 0).of(fair)),
	})
	tried := v.keeper.logs(t, "Tried", v.succeed(t)...)
	require.Equal(t, "OutOfProportion", v.stabilizer.refused(t, tried[1]))
	require.Equal(t, true, tried[2]["ok"])
}

// When somebody was quicker, no more than what is left is traded.
func TestATradeIsInProportionToWhatIsLeft(t *testing.T) {
	v := newGround(t).offPeg(t, 15, nil)
	fair := v.proportion(t)
	sellBase, amount := v.shift(-5)
	v.keeper.do(t, "run", []act{
		v.push(t, v.keeper, sellBase, amount),
		v.execute(t, v.sale(t, 0).of(part(fair, 11, 15))), v.execute(t, v.sale(t, 0).of(part(fair, 9, 15))),
	})
	tried := v.keeper.logs(t, "Tried", v.succeed(t)...)
	require.Equal(t, "OutOfProportion", v.stabilizer.refused(t, tried[1]))
	require.Empty(t, v.stabilizer.refused(t, tried[2]))
}

// A token that calls back while it moves, and is a keeper as well, trades once.
func TestATokenCannotReenter(t *testing.T) {
	v := newGround(t).offPeg(t, 40, func(p *plan) { p.token = "AttackToken" })
	v.stabilizer.do(t, "setKeeper", v.base.Address, true)
	v.succeed(t)
	o := v.sale(t, 100)
	again := v.execute(t, o)
	v.base.do(t, "arm", again.To, again.Data)
	v.keeper.do(t, "run", []act{v.execute(t, o)})
	receipts := v.succeed(t)
	inner := v.base.logs(t, "Tried", receipts...)
	require.NotEmpty(t, inner)
	for _, call := range inner {
		require.Equal(t, false, call["ok"])
		require.Equal(t, "ReentrancyGuardReentrantCall", v.stabilizer.refused(t, call))
	}
	require.Len(t, v.stabilizer.logs(t, "PrivateSwapExecuted", receipts...), 1)
}

// Whoever brings the price to the peg for a moment of every block holds off the
// rebalance. This is what it costs them: the pool's fee twice and gas, per block.
func TestWhatItCostsToHoldOffARebalance(t *testing.T) {
	g := newGround(t)
	for _, feeBps := range []int64{0, 1, 5, 30} {
		v := g.offPeg(t, 20, func(p *plan) { p.feeBps = feeBps; p.limits.MaxSlippageBps = big.NewInt(100) })
		require.Empty(t, v.refusal(t, v.sale(t, 100)))
		before := v.fortune(t)
		const blocks = 20
		var gasUsed uint64
		for range blocks {
			v.trader.do(t, "run", []act{v.push(t, v.trader, true, units(2_100, baseDigits)), v.restore(t, v.trader, false)})
			for _, r := range v.succeed(t) {
				gasUsed += r.GasUsed
			}
			require.Equal(t, "NotSustained", v.refusal(t, v.sale(t, 100)))
		}
		cost := new(big.Int).Sub(before, v.fortune(t))
		perBlock := new(big.Rat).SetFrac(cost, units(blocks, quoteDigits))
		t.Logf("20 bps off the peg in a pool of 1,000,000 with a fee of %d bps: %s tokens and %d gas per block held off",
			feeBps, perBlock.FloatString(4), gasUsed/blocks)
		if feeBps > 0 {
			least := new(big.Rat).SetFrac64(2_000*2*feeBps*9, 10*10_000)
			require.Positive(t, perBlock.Cmp(least), "nine tenths of two fees on 2,000 tokens")
		}
		v.mineEmpty(t, 1)
		require.Empty(t, v.refusal(t, v.sale(t, 100)), "one block without it is enough")
	}
}

// fortune is what the trader has, at the peg, in quote units.
func (v *village) fortune(t require.TestingT) *big.Int {
	base := v.base.number(t, "balanceOf", v.trader.Address)
	quote := v.quote.number(t, "balanceOf", v.trader.Address)
	return base.Mul(base, units(1, quoteDigits-baseDigits)).Add(base, quote)
}
