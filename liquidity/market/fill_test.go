package market_test

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// outcomes are sales by RFQ of 100,000: so many filled, at 1, 2, 3... minutes,
// and so many given up after as many as there are.
func outcomes(filled, failed int) []market.Outcome {
	all := make([]market.Outcome, filled+failed)
	for i := range all {
		all[i] = market.Outcome{
			At: now, Path: market.ByRFQ, Size: dec("100000"), PredictedFill: dec("0.75"), PredictedMinutes: dec("120"),
			Filled: i < filled, Minutes: decimal.NewFromInt(int64(min(i, filled-1) + 1)),
		}
		if filled == 0 {
			all[i].Minutes = dec("1")
		}
	}
	return all
}

func record(tb testing.TB, all []market.Outcome) market.Record {
	tb.Helper()
	r, err := market.NewRecord(all)
	require.NoError(tb, err)
	return r
}

func rfq(tb testing.TB, p market.Policy, r market.Record, size string) market.Route {
	tb.Helper()
	e, err := recommender(tb, p).Recommend(snapshot(), market.Sale{Size: dec(size)}, r)
	require.NoError(tb, err)
	return routeOf(tb, e, market.ByRFQ)
}

func TestRecordsMoveAProbability(t *testing.T) {
	p := market.NewPolicy(market.Enforced)
	none := rfq(t, p, market.Record{}, "100000").FillProbability
	require.Equal(t, "0.75", none.Value.String(), "without records it is the translator's")
	require.Zero(t, none.N)
	require.Less(t, none.Low.Decimal.InexactFloat64(), 0.6)
	require.Greater(t, none.High.Decimal.InexactFloat64(), 0.88)

	some := rfq(t, p, record(t, outcomes(5, 15)), "100000").FillProbability
	require.Equal(t, "0.5", some.Value.String(), "(5 + 20 × 0.75)/(20 + 20)")
	require.Equal(t, 20, some.N)

	many := rfq(t, p, record(t, outcomes(250, 750)), "100000").FillProbability
	require.InDelta(t, 0.2598, many.Value.InexactFloat64(), 1e-4)
	width := func(p market.Probability) float64 { return p.High.Decimal.Sub(p.Low.Decimal).InexactFloat64() }
	require.Less(t, width(many), width(some))
	require.Less(t, width(some), width(none)+0.1)

	require.Equal(t, none, rfq(t, p, record(t, outcomes(5, 15)), "99999.99").FillProbability, "another size is another bucket")
	p.PriorTrials, p.Strictness = 0, market.SeedCompatible
	seed := rfq(t, p, record(t, outcomes(5, 15)), "100000").FillProbability
	require.Equal(t, "0.75", seed.Value.String(), "and the translator has no memory")
	require.False(t, seed.Low.Valid)
}

// TestTheIntervalIsThatOfBeta compares with distributions whose quantiles are
// known: Beta(a, 1) has x = q^(1/a), Beta(1, b) has x = 1 - (1-q)^(1/b), and those
// of Beta(2, 3) and Beta(15, 5) solve their polynomials.
func TestTheIntervalIsThatOfBeta(t *testing.T) {
	binomial := func(n, k int) float64 {
		c := 1.0
		for i := range k {
			c = c * float64(n-i) / float64(i+1)
		}
		return c
	}
	// For whole a and b, I_x(a, b) is the chance of a or more heads in a+b-1 throws.
	cdf := func(a, b int, x float64) (sum float64) {
		n := a + b - 1
		for k := a; k <= n; k++ {
			sum += binomial(n, k) * math.Pow(x, float64(k)) * math.Pow(1-x, float64(n-k))
		}
		return sum
	}
	for _, row := range []struct{ worth, filled, failed, a, b int }{
		{4, 0, 0, 3, 1}, {4, 0, 10, 3, 11}, {4, 20, 0, 23, 1}, {20, 0, 0, 15, 5}, {20, 30, 60, 45, 65}, {4, 1, 400, 4, 401},
	} {
		p := market.NewPolicy(market.Enforced)
		p.PriorTrials = row.worth
		got := rfq(t, p, record(t, outcomes(row.filled, row.failed)), "100000").FillProbability
		require.InDelta(t, 0.05, cdf(row.a, row.b, got.Low.Decimal.InexactFloat64()), 1e-9, "%+v", row)
		require.InDelta(t, 0.95, cdf(row.a, row.b, got.High.Decimal.InexactFloat64()), 1e-9, "%+v", row)
	}
}

func TestTheIntervalHoldsForManyRecords(t *testing.T) {
	p := market.NewPolicy(market.Enforced)
	got := rfq(t, p, record(t, outcomes(50_000, 50_000)), "100000").FillProbability
	half := 1.6448536 * math.Sqrt(0.25/100_020)
	require.InDelta(t, 0.5+0.00005-half, got.Low.Decimal.InexactFloat64(), 1e-5)
	require.InDelta(t, 0.5+0.00005+half, got.High.Decimal.InexactFloat64(), 1e-5)
}

