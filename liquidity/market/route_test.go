package market_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

func TestWhyARouteIsNotAvailable(t *testing.T) {
	for name, row := range map[string]struct {
		change   func(*market.Snapshot)
		path     market.Path
		size     string
		seed     []market.Reason // none: available
		enforced []market.Reason
		most     string // that would pass the enforced policy; empty: no limit
	}{
		"nobody makes a market": {
			change: func(s *market.Snapshot) { s.Maker = nil }, path: market.ByMaker, size: "1000",
			seed: []market.Reason{market.NoMaker}, enforced: []market.Reason{market.NoMaker}, most: "0",
		},
		"the maker has gone home": {
			change: func(s *market.Snapshot) { s.Maker.Online = false }, path: market.ByMaker, size: "1000",
			seed: []market.Reason{market.MakerOffline}, enforced: []market.Reason{market.MakerOffline}, most: "0",
		},
		"the size is the rating's cap": {
			path: market.ByMaker, size: "800000", most: "800000",
		},
		"the size is above the rating's cap": {
			path: market.ByMaker, size: "800000.01", most: "800000",
			seed: []market.Reason{market.RatingCap}, enforced: []market.Reason{market.RatingCap},
		},
		"the issuer's cap is the smaller one": {
			change: func(s *market.Snapshot) { s.Bond.IssuerClass = "guild" }, path: market.ByMaker, size: "100001", most: "100000",
			enforced: []market.Reason{market.IssuerCap},
		},
		"the size is above both caps": {
			change: func(s *market.Snapshot) { s.Bond.IssuerClass = "guild" }, path: market.ByMaker, size: "800001", most: "100000",
			seed: []market.Reason{market.RatingCap}, enforced: []market.Reason{market.RatingCap, market.IssuerCap},
		},
		"a rating that is not listed has the caps of those": {
			change: func(s *market.Snapshot) { s.Bond.Rating = "Baa3" }, path: market.ByRFQ, size: "500001", most: "500000",
			seed: []market.Reason{market.RatingCap}, enforced: []market.Reason{market.RatingCap},
		},
		"a long bond goes to no maker": {
			change: func(s *market.Snapshot) { s.Bond.Tenor = "10Y+" }, path: market.ByMaker, size: "1000", most: "0",
			enforced: []market.Reason{market.TenorRestriction},
		},
		"a bill is not crossed": {
			change: func(s *market.Snapshot) { s.Bond.Tenor = "0-1Y" }, path: market.ByP2P, size: "30000", most: "0",
			seed: []market.Reason{market.TenorRestriction}, enforced: []market.Reason{market.TenorRestriction},
		},
		"what has defaulted goes nowhere": {
			change: func(s *market.Snapshot) { s.Bond.Rating = "D" }, path: market.ByP2P, size: "30000", most: "0",
			enforced: []market.Reason{market.RatingRestriction},
		},
		"the size is the least lot": {
			path: market.ByP2P, size: "25000",
		},
		"the size is below the least lot": {
			path: market.ByP2P, size: "24999.99",
			seed: []market.Reason{market.MinLot}, enforced: []market.Reason{market.MinLot},
		},
		"no auction is announced": {
			change: func(s *market.Snapshot) { s.Auction = nil }, path: market.ByAuction, size: "1000", most: "0",
			seed: []market.Reason{market.NoAuction}, enforced: []market.Reason{market.NoAuction},
		},
		"an auction takes its cap": {
			path: market.ByAuction, size: "4000000", most: "4000000",
		},
		"the window opens in two hours": {
			change: func(s *market.Snapshot) {
				s.Now, s.Book.At = now.Add(-time.Hour), now.Add(-time.Hour)
				s.Auction, s.Maker = nil, nil
			},
			path: market.ByRFQ, size: "1000", most: "1500000",
		},
		"the window opens in two hours and a second": {
			change: func(s *market.Snapshot) {
				s.Now = now.Add(-time.Hour - time.Second)
				s.Book.At, s.Auction, s.Maker = s.Now, nil, nil
			},
			path: market.ByRFQ, size: "1000", most: "0",
			enforced: []market.Reason{market.WindowClosed},
		},
		"a regulator forbids it": {
			change: func(s *market.Snapshot) { s.Conditions.Suspended = []market.Path{market.ByAuction} }, path: market.ByAuction, size: "4000001", most: "0",
			seed: []market.Reason{market.Regulatory, market.RatingCap}, enforced: []market.Reason{market.Regulatory, market.RatingCap},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			if row.change != nil {
				row.change(&s)
			}
			seed := routeOf(t, exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, row.size), row.path)
			require.Equal(t, row.seed == nil, seed.Available)
			require.ElementsMatch(t, row.seed, reasons(seed))
			r := routeOf(t, exitsOf(t, recommender(t, market.NewPolicy(market.Enforced)), s, row.size), row.path)
			require.Equal(t, row.enforced == nil, r.Available)
			require.ElementsMatch(t, row.enforced, reasons(r))
			require.Equal(t, row.most != "", r.MaxSize.Valid)
			if row.most != "" {
				require.Equal(t, row.most, r.MaxSize.Decimal.String())
			}
			if !r.Available {
				require.Equal(t, market.Unavailable, r.Priority)
				require.True(t, r.FillProbability.Value.IsZero(), "nothing is promised of what cannot be had")
			}
		})
	}
}

