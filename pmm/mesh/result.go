package mesh

import "slices"

// Result is a whole run.
type Result struct {
	Scenario  string       `json:"scenario"`
	Scorecard Scorecard    `json:"scorecard"`
	Pools     []PoolResult `json:"pools"` // in the network's order
	Summary   Summary      `json:"summary"`
	Final     State        `json:"final"`

	CapitalEfficiency map[string]any `json:"capitalEfficiency,omitempty"` // the scenario's, as it was
}

// Scorecard is how well the mesh did. Values are in Network.Unit at the fair
// prices of their time; shares are 0 where they would divide by nothing.
//
//	Capture          = (paid - lost) / paid
//	                   paid: what traders left in the pools against fair prices, fees and slippage (edge of orders and keeper)
//	                   lost: what arbitrageurs took out of them, before gas (edge of arbitrage, negated)
//	Income           = paid - lost, what the pools keep
//	Churn            = (arbitrage volume + keeper volume) / order volume in the pools: trading that serves nobody's order
//	Turnover         = volume in the pools / mean value of the pools / days
//	InterventionCost = what the keeper paid less what it received, and its gas
//	PegDeviation     = over all pools and epochs, |price - fair| / fair at the end of the epoch
type Scorecard struct {
	Epochs int    `json:"epochs"`
	Orders Orders `json:"orders"`

	Capture  float64 `json:"capture"` // negative when arbitrageurs took more than traders left
	Income   float64 `json:"income"`
	Fees     float64 `json:"fees"` // all fees, the arbitrageurs' included
	Lost     float64 `json:"lost"`
	Churn    float64 `json:"churn"`
	Turnover float64 `json:"turnover"` // per day

	InterventionCost    float64 `json:"interventionCost"`
	InterventionCostBps float64 `json:"interventionCostBps"` // of the keeper's volume
	Interventions       int     `json:"interventions"`

	PegDeviation Deviation `json:"pegDeviation"`
	WorstPool    string    `json:"worstPool"` // of the largest 95 % deviation, then the largest of all; the first of equals

	PoolValue   float64 `json:"poolValue"`   // mean over epochs
	MaxInFlight float64 `json:"maxInFlight"` // largest value between chains
}

// Deviation is how far prices were from fair ones. A pool without a price is off
// its peg, and counts as far as can be told, a thousandfold.
type Deviation struct {
	Frequency float64 `json:"frequency"` // share of ends of epochs outside the peg band
	P95Bps    float64 `json:"p95Bps"`    // nearest rank
	WorstBps  float64 `json:"worstBps"`
}

// PoolResult is what became of one pool: its diagnosis.
type PoolResult struct {
	Name         string    `json:"name"`
	PegDeviation Deviation `json:"pegDeviation"`
	WorstEpoch   int       `json:"worstEpoch"` // the first of the worst deviation
	LongestOff   int       `json:"longestOff"` // epochs in a row off its peg
	Capture      float64   `json:"capture"`
	Income       float64   `json:"income"`
	ShortSide    float64   `json:"shortSide"` // least share of its value in its smaller reserve
	Orders       Trades    `json:"orders"`
	Arbitrage    Trades    `json:"arbitrage"`
	Keeper       Trades    `json:"keeper"`
}

// Summary is what a capital model needs of a run, per epoch and in parts of the
// pools' mean value: what market making earned and what defending the peg cost.
type Summary struct {
	Epochs       int     `json:"epochs"`
	EpochMinutes int     `json:"epochMinutes"`
	PoolValue    float64 `json:"poolValue"` // mean, in Network.Unit

	MarketMakingIncome float64 `json:"marketMakingIncome"` // Scorecard.Income / PoolValue / Epochs
	InterventionCost   float64 `json:"interventionCost"`   // Scorecard.InterventionCost / PoolValue / Epochs
	PegFrequency       float64 `json:"pegFrequency"`       // Scorecard.PegDeviation.Frequency
}

// tally adds up a run.
type tally struct {
	sim    *Simulation
	epochs int
	pools  []poolTally
	orders Orders
	value  float64 // sum over epochs
	flight float64 // largest
}

type poolTally struct {
	PoolResult
	ppm      []int32 // deviations without their sign
	off, run int     // epochs off the peg, and in a row
}

func newTally(sim *Simulation) *tally {
	t := &tally{sim: sim, pools: make([]poolTally, len(sim.mesh.network.Pools))}
	for i := range t.pools {
		t.pools[i].Name = sim.mesh.network.Pools[i].Name
		t.pools[i].ShortSide = 0.5
		t.pools[i].ppm = make([]int32, 0, sim.scenario.Epochs)
	}
	return t
}

