package pmm_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// position is -1 if a pool's Mid has not come to price yet on a way of that
// side, 0 if it is there, 1 if it is beyond or has none.
func position(p pmm.Pool, err error, side pmm.Side, price uint256.Int) int {
	mid, err2 := p.Mid()
	if err != nil || err2 != nil {
		return 1
	}
	if side == pmm.SellBase {
		return price.Cmp(&mid)
	}
	return mid.Cmp(&price)
}

func TestAmountToPriceLeadsToThePriceOrJustShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := plan(t, false)
		mid, err := pool.Mid()
		if err != nil {
			return
		}
		target := scaled(mid, rapid.Uint64Range(500_000, 2_000_000).Draw(t, "target"), 1_000_000)
		side, pay, err := pool.AmountToPrice(target)
		require.NoError(t, err)
		if side == 0 {
			require.Equal(t, mid, target, "no side means that the price is there")
			require.Zero(t, pay)
			return
		}
		after, _, err := pool.Swap(side, pay)
		require.NoError(t, err)
		at := position(after, nil, side, target)
		require.LessOrEqual(t, at, 0, "beyond")
		if at < 0 {
			// A wei of the token received is a step in the price, and may cost
			// many wei of the token paid.
			wei := float(target) / 1e18
			if side == pmm.SellBase {
				wei = 1 / wei
			}
			var more uint256.Int
			more.Rsh(&pay, 39).Add(&more, &pay).AddUint64(&more, 4+uint64(4*wei))
			further, _, err := pool.Swap(side, more)
			require.GreaterOrEqual(t, position(further, err, side, target), 0, "%s is further short than it need be", pay.Dec())
		}

		pool.LPFeeRate, pool.MTFeeRate = *uint256.NewInt(3e15), *uint256.NewInt(1e15)
		after, _, err = pool.Swap(side, pay)
		require.NoError(t, err)
		require.LessOrEqual(t, position(after, nil, side, target), 0, "with fees it falls shorter")
	})
}

func TestAmountToPriceOnEveryStretchOfTheCurve(t *testing.T) {
	above, _, err := balanced(t).Swap(pmm.SellQuote, wei("200000000000000000000000"))
	require.NoError(t, err)
	below, _, err := balanced(t).Swap(pmm.SellBase, wei("200000000000000000000000"))
	require.NoError(t, err)
	for _, row := range []struct {
		name  string
		pool  pmm.Pool
		price string
		side  pmm.Side
	}{
		{"from one upwards", balanced(t), "1000500000000000000", pmm.SellQuote},
		{"from one downwards", balanced(t), "999500000000000000", pmm.SellBase},
		{"from above further up", above, "1010000000000000000", pmm.SellQuote},
		{"from above part of the way back", above, "1002000000000000000", pmm.SellBase},
		{"from above back to the guide price", above, "1000000000000000000", pmm.SellBase},
		{"from above through one to below", above, "998000000000000000", pmm.SellBase},
		{"from below further down", below, "990000000000000000", pmm.SellBase},
		{"from below part of the way back", below, "998000000000000000", pmm.SellQuote},
		{"from below back to the guide price", below, "1000000000000000000", pmm.SellQuote},
		{"from below through one to above", below, "1002000000000000000", pmm.SellQuote},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.pool.LPFeeRate, row.pool.MTFeeRate = uint256.Int{}, uint256.Int{}
			side, pay, err := row.pool.AmountToPrice(wei(row.price))
			require.NoError(t, err)
			require.Equal(t, row.side, side)
			after, _, err := row.pool.Swap(side, pay)
			require.NoError(t, err)
			mid, err := after.Mid()
			require.NoError(t, err)
			require.InEpsilon(t, float(wei(row.price)), float(mid), 1e-12)
		})
	}
}

func TestSomePricesCannotBeReached(t *testing.T) {
	flat := balanced(t)
	flat.Curve.K = uint256.Int{}
	var huge uint256.Int
	huge.Not(&huge)
	for _, row := range []struct {
		name  string
		pool  pmm.Pool
		price uint256.Int
		err   error
	}{
		{"a pool with K = 0 holds its price", flat, *uint256.NewInt(2e18), pmm.ErrUnreachable},
		{"no price is zero", balanced(t), uint256.Int{}, pmm.ErrUnreachable},
		{"no pool is rich enough for any price", balanced(t), huge, pmm.ErrUnreachable},
		{"some prices cost more than a reserve may hold", balanced(t), wei("10000000000000000000000000000000000000000000000000000000000"), pmm.ErrUnreachable},
		{"an empty pool has no price", pmm.Pool{Kind: pmm.DSP, Curve: pmm.Curve{I: *uint256.NewInt(1)}}, *uint256.NewInt(1), pmm.ErrDiv},
	} {
		t.Run(row.name, func(t *testing.T) {
			side, pay, err := row.pool.AmountToPrice(row.price)
			require.ErrorIs(t, err, row.err)
			require.Zero(t, side)
			require.Zero(t, pay)
		})
	}
	_, pay, err := flat.AmountToPrice(*uint256.NewInt(1e18))
	require.NoError(t, err, "the price it holds is there already")
	require.Zero(t, pay)
}

func TestDepthAtSlippage(t *testing.T) {
	pool := balanced(t)
	for _, side := range []pmm.Side{pmm.SellBase, pmm.SellQuote} {
		depth, err := pool.DepthAtSlippage(side, 10)
		require.NoError(t, err)
		// 1 - K + K/(1-d)^2 = 1.001 at K = 0.01 has d = 4.65 % of a million.
		require.InEpsilon(t, 46_540e18, float(depth), 0.002)

		mid, err := pool.Mid()
		require.NoError(t, err)
		q, err := pool.Quote(side, depth)
		require.NoError(t, err)
		gross := float(sum(q.Receive, q.LPFee, q.MTFee))
		fair := float(depth) * float(mid) / 1e18
		require.Greater(t, gross, fair*(1-0.001), "on average the sale slips by less than 10 bps")

		deeper, err := pool.DepthAtSlippage(side, 11)
		require.NoError(t, err)
		require.Positive(t, deeper.Cmp(&depth))
	}
	for _, bps := range []uint32{0, 10_000, 1 << 31} {
		_, err := pool.DepthAtSlippage(pmm.SellBase, bps)
		require.ErrorIs(t, err, pmm.ErrInvalid)
	}
	_, err := pool.DepthAtSlippage(0, 10)
	require.ErrorIs(t, err, pmm.ErrInvalid)
}
