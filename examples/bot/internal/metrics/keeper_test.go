package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func scrape(t *testing.T, of http.Handler) string {
	t.Helper()
	answer := httptest.NewRecorder()
	of.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

func TestWhatPrometheusSeesOfAKeeper(t *testing.T) {
	m := metrics.NewKeeper(dec("2"), dec("200"))
	require.Contains(t, scrape(t, m.Handler()), "evenkeel_keeper_health_ratio -1\n", "not known is not zero")
	require.Contains(t, scrape(t, m.Handler()), "evenkeel_keeper_reserve_ratio -1\n")
	m.Peg(watch.Peg{
		At: time.Unix(1000, 5e8), Action: stabilizer.Hold, Reason: stabilizer.Sustaining, Phase: stabilizer.PhaseWatch, Block: 7, Behind: 2,
		Price: dec("2.1"), SpotBps: dec("-13"), GasGwei: dec("20"), Base: dec("40"), Quote: dec("100"), PriceAge: 3 * time.Second, Oracle: stabilizer.OracleStale,
		Untraded: 4, Pending: 5, Alerts: []stabilizer.Alert{{Code: stabilizer.NoTrade}}, Settled: []stabilizer.Receipt{{Outcome: stabilizer.Mined}},
	})
	m.Reserve(watch.Reserve{Level: reserve.Warn, Coverage: dec("1.1"), Runway: time.Minute, Alerts: []monitor.Alert{monitor.LevelWorse}, Refills: []watch.Refill{{Amount: dec("9")}}})
	for _, series := range []string{
		`looks_total{reason="sustaining"} 1`, `looked_timestamp_seconds 1000.5`, `block 7`, `behind_blocks 2`, `price 2.1`, `deviation_bps -13`, `gas_gwei 20`,
		`inventory{side="base"} 40`, `inventory{side="quote"} 100`, `price_age_seconds 3`, `oracle_fault 1`, `untraded_blocks 4`, `pending_blocks 5`,
		`health_ratio 0.9`, `alerts_total{what="no_trade"} 1`, `settled_total{outcome="mined"} 1`, `halted 0`, `paused 0`,
		`reserve_ratio 1.1`, `reserve_level 4`, `runway_seconds 60`, `refill_wanted 9`, `alerts_total{what="reserve_level_worse"} 1`,
	} {
		require.Contains(t, scrape(t, m.Handler()), "\nevenkeel_keeper_"+series+"\n")
	}
	m.Peg(watch.Peg{At: time.Unix(2000, 0), Halted: stabilizer.Depeg, Fault: "no answer"})
	m.Reserve(watch.Reserve{Fault: "no answer"})
	for _, series := range []string{`halted 1`, `looks_total{reason="fault"} 1`, `looked_timestamp_seconds 1000.5`, `price 2.1`, `reserve_ratio 1.1`} {
		require.Contains(t, scrape(t, m.Handler()), "\nevenkeel_keeper_"+series+"\n", "what is not known has not changed")
	}
	m.Peg(watch.Peg{Action: stabilizer.None, Reason: stabilizer.Paused, Phase: stabilizer.PhasePaused})
	m.Reserve(watch.Reserve{Level: reserve.OK, Coverage: dec("2")})
	for _, series := range []string{`paused 1`, `halted 0`, `refill_wanted 0`, `block 7`} {
		require.Contains(t, scrape(t, m.Handler()), "\nevenkeel_keeper_"+series+"\n")
	}
}

func TestWhatPrometheusSeesOfParity(t *testing.T) {
	m := metrics.NewParity([2]uint64{138, 1})
	m.Spread(watch.Spread{
		At: time.Unix(1000, 0), Action: parity.Hold, Reason: parity.InBand, Judged: true, Bps: dec("-3"), Transfers: 2, Stuck: 1,
		Available: [2]parity.Holding{{Base: dec("5")}, {Base: dec("6")}}, InFlight: parity.Holding{Quote: dec("7")}, Earned: parity.Holding{Base: dec("-1")},
		Alerts: []parity.Alert{{Code: parity.StuckTransfer}},
	})
	for _, series := range []string{
		`looks_total{reason="in_band"} 1`, `looked_timestamp_seconds 1000`, `spread_bps -3`, `transfers 2`, `stuck_transfers 1`, `available{chain="138"} 5`,
		`available{chain="1"} 6`, `in_flight{token="quote"} 7`, `earned{token="base"} -1`, `alerts_total{what="stuck_transfer"} 1`, `halted 0`, `apart 0`,
	} {
		require.Contains(t, scrape(t, m.Handler()), "\nevenkeel_parity_"+series+"\n")
	}
	m.Spread(watch.Spread{Action: parity.Hold, Reason: parity.ChainHalted, Apart: true, Paused: true})
	m.Spread(watch.Spread{Halted: parity.Unbalanced})
	for _, series := range []string{`apart 1`, `paused 1`, `halted 1`, `looks_total{reason="fault"} 1`, `spread_bps -3`} {
		require.Contains(t, scrape(t, m.Handler()), "\nevenkeel_parity_"+series+"\n")
	}
}
