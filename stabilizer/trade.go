package stabilizer

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

// guard returns what speaks against any trade now, or "".
func (t *turn) guard(b *Block) Reason {
	switch {
	case t.s.Count == 0:
		return InBand
	case t.s.Count < t.cfg.SustainBlocks:
		return Sustaining
	case b.Head > b.Number:
		return CatchingUp
	case t.s.LastExec > 0 && t.s.LastExec+t.cfg.MinBlocks > b.Number+1:
		return Cooldown
	}
	if limit := t.gasLimit(); limit.IsPositive() && b.GasGwei.GreaterThan(limit) {
		return Gas
	}
	return ""
}

// gasLimit returns the most that gas may cost now, gwei; 0 is no limit. Far off
// the peg dear gas must not silence us.
func (t *turn) gasLimit() decimal.Decimal {
	if t.cfg.MaxGasGwei.IsPositive() && t.e.Cmp(t.cfg.EmergencyBps) >= 0 {
		return t.cfg.EmergencyGasGwei
	}
	return t.cfg.MaxGasGwei
}

// holdFor holds, and tells a person if the reason is one that should not last.
func (t *turn) holdFor(r Reason) {
	t.say(Hold, r)
	if slices.Contains([]Reason{Gas, PriceInvalid, OracleStale, OracleDivergence, NoPrivateRoute}, r) {
		t.alert(Held, string(r))
	}
}

// trade sizes a trade and decides on it.
func (t *turn) trade(b *Block) {
	size, refused := t.size(b)
	if refused != "" {
		t.holdFor(refused)
		return
	}
	if t.cfg.ProfitGuard || t.cfg.DailyLossBudget.IsPositive() {
		t.d.PnL = t.expect(size)
	}
	switch {
	case t.cfg.ProfitGuard && t.d.PnL.LessThan(t.cfg.MinProfit):
		t.holdFor(Unprofitable)
		return
	case !t.routed(b):
		t.holdFor(NoPrivateRoute)
		return
	case t.overBudget():
		t.halt(LossBudget)
		return
	}
	if b.FlowPerMin.IsPositive() && t.cfg.Shortfall(size, b.FlowPerMin).IsPositive() {
		t.alert(CantileverShortfall, "need s = "+t.cfg.NeededSize(b.FlowPerMin).String())
	}
	if t.s.Misses == 0 { // else it is the same trade, tried again
		t.s.Untraded = 0
	}
	t.s.Engaged = t.s.Sign
	t.s.Seq++
	in := &Intent{Order: t.order(b, size), Since: b.Number, Worth: b.Target.Value, PnL: t.d.PnL}
	if t.cfg.DryRun {
		// as if it were mined at once and whole
		t.say(DryTrade, Rebalance)
		in.Dry, in.Settled, in.Outcome, in.Filled = true, b.Number+1, Mined, size
		t.s.LastExec = b.Number + 1
	} else {
		t.say(Trade, Rebalance)
	}
	t.forget(b.Number)
	t.s.Intents = append(t.s.Intents, in)
	t.send(in)
}

// size returns how much to trade: k × e + ki × I, shrunk by each limit in turn
// and floored to the lot, or the reason why that is too little.
func (t *turn) size(b *Block) (size decimal.Decimal, refused Reason) {
	cfg := &t.cfg
	size = cfg.UnitsPerBps.Mul(t.e)
	if cfg.UnitsPerBpsBlock.IsPositive() {
		size = size.Add(cfg.UnitsPerBpsBlock.Mul(t.s.Integral))
	}
	limit := func(name Reason, room decimal.Decimal) {
		if refused != "" || room.Cmp(size) >= 0 {
			return
		}
		size = decimal.Max(room, decimal.Zero)
		t.d.Limits = append(t.d.Limits, name)
		if floorTo(size, cfg.Lot).LessThan(cfg.MinTrade) {
			refused = name
		}
	}
	if b.Market != nil {
		limit(PoolFar, cfg.UnitsPerBps.Mul(cfg.HaltBps))
	}
	limit(NoOvershoot, t.d.SpotBps.Abs().Mul(cfg.DepthUnitsPerBps))
	if cfg.BlockCap.IsPositive() {
		limit(BlockCap, minus(cfg.BlockCap, b.CapUsed))
	}
	if cfg.WindowCap.IsPositive() {
		limit(WindowCap, minus(cfg.WindowCap, t.volume(b.Number)))
	}
	t.limitInventory(b, limit)
	if cfg.ImpactBpsPerUnit.IsPositive() {
		limit(Slippage, t.slipRoom)
	}
	t.s.Bound = len(t.d.Limits) > 0
	if refused != "" {
		return size, refused
	}
	if size = floorTo(size, cfg.Lot); size.LessThan(cfg.MinTrade) {
		return size, Dust
	}
	return size, ""
}

