package risk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// named are the inputs of another instrument.
func named(i market.ISIN, change func(*market.Snapshot)) risk.Inputs {
	in := inputs()
	s := &in.Snapshot
	s.Book.ISIN, s.Auction.ISIN, s.Maker.ISIN = i, i, i
	if change != nil {
		change(s)
	}
	return in
}

const (
	second market.ISIN = "INE155A08191"
	third  market.ISIN = "INE776C08075"
)

// thin trades a tenth, and nobody makes a market or holds an auction.
func thin(s *market.Snapshot) {
	s.Book.Volume, s.Maker, s.Auction = dec("1000000"), nil, nil
}

// dead does not trade either.
func dead(s *market.Snapshot) {
	thin(s)
	s.Book.Volume, s.Book.Trades = dec("0"), 0
}

// auctionIn has nothing but an auction, after that time.
func auctionIn(after time.Duration) func(*market.Snapshot) {
	return func(s *market.Snapshot) {
		auction := s.Auction
		dead(s)
		s.Auction = auction
		s.Auction.NextWindow = s.Now.Add(after)
	}
}

func holding(in risk.Inputs, size string) risk.Holding {
	return risk.Holding{Inputs: in, Size: dec(size)}
}

func TestLeavingSeveralAtOnce(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	type bottleneck struct {
		isin  market.ISIN
		cause risk.Cause
		days  int
		left  string
	}
	for _, row := range []struct {
		name        string
		l           risk.Leaving
		days        int
		bottlenecks []bottleneck
	}{
		{
			"a day is enough for what a book and a maker take",
			risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "2500000")}, Days: 30},
			1, nil,
		},
		{
			"what exceeds the caps of a day waits for the next",
			risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "20000000")}, Days: 30},
			3,
			[]bottleneck{{isin, risk.OwnLimits, 3, "0"}},
		},
		{
			"a bond with nothing but its book keeps its holder for long",
			risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "100000"), holding(named(second, thin), "1000000")}, Days: 30},
			5,
			[]bottleneck{{second, risk.BookOnly, 5, "0"}},
		},
		{
			"what is not sold in time stays, and comes first",
			risk.Leaving{Holdings: []risk.Holding{holding(named(third, dead), "5000"), holding(named(second, thin), "1000000"), holding(inputs(), "20000000")}, Days: 3},
			0,
			[]bottleneck{{third, risk.NoBuyers, 0, "5000"}, {second, risk.BookOnly, 0, "400000"}, {isin, risk.OwnLimits, 3, "0"}},
		},
		{
			"two that share the same maker and auctions wait for each other",
			risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "6800000"), holding(named(second, nil), "6800000")}, Days: 30},
			2,
			[]bottleneck{{second, risk.OthersGo, 2, "0"}},
		},
		{
			"whoever says how little makers and auctions take waits for them, not for others",
			risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "6800000")}, Days: 30, MakerPerDay: known("100000"), AuctionPerDay: known("1")},
			4,
			[]bottleneck{{isin, risk.OwnLimits, 4, "0"}},
		},
		{
			"and who counts on neither has the book alone",
			risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "6800000")}, Days: 30, MakerPerDay: known("0"), AuctionPerDay: known("0")},
			4,
			[]bottleneck{{isin, risk.BookOnly, 4, "0"}},
		},
		{
			"whoever knows that there is room for both says so",
			risk.Leaving{
				Holdings: []risk.Holding{holding(inputs(), "6800000"), holding(named(second, nil), "6800000")}, Days: 30,
				MakerPerDay: known("1600000"), AuctionPerDay: known("8000000"),
			},
			1, nil,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := e.Leave(row.l)
			require.NoError(t, err)
			require.Equal(t, row.days, p.Plan.Days)
			require.Len(t, p.Bottlenecks, len(row.bottlenecks))
			for i, want := range row.bottlenecks {
				got := p.Bottlenecks[i]
				require.Equal(t, want, bottleneck{got.ISIN, got.Cause, got.Days, got.Left.String()})
			}
		})
	}
}

