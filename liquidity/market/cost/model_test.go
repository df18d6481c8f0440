package cost_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/market/cost"
)

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// levels reads prices and amounts by turns.
func levels(figures ...string) (ls []exchange.Level) {
	for i := 0; i < len(figures); i += 2 {
		ls = append(ls, exchange.Level{Price: d(figures[i]), Amount: d(figures[i+1])})
	}
	return ls
}

// book has its mid at 1.
func book() exchange.Book {
	return exchange.Book{
		Pair: exchange.Pair{Base: "USDC", Quote: "USDT"},
		Bids: levels("0.999", "100", "0.995", "300", "0.99", "600"),
		Asks: levels("1.001", "200", "1.01", "800"),
	}
}

func models() map[string]cost.Model {
	return map[string]cost.Model{
		"sell into a book": cost.BookWalk{Book: book(), Side: exchange.Ask},
		"buy from a book":  cost.BookWalk{Book: book(), Side: exchange.Bid},
		"square root":      squareRoot(),
		"patient exit":     exitOver(5, 0),
		"pressing exit":    exitOver(5, 2e-4),
	}
}

func squareRoot() cost.SqrtImpact {
	return cost.SqrtImpact{Mid: d("1.25"), HalfSpreadBps: 4, VolatilityBps: 90, DailyVolume: d("700"), MaxShare: 1}
}

func exitOver(days float64, aversion float64) cost.AlmgrenChriss {
	i, err := cost.TypicalImpact(d("50"), d("0.125"), d("5000"), 190)
	if err != nil {
		panic(err)
	}
	return cost.AlmgrenChriss{Impact: i, Pace: cost.Pace{Days: days, Intervals: 10, RiskAversion: aversion}}
}

func TestBookWalk(t *testing.T) {
	for _, c := range []struct {
		story                     string
		side                      exchange.Side
		size, priced, amount, bps string
	}{
		{"a small sale pays half the spread", exchange.Ask, "50", "50", "0.05", "10"},
		{"a sale of the best level does as well", exchange.Ask, "100", "100", "0.1", "10"},
		{"the next level costs more", exchange.Ask, "200", "200", "0.6", "30"},
		{"the book ends, and so does what can be priced", exchange.Ask, "1500", "1000", "7.6", "76"},
		{"a purchase takes the asks", exchange.Bid, "300", "300", "1.2", "40"},
		{"what does not divide is rounded up", exchange.Bid, "700", "700", "5.2", "74.28571429"},
	} {
		t.Run(c.story, func(t *testing.T) {
			got, err := cost.BookWalk{Book: book(), Side: c.side}.Cost(d(c.size))
			require.NoError(t, err)
			requireEqual(t, c.priced, got.Priced)
			requireEqual(t, c.amount, got.Amount)
			requireEqual(t, c.bps, got.Bps)
			requireEqual(t, "0", got.StdDev)
			require.Equal(t, c.size == c.priced, got.Complete())
		})
	}
}

func requireEqual(t *testing.T, want string, got decimal.Decimal) {
	t.Helper()
	require.True(t, d(want).Equal(got), "want %s, got %v", want, got)
}

func TestAStressedBookIsWiderAndThinner(t *testing.T) {
	m := stressed(t, cost.BookWalk{Book: book(), Side: exchange.Ask}, cost.Stress{Spread: d("5"), Volume: d("0.5")})
	c, err := m.Cost(d("200"))
	require.NoError(t, err)
	requireEqual(t, "4", c.Amount) // 50 at 0.995 and 150 at 0.975
	again := stressed(t, m, cost.Stress{Spread: d("20"), Volume: d("2")})
	c, err = again.Cost(d("1500"))
	require.NoError(t, err)
	requireEqual(t, "400", c.Priced) // 100 at 0.9, 300 at 0.5; the last bids 0
	requireEqual(t, "160", c.Amount)
	_, err = again.Stressed(cost.Stress{Spread: d("11")})
	require.ErrorIs(t, err, cost.ErrInvalid, "1,100 times the spread of old")
	all := stressed(t, cost.BookWalk{Book: book(), Side: exchange.Bid}, cost.Stress{Spread: d("1000")})
	c, err = all.Cost(d("1000"))
	require.NoError(t, err)
	require.True(t, c.Complete(), "who buys can pay any price")
}