func TestTimesFollowFromTheProbability(t *testing.T) {
	e := exitsOf(t, recommender(t, market.NewPolicy(market.Enforced)), snapshot(), "100000")
	minutes := func(d decimal.NullDecimal) float64 {
		require.True(t, d.Valid)
		return d.Decimal.InexactFloat64()
	}
	maker := routeOf(t, e, market.ByMaker) // 0.95 within 15 minutes
	require.Equal(t, "0.95", maker.FillProbability.Value.String())
	require.InDelta(t, 15*math.Log(10)/math.Log(20), minutes(maker.P90), 1e-9)
	require.InDelta(t, 15*math.Log(2)/math.Log(20), minutes(maker.P50), 1e-9)

	auction := routeOf(t, e, market.ByAuction) // 0.8 at each window, the first in 5 h, then every 4
	require.Equal(t, "0.8", auction.FillProbability.Value.String())
	require.InDelta(t, (5+2)*60, minutes(auction.P50), 1e-9)
	require.InDelta(t, (5+4+2)*60, minutes(auction.P90), 1e-9)

	rfq := routeOf(t, e, market.ByRFQ) // 0.75 at each window, the first in 1 h, then every day
	require.InDelta(t, (1+1)*60, minutes(rfq.P50), 1e-9)
	require.InDelta(t, (1+24+1)*60, minutes(rfq.P90), 1e-9)
	for _, r := range e.Routes {
		require.Equal(t, market.Modelled, r.TimeBasis)
	}

	s := snapshot() // a window that has passed is taken to be open, and the next comes a cadence from now
	s.Auction.NextWindow = now.Add(-3 * time.Hour)
	auction = routeOf(t, exitsOf(t, recommender(t, market.NewPolicy(market.SeedCompatible)), s, "100000"), market.ByAuction)
	require.InDelta(t, 120, minutes(auction.P50), 1e-9)
	require.InDelta(t, 240+120, minutes(auction.P90), 1e-9)

	policy := market.NewPolicy(market.Enforced)
	hopeless := record(t, outcomes(0, 100_000))
	e, err := recommender(t, policy).Recommend(snapshot(), market.Sale{Size: dec("100000")}, hopeless)
	require.NoError(t, err)
	require.False(t, routeOf(t, e, market.ByRFQ).P50.Valid, "nobody waits for thousands of windows")
}

func TestTimesAreRecordedOnceThereAreEnough(t *testing.T) {
	p := market.NewPolicy(market.Enforced)
	require.Equal(t, market.Modelled, rfq(t, p, record(t, outcomes(29, 100)), "100000").TimeBasis)
	require.Equal(t, market.Recorded, rfq(t, p, record(t, outcomes(30, 0)), "100000").TimeBasis)
	r := rfq(t, p, record(t, outcomes(100, 0)), "100000")
	require.Equal(t, market.Recorded, r.TimeBasis)
	require.Equal(t, "50", r.P50.Decimal.String(), "of 1 to 100 minutes")
	require.Equal(t, "90", r.P90.Decimal.String())

	// Of 100 that take up to 40 minutes, 60 are given up then.
	r = rfq(t, p, record(t, outcomes(40, 60)), "100000")
	require.False(t, r.P50.Valid, "more than half were never filled")
	r = rfq(t, p, record(t, outcomes(60, 40)), "100000")
	require.Equal(t, "50", r.P50.Decimal.String())
	require.False(t, r.P90.Valid)

	// Those who give up early say nothing of later: 100 of them at a minute.
	early := outcomes(100, 0)
	for i := range 100 {
		early = append(early, early[i])
		early[100+i].Filled, early[100+i].Minutes = false, dec("0.5")
	}
	require.Equal(t, "50", rfq(t, p, record(t, early), "100000").P50.Decimal.String())
}

func TestJudge(t *testing.T) {
	sale := func(predicted string, filled bool, minutes, took string) market.Outcome {
		return market.Outcome{
			At: now, Path: market.ByMaker, Size: dec("1"), PredictedFill: dec(predicted), PredictedMinutes: dec(minutes),
			Filled: filled, Minutes: dec(took),
		}
	}
	a, err := market.Judge([]market.Outcome{sale("0.8", true, "15", "10"), sale("0.8", true, "15", "30"), sale("0.5", false, "15", "60"), sale("0.1", false, "15", "60")})
	require.NoError(t, err)
	require.Equal(t, 4, a.N)
	require.Equal(t, 2, a.Fills)
	require.Equal(t, "0.085", a.Brier.String(), "(0.04 + 0.04 + 0.25 + 0.01)/4")
	require.Equal(t, "0.25", a.Reference.String())
	require.Equal(t, "0.66", a.Skill().Decimal.String())
	require.Equal(t, "0.5", a.MAPE.Decimal.String(), "(5/10 + 15/30)/2: a fill that was given up has no time")

	a, err = market.Judge([]market.Outcome{sale("1", false, "1", "1")})
	require.NoError(t, err)
	require.Equal(t, "1", a.Brier.String())
	require.False(t, a.MAPE.Valid)
	require.False(t, a.Skill().Valid)

	_, err = market.Judge(nil)
	require.ErrorIs(t, err, market.ErrInsufficient)
	for i, change := range []func(*market.Outcome){
		func(o *market.Outcome) { o.At = time.Time{} },
		func(o *market.Outcome) { o.Path = "teleport" },
		func(o *market.Outcome) { o.Size = decimal.Decimal{} },
		func(o *market.Outcome) { o.PredictedFill = dec("1.1") },
		func(o *market.Outcome) { o.PredictedMinutes = decimal.Decimal{} },
		func(o *market.Outcome) { o.Minutes = decimal.Decimal{} },
	} {
		wrong := []market.Outcome{sale("1", true, "1", "1"), sale("1", true, "1", "1")}
		change(&wrong[1])
		_, err = market.Judge(wrong)
		require.ErrorIs(t, err, market.ErrInvalid, "change %d", i)
		require.ErrorContains(t, err, "outcome 1: ")
		_, err = market.NewRecord(wrong)
		require.ErrorIs(t, err, market.ErrInvalid)
	}
}
