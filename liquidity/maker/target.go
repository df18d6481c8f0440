package maker

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// want is an order that should stand.
type want struct {
	level         int
	price, amount decimal.Decimal
	worth         decimal.Decimal // price x amount
}

// rung is a [Rung] made ready: what is the same at every look.
type rung struct {
	factor decimal.Decimal // of the reference price
	amount decimal.Decimal // Base
}

func rungs(l Ladder, side exchange.Side) []rung {
	var ready []rung
	for _, r := range l.Rungs() {
		part := r.DistanceBps.Shift(-4)
		if side == exchange.Bid {
			part = part.Neg()
		}
		ready = append(ready, rung{short(one.Add(part)), short(r.Amount)})
	}
	return ready
}

// short drops zeros behind the point, which cost time at every look. Those before
// it stay, as in a journal: what is compared has the same form then.
func short(d decimal.Decimal) decimal.Decimal { return d.Normalize().Add(decimal.Decimal{}) }

// target returns what should stand on a side, the wall first, or why nothing
// should.
func (k *look) target(side exchange.Side) ([]want, Reason) {
	if k.ladder(side).Wall.IsZero() {
		return nil, NotOffered
	}
	distance, size, ok := k.lean(side)
	if !ok {
		return nil, Withheld
	}
	left := k.cap(side)
	if left != nil && !left.IsPositive() {
		return nil, FlowSpent
	}
	funds := k.funds(side)
	var wants []want
	further := distance.Shift(-4)
	for level, rung := range k.rungs[side] {
		w := want{level: level, price: k.limit(side, rung.factor, further), amount: rung.amount}
		if !size.Equal(one) {
			w.amount = w.amount.Mul(size)
		}
		if !w.price.IsPositive() {
			break
		}
		covered := k.cover(side, &w, &funds, left)
		if n := len(wants); n > 0 && w.amount.IsPositive() && wants[n-1].price.Equal(w.price) {
			wants[n-1].amount = wants[n-1].amount.Add(w.amount) // a tick wider than the ladder is dense
		} else if k.tradable(&w) {
			wants = append(wants, w)
		}
		if !covered {
			break
		}
	}
	if len(wants) == 0 {
		return nil, NoFunds
	}
	return wants, ""
}

func (e *Engine) ladder(side exchange.Side) Ladder {
	if side == exchange.Bid {
		return e.cfg.Bids
	}
	return e.cfg.Asks
}

// lean returns by how much a side is quoted further away than its ladder says, in
// bps, and which part of its amounts; false if not at all.
func (k *look) lean(side exchange.Side) (distance, size decimal.Decimal, ok bool) {
	size = one
	if k.cfg.AddFee && k.seen.Market.MakerFeeBps.IsPositive() {
		distance = k.seen.Market.MakerFeeBps
	}
	if peg := k.cfg.Band.Peg; !peg.IsZero() {
		off := k.ref.Sub(peg)
		if off.Abs().GreaterThan(bps(peg, k.cfg.Band.Bps)) {
			switch {
			case k.cfg.Band.Outside == Widen:
				distance = distance.Add(k.ladder(side).OffsetBps.Mul(k.cfg.Band.WidenBy.Sub(one)))
			case k.cfg.Band.Outside == Stop, off.IsPositive() != (side == exchange.Ask):
				return distance, size, false
			}
		}
	}
	excess := k.excess()
	if side == exchange.Ask {
		excess = excess.Neg()
	}
	if excess.IsPositive() && k.cfg.Skew.By == BySize {
		size = one.Sub(excess)
	}
	if excess.IsPositive() && k.cfg.Skew.By == BySpread {
		distance = distance.Add(k.cfg.Skew.MaxBps.Mul(excess))
	}
	return distance, size, size.IsPositive()
}

// leanPlaces of how one-sided an inventory is.
const leanPlaces = 6

// excess returns how far the inventory is from its target: 1 for as much too much
// Base as counts, -1 for as much too little.
func (k *look) excess() decimal.Decimal {
	if k.cfg.Skew.By == Even {
		return decimal.Decimal{}
	}
	base := k.seen.Base.Total().Mul(k.ref)
	all := base.Add(k.seen.Quote.Total())
	if !all.IsPositive() {
		return decimal.Decimal{}
	}
	x := base.DivRound(all, leanPlaces).Sub(k.cfg.Skew.Target).DivRound(k.cfg.Skew.Range, leanPlaces)
	return decimal.Max(one.Neg(), decimal.Min(one, x))
}

