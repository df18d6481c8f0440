package issuer_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/issuer"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

func num(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// calm is how many days a supply has before a replay begins.
const calm = 91

// supply is flat for so long that the replay begins on the day of start, and then
// ends each day with one of the given, in millions.
func supply(start time.Time, flat int64, then ...int64) tape.Supply {
	s := tape.Supply{Asset: "USDX", Source: "made up"}
	add := func(millions int64) {
		day := start.AddDate(0, 0, len(s.Days)-calm)
		s.Days = append(s.Days, tape.Day{Start: day, Low: num("1"), Supply: decimal.New(millions, 6)})
	}
	for range calm {
		add(flat)
	}
	for _, millions := range then {
		add(millions)
	}
	return s
}

var monday = time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)

func replay(t *testing.T, s tape.Supply, change func(*issuer.Setup)) issuer.Result {
	t.Helper()
	setup := issuer.Defaults()
	if change != nil {
		change(&setup)
	}
	r, err := issuer.Replay(t.Context(), s, setup)
	require.NoError(t, err)
	return r
}

// march is the reference run, told once for many tests.
var march = sync.OnceValues(func() (issuer.Result, error) {
	s, err := tape.Stablecoin("USDC")
	if err != nil {
		return issuer.Result{}, err
	}
	return issuer.Replay(context.Background(), s, issuer.Defaults())
})

func TestInMarch2023ThePoolBridgesWhatSalesCannot(t *testing.T) {
	r, err := march()
	require.NoError(t, err)
	require.Equal(t, "2023-03-11", r.Worst.From.Format(time.DateOnly))
	require.Equal(t, "2023-03-15", r.Worst.To.Format(time.DateOnly))
	require.Equal(t, "5214088193", r.Worst.Redeemed.String())

	none, seed, engine := r.Cases[0], r.Cases[1], r.Cases[2]
	require.Equal(t, []string{issuer.NoPool, issuer.SeedRule, issuer.Engine}, []string{none.Rule, seed.Rule, engine.Rule})
	require.Equal(t, 16, none.DaysBelow)
	require.Equal(t, 362, none.HoursBelow)
	require.Equal(t, "0.5769", none.Lowest.String())
	require.Equal(t, "2023-03-16", none.LowestAt.Format(time.DateOnly))
	require.Less(t, seed.HoursBelow, none.HoursBelow)
	require.Less(t, engine.HoursBelow, seed.HoursBelow)
	require.Less(t, 4*engine.Injections, seed.Injections, "a target above the floor needs fewer loans than the floor itself")
	require.True(t, engine.PeakUse.Equal(num("1")), "the pool was too small: %s", engine.PeakUse)
	require.Equal(t, "pool_floor_exhausted", engine.Held[0].Reason)

	worst := r.Around()
	require.Equal(t, "2023-03-08", worst[0].Start.Format(time.DateOnly))
	require.Equal(t, "0.8774", worst[3].Price.String())
	require.Equal(t, "1893096140", worst[3].Redeemed.String())
}

func TestEveryLoanOfTheReferenceRunComesBackAndEveryHourIsProven(t *testing.T) {
	r, err := march()
	require.NoError(t, err)
	for _, c := range r.Cases {
		require.Equal(t, 639*24, c.HoursCompared, c.Rule)
		require.True(t, c.Lent.IsZero(), c.Rule)
		require.True(t, c.Injected.Equal(c.Returned), c.Rule)
		require.Empty(t, c.Stopped)
		if c.Rule != issuer.NoPool {
			require.EqualValues(t, 639*24, c.Journal.Records)
			require.Equal(t, 639*24, c.Journal.Replayed)
			require.True(t, c.Interest.IsPositive())
		}
	}
	require.Len(t, r.Days, 639)
}