func TestARefusalNamesItsLimit(t *testing.T) {
	s := snapshot()
	e := exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, "1000000")
	require.Equal(t, []market.Refusal{{Reason: market.RatingCap, Limit: decimal.New(800, 3)}}, routeOf(t, e, market.ByMaker).Refusals)
	e = exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, "1")
	require.Equal(t, []market.Refusal{{Reason: market.MinLot, Limit: decimal.New(25, 3)}}, routeOf(t, e, market.ByP2P).Refusals)
	s.Now = now.Add(2 * time.Hour)
	e = exitsOf(t, recommender(t, market.NewPolicy(market.Enforced)), s, "1")
	closed := routeOf(t, e, market.ByRFQ)
	require.Equal(t, market.WindowClosed, closed.Refusals[0].Reason)
	require.Equal(t, "120", closed.Refusals[0].Limit.String(), "minutes")
	require.Equal(t, now.Add(25*time.Hour), closed.Opens, "and when to come back")
}

// TestTheLargestSize asks again with the size that a route says would pass, and
// with one more.
func TestTheLargestSize(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := snapshot()
		s.Bond.Rating = rapid.SampledFrom([]string{"AAA", "AA", "A", "BBB", "BB", "B", "C", "D", "A-"}).Draw(rt, "rating")
		s.Bond.Tenor = rapid.SampledFrom([]string{"0-1Y", "1-3Y", "3-5Y", "5-10Y", "10Y+"}).Draw(rt, "tenor")
		s.Bond.IssuerClass = rapid.SampledFrom([]string{"government", "psu", "corporate", "bank", "guild"}).Draw(rt, "class")
		s.Now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(rt, "hours")) * time.Hour)
		if rapid.Bool().Draw(rt, "no maker") {
			s.Maker = nil
		}
		strictness := rapid.SampledFrom([]market.Strictness{market.SeedCompatible, market.Enforced}).Draw(rt, "strictness")
		exits := recommender(t, market.NewPolicy(strictness))
		size := decimal.NewFromInt(rapid.Int64Range(1, 12_000_000).Draw(rt, "size"))
		e, err := exits.Recommend(s, market.Sale{Size: size}, market.Record{})
		require.NoError(rt, err)
		require.Len(rt, e.Routes, 4)
		for _, path := range market.Paths() {
			r := routeOf(t, e, path)
			require.Equal(rt, r.Available, len(r.Refusals) == 0)
			if !r.MaxSize.Valid {
				require.Equal(rt, market.ByP2P, path)
				continue
			}
			most := r.MaxSize.Decimal
			if r.Available {
				require.True(rt, size.LessThanOrEqual(most))
			}
			if most.IsPositive() {
				require.True(rt, routeOf(t, exitsOf(t, exits, s, most.String()), path).Available)
			}
			more := routeOf(t, exitsOf(t, exits, s, most.Add(dec("0.01")).String()), path)
			require.False(rt, more.Available)
		}
	})
}

