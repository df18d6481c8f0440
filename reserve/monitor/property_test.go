package monitor_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

// Two futures of one state do not touch each other.
func TestStatesFork(t *testing.T) {
	e := engine(t, nil)
	var state monitor.State
	for i := range 40 {
		at := start.Add(time.Duration(i) * time.Minute)
		left, _, err := e.Step(state, monitor.Observation{At: at, Outflow: dec("1"), Available: dec("300000"), Vault: dec("900000")})
		require.NoError(t, err)
		before, err := json.Marshal(left)
		require.NoError(t, err)
		_, _, err = e.Step(state, monitor.Observation{At: at, Outflow: dec("2"), Available: dec("100000"), Vault: dec("900000")})
		require.NoError(t, err)
		after, err := json.Marshal(left)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
		state = left
	}
}

// From any state, more available is never graded or announced worse.
func TestLevelIsMonotoneInAvailable(t *testing.T) {
	e := engine(t, nil)
	amount := rapid.Int64Range(-1, 40)
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var state monitor.State
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			if next, _, err := e.Step(state, draw(rng, state)); err == nil {
				state = next
			}
		}
		a, b := amount.Draw(t, "a"), amount.Draw(t, "b")
		seen := monitor.Observation{At: state.At.Add(time.Minute), Outflow: decimal.New(rng.Int64N(30), 3)}
		step := func(available int64) monitor.Decision {
			seen.Available = decimal.NewFromInt(available * 12_500)
			_, d, err := e.Step(state, seen)
			require.NoError(t, err)
			return d
		}
		low, high := step(min(a, b)), step(max(a, b))
		require.LessOrEqual(t, low.Measured, high.Measured)
		require.LessOrEqual(t, low.Level, high.Level)
		require.LessOrEqual(t, low.Runway, high.Runway)
		require.LessOrEqual(t, low.Projected, high.Projected)
		require.False(t, low.Coverage.GreaterThan(high.Coverage))
	})
}

// The announced level is never better than the measured one, and when it
// improves, everything measured in the five minutes before was at least as good.
func TestAnnouncedLevelIsCautious(t *testing.T) {
	type measured struct {
		at    time.Time
		level reserve.Level
	}
	e := engine(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		var state monitor.State
		var log []measured
		at, announced := start, reserve.OK
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(1, 6).Draw(t, "half minutes")) * 30 * time.Second)
			var d monitor.Decision
			var err error
			state, d, err = e.Step(state, monitor.Observation{
				At: at, Available: dec(rapid.SampledFrom([]string{"0", "40000", "200000", "300000", "400000"}).Draw(t, "available")),
			})
			require.NoError(t, err)
			log = append(log, measured{at, d.Measured})
			require.LessOrEqual(t, d.Level, d.Measured)
			if d.Level > announced {
				require.Contains(t, d.Alerts, monitor.LevelBetter)
				require.GreaterOrEqual(t, at.Sub(log[0].at), monitor.Calm)
				for _, m := range log {
					if at.Sub(m.at) <= monitor.Calm {
						require.GreaterOrEqual(t, m.level, d.Level)
					}
				}
			}
			require.Equal(t, d.Level < announced, len(d.Alerts) > 0 && d.Alerts[0] == monitor.LevelWorse)
			announced = d.Level
		}
	})
}

// The bounded history knows the peak nearly as well as the minutes themselves:
// its quantile is off by at most 1/16, and its tail agrees.
func TestPeakIsLearned(t *testing.T) {
	cfg := config()
	e := engine(t, nil)
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 0))
		state, _, err := e.Step(monitor.State{}, monitor.Observation{At: start, Available: dec("1e9")})
		require.NoError(t, err)
		require.Equal(t, reserve.Peak{PerMinute: cfg.PeakPerMinute, Configured: cfg.PeakPerMinute, Refused: reserve.TooFew}, state.Peak)

		var minutes []decimal.Decimal
		var before reserve.Peak
		for i := 1; i <= 3*24*60; i++ {
			before = state.Peak
			minutes = append(minutes, decimal.New(int64(rng.ExpFloat64()*200_000)-100_000, -2)) // 2,000 on average, less 1,000
			next, d, err := e.Step(state, monitor.Observation{
				At: start.Add(time.Duration(i) * time.Minute), Outflow: minutes[i-1], Available: dec("1e9"),
			})
			require.NoError(t, err)
			state = next
			if i%(6*60) != 0 {
				if !d.Peak.PerMinute.Equal(before.PerMinute) {
					t.Fatalf("minute %d: the peak moves between estimates", i)
				}
				continue
			}
			exact, err := reserve.EstimatePeak(cfg.PeakPerMinute, reserve.Floats(minutes), cfg.Quantile, cfg.Tail)
			require.NoError(t, err)
			require.Equal(t, exact.Refused, d.Peak.Refused, "minute %d", i)
			require.InEpsilon(t, exact.Quantile.InexactFloat64(), d.Peak.Quantile.InexactFloat64(), 1.0/16, "seed %d minute %d", seed, i)
			require.InEpsilon(t, exact.Tail.InexactFloat64(), d.Peak.Tail.InexactFloat64(), 0.25, "seed %d minute %d", seed, i)
			require.Contains(t, []int{0, 1}, len(d.Alerts))
			require.Equal(t, before.PerMinute.Equal(cfg.PeakPerMinute) && d.Peak.PerMinute.GreaterThan(cfg.PeakPerMinute), len(d.Alerts) == 1)
			rolling, err := reserve.RollingPeak(minutes, 5)
			require.NoError(t, err)
			require.Equal(t, rolling.String(), d.RollingPeak.String())
		}
		require.True(t, state.Peak.PerMinute.GreaterThan(cfg.PeakPerMinute))
	}
}

