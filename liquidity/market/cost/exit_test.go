package cost_test

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market/cost"
)

func TestPatienceTradesEvenly(t *testing.T) {
	m := exitOver(5, 0)
	kappa, err := m.Urgency()
	require.NoError(t, err)
	require.Zero(t, kappa)
	exit, err := m.Exit(d("1000"))
	require.NoError(t, err)
	for _, trade := range exit.Legs[0].Trades {
		requireEqual(t, "100", trade)
	}
	require.InDelta(t, 5, exit.Days, 1e-12)
}

func TestFearTradesAtOnce(t *testing.T) {
	exit, err := exitOver(5, 1e12).Exit(d("-1000"))
	require.NoError(t, err)
	for j, trade := range exit.Legs[0].Trades {
		requireEqual(t, []string{"-1000", "0"}[min(j, 1)], trade)
	}
	require.InDelta(t, 0.5, exit.Days, 1e-12)
	require.True(t, exit.StdDev.IsZero())
}

func TestFearBuysLessRiskForMoreCost(t *testing.T) {
	var before cost.Exit
	for i, aversion := range []float64{0, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 1} {
		exit, err := exitOver(5, aversion).Exit(d("100000"))
		require.NoError(t, err)
		if i > 0 {
			require.True(t, exit.Cost.GreaterThanOrEqual(before.Cost), "lambda %v", aversion)
			require.True(t, exit.StdDev.LessThanOrEqual(before.StdDev), "lambda %v", aversion)
			require.LessOrEqual(t, exit.Days, before.Days)
		}
		before = exit
	}
}

func TestASingleIntervalIsOneTrade(t *testing.T) {
	m := exitOver(2, 1)
	m.Intervals = 1
	exit, err := m.Exit(d("7"))
	require.NoError(t, err)
	require.Len(t, exit.Legs[0].Trades, 1)
	requireEqual(t, "7", exit.Legs[0].Trades[0])
	require.True(t, exit.StdDev.IsZero())
}

// anyPortfolio draws up to four holdings with a correlation that prices can have:
// each is a mix of one common factor and its own.
func anyPortfolio(t *rapid.T) cost.Portfolio {
	n := rapid.IntRange(1, 4).Draw(t, "holdings")
	p := cost.Portfolio{Pace: cost.Pace{
		Days: 2, Intervals: rapid.IntRange(1, 12).Draw(t, "intervals"), Decimals: rapid.SampledFrom([]int32{0, 6}).Draw(t, "decimals"),
		RiskAversion: rapid.SampledFrom([]float64{0, 1e-6, 1e-4, 1e-2, 1}).Draw(t, "lambda"),
	}}
	load := make([]float64, n)
	for i := range n {
		load[i] = rapid.SampledFrom([]float64{-1, -0.5, 0, 0.5, 0.9, 1}).Draw(t, "load")
		p.Holdings = append(p.Holdings, cost.Holding{
			Position: decimal.NewFromInt(rapid.Int64Range(-3, 3).Draw(t, "position") * 1000),
			Impact: cost.Impact{
				Price: d("10"), HalfSpread: d("0.01"),
				Volatility: rapid.SampledFrom([]float64{0, 0.1, 1}).Draw(t, "volatility"),
				Permanent:  rapid.SampledFrom([]float64{0, 1e-6}).Draw(t, "permanent"),
				Temporary:  rapid.SampledFrom([]float64{1e-5, 1e-3, 0.1}).Draw(t, "temporary"),
			},
		})
	}
	p.Correlation = make([][]float64, n)
	for i := range n {
		p.Correlation[i] = make([]float64, n)
		for k := range n {
			p.Correlation[i][k] = load[i] * load[k]
		}
		p.Correlation[i][i] = 1
	}
	return p
}

func TestTradesAddUpToThePosition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPortfolio(t)
		exit, err := p.Exit()
		require.NoError(t, err)
		sum := decimal.Decimal{}
		for i, leg := range exit.Legs {
			require.Len(t, leg.Trades, p.Intervals)
			require.Len(t, leg.Held, p.Intervals+1)
			left := p.Holdings[i].Position
			for j, trade := range leg.Trades {
				require.True(t, leg.Held[j].Equal(left))
				require.True(t, trade.Equal(trade.Round(p.Decimals)))
				left = left.Sub(trade)
			}
			require.True(t, left.IsZero() && leg.Held[p.Intervals].IsZero())
			require.False(t, leg.Cost.IsNegative())
			sum = sum.Add(leg.Cost)
		}
		require.True(t, sum.Equal(exit.Cost))
		require.True(t, exit.Days >= 0 && exit.Days <= 2+1e-12)
	})
}

