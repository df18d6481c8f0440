package pmm_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// plan draws a funded pool as one finds them: decimals, price and K from small
// sets, a balanced deposit, some trades behind it.
func plan(t *rapid.T, fees bool) pmm.Pool {
	baseDecimals := rapid.SampledFrom([]uint8{6, 8, 18}).Draw(t, "baseDecimals")
	quoteDecimals := rapid.SampledFrom([]uint8{6, 8, 18}).Draw(t, "quoteDecimals")
	price := decimal.NewFromInt(rapid.SampledFrom([]int64{1, 3, 1900}).Draw(t, "price"))
	tokens := decimal.NewFromInt(rapid.Int64Range(10, 1_000_000).Draw(t, "tokens"))
	i, err := pmm.PriceWei(price, baseDecimals, quoteDecimals)
	require.NoError(t, err)
	base, err := pmm.Wei(tokens, baseDecimals)
	require.NoError(t, err)
	quote, err := pmm.Wei(tokens.Mul(price), quoteDecimals)
	require.NoError(t, err)
	params := pmm.Params{
		Kind: rapid.SampledFrom([]pmm.Kind{pmm.DSP, pmm.DPP, pmm.DVM}).Draw(t, "kind"),
		I:    i, K: *uint256.NewInt(rapid.SampledFrom([]uint64{1e14, 2e14, 1e16, 1e17, 5e17, 1e18}).Draw(t, "k")),
		Base: base, Quote: quote, TWAP: rapid.Bool().Draw(t, "twap"),
	}
	if fees {
		params.LPFeeRate = *uint256.NewInt(rapid.SampledFrom([]uint64{0, 3e14, 3e15}).Draw(t, "lpFeeRate"))
		params.MTFeeRate = *uint256.NewInt(rapid.SampledFrom([]uint64{0, 1e14, 2e15}).Draw(t, "mtFeeRate"))
	}
	if params.Kind == pmm.DSP {
		params.LockedShares = 1001
	}
	pool, err := pmm.New(params)
	require.NoError(t, err)
	for range rapid.IntRange(0, 3).Draw(t, "trades") {
		side := drawSide(t)
		pool.Time += rapid.Uint32Range(0, 30).Draw(t, "seconds")
		pool, _, _ = pool.Swap(side, drawPay(t, &pool, side)) // a refused trade did not happen
	}
	return pool
}

func drawSide(t *rapid.T) pmm.Side {
	return rapid.SampledFrom([]pmm.Side{pmm.SellBase, pmm.SellQuote}).Draw(t, "side")
}

// drawPay is up to a third of the reserve of the token paid, or a few wei.
func drawPay(t *rapid.T, p *pmm.Pool, side pmm.Side) uint256.Int {
	if rapid.IntRange(0, 3).Draw(t, "dust") == 0 {
		return *uint256.NewInt(rapid.Uint64Range(0, 3).Draw(t, "wei"))
	}
	reserve := p.Curve.B
	if side == pmm.SellQuote {
		reserve = p.Curve.Q
	}
	return scaled(reserve, rapid.Uint64Range(0, 333_333).Draw(t, "millionths"), 1_000_000)
}

func scaled(x uint256.Int, by, of uint64) uint256.Int {
	var z uint256.Int
	z.Mul(&x, uint256.NewInt(by))
	return *z.Div(&z, uint256.NewInt(of))
}

func float(x uint256.Int) float64 {
	f, _ := new(big.Float).SetInt(x.ToBig()).Float64()
	return f
}

func sum(xs ...uint256.Int) (z uint256.Int) {
	for i := range xs {
		z.Add(&z, &xs[i])
	}
	return z
}

func TestASwapMovesEveryWeiSomewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := plan(t, true)
		kept := before
		side := drawSide(t)
		pay := drawPay(t, &before, side)
		after, q, err := before.Swap(side, pay)
		require.Equal(t, kept, before, "the old pool is untouched")
		if err != nil {
			require.Equal(t, before, after, "a refusal leaves the pool")
			require.Zero(t, q)
			return
		}
		paid, got := [2]uint256.Int{pay, {}}, [2]uint256.Int{{}, q.Receive}
		if side == pmm.SellQuote {
			paid, got = [2]uint256.Int{{}, pay}, [2]uint256.Int{q.Receive, {}}
		}
		require.Equal(t, sum(before.Curve.B, before.MaintainerBase, paid[0]), sum(after.Curve.B, after.MaintainerBase, got[0]), "base")
		require.Equal(t, sum(before.Curve.Q, before.MaintainerQuote, paid[1]), sum(after.Curve.Q, after.MaintainerQuote, got[1]), "quote")

		quoted, err := before.Quote(side, pay)
		require.NoError(t, err)
		require.Equal(t, q, quoted, "Quote says what Swap does")
		adjusted, err := before.Adjusted()
		require.NoError(t, err)
		gross, r, err := adjusted.Sell(side, pay)
		require.NoError(t, err)
		require.Equal(t, gross, sum(q.Receive, q.LPFee, q.MTFee), "the fees are parts of what the curve gives")
		require.Equal(t, r, q.R)
	})
}

// What one wei is worth, and the precision of a target, limit what can be
// gained. The largest gain met in three million draws was 49 such units, near
// the end of a flat curve.
func TestARoundTripGainsNoMoreThanDust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := plan(t, false)
		side, back := pmm.SellBase, pmm.SellQuote
		if rapid.Bool().Draw(t, "quote first") {
			side, back = back, side
		}
		pay := drawPay(t, &before, side)
		mid0, err0 := before.Mid()
		there, q, err := before.Swap(side, pay)
		mid1, err1 := there.Mid()
		if errors.Join(err, err0, err1) != nil {
			return
		}
		_, again, err := there.Swap(back, q.Receive)
		if err != nil {
			return
		}
		low, high := math.Min(float(mid0), float(mid1))/1e18, math.Max(float(mid0), float(mid1))/1e18
		wei, value := 1/low, float(before.Curve.B)+float(before.Curve.Q)/low // of the other token, of the pool, in the token paid
		if side == pmm.SellQuote {
			wei, value = high, float(before.Curve.Q)+float(before.Curve.B)*high
		}
		dust := 100 * (1 + wei + value/float(before.Curve.K))
		require.LessOrEqual(t, float(again.Receive)-float(pay), dust)
	})
}

func TestTheIntegralNeverFavoursTheTrader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := plan(t, false)
		c, err := pool.Adjusted()
		require.NoError(t, err)
		var side pmm.Side
		v0, v, i := c.B0, c.B, rat(c.I)
		switch c.R {
		case pmm.One:
			return
		case pmm.AboveOne:
			side = pmm.SellBase
		case pmm.BelowOne:
			side, v0, v, i = pmm.SellQuote, c.Q0, c.Q, new(big.Rat).Inv(rat(c.I))
			i.Mul(i, rat(wei("1000000000000000000000000000000000000")))
		}
		var room uint256.Int
		room.Sub(&v0, &v)
		if room.LtUint64(2) || v.IsZero() {
			return
		}
		pay := scaled(room, rapid.Uint64Range(0, 999_999).Draw(t, "millionths"), 1_000_000)
		receive, r, err := c.Sell(side, pay)
		require.NoError(t, err)
		require.Equal(t, c.R, r, "R stays on the way back")

		one := rat(*uint256.NewInt(1e18))
		k := new(big.Rat).Quo(rat(c.K), one)
		ratio := new(big.Rat).Quo(new(big.Rat).Mul(rat(v0), rat(v0)), new(big.Rat).Mul(rat(v), rat(sum(v, pay))))
		dear := new(big.Rat).Add(new(big.Rat).Sub(big.NewRat(1, 1), k), new(big.Rat).Mul(k, ratio))
		worth := new(big.Rat).Mul(new(big.Rat).Mul(i.Quo(i, one), rat(pay)), dear)
		require.LessOrEqual(t, rat(receive).Cmp(worth), 0, "receive %s of a true %s", receive.Dec(), worth.FloatString(3))
	})
}

func rat(x uint256.Int) *big.Rat { return new(big.Rat).SetInt(x.ToBig()) }

// A wei more or less in a reserve is a step in the price, so is one in a
// target's premium: a small trade may move Mid the wrong way by that much.
func TestASaleMovesMidItsOwnWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := plan(t, true)
		side := drawSide(t)
		mid0, err0 := before.Mid()
		after, _, err := before.Swap(side, drawPay(t, &before, side))
		mid1, err1 := after.Mid()
		if errors.Join(err, err0, err1) != nil {
			return
		}
		wrong := float(mid1) - float(mid0)
		if side == pmm.SellQuote {
			wrong = -wrong
		}
		c := &before.Curve
		step := float(mid0) * (1/float(c.B) + 1/float(c.Q) + 1/float(c.K) + 1/float(mid0))
		require.LessOrEqual(t, wrong, 4*step)
	})
}

func TestAPoolSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := plan(t, true)
		text, err := json.Marshal(pool)
		require.NoError(t, err)
		var back pmm.Pool
		require.NoError(t, json.Unmarshal(text, &back))
		require.Empty(t, cmp.Diff(pool, back))
	})
}

// edge draws numbers where arithmetic breaks: few bits, all bits, around powers
// of two and ten.
func edge(t *rapid.T, name string) uint256.Int {
	var z uint256.Int
	switch rapid.IntRange(0, 4).Draw(t, name+" kind") {
	case 0:
		return *uint256.NewInt(rapid.Uint64Range(0, 4).Draw(t, name))
	case 1:
		z.Exp(uint256.NewInt(10), uint256.NewInt(rapid.Uint64Range(0, 38).Draw(t, name)))
	case 2:
		z.Lsh(uint256.NewInt(1), rapid.UintRange(0, 255).Draw(t, name))
	case 3:
		z.Not(&z).Rsh(&z, rapid.UintRange(0, 255).Draw(t, name))
	default:
		for i := range z {
			z[i] = rapid.Uint64().Draw(t, name)
		}
		z.Rsh(&z, rapid.UintRange(0, 255).Draw(t, name+" bits"))
	}
	if rapid.Bool().Draw(t, name+" less one") && !z.IsZero() {
		z.SubUint64(&z, 1)
	}
	return z
}

// hostile draws a pool with no regard for any rule.
func hostile(t *rapid.T) pmm.Pool {
	return pmm.Pool{
		Kind: pmm.Kind(rapid.IntRange(0, 4).Draw(t, "kind")),
		Curve: pmm.Curve{
			I: edge(t, "i"), K: edge(t, "k"), B: edge(t, "b"), Q: edge(t, "q"), B0: edge(t, "b0"), Q0: edge(t, "q0"),
			R: pmm.RState(rapid.IntRange(0, 3).Draw(t, "r")),
		},
		LPFeeRate: edge(t, "lp"), MTFeeRate: edge(t, "mt"), Supply: edge(t, "supply"),
		LockedShares: rapid.Uint64().Draw(t, "locked"),
		Time:         rapid.Uint32().Draw(t, "time"),
		TWAP:         pmm.TWAP{Open: rapid.Bool().Draw(t, "open"), Last: rapid.Uint32().Draw(t, "last"), PostTrade: edge(t, "post"), PreTrade: edge(t, "pre")},
	}
}

func TestNoInputPanicsAndNoRefusalChangesAPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := hostile(t)
		kept := p
		x, y, z, w := edge(t, "x"), edge(t, "y"), edge(t, "z"), edge(t, "w")
		side := pmm.Side(rapid.IntRange(0, 3).Draw(t, "side"))
		same := func(next pmm.Pool, err error) {
			t.Helper()
			if err != nil {
				require.Equal(t, kept, next)
			}
		}
		next, _, err := p.Swap(side, x)
		same(next, err)
		next, _, err = p.BuyShares(x, y)
		same(next, err)
		next, _, _, err = p.SellShares(x, y, z)
		same(next, err)
		next, _, err = p.Flash(pmm.Flash{BaseOut: x, QuoteOut: y, BaseBack: z, QuoteBack: w})
		same(next, err)
		next, err = p.Reset(pmm.Reset{I: x, K: y, LPFeeRate: z, BaseOut: w, QuoteIn: x})
		same(next, err)
		next, err = p.RatioSync(x, y)
		same(next, err)
		next, err = p.Sync(x, y)
		same(next, err)
		next, err = p.CorrectRState()
		same(next, err)
		_ = p.Validate()
		_, _ = p.Quote(side, x)
		_, _ = p.Mid()
		_, _ = p.Adjusted()
		_, _ = p.Curve.Mid()
		_, _ = p.Now()
		_, _, _ = p.AmountToPrice(x)
		_, _ = p.DepthAtSlippage(side, uint32(x[0]))
		_, _, _ = p.Curve.Sell(side, x)
		_, _, _ = pmm.Route{{Pool: p, Side: side}}.Swap(x)
		require.Equal(t, kept, p)
	})
}
