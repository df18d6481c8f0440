package market_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// flat costs the same for any size.
func flat(bps string) market.CostBps {
	return func(decimal.Decimal) (decimal.Decimal, error) { return dec(bps), nil }
}

func position(name, size, sigma string) market.Position {
	return market.Position{
		Name: name, Size: dec(size), Price: dec("1"), SigmaDaily: dec(sigma),
		BookPerDay: dec("10"), BookCost: flat("20"),
		Maker: market.Share{PerDay: dec("1000"), Bps: dec("30")}, Auction: market.Share{PerDay: dec("1000"), Bps: dec("40")},
	}
}

func TestJointExit(t *testing.T) {
	calm, wild := position("calm", "50", "0.001"), position("wild", "60", "0.01")
	plan, err := market.JointExit([]market.Position{calm, wild}, market.Capacity{MakerPerDay: dec("15"), AuctionPerDay: dec("10")}, 5)
	require.NoError(t, err)
	slice := func(day int, name string, path market.Path, size, bps, cost string) market.Slice {
		return market.Slice{Day: day, Name: name, Path: path, Size: dec(size), CostBps: dec(bps), Cost: dec(cost)}
	}
	require.Empty(t, cmp.Diff(market.Plan{
		Slices: []market.Slice{
			slice(1, "wild", "", "10", "20", "0.02"), slice(1, "wild", market.ByMaker, "15", "30", "0.045"), slice(1, "wild", market.ByAuction, "10", "40", "0.04"),
			slice(1, "calm", "", "10", "20", "0.02"),
			slice(2, "wild", "", "10", "20", "0.02"), slice(2, "wild", market.ByMaker, "15", "30", "0.045"),
			slice(2, "calm", "", "10", "20", "0.02"), slice(2, "calm", market.ByAuction, "10", "40", "0.04"),
			slice(3, "calm", "", "10", "20", "0.02"), slice(3, "calm", market.ByMaker, "10", "30", "0.03"),
		},
		Cost: dec("0.3"), Days: 3,
		Done: []market.SoldOut{{Name: "wild", Day: 2, Cost: dec("0.17")}, {Name: "calm", Day: 3, Cost: dec("0.13")}},
	}, plan))

	short, err := market.JointExit([]market.Position{calm, wild}, market.Capacity{MakerPerDay: dec("15"), AuctionPerDay: dec("10")}, 2)
	require.NoError(t, err)
	require.Zero(t, short.Days)
	require.Equal(t, []market.Leftover{{Name: "calm", Size: dec("20")}}, short.Left)

	wide := calm
	wide.Maker.Bps = dec("50") // now the auction is the cheaper of the two
	plan, err = market.JointExit([]market.Position{wide}, market.Capacity{MakerPerDay: dec("15"), AuctionPerDay: dec("10")}, 5)
	require.NoError(t, err)
	require.Equal(t, market.ByAuction, plan.Slices[1].Path)

	// Of two as volatile, a unit of the dearer loses more, and costs more to sell.
	dear, cheap := position("dear", "10", "0.01"), position("cheap", "10", "0.01")
	dear.Price, dear.BookPerDay, cheap.BookPerDay = dec("100"), dec("0"), dec("0")
	plan, err = market.JointExit([]market.Position{cheap, dear}, market.Capacity{MakerPerDay: dec("10")}, 5)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]market.SoldOut{{Name: "dear", Day: 1, Cost: dec("3")}, {Name: "cheap", Day: 2, Cost: dec("0.03")}}, plan.Done))

	// What one may take of a way is a limit besides what is free of it.
	barred, narrow := position("barred", "30", "0.02"), position("narrow", "20", "0.01")
	barred.Maker.PerDay, narrow.Maker.PerDay = dec("0"), dec("4")
	plan, err = market.JointExit([]market.Position{barred, narrow}, market.Capacity{MakerPerDay: dec("15")}, 5)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]market.Slice{
		slice(1, "barred", "", "10", "20", "0.02"), slice(1, "narrow", "", "10", "20", "0.02"), slice(1, "narrow", market.ByMaker, "4", "30", "0.012"),
		slice(2, "barred", "", "10", "20", "0.02"), slice(2, "narrow", "", "6", "20", "0.012"),
		slice(3, "barred", "", "10", "20", "0.02"),
	}, plan.Slices))

	// A way may open only later, and then not every day.
	late := position("late", "25", "0.01")
	late.BookPerDay, late.Maker.PerDay = dec("0"), dec("0")
	late.Auction.FirstDay, late.Auction.EveryDays = 3, 2
	plan, err = market.JointExit([]market.Position{late}, market.Capacity{AuctionPerDay: dec("10")}, 7)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]market.Slice{
		slice(3, "late", market.ByAuction, "10", "40", "0.04"), slice(5, "late", market.ByAuction, "10", "40", "0.04"), slice(7, "late", market.ByAuction, "5", "40", "0.02"),
	}, plan.Slices))
	plan, err = market.JointExit([]market.Position{late}, market.Capacity{AuctionPerDay: dec("10")}, 2)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(market.Plan{Left: []market.Leftover{{Name: "late", Size: dec("25")}}}, plan))

	empty, err := market.JointExit(nil, market.Capacity{}, 1)
	require.NoError(t, err)
	require.Empty(t, empty)
}

