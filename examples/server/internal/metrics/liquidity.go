package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// maxBanks bounds the series of single banks: the first of them by name. All of
// them are in the API.
const maxBanks = 200

// lent is the series of a liquidity engine.
type lent struct {
	looks     *prometheus.CounterVec
	took      prometheus.Histogram
	ratio     *prometheus.GaugeVec
	age       *prometheus.GaugeVec
	moves     *prometheus.CounterVec
	pool      *prometheus.GaugeVec
	tripped   *prometheus.GaugeVec
	alerts    *prometheus.CounterVec
	faults    prometheus.Gauge
	forecasts *prometheus.GaugeVec
	waiting   prometheus.Gauge
	skill     *prometheus.GaugeVec
}

func newLent() lent {
	return lent{
		looks: counters("liquidity_looks_total", "Looks at all banks, by what was decided.", "reason"),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "liquidity_look_seconds", Help: "Time that a look takes, recorded and carried out.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		ratio:     gauges("liquidity_ratio", "Liquid assets to obligations, of the first 200 banks by name.", "bank"),
		age:       gauges("liquidity_position_age_seconds", "Age of the oldest position that counts, by source.", "source"),
		moves:     counters("liquidity_moves_total", "Moves of actions, by the phase they came into.", "phase"),
		pool:      gauges("liquidity_pool", "What each provider's money is, in the pool's currency.", "provider", "account"),
		tripped:   gauges("liquidity_switches_tripped", "Kill switches that are tripped: of the pool, and of banks.", "of"),
		alerts:    counters("liquidity_alerts_total", "What people have to look at.", "reason"),
		faults:    prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "liquidity_faults", Help: "What could not be read at the last look."}),
		forecasts: gauges("liquidity_forecasts", "Banks by what can be said of them: forecast or missing.", "state"),
		waiting:   prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "liquidity_forecast_queue", Help: "Requests that wait for a forecast."}),
		skill:     gauges("liquidity_predictor_skill", "Brier skill of the model on what it had not seen: value, and the low end of its 95 per cent interval.", "end"),
	}
}

func (l lent) register(r *prometheus.Registry) {
	r.MustRegister(l.looks, l.took, l.ratio, l.age, l.moves, l.pool, l.tripped, l.alerts, l.faults, l.forecasts, l.waiting, l.skill)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Liquidity tells of a look at all banks.
func (m *Metrics) Liquidity(now time.Time, s liquidity.State, seen liquidity.Observation, d liquidity.Decision, took time.Duration) {
	l := m.lent
	l.looks.WithLabelValues(string(d.Reason)).Inc()
	l.took.Observe(took.Seconds())
	l.faults.Set(float64(len(seen.Faults)))
	for _, move := range d.Moves {
		l.moves.WithLabelValues(string(move.To)).Inc()
	}
	for _, a := range d.Alerts {
		l.alerts.WithLabelValues(string(a.Reason)).Inc()
	}
	l.ratio.Reset() // of banks that are not seen any more
	for _, b := range d.Banks[:min(len(d.Banks), maxBanks)] {
		l.ratio.WithLabelValues(b.Bank).Set(statistic(b.Ratio))
	}
	l.age.Reset()
	oldest := map[string]time.Duration{}
	for _, p := range seen.Banks {
		oldest[p.Source] = max(oldest[p.Source], now.Sub(p.At))
	}
	for source, age := range oldest {
		l.age.WithLabelValues(source).Set(age.Seconds())
	}
	for _, f := range s.Funds {
		l.pool.WithLabelValues(f.Provider, "free").Set(statistic(f.Free))
		l.pool.WithLabelValues(f.Provider, "reserved").Set(statistic(f.Reserved))
		l.pool.WithLabelValues(f.Provider, "lent").Set(statistic(f.Lent))
		l.pool.WithLabelValues(f.Provider, "losses").Set(statistic(f.Losses))
	}
	tripped := 0
	for i := range s.Accounts {
		if s.Accounts[i].Kill.Tripped {
			tripped++
		}
	}
	l.tripped.WithLabelValues("bank").Set(float64(tripped))
	l.tripped.WithLabelValues("pool").Set(0)
	if s.Kill.Tripped {
		l.tripped.WithLabelValues("pool").Set(1)
	}
}

// Forecasts tells of how many banks there is a forecast, how many requests wait
// for one, and how good they were; skill is nil without a model.
func (m *Metrics) Forecasts(made, missing, waiting int, skill *stress.Skill) {
	m.lent.waiting.Set(float64(waiting))
	m.lent.forecasts.WithLabelValues("forecast").Set(float64(made))
	m.lent.forecasts.WithLabelValues("missing").Set(float64(missing))
	if skill != nil {
		m.lent.skill.WithLabelValues("value").Set(skill.Value)
		m.lent.skill.WithLabelValues("low").Set(skill.Low)
	}
}
