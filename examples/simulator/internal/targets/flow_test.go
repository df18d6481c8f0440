package targets

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSmoothFlowLosesNothing(t *testing.T) {
	for _, blockTime := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 7 * time.Second, 12 * time.Second} {
		f := &smooth{perHour: flowPerHour, blockTime: blockTime}
		sold, blocks := int64(0), int64(7*time.Hour/blockTime)
		for range blocks {
			sold += f.next()
		}
		require.InDelta(t, float64(flowPerHour)*(time.Duration(blocks)*blockTime).Hours(), float64(sold), 1)
	}
}

func TestLumpsComeWholeAndAsOftenAsTheFlowAsks(t *testing.T) {
	const lump = 100 * micro
	f := newLumpy(5*flowPerHour, lump, usualBlock, 7)
	sold, several := int64(0), 0
	for range 100 * 1800 { // 100 hours
		amount := f.next()
		require.Zero(t, amount%lump)
		if amount > 2*lump {
			several++
		}
		sold += amount
	}
	require.InEpsilon(t, 100*5*flowPerHour, sold, 0.01) // 250,000 lumps: one per cent is five standard deviations
	require.NotZero(t, several, "independent lumps sometimes meet in a block")
}

func TestArbitrageMovesTheTwoPoolsToWithinItsFeeOneBlockLate(t *testing.T) {
	m := newMarket(true, 1, 1)
	m.trade(10 * microPerBps) // a purchase in the private pool
	m.arbitrage()
	require.Zero(t, m.public, "nobody has seen it yet")
	m.arbitrage()
	require.EqualValues(t, microPerBps, m.public-m.private, "the fee is left")
	require.EqualValues(t, -10*microPerBps, m.public+m.private, "nothing is made or lost")
	m.public, m.private = 0, 0
	m.arbitrage()
	require.Zero(t, m.public, "a difference that is gone is not traded")
}

func TestThePriceIsExact(t *testing.T) {
	m := newMarket(false, 0, 0)
	m.public = 1
	require.Equal(t, "0.999999999999", m.price().String())
	require.InDelta(t, -1.0/microPerBps, m.bps(), 1e-15)
}
