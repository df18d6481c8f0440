package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// Keeper is every series of one keeper, in a registry of its own. Safe for
// concurrent use.
type Keeper struct {
	registry *prometheus.Registry
	owed     decimal.Decimal
	peg      decimal.Decimal

	looks, alerts, settled *prometheus.CounterVec
	looked                 prometheus.Gauge
	block, behind          prometheus.Gauge
	price, deviation, gas  prometheus.Gauge
	inventory              *prometheus.GaugeVec
	priceAge, oracleFault  prometheus.Gauge
	untraded, pending      prometheus.Gauge
	halted, paused         prometheus.Gauge
	health, reserve        prometheus.Gauge
	level, runway, refill  prometheus.Gauge
}

// NewKeeper returns series in which nothing is known yet. Health is what is held, at
// that peg, over what is owed.
func NewKeeper(peg, owed decimal.Decimal) *Keeper {
	in := family{prometheus.NewRegistry(), "keeper"}
	m := &Keeper{
		registry: in.registry, owed: owed, peg: peg,
		looks:       in.counters("looks_total", "Looks at the chain, by what was decided; fault where nothing could be.", "reason"),
		alerts:      in.counters("alerts_total", "What people have to look at.", "what"),
		settled:     in.counters("settled_total", "Transactions by what became of them.", "outcome"),
		looked:      in.gauge("looked_timestamp_seconds", "When a look led to something for the last time: the dead man's switch."),
		block:       in.gauge("block", "The newest block judged."),
		behind:      in.gauge("behind_blocks", "Blocks newer than that one."),
		price:       in.gauge("price", "Of the pool, quote per base."),
		deviation:   in.gauge("deviation_bps", "The pool's distance from its target."),
		gas:         in.gauge("gas_gwei", "What gas costs."),
		inventory:   in.gauges("inventory", "What the contract holds, in whole tokens.", "side"),
		priceAge:    in.gauge("price_age_seconds", "Age of the oldest price that counts."),
		oracleFault: in.gauge("oracle_fault", "1 while there is no target or market price to go by."),
		untraded:    in.gauge("untraded_blocks", "Blocks out of band since one in band, or a trade."),
		pending:     in.gauge("pending_blocks", "Blocks since a transaction was decided on that is not settled; 0 for none."),
		halted:      in.gauge("halted", "1 while nothing is traded until a person resets."),
		paused:      in.gauge("paused", "1 while nothing is traded until a person resumes."),
		health:      in.gauge("health_ratio", "What the contract holds, at the peg, over what is owed; -1 while not known."),
		reserve:     in.gauge("reserve_ratio", "What can be spent over what must be held: factor x peak x window; -1 while not known."),
		level:       in.gauge("reserve_level", "1 empty, 2 critical, 3 high, 4 warn, 5 ok; 0 while not known."),
		runway:      in.gauge("runway_seconds", "How long the reserve lasts at its peak flow."),
		refill:      in.gauge("refill_wanted", "What was last asked of the vault, in the quote token; 0 once the reserve is ok."),
	}
	m.health.Set(-1)
	m.reserve.Set(-1)
	return m
}

// Peg counts one look.
func (m *Keeper) Peg(p watch.Peg) {
	for _, a := range p.Alerts {
		m.alerts.WithLabelValues(string(a.Code)).Inc()
	}
	flag(m.halted, p.Halted != "")
	m.untraded.Set(float64(p.Untraded))
	m.pending.Set(float64(p.Pending))
	if p.Action == "" {
		m.looks.WithLabelValues("fault").Inc()
		return
	}
	m.looks.WithLabelValues(string(p.Reason)).Inc()
	m.looked.Set(float64(p.At.UnixMilli()) / 1000)
	flag(m.paused, p.Phase == stabilizer.PhasePaused)
	for _, r := range p.Settled {
		m.settled.WithLabelValues(string(r.Outcome)).Inc()
	}
	if p.Block == 0 {
		return
	}
	m.block.Set(float64(p.Block))
	m.behind.Set(float64(p.Behind))
	m.price.Set(float(p.Price))
	m.deviation.Set(float(p.SpotBps))
	m.gas.Set(float(p.GasGwei))
	m.inventory.WithLabelValues("base").Set(float(p.Base))
	m.inventory.WithLabelValues("quote").Set(float(p.Quote))
	m.priceAge.Set(p.PriceAge.Seconds())
	flag(m.oracleFault, p.Oracle != "")
	if m.owed.IsPositive() {
		m.health.Set(float(p.Base.Mul(m.peg).Add(p.Quote).DivRound(m.owed, 8)))
	}
}

// Reserve counts one look at the reserve.
func (m *Keeper) Reserve(r watch.Reserve) {
	if r.Level == 0 {
		return
	}
	for _, a := range r.Alerts {
		m.alerts.WithLabelValues("reserve_" + string(a)).Inc()
	}
	m.reserve.Set(float(r.Coverage))
	m.level.Set(float64(r.Level))
	m.runway.Set(r.Runway.Seconds())
	for _, ask := range r.Refills {
		m.refill.Set(float(ask.Amount))
	}
	if r.Level == reserve.OK {
		m.refill.Set(0)
	}
}

// Handler serves the series at /metrics.
func (m *Keeper) Handler() http.Handler { return handler(m.registry) }
