package pmm_test

import (
	"math"
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// watched is balanced with its accumulators open since time 100.
func watched(t *testing.T) pmm.Pool {
	t.Helper()
	pool := balanced(t)
	pool.LPFeeRate, pool.MTFeeRate = uint256.Int{}, uint256.Int{}
	pool.Time, pool.TWAP = 100, pmm.TWAP{Open: true, Last: 100}
	return pool
}

func TestATradeMovesThePostTradeMeanOfThePastAndNotThePreTradeMean(t *testing.T) {
	start := watched(t)
	start.Time = 160 // a quiet minute at 1.0
	shaken, _, err := start.Swap(pmm.SellQuote, wei("300000"+token))
	require.NoError(t, err)
	high, err := shaken.Mid()
	require.NoError(t, err)
	require.True(t, high.Gt(uint256.NewInt(1e18)))

	post, err := shaken.TWAP.PostTradeMean(start.TWAP)
	require.NoError(t, err)
	require.Equal(t, high, post, "the contract believes that the minute traded at the new price")
	pre, err := shaken.TWAP.PreTradeMean(start.TWAP)
	require.NoError(t, err)
	require.Equal(t, *uint256.NewInt(1e18), pre, "it did not")

	// Within the block the price is brought back: neither saw anything more.
	back, _, err := shaken.Swap(pmm.SellBase, wei("290000"+token))
	require.NoError(t, err)
	require.Equal(t, shaken.TWAP, back.TWAP)

	// A price that stands for ten seconds of seventy counts for ten.
	shaken.Time = 170
	now, err := shaken.Now()
	require.NoError(t, err)
	pre, err = now.PreTradeMean(start.TWAP)
	require.NoError(t, err)
	require.Equal(t, scaled(sum(wei("6"+token), high), 1, 7), pre)
	require.Equal(t, uint32(160), shaken.TWAP.Last, "Now changes nothing")
	synced, err := shaken.Sync(uint256.Int{}, uint256.Int{})
	require.NoError(t, err)
	require.Equal(t, synced.TWAP, now, "it says what a sync would")
}

func TestTimeWithoutAPriceIsNotCounted(t *testing.T) {
	pool, err := pmm.New(pmm.Params{Kind: pmm.DSP, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e16), LockedShares: 1001, TWAP: true, Time: 1000})
	require.NoError(t, err)
	pool.Time = 1060
	funded, _, err := pool.BuyShares(wei("1000"+token), wei("1000"+token))
	require.NoError(t, err)
	require.Zero(t, funded.TWAP.Seconds)
	require.Equal(t, wei("60"+token), funded.TWAP.PostTrade, "the contract charges it all the same")
	_, err = funded.TWAP.PreTradeMean(pool.TWAP)
	require.ErrorIs(t, err, pmm.ErrInvalid)

	onesided, err := pmm.New(pmm.Params{Kind: pmm.DVM, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e16), Base: wei("1000" + token), TWAP: true, Time: 1000})
	require.NoError(t, err)
	onesided.Time = 1060
	now, err := onesided.Now()
	require.NoError(t, err)
	require.Equal(t, pmm.TWAP{Open: true, Last: 1060}, now, "nor has one without quote, whatever its formula says")

	broken, err := pmm.New(pmm.Params{Kind: pmm.DPP, I: *uint256.NewInt(1e18), Base: wei("1000" + token), Quote: wei("1000" + token), TWAP: true, Time: 1000})
	require.NoError(t, err)
	broken.Curve.R, broken.Time = pmm.BelowOne, 1060
	broken.Curve.B0.AddUint64(&broken.Curve.B0, 1)
	mended, err := broken.Reset(pmm.Reset{I: *uint256.NewInt(1e18)})
	require.NoError(t, err)
	require.Zero(t, mended.TWAP.Seconds, "a pool that refused every trade had none")
	require.Zero(t, mended.TWAP.PreTrade)

	empty, err := pool.Sync(uint256.Int{}, uint256.Int{})
	require.NoError(t, err)
	require.Equal(t, pmm.TWAP{Open: true, Last: 1060}, empty.TWAP, "an empty pool has no price to charge")
}

func TestTheClockAndTheSumWrapAround(t *testing.T) {
	pool := watched(t)
	pool.TWAP.Last = math.MaxUint32 - 9
	pool.TWAP.PostTrade.Not(&pool.TWAP.PostTrade).SubUint64(&pool.TWAP.PostTrade, 5)
	pool.TWAP.PreTrade = pool.TWAP.PostTrade
	pool.Time = 10
	now, err := pool.Now()
	require.NoError(t, err)
	require.Equal(t, uint64(20), now.Seconds)
	for name, mean := range map[string]func(pmm.TWAP) (uint256.Int, error){"post": now.PostTradeMean, "pre": now.PreTradeMean} {
		got, err := mean(pool.TWAP)
		require.NoError(t, err)
		require.Equal(t, *uint256.NewInt(1e18), got, name)
	}
	_, err = now.PostTradeMean(now)
	require.ErrorIs(t, err, pmm.ErrInvalid)
	_, err = now.PreTradeMean(now)
	require.ErrorIs(t, err, pmm.ErrInvalid)
}

func TestClosedAccumulatorsStayAsTheyAre(t *testing.T) {
	pool := balanced(t)
	pool.Time = 1 << 30
	after, _, err := pool.Swap(pmm.SellQuote, wei("1000"+token))
	require.NoError(t, err)
	require.Zero(t, after.TWAP)
	now, err := after.Now()
	require.NoError(t, err)
	require.Zero(t, now)
}

func TestATradeThatLeavesNoPriceRevertsOnceTimeHasPassed(t *testing.T) {
	// Reserves sent to the pool beyond the range of its formula: the trade
	// itself passes, the price after it does not.
	pool := watched(t)
	pool.Curve.R = pmm.BelowOne
	pool.Curve.B = wei("999999" + token)
	pool.Curve.B0 = wei("1000000" + token)
	after, err := pool.Sync(uint256.Int{}, uint256.Int{})
	require.NoError(t, err, "within the block nothing is charged")
	require.Equal(t, pool, after)
	pool.Time++
	after, err = pool.Sync(uint256.Int{}, uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrSub)
	require.Equal(t, pool, after)
	_, err = pool.Now()
	require.ErrorIs(t, err, pmm.ErrSub)
}
