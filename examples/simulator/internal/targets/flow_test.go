package targets_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/targets"
)

func TestSmoothFlowLosesNothing(t *testing.T) {
	for _, blockTime := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 7 * time.Second, 12 * time.Second} {
		f := targets.Smooth(targets.FlowPerHour, blockTime)
		sold, blocks := int64(0), int64(7*time.Hour/blockTime)
		for range blocks {
			sold += targets.Next(f)
		}
		require.InDelta(t, float64(targets.FlowPerHour)*(time.Duration(blocks)*blockTime).Hours(), float64(sold), 1)
	}
}

func TestLumpsComeWholeAndAsOftenAsTheFlowAsks(t *testing.T) {
	const lump = 100 * targets.Micro
	f := targets.Lumpy(5*targets.FlowPerHour, lump, targets.UsualBlock, 7)
	sold, several := int64(0), 0
	for range 100 * 1800 { // 100 hours
		amount := targets.Next(f)
		require.Zero(t, amount%lump)
		if amount > 2*lump {
			several++
		}
		sold += amount
	}
	require.InEpsilon(t, 100*5*targets.FlowPerHour, sold, 0.01) // 250,000 lumps: one per cent is five standard deviations
	require.NotZero(t, several, "independent lumps sometimes meet in a block")
}

func TestArbitrageMovesTheTwoPoolsToWithinItsFeeOneBlockLate(t *testing.T) {
	m := targets.NewMarket()
	m.Trade(10 * targets.MicroPerBps) // a purchase in the private pool
	m.Arbitrage()
	public, _ := m.Excess()
	require.Zero(t, public, "nobody has seen it yet")
	m.Arbitrage()
	public, private := m.Excess()
	require.EqualValues(t, targets.MicroPerBps, public-private, "the fee is left")
	require.EqualValues(t, -10*targets.MicroPerBps, public+private, "nothing is made or lost")
	m.Set(0, 0)
	m.Arbitrage()
	public, _ = m.Excess()
	require.Zero(t, public, "a difference that is gone is not traded")
}

func TestThePriceIsExact(t *testing.T) {
	m := targets.NewMarket()
	m.Set(1, 0)
	require.Equal(t, "0.999999999999", m.Price())
	require.InDelta(t, -1.0/targets.MicroPerBps, m.Bps(), 1e-15)
}
