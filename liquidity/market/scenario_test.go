package market_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

func TestTheSeedsScenarios(t *testing.T) {
	alone := func(s *market.Snapshot) { s.Maker, s.Auction, s.Bond.Rating = nil, nil, "BBB" }
	for name, row := range map[string]struct {
		change         func(*market.Snapshot)
		size           string
		compatible     []market.Path
		enforced       []market.Path
		warned         []market.WarningKind // by both
		enforcedBeside []market.WarningKind // by the enforced policy, if it differs
	}{
		"1: medium credit risk and high liquidity lead to the maker": {
			change: func(s *market.Snapshot) {
				s.Bond.Rating, s.Book.Bid, s.Book.Ask = "BBB", dec("100.40"), dec("100.50")
				s.Maker.LastQuoteSpreadBps, s.Maker.Quotes24h = dec("12"), 60
			},
			size:       "200000",
			compatible: []market.Path{market.ByMaker, market.ByAuction, market.ByRFQ, market.ByP2P},
			enforced:   []market.Path{market.ByMaker, market.ByAuction, market.ByRFQ, market.ByP2P},
		},
		"2: low credit risk in a thin market leads to an auction or an RFQ": {
			change: func(s *market.Snapshot) {
				s.Bond.Rating, s.Book.Bid, s.Book.Ask, s.Maker, s.Auction.Bids = "AAA", dec("99"), dec("101"), nil, 12
				s.Book.Depth, s.Book.Levels, s.Book.Trades, s.Book.Volume, s.Book.LastTradeAge = dec("200000"), 1, 1, dec("500000"), 24*time.Hour
			},
			size:       "100000",
			compatible: []market.Path{market.ByAuction, market.ByRFQ, market.ByP2P},
			enforced:   []market.Path{market.ByAuction, market.ByRFQ, market.ByP2P},
			warned:     []market.WarningKind{market.LongExit},
		},
		"3: high credit risk and high demand lead to an exit with warnings": {
			change: func(s *market.Snapshot) {
				s.Bond.Rating, s.Auction.Bids = "B", 20
				s.Maker.LastQuoteSpreadBps, s.Maker.Quotes24h = dec("120"), 4
			},
			size:       "90000",
			compatible: []market.Path{market.ByAuction, market.ByMaker, market.ByRFQ, market.ByP2P},
			enforced:   []market.Path{market.ByAuction, market.ByRFQ, market.ByMaker, market.ByP2P},
			warned:     []market.WarningKind{market.LongExit, market.RiskyRating},
		},
		"4: without maker and auction, an RFQ window within two hours is still the better way": {
			change:     alone,
			size:       "100000",
			compatible: []market.Path{market.ByRFQ, market.ByP2P},
			enforced:   []market.Path{market.ByRFQ, market.ByP2P},
		},
		"4: without maker, auction and a window within two hours P2P comes first": {
			change: func(s *market.Snapshot) {
				alone(s)
				s.Now = now.Add(time.Hour) // the window has just closed
			},
			size:           "100000",
			compatible:     []market.Path{market.ByRFQ, market.ByP2P}, // which takes no notice
			enforced:       []market.Path{market.ByP2P},
			warned:         []market.WarningKind{market.LongExit},
			enforcedBeside: []market.WarningKind{market.UnlikelyFill},
		},
		"4: above the cap of RFQ, P2P is all there is": {
			change:     alone,
			size:       "1000000",
			compatible: []market.Path{market.ByP2P},
			enforced:   []market.Path{market.ByP2P},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			row.change(&s)
			seed := exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, row.size)
			require.Equal(t, row.compatible, available(seed))
			enforced := exitsOf(t, recommender(t, market.NewPolicy(market.Enforced)), s, row.size)
			require.Equal(t, row.enforced, available(enforced))
			require.ElementsMatch(t, row.warned, kinds(seed))
			if row.enforcedBeside == nil {
				row.enforcedBeside = row.warned
			}
			require.ElementsMatch(t, row.enforcedBeside, kinds(enforced))
		})
	}
}
