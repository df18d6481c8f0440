package metrics_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// shown returns what Prometheus reads.
func shown(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	return answer.Body.String()
}

func TestWhatPrometheusSees(t *testing.T) {
	m := metrics.New()
	m.Request("/status", 200, 3*time.Millisecond)
	m.Submission("kept")
	m.PriceAge("btc", 90*time.Second)
	m.PriceAge("ppc", -time.Second)
	m.Failure("payout")
	d := reward.Decision{
		Reason: reward.Paid, Paid: decimal.RequireFromString("0.025"),
		Balance: decimal.RequireFromString("999.975"), RunwayRounds: decimal.NewFromInt(19999),
		Orders: []reward.Outcome{{Verdict: reward.Credited}, {Verdict: reward.Credited}, {Verdict: reward.Duplicate}},
	}
	m.Round(d)
	m.Round(d)
	m.Payout(payout.Decision{
		Planned: &payout.Batch{}, Moved: []payout.Move{{To: payout.Sending}, {To: payout.Stuck}},
		Waiting: []payout.Wait{{Reason: payout.NeedsPeople}, {Reason: payout.Asked}},
	})

	text := shown(t, m)
	for _, series := range []string{
		`evenkeel_requests_total{code="200",route="/status"} 1`,
		`evenkeel_request_seconds_bucket{route="/status",le="0.005"} 1`,
		`evenkeel_request_seconds_bucket{route="/status",le="0.0025"} 0`,
		`evenkeel_submissions_total{result="kept"} 1`,
		`evenkeel_price_age_seconds{unit="btc"} 90`,
		`evenkeel_price_age_seconds{unit="ppc"} -1`,
		`evenkeel_failures_total{what="payout"} 1`,
		`evenkeel_rounds_total{reason="paid"} 2`,
		`evenkeel_orders_total{verdict="credited"} 4`,
		`evenkeel_orders_total{verdict="duplicate"} 2`,
		`evenkeel_credited_total 0.05`,
		`evenkeel_grant_balance 999.975`,
		`evenkeel_grant_runway_rounds 19999`,
		`evenkeel_payout_moves_total{phase="planned"} 1`,
		`evenkeel_payout_moves_total{phase="sending"} 1`,
		`evenkeel_payout_moves_total{phase="unknown"} 1`,
		`evenkeel_payouts_stuck 1`,
	} {
		require.Contains(t, text, series+"\n")
	}

	m.Payout(payout.Decision{})
	require.Contains(t, shown(t, m), "evenkeel_payouts_stuck 0\n", "somebody has settled it")
}
