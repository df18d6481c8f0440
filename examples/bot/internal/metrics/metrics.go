// Package metrics counts what a maker does, for Prometheus. What a series means,
// its help text says.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// Metrics is every series of one maker, in a registry of its own. Safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	looks     *prometheus.CounterVec
	alerts    *prometheus.CounterVec
	placed    prometheus.Counter
	orders    *prometheus.GaugeVec
	worth     prometheus.Gauge
	inventory prometheus.Gauge
	spread    prometheus.Gauge
	fills     prometheus.Gauge
	priceAge  prometheus.Gauge
	halted    prometheus.Gauge
}

// New returns metrics that are all zero.
func New() *Metrics {
	in := family{prometheus.NewRegistry(), "maker"}
	return &Metrics{
		registry:  in.registry,
		looks:     in.counters("looks_total", "Looks at the market, by why the whole is as it is; fault where nothing could be decided.", "reason"),
		alerts:    in.counters("alerts_total", "What people have to look at.", "what"),
		placed:    in.counter("placed_total", "Orders sent; in a dry run those that would be."),
		orders:    in.gauges("orders", "Orders of ours on the book.", "side"),
		worth:     in.gauge("worth", "Of the account, in the quote asset, at the last reference price."),
		inventory: in.gauge("inventory", "Base bought and not sold again."),
		spread:    in.gauge("spread_earned", "In the quote asset, before fees."),
		fills:     in.gauge("fills", "Looks at which an order was seen to have traded."),
		priceAge:  in.gauge("price_age_seconds", "Age of the reference price; -1 without one."),
		halted:    in.gauge("halted", "1 while nothing is quoted until a person resumes."),
	}
}

// Look counts one look.
func (m *Metrics) Look(l watch.Look) {
	m.spread.Set(float(l.Spread))
	m.inventory.Set(float(l.Inventory))
	m.fills.Set(float64(l.Fills))
	m.priceAge.Set(-1)
	if !l.Price.IsZero() {
		m.priceAge.Set(l.PriceAge.Seconds())
		m.worth.Set(float(l.Worth))
	}
	for _, a := range l.Alerts {
		m.alerts.WithLabelValues(string(a.What)).Inc()
	}
	if l.Reason == "" {
		m.looks.WithLabelValues("fault").Inc()
		return
	}
	m.looks.WithLabelValues(string(l.Reason)).Inc()
	m.placed.Add(float64(len(l.Place)))
	m.halted.Set(0)
	if l.Reason == maker.Stopped || l.Reason == maker.Lost {
		m.halted.Set(1)
	}
	stand := map[exchange.Side]int{}
	for _, o := range l.Open {
		stand[o.Side]++
	}
	for _, side := range []exchange.Side{exchange.Bid, exchange.Ask} {
		m.orders.WithLabelValues(side.String()).Set(float64(stand[side]))
	}
}

// Handler serves the series at /metrics.
func (m *Metrics) Handler() http.Handler { return handler(m.registry) }

// float is for series alone.
func float(d decimal.Decimal) float64 { return d.InexactFloat64() }
