package market_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

func desk(tb testing.TB) market.Desk {
	tb.Helper()
	return market.Desk{Model: calibrated(tb), Exits: recommender(tb, market.NewPolicy(market.Enforced))}
}

func TestCalmChangesNothing(t *testing.T) {
	c, err := desk(t).WhatIf(snapshot(), market.Sale{Size: dec("100000")}, market.Calm())
	require.NoError(t, err)
	require.True(t, c.IndexChange.Decimal.IsZero())
	require.True(t, c.SpreadChangeBps.IsZero())
	require.Empty(t, c.Lost)
}

func TestStress(t *testing.T) {
	s := snapshot()
	stress := market.Stress{SpreadTimes: dec("2"), DepthTimes: dec("0.5"), VolumeTimes: dec("0.1"), SigmaTimes: dec("3"), MakerGone: true, AuctionGone: true}
	got, err := stress.Apply(s)
	require.NoError(t, err)
	require.Equal(t, "100.375", got.Book.Bid.String())
	require.Equal(t, "100.875", got.Book.Ask.String())
	require.True(t, got.Book.Mid().Equal(s.Book.Mid()))
	require.Equal(t, "500000", got.Book.BidSize.String())
	require.Equal(t, "500000", got.Book.AskSize.String())
	require.Equal(t, "2500000", got.Book.Depth.String())
	require.Equal(t, "1000000", got.Book.Volume.String())
	require.Equal(t, 2, got.Book.Trades, "of 25")
	require.Equal(t, "3", got.Conditions.SigmaTimes.String())
	require.False(t, got.Maker.Online)
	require.Nil(t, got.Auction)
	require.Equal(t, snapshot(), s, "and what it was made from is as it was")

	again, err := stress.Apply(got)
	require.NoError(t, err)
	require.Equal(t, "9", again.Conditions.SigmaTimes.String(), "stress upon stress")

	c, err := desk(t).WhatIf(s, market.Sale{Size: dec("600000")}, stress)
	require.NoError(t, err)
	require.Negative(t, c.IndexChange.Decimal.Sign())
	require.Equal(t, []market.Path{market.ByMaker, market.ByAuction}, c.Lost)
	require.True(t, c.SpreadChangeBps.Round(9).Equal(c.Before.Profile.SpreadBps.Round(9)), "twice as much is once more")

	offline := snapshot()
	offline.Maker.Online = false
	back, err := desk(t).WhatIf(offline, market.Sale{Size: dec("1000")}, market.PegBreak())
	require.NoError(t, err)
	require.Empty(t, back.Lost, "what was not there cannot go")

	locked := stress
	locked.SpreadTimes = dec("0")
	c, err = desk(t).WhatIf(s, market.Sale{Size: dec("1000")}, locked)
	require.NoError(t, err)
	require.False(t, c.IndexChange.Valid, "a locked book has no index to compare with")
}

func TestAPegThatBreaksTakesTheIndexWithIt(t *testing.T) {
	c, err := desk(t).WhatIf(snapshot(), market.Sale{Size: dec("1000000")}, market.PegBreak())
	require.NoError(t, err)
	require.Equal(t, market.Good, c.Before.Profile.Index.Level)
	require.Contains(t, []market.Level{market.Poor, market.Illiquid}, c.After.Profile.Index.Level)
}

func TestStressesThatNoBookCouldShow(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*market.Stress)
		want   string
	}{
		"a spread that leaves no bid": {func(s *market.Stress) { s.SpreadTimes = dec("900") }, "Stress.SpreadTimes 900: must leave a bid"},
		"a negative spread":           {func(s *market.Stress) { s.SpreadTimes = dec("-1") }, "Stress.SpreadTimes -1"},
		"a negative depth":            {func(s *market.Stress) { s.DepthTimes = dec("-1") }, "Stress.DepthTimes -1"},
		"a negative volume":           {func(s *market.Stress) { s.VolumeTimes = dec("-1") }, "Stress.VolumeTimes -1"},
		"no volatility at all":        {func(s *market.Stress) { s.SigmaTimes = dec("0") }, "Stress.SigmaTimes 0"},
		"more than anybody has seen":  {func(s *market.Stress) { s.DepthTimes = dec("1001") }, "Stress.DepthTimes 1001"},
		"more depth than is counted":  {func(s *market.Stress) { s.DepthTimes = dec("1000") }, "Microstructure.Depth"},
	} {
		t.Run(name, func(t *testing.T) {
			s, stress := snapshot(), market.Calm()
			s.Book.Bid, s.Book.Ask, s.Book.Depth = dec("100"), dec("101"), dec("1e17")
			row.change(&stress)
			_, err := stress.Apply(s)
			require.ErrorIs(t, err, market.ErrInvalid)
			_, err = desk(t).WhatIf(s, market.Sale{Size: dec("1")}, stress)
			require.ErrorIs(t, err, market.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestADeskNeedsBothHalves(t *testing.T) {
	sale := market.Sale{Size: dec("1")}
	_, err := market.Desk{Exits: desk(t).Exits}.Assess(snapshot(), sale)
	require.ErrorIs(t, err, market.ErrInvalid)
	_, err = market.Desk{Model: desk(t).Model}.Assess(snapshot(), sale)
	require.ErrorIs(t, err, market.ErrInvalid)
	_, err = market.Desk{}.WhatIf(snapshot(), sale, market.Calm())
	require.ErrorIs(t, err, market.ErrInvalid)
	a, err := desk(t).Assess(snapshot(), sale)
	require.NoError(t, err)
	require.Equal(t, isin, a.Profile.ISIN)
	require.Len(t, a.Exits.Routes, 4)
}

func TestWithoutAnIndexAProfileSaysNoTimes(t *testing.T) {
	for name, row := range map[string]struct {
		model  market.IndexModel
		change func(*market.Microstructure)
		known  bool
	}{
		"an index":                         {calibrated(t), func(*market.Microstructure) {}, true},
		"a locked book":                    {calibrated(t), func(b *market.Microstructure) { b.Ask = b.Bid }, false},
		"the translator's 50 of no volume": {market.SeedModel{}, func(b *market.Microstructure) { b.Volume, b.Trades = dec("0"), 0 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			row.change(&s.Book)
			p, err := market.NewProfile(row.model, s, dec("100000"), nil)
			require.NoError(t, err)
			require.Equal(t, !row.known, p.Index.Level == market.Insufficient)
			require.Equal(t, row.known, p.VolumeMinutes.Valid)
			require.Len(t, p.Minutes, 4)
			for _, by := range p.Minutes {
				require.Equal(t, row.known, by.Minutes.Valid, by.Path)
			}
			text, err := json.Marshal(p)
			require.NoError(t, err)
			require.Equal(t, row.known, !strings.Contains(string(text), `"volume_time_to_exit_minutes":null`))
			if row.known {
				want := market.MinutesToExit(p.Index.Value, market.ByMaker, dec("100000"), s.Conditions)
				require.Equal(t, want.String(), p.Minutes[0].Minutes.Decimal.String())
			}
		})
	}
}
