package market_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

var draws = flag.Int("draws", 5000, "random books that the calibrated model is tried on")

// scale spreads draws evenly over the powers of ten from low to high.
func scale(rng *rand.Rand, low, high float64) decimal.Decimal {
	return decimal.NewFromFloat(math.Pow(10, low+(high-low)*rng.Float64())).Round(6)
}

// anyBook is a random book and a size to sell into it.
func anyBook(rng *rand.Rand) (market.Snapshot, decimal.Decimal) {
	s := snapshot()
	b := &s.Book
	mid := scale(rng, 0, 3)
	half := mid.Mul(scale(rng, -5, -1))
	b.Bid, b.Ask = mid.Sub(half), mid.Add(half)
	b.BidSize, b.AskSize = scale(rng, 2, 7), scale(rng, 2, 7)
	b.Depth, b.Volume = scale(rng, 2, 8), scale(rng, 3, 8)
	b.Trades = rng.IntN(100)
	b.LastTradeAge = time.Duration(rng.Int64N(int64(b.Window)))
	if rng.IntN(10) == 0 {
		b.Volume = decimal.Decimal{}
	}
	s.Maker, s.Auction = nil, nil
	return s, scale(rng, 2, 7)
}

// TestTheCalibratedModel checks on each of many books that the index does not
// depend on units, and moves the right way, if at all, with each of its inputs.
func TestTheCalibratedModel(t *testing.T) {
	model := calibrated(t)
	rng := rand.New(rand.NewPCG(1, 2))
	// index is not known where there is no volume to measure the impact of the excess by.
	index := func(s market.Snapshot, size decimal.Decimal) (x float64, known bool) {
		got, err := model.Index(s, size)
		require.NoError(t, err)
		known = got.Level != market.Insufficient
		require.Equal(t, s.Book.Volume.IsPositive() || size.LessThanOrEqual(s.Book.BidSize), known, "%+v of %s", s.Book, size)
		if !known {
			require.Equal(t, []string{"volume"}, got.Missing)
			return 0, false
		}
		require.Equal(t, market.LevelOf(got.Value), got.Level)
		x = got.Value.InexactFloat64()
		require.True(t, x >= 1 && x <= 100, "index %v", x)
		return x, true
	}
	more := decimal.NewFromFloat(1.7)
	checks := map[string]struct {
		change func(*market.Snapshot, *decimal.Decimal)
		way    float64 // 1: the index rises; -1: it falls; 0: it is the same
	}{
		"another currency of prices": {func(s *market.Snapshot, _ *decimal.Decimal) {
			s.Book.Bid, s.Book.Ask = s.Book.Bid.Mul(dec("83")), s.Book.Ask.Mul(dec("83"))
		}, 0},
		"another unit of sizes": {func(s *market.Snapshot, size *decimal.Decimal) {
			b := &s.Book
			for _, x := range []*decimal.Decimal{&b.BidSize, &b.AskSize, &b.Depth, &b.Volume, size} {
				*x = x.Mul(dec("83"))
			}
		}, 0},
		"a wider spread": {func(s *market.Snapshot, _ *decimal.Decimal) {
			half := s.Book.Ask.Sub(s.Book.Bid).Mul(dec("0.2"))
			s.Book.Bid, s.Book.Ask = s.Book.Bid.Sub(half), s.Book.Ask.Add(half)
		}, -1},
		"more depth":        {func(s *market.Snapshot, _ *decimal.Decimal) { s.Book.Depth = s.Book.Depth.Mul(more) }, 1},
		"more volume":       {func(s *market.Snapshot, _ *decimal.Decimal) { s.Book.Volume = s.Book.Volume.Mul(more) }, 1},
		"more at the touch": {func(s *market.Snapshot, _ *decimal.Decimal) { s.Book.BidSize = s.Book.BidSize.Mul(more) }, 1},
		"more trades":       {func(s *market.Snapshot, _ *decimal.Decimal) { s.Book.Trades += 3 }, 1},
		"a longer silence": {func(s *market.Snapshot, _ *decimal.Decimal) {
			s.Book.LastTradeAge = (s.Book.LastTradeAge + s.Book.Window) / 2
		}, -1},
		"a larger sale":      {func(_ *market.Snapshot, size *decimal.Decimal) { *size = size.Mul(more) }, -1},
		"a wilder market":    {func(s *market.Snapshot, _ *decimal.Decimal) { s.Conditions.SigmaTimes = more }, -1},
		"an auction in view": {func(s *market.Snapshot, _ *decimal.Decimal) { s.Auction = snapshot().Auction }, 0},
		"a maker in view":    {func(s *market.Snapshot, _ *decimal.Decimal) { s.Maker = snapshot().Maker }, 0},
	}
	const noise = 1e-9
	moved, judged := map[string]bool{}, 0
	for draw := range *draws {
		s, size := anyBook(rng)
		dry, trickle := s, s
		dry.Book.Volume, trickle.Book.Volume = decimal.Decimal{}, dec("1")
		some, _ := index(trickle, size)
		if none, known := index(dry, size); known {
			require.LessOrEqual(t, none, some+noise, "draw %d: no volume is no better than hardly any: %+v of %s", draw, s.Book, size)
			judged++
		}
		before, known := index(s, size)
		for name, c := range checks {
			changed, sale := s, size
			c.change(&changed, &sale)
			after, still := index(changed, sale)
			if !known || !still {
				continue
			}
			change := after - before
			if c.way == 0 {
				require.InDelta(t, 0, change, noise, "draw %d: %s: %+v of %s", draw, name, s.Book, size)
				continue
			}
			require.GreaterOrEqual(t, change*c.way, -noise, "draw %d: %s: %+v of %s", draw, name, s.Book, size)
			moved[name] = moved[name] || change*c.way > 0.01
		}
	}
	require.True(t, judged > 0 && judged < *draws, "books with and without an index at no volume, %d of %d", judged, *draws)
	for name, c := range checks {
		require.Equal(t, c.way != 0, moved[name], "%s: must move the index of some books, by more than noise", name)
	}
}

