package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// translated is the series of the translator. None has an instrument's name: there
// may be tens of thousands.
type translated struct {
	looks    *prometheus.CounterVec
	stale    prometheus.Counter
	alerts   *prometheus.CounterVec
	drift    prometheus.Histogram
	sales    *prometheus.CounterVec
	misses   prometheus.Histogram
	delivery prometheus.Histogram
}

func newTranslated() translated {
	t := translated{
		looks:  counters("translations_total", "Looks at instruments, by what came of them.", "reason"),
		stale:  prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "translations_stale_total", Help: "Looks without data, or at data that were stale or outdated."}),
		alerts: counters("translation_alerts_total", "What people were alerted to, and that its cause is gone (severity info).", "type", "severity"),
		drift: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "translation_index_drift_points", Help: "How far the liquidity index has moved either way since it was last compared, at each look, in points of 100.",
			Buckets: []float64{.5, 1, 2, 5, 10, 20, 40},
		}),
		sales: counters("translation_sales_total", "Reported sales: whether the way out that came first was taken (yes, no), or none was open (unadvised).", "followed"),
		misses: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "translation_fill_time_error", Help: "Of reported sales that were filled, predicted less actual time, either way, as a part of the actual. Sum by count is the MAPE.",
			Buckets: []float64{.05, .1, .2, .3, .5, .75, 1, 2, 5},
		}),
		delivery: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "stream_delivery_seconds", Help: "From a decision to its being written to a client that follows it, on whichever server.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .2, .5, 1, 2.5, 5, 10},
		}),
	}
	// They begin at 0, or Prometheus would not see the first alert increase anything.
	for _, kind := range []risk.AlertType{risk.HighRisk, risk.Deterioration, risk.ExitFailure, risk.NoExit, risk.DataQuality} {
		for _, severity := range []risk.Severity{risk.Info, risk.Warning, risk.Critical} {
			t.alerts.WithLabelValues(string(kind), string(severity))
		}
	}
	for _, reason := range []risk.Reason{risk.Changed, risk.Same, risk.NoInputs} {
		t.looks.WithLabelValues(string(reason))
	}
	for _, followed := range []string{"yes", "no", unadvised} {
		t.sales.WithLabelValues(followed)
	}
	return t
}

// unadvised is how a sale counts for which no way out was open.
const unadvised = "unadvised"

func (t translated) register(r *prometheus.Registry) {
	r.MustRegister(t.looks, t.stale, t.alerts, t.drift, t.sales, t.misses, t.delivery)
}

// Translation tells of a look at an instrument, and of the commands that it saw.
func (m *Metrics) Translation(d risk.Decision, seen []risk.Command) {
	t := m.translated
	t.looks.WithLabelValues(string(d.Reason)).Inc()
	if d.Translation == nil || d.Translation.Freshness == market.Stale || d.Translation.Freshness == market.Outdated {
		t.stale.Inc()
	}
	for _, e := range d.Events {
		if e.Alert != nil {
			t.alerts.WithLabelValues(string(e.Alert.Type), string(e.Alert.Severity)).Inc()
		}
	}
	if drift := d.Metrics.Drift; drift.Valid {
		t.drift.Observe(statistic(drift.Decimal.Abs()))
	}
	done := map[uint64]bool{} // by number: what was known before counts no more
	for _, a := range d.Answers {
		done[a.Seq] = a.Reply == risk.Done
	}
	for _, c := range seen {
		if o := c.Outcome; o != nil && done[c.Seq] {
			t.sold(*o)
		}
	}
}

func (t translated) sold(o risk.Outcome) {
	switch o.Advised {
	case "":
		t.sales.WithLabelValues(unadvised).Inc()
	case o.Path:
		t.sales.WithLabelValues("yes").Inc()
	default:
		t.sales.WithLabelValues("no").Inc()
	}
	if actual := statistic(o.Minutes); o.Filled && actual > 0 {
		t.misses.Observe(statistic(o.PredictedMinutes.Sub(o.Minutes).Abs()) / actual)
	}
}

// Delivered tells how long it took until an event was written to a client.
func (m *Metrics) Delivered(took time.Duration) {
	m.translated.delivery.Observe(max(took.Seconds(), 0))
}
