package metrics_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

func TestWhatPrometheusSees(t *testing.T) {
	m := metrics.New()
	scrape := func() string {
		answer := httptest.NewRecorder()
		m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		return answer.Body.String()
	}
	m.Look(watch.Look{
		Reason: maker.Quoting, Price: decimal.NewFromInt(1), PriceAge: 3 * time.Second, Worth: decimal.NewFromInt(500), Fills: 7,
		Inventory: decimal.NewFromInt(-20), Spread: decimal.RequireFromString("0.5"), Place: make([]exchange.Order, 2),
		Open:   []watch.Order{{Side: exchange.Bid}, {Side: exchange.Bid}, {Side: exchange.Ask}},
		Alerts: []maker.Alert{{What: maker.GivenUp}},
	})
	for _, series := range []string{
		`evenkeel_maker_looks_total{reason="quoting"} 1`,
		`evenkeel_maker_alerts_total{what="given_up"} 1`,
		`evenkeel_maker_orders{side="bid"} 2`,
		`evenkeel_maker_orders{side="ask"} 1`,
		`evenkeel_maker_placed_total 2`,
		`evenkeel_maker_worth 500`,
		`evenkeel_maker_inventory -20`,
		`evenkeel_maker_spread_earned 0.5`,
		`evenkeel_maker_fills 7`,
		`evenkeel_maker_price_age_seconds 3`,
		`evenkeel_maker_halted 0`,
	} {
		require.Contains(t, scrape(), series+"\n")
	}
	m.Look(watch.Look{Reason: maker.Lost})
	require.Contains(t, scrape(), "evenkeel_maker_halted 1\n")
	require.Contains(t, scrape(), "evenkeel_maker_price_age_seconds -1\n")
	m.Look(watch.Look{Fault: "no answer"})
	require.Contains(t, scrape(), "evenkeel_maker_looks_total{reason=\"fault\"} 1\n")
	require.Contains(t, scrape(), "evenkeel_maker_halted 1\n", "what is not known has not changed")
	require.Contains(t, scrape(), "evenkeel_maker_worth 500\n")
}