func TestWhatABondDoesNotSayIsAssumedAloud(t *testing.T) {
	s := snapshot()
	s.Bond = market.Bond{}
	exits := recommender(t, market.NewPolicy(market.Enforced))
	e := exitsOf(t, exits, s, "1000")
	require.Equal(t, []string{"rating", "tenor", "issuer_class"}, e.Assumed)
	require.Equal(t, "400000", routeOf(t, e, market.ByMaker).MaxSize.Decimal.String(), "that of BBB")
	s.Bond.Tenor = "7Y"
	_, err := exits.Recommend(s, market.Sale{Size: dec("1")}, market.Record{})
	require.ErrorIs(t, err, market.ErrInvalid)
	require.ErrorContains(t, err, `Bond.Tenor "7Y"`)
}

func TestWhatAnEnforcedPolicyBelieves(t *testing.T) {
	seed, enforced := recommender(t, market.NewPolicy(market.SeedCompatible)), recommender(t, market.NewPolicy(market.Enforced))
	s := snapshot()
	spread := func(last, least string) (a, b string) {
		s.Maker.LastQuoteSpreadBps, s.Maker.MinSpreadBps = dec(last), dec(least)
		return routeOf(t, exitsOf(t, seed, s, "1000"), market.ByMaker).SpreadBps.String(),
			routeOf(t, exitsOf(t, enforced, s, "1000"), market.ByMaker).SpreadBps.String()
	}
	for _, row := range []struct{ last, least, seed, enforced string }{
		{"25", "10", "25", "25"}, {"1", "10", "1", "10"}, {"1", "0", "1", "5"},
	} {
		a, b := spread(row.last, row.least)
		require.Equal(t, row.seed, a)
		require.Equal(t, row.enforced, b)
	}

	// A window that has passed is due again after a cadence of four hours.
	for _, row := range []struct {
		ago  time.Duration
		next time.Duration
	}{{-time.Hour, time.Hour}, {0, 0}, {time.Hour, 3 * time.Hour}, {4 * time.Hour, 0}, {9 * time.Hour, 3 * time.Hour}} {
		s.Auction.NextWindow = now.Add(-row.ago)
		require.Equal(t, s.Auction.NextWindow, routeOf(t, exitsOf(t, seed, s, "1000"), market.ByAuction).Opens)
		r := routeOf(t, exitsOf(t, enforced, s, "1000"), market.ByAuction)
		require.Equal(t, now.Add(row.next), r.Opens)
		require.True(t, r.Minutes.Equal(decimal.NewFromFloat(row.next.Minutes()+120)))
	}
}

func TestAnAuctionIsJudgedByItsDemand(t *testing.T) {
	exits := recommender(t, market.NewPolicy(market.Enforced))
	auction := func(size, reserve string, demand ...market.DemandPoint) market.Route {
		s := snapshot()
		s.Bond.Rating, s.Auction.Demand = "AAA", demand
		e, err := exits.Recommend(s, market.Sale{Size: dec(size), Reserve: dec(reserve)}, market.Record{})
		require.NoError(t, err)
		return routeOf(t, e, market.ByAuction)
	}
	bids := snapshot().Auction.Demand // 1m at 100, 2m at 100.25, 3m at 100.5
	for name, row := range map[string]struct {
		size, reserve, fill string
		demand              []market.DemandPoint
		thin                bool
	}{
		"bids that cover the size at any price":       {"5000000", "0", "0.8", bids, false},
		"bids that cover the size at the reserve":     {"5000000", "100.25", "0.8", bids, false},
		"bids that do not cover it at a better price": {"5000000", "100.26", "0.6", bids, true},
		"an auction that does not show its bids":      {"5000000", "100.26", "0.7", nil, false},
		"bids in lots instead of currency":            {"5", "0", "0.8", []market.DemandPoint{{Price: dec("101"), Size: dec("2")}, {Price: dec("100"), Size: dec("3")}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := auction(row.size, row.reserve, row.demand...)
			require.Equal(t, row.fill, r.FillProbability.Value.String())
			require.Equal(t, row.thin, len(r.Constraints) == 1 && r.Constraints[0] == market.ThinDemand)
		})
	}
	s := snapshot()
	s.Bond.Rating = "AAA"
	s.Auction.Demand = bids[:1]
	s.Maker, s.Conditions.Suspended = nil, []market.Path{market.ByRFQ, market.ByP2P}
	e := exitsOf(t, exits, s, "2000000")
	require.Equal(t, "Primary exit path has constraints: Thin Demand", e.Warnings[0].Text)
}