// utility is E + lambda V of any schedule, written out from the model.
func utility(p cost.Portfolio, held [][]float64) float64 {
	tau, sum := p.Days/float64(p.Intervals), 0.0
	for i, h := range p.Holdings {
		for j := range p.Intervals {
			n := held[i][j] - held[i][j+1]
			// What the trade itself pays, and what the price lost before it and by it.
			sum += h.Temporary/tau*n*n + h.Permanent*n*held[i][j+1]
			for k, other := range p.Holdings {
				sum += p.RiskAversion * tau * p.Correlation[i][k] * h.Volatility * other.Volatility * held[i][j+1] * held[k][j+1]
			}
		}
	}
	return sum
}

func floats(exit cost.Exit) [][]float64 {
	held := make([][]float64, len(exit.Legs))
	for i, leg := range exit.Legs {
		for _, x := range leg.Held {
			held[i] = append(held[i], x.InexactFloat64())
		}
	}
	return held
}

func TestNoOtherScheduleIsBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPortfolio(t)
		p.Decimals = 18
		exit, err := p.Exit()
		require.NoError(t, err)
		held := floats(exit)
		best := utility(p, held)
		for i := range held {
			for j := 1; j < p.Intervals; j++ {
				for _, change := range []float64{-100, -1, 1, 100} {
					held[i][j] += change
					require.GreaterOrEqual(t, utility(p, held), best-1e-9*math.Abs(best)-1e-9)
					held[i][j] -= change
				}
			}
		}
	})
}

func TestStrangersExitAsIfAlone(t *testing.T) {
	a, b := exitOver(5, 1e-4), exitOver(5, 1e-4)
	b.Volatility *= 3
	p := cost.Portfolio{Holdings: []cost.Holding{{d("900"), a.Impact}, {d("-400"), b.Impact}}, Pace: a.Pace}
	both, err := p.Exit()
	require.NoError(t, err)
	first, err := a.Exit(d("900"))
	require.NoError(t, err)
	second, err := b.Exit(d("-400"))
	require.NoError(t, err)
	require.Equal(t, first.Legs[0], both.Legs[0])
	require.Equal(t, second.Legs[0], both.Legs[1])
	require.InEpsilon(t, math.Hypot(first.StdDev.InexactFloat64(), second.StdDev.InexactFloat64()), both.StdDev.InexactFloat64(), 1e-9)
}

func TestTwinsExitAsOneInAMarketTwiceAsLiquid(t *testing.T) {
	m := exitOver(5, 1e-4)
	m.Decimals = 9
	p := cost.Portfolio{
		Holdings:    []cost.Holding{{d("500"), m.Impact}, {d("500"), m.Impact}},
		Correlation: [][]float64{{1, 1}, {1, 1}}, Pace: m.Pace,
	}
	twins, err := p.Exit()
	require.NoError(t, err)
	double := m
	double.Permanent /= 2
	double.Temporary /= 2
	one, err := double.Exit(d("1000"))
	require.NoError(t, err)
	require.InEpsilon(t, one.Cost.InexactFloat64(), twins.Cost.InexactFloat64(), 1e-6)
	require.InEpsilon(t, one.StdDev.InexactFloat64(), twins.StdDev.InexactFloat64(), 1e-6)
}

func TestAHedgeWaitsForWhatItHedges(t *testing.T) {
	dear, cheap := exitOver(5, 1e-2), exitOver(5, 1e-2)
	dear.Temporary *= 100
	p := cost.Portfolio{
		Holdings:    []cost.Holding{{d("1000"), dear.Impact}, {d("-1000"), cheap.Impact}},
		Correlation: [][]float64{{1, 0.99}, {0.99, 1}}, Pace: dear.Pace,
	}
	hedged, err := p.Exit()
	require.NoError(t, err)
	alone, err := cheap.Exit(d("-1000"))
	require.NoError(t, err)
	require.True(t, hedged.Legs[1].Held[3].LessThan(alone.Legs[0].Held[3]), "more of the hedge is left")
	p.Correlation = nil
	unhedged, err := p.Exit()
	require.NoError(t, err)
	require.True(t, hedged.StdDev.LessThan(unhedged.StdDev))
}

