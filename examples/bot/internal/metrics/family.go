package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// family makes the series of one command and registers them.
type family struct {
	registry *prometheus.Registry
	name     string
}

func (f family) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "evenkeel", Subsystem: f.name, Name: name, Help: help})
	f.registry.MustRegister(g)
	return g
}

func (f family) gauges(name, help, label string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "evenkeel", Subsystem: f.name, Name: name, Help: help}, []string{label})
	f.registry.MustRegister(g)
	return g
}

func (f family) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "evenkeel", Subsystem: f.name, Name: name, Help: help})
	f.registry.MustRegister(c)
	return c
}

func (f family) counters(name, help, label string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "evenkeel", Subsystem: f.name, Name: name, Help: help}, []string{label})
	f.registry.MustRegister(c)
	return c
}

// handler serves a registry at /metrics.
func handler(registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// flag sets a gauge that says yes or no.
func flag(g prometheus.Gauge, is bool) {
	g.Set(0)
	if is {
		g.Set(1)
	}
}
