package mesh

import (
	"math"
	"math/rand/v2"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// epoch is one epoch in the making.
type epoch struct {
	sim    *Simulation
	m      *Mesh
	s      *State // ours to change
	values []uint256.Int
	perWei []float64 // what the smallest unit of each listing is worth, in units
	report Epoch
}

const million = 1_000_000

// moveRates moves each anchor against gold. It draws once per anchor, moving or
// not, so that a change of one does not shift the noise of the others.
func (e *epoch) moveRates(r *rand.Rand) error {
	snapshot := &e.s.Snapshot
	for i := range snapshot.Rates {
		name := e.m.network.Anchors[i].Name
		ppm, left := int64(e.sim.movePpm[i]), int64(10_000)
		for _, shock := range e.sim.scenario.RateShocks {
			if shock.Anchor != name || !shock.has(e.s.Epoch) {
				continue
			}
			ppm = ppm * int64(shock.MoveBps) / 10_000
			if shock.From == e.s.Epoch {
				left = left * int64(shock.ValueBps) / 10_000
			}
		}
		width := min(ppm*1_732/1_000, million/2) // of a uniform step, sqrt(3) standard deviations either way
		step := million + r.Int64N(2*width+1) - width
		rate, start := snapshot.Rates[i], e.m.start.Rates[i]
		rate, _ = mulDiv(rate, *uint256.NewInt(uint64(step)), *uint256.NewInt(million))
		if left > 0 {
			rate, _ = mulDiv(rate, *uint256.NewInt(10_000), *uint256.NewInt(uint64(left))) // less value is more of it per gold
		}
		snapshot.Rates[i] = within(rate, start)
	}
	values, err := e.m.values(snapshot)
	if err != nil {
		return err
	}
	e.values, e.perWei = values, e.m.unitsPerWei(snapshot, values)
	return nil
}

// within keeps a rate within a thousandfold of its start.
func within(rate, start uint256.Int) uint256.Int {
	low := part(start, 1, 1_000)
	low = sum(low, *uint256.NewInt(1))
	var high uint256.Int
	high.Mul(&start, uint256.NewInt(1_000))
	if rate.Lt(&low) {
		return low
	}
	return lesser(rate, high)
}

// setLanes opens new windows and applies the shocks of this epoch.
func (e *epoch) setLanes() {
	for i := range e.s.Snapshot.Lanes {
		lane, calm, bridge := &e.s.Snapshot.Lanes[i], &e.m.start.Lanes[i], &e.m.network.Bridges[i]
		lane.LatencyEpochs, lane.Halted, lane.Capacity = calm.LatencyEpochs, calm.Halted, calm.Capacity
		if (e.s.Epoch-1)%bridge.WindowEpochs == 0 {
			lane.Sent = uint256.Int{}
		}
		for j := range e.sim.scenario.BridgeShocks {
			shock := &e.sim.scenario.BridgeShocks[j]
			if !shock.has(e.s.Epoch) || !shock.hits(bridge) {
				continue
			}
			lane.LatencyEpochs += shock.LatencyPlus
			lane.Capacity = part(lane.Capacity, uint64(shock.CapacityBps), 10_000)
			lane.Halted = lane.Halted || shock.Halt || shock.CapacityBps == 0
		}
	}
}

func (b *BridgeShock) hits(bridge *Bridge) bool {
	there := bridge.From == b.Between[0] && bridge.To == b.Between[1]
	back := bridge.From == b.Between[1] && bridge.To == b.Between[0]
	return (there || back) && (b.Token == "" || b.Token == bridge.Token)
}

// guide lets the guide prices of guided pools follow the oracle, targets as they
// are, and mends the rounding that would stop a DSP.
func (e *epoch) guide() error {
	for i := range e.s.Snapshot.Pools {
		pool := &e.s.Snapshot.Pools[i]
		if pool.Kind == pmm.DSP {
			*pool, _ = pool.CorrectRState()
		}
		if !e.m.network.Pools[i].Guided {
			continue
		}
		fair, err := e.m.fair(e.values, e.m.base[i], e.m.quote[i])
		if err != nil {
			return err
		}
		if abs(apartPpm(pool.Curve.I, fair)) > int64(e.sim.scenario.OracleBps)*100 {
			pool.Curve.I = fair
		}
	}
	return nil
}

// arrive ends the transfers that are due: what is on its way for an order goes
// on, what is an arbitrageur's joins the rest.
func (e *epoch) arrive() {
	due := e.s.Flight
	e.s.Flight = nil
	for _, t := range due {
		switch {
		case t.Arrives > e.s.Epoch:
			e.s.Flight = append(e.s.Flight, t)
		case t.Owner == OfArbitrageur:
			e.stockUp(e.m.target[t.Bridge], t.Amount)
		default:
			if !e.follow(e.m.target[t.Bridge], t.Rest, t.Amount) {
				e.report.Orders.Refunded++
			}
		}
	}
}

// takeOrders draws, routes and executes the epoch's orders. Each flow draws three
// numbers, order or not.
func (e *epoch) takeOrders(r *rand.Rand) {
	for i := range e.sim.flows {
		f, plain := &e.sim.flows[i], &e.sim.scenario.Flows[i]
		comes, size, back := r.IntN(10_000) < plain.ChanceBps, paretoPpm(r.Float64()), 0
		if r.IntN(2) == 1 && plain.Both {
			back = 1
		}
		size, back = e.shocked(f, size, back)
		if comes {
			e.takeOrder(f, size, back)
		}
	}
}

// paretoPpm is a size in ppm of the mean: 1/2 of it over the root of a uniform
// number, and at most 20 times it. Roots and quotients are the same on every
// machine.
func paretoPpm(u float64) uint64 {
	return uint64(min(0.5/math.Sqrt(1-u), 20) * million)
}

// shocked applies the flow shocks of the epoch to an order.
func (e *epoch) shocked(f *flow, size uint64, back int) (uint64, int) {
	for _, shock := range e.sim.scenario.FlowShocks {
		if !shock.has(e.s.Epoch) {
			continue
		}
		for end, paths := range f.paths {
			if shock.OneWay && f.ends[end] == shock.Pays && paths != nil {
				back = end
			}
		}
		if f.ends[back] == shock.Pays {
			size = size * uint64(shock.SizeBps) / 10_000
		}
	}
	return size, back
}

func (e *epoch) takeOrder(f *flow, size uint64, back int) {
	from := f.at[back]
	units, _ := mulDiv(f.mean, *uint256.NewInt(size), *uint256.NewInt(million))
	order := Order{From: f.ends[back], To: f.ends[1-back], Pay: e.m.weiOf(&e.s.Snapshot, e.values, from, units)}
	e.report.Orders.Asked++
	if order.Pay.IsZero() || order.Pay.BitLen() > 112 {
		e.report.Orders.Refused++
		return
	}
	plan, err := e.m.route(&e.s.Snapshot, e.values, order, f.paths[back], e.sim.scenario.Limits.withDefaults())
	if err != nil {
		e.report.Orders.Refused++
		return
	}
	e.s.In[from] = sum(e.s.In[from], order.Pay)
	e.report.Orders.Value += e.value(from, order.Pay)
	for i := range plan.Legs {
		if !e.follow(from, plan.Legs[i].Path, plan.Legs[i].Pay) {
			e.report.Orders.Refunded++
		}
	}
}

// follow takes an order's payment along its path as far as it gets now: to the
// end, to a bridge, or to where it is refused and handed back as it is.
func (e *epoch) follow(at int, p Path, pay uint256.Int) (ok bool) {
	for i, hop := range p {
		if pay.IsZero() {
			break
		}
		_, to := e.m.ends(hop)
		if hop.bridge() {
			if e.ship(hop.Index, pay, OfOrder, p[i+1:]) {
				return true
			}
			e.leave(at, pay)
			return false
		}
		received, err := e.trade(hop.Index, hop.Side, pay, &e.report.Pools[hop.Index].Orders)
		if err != nil {
			e.leave(at, pay)
			return false
		}
		at, pay = to, received
	}
	e.leave(at, pay)
	return true
}

// ship sends an amount over a bridge.
func (e *epoch) ship(bridge int, pay uint256.Int, owner Owner, rest Path) bool {
	delivered, err := e.m.send(&e.s.Snapshot, bridge, pay)
	if err != nil {
		return false
	}
	e.s.Flight = append(e.s.Flight, Transfer{
		Bridge: bridge, Amount: delivered, Arrives: e.s.Epoch + e.s.Snapshot.Lanes[bridge].LatencyEpochs, Owner: owner, Rest: rest,
	})
	return true
}

func (e *epoch) leave(asset int, amount uint256.Int) {
	e.s.Out[asset] = sum(e.s.Out[asset], amount)
}

// trade sells to a pool and books it.
func (e *epoch) trade(i int, side pmm.Side, pay uint256.Int, book *Trades) (uint256.Int, error) {
	pool, quote, err := e.s.Snapshot.Pools[i].Swap(side, pay)
	if err != nil {
		return uint256.Int{}, err
	}
	e.s.Snapshot.Pools[i] = pool
	from, to := e.m.ends(Hop{i, side})
	paid := e.value(from, pay)
	book.Count++
	book.Volume += paid
	book.Edge += paid - e.value(to, quote.Receive)
	book.Fees += e.value(to, quote.LPFee) + e.value(to, quote.MTFee)
	book.Gas += float(e.m.swapGas[i]) / 1e18
	return quote.Receive, nil
}

// value is an amount in units.
func (e *epoch) value(asset int, amount uint256.Int) float64 {
	return float64(float(amount) * e.perWei[asset])
}

// keep shows each pool to the keeper and trades what it decides.
func (e *epoch) keep() error {
	for i := range e.s.Snapshot.Pools {
		deviation, fair, ok := e.deviation(i)
		if !ok {
			continue
		}
		off := 0
		if abs(deviation) > int64(e.sim.scenario.PegBandBps)*100 {
			off = e.s.OffPeg[i] + 1
		}
		base, quote := e.m.base[i], e.m.quote[i]
		side, pay := e.sim.keeper.Keep(Sight{
			Epoch: e.s.Epoch, Pool: i, State: e.s.Snapshot.Pools[i], Fair: fair, DeviationPpm: deviation, OffPeg: off,
			Base: e.s.Keeper[base], Quote: e.s.Keeper[quote],
		})
		if side == 0 || pay.IsZero() {
			continue
		}
		from, to := base, quote
		if side == pmm.SellQuote {
			from, to = quote, base
		}
		if err := check(
			rule{side <= pmm.SellQuote, "Keeper side", side, "must be a side, or 0"},
			rule{!e.s.Keeper[from].Lt(&pay), "Keeper pay", pay.Dec(), "must be at most what it holds, " + e.s.Keeper[from].Dec()},
		); err != nil {
			return err
		}
		if received, err := e.trade(i, side, pay, &e.report.Pools[i].Keeper); err == nil {
			e.s.Keeper[from] = diff(e.s.Keeper[from], pay)
			e.s.Keeper[to] = sum(e.s.Keeper[to], received)
		}
	}
	return nil
}

// deviation is how far a pool is from the fair price, and whether it has a price.
func (e *epoch) deviation(i int) (ppm int64, fair uint256.Int, ok bool) {
	fair, err := e.m.fair(e.values, e.m.base[i], e.m.quote[i])
	if err != nil {
		return 0, fair, false
	}
	mid, err := e.s.Snapshot.Pools[i].Mid()
	if err != nil || mid.IsZero() {
		return 0, fair, false
	}
	return apartPpm(mid, fair), fair, true
}

// maxApart is the largest deviation that is told apart, in ppm: a thousandfold.
const maxApart = 1_000 * million

// apartPpm is (price - fair) / fair in ppm, rounded towards zero.
func apartPpm(price, fair uint256.Int) int64 {
	if price.Lt(&fair) {
		ppm, _ := mulDiv(diff(fair, price), *uint256.NewInt(million), fair)
		return -int64(ppm.Uint64())
	}
	ppm, ok := mulDiv(diff(price, fair), *uint256.NewInt(million), fair)
	if !ok || !ppm.IsUint64() || ppm.Uint64() > maxApart {
		return maxApart
	}
	return int64(ppm.Uint64())
}

func abs(x int64) int64 { return max(x, -x) }

// measure writes down where the epoch leaves the pools.
func (e *epoch) measure() {
	band := int64(e.sim.scenario.PegBandBps) * 100
	for i := range e.s.Snapshot.Pools {
		report, c := &e.report.Pools[i], &e.s.Snapshot.Pools[i].Curve
		base, quote := e.value(e.m.base[i], c.B), e.value(e.m.quote[i], c.Q)
		report.Value = base + quote
		if report.Value > 0 {
			report.ShortSide = min(base, quote) / report.Value
		}
		ppm, _, ok := e.deviation(i)
		report.DeviationPpm, report.Priced = ppm, ok
		if !ok || abs(ppm) > band {
			e.s.OffPeg[i]++
		} else {
			e.s.OffPeg[i] = 0
		}
	}
	for _, t := range e.s.Flight {
		e.report.InFlight += e.value(e.m.target[t.Bridge], t.Amount)
	}
}
