package contracts_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/params"
	"github.com/stretchr/testify/require"
)

// offPeg is a village whose price has stood so many bps from the peg for long enough.
func offPeg(t require.TestingT, bps int64, change func(*plan)) *village {
	v := settle(t, change)
	v.raise(bps)
	v.pass(1 + int(v.config.SustainBlocks.Int64()))
	return v
}

func TestARuleRefusesAndItsNearestCasePasses(t *testing.T) {
	deep := func(p *plan) { p.limits.MaxStabilizationVolumePerBlock = units(1_000_000, baseDigits) }
	more := func(o order) order { o.size = plus(o.size, 1); return o }
	for _, c := range []struct {
		story string
		bps   int64
		plan  func(*plan)
		good  func(*village) order // nil is a sale of 1,000
		bad   func(*village, order) order
		want  string
	}{
		{
			story: "a sale of nothing is none", bps: 20, want: "NothingToSell",
			good: func(v *village) order { return v.sale(0).of(big.NewInt(1)) },
			bad:  func(v *village, _ order) order { return v.sale(0) },
		}, {
			story: "an order of the last block is late", bps: 20, want: "DeadlinePassed",
			bad: func(_ *village, o order) order { o.deadline--; return o },
		}, {
			story: "above the peg nothing is bought", bps: 20, want: "WrongDirection",
			bad: func(v *village, _ order) order { return v.purchase(1000) },
		}, {
			story: "below the peg nothing is sold", bps: -20, want: "WrongDirection",
			good: func(v *village) order { return v.purchase(1000) },
			bad:  func(v *village, _ order) order { return v.sale(1000) },
		}, {
			story: "a token is not sold for itself", bps: 20, want: "WrongDirection",
			bad: func(_ *village, o order) order { o.out = o.in; return o },
		}, {
			story: "a foreign token is not sold", bps: 20, want: "WrongDirection",
			bad: func(_ *village, o order) order { o.in = common.Address{1}; return o },
		}, {
			story: "a sale is in proportion to the deviation", bps: 10, plan: deep, want: "OutOfProportion",
			good: func(v *village) order { return v.sale(0).of(v.proportion()) },
			bad:  func(_ *village, o order) order { return more(o) },
		}, {
			story: "so is a purchase, at the peg, and a part of a base unit counts as a whole one", bps: -10, plan: deep, want: "OutOfProportion",
			good: func(v *village) order {
				return v.purchase(0).of(new(big.Int).Mul(v.proportion(), units(1, quoteDigits-baseDigits)))
			},
			bad: func(_ *village, o order) order { return more(o) },
		}, {
			story: "a block has a cap", bps: 40, want: "OverBlockCap",
			good: func(v *village) order { return v.sale(0).of(v.config.MaxStabilizationVolumePerBlock) },
			bad:  func(_ *village, o order) order { return more(o) },
		}, {
			story: "the keeper's minimum holds", bps: 20, want: "TooLittleReceived",
			good: func(v *village) order {
				o := v.sale(1000)
				o.minOut = v.received(o)
				return o
			},
			bad: func(_ *village, o order) order { o.minOut = plus(o.minOut, 1); return o },
		},
	} {
		t.Run(c.story, func(t *testing.T) {
			v := offPeg(t, c.bps, c.plan)
			o := v.sale(1000)
			if c.good != nil {
				o = c.good(v)
			}
			require.Empty(t, v.refusal(o))
			require.Equal(t, c.want, v.refusal(c.bad(v, o)))
		})
	}
}

// proportion is k × deviation in base units, as Vault plan section 6 says it.
func (v *village) proportion() *big.Int {
	off := new(big.Int).Sub(v.pool.number("getMidPrice"), v.config.Peg)
	most := off.Abs(off).Mul(off, big.NewInt(10_000)).Mul(off, v.config.UnitsPerBps)
	return most.Div(most, v.config.Peg)
}