func TestWithoutVolumeTheCostOfTheExcessIsNotKnown(t *testing.T) {
	model := calibrated(t)
	for name, row := range map[string]struct {
		touch, size string
		locked      bool
		missing     []string
		known       bool // what it costs
	}{
		"the touch takes all of it":           {touch: "1000000", size: "1000000", known: true},
		"the touch takes all but a hundredth": {touch: "1000000", size: "1000000.01", missing: []string{"volume"}},
		"the touch takes next to nothing":     {touch: "1000", size: "1000000", missing: []string{"volume"}},
		"and the book is locked":              {touch: "1000", size: "1000000", locked: true, missing: []string{"spread", "volume"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			s.Book.BidSize, s.Book.Volume, s.Book.Trades = dec(row.touch), dec("0"), 0
			if row.locked {
				s.Book.Ask = s.Book.Bid
			}
			index, err := model.Index(s, dec(row.size))
			require.NoError(t, err)
			require.Equal(t, row.missing, index.Missing)
			require.Equal(t, row.missing != nil, index.Level == market.Insufficient)
			estimate, err := model.Estimate(s, dec(row.size))
			require.NoError(t, err)
			require.Equal(t, row.known, estimate.ImpactBps.Valid)
			require.Equal(t, row.known, estimate.CostBps.Valid)
			require.False(t, estimate.Days.Valid)
			_, cost, err := model.Takes(s)
			require.NoError(t, err)
			bps, err := cost(dec(row.size))
			if row.known {
				require.NoError(t, err)
				require.Equal(t, estimate.CostBps.Decimal, bps)
			} else {
				require.ErrorIs(t, err, market.ErrInsufficient)
			}
		})
	}
}

func TestTheSeedModelIsWithinItsBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range *draws / 10 {
		s, size := anyBook(rng)
		if rng.IntN(2) == 0 {
			s.Maker = snapshot().Maker
			s.Maker.Online = rng.IntN(2) == 0
		}
		index, err := market.SeedModel{}.Index(s, size)
		require.NoError(t, err)
		require.False(t, index.Value.IsNegative() || index.Value.GreaterThan(dec("100")))
		require.Equal(t, s.Book.Volume.IsZero(), index.Level == market.Insufficient)
	}
}

func TestModelsAreKnownByTheirParameters(t *testing.T) {
	name, config := calibrated(t).Identity()
	require.Equal(t, "market-calibrated@1", name)
	_, same := calibrated(t).Identity()
	require.Equal(t, same, config)
	p := market.DefaultParameters()
	p.SigmaDaily = dec("0.004")
	other, err := market.NewCalibratedModel(p)
	require.NoError(t, err)
	_, hash := other.Identity()
	require.NotEqual(t, config, hash)
	name, hash = market.SeedModel{}.Identity()
	require.Equal(t, "market-seed@1", name)
	require.NotZero(t, hash)
}