func stressed(t require.TestingT, m cost.Model, s cost.Stress) cost.Model {
	worse, err := m.Stressed(s)
	require.NoError(t, err)
	return worse
}

func TestSqrtImpact(t *testing.T) {
	m := cost.SqrtImpact{Mid: d("2"), HalfSpreadBps: 5, VolatilityBps: 100, DailyVolume: d("10000"), MaxShare: 0.25}
	c, err := m.Cost(d("100"))
	require.NoError(t, err)
	requireEqual(t, "15", c.Bps) // 5 + 100 sqrt(1%)
	requireEqual(t, "0.3", c.Amount)

	c, err = m.Cost(d("9000"))
	require.NoError(t, err)
	requireEqual(t, "2500", c.Priced)
	requireEqual(t, "55", c.Bps)
	require.False(t, c.Complete())

	c, err = m.Cost(d("500"))
	require.NoError(t, err)
	requireEqual(t, "27.36067978", c.Bps) // 5 + 100 sqrt(5%) is 27.360679774..., rounded up

	m.Y = 2
	c, err = m.Cost(d("400"))
	require.NoError(t, err)
	requireEqual(t, "45", c.Bps)
	c, err = stressed(t, m, cost.Stress{Spread: d("3"), Volatility: d("2"), Volume: d("0.25")}).Cost(d("400"))
	require.NoError(t, err)
	requireEqual(t, "175", c.Bps) // 15 + 2 × 200 × sqrt(16%)
}

// size draws sizes with few and with all decimals.
func size() *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64Range(1, 3000).Draw(t, "digits"), -rapid.SampledFrom([]int32{0, 0, 1, 18}).Draw(t, "exp"))
	})
}

func factor(name string, of ...string) *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal { return d(rapid.SampledFrom(of).Draw(t, name)) })
}

func TestMoreNeverCostsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := size().Draw(t, "small")
		large := small.Add(size().Draw(t, "more"))
		s := cost.Stress{
			Spread:     factor("spread", "0", "1", "1.5", "20").Draw(t, "stress"),
			Volatility: factor("volatility", "0", "1", "1.5", "20").Draw(t, "stress"),
			Volume:     factor("volume", "0", "1", "0.5", "0.001").Draw(t, "stress"),
		}
		for name, m := range models() {
			worse := stressed(t, m, s)
			curve, err := cost.Curve(worse, []decimal.Decimal{small, large})
			require.NoError(t, err)
			a, b := curve[0], curve[1]
			for _, c := range curve {
				require.True(t, c.Bps.IsPositive() == c.Priced.IsPositive() && !c.Amount.IsNegative() && !c.StdDev.IsNegative(), name)
				require.True(t, c.Priced.LessThanOrEqual(c.Size), name)
			}
			require.True(t, a.Amount.LessThanOrEqual(b.Amount) && a.Bps.LessThanOrEqual(b.Bps), "%s: %v %v", name, a, b)
			require.True(t, a.StdDev.LessThanOrEqual(b.StdDev) && a.Priced.LessThanOrEqual(b.Priced), "%s: %v %v", name, a, b)

			calm, err := m.Cost(small)
			require.NoError(t, err)
			require.True(t, a.Priced.LessThanOrEqual(calm.Priced), name)
			if a.Priced.Equal(calm.Priced) {
				require.True(t, a.Amount.GreaterThanOrEqual(calm.Amount) && a.Bps.GreaterThanOrEqual(calm.Bps), "%s: %v %v", name, calm, a)
			}
		}
	})
}

func TestTheLargestSizeIsTheLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit, maxBps := size().Draw(t, "limit"), decimal.NewFromInt(rapid.Int64Range(0, 200).Draw(t, "bps"))
		decimals := rapid.SampledFrom([]int32{0, 2, 18}).Draw(t, "decimals")
		for name, m := range models() {
			got, err := cost.Largest(m, limit, maxBps, decimals)
			require.NoError(t, err)
			require.True(t, got.LessThanOrEqual(limit) && got.Equal(got.Truncate(decimals)), name)
			fits := func(size decimal.Decimal) bool {
				c, err := m.Cost(size)
				require.NoError(t, err)
				return c.Complete() && c.Bps.LessThanOrEqual(maxBps)
			}
			if got.IsPositive() {
				require.True(t, fits(got), "%s: %v", name, got)
			}
			if next := got.Add(decimal.New(1, -decimals)); next.LessThanOrEqual(limit) {
				require.False(t, fits(next), "%s: %v", name, next)
			}
		}
	})
}

func TestDaysToLiquidate(t *testing.T) {
	for _, c := range []struct{ story, position, volume, share, want string }{
		{"a tenth of the volume each day", "1000", "500", "0.1", "20"},
		{"a short position takes as long", "-1000", "500", "0.1", "20"},
		{"parts of a day are rounded up", "1000", "700", "0.3", "4.7620"},
		{"nothing takes no time", "0", "700", "0.3", "0"},
	} {
		t.Run(c.story, func(t *testing.T) {
			got, err := cost.DaysToLiquidate(d(c.position), d(c.volume), d(c.share))
			require.NoError(t, err)
			requireEqual(t, c.want, got)
		})
	}
}