// The issuer holds 100 million and expects 50, the least. On the first day 60
// leave, 2.5 an hour: from hour 21 on it is below the floor. On the second it
// expects 60, and nothing leaves.
func TestADayByHand(t *testing.T) {
	r := replay(t, supply(monday, 1000, 940, 940, 940, 940, 940), func(s *issuer.Setup) {
		s.Liquid, s.Pace = num("0.1"), num("0")
		s.Pools = []decimal.Decimal{num("1e9")}
	})
	none, seed, engine := r.Cases[0], r.Cases[1], r.Cases[2]
	require.Equal(t, 4+4*24, none.HoursBelow)
	require.Equal(t, 5, none.DaysBelow)
	require.Equal(t, "0.6667", none.Lowest.String())

	// 2.5 at hour 21, 5 at 23, 12.5 in the first hour of the second day: each
	// loan is seen for sure an hour after it settles.
	require.Equal(t, 5, seed.HoursBelow)
	require.Equal(t, 3, seed.Injections)
	require.Equal(t, "20000000", seed.Injected.String())

	// 7.5 to the target of 55 at hour 21 and again at 24; 11 to that of 66.
	require.Equal(t, 4, engine.HoursBelow)
	require.Equal(t, 2, engine.DaysBelow)
	require.Equal(t, "0.9167", engine.Lowest.String())
	require.Equal(t, 3, engine.Injections)
	require.Equal(t, "26000000", engine.Injected.String())
	require.Equal(t, "26000000", engine.Lent.String(), "no loan is due yet")
	require.Equal(t, "0.026", engine.PeakUse.String())
	require.Equal(t, "2023-01-03T02:00:00Z", engine.MostLentAt.Format(time.RFC3339))

	require.Equal(t, "50000000", r.Days[0].Expected.String())
	require.Equal(t, "60000000", r.Days[1].Expected.String())
	require.Equal(t, "15000000", r.Days[0].Lent.String())
}

func TestLoansAreReturnedWhenTheyAreDueWithInterest(t *testing.T) {
	days := []int64{940}
	for range 8 {
		days = append(days, 940)
	}
	r := replay(t, supply(monday, 1000, days...), func(s *issuer.Setup) {
		s.Liquid, s.Pace, s.RateBps = num("0.1"), num("0"), num("365")
		s.Pools = []decimal.Decimal{num("1e9")}
	})
	engine := r.Cases[2]
	require.Equal(t, 3, engine.Withdrawals)
	require.Equal(t, "26000000", engine.Returned.String())
	// 1 bp a day, for the 7 days that a loan lives from when it was seen to settle
	require.Equal(t, "18200", engine.Interest.Round(0).String())
}

func TestSecuritiesAreSoldOnWeekdaysOnly(t *testing.T) {
	thursday := monday.AddDate(0, 0, 3)
	r := replay(t, supply(thursday, 1000, 1000, 940, 940, 940, 940, 940), nil)
	// On Monday the desk wants 15 % of 940 and has 150 - 60: it lacks 51 million,
	// may sell 18.8 a day, and pays 2 bps.
	require.Equal(t, "7520.16", r.Cases[0].SaleCosts.String(), "on Monday and on Tuesday, each hour's rounded up to a cent")
	require.Equal(t, "1.5", r.Days[3].Without.String(), "on Sunday it still has 90, and expects 60")
}

// It has 20 million, wants 60, and may sell 10 a day. A loan of 35 in the first
// hour brings it near that, and yet it sells: the loan has to be returned.
func TestALoanIsNoReasonToSellLess(t *testing.T) {
	r := replay(t, supply(monday, 1000, 1000, 1000, 1000, 1000, 1000), func(s *issuer.Setup) {
		s.Liquid, s.Pace, s.RateBps = num("0.02"), num("0.01"), num("0")
	})
	none, engine := r.Cases[0], r.Cases[2]
	require.True(t, engine.MostLent.GreaterThan(num("34000000")))
	require.True(t, none.SaleCosts.GreaterThan(num("8000")), "2 bps of 40 million")
	require.Equal(t, none.SaleCosts.String(), engine.SaleCosts.String())
}

func TestRedemptionsThatCannotBePaidWaitAndAreOwed(t *testing.T) {
	r := replay(t, supply(monday, 1000, 850, 850, 850, 850, 850), func(s *issuer.Setup) {
		s.Liquid, s.Pace = num("0.1"), num("0")
		s.Pools = []decimal.Decimal{num("1e7")}
	})
	none, engine := r.Cases[0], r.Cases[2]
	require.Equal(t, "50000000", none.MostUnpaid.String())
	require.True(t, none.Lowest.IsZero())
	require.Equal(t, "44000000", engine.MostUnpaid.String(), "of ten million, six are lent on the first day")
	require.Equal(t, 8+4*24, none.HoursUnpaid)
}