// An auction takes nothing before it is held, and no more of a bond than its bids do
// until the next.
func TestAnAuctionIsWaitedFor(t *testing.T) {
	t.Parallel()
	const aDay = 24 * time.Hour
	for name, row := range map[string]struct {
		change  func(*market.Snapshot)
		cadence time.Duration
		size    string
		within  int
		days    []int // on which it sells by auction
		done    int
		cause   risk.Cause // empty if it is all sold on the first day
		text    string     // why
	}{
		"held today":           {auctionIn(5 * time.Hour), 4 * time.Hour, "1000000", 30, []int{1}, 1, "", ""},
		"held in a day":        {auctionIn(aDay), 4 * time.Hour, "1000000", 30, []int{1}, 1, "", ""},
		"held after a day":     {auctionIn(aDay + 1), 4 * time.Hour, "1000000", 30, []int{2}, 2, risk.AuctionLater, "sold out on day 2. Its next auction is on day 2."},
		"held in thirty days":  {auctionIn(30 * aDay), 4 * time.Hour, "1000000", 40, []int{30}, 30, risk.AuctionLater, "sold out on day 30. Its next auction is on day 30."},
		"held after the time":  {auctionIn(30 * aDay), 4 * time.Hour, "1000000", 29, nil, 0, risk.AuctionLater, "1,000,000 is left. Its next auction is on day 30."},
		"several times a day":  {auctionIn(5 * time.Hour), 4 * time.Hour, "9000000", 30, []int{1, 2, 3}, 3, risk.OwnLimits, "sold out on day 3. Makers, auctions and its own book take 4,000,000 of it a day."},
		"once a week":          {auctionIn(5 * time.Hour), 7 * aDay, "9000000", 30, []int{1, 8, 15}, 15, risk.AuctionLater, "sold out on day 15. Its auctions are 7 days apart."},
		"every day and a half": {auctionIn(5 * time.Hour), 36 * time.Hour, "9000000", 30, []int{1, 3, 5}, 5, risk.AuctionLater, "sold out on day 5. Its auctions are 2 days apart."},
		"beside a book": {
			func(s *market.Snapshot) { auctionIn(3 * aDay)(s); s.Book.Volume = dec("1000000") }, 4 * time.Hour, "1000000", 30,
			[]int{3},
			3,
			risk.AuctionLater, "sold out on day 3. Its next auction is on day 3, and until then makers and its own book take 200,000 of it a day.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			c.Policy.AuctionCadence = row.cadence
			p, err := engineOf(t, c).Leave(risk.Leaving{Holdings: []risk.Holding{holding(named(second, row.change), row.size)}, Days: row.within})
			require.NoError(t, err)
			var days []int
			for _, s := range p.Plan.Slices {
				if s.Path == market.ByAuction {
					days = append(days, s.Day)
				}
			}
			require.Equal(t, row.days, days)
			require.Equal(t, row.done, p.Plan.Days)
			if row.cause == "" {
				require.Empty(t, p.Bottlenecks)
				return
			}
			require.Len(t, p.Bottlenecks, 1)
			require.Equal(t, row.cause, p.Bottlenecks[0].Cause)
			require.Contains(t, p.Retail, string(second)+": "+row.text)
		})
	}
}

// Each way that it can end is told in plain words.
func TestAPortfolioInWords(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	p, err := e.Leave(risk.Leaving{Holdings: []risk.Holding{holding(named(third, dead), "5000"), holding(inputs(), "20000000")}, Days: 2})
	require.NoError(t, err)
	golden(t, "portfolio/partly.txt", p.Retail)
	p, err = e.Leave(risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "20000000")}, Days: 30})
	require.NoError(t, err)
	golden(t, "portfolio/all.txt", p.Retail)
	p, err = e.Leave(risk.Leaving{Holdings: []risk.Holding{holding(named(third, dead), "5000")}, Days: 1})
	require.NoError(t, err)
	golden(t, "portfolio/nothing.txt", p.Retail)
	many := []risk.Holding{}
	for i := range 7 {
		many = append(many, holding(named(market.ISIN(fmt.Sprintf("INE0000000%02d", i)), dead), "5000"))
	}
	p, err = e.Leave(risk.Leaving{Holdings: many, Days: 1})
	require.NoError(t, err)
	require.Contains(t, p.Retail, "\n• and 2 more\n")
}

func TestPortfolioBodies(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	p, err := e.Leave(risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "9000000"), holding(named(second, thin), "150000")}, Days: 30})
	require.NoError(t, err)
	for name, who := range map[string]look{"retail": {risk.Retail, risk.Short}, "professional": {risk.Professional, risk.Full}} {
		b, err := risk.ViewPortfolio(p, who.role, who.detail)
		require.NoError(t, err)
		golden(t, "portfolio/"+name+".json", indented(t, b))
	}
}

func TestWhoMaySeeAPortfolio(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	p, err := e.Leave(risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "100000")}, Days: 1})
	require.NoError(t, err)
	for _, role := range append(risk.Roles(), "", "admin") {
		for _, detail := range []risk.Detail{risk.Short, risk.Full, risk.Audit, ""} {
			_, err := risk.ViewPortfolio(p, role, detail)
			if _, ok := may[look{role, detail}]; ok && detail != risk.Audit {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, risk.ErrForbidden, "%s %s", role, detail)
			}
		}
	}
}

var (
	portfolioKeys = slices.Concat(summaryKeys, words(`joint_exit days horizon_days value sold_value cost cost_bps routes share bottlenecks positions left`))
	planKeys      = slices.Concat(portfolioKeys, words(`schedule schedule_length day assumptions participation maker_per_day auction_per_day
		mid_price sigma_daily book_per_day maker_bps auction_bps source citations model_version`))
)

