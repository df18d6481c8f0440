package metrics_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

func TestWhatPrometheusSeesOfTranslations(t *testing.T) {
	m := metrics.New()
	require.Contains(t, shown(t, m), `evenkeel_translation_alerts_total{severity="critical",type="high_risk"} 0`, "or the first would not be an increase")
	sale := func(seq uint64, advised, path market.Path, filled bool, predicted, taken int64) risk.Command {
		return risk.Command{Seq: seq, Outcome: &risk.Outcome{Advised: advised, Outcome: market.Outcome{
			Path: path, Filled: filled, PredictedMinutes: decimal.NewFromInt(predicted), Minutes: decimal.NewFromInt(taken),
		}}}
	}
	m.Translation(risk.Decision{
		Reason: risk.Changed, Translation: &risk.Translation{Freshness: market.Fresh},
		Events: []risk.Event{
			{Kind: risk.RiskUpdate},
			{Kind: risk.Alerted, Alert: &risk.Alert{Type: risk.HighRisk, Severity: risk.Critical}},
			{Kind: risk.Alerted, Alert: &risk.Alert{Type: risk.DataQuality, Severity: risk.Info}},
		},
		Metrics: risk.Metrics{Drift: decimal.NewNullDecimal(decimal.NewFromInt(-7))},
		Answers: []risk.Answer{{Seq: 1, Reply: risk.Done}, {Seq: 2, Reply: risk.Done}, {Seq: 3, Reply: risk.Done}, {Seq: 4, Reply: risk.Known}},
	}, []risk.Command{
		sale(1, market.ByMaker, market.ByMaker, true, 15, 20), // a quarter off
		sale(2, market.ByMaker, market.ByRFQ, true, 90, 60),   // half off
		sale(3, "", market.ByP2P, false, 1, 240),              // never filled: of no time
		sale(4, market.ByMaker, market.ByMaker, true, 1, 100), // reported before
		{Seq: 5, Do: risk.Retell},
	})
	m.Translation(risk.Decision{Reason: risk.Same, Translation: &risk.Translation{Freshness: market.Outdated}}, nil)
	m.Translation(risk.Decision{Reason: risk.NoInputs}, nil)
	m.Delivered(30 * time.Millisecond)
	m.Delivered(-time.Second) // another server's clock is ahead
	text := shown(t, m)
	for _, series := range []string{
		`evenkeel_translations_total{reason="changed"} 1`,
		`evenkeel_translations_total{reason="same"} 1`,
		`evenkeel_translations_total{reason="no_inputs"} 1`,
		`evenkeel_translations_stale_total 2`,
		`evenkeel_translation_alerts_total{severity="critical",type="high_risk"} 1`,
		`evenkeel_translation_alerts_total{severity="info",type="data_quality"} 1`,
		`evenkeel_translation_index_drift_points_sum 7`,
		`evenkeel_translation_index_drift_points_count 1`,
		`evenkeel_translation_sales_total{followed="yes"} 1`,
		`evenkeel_translation_sales_total{followed="no"} 1`,
		`evenkeel_translation_sales_total{followed="unadvised"} 1`,
		`evenkeel_translation_fill_time_error_sum 0.75`,
		`evenkeel_translation_fill_time_error_count 2`,
		`evenkeel_stream_delivery_seconds_bucket{le="0.02"} 1`,
		`evenkeel_stream_delivery_seconds_bucket{le="0.05"} 2`,
	} {
		require.Contains(t, text, series+"\n")
	}
}
