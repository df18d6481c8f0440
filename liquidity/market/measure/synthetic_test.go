package measure_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

// market is a price that wanders and is pushed by flow, seen through the bounce of
// trades between bid and ask.
type market struct {
	spreadBps, lambda float64 // lambda in bps per million
	volBps            float64 // of a bar
	trades            int     // in a bar
}

func (m market) bars(rng *rand.Rand, n int) []measure.Bar {
	price := func(log float64) decimal.Decimal { return decimal.NewFromFloat(math.Exp(log)).Round(17) }
	bars, middle := make([]measure.Bar, n), 0.0
	for i := range bars {
		flow, open := 0.0, middle
		low, high, last := open, open, 0.0
		for range m.trades {
			side, size := 1-2*float64(rng.IntN(2)), rng.Float64()*1e6
			middle += (m.volBps*rng.NormFloat64()/math.Sqrt(float64(m.trades)) + m.lambda*side*size/1e6) / 1e4
			flow += side * size
			last = middle + side*m.spreadBps/2/1e4
			low, high = min(low, last), max(high, last)
		}
		bars[i] = measure.Bar{
			Open: price(open), High: price(high), Low: price(low), Close: price(last),
			Value: decimal.NewFromInt(int64(m.trades) * 1e6), Flow: decimal.NewFromFloat(flow).Round(6),
		}
	}
	return bars
}

// TestErrorsTellHowFarAnEstimateIsOff repeats a market whose truth is known: the
// estimates scatter round it as their standard errors say.
func TestErrorsTellHowFarAnEstimateIsOff(t *testing.T) {
	const runs, n = 150, 600
	for _, c := range []struct {
		story string
		market
		truth float64
		of    func(measure.Series) measure.Estimate
	}{
		{"Roll finds the spread of trades one by one", market{spreadBps: 20, volBps: 5, trades: 1}, 20, measure.Series.Roll},
		{"Abdi and Ranaldo find it from ranges", market{spreadBps: 40, volBps: 20, trades: 300}, 40, measure.Series.AbdiRanaldo},
		{"Kyle finds what flow does to the price", market{spreadBps: 0, volBps: 20, lambda: 3, trades: 4}, 3, kyle},
		{"volatility is found", market{volBps: 20, trades: 1}, 20, measure.Series.Volatility},
	} {
		t.Run(c.story, func(t *testing.T) {
			t.Parallel()
			var bias, scatter float64 // in standard errors
			within := 0
			for run := range uint64(runs) {
				e := c.of(observe(t, c.bars(rand.New(rand.NewPCG(run, 7)), n)))
				require.True(t, e.OK(), "run %d: %s", run, e.Reason)
				off := (e.Value - c.truth) / e.StdErr
				bias += off / runs
				scatter += off * off / runs
				if math.Abs(off) < 2 {
					within++
				}
			}
			require.InDelta(t, 0, bias, 0.5)
			require.InDelta(t, 1, math.Sqrt(scatter), 0.25)
			require.GreaterOrEqual(t, within, runs*88/100)
		})
	}
}

func kyle(s measure.Series) measure.Estimate { return s.Kyle().Estimate }

func TestCorwinSchultzFindsASpreadThatIsWideForTheVolatility(t *testing.T) {
	for _, spreadBps := range []float64{50, 100, 200} {
		m := market{spreadBps: spreadBps, volBps: 10, trades: 300}
		e := observe(t, m.bars(rand.New(rand.NewPCG(3, 3)), 1000)).CorwinSchultz(measure.KeepGaps)
		require.True(t, e.OK())
		require.InEpsilon(t, spreadBps, e.Value, 0.05)
	}
	narrow := market{spreadBps: 1, volBps: 100, trades: 300}
	e := observe(t, narrow.bars(rand.New(rand.NewPCG(3, 3)), 1000)).CorwinSchultz(measure.KeepGaps)
	require.Greater(t, e.Value, 10.0, "volatility is taken for spread")
	require.Greater(t, e.Raised, e.N/3, "and Raised gives it away")
}

func TestGapsAreClosed(t *testing.T) {
	// Every second bar lies 5% higher. A range that is moved to where the one before
	// closed overlaps it only if that close was on the far side of the spread, so
	// about half of the pairs are lost where ranges are mostly spread.
	m := market{spreadBps: 50, volBps: 10, trades: 300}
	still := m.bars(rand.New(rand.NewPCG(4, 4)), 400)
	jumpy := make([]measure.Bar, len(still))
	for i, b := range still {
		if i%2 == 1 {
			for _, p := range []*decimal.Decimal{&b.Open, &b.High, &b.Low, &b.Close} {
				*p = p.Mul(d("1.05")).Round(17)
			}
		}
		jumpy[i] = b
	}
	truth := observe(t, still).CorwinSchultz(measure.KeepGaps).Value
	require.False(t, observe(t, jumpy).CorwinSchultz(measure.KeepGaps).OK(), "gaps hide the spread")
	e := observe(t, jumpy).CorwinSchultz(measure.CloseGaps)
	require.True(t, e.OK())
	require.InEpsilon(t, truth/2, e.Value, 0.1)
}
