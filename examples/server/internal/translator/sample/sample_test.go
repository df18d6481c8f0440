package sample_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/sample"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, b *sample.Bonds, at time.Time, watched ...market.ISIN) []sql.Instrument {
	t.Helper()
	told, problems, err := b.Read(at, watched)
	require.NoError(t, err)
	require.Empty(t, problems)
	return told
}

func TestAHundredBondsMakeSenseAndSayWhatIsModelled(t *testing.T) {
	first := read(t, sample.New(), noon)
	require.Len(t, first, 101)
	require.Empty(t, cmp.Diff(first, read(t, sample.New(), noon)), "the same each time")
	ratings, makers, auctions := map[string]int{}, 0, 0
	for _, one := range first {
		require.True(t, one.ISIN.Checked())
		require.NoError(t, one.Book.Is.Validate(noon))
		require.NoError(t, one.Bond.Is.Validate())
		require.NoError(t, one.Facts.Is.Validate(noon))
		require.Contains(t, one.Book.Source, "modelled")
		require.Equal(t, "modelled", one.Bond.Source)
		require.Equal(t, "modelled", one.Facts.Is.Credit.Source)
		ratings[one.Bond.Is.Rating]++
		if one.Maker != nil {
			require.NoError(t, one.Maker.Is.Validate(noon))
			makers++
		}
		if one.Auction != nil {
			require.NoError(t, one.Auction.Is.Validate(noon))
			auctions++
		}
	}
	require.GreaterOrEqual(t, len(ratings), 4)
	require.Greater(t, makers, 20)
	require.Less(t, makers, 90)
	require.Greater(t, auctions, 20)
}

func TestABondMovesWhileSomebodyWatchesIt(t *testing.T) {
	b := sample.New()
	was := map[market.ISIN]sql.Instrument{}
	for _, one := range read(t, b, noon) {
		was[one.ISIN] = one
	}
	require.Empty(t, read(t, b, noon.Add(time.Second)))
	require.Empty(t, read(t, b, noon.Add(time.Second), "IN0012345678"), "none of ours")
	watched := []market.ISIN{"INE094A08176", "INE556F08KZ3", "INE163N08289", "INE776C08075"}
	at := noon
	for range 600 {
		at = at.Add(time.Second)
		told := read(t, b, at, append([]market.ISIN{}, watched...)...)
		require.Len(t, told, 3)
		for _, one := range told {
			require.Contains(t, watched, one.ISIN)
			require.NoError(t, one.Book.Is.Validate(at))
			require.Nil(t, one.Bond)
			mid, first := one.Book.Is.Mid(), was[one.ISIN].Book.Is.Mid()
			off, _ := mid.Sub(first).DivRound(first, 6).Abs().Float64()
			require.Less(t, off, 0.02, "it stays where it was traded")
		}
	}
	require.Len(t, read(t, b, noon.Add(time.Hour)), 101, "nothing gets old")
}

func TestASampleThatIsLeftAloneComesToRest(t *testing.T) {
	b := sample.New()
	read(t, b, noon)
	moves := 0
	for s := range 3500 {
		moves += len(read(t, b, noon.Add(time.Duration(s)*time.Second), "INE094A08176", "INE556F08KZ3", "INE163N08289"))
	}
	require.Less(t, moves, 10_100)
}

func TestWhatWasReportedIsListed(t *testing.T) {
	day, err := sample.Day()
	require.NoError(t, err)
	require.Len(t, day, 101)
	require.Equal(t, market.ISIN("INE094A08176"), day[0].ISIN)
	require.Equal(t, "5000000000", day[0].Value.String())
	require.True(t, strings.HasPrefix(day[0].YieldPct.String(), "6.7"))
}