// limit returns the price at that part of the reference price, and further away
// from it by another part; rounded away from it to the tick, and never so that it
// would trade at once.
func (k *look) limit(side exchange.Side, factor, further decimal.Decimal) decimal.Decimal {
	if side == exchange.Bid {
		if !further.IsZero() {
			factor = factor.Sub(further)
		}
		price := k.tick.floor(k.ref.Mul(factor))
		if best := k.seen.BestAsk; best.IsPositive() && price.GreaterThanOrEqual(best) {
			price = k.tick.floor(best.Sub(k.tick.size))
		}
		return price
	}
	if !further.IsZero() {
		factor = factor.Add(further)
	}
	price := k.tick.ceil(k.ref.Mul(factor))
	if best := k.seen.BestBid; price.LessThanOrEqual(best) {
		price = k.tick.ceil(best.Add(k.tick.size))
	}
	return price
}

// cap returns what may stand on a side by its own limit and by the day's flow, in
// Base; nil is no limit.
func (k *look) cap(side exchange.Side) *decimal.Decimal {
	var left *decimal.Decimal
	shrink := func(to decimal.Decimal) {
		if left == nil || to.LessThan(*left) {
			left = &to
		}
	}
	if most := k.ladder(side).Max; most.IsPositive() {
		shrink(most)
	}
	if k.cfg.MaxFlow.IsPositive() {
		spent := k.next.Bought
		if side == exchange.Ask {
			spent = k.next.Sold
		}
		shrink(spent.Left(k.cfg.MaxFlow, k.seen.At))
	}
	return left
}

// funds returns what may stand on a side, in the asset that it pays with: what is
// free and what our own orders hold, without what is kept aside.
func (k *look) funds(side exchange.Side) decimal.Decimal {
	free := k.seen.Base.Free
	if side == exchange.Bid {
		free = k.seen.Quote.Free.Sub(k.next.Aside)
	}
	for i := range k.next.Intents {
		if o := &k.next.Intents[i]; o.Side == side {
			free = free.Add(holds(&o.Order))
		}
	}
	return free
}

// cover takes a want's money out of the funds and its amount out of what is left.
// What they do not cover, it shrinks to what they do, or drops if funds are
// missing for a part of the tail; then nothing further out is quoted.
func (k *look) cover(side exchange.Side, w *want, funds, left *decimal.Decimal) bool {
	asked := w.amount
	if left != nil {
		w.amount = decimal.Min(w.amount, *left)
	}
	w.amount = k.lot.floor(w.amount)
	cost := k.cost(side, w)
	short := cost.GreaterThan(*funds)
	switch {
	case short && w.level > 0:
		w.amount = decimal.Decimal{}
		return false
	case short:
		w.amount = decimal.Max(*funds, decimal.Zero)
		if side == exchange.Bid {
			w.amount, _ = w.amount.QuoRem(w.price, fundPlaces)
		}
		w.amount = k.lot.floor(w.amount)
		cost = k.cost(side, w)
	}
	*funds = funds.Sub(cost)
	if left != nil {
		*left = left.Sub(w.amount)
		short = short || !left.IsPositive() && w.amount.LessThan(asked)
	}
	return !short
}

// cost returns what a want takes of the asset that its side pays with, and
// remembers what it is worth.
func (k *look) cost(side exchange.Side, w *want) decimal.Decimal {
	w.worth = w.amount.Mul(w.price)
	if side == exchange.Bid {
		return w.worth
	}
	return w.amount
}

// fundPlaces of the Base that a fund can buy, rounded down: finer than any lot.
const fundPlaces = 18

func (k *look) tradable(w *want) bool {
	m := &k.seen.Market
	return w.amount.IsPositive() && w.amount.GreaterThanOrEqual(m.MinAmount) && w.worth.GreaterThanOrEqual(m.MinNotional)
}

// holds returns what an order that rests keeps of the asset that it pays with.
func holds(o *exchange.Order) decimal.Decimal {
	left := o.Amount
	if !o.Filled.IsZero() {
		left = o.Remaining()
	}
	if o.Side == exchange.Bid {
		return left.Mul(o.Price)
	}
	return left
}

// step is what prices or amounts are multiples of.
type step struct {
	size  decimal.Decimal
	tenth bool // 1, 0.1, 0.01 ...: then rounding is cheap
}

func stepOf(size decimal.Decimal) step {
	return step{size, size.Exponent() <= 0 && size.Coefficient().IsInt64() && size.Coefficient().Int64() == 1}
}

// floor rounds x down to a multiple of the step, and what is not positive to 0.
func (s step) floor(x decimal.Decimal) decimal.Decimal {
	switch {
	case !x.IsPositive():
		return decimal.Decimal{}
	case s.tenth && x.Exponent() >= s.size.Exponent(): // it is one
		return x
	case s.tenth:
		return x.RoundFloor(-s.size.Exponent())
	}
	steps, _ := x.QuoRem(s.size, 0)
	return steps.Mul(s.size)
}

// ceil rounds x up.
func (s step) ceil(x decimal.Decimal) decimal.Decimal {
	down := s.floor(x)
	if down.LessThan(x) {
		return down.Add(s.size)
	}
	return down
}