func TestConfidenceOfTheCalibratedModel(t *testing.T) {
	confidence := func(age time.Duration, trades int) string {
		s := snapshot()
		s.Book.At, s.Book.Trades = now.Add(-age), trades
		index, err := calibrated(t).Index(s, dec("1000"))
		require.NoError(t, err)
		return index.Confidence.String()
	}
	require.Equal(t, "0.4", confidence(0, 5), "5/(5+5) of 0.8")
	require.Equal(t, "0.2", confidence(30*time.Minute, 5), "half an hour later")
	require.Equal(t, "0", confidence(0, 0), "who has seen no trade knows nothing")
}

func TestAWindowThatIsStatedCounts(t *testing.T) {
	s := snapshot()
	day, err := calibrated(t).Estimate(s, dec("1000000"))
	require.NoError(t, err)
	s.Book.Window = 2 * 24 * time.Hour
	two, err := calibrated(t).Estimate(s, dec("1000000"))
	require.NoError(t, err)
	require.True(t, two.Days.Decimal.Equal(day.Days.Decimal.Mul(dec("2"))), "the same volume in twice the time is half of it a day")
}

func TestWhatABookTakesInADay(t *testing.T) {
	s := snapshot() // 10m a day, of which a fifth is hardly noticed
	perDay, cost, err := calibrated(t).Takes(s)
	require.NoError(t, err)
	require.Equal(t, "2000000", perDay.String())
	bps, err := cost(dec("1500000"))
	require.NoError(t, err)
	estimate, err := calibrated(t).Estimate(s, dec("1500000"))
	require.NoError(t, err)
	require.Equal(t, estimate.CostBps.Decimal, bps)
	s.Book.Window = 7 * 24 * time.Hour
	perDay, _, err = calibrated(t).Takes(s)
	require.NoError(t, err)
	require.Equal(t, "285714.28", perDay.String(), "rounded down to the cent")
	s.Book.Volume, s.Book.Trades = dec("0"), 0
	perDay, _, err = calibrated(t).Takes(s)
	require.NoError(t, err)
	require.Zero(t, perDay.Sign())
	s.Book.Bid = dec("0")
	_, _, err = calibrated(t).Takes(s)
	require.ErrorIs(t, err, market.ErrInvalid)
}

func TestRanks(t *testing.T) {
	peers := []decimal.Decimal{dec("3"), dec("1"), dec("2"), dec("2.0")}
	for value, want := range map[string]string{"0": "0", "1": "12.5", "2": "50", "2.5": "75", "3": "87.5", "4": "100"} {
		rank := market.RankOf(dec(value), peers)
		require.Equal(t, want, rank.Percentile.Decimal.String(), value)
		require.Equal(t, 4, rank.N)
	}
	require.False(t, market.RankOf(dec("1"), nil).Percentile.Valid)

	s := snapshot() // turns over 10m of 500m
	p, err := market.NewProfile(market.SeedModel{}, s, dec("1"), []decimal.Decimal{dec("0.01"), dec("0.02"), dec("0.03"), dec("0.04")})
	require.NoError(t, err)
	require.Equal(t, "37.5", p.TurnoverRank.Percentile.Decimal.String())
	s.Bond.IssueSize = decimal.Decimal{}
	p, err = market.NewProfile(market.SeedModel{}, s, dec("1"), peers)
	require.NoError(t, err)
	require.Zero(t, p.TurnoverRank, "without the size of the issue there is no turnover")
}

func TestFreshness(t *testing.T) {
	for age, want := range map[time.Duration]market.Freshness{
		-time.Second: market.RealTime, 0: market.RealTime, time.Minute - 1: market.RealTime, time.Minute: market.Fresh,
		5*time.Minute - 1: market.Fresh, 5 * time.Minute: market.Recent, 15*time.Minute - 1: market.Recent, 15 * time.Minute: market.Stale,
		time.Hour - 1: market.Stale, time.Hour: market.Outdated,
	} {
		require.Equal(t, want, market.FreshnessOf(age), age)
	}
}

func TestLevels(t *testing.T) {
	for value, want := range map[string]market.Level{
		"100": market.Excellent, "80": market.Excellent, "79.99": market.Good, "60": market.Good, "59.99": market.Moderate,
		"40": market.Moderate, "39.99": market.Poor, "20": market.Poor, "19.99": market.Illiquid, "0": market.Illiquid,
	} {
		require.Equal(t, want, market.LevelOf(dec(value)), value)
	}
}