func TestStressMovesEachPartOfAnImpact(t *testing.T) {
	calm := exitOver(5, 0).Impact
	worse, err := calm.Stressed(cost.Stress{Spread: d("3"), Volatility: d("2"), Volume: d("0.25")})
	require.NoError(t, err)
	require.True(t, worse.HalfSpread.Equal(calm.HalfSpread.Mul(d("3"))))
	require.InEpsilon(t, 2*calm.Volatility, worse.Volatility, 1e-12)
	require.InEpsilon(t, 4*calm.Permanent, worse.Permanent, 1e-12)
	require.InEpsilon(t, 4*calm.Temporary, worse.Temporary, 1e-12)
}

func TestAStressedPortfolioCostsMore(t *testing.T) {
	m := exitOver(5, 1e-4)
	p := cost.Portfolio{Holdings: []cost.Holding{{d("900"), m.Impact}, {d("300"), m.Impact}}, Pace: m.Pace}
	worse, err := p.Stressed(cost.Stress{Spread: d("3"), Volatility: d("2"), Volume: d("0.5")})
	require.NoError(t, err)
	before, err := p.Exit()
	require.NoError(t, err)
	after, err := worse.Exit()
	require.NoError(t, err)
	require.True(t, after.Cost.GreaterThan(before.Cost) && after.StdDev.GreaterThan(before.StdDev))
	require.InEpsilon(t, 0.95, p.Holdings[0].Volatility, 1e-12, "the portfolio itself is as it was")
	_, err = p.Stressed(cost.Stress{Spread: d("-1")})
	require.ErrorIs(t, err, cost.ErrInvalid)
}

func TestMalformedPortfolios(t *testing.T) {
	m := exitOver(5, 1e-4)
	two := func() cost.Portfolio {
		return cost.Portfolio{
			Holdings:    []cost.Holding{{d("9"), m.Impact}, {d("3"), m.Impact}, {d("3"), m.Impact}},
			Correlation: [][]float64{{1, 0.5, 0.5}, {0.5, 1, 0.5}, {0.5, 0.5, 1}}, Pace: m.Pace,
		}
	}
	for want, spoil := range map[string]func(*cost.Portfolio){
		"Holdings 0: must be 1":                 func(p *cost.Portfolio) { p.Holdings = nil },
		"Holdings 101: must be 1":               func(p *cost.Portfolio) { p.Holdings = make([]cost.Holding, 101) },
		"Holdings[1].Position 0.5: must have":   func(p *cost.Portfolio) { p.Holdings[1].Position = d("0.5") },
		"Holdings[1].Position (out of":          func(p *cost.Portfolio) { p.Holdings[1].Position = decimal.New(1, 18) },
		"Holdings[2].Price 0":                   func(p *cost.Portfolio) { p.Holdings[2].Price = decimal.Zero },
		"Days 0":                                func(p *cost.Portfolio) { p.Days = 0 },
		"Correlation 2: must have 3 rows":       func(p *cost.Portfolio) { p.Correlation = p.Correlation[:2] },
		"Correlation[1] 2: must have 3":         func(p *cost.Portfolio) { p.Correlation[1] = p.Correlation[1][:2] },
		"Correlation[0][1] NaN":                 func(p *cost.Portfolio) { p.Correlation[0][1] = nan() },
		"Correlation[0][1] 1.5":                 func(p *cost.Portfolio) { p.Correlation[0][1] = 1.5 },
		"Correlation[1][1] 0.9: must be 1":      func(p *cost.Portfolio) { p.Correlation[1][1] = 0.9 },
		"Correlation[1][0] 0.5: must be as its": func(p *cost.Portfolio) { p.Correlation[0][1] = 0.4 },
		"Correlation's eigenvalue -0.":          func(p *cost.Portfolio) { p.Correlation = mixed(-0.9) },
	} {
		p := two()
		spoil(&p)
		_, err := p.Exit()
		require.ErrorIs(t, err, cost.ErrInvalid, want)
		require.ErrorContains(t, err, "cost: invalid: "+want)
	}
}

// mixed correlates each of three with the others by r.
func mixed(r float64) [][]float64 { return [][]float64{{1, r, r}, {r, 1, r}, {r, r, 1}} }

func TestCorrelationsAtTheEdgeOfWhatPricesCanDo(t *testing.T) {
	m := exitOver(5, 1e-4)
	for _, r := range []float64{-0.5, 0, 1} {
		p := cost.Portfolio{
			Holdings:    []cost.Holding{{d("9"), m.Impact}, {d("3"), m.Impact}, {d("3"), m.Impact}},
			Correlation: mixed(r), Pace: m.Pace,
		}
		_, err := p.Exit()
		require.NoError(t, err, "r %v", r)
	}
}
