package parity

import (
	"strconv"

	"github.com/shopspring/decimal"
)

// guard returns what speaks against any trade now, or "".
func (t *turn) guard() Reason {
	if t.s.Sign == 0 {
		return InBand
	}
	for _, n := range t.s.Counts {
		if n < t.cfg.SustainBlocks {
			return Sustaining
		}
	}
	for i := range t.cfg.Chains {
		if r := t.wait(i); r != "" {
			return r
		}
	}
	return ""
}

// wait returns why a chain cannot be traded on now, or "".
func (t *turn) wait(chain int) Reason {
	last := t.s.LastExec[chain]
	if last > 0 && last+t.cfg.Chains[chain].MinBlocks > t.seen.Blocks[chain].Number+1 {
		return Cooldown
	}
	if t.dearGas(chain) {
		return Gas
	}
	return ""
}

func (t *turn) dearGas(chain int) bool {
	limit := t.cfg.Chains[chain].MaxGasGwei
	return limit.IsPositive() && t.seen.Blocks[chain].GasGwei.GreaterThan(limit)
}

// dear is the chain on which the token costs more, cheap the other.
func (t *turn) dear() int {
	if t.s.Sign > 0 {
		return 0
	}
	return 1
}

// trade sizes both legs and decides on them: both or none.
func (t *turn) trade() {
	size, refused := t.size()
	if refused != "" {
		t.holdFor(refused)
		if refused == Inventory {
			t.alert(BufferExhausted, t.d.SpreadBps.String()+" bps")
		}
		return
	}
	if t.d.PnL = t.expect(size); t.d.PnL.LessThan(t.cfg.MinProfit) {
		t.holdFor(Unprofitable)
		return
	}
	t.s.Seq++
	a := &Arb{ID: t.id(), Size: size, Sign: t.s.Sign}
	if t.cfg.DryRun {
		t.say(DryTrade, Spread)
		a.Legs = []*Leg{{Order: t.order(a, t.dear())}, {Order: t.order(a, 1-t.dear())}}
		for _, l := range a.Legs {
			t.d.Orders = append(t.d.Orders, l.Order)
			t.s.LastExec[l.Chain] = l.Deadline
		}
		return
	}
	t.say(Trade, Spread)
	t.s.Arbs = append(t.s.Arbs, a)
	t.send(a, t.dear())
	t.send(a, 1-t.dear())
}

// size returns how much to trade, shrunk by each limit in turn, or the reason why
// that is too little.
func (t *turn) size() (size decimal.Decimal, refused Reason) {
	size = t.e.Sub(t.cfg.ExitBps).Mul(t.depth)
	limit := func(name Reason, room decimal.Decimal) {
		if refused != "" || room.Cmp(size) >= 0 {
			return
		}
		size = decimal.Max(room, decimal.Zero)
		t.d.Limits = append(t.d.Limits, name)
		if size.Truncate(t.cfg.Decimals).LessThan(t.cfg.MinTrade) {
			refused = name
		}
	}
	dear, cheap := t.dear(), 1-t.dear()
	limit(Inventory, t.spendable(dear, Base).Sub(t.cfg.Chains[dear].Floor.Base))
	limit(Inventory, t.worth(cheap, Quote, t.spendable(cheap, Quote).Sub(t.cfg.Chains[cheap].Floor.Quote)))
	if lane := t.seen.Blocks[cheap].Lane; lane != nil {
		limit(LaneFull, lane.Base) // what is bought there has to come back
	}
	if lane := t.seen.Blocks[dear].Lane; lane != nil {
		limit(LaneFull, t.worth(dear, Quote, lane.Quote))
	}
	limit(Slippage, t.cfg.MaxSlippageBps.Mul(t.cfg.Chains[0].UnitsPerBps))
	limit(Slippage, t.cfg.MaxSlippageBps.Mul(t.cfg.Chains[1].UnitsPerBps))
	limit(Cap, t.cfg.MaxTrade)
	if refused != "" {
		return size, refused
	}
	if size = size.Truncate(t.cfg.Decimals); size.LessThan(t.cfg.MinTrade) {
		return size, Dust
	}
	return size, ""
}

// expect returns what an arb should earn, in units of Base: the spread less half
// of what the arb itself closes of it, fees and the way back.
func (t *turn) expect(size decimal.Decimal) decimal.Decimal {
	margin := t.e.Sub(quo(size, t.depth).Mul(half)).Sub(t.cfg.FeeBps).Sub(t.cfg.RebalanceBps)
	return size.Mul(margin).Shift(-4).Sub(t.cfg.GasCost).RoundBank(bpsScale)
}

// id names what Seq counts. The block keeps apart what a lost journal would
// count twice.
func (t *turn) id() string {
	c := &t.cfg.Chains
	return "parity:" + strconv.FormatUint(c[0].ID, 10) + "-" + strconv.FormatUint(c[1].ID, 10) + ":" + t.cfg.Pair.String() +
		":" + strconv.FormatUint(t.s.Heads[0].Number, 10) + ":" + strconv.FormatUint(t.s.Seq, 10)
}

// send appends an attempt at a leg and puts it into the decision.
func (t *turn) send(a *Arb, chain int) {
	l := &Leg{Order: t.order(a, chain)}
	a.Legs = append(a.Legs, l)
	t.d.Orders = append(t.d.Orders, l.Order)
}

// order writes a leg down as it will be sent, at the pool's price of now.
func (t *turn) order(a *Arb, chain int) Order {
	b := t.seen.Blocks[chain]
	o := Order{Chain: chain, Size: a.Size, Deadline: b.Number + t.cfg.DeadlineBlocks, GasGwei: t.offer(chain)}
	least := whole.Sub(t.cfg.MaxSlippageBps)
	worth := a.Size.Mul(b.Pool)
	if (chain == 0) == (a.Sign > 0) {
		o.Side, o.AmountIn, o.MinOut = Sell, a.Size, worth.Mul(least).Shift(-4).Truncate(t.cfg.Decimals)
	} else {
		o.Side, o.AmountIn = Buy, worth.Truncate(t.cfg.Decimals)
		o.MinOut = a.Size.Mul(least).Shift(-4).Truncate(t.cfg.Decimals)
	}
	o.ID = a.ID + ":" + strconv.Itoa(chain) + ":" + strconv.Itoa(a.tries(chain)+1)
	return o
}

// offer returns what a unit of gas may cost: a fifth more than now, since a base
// fee rises by at most an eighth from block to block (EIP-1559), but no more than
// the guard allows.
func (t *turn) offer(chain int) decimal.Decimal {
	gas := t.seen.Blocks[chain].GasGwei.Mul(gasMargin).RoundUp(gweiScale)
	if limit := t.cfg.Chains[chain].MaxGasGwei; limit.IsPositive() {
		gas = decimal.Min(gas, limit)
	}
	return gas
}

// tries counts the attempts at a leg.
func (a *Arb) tries(chain int) int {
	n := 0
	for _, l := range a.Legs {
		if l.Chain == chain {
			n++
		}
	}
	return n
}
