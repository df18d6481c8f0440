package monitor_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

var (
	_ evenkeel.Engine[monitor.State, monitor.Observation, monitor.Decision] = (*monitor.Engine)(nil)
	_ evenkeel.Identity                                                     = (*monitor.Engine)(nil)

	dec   = decimal.RequireFromString
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// config needs 5 × 10,000 × 5 = 250,000, is OK from 312,500 and refills to
// 375,000.
func config() monitor.Config {
	return monitor.Config{
		Factor: decimal.NewFromInt(reserve.DefaultFactor), PeakPerMinute: dec("10000"), Window: 5 * time.Minute,
		Quantile: reserve.MinuteQuantile, Tail: reserve.OnceAYear,
		RefillTo: dec("1.5"), MinRefill: dec("1000"), RefillPatience: 10 * time.Minute,
		Vault: reserve.Limit{DailyCap: dec("200000"), ApprovalAbove: dec("100000")},
	}
}

func engine(tb testing.TB, change func(*monitor.Config)) *monitor.Engine {
	tb.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	e, err := monitor.New(cfg)
	require.NoError(tb, err)
	return e
}

// row is one observation, a minute after the one before unless it says when,
// and what is decided on it.
type row struct {
	at                    time.Duration // since the start; the row's number of minutes if 0
	available, outflow    string
	level, reason, alerts string
}

func TestEngineLevels(t *testing.T) {
	for name, rows := range map[string][]row{
		"each bound belongs to the better level": {
			{available: "312500", level: "OK", reason: "steady"},
			{available: "312499.99", level: "WARN", reason: "worsened", alerts: "level_worse"},
			{available: "250000", level: "WARN", reason: "steady"},
			{available: "249999.99", level: "HIGH", reason: "worsened", alerts: "level_worse"},
			{available: "50000", level: "HIGH", reason: "steady"},
			{available: "49999.99", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
			{available: "0.01", level: "CRITICAL", reason: "steady"},
			{available: "0", level: "EMPTY", reason: "worsened", alerts: "level_worse"},
			{available: "-1", level: "EMPTY", reason: "steady"},
		},
		"a first look that is bad is reported at once": {
			{available: "10", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
		},
		"worse is announced at once, better after five minutes": {
			{available: "400000", level: "OK", reason: "steady"},
			{available: "40000", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
			{available: "400000", level: "CRITICAL", reason: "settling"},
			{at: 7*time.Minute + 59*time.Second, available: "400000", level: "CRITICAL", reason: "settling"},
			{at: 8 * time.Minute, available: "400000", level: "OK", reason: "improved", alerts: "level_better"},
			{at: 9 * time.Minute, available: "400000", level: "OK", reason: "steady"},
		},
		"an improvement that does not last starts again": {
			{available: "40000", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
			{available: "400000", level: "CRITICAL", reason: "settling"},
			{at: 5 * time.Minute, available: "40000", level: "CRITICAL", reason: "steady"},
			{at: 6 * time.Minute, available: "400000", level: "CRITICAL", reason: "settling"},
			{at: 10 * time.Minute, available: "400000", level: "CRITICAL", reason: "settling"},
			{at: 11 * time.Minute, available: "400000", level: "OK", reason: "improved", alerts: "level_better"},
		},
		"an improvement goes no further than the worst of its five minutes": {
			{available: "40000", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
			{available: "400000", level: "CRITICAL", reason: "settling"},
			{available: "240000", level: "CRITICAL", reason: "settling"},
			{at: 7 * time.Minute, available: "400000", level: "HIGH", reason: "improved", alerts: "level_better"},
			{at: 11 * time.Minute, available: "400000", level: "HIGH", reason: "settling"},
			{at: 12 * time.Minute, available: "300000", level: "WARN", reason: "improved", alerts: "level_better"},
		},
		"worse than announced cuts an improvement short": {
			{available: "240000", level: "HIGH", reason: "worsened", alerts: "level_worse"},
			{available: "400000", level: "HIGH", reason: "settling"},
			{available: "40000", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
			{available: "400000", level: "CRITICAL", reason: "settling"},
			{at: 7 * time.Minute, available: "400000", level: "CRITICAL", reason: "settling"},
		},
		"a flow that would empty the reserve within T warns early": {
			{available: "900000", level: "OK", reason: "steady"},
			{available: "900000", level: "OK", reason: "steady"},
			{available: "500000", outflow: "400000", level: "HIGH", reason: "early_warning", alerts: "level_worse"}, // mean 200,000
			{available: "500000", level: "HIGH", reason: "early_warning"},                                           // mean 133,333.33
			{available: "500000", outflow: "0.01", level: "HIGH", reason: "early_warning"},                          // a hair above 100,000
			{available: "500000", level: "HIGH", reason: "settling"},                                                // mean 80,000
		},
		"a flow that empties the reserve in T and no sooner does not": {
			{available: "500000", level: "OK", reason: "steady"},
			{available: "500000", level: "OK", reason: "steady"},
			{available: "500000", outflow: "200000", level: "OK", reason: "steady"}, // mean 100,000
		},
		"only the last five minutes project": {
			{available: "900000", level: "OK", reason: "steady"},
			{available: "900000", level: "OK", reason: "steady"},
			{available: "500000", outflow: "400000", level: "HIGH", reason: "early_warning", alerts: "level_worse"},
			{at: 8 * time.Minute, available: "500000", level: "HIGH", reason: "settling"},
			{at: 13 * time.Minute, available: "500000", level: "OK", reason: "improved", alerts: "level_better"},
		},
		"a low reserve that also drains is graded by what it has": {
			{available: "900000", level: "OK", reason: "steady"},
			{available: "900000", level: "OK", reason: "steady"},
			{available: "40000", outflow: "400000", level: "CRITICAL", reason: "worsened", alerts: "level_worse"},
		},
		"a silence longer than T is reported": {
			{available: "400000", level: "OK", reason: "steady"},
			{at: 6 * time.Minute, available: "400000", level: "OK", reason: "steady"},
			{at: 11*time.Minute + time.Second, available: "400000", level: "OK", reason: "steady", alerts: "blind"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := engine(t, nil)
			var state monitor.State
			var got []row
			for i, r := range rows {
				seen := monitor.Observation{At: start.Add(r.at), Available: dec(r.available), Vault: dec("1000000")}
				if r.at == 0 {
					seen.At = start.Add(time.Duration(i+1) * time.Minute)
				}
				if r.outflow != "" {
					seen.Outflow = dec(r.outflow)
				}
				var d monitor.Decision
				var err error
				state, d, err = e.Step(state, seen)
				require.NoError(t, err)
				var alerts []string
				for _, a := range d.Alerts {
					if !strings.HasPrefix(string(a), "refill_") {
						alerts = append(alerts, string(a))
					}
				}
				got = append(got, row{r.at, r.available, r.outflow, d.Level.String(), string(d.Reason), strings.Join(alerts, " ")})
			}
			if diff := cmp.Diff(rows, got, cmp.AllowUnexported(row{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func draw(rng *rand.Rand, s monitor.State) monitor.Observation {
	at := s.At
	if at.IsZero() {
		at = start
	}
	seen := monitor.Observation{
		At:        at.Add(time.Duration(rng.IntN(8)) * 20 * time.Second), // sometimes no time passes: an error
		Outflow:   decimal.New(rng.Int64N(30)-10, 3),
		Available: decimal.New(rng.Int64N(10)-1, 0).Mul(dec("50000")),
		InFlight:  decimal.New(rng.Int64N(3), 4),
		Vault:     decimal.New(rng.Int64N(4), 5),
		Bridge:    decimal.New(rng.Int64N(4), 4),
	}
	if rng.IntN(50) == 0 {
		seen.Vault = dec("-1")
	}
	if rng.IntN(200) == 0 {
		seen.At = seen.At.Add(time.Duration(rng.IntN(10*24)) * time.Hour)
	}
	if rng.IntN(3) == 0 && s.Requests > 0 {
		result := []monitor.Result{monitor.Settled, monitor.Rejected}[rng.IntN(2)]
		seen.Outcomes = []monitor.Outcome{{ID: s.Requests - min(s.Requests-1, rng.Uint64N(3)), Result: result}}
	}
	return seen
}

func TestEngineLaws(t *testing.T) {
	e := engine(t, func(c *monitor.Config) { c.BridgeBuffer = dec("20000") })
	for seed := range uint64(3) {
		state := enginetest.Laws(t, e, seed, 500, draw)
		require.NotZero(t, state.Requests, "the walk asked for no refill")
	}
}

// A state stays small whatever was seen, since it is journaled with each step.
func TestStateIsBounded(t *testing.T) {
	e := engine(t, func(c *monitor.Config) {
		c.Window, c.BridgeBuffer = time.Hour, dec("20000")
	})
	rng := rand.New(rand.NewPCG(1, 0))
	var state monitor.State
	for i := range 36 * 24 * 4 {
		next, _, err := e.Step(state, monitor.Observation{
			At: start.Add(time.Duration(i) * 15 * time.Minute), Outflow: decimal.New(rng.Int64N(45_000_000), -2), Available: dec("400000"),
		})
		require.NoError(t, err)
		state = next
	}
	require.Len(t, state.History.Generations, 7)
	minutes := 0
	for _, g := range state.History.Generations {
		minutes += g.Minutes
	}
	require.GreaterOrEqual(t, minutes, 30*24*60)
	require.LessOrEqual(t, minutes, 35*24*60)
	written, err := json.Marshal(state)
	require.NoError(t, err)
	require.Less(t, len(written), 12_000)
}

func BenchmarkEngineStep(b *testing.B) {
	e := engine(b, nil)
	rng := rand.New(rand.NewPCG(1, 0))
	flows := make([]decimal.Decimal, 1024)
	for i := range flows {
		flows[i] = decimal.New(rng.Int64N(900_000), -2)
	}
	var state monitor.State
	step := func(i int) {
		var err error
		state, _, err = e.Step(state, monitor.Observation{
			At: start.Add(time.Duration(i) * time.Minute), Outflow: flows[i%len(flows)], Available: dec("400000.25"), Vault: dec("1000000"),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	const warm = 40 * 24 * 60 // a full history
	for i := range warm {
		step(i)
	}
	b.ReportAllocs()
	for i := warm; b.Loop(); i++ {
		step(i)
	}
}
