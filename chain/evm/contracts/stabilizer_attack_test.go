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
			v := settle(t, func(p *plan) { p.limits.SustainBlocks = big.NewInt(c.whole) })
			at := int64(0)
			for i := range 40 {
				v.keep()
				v.moveTo(&at, c.blocks[i%len(c.blocks)])
				v.keep()
				v.mine()
			}
			require.Equal(t, units(50_000, baseDigits), v.holds(v.base))
			require.Equal(t, units(50_000, quoteDigits), v.holds(v.quote))
		})
	}
}

// keep has the keeper try both sides in the next block.
func (v *village) keep() {
	v.keeper.do("run", []act{v.execute(v.sale(100)), v.execute(v.purchase(100))})
}

// moveTo brings the price to about that many bps of the peg, by way of the peg.
func (v *village) moveTo(at *int64, bps int64) {
	if *at == bps {
		return
	}
	var acts []act
	if *at != 0 {
		acts = append(acts, v.restore(v.trader, *at > 0))
	}
	if bps != 0 {
		sellBase, amount := v.shift(bps)
		acts = append(acts, v.push(v.trader, sellBase, amount))
	}
	v.trader.do("run", acts)
	*at = bps
}

// A keeper who has been robbed distorts the price, trades and restores it in one
// transaction: what has not stood for whole blocks does not count.
func TestAFlashDistortionIsNoCause(t *testing.T) {
	for _, bps := range []int64{30, -30, 2_000} {
		v := settle(t, nil)
		v.pass(5)
		sellBase, amount := v.shift(bps)
		o := v.sale(100)
		if bps < 0 {
			o = v.purchase(100)
		}
		v.keeper.do("run", []act{
			v.push(v.keeper, sellBase, amount), v.execute(o), v.restore(v.keeper, !sellBase),
		})
		tried := v.keeper.logs("Tried", v.mine()...)
		require.Equal(t, []any{true, false, true}, []any{tried[0]["ok"], tried[1]["ok"], tried[2]["ok"]})
		require.Equal(t, "NotSustained", v.stabilizer.refused(tried[1]))
	}
}

// Nor can it make a trade that is due any larger.
func TestAFlashDistortionDoesNotEnlargeATrade(t *testing.T) {
	v := offPeg(t, 5, nil)
	fair := v.proportion()
	sellBase, amount := v.shift(50)
	v.keeper.do("run", []act{
		v.push(v.keeper, sellBase, amount), v.execute(v.sale(0).of(plus(fair, 1))), v.execute(v.sale(0).of(fair)),
	})
	tried := v.keeper.logs("Tried", v.mine()...)
	require.Equal(t, "OutOfProportion", v.stabilizer.refused(tried[1]))
	require.Equal(t, true, tried[2]["ok"])
}

// What happens in the block of the order, before it, counts as much as the blocks before.
func TestATouchOfThePegInTheSameBlockCounts(t *testing.T) {
	v := offPeg(t, 20, nil)
	v.keeper.do("run", []act{
		v.push(v.keeper, true, units(2_100, baseDigits)), v.restore(v.keeper, false), v.execute(v.sale(100)),
	})
	tried := v.keeper.logs("Tried", v.mine()...)
	require.EqualValues(t, 20, v.deviation())
	require.Equal(t, "NotSustained", v.stabilizer.refused(tried[2]))
}

// When somebody was quicker, no more than what is left is traded.
func TestATradeIsInProportionToWhatIsLeft(t *testing.T) {
	v := offPeg(t, 15, nil)
	fair := v.proportion()
	sellBase, amount := v.shift(-5)
	v.keeper.do("run", []act{
		v.push(v.keeper, sellBase, amount),
		v.execute(v.sale(0).of(part(fair, 11, 15))), v.execute(v.sale(0).of(part(fair, 9, 15))),
	})
	tried := v.keeper.logs("Tried", v.mine()...)
	require.Equal(t, "OutOfProportion", v.stabilizer.refused(tried[1]))
	require.Empty(t, v.stabilizer.refused(tried[2]))
}

// A token that calls back while it moves, and is a keeper as well, trades once.
func TestATokenCannotReenter(t *testing.T) {
	v := offPeg(t, 40, func(p *plan) { p.token = "AttackToken" })
	v.stabilizer.do("setKeeper", v.base.Address, true)
	v.mine()
	o := v.sale(100)
	again := v.execute(o)
	v.base.do("arm", again.To, again.Data)
	v.keeper.do("run", []act{v.execute(o)})
	receipts := v.mine()
	inner := v.base.logs("Tried", receipts...)
	require.NotEmpty(t, inner)
	for _, call := range inner {
		require.Equal(t, false, call["ok"])
		require.Equal(t, "ReentrancyGuardReentrantCall", v.stabilizer.refused(call))
	}
	require.Len(t, v.stabilizer.logs("PrivateSwapExecuted", receipts...), 1)
}

// Whoever brings the price to the peg for a moment of every block holds off the
// rebalance. This is what it costs them: the pool's fee twice and gas, per block.
func TestWhatItCostsToHoldOffARebalance(t *testing.T) {
	for _, feeBps := range []int64{0, 1, 5, 30} {
		v := offPeg(t, 20, func(p *plan) { p.feeBps = feeBps; p.limits.MaxSlippageBps = big.NewInt(100) })
		require.Empty(t, v.refusal(v.sale(100)))
		before := v.fortune()
		const blocks = 20
		var gasUsed uint64
		for range blocks {
			v.trader.do("run", []act{v.push(v.trader, true, units(2_100, baseDigits)), v.restore(v.trader, false)})
			for _, r := range v.mine() {
				gasUsed += r.GasUsed
			}
			require.Equal(t, "NotSustained", v.refusal(v.sale(100)))
		}
		cost := new(big.Int).Sub(before, v.fortune())
		perBlock := new(big.Rat).SetFrac(cost, units(blocks, quoteDigits))
		t.Logf("20 bps off the peg in a pool of 1,000,000 with a fee of %d bps: %s tokens and %d gas per block held off",
			feeBps, perBlock.FloatString(4), gasUsed/blocks)
		if feeBps > 0 {
			least := new(big.Rat).SetFrac64(2_000*2*feeBps*9, 10*10_000)
			require.Positive(t, perBlock.Cmp(least), "nine tenths of two fees on 2,000 tokens")
		}
		v.pass(1)
		require.Empty(t, v.refusal(v.sale(100)), "one block without it is enough")
	}
}

// fortune is what the trader has, at the peg, in quote units.
func (v *village) fortune() *big.Int {
	base := v.base.number("balanceOf", v.trader.Address)
	quote := v.quote.number("balanceOf", v.trader.Address)
	return base.Mul(base, units(1, quoteDigits-baseDigits)).Add(base, quote)
}
