package path_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

func TestAPathPassesThroughItsCandleAndNeverLeavesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(0, 20)
		at := func(p int64) decimal.Decimal { return decimal.New(99_000_000+p*10_000, -8) }
		ends := []int64{price.Draw(t, "open"), price.Draw(t, "close")}
		low := slices.Min(ends) - price.Draw(t, "below")
		high := slices.Max(ends) + price.Draw(t, "above")
		candle := tape.Candle{
			Start: time.Date(2023, 3, 10, 12, 0, 0, 0, time.UTC),
			Open:  at(ends[0]), Close: at(ends[1]), Low: at(low), High: at(high),
		}
		blocks := rapid.SampledFrom([]int{path.MinBlocks, 13, 30, 300, 1800, 7200}).Draw(t, "blocks")

		got := path.Draw(candle, blocks, rapid.Uint64Range(1, 50).Draw(t, "seed"))
		require.Len(t, got, blocks)
		require.Equal(t, path.FromDecimal(candle.Open), got[0])
		require.Equal(t, path.FromDecimal(candle.Close), got[blocks-1])
		require.Equal(t, path.FromDecimal(candle.Low), slices.Min(got))
		require.Equal(t, path.FromDecimal(candle.High), slices.Max(got))
		require.GreaterOrEqual(t, longestStay(got, path.FromDecimal(candle.Low)), path.Hold(blocks))
		require.GreaterOrEqual(t, longestStay(got, path.FromDecimal(candle.High)), path.Hold(blocks))
	})
}

func longestStay(prices []path.Price, at path.Price) int {
	longest, stay := 0, 0
	for _, p := range prices {
		if stay++; p != at {
			stay = 0
		}
		longest = max(longest, stay)
	}
	return longest
}

func TestASeedDrawsTheSamePathAgainAndAnotherSeedAnother(t *testing.T) {
	weekend, err := tape.Weekend()
	require.NoError(t, err)
	candle := weekend.Candles[15]
	first, again, other := path.Draw(candle, 1800, 7), path.Draw(candle, 1800, 7), path.Draw(candle, 1800, 8)
	require.Equal(t, first, again)
	require.NotEqual(t, first, other)

	next := candle
	next.Start = candle.Start.Add(time.Hour)
	require.NotEqual(t, first, path.Draw(next, 1800, 7), "each hour draws its own")
}

func TestAPathMovesInEveryPartOfTheHour(t *testing.T) {
	weekend, err := tape.Weekend()
	require.NoError(t, err)
	prices := path.Draw(weekend.Candles[15], 1800, 1)
	still := 0
	for i := 1; i < len(prices); i++ {
		if prices[i] == prices[i-1] {
			still++
		}
	}
	require.Less(t, still, 2*path.Hold(1800)+20)
}

func TestBlocksMustFillTheInterval(t *testing.T) {
	n, err := path.Blocks(time.Hour, 2*time.Second)
	require.NoError(t, err)
	require.Equal(t, 1800, n)
	for _, block := range []time.Duration{0, -time.Second, 7 * time.Second, 10 * time.Minute} {
		_, err := path.Blocks(time.Hour, block)
		require.Error(t, err, block)
	}
}
