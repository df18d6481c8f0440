package mesh

import (
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// arbitrage trades each pool, where it pays, to where a further unit would lose
// its fee: the fair price divided by 1 - fee, or times it.
func (e *epoch) arbitrage() {
	if e.sim.scenario.Arbitrage.Hub == 0 {
		return
	}
	for i := range e.s.Snapshot.Pools {
		if side, pay := e.mispriced(i); side != 0 {
			e.exploit(i, side, pay)
		}
	}
}

// mispriced is the sale that brings a pool back to within its fee of the fair
// price.
func (e *epoch) mispriced(i int) (side pmm.Side, pay uint256.Int) {
	pool := &e.s.Snapshot.Pools[i]
	fair, err := e.m.fair(e.values, e.m.base[i], e.m.quote[i])
	if err != nil {
		return 0, pay
	}
	mid, err := pool.Mid()
	if err != nil {
		return 0, pay
	}
	keeps := diff(ten18, sum(pool.LPFeeRate, pool.MTFeeRate)) // of what the curve gives
	high, ok := mulDiv(fair, ten18, keeps)
	low, _ := mulDiv(fair, keeps, ten18)
	to := low
	switch {
	case ok && high.Lt(&mid):
		to = high
	case mid.Lt(&low):
	default:
		return 0, pay
	}
	side, pay, err = pool.AmountToPrice(to)
	if err != nil {
		return 0, pay
	}
	return side, pay
}

// exploit makes the trade if it gains enough, as far as there is something to
// make it with.
func (e *epoch) exploit(i int, side pmm.Side, pay uint256.Int) {
	from, to := e.m.ends(Hop{i, side})
	if !e.sim.hub[from] {
		pay = lesser(pay, e.s.Stock[from])
	}
	if pay.IsZero() {
		return
	}
	quote, err := e.s.Snapshot.Pools[i].Quote(side, pay)
	if err != nil {
		return
	}
	least := float(sum(e.sim.minGain, e.m.swapGas[i])) / 1e18
	if e.value(to, quote.Receive)-e.value(from, pay) <= least {
		return
	}
	received, err := e.trade(i, side, pay, &e.report.Pools[i].Arbitrage)
	if err != nil {
		return
	}
	if e.sim.hub[from] {
		e.s.In[from] = sum(e.s.In[from], pay)
	} else {
		e.s.Stock[from] = diff(e.s.Stock[from], pay)
	}
	e.stockUp(to, received)
}

// stockUp gives arbitrageurs an amount; on the hub they sell it outside.
func (e *epoch) stockUp(asset int, amount uint256.Int) {
	if e.sim.hub[asset] {
		e.leave(asset, amount)
		return
	}
	e.s.Stock[asset] = sum(e.s.Stock[asset], amount)
}

// rebalance sends what arbitrageurs have too much of to the hub, and from there
// what they lack: above one and a half times what they mean to hold, and below
// half of it, what is on its way included.
func (e *epoch) rebalance() {
	if e.sim.scenario.Arbitrage.Hub == 0 {
		return
	}
	coming := make([]uint256.Int, len(e.s.Stock))
	for _, t := range e.s.Flight {
		if to := e.m.target[t.Bridge]; t.Owner == OfArbitrageur {
			coming[to] = sum(coming[to], t.Amount)
		}
	}
	for i := range e.m.network.Bridges {
		from, to := e.m.source[i], e.m.target[i]
		switch {
		case e.sim.hub[to] && !e.sim.hub[from]:
			e.empty(i, from)
		case e.sim.hub[from] && !e.sim.hub[to]:
			e.refill(i, from, to, coming[to])
		default: // not theirs
		}
	}
}

func (e *epoch) empty(bridge, from int) {
	want, have := e.sim.stock[from], e.s.Stock[from]
	if most := sum(want, part(want, 1, 2)); !most.Lt(&have) {
		return
	}
	surplus := lesser(diff(have, want), e.s.Snapshot.Lanes[bridge].room())
	if !surplus.IsZero() && e.ship(bridge, surplus, OfArbitrageur, nil) {
		e.s.Stock[from] = diff(have, surplus)
	}
}

func (e *epoch) refill(bridge, from, to int, coming uint256.Int) {
	want, have := e.sim.stock[to], sum(e.s.Stock[to], coming)
	if least := part(want, 1, 2); !have.Lt(&least) {
		return
	}
	lack := diff(want, have)
	source, target := int(e.m.decimals(from)), int(e.m.decimals(to))
	pay, ok := mulDiv(lack, pow10(source), pow10(target))
	if !ok {
		return
	}
	pay = lesser(pay, e.s.Snapshot.Lanes[bridge].room())
	if !pay.IsZero() && e.ship(bridge, pay, OfArbitrageur, nil) {
		e.s.In[from] = sum(e.s.In[from], pay)
	}
}