func TestAnIssuerThatCannotReturnIsStoppedAndSaysSo(t *testing.T) {
	ust, err := tape.Stablecoin("UST")
	require.NoError(t, err)
	r := replay(t, ust, nil)
	engine := r.Cases[2]
	require.Contains(t, engine.Stopped, "failing")
	require.Equal(t, "2000000000", engine.Lent.String())
	require.True(t, engine.Returned.IsZero())
	require.Contains(t, r.Assumptions[len(r.Assumptions)-1], "UST was backed by no dollars")
}

// Replay itself compares all books after every hour; what is left to say is what
// they come to.
func TestNoSupplyCreatesOrLosesACent(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		pick := func(from ...string) decimal.Decimal { return num(from[rng.IntN(len(from))]) }
		millions := []int64{1000}
		for range 5 {
			last := millions[len(millions)-1]
			millions = append(millions, last+last*(rng.Int64N(41)-25)/100)
		}
		r := replay(t, supply(monday, 1000, millions...), func(s *issuer.Setup) {
			s.Liquid, s.Pace = pick("0.05", "0.1", "1"), pick("0", "0.013", "1")
			s.Pools = []decimal.Decimal{pick("1000000", "77777777.77", "1e9")}
		})
		require.Len(t, r.Cases, 3)
		for _, c := range r.Cases {
			require.Equal(t, 6*24, c.HoursCompared)
			require.True(t, c.Injected.Equal(c.Returned.Add(c.Lent)), "seed %d: %s", seed, c.Rule)
			require.True(t, c.PeakUse.LessThanOrEqual(num("1")), "seed %d: %s used %s", seed, c.Rule, c.PeakUse)
			require.False(t, c.Lent.IsNegative(), "seed %d: %s", seed, c.Rule)
			require.GreaterOrEqual(t, c.HoursBelow, c.DaysBelow, "seed %d: %s", seed, c.Rule)
		}
	}
}

func TestTheSameSupplyGivesTheSameBytes(t *testing.T) {
	text := func() string {
		b, err := json.Marshal(replay(t, supply(monday, 1000, 900, 800, 850, 700, 600, 650), nil))
		require.NoError(t, err)
		return string(b)
	}
	first, again := text(), text()
	require.Equal(t, first, again)
}

func TestASetupOutsideItsBoundsIsRefusedByName(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*issuer.Setup)
		want   string
	}{
		{"no pool at all", func(s *issuer.Setup) { s.Pools = nil }, "invalid issuer: pools 0: must be 1 to 20 sizes"},
		{"too many", func(s *issuer.Setup) { s.Pools = make([]decimal.Decimal, 21) }, "invalid issuer: pool 0: must be 1e6 to 1e12"},
		{"a purse", func(s *issuer.Setup) { s.Pools[0] = num("999999.99") }, "invalid issuer: pool 999999.99: must be 1e6 to 1e12"},
		{"nothing liquid", func(s *issuer.Setup) { s.Liquid = num("0") }, "invalid issuer: liquid 0: must be 0.01 to 1"},
		{"more than there is", func(s *issuer.Setup) { s.Liquid = num("1.01") }, "invalid issuer: liquid 1.01: must be 0.01 to 1"},
		{"a desk that goes backwards", func(s *issuer.Setup) { s.Pace = num("-0.01") }, "invalid issuer: pace -0.01: must be 0 to 1"},
		{"a sale for nothing", func(s *issuer.Setup) { s.CostBps = num("1001") }, "invalid issuer: sale cost 1001: must be 0 to 1000 bps"},
		{"a gift", func(s *issuer.Setup) { s.RateBps = num("-1") }, "invalid issuer: rate -1: must be 0 to 10000 bps"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := issuer.Defaults()
			row.change(&s)
			_, err := issuer.Replay(t.Context(), supply(monday, 1000, 900), s)
			require.ErrorIs(t, err, issuer.ErrInvalid)
			require.EqualError(t, err, row.want)
		})
	}
	_, err := issuer.Replay(t.Context(), supply(monday, 1000, 900), issuer.Defaults())
	require.EqualError(t, err, "invalid issuer: supply of 92 days: must be at least 96")
	_, err = issuer.Replay(t.Context(), supply(monday, 1000, 900, 0, 1, 1, 1), issuer.Defaults())
	require.EqualError(t, err, "invalid issuer: supply on 2023-01-03 0: must be > 0")
}

func TestAnInterruptedReplayEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := issuer.Replay(ctx, supply(monday, 1000, 1, 2, 3, 4, 5), issuer.Defaults())
	require.ErrorIs(t, err, context.Canceled)
}