// Nothing is lost on the way, nobody sees what he may not, and the order in which
// things are held makes no difference.
func TestAPortfolioAddsUp(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		l := risk.Leaving{Days: rapid.IntRange(1, 8).Draw(rt, "days")}
		for i := range rapid.IntRange(1, 4).Draw(rt, "holdings") {
			in := anyInputs(rng, now)
			s := &in.Snapshot
			s.Book.ISIN = market.ISIN(fmt.Sprintf("INE0000000%02d", i))
			if s.Auction != nil {
				s.Auction.ISIN = s.Book.ISIN
			}
			if s.Maker != nil {
				s.Maker.ISIN = s.Book.ISIN
				s.Maker.Inventory = market.Inventory{Low: dec("123456.7"), Target: dec("234567.8"), High: dec("345678.9")}
			}
			l.Holdings = append(l.Holdings, holding(in, pick(rng, "5000", "400000", "3000000")))
		}
		p, err := e.Leave(l)
		require.NoError(rt, err)
		value, cost, sold := decimal.Decimal{}, decimal.Decimal{}, decimal.Decimal{}
		for i, h := range p.Held {
			require.True(rt, l.Holdings[i].Size.Equal(h.Position.Size))
			require.False(rt, h.Left.IsNegative())
			require.Equal(rt, h.Days > 0, h.Left.IsZero())
			value, cost = value.Add(h.Value), cost.Add(h.Cost)
			sold = sold.Add(h.Position.Size.Sub(h.Left).Mul(h.Position.Price))
		}
		require.True(rt, value.Equal(p.Value))
		require.True(rt, cost.Equal(p.Plan.Cost))
		require.True(rt, sold.Equal(p.Sold))
		for _, w := range p.Routes {
			sold, cost = sold.Sub(w.Value), cost.Sub(w.Cost)
		}
		require.True(rt, sold.IsZero() && cost.IsZero(), "by way as by instrument")

		for _, role := range risk.Roles() {
			b, err := risk.ViewPortfolio(p, role, risk.Short)
			require.NoError(rt, err)
			only(rt, tree(rt, b), portfolioKeys)
			discreet(rt, tree(rt, b))
			if role != risk.Retail {
				b, err = risk.ViewPortfolio(p, role, risk.Full)
				require.NoError(rt, err)
				only(rt, tree(rt, b), planKeys)
				discreet(rt, tree(rt, b))
			}
		}
		slices.Reverse(l.Holdings)
		again, err := e.Leave(l)
		require.NoError(rt, err)
		require.Empty(rt, cmp.Diff(p.Plan, again.Plan))
		require.Empty(rt, cmp.Diff(p.Routes, again.Routes))
	})
}

func TestPortfoliosThatAreNone(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	good := func() risk.Leaving {
		return risk.Leaving{Holdings: []risk.Holding{holding(inputs(), "1"), holding(named(second, nil), "1")}, Days: 30}
	}
	for name, row := range map[string]struct {
		change func(*risk.Leaving)
		want   string
	}{
		"nothing":                 {func(l *risk.Leaving) { l.Holdings = nil }, "Holdings 0: must be 1 to 100"},
		"too many":                {func(l *risk.Leaving) { l.Holdings = make([]risk.Holding, 101) }, "Holdings 101: must be 1 to 100"},
		"no time":                 {func(l *risk.Leaving) { l.Days = 0 }, "Days 0: must be 1 to 250"},
		"all the time":            {func(l *risk.Leaving) { l.Days = 251 }, "Days 251: must be 1 to 250"},
		"makers who give":         {func(l *risk.Leaving) { l.MakerPerDay = known("-1") }, "MakerPerDay -1"},
		"auctions that give":      {func(l *risk.Leaving) { l.AuctionPerDay = known("-1") }, "AuctionPerDay -1"},
		"the same bond twice":     {func(l *risk.Leaving) { l.Holdings[1] = l.Holdings[0] }, `holding 1: risk: invalid: ISIN "INE094A08176": must be there once`},
		"a holding of nothing":    {func(l *risk.Leaving) { l.Holdings[1].Size = dec("0") }, "holding 1: risk: invalid"},
		"a book that is crossed":  {func(l *risk.Leaving) { l.Holdings[1].Inputs.Snapshot.Book.Bid = dec("101") }, "holding 1: risk: invalid"},
		"a book of the day after": {func(l *risk.Leaving) { l.Holdings[1].Inputs.Snapshot.Book.At = now.Add(24 * time.Hour) }, "holding 1: risk: invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := good()
			row.change(&l)
			_, err := e.Leave(l)
			require.ErrorIs(t, err, risk.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
	_, err := e.Leave(good())
	require.NoError(t, err)
}