// TestAJointExitAddsUp sells portfolios in any order and checks that nothing is
// lost, no capacity is exceeded, and the order does not matter.
func TestAJointExitAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []market.Position
		for _, name := range []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(rt, "positions")] {
			p := position(name, decimal.NewFromInt(rapid.Int64Range(1, 60).Draw(rt, "size")).String(), rapid.SampledFrom([]string{"0", "0.01", "0.02"}).Draw(rt, "sigma"))
			p.BookPerDay = decimal.NewFromInt(rapid.Int64Range(0, 3).Draw(rt, "book"))
			p.Maker = market.Share{PerDay: decimal.NewFromInt(rapid.Int64Range(0, 3).Draw(rt, "maker share")), Bps: decimal.NewFromInt(rapid.Int64Range(38, 42).Draw(rt, "maker bps"))}
			p.Auction.PerDay = decimal.NewFromInt(rapid.Int64Range(0, 3).Draw(rt, "auction share"))
			p.Auction.FirstDay, p.Auction.EveryDays = rapid.IntRange(0, 4).Draw(rt, "first auction"), rapid.IntRange(0, 3).Draw(rt, "days between")
			all = append(all, p)
		}
		shared := market.Capacity{MakerPerDay: decimal.NewFromInt(rapid.Int64Range(0, 5).Draw(rt, "maker")), AuctionPerDay: decimal.NewFromInt(rapid.Int64Range(0, 5).Draw(rt, "auction"))}
		days := rapid.IntRange(1, 12).Draw(rt, "days")
		plan, err := market.JointExit(all, shared, days)
		require.NoError(rt, err)

		sold, used := map[string]decimal.Decimal{}, map[market.Path]map[int]decimal.Decimal{"": {}, market.ByMaker: {}, market.ByAuction: {}}
		cost, mine := decimal.Decimal{}, map[string]market.Position{}
		for _, p := range all {
			mine[p.Name] = p
		}
		for _, s := range plan.Slices {
			most := map[market.Path]decimal.Decimal{"": mine[s.Name].BookPerDay, market.ByMaker: mine[s.Name].Maker.PerDay, market.ByAuction: mine[s.Name].Auction.PerDay}
			require.True(rt, s.Size.LessThanOrEqual(most[s.Path]))
			if a := mine[s.Name].Auction; s.Path == market.ByAuction {
				require.GreaterOrEqual(rt, s.Day, a.FirstDay)
				require.Zero(rt, (s.Day-max(a.FirstDay, 1))%max(a.EveryDays, 1))
			}
			require.True(rt, s.Size.IsPositive())
			sold[s.Name] = sold[s.Name].Add(s.Size)
			used[s.Path][s.Day] = used[s.Path][s.Day].Add(s.Size)
			cost = cost.Add(s.Cost)
		}
		require.True(rt, cost.Equal(plan.Cost))
		for day := 1; day <= days; day++ {
			require.True(rt, used[market.ByMaker][day].LessThanOrEqual(shared.MakerPerDay))
			require.True(rt, used[market.ByAuction][day].LessThanOrEqual(shared.AuctionPerDay))
		}
		for _, l := range plan.Left {
			require.True(rt, l.Size.IsPositive())
			sold[l.Name] = sold[l.Name].Add(l.Size)
		}
		for _, p := range all {
			require.True(rt, p.Size.Equal(sold[p.Name]), p.Name)
		}
		require.Equal(rt, len(all), len(plan.Done)+len(plan.Left))
		require.Equal(rt, len(plan.Left) == 0, plan.Days > 0)

		slices.Reverse(all)
		again, err := market.JointExit(all, shared, days)
		require.NoError(rt, err)
		require.Empty(rt, cmp.Diff(plan, again))
	})
}

