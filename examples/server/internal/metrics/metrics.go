// Package metrics counts what the server does, for Prometheus. What a series
// means, its help text says.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

const namespace = "evenkeel"

// Metrics is every series of one server, in a registry of its own. Safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests    *prometheus.CounterVec
	latency     *prometheus.HistogramVec
	rounds      *prometheus.CounterVec
	orders      *prometheus.CounterVec
	credited    prometheus.Counter
	balance     prometheus.Gauge
	runway      prometheus.Gauge
	submissions *prometheus.CounterVec
	payouts     *prometheus.CounterVec
	stuck       prometheus.Gauge
	priceAge    *prometheus.GaugeVec
	failures    *prometheus.CounterVec
	lent        lent
	translated  translated
}

// New returns metrics that are all zero.
func New() *Metrics {
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		lent:        newLent(),
		translated:  newTranslated(),
		requests:    counters("requests_total", "Answered requests.", "route", "code"),
		rounds:      counters("rounds_total", "Decided rounds, by what became of them.", "reason"),
		orders:      counters("orders_total", "Sightings of orders that a round took up, by its verdict.", "verdict"),
		submissions: counters("submissions_total", "Proofs that were handed in, by what became of them.", "result"),
		payouts:     counters("payout_moves_total", "Moves of payout batches, by the phase they came into.", "phase"),
		failures:    counters("failures_total", "What failed and will be tried again: rounds, payouts, price refreshes, looks at banks.", "what"),
		credited:    prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "credited_total", Help: "Sum of all credits of this process, in the pegged asset."}),
		balance:     prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "grant_balance", Help: "Left in the grant account, in the pegged asset."}),
		runway:      prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "grant_runway_rounds", Help: "Full rounds that the grant account pays for."}),
		stuck:       prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "payouts_stuck", Help: "Batches of which nobody can tell whether they were paid: a person must."}),
		priceAge:    gauges("price_age_seconds", "Age of the price of a unit; -1 without one.", "unit"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "request_seconds", Help: "Time to answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
	}
	m.lent.register(m.registry)
	m.translated.register(m.registry)
	m.registry.MustRegister(
		m.requests, m.latency, m.rounds, m.orders, m.credited, m.balance, m.runway,
		m.submissions, m.payouts, m.stuck, m.priceAge, m.failures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Handler serves the series.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Request counts an answer. A route is a pattern, never a path: paths are without
// number.
func (m *Metrics) Request(route string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(code)).Inc()
	m.latency.WithLabelValues(route).Observe(took.Seconds())
}

// Round counts a decided round.
func (m *Metrics) Round(d reward.Decision) {
	m.rounds.WithLabelValues(string(d.Reason)).Inc()
	for _, o := range d.Orders {
		m.orders.WithLabelValues(string(o.Verdict)).Inc()
	}
	m.credited.Add(statistic(d.Paid))
	m.Grant(d)
}

// Grant tells what is left in the grant account, by whichever server has decided the
// round.
func (m *Metrics) Grant(d reward.Decision) {
	m.balance.Set(statistic(d.Balance))
	m.runway.Set(statistic(d.RunwayRounds))
}

// Submission counts a proof.
func (m *Metrics) Submission(result string) { m.submissions.WithLabelValues(result).Inc() }

// Payout counts what became of batches.
func (m *Metrics) Payout(d payout.Decision) {
	if d.Planned != nil {
		m.payouts.WithLabelValues(string(payout.Planned)).Inc()
	}
	for _, move := range d.Moved {
		m.payouts.WithLabelValues(string(move.To)).Inc()
	}
	m.Waiting(d)
}

// Waiting tells which batches wait for people, by whichever server has looked.
func (m *Metrics) Waiting(d payout.Decision) {
	stuck := 0
	for _, w := range d.Waiting {
		if w.Reason == payout.NeedsPeople {
			stuck++
		}
	}
	m.stuck.Set(float64(stuck))
}

// PriceAge tells how old a unit's price is; negative for none.
func (m *Metrics) PriceAge(unit string, age time.Duration) {
	m.priceAge.WithLabelValues(unit).Set(max(age.Seconds(), -1))
}

// Failure counts what will be tried again.
func (m *Metrics) Failure(what string) { m.failures.WithLabelValues(what).Inc() }

// statistic is where money becomes a float: for a graph.
func statistic(d decimal.Decimal) float64 { return d.InexactFloat64() }
