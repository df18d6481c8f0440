package weekend_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

func num(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func quiet(string, int, int) {}

// hours returns a part of the real weekend.
func hours(t *testing.T, from, to int) tape.Tape {
	t.Helper()
	all, err := tape.Weekend()
	require.NoError(t, err)
	return all.Slice(from, to)
}

func run(t *testing.T, prices tape.Tape, s weekend.Setup) weekend.Result {
	t.Helper()
	r, err := weekend.Run(t.Context(), prices, s, quiet)
	require.NoError(t, err)
	return r
}

// friday is the evening on which the peg was lost, told once for many tests.
var friday = sync.OnceValues(func() (weekend.Result, error) {
	all, err := tape.Weekend()
	if err != nil {
		return weekend.Result{}, err
	}
	return weekend.Run(context.Background(), all.Slice(7, 11), weekend.Defaults(), quiet)
})

func lostEvening(t *testing.T) weekend.Result {
	t.Helper()
	r, err := friday()
	require.NoError(t, err)
	return r
}

func TestWithoutStabilizerEveryHourMatchesTheRealHighAndLow(t *testing.T) {
	for _, change := range []func(*weekend.Setup){
		func(*weekend.Setup) {},
		func(s *weekend.Setup) { s.Seed, s.Latency = 3, 5 },
	} {
		s := weekend.Defaults()
		change(&s)
		fit, err := weekend.FitOf(t.Context(), hours(t, 0, 84), s)
		require.NoError(t, err)
		require.Zero(t, fit.HoursOff, "seed %d: worst %s bps in the hour of %s", s.Seed, fit.WorstBps, fit.WorstHour)
		require.True(t, fit.WorstBps.LessThanOrEqual(fit.LimitBps))
		require.Equal(t, "13", fit.LimitBps.String(), "fee + 10 bps")
	}
}

func TestEditingOneRowChangesThatHourAndNoneBefore(t *testing.T) {
	prices := hours(t, 12, 16)
	before := run(t, prices, weekend.Defaults())

	edited := prices
	edited.Candles = append([]tape.Candle(nil), prices.Candles...)
	edited.Candles[2].Low = num("0.95")
	after := run(t, edited, weekend.Defaults())

	if diff := cmp.Diff(before.Hours[:2], after.Hours[:2]); diff != "" {
		t.Error("hours before the edited one changed:", diff)
	}
	low := after.Hours[2].Without.Low
	require.True(t, low.Sub(num("0.95")).Abs().LessThan(num("0.0013")), "the pool follows the edited low, to %s", low)
	require.False(t, before.Hours[2].Without.Low.Equal(low))
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	text := func(seed uint64) string {
		s := weekend.Defaults()
		s.Seed = seed
		b, err := json.Marshal(run(t, hours(t, 9, 11), s))
		require.NoError(t, err)
		return string(b)
	}
	first, again, other := text(7), text(7), text(8)
	require.Equal(t, first, again)
	require.NotEqual(t, first, other)
}

func TestNothingIsCreatedOrLost(t *testing.T) {
	mesh := weekend.Defaults()
	mesh.Mode = weekend.Mesh
	for mode, r := range map[string]weekend.Result{
		weekend.Direct: lostEvening(t), weekend.Mesh: run(t, hours(t, 8, 10), mesh),
	} {
		t.Run(mode, func(t *testing.T) {
			require.Positive(t, r.Verdict.Trades)
			require.Len(t, r.Verdict.Conservation, 4)
			for _, token := range r.Verdict.Conservation {
				require.Equal(t, "0", token.UnitsOff, token.Token)
			}
			for _, parties := range [][]weekend.Party{r.Verdict.Parties, r.Verdict.PartiesIdle} {
				var sum decimal.Decimal
				for _, p := range parties {
					sum = sum.Add(p.Result)
				}
				require.True(t, sum.IsZero(), "what some gain others lose: %s", sum)
			}
		})
	}
}

func TestThePartiesOfTheStabilizerAreItsMark(t *testing.T) {
	r := lostEvening(t)
	require.Equal(t, "the stabilizer and its vault", r.Verdict.Parties[0].Name)
	require.Equal(t, r.Verdict.FinalMark.String(), r.Verdict.Parties[0].Result.Round(2).String(),
		"two ways of counting agree: trade by trade, and from what is held")
	require.True(t, r.Verdict.PartiesIdle[0].Result.IsZero(), "no action, no result")
}

func TestAReserveBuysTimeAndThenThePegIsLost(t *testing.T) {
	r := lostEvening(t)
	v := r.Verdict
	require.True(t, v.PegLost)
	require.Equal(t, "2023-03-10", v.LostAt.Format(time.DateOnly))
	require.True(t, v.Bought.IsPositive(), "the spending bought minutes")
	require.Equal(t, "inventory", v.Stop.Reason)
	require.True(t, v.Stop.At.After(*v.LastTrade))
	require.True(t, v.CostBasis.GreaterThan(num("0.99")) && v.CostBasis.LessThan(num("1.001")))
	require.True(t, v.WorstMark.IsNegative() && v.WorstMark.LessThanOrEqual(v.FinalMark))
	require.True(t, v.Fees.IsPositive())
	require.Contains(t, v.Why, "The market itself left the peg")

	last := r.Hours[len(r.Hours)-1]
	require.Equal(t, "CRITICAL", last.Level)
	require.True(t, last.Spent.Equal(v.Spent))
	blocks := 0
	for _, c := range last.Reasons {
		blocks += c.Blocks
	}
	require.Equal(t, 1800, blocks, "each block of an hour has one reason")
}

func TestACrashHaltsTheStabilizerAsADepeg(t *testing.T) {
	s := weekend.Defaults()
	s.Profile = weekend.ConservativeProfile
	r := run(t, hours(t, 14, 16), s)
	require.NotNil(t, r.Verdict.Halt)
	require.Equal(t, "depeg", r.Verdict.Halt.Reason)
	require.Equal(t, "halted_depeg", r.Hours[1].Reasons[0].Reason)
}

func TestAPegThatHoldsIsExplained(t *testing.T) {
	calm := hours(t, 3, 5)
	r := run(t, calm, weekend.Defaults())
	require.False(t, r.Verdict.PegLost)
	require.Nil(t, r.Verdict.LostAt)
	require.Contains(t, r.Verdict.Why, "The peg held because nothing tested it")
}

func TestEveryDecisionIsVerifiedAndDecidedAgain(t *testing.T) {
	r := lostEvening(t)
	require.Len(t, r.Journals, 2)
	for i, records := range []uint64{4 * 1800, 4 * 60} {
		j := r.Journals[i]
		require.Equal(t, records, j.Records, j.Key)
		require.EqualValues(t, records, j.Replayed)
		require.EqualValues(t, records, j.Same)
		require.Positive(t, j.Anchors)
	}
}

func TestASweepComesToWhatSingleRunsDo(t *testing.T) {
	prices := hours(t, 8, 10)
	s := weekend.Defaults()
	grid := weekend.Grid{
		Seeds: 2, Reserves: []decimal.Decimal{num("1000000"), num("100000")},
		Shares: []decimal.Decimal{num("0.02")}, Latencies: []int{1, 3},
	}
	require.Equal(t, 8, grid.Runs())
	points, err := weekend.Sweep(t.Context(), prices, s, grid, quiet)
	require.NoError(t, err)
	require.Len(t, points, 4)

	s.Reserve, s.Latency = num("100000"), 3
	s.Seed = 1
	one := run(t, prices, s).Verdict
	s.Seed = 2
	two := run(t, prices, s).Verdict
	p := points[3]
	require.Equal(t, 3, p.Latency)
	require.True(t, p.Reserve.Equal(num("100000")))
	require.Equal(t, decimal.Min(one.Spent, two.Spent).String(), p.Spent.Lowest.String(), "with a journal or without, the engines decide alike")
	require.Equal(t, decimal.Max(one.Bought, two.Bought).String(), p.Bought.Highest.String())
}

func TestASetupOutsideItsBoundsIsRefusedByName(t *testing.T) {
	prices := hours(t, 0, 2)
	for _, row := range []struct {
		name   string
		change func(*weekend.Setup)
		want   string
	}{
		{"an unknown profile", func(s *weekend.Setup) { s.Profile = "bold" }, "invalid setup: profile bold: must be target or conservative"},
		{"an unknown mode", func(s *weekend.Setup) { s.Mode = "" }, "invalid setup: mode : must be direct or mesh"},
		{"no reserve", func(s *weekend.Setup) { s.Reserve = decimal.Zero }, "invalid setup: reserve 0: must be 1 to 1e12"},
		{"more panic than volume", func(s *weekend.Setup) { s.Share = num("1.01") }, "invalid setup: share 1.01: must be 0 to 1"},
		{"arbitrage before its time", func(s *weekend.Setup) { s.Latency = 0 }, "invalid setup: latency 0: must be >= 1 block"},
		{"arbitrage too late for a high", func(s *weekend.Setup) { s.Latency = 21 }, "invalid setup: latency 21: must be at most 20 blocks, for a high or a low stands for 40"},
		{"a puddle", func(s *weekend.Setup) { s.Depth = num("999") }, "invalid setup: depth 999: must be 1000 to 1e10"},
		{"a fee of more than a percent", func(s *weekend.Setup) { s.FeeBps = 101 }, "invalid setup: fee 101: must be 0 to 100 bps"},
		{"blocks that do not fill an hour", func(s *weekend.Setup) { s.Block = 7 * time.Second }, "invalid setup: block time 7s: must divide the interval of 1h0m0s into at least 12 blocks"},
		{"blocks beyond counting", func(s *weekend.Setup) { s.Block = time.Millisecond }, "invalid setup: 2 candles of 3600000 blocks: must be at most 2000000 blocks in all"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := weekend.Defaults()
			row.change(&s)
			grid := weekend.Grid{Seeds: 1, Reserves: []decimal.Decimal{s.Reserve}, Shares: []decimal.Decimal{s.Share}, Latencies: []int{s.Latency}}
			err := grid.Check(prices, s)
			require.ErrorIs(t, err, weekend.ErrInvalid)
			require.EqualError(t, err, row.want)
		})
	}
}

func TestAnInterruptedRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := weekend.Run(ctx, hours(t, 0, 3), weekend.Defaults(), func(string, int, int) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
}