// A month without such minutes and the peak is what was configured again.
func TestPeakIsForgotten(t *testing.T) {
	e := engine(t, nil)
	var state monitor.State
	step := func(at time.Duration, outflow string) monitor.Decision {
		t.Helper()
		next, d, err := e.Step(state, monitor.Observation{At: start.Add(at), Outflow: dec(outflow), Available: dec("1e9")})
		require.NoError(t, err)
		state = next
		return d
	}
	step(0, "0")
	step(time.Minute, "90000")
	for hours := 6; hours <= 36*24; hours += 6 {
		d := step(time.Duration(hours)*time.Hour, "0")
		switch days := hours / 24; {
		case days <= 30:
			require.Equal(t, "135000", d.Peak.PerMinute.String(), "hour %d: no tail to fit: the largest, times 1.5", hours)
			require.Equal(t, "90000", d.RollingPeak.String())
		case days == 36:
			require.Equal(t, "10000", d.Peak.PerMinute.String())
			require.Equal(t, "0", d.RollingPeak.String())
		}
	}
}

// Blocks add up to minutes, and a gap is spread over the minutes that it lasted.
func TestFlowIsGatheredIntoMinutes(t *testing.T) {
	e := engine(t, nil)
	var state monitor.State
	step := func(at time.Duration, outflow string) monitor.Decision {
		t.Helper()
		next, d, err := e.Step(state, monitor.Observation{At: start.Add(at), Outflow: dec(outflow), Available: dec("1000000")})
		require.NoError(t, err)
		state = next
		return d
	}
	step(0, "5")
	step(59*time.Second, "5")
	require.Empty(t, state.Flow.Recent)
	require.Equal(t, "10", step(time.Minute, "-2").RollingPeak.Add(dec("2")).String(), "the first minute holds all that flowed until its end")
	require.Equal(t, "0", state.Flow.Open.String())
	d := step(4*time.Minute+30*time.Second, "10")
	require.Len(t, state.Flow.Recent, 4)
	require.Equal(t, "3.333333333333333333", state.Flow.Recent[3].String())
	require.Equal(t, "17.999999999999999999", d.RollingPeak.String())
	require.Equal(t, start.Add(4*time.Minute+30*time.Second), state.Flow.Since)
	d = step(240*time.Hour, "0")
	require.Len(t, state.Flow.Recent, 5)
	require.Equal(t, "17.999999999999999999", d.RollingPeak.String())
	step(1000*24*time.Hour, "0")
	require.Len(t, state.History.Generations, 7, "a gap of years fills the history, no more")
}

// The mean that projects a breach is of five minutes, however short the window.
func TestProjectionLooksBackFiveMinutes(t *testing.T) {
	e := engine(t, func(c *monitor.Config) { c.Window = time.Minute })
	var state monitor.State
	for i, want := range []reserve.Level{5: reserve.OK, 6: reserve.High, 10: reserve.High, 11: reserve.OK} {
		seen := monitor.Observation{At: start.Add(time.Duration(i) * time.Minute), Available: dec("99999"), Outflow: dec("0")}
		if i == 6 {
			seen.Outflow = dec("500000")
		}
		next, d, err := e.Step(state, seen)
		require.NoError(t, err)
		state = next
		if want != 0 {
			require.Equal(t, want, d.Measured, "minute %d", i)
		}
	}
}

// A change of configuration counts at once, with the history that there is.
func TestNewConfigurationTakesOverTheState(t *testing.T) {
	state, _, err := engine(t, nil).Step(monitor.State{}, monitor.Observation{At: start, Available: dec("1e9")})
	require.NoError(t, err)
	state, _, err = engine(t, nil).Step(state, monitor.Observation{At: start.Add(time.Minute), Outflow: dec("2000"), Available: dec("1e9")})
	require.NoError(t, err)
	smaller := engine(t, func(c *monitor.Config) { c.PeakPerMinute = dec("1000") })
	_, d, err := smaller.Step(state, monitor.Observation{At: start.Add(2 * time.Minute), Available: dec("1e9")})
	require.NoError(t, err)
	require.Equal(t, "3000", d.Peak.PerMinute.String())
	require.Equal(t, []monitor.Alert{monitor.PeakRaised}, d.Alerts)
}