func TestMalformedModels(t *testing.T) {
	sqrt := func(spoil func(*cost.SqrtImpact)) cost.Model {
		m := squareRoot()
		spoil(&m)
		return m
	}
	chriss := func(spoil func(*cost.AlmgrenChriss)) cost.Model {
		m := exitOver(5, 0)
		spoil(&m)
		return m
	}
	walk := func(spoil func(*cost.BookWalk)) cost.Model {
		m := cost.BookWalk{Book: book(), Side: exchange.Ask}
		spoil(&m)
		return m
	}
	for field, m := range map[string]cost.Model{
		"Side 0":                     walk(func(w *cost.BookWalk) { w.Side = 0 }),
		"Book exchange: invalid":     walk(func(w *cost.BookWalk) { w.Book.Asks[0].Price = d("0.9") }),
		"Book USDC/USDT: must have":  walk(func(w *cost.BookWalk) { w.Book.Asks = nil }),
		"Stress.Spread -1":           walk(func(w *cost.BookWalk) { w.Stress.Spread = d("-1") }),
		"Stress.Volume 1001":         walk(func(w *cost.BookWalk) { w.Stress.Volume = d("1001") }),
		"Mid 0":                      sqrt(func(m *cost.SqrtImpact) { m.Mid = decimal.Zero }),
		"HalfSpreadBps -1":           sqrt(func(m *cost.SqrtImpact) { m.HalfSpreadBps = -1 }),
		"VolatilityBps NaN":          sqrt(func(m *cost.SqrtImpact) { m.VolatilityBps = nan() }),
		"DailyVolume 0":              sqrt(func(m *cost.SqrtImpact) { m.DailyVolume = decimal.Zero }),
		"VolatilityBps 2e+18":        sqrt(func(m *cost.SqrtImpact) { m.VolatilityBps = 2e18 }),
		"Y 101":                      sqrt(func(m *cost.SqrtImpact) { m.Y = 101 }),
		"MaxShare 0":                 sqrt(func(m *cost.SqrtImpact) { m.MaxShare = 0 }),
		"MaxShare 11":                sqrt(func(m *cost.SqrtImpact) { m.MaxShare = 11 }),
		"Price 0":                    chriss(func(m *cost.AlmgrenChriss) { m.Price = decimal.Zero }),
		"HalfSpread -1":              chriss(func(m *cost.AlmgrenChriss) { m.HalfSpread = d("-1") }),
		"Volatility -1":              chriss(func(m *cost.AlmgrenChriss) { m.Volatility = -1 }),
		"Permanent -1":               chriss(func(m *cost.AlmgrenChriss) { m.Permanent = -1 }),
		"Temporary 0":                chriss(func(m *cost.AlmgrenChriss) { m.Temporary = 0 }),
		"Temporary NaN":              chriss(func(m *cost.AlmgrenChriss) { m.Temporary = nan() }),
		"Temporary 0.0025: must exc": chriss(func(m *cost.AlmgrenChriss) { m.Days = 200 }),
		"Days 0":                     chriss(func(m *cost.AlmgrenChriss) { m.Days = 0 }),
		"Days 1001":                  chriss(func(m *cost.AlmgrenChriss) { m.Days = 1001 }),
		"Intervals 0":                chriss(func(m *cost.AlmgrenChriss) { m.Intervals = 0 }),
		"Intervals 1001":             chriss(func(m *cost.AlmgrenChriss) { m.Intervals = 1001 }),
		"RiskAversion -1":            chriss(func(m *cost.AlmgrenChriss) { m.RiskAversion = -1 }),
		"Decimals 19":                chriss(func(m *cost.AlmgrenChriss) { m.Decimals = 19 }),
	} {
		c, err := m.Cost(d("1"))
		require.ErrorIs(t, err, cost.ErrInvalid, field)
		require.ErrorContains(t, err, "cost: invalid: "+field)
		require.Zero(t, c)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestMalformedArguments(t *testing.T) {
	for name, m := range models() {
		for _, size := range []decimal.Decimal{decimal.Zero, d("-1"), decimal.New(1, 18), decimal.New(1, -19)} {
			_, err := m.Cost(size)
			require.ErrorIs(t, err, cost.ErrInvalid, name)
			require.ErrorContains(t, err, "size")
		}
		for _, s := range []cost.Stress{{Spread: d("-1")}, {Volatility: d("1001")}, {Volume: decimal.New(1, -19)}} {
			_, err := m.Stressed(s)
			require.ErrorIs(t, err, cost.ErrInvalid, name)
			require.ErrorContains(t, err, "Stress.")
		}
		for want, sizes := range map[string][]decimal.Decimal{
			"sizes[1] 5: must be larger": {d("5"), d("5")},
			"sizes[0]: cost: invalid":    {d("0"), d("5")},
			"sizes 1001: must be":        make([]decimal.Decimal, 1001),
		} {
			_, err := cost.Curve(m, sizes)
			require.ErrorIs(t, err, cost.ErrInvalid, name)
			require.ErrorContains(t, err, want)
		}
		for _, err := range []error{
			second(cost.Largest(m, d("0"), d("1"), 0)),
			second(cost.Largest(m, d("1"), d("-1"), 0)),
			second(cost.Largest(m, d("1"), d("1"), -1)),
			second(cost.Largest(m, d("1"), d("1"), 19)),
			second(cost.DaysToLiquidate(decimal.New(1, 18), d("1"), d("1"))),
			second(cost.DaysToLiquidate(d("1"), d("0"), d("1"))),
			second(cost.DaysToLiquidate(d("1"), d("1"), d("0"))),
			second(cost.DaysToLiquidate(d("1"), d("1"), d("1.1"))),
			second(cost.TypicalImpact(d("0"), d("1"), d("1"), 1)),
			second(cost.TypicalImpact(d("1"), d("0"), d("1"), 1)),
			second(cost.TypicalImpact(d("1"), d("1"), d("0"), 1)),
			second(cost.TypicalImpact(d("1"), d("1"), d("1"), -1)),
		} {
			require.ErrorIs(t, err, cost.ErrInvalid)
		}
	}
	broken := cost.SqrtImpact{}
	_, err := cost.Largest(broken, d("1"), d("1"), 0)
	require.ErrorIs(t, err, cost.ErrInvalid)
	huge := cost.AlmgrenChriss{
		Impact: cost.Impact{Price: decimal.New(1, -18), HalfSpread: decimal.New(1, 17), Volatility: 1e18, Permanent: 1e18, Temporary: 1e18},
		Pace:   cost.Pace{Days: 1, Intervals: 1},
	}
	_, err = huge.Cost(decimal.New(1, 17))
	require.ErrorIs(t, err, cost.ErrInvalid)
	require.ErrorContains(t, err, "must be below 1e54", fmt.Sprint(huge))
}

func second[T any](_ T, err error) error { return err }
