package metrics

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// Parity is every series of one keeper of parity, in a registry of its own. Safe for
// concurrent use.
type Parity struct {
	registry *prometheus.Registry
	chains   [2]uint64

	looks, alerts         *prometheus.CounterVec
	looked, spread        prometheus.Gauge
	available             *prometheus.GaugeVec
	inFlight, earned      *prometheus.GaugeVec
	transfers, stuck      prometheus.Gauge
	halted, paused, apart prometheus.Gauge
}

// NewParity returns series in which nothing is known yet.
func NewParity(chains [2]uint64) *Parity {
	in := family{prometheus.NewRegistry(), "parity"}
	return &Parity{
		registry: in.registry, chains: chains,
		looks:     in.counters("looks_total", "Looks at the chains, by what was decided; fault where nothing could be.", "reason"),
		alerts:    in.counters("alerts_total", "What people have to look at.", "what"),
		looked:    in.gauge("looked_timestamp_seconds", "When a look led to something for the last time: the dead man's switch."),
		spread:    in.gauge("spread_bps", "Between the chains; above 0 where the first is dearer."),
		available: in.gauges("available", "Of the base token, by chain.", "chain"),
		inFlight:  in.gauges("in_flight", "On the bridge, by token.", "token"),
		earned:    in.gauges("earned", "By trades, less what the bridge took, by token.", "token"),
		transfers: in.gauge("transfers", "Transfers that are open."),
		stuck:     in.gauge("stuck_transfers", "Of these are overdue."),
		halted:    in.gauge("halted", "1 while nothing is traded until a person resets."),
		paused:    in.gauge("paused", "1 while nothing is traded until a person resumes."),
		apart:     in.gauge("apart", "1 while a chain cannot be used, and each peg is its own stabilizer's to hold."),
	}
}

// Spread counts one look.
func (m *Parity) Spread(l watch.Spread) {
	for _, a := range l.Alerts {
		m.alerts.WithLabelValues(string(a.Code)).Inc()
	}
	flag(m.halted, l.Halted != "")
	if l.Action == "" {
		m.looks.WithLabelValues("fault").Inc()
		return
	}
	m.looks.WithLabelValues(string(l.Reason)).Inc()
	m.looked.Set(float64(l.At.UnixMilli()) / 1000)
	flag(m.paused, l.Paused)
	m.transfers.Set(float64(l.Transfers))
	m.stuck.Set(float64(l.Stuck))
	for i, held := range l.Available {
		m.available.WithLabelValues(strconv.FormatUint(m.chains[i], 10)).Set(float(held.Base))
	}
	for _, s := range []struct {
		to   *prometheus.GaugeVec
		held parity.Holding
	}{{m.inFlight, l.InFlight}, {m.earned, l.Earned}} {
		s.to.WithLabelValues("base").Set(float(s.held.Base))
		s.to.WithLabelValues("quote").Set(float(s.held.Quote))
	}
	if l.Judged || l.Apart {
		flag(m.apart, l.Apart)
	}
	if l.Judged {
		m.spread.Set(float(l.Bps))
	}
}

// Handler serves the series at /metrics.
func (m *Parity) Handler() http.Handler { return handler(m.registry) }
