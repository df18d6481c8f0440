package maker

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// want is an order that should stand.
type want struct {
	level         int
	price, amount fixed
}

// rung is a [Rung] made ready: what is the same at every look.
type rung struct {
	factor fixed // of the reference price, rounded away from it
	amount fixed // Base
}

func rungs(l Ladder, side exchange.Side) []rung {
	var ready []rung
	for _, r := range l.Rungs() {
		part := r.DistanceBps.Shift(-4)
		if side == exchange.Bid {
			ready = append(ready, rung{fix(one.Sub(part)), fix(r.Amount)})
		} else {
			ready = append(ready, rung{fixUp(one.Add(part)), fix(r.Amount)})
		}
	}
	return ready
}

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
	if left.IsZero() {
		return nil, FlowSpent
	}
	funds := k.funds(side)
	wants := make([]want, 0, len(k.rungs[side]))
	further, share := fixUp(distance.Shift(-4)), fix(size)
	for level, rung := range k.rungs[side] {
		w := want{level, k.limit(side, rung.factor, further), rung.amount}
		if !size.Equal(one) {
			w.amount = part(w.amount, share)
		}
		if w.price.IsZero() {
			break
		}
		covered := k.cover(side, &w, &funds, &left)
		if n := len(wants); n > 0 && !w.amount.IsZero() && wants[n-1].price == w.price {
			wants[n-1].amount.Add(&wants[n-1].amount, &w.amount) // a tick wider than the ladder is dense
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
// would trade at once. 0 is none.
func (k *look) limit(side exchange.Side, factor, further fixed) fixed {
	if side == exchange.Bid {
		price := floor(part(k.at, less(factor, further)), k.tick)
		if best := k.bestAsk; !best.IsZero() && !price.Lt(&best) {
			price = floor(less(best, k.tick), k.tick)
		}
		return price
	}
	factor.Add(&factor, &further)
	price := ceil(partUp(k.at, factor), k.tick)
	if best := k.bestBid; !price.Gt(&best) {
		best.Add(&best, &k.tick)
		price = ceil(best, k.tick)
	}
	return price
}

// cap returns what may stand on a side by its own limit and by the day's flow, in
// Base.
func (k *look) cap(side exchange.Side) fixed {
	left := unlimited
	if most := k.ladder(side).Max; most.IsPositive() {
		left = fix(most)
	}
	if k.cfg.MaxFlow.IsPositive() {
		spent := k.next.Bought
		if side == exchange.Ask {
			spent = k.next.Sold
		}
		left = least(left, fix(spent.Left(k.cfg.MaxFlow, k.seen.At)))
	}
	return left
}

// funds returns what may stand on a side, as [cost] counts: what is free and what
// our own orders hold, without what is kept aside.
func (k *look) funds(side exchange.Side) fixed {
	funds := k.free(side)
	for i := range k.next.Intents {
		if o := &k.next.Intents[i]; o.Side == side {
			held := cost(side, fix(o.Price), remaining(&o.Order))
			funds.Add(&funds, &held)
		}
	}
	return funds
}

// free returns what a side can be paid with that no order holds, as [cost] counts.
func (k *look) free(side exchange.Side) fixed {
	if side == exchange.Bid {
		return times(fix(k.seen.Quote.Free.Sub(k.next.Aside)), tens[fixedPlaces])
	}
	return fix(k.seen.Base.Free)
}

// cost returns what an order takes of the asset that its side pays with: of Quote
// a product, of Base the amount.
func cost(side exchange.Side, price, amount fixed) fixed {
	if side == exchange.Bid {
		return times(price, amount)
	}
	return amount
}

func remaining(o *exchange.Order) fixed { return less(fix(o.Amount), fix(o.Filled)) }

// cover takes a want's money out of the funds and its amount out of what is left.
// What they do not cover, it shrinks to what they do, or drops if funds are
// missing for a part of the tail; then nothing further out is quoted.
func (k *look) cover(side exchange.Side, w *want, funds, left *fixed) bool {
	asked := w.amount
	w.amount = floor(least(asked, *left), k.lot)
	paid := cost(side, w.price, w.amount)
	short := paid.Gt(funds)
	switch {
	case short && w.level > 0:
		w.amount = fixed{}
		return false
	case short:
		w.amount = *funds
		if side == exchange.Bid {
			w.amount.Div(funds, &w.price)
		}
		w.amount = floor(w.amount, k.lot)
		paid = cost(side, w.price, w.amount)
	}
	*funds, *left = less(*funds, paid), less(*left, w.amount)
	return !short && (!left.IsZero() || !w.amount.Lt(&asked))
}

func (k *look) tradable(w *want) bool {
	worth := times(w.price, w.amount)
	return !w.amount.IsZero() && !w.amount.Lt(&k.minAmount) && !worth.Lt(&k.minWorth)
}