func TestOnlyAKeeperTradesAndOnlyWithCheapGas(t *testing.T) {
	v := offPeg(t, 20, nil)
	o := v.sale(1000)
	_, refusal := v.stabilizer.try(attempt{from: v.trader.Address, method: v.swap, args: o.args()})
	require.Equal(t, "NotKeeper", refusal)
	_, refusal = v.stabilizer.try(attempt{from: owner, method: v.swap, args: o.args()})
	require.Equal(t, "NotKeeper", refusal, "the owner")

	v.stabilizer.do("setKeeper", owner, true)
	v.mine()
	o = v.sale(1000)
	most := big.NewInt(200 * params.GWei)
	_, refusal = v.stabilizer.try(attempt{from: owner, gasPrice: most, method: v.swap, args: o.args()})
	require.Empty(t, refusal)
	_, refusal = v.stabilizer.try(attempt{from: owner, gasPrice: plus(most, 1), method: v.swap, args: o.args()})
	require.Equal(t, "GasTooDear", refusal)
}

func TestADeviationMustStandForWholeBlocks(t *testing.T) {
	for n := int64(1); n <= 3; n++ {
		v := settle(t, func(p *plan) { p.limits.SustainBlocks = big.NewInt(n) })
		v.raise(20)
		v.mine()
		for range n {
			require.Equal(t, "NotSustained", v.refusal(v.sale(1000)), "N = %d", n)
			require.Equal(t, view{20, false}, v.check())
			v.mine()
		}
		require.Empty(t, v.refusal(v.sale(1000)), "N = %d", n)
		require.Equal(t, view{20, true}, v.check())

		touch := []act{v.push(v.trader, true, units(2_000, baseDigits)), v.restore(v.trader, false)}
		v.trader.do("run", touch)
		v.mine()
		require.EqualValues(t, 20, v.deviation())
		for range n {
			require.Equal(t, "NotSustained", v.refusal(v.sale(1000)), "N = %d, after the peg was touched", n)
			v.mine()
		}
		require.Empty(t, v.refusal(v.sale(1000)), "N = %d", n)
	}
}

// check is checkDeviation as the next block will answer it.
func (v *village) check() view {
	out, refusal := v.stabilizer.try(attempt{from: v.trader.Address, method: "checkDeviation"})
	require.Empty(v, refusal)
	return view{as[*big.Int](v, out[0]).Int64(), as[bool](v, out[1])}
}

// view is what checkDeviation answers.
type view struct {
	bps       int64
	rebalance bool
}

func TestTheThresholdItselfIsNoCause(t *testing.T) {
	for _, c := range []struct {
		story      string
		price, peg *big.Int
		want       view
	}{
		{"one bps above", part(one, 10_001, 10_000), one, view{1, false}},
		{"a hair more", part(one, 10_001, 10_000), plus(one, -1), view{1, true}},
		{"one bps below", part(one, 9_999, 10_000), one, view{-1, false}},
		{"a hair less", part(one, 9_999, 10_000), plus(one, 1), view{-1, true}},
		{"on the peg", one, one, view{0, false}},
	} {
		v := settle(t, func(p *plan) { p.price, p.peg = c.price, c.peg })
		v.pass(2)
		require.Equal(t, c.want, v.check(), c.story)
	}
}

func TestTheBlockDelay(t *testing.T) {
	v := offPeg(t, 40, nil)
	o := v.sale(1000)
	v.keeper.do("run", []act{v.execute(o)})
	receipts := v.mine()
	done := v.stabilizer.logs("PrivateSwapExecuted", receipts...)
	require.Len(t, done, 1)
	require.Equal(t, o.size, done[0]["sold"])
	require.Equal(t, big.NewInt(40), done[0]["deviationBps"])
	require.Equal(t, new(big.Int).Sub(units(50_000, baseDigits), o.size), v.holds(v.base))
	require.Equal(t, new(big.Int).Add(units(50_000, quoteDigits), as[*big.Int](v, done[0]["received"])), v.holds(v.quote))

	executed := v.block
	require.Equal(t, executed+3, v.stabilizer.number("nextExecution").Uint64())
	require.Equal(t, "TooSoon", v.refusal(v.sale(1000)))
	v.mine()
	require.Equal(t, "TooSoon", v.refusal(v.sale(1000)), "block %d", executed+2)
	v.mine()
	require.Empty(t, v.refusal(v.sale(1000)), "block %d", executed+3)
}