func TestPortfoliosThatAreNone(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*market.Position)
		want   string
	}{
		"a position without a name":        {func(p *market.Position) { p.Name = "" }, "position 1: market: invalid: Position.Name"},
		"a position that is there twice":   {func(p *market.Position) { p.Name = "a" }, `position 1: market: invalid: Position.Name "a": must be unique`},
		"a position of nothing":            {func(p *market.Position) { p.Size = dec("0") }, "position 1: market: invalid: Position.Size 0"},
		"a position at no price":           {func(p *market.Position) { p.Price = dec("0") }, "position 1: market: invalid: Position.Price 0"},
		"a negative volatility":            {func(p *market.Position) { p.SigmaDaily = dec("-1") }, "position 1: market: invalid: Position.SigmaDaily -1"},
		"a negative book":                  {func(p *market.Position) { p.BookPerDay = dec("-1") }, "position 1: market: invalid: Position.BookPerDay -1"},
		"a book without a cost":            {func(p *market.Position) { p.BookCost = nil }, `position 1: market: invalid: Position.BookCost "nil"`},
		"a maker that pays":                {func(p *market.Position) { p.Maker.Bps = dec("-1") }, "position 1: market: invalid: Position.Maker.Bps -1"},
		"an auction that takes it all":     {func(p *market.Position) { p.Auction.Bps = dec("10001") }, "position 1: market: invalid: Position.Auction.Bps 10001"},
		"a negative share of makers":       {func(p *market.Position) { p.Maker.PerDay = dec("-1") }, "position 1: market: invalid: Position.Maker.PerDay -1"},
		"a maker who was there":            {func(p *market.Position) { p.Maker.FirstDay = -1 }, "position 1: market: invalid: Position.Maker.FirstDay -1"},
		"auctions that go back":            {func(p *market.Position) { p.Auction.EveryDays = -1 }, "position 1: market: invalid: Position.Auction.EveryDays -1"},
		"an auction in another age":        {func(p *market.Position) { p.Auction.FirstDay = 36501 }, "position 1: market: invalid: Position.Auction.FirstDay 36501"},
		"a negative share of auctions":     {func(p *market.Position) { p.Auction.PerDay = dec("-1") }, "position 1: market: invalid: Position.Auction.PerDay -1"},
		"a book that pays to be sold into": {func(p *market.Position) { p.BookCost = flat("-1") }, "cost of 1 of b: market: invalid: Position.BookCost -1"},
	} {
		t.Run(name, func(t *testing.T) {
			all := []market.Position{position("a", "1", "0"), position("b", "1", "0")}
			row.change(&all[1])
			_, err := market.JointExit(all, market.Capacity{}, 1)
			require.ErrorIs(t, err, market.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
	one := []market.Position{position("a", "1", "0")}
	for _, days := range []int{0, 1001} {
		_, err := market.JointExit(one, market.Capacity{}, days)
		require.ErrorIs(t, err, market.ErrInvalid)
	}
	_, err := market.JointExit(one, market.Capacity{MakerPerDay: dec("-1")}, 1)
	require.ErrorContains(t, err, "Capacity.MakerPerDay -1")
	_, err = market.JointExit(one, market.Capacity{AuctionPerDay: dec("-1")}, 1)
	require.ErrorContains(t, err, "Capacity.AuctionPerDay -1")
	_, err = market.JointExit(make([]market.Position, 1001), market.Capacity{}, 1)
	require.ErrorContains(t, err, "Positions 1001")

	broken := errors.New("no book")
	one[0].BookCost = func(decimal.Decimal) (decimal.Decimal, error) { return decimal.Decimal{}, broken }
	_, err = market.JointExit(one, market.Capacity{}, 1)
	require.ErrorIs(t, err, broken)
}
