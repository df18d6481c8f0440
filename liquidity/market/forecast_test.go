package market_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// readings are an hour apart.
func readings(n int, at func(i int) (index, spread string)) []market.Reading {
	all := make([]market.Reading, n)
	for i := range all {
		index, spread := at(i)
		all[i] = market.Reading{At: now.Add(time.Duration(i) * time.Hour), Index: dec(index), SpreadBps: dec(spread)}
	}
	return all
}

func TestForecastOfWhatGoesOnAsItDid(t *testing.T) {
	trend := readings(101, func(i int) (string, string) {
		return decimal.NewFromInt(int64(i)).Div(decimal.NewFromInt(2)).String(), decimal.NewFromInt(int64(200 - i)).String()
	})
	o, err := market.Forecast(trend, 4, dec("0.9"))
	require.NoError(t, err)
	require.Equal(t, 97, o.N)
	require.Equal(t, 25, o.Separate)
	for _, d := range []decimal.Decimal{o.Index.Low, o.Index.Median, o.Index.High} {
		require.Equal(t, "52", d.String(), "50 plus four times a half")
	}
	require.Equal(t, "96", o.SpreadBps.Median.String())
}

func TestForecastTakesTheQuantilesOfChanges(t *testing.T) {
	// Changes of 1 to 100, one after the other and back.
	value, up := 0, true
	walk := readings(201, func(i int) (string, string) {
		if i > 0 {
			step := (i + 1) / 2
			if up {
				value = step
			} else {
				value = 0
			}
			up = !up
		}
		return "50", decimal.NewFromInt(int64(value)).String()
	})
	o, err := market.Forecast(walk, 1, dec("0.8"))
	require.NoError(t, err)
	// 200 changes, -100 to -1 and 1 to 100: the 10th percentile, at 19.9 of 0 to
	// 199, is -80.1, and the last spread is 0.
	require.Equal(t, "0", o.SpreadBps.Low.String(), "no spread is below 0")
	require.Equal(t, "0", o.SpreadBps.Median.String())
	require.Equal(t, "80.1", o.SpreadBps.High.String())
	require.Equal(t, "50", o.Index.High.String())
}

func TestAForecastStaysWithinTheIndex(t *testing.T) {
	jumps := readings(41, func(i int) (string, string) { return []string{"95", "5"}[i%2], "10" })
	o, err := market.Forecast(jumps, 1, dec("0.9")) // from 95, up or down by 90
	require.NoError(t, err)
	require.Equal(t, "100", o.Index.High.String())
	require.Equal(t, "5", o.Index.Low.String())
	o, err = market.Forecast(jumps[:40], 1, dec("0.9")) // from 5
	require.NoError(t, err)
	require.Equal(t, "95", o.Index.High.String())
	require.Equal(t, "0", o.Index.Low.String())
}

func TestAForecastHoldsWhatItSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	level := 50.0
	all := readings(4000, func(int) (string, string) {
		level = min(max(level+rng.NormFloat64()*0.05, 0), 100)
		return decimal.NewFromFloat(level).Round(6).String(), "10"
	})
	held, asked := 0, 0
	for end := 1000; end+5 < len(all); end += 37 {
		o, err := market.Forecast(all[end-1000:end], 5, dec("0.9"))
		require.NoError(t, err)
		became := all[end+4].Index
		asked++
		if became.GreaterThanOrEqual(o.Index.Low) && became.LessThanOrEqual(o.Index.High) {
			held++
		}
	}
	require.InDelta(t, 0.9, float64(held)/float64(asked), 0.08, "%d of %d", held, asked)
}

func TestForecastsThatCannotBeMade(t *testing.T) {
	flat := func(n int) []market.Reading { return readings(n, func(int) (string, string) { return "50", "10" }) }
	for _, row := range []struct {
		n, steps int
		ok       bool
	}{{21, 1, true}, {20, 1, false}, {101, 5, true}, {100, 5, false}, {0, 1, false}, {1, 1, false}} {
		_, err := market.Forecast(flat(row.n), row.steps, dec("0.9"))
		if row.ok {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, market.ErrInsufficient)
		}
	}
	for name, call := range map[string]func() error{
		"no steps":   func() error { _, err := market.Forecast(flat(30), 0, dec("0.9")); return err },
		"all of it":  func() error { _, err := market.Forecast(flat(30), 1, dec("1")); return err },
		"none of it": func() error { _, err := market.Forecast(flat(30), 1, dec("0")); return err },
		"an index above 100": func() error {
			r := flat(30)
			r[7].Index = dec("101")
			_, err := market.Forecast(r, 1, dec("0.9"))
			return err
		},
		"a negative spread": func() error {
			r := flat(30)
			r[7].SpreadBps = dec("-1")
			_, err := market.Forecast(r, 1, dec("0.9"))
			return err
		},
		"time that goes back": func() error {
			r := flat(30)
			r[7].At = r[6].At
			_, err := market.Forecast(r, 1, dec("0.9"))
			return err
		},
		"a reading at no time": func() error {
			r := flat(30)
			r[0].At = time.Time{}
			_, err := market.Forecast(r, 1, dec("0.9"))
			return err
		},
	} {
		require.ErrorIs(t, call(), market.ErrInvalid, name)
	}
}