func TestNoTradeGoesBeyondThePeg(t *testing.T) {
	for _, side := range []int64{20, -20} {
		v := offPeg(t, side, func(p *plan) {
			p.limits.UnitsPerBps = part(depth, 10, 1)
			p.limits.MaxStabilizationVolumePerBlock = units(1_000_000, baseDigits)
		})
		o := v.sale(0)
		if side < 0 {
			o = v.purchase(0)
		}
		// what just passes, to the smallest unit
		least, most := units(1, 6), units(3_000, 18)
		if side > 0 {
			most = units(3_000, 6)
		}
		require.Empty(t, v.refusal(o.of(least)))
		require.Equal(t, "Overshot", v.refusal(o.of(most)))
		for new(big.Int).Sub(most, least).Cmp(big.NewInt(1)) > 0 {
			middle := part(new(big.Int).Add(least, most), 1, 2)
			if v.refusal(o.of(middle)) == "" {
				least = middle
			} else {
				most = middle
			}
		}
		require.Equal(t, "Overshot", v.refusal(o.of(most)))
		v.keeper.do("run", []act{v.execute(o.of(least))})
		v.mine()
		off := new(big.Int).Sub(v.pool.number("getMidPrice"), one)
		require.Equal(t, -big.NewInt(side).Sign(), off.Sign(), "just past the peg")
		off.Abs(off).Mul(off, big.NewInt(10_000))
		require.LessOrEqual(t, off.Cmp(one), 0, "by the threshold of 1 bps at most")
		require.Positive(t, off.Mul(off, big.NewInt(1_000)).Cmp(part(one, 999, 1)), "and nearly so")
	}
}

func TestATradeGivesNearlyThePegOrReverts(t *testing.T) {
	for _, side := range []int64{4, -4} {
		for fee, want := range map[int64]string{31: "", 36: "TooLittleReceived"} {
			v := offPeg(t, side, func(p *plan) { p.feeBps = fee })
			o := v.sale(100)
			if side < 0 {
				o = v.purchase(100)
			}
			require.Equal(t, want, v.refusal(o), "a fee of %d bps, %d bps off", fee, side)
			_, refusal := v.stabilizer.try(attempt{from: v.keeper.Address, method: v.swapUnguarded, args: []any{o.size, o.in, o.out}})
			require.Equal(t, want, refusal, "without bounds of the keeper's own")
		}
	}
}

func TestTheMeshTradesBothLegsOrNone(t *testing.T) {
	mesh := func(p *plan) { p.mesh = true }
	for _, side := range []int64{20, -20} {
		v := offPeg(t, side, mesh)
		o, sold, bought := v.sale(1000), v.base, v.quote
		if side < 0 {
			o, sold, bought = v.purchase(1000), v.quote, v.base
		}
		before, price := v.holds(bought), v.pool.number("getMidPrice")
		v.keeper.do("run", []act{v.execute(o)})
		receipts := v.mine()
		done := v.stabilizer.logs("PrivateSwapExecuted", receipts...)
		require.Len(t, done, 1)
		require.Equal(t, done[0]["received"], new(big.Int).Sub(v.holds(bought), before))
		require.Zero(t, v.holds(v.anchor).Sign(), "no anchor is left behind")
		require.Equal(t, price, v.pool.number("getMidPrice"), "the public price follows by arbitrage only")

		// The second leg runs dry: the first one is undone with it.
		last := v.legs[1]
		if side < 0 {
			last = v.legs[0]
		}
		zero := new(big.Int)
		held := bought.number("balanceOf", last.Address)
		baseOut, quoteOut := held, zero
		last.do("reset", owner, zero, part(one, 1, 2_000), units(5, 17), baseOut, quoteOut, zero, zero)
		v.mine()
		v.pass(3)
		inventory := v.holds(sold)
		o.deadline = v.block + 1
		v.keeper.do("run", []act{v.execute(o)})
		tried := v.keeper.logs("Tried", v.mine()...)
		require.Equal(t, false, tried[0]["ok"])
		require.Equal(t, inventory, v.holds(sold))
		require.Zero(t, v.holds(v.anchor).Sign())
	}
}