// limitInventory keeps the floor of the token sold and the ceiling of the token
// bought. Amounts of Quote become Base at the pool's price.
func (t *turn) limitInventory(b *Block, limit func(Reason, decimal.Decimal)) {
	inBase := func(quote decimal.Decimal) decimal.Decimal {
		base, _ := quote.QuoRem(b.Pool, scale)
		return base
	}
	base, quote := &t.cfg.Base, &t.cfg.Quote
	if t.s.Sign > 0 {
		limit(Inventory, minus(b.Base, base.Floor))
		if quote.Max.IsPositive() {
			limit(InventoryMax, inBase(minus(quote.Max, b.Quote)))
		}
		return
	}
	limit(Inventory, inBase(minus(b.Quote, quote.Floor)))
	if base.Max.IsPositive() {
		limit(InventoryMax, minus(base.Max, b.Base))
	}
}

// volume is what was traded in the window that ends with the inclusion block.
func (t *turn) volume(number uint64) decimal.Decimal {
	var sum decimal.Decimal
	for _, in := range t.s.Intents {
		if t.inWindow(in.Settled, number) {
			sum = sum.Add(in.Filled)
		}
	}
	for _, f := range t.s.Fills {
		if t.inWindow(f.Block, number) {
			sum = sum.Add(f.Size)
		}
	}
	return sum
}

// expect returns what a trade should earn, in units of Base: it is done at the
// spot's distance from the target, less half its own impact, the fee and gas.
func (t *turn) expect(size decimal.Decimal) decimal.Decimal {
	margin := t.d.SpotBps.Abs().Sub(t.cfg.ImpactBpsPerUnit.Mul(size).Mul(half)).Sub(t.cfg.FeeBps)
	return size.Mul(margin).Shift(-4).Sub(t.cfg.GasCost).RoundBank(bpsScale)
}

// routed reports whether the whole trade has a way to go: both legs or none.
func (t *turn) routed(b *Block) bool {
	if b.PublicOnly && !t.cfg.AllowPublic {
		return false
	}
	if t.cfg.AnchorBandBps.IsPositive() && b.AnchorBps.Abs().GreaterThan(t.cfg.AnchorBandBps) {
		return false
	}
	return !slices.ContainsFunc(t.cfg.Route, func(l Leg) bool { return slices.Contains(b.Down, l) })
}

// overBudget reports whether a trade could bring the day's losses over the
// budget.
func (t *turn) overBudget() bool {
	if !t.cfg.DailyLossBudget.IsPositive() {
		return false
	}
	return t.s.Spent.Sub(decimal.Min(t.d.PnL, decimal.Zero)).GreaterThan(t.cfg.DailyLossBudget)
}

// order writes the trade down as it will be sent.
func (t *turn) order(b *Block, size decimal.Decimal) Order {
	id := make([]byte, 0, 128)
	id = append(append(append(id, t.cfg.Pair.Base...), '/'), t.cfg.Pair.Quote...)
	id = strconv.AppendUint(append(id, ':'), b.Number, 10)
	id = append(append(id, ':'), b.Hash...)
	id = strconv.AppendUint(append(id, ':'), t.s.Seq, 10)
	o := Order{
		ID: string(id), Side: Sell, Size: size, Route: t.cfg.Route,
		MinOutBps: t.minOutBps, Deadline: b.Number + t.cfg.DeadlineBlocks, Public: b.PublicOnly,
		GasGwei: t.offer(b.GasGwei, t.s.Misses), Bump: t.bump(t.s.Misses),
	}
	worth := size.Mul(b.Pool) // in Quote
	if t.s.Sign > 0 {
		o.AmountIn, o.MinOut = size, worth.Mul(o.MinOutBps).Shift(-4).Truncate(scale)
	} else {
		o.Side = Buy
		o.AmountIn, o.MinOut = worth.Truncate(scale), size.Mul(o.MinOutBps).Shift(-4).Truncate(scale)
	}
	return o
}