func TestNobodySellsBelowHisReserve(t *testing.T) {
	bids := snapshot().Auction.Demand // 1m at 100, 2m at 100.25, 3m at 100.5; the estimate is 100.25
	empty := []market.DemandPoint{{Price: dec("101"), Size: dec("0")}}
	for name, row := range map[string]struct {
		reserve string
		demand  []market.DemandPoint
		refused bool
		limit   string
	}{
		"any price":                              {reserve: "0", demand: bids},
		"the estimate":                           {reserve: "100.25", demand: bids},
		"the best bid":                           {reserve: "100.5", demand: bids},
		"more than any bid":                      {reserve: "100.51", demand: bids, refused: true, limit: "100.5"},
		"more than the estimate, for no bids":    {reserve: "100.26", demand: empty, refused: true, limit: "100.25"},
		"the estimate, which bids do not show":   {reserve: "100.25", demand: bids[:1]},
		"more than both":                         {reserve: "100.26", demand: bids[:1], refused: true, limit: "100.25"},
		"an auction that does not show its bids": {reserve: "100.26"},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			s.Auction.Demand = row.demand
			sale := market.Sale{Size: dec("100000"), Reserve: dec(row.reserve)}
			seed, err := recommender(t, market.NewPolicy(market.SeedCompatible)).Recommend(s, sale, market.Record{})
			require.NoError(t, err)
			require.True(t, routeOf(t, seed, market.ByAuction).Available)
			e, err := recommender(t, market.NewPolicy(market.Enforced)).Recommend(s, sale, market.Record{})
			require.NoError(t, err)
			r := routeOf(t, e, market.ByAuction)
			require.Equal(t, !row.refused, r.Available)
			if !row.refused {
				return
			}
			require.Len(t, r.Refusals, 1)
			require.Equal(t, market.BelowReserve, r.Refusals[0].Reason)
			require.Equal(t, row.limit, r.Refusals[0].Limit.String(), "the most that the reserve may be")
			require.Equal(t, "0", r.MaxSize.Decimal.String(), "no other size would be taken")
		})
	}
}

func TestUtilityWeighsWhatTheSeedDoesNot(t *testing.T) {
	// An auction of 0.8 in 27 hours outranks an RFQ of 0.75 in two by the seed.
	s := snapshot()
	s.Maker, s.Auction.NextWindow = nil, now.Add(25*time.Hour)
	policy := market.NewPolicy(market.SeedCompatible)
	require.Equal(t, market.ByAuction, available(exitsOf(t, recommender(t, policy), s, "100000"))[0])
	policy.Ranking = market.RankByUtility
	e := exitsOf(t, recommender(t, policy), s, "100000")
	require.Equal(t, market.ByRFQ, available(e)[0])

	// 0.75 of 100.625 less half of 29.81 bps, 0.25 of 99% of 100.50, less 0.3% of
	// 100.625 for a day, over the root of a twelfth of one.
	r := routeOf(t, e, market.ByRFQ)
	net := 100.625 * (1 - 1.2*0.25/100.625/2)
	want := 0.75*net + 0.25*100.5*0.99 - 0.003*100.625*math.Sqrt(2.0/24)
	require.InDelta(t, want, r.Utility.InexactFloat64(), 1e-9)
	require.InDelta(t, net, r.NetPrice.InexactFloat64(), 1e-9)
	require.True(t, routeOf(t, e, market.ByAuction).NetPrice.Equal(dec("100.25")), "all clear at one price")

	policy.Utility.Lambda = dec("2")
	twice := routeOf(t, exitsOf(t, recommender(t, policy), s, "100000"), market.ByRFQ)
	require.InDelta(t, want-0.003*100.625*math.Sqrt(2.0/24), twice.Utility.InexactFloat64(), 1e-9)

	wild := s
	wild.Conditions.SigmaTimes = dec("2") // twice as volatile is as bad to wait with as twice the aversion
	double := routeOf(t, exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), wild, "100000"), market.ByRFQ)
	require.Equal(t, twice.Utility.String(), double.Utility.String())

	policy.Utility.Lambda = decimal.Decimal{} // who does not mind to wait
	policy.Utility.FallbackBps = dec("10000")
	require.Equal(t, market.ByAuction, available(exitsOf(t, recommender(t, policy), s, "100000"))[0])
}

