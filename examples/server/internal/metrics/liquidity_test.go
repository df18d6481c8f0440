package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestWhatPrometheusSeesOfALook(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := metrics.New()
	state := liquidity.State{
		Kill:     liquidity.Switch{Tripped: true},
		Accounts: []liquidity.Account{{Bank: "north", Kill: liquidity.Switch{Tripped: true}}, {Bank: "south"}},
		Funds:    []liquidity.Fund{{Provider: "glp", Free: decimal.NewFromInt(4), Reserved: decimal.NewFromInt(3), Lent: decimal.NewFromInt(2), Losses: decimal.NewFromInt(1)}},
	}
	seen := liquidity.Observation{
		Banks:  []liquidity.Position{{Bank: "north", Source: "core", At: now.Add(-time.Minute)}, {Bank: "south", Source: "core", At: now}},
		Faults: map[string]string{"feed 0": "away"},
	}
	d := liquidity.Decision{
		Reason: liquidity.Killed, Banks: []liquidity.Suggestion{{Bank: "north", Ratio: decimal.RequireFromString("0.95")}, {Bank: "south"}},
		Moves: []liquidity.Move{{To: liquidity.Proposed}}, Alerts: []liquidity.Alert{{Reason: liquidity.Overdrawn}},
	}
	m.Liquidity(now, state, seen, d, 3*time.Millisecond)
	m.Forecasts(2, 1, 4, &stress.Skill{Value: 0.5, Low: 0.25})
	text := shown(t, m)
	for _, series := range []string{
		`evenkeel_liquidity_looks_total{reason="killed"} 1`,
		`evenkeel_liquidity_look_seconds_bucket{le="0.005"} 1`,
		`evenkeel_liquidity_ratio{bank="north"} 0.95`,
		`evenkeel_liquidity_position_age_seconds{source="core"} 60`,
		`evenkeel_liquidity_moves_total{phase="proposed"} 1`,
		`evenkeel_liquidity_pool{account="free",provider="glp"} 4`,
		`evenkeel_liquidity_pool{account="reserved",provider="glp"} 3`,
		`evenkeel_liquidity_pool{account="lent",provider="glp"} 2`,
		`evenkeel_liquidity_pool{account="losses",provider="glp"} 1`,
		`evenkeel_liquidity_switches_tripped{of="bank"} 1`,
		`evenkeel_liquidity_switches_tripped{of="pool"} 1`,
		`evenkeel_liquidity_alerts_total{reason="overdrawn"} 1`,
		`evenkeel_liquidity_faults 1`,
		`evenkeel_liquidity_forecasts{state="forecast"} 2`,
		`evenkeel_liquidity_forecasts{state="missing"} 1`,
		`evenkeel_liquidity_forecast_queue 4`,
		`evenkeel_liquidity_predictor_skill{end="value"} 0.5`,
		`evenkeel_liquidity_predictor_skill{end="low"} 0.25`,
	} {
		require.Contains(t, text, series+"\n")
	}

	many := liquidity.Decision{Reason: liquidity.Idle}
	for i := range 1000 {
		many.Banks = append(many.Banks, liquidity.Suggestion{Bank: fmt.Sprintf("bank-%04d", i)})
	}
	m.Liquidity(now, liquidity.State{}, liquidity.Observation{}, many, time.Millisecond)
	text = shown(t, m)
	require.Equal(t, 200, strings.Count(text, "evenkeel_liquidity_ratio{"))
	require.NotContains(t, text, `bank="north"`, "a bank that is not seen any more")
	require.Contains(t, text, `evenkeel_liquidity_switches_tripped{of="pool"} 0`+"\n")
}