func (t *tally) add(e *Epoch) {
	t.epochs++
	t.orders.add(&e.Orders)
	t.flight = max(t.flight, e.InFlight)
	for i := range e.Pools {
		p, seen := &t.pools[i], &e.Pools[i]
		t.value += seen.Value
		p.ShortSide = min(p.ShortSide, seen.ShortSide)
		p.Orders.add(&seen.Orders)
		p.Arbitrage.add(&seen.Arbitrage)
		p.Keeper.add(&seen.Keeper)
		ppm := abs(seen.DeviationPpm)
		if !seen.Priced {
			ppm = maxApart
		}
		if bps := float64(ppm) / 100; bps > p.PegDeviation.WorstBps {
			p.PegDeviation.WorstBps, p.WorstEpoch = bps, e.Epoch
		}
		p.ppm = append(p.ppm, int32(ppm))
		if ppm > int64(t.sim.scenario.PegBandBps)*100 {
			p.off++
			p.run++
			p.LongestOff = max(p.LongestOff, p.run)
		} else {
			p.run = 0
		}
	}
}

func (t *tally) result(final State) Result {
	r := Result{Scenario: t.sim.scenario.Name, Final: final, CapitalEfficiency: t.sim.scenario.CapitalEfficiency}
	card := Scorecard{Epochs: t.epochs, Orders: t.orders, PoolValue: ratio(t.value, float64(t.epochs)), MaxInFlight: t.flight}
	var orders, arbitrage, keeper Trades
	var ppm []int32
	off, worst := 0, -1
	for i := range t.pools {
		p := &t.pools[i]
		p.finish(t.epochs)
		orders.add(&p.Orders)
		arbitrage.add(&p.Arbitrage)
		keeper.add(&p.Keeper)
		ppm = append(ppm, p.ppm...)
		off += p.off
		card.PegDeviation.WorstBps = max(card.PegDeviation.WorstBps, p.PegDeviation.WorstBps)
		if worst < 0 || p.worse(&t.pools[worst]) {
			worst, card.WorstPool = i, p.Name
		}
		r.Pools = append(r.Pools, p.PoolResult)
	}
	paid := orders.Edge + keeper.Edge
	days := float64(t.epochs*t.sim.scenario.EpochMinutes) / (24 * 60)
	card.Lost = -arbitrage.Edge
	card.Income = paid - card.Lost
	card.Capture = ratio(card.Income, paid)
	card.Fees = orders.Fees + arbitrage.Fees + keeper.Fees
	card.Churn = ratio(arbitrage.Volume+keeper.Volume, orders.Volume)
	card.Turnover = ratio(ratio(orders.Volume+arbitrage.Volume+keeper.Volume, card.PoolValue), days)
	card.Interventions = keeper.Count
	card.InterventionCost = keeper.Edge + keeper.Gas
	card.InterventionCostBps = 10_000 * ratio(card.InterventionCost, keeper.Volume)
	card.PegDeviation.Frequency = ratio(float64(off), float64(len(ppm)))
	card.PegDeviation.P95Bps = p95(ppm)
	r.Scorecard, r.Summary = card, t.summary(&card)
	return r
}

// finish works out what a pool's sums come to.
func (p *poolTally) finish(epochs int) {
	paid := p.Orders.Edge + p.Keeper.Edge
	p.Income = paid + p.Arbitrage.Edge
	p.Capture = ratio(p.Income, paid)
	p.PegDeviation.Frequency = ratio(float64(p.off), float64(epochs))
	p.PegDeviation.P95Bps = p95(p.ppm)
}

func (t *tally) summary(card *Scorecard) Summary {
	perEpoch := card.PoolValue * float64(card.Epochs)
	return Summary{
		Epochs: card.Epochs, EpochMinutes: t.sim.scenario.EpochMinutes, PoolValue: card.PoolValue,
		MarketMakingIncome: ratio(card.Income, perEpoch), InterventionCost: ratio(card.InterventionCost, perEpoch),
		PegFrequency: card.PegDeviation.Frequency,
	}
}

func (p *poolTally) worse(q *poolTally) bool {
	if p.PegDeviation.P95Bps != q.PegDeviation.P95Bps {
		return p.PegDeviation.P95Bps > q.PegDeviation.P95Bps
	}
	return p.PegDeviation.WorstBps > q.PegDeviation.WorstBps
}

// p95 is the 95 % quantile by nearest rank, in bps.
func p95(ppm []int32) float64 {
	if len(ppm) == 0 {
		return 0
	}
	sorted := slices.Clone(ppm)
	slices.Sort(sorted)
	return float64(sorted[(len(sorted)*95+99)/100-1]) / 100
}

// ratio is a/b, or 0 for b = 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