func TestARouteThatAnotherBeatsInAllIsMarked(t *testing.T) {
	s := snapshot()
	e := exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, "100000")
	require.Equal(t, []market.Path{market.ByMaker, market.ByAuction, market.ByRFQ, market.ByP2P}, available(e))
	require.Empty(t, routeOf(t, e, market.ByMaker).DominatedBy)
	for _, path := range []market.Path{market.ByAuction, market.ByRFQ, market.ByP2P} {
		require.Equal(t, market.ByMaker, routeOf(t, e, path).DominatedBy, "less likely, slower and for less")
	}
	s.Auction.Clearing = dec("101") // worth the wait
	e = exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, "100000")
	require.Empty(t, routeOf(t, e, market.ByAuction).DominatedBy)
}

func TestARecommendationIsTheSameTwice(t *testing.T) {
	exits := recommender(t, market.NewPolicy(market.Enforced))
	s := snapshot()
	first, err := json.Marshal(exitsOf(t, exits, s, "100000"))
	require.NoError(t, err)
	before, err := json.Marshal(s)
	require.NoError(t, err)
	again, err := json.Marshal(exitsOf(t, recommender(t, exits.Policy()), s, "100000"))
	require.NoError(t, err)
	require.JSONEq(t, string(first), string(again))
	after, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "and what it was made from is as it was")
	var back market.Exits
	require.NoError(t, json.Unmarshal(first, &back))
	text, err := json.Marshal(back)
	require.NoError(t, err)
	require.Equal(t, string(first), string(text))
}

func TestConstraints(t *testing.T) {
	exits := recommender(t, market.NewPolicy(market.SeedCompatible))
	constraints := func(path market.Path, size string, change func(*market.Snapshot)) []market.Constraint {
		s := snapshot()
		change(&s)
		return routeOf(t, exitsOf(t, exits, s, size), path).Constraints
	}
	high := func(high string) func(*market.Snapshot) {
		return func(s *market.Snapshot) {
			s.Maker.Inventory = market.Inventory{High: dec(high)}
		}
	}
	require.Empty(t, constraints(market.ByMaker, "50000", high("50000")))
	require.Equal(t, []market.Constraint{market.InventoryLimit}, constraints(market.ByMaker, "50000", high("49999")))
	in := func(d time.Duration) func(*market.Snapshot) {
		return func(s *market.Snapshot) { s.Auction.NextWindow = now.Add(d) }
	}
	require.Empty(t, constraints(market.ByAuction, "50000", in(24*time.Hour)))
	require.Equal(t, []market.Constraint{market.TimeConstraint}, constraints(market.ByAuction, "50000", in(24*time.Hour+1)))
	nothing := func(*market.Snapshot) {}
	require.Empty(t, constraints(market.ByP2P, "100000", nothing))
	require.Equal(t, []market.Constraint{market.LotSize}, constraints(market.ByP2P, "99999", nothing))
}
