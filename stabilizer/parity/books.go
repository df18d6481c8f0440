package parity

import "github.com/shopspring/decimal"

func (h Holding) of(a Asset) decimal.Decimal {
	if a == Base {
		return h.Base
	}
	return h.Quote
}

func (h Holding) add(a Asset, amount decimal.Decimal) Holding {
	if a == Base {
		h.Base = h.Base.Add(amount)
	} else {
		h.Quote = h.Quote.Add(amount)
	}
	return h
}

func (h Holding) plus(o Holding) Holding {
	return Holding{h.Base.Add(o.Base), h.Quote.Add(o.Quote)}
}

func (h Holding) minus(o Holding) Holding {
	return Holding{h.Base.Sub(o.Base), h.Quote.Sub(o.Quote)}
}

func (h Holding) equal(o Holding) bool { return h.Base.Equal(o.Base) && h.Quote.Equal(o.Quote) }

func (h Holding) isZero() bool { return h.Base.IsZero() && h.Quote.IsZero() }

// String is "BASE base, QUOTE quote".
func (h Holding) String() string { return h.Base.String() + " base, " + h.Quote.String() + " quote" }

// positive keeps what is above zero.
func (h Holding) positive() Holding {
	return Holding{decimal.Max(h.Base, decimal.Zero), decimal.Max(h.Quote, decimal.Zero)}
}

// trade books a leg, or takes that back.
func (b *Books) trade(l *Leg, undo bool) {
	sold, bought := l.assets()
	out, in := l.AmountIn.Neg(), l.Received
	if undo {
		out, in = out.Neg(), in.Neg()
	}
	b.Available[l.Chain] = b.Available[l.Chain].add(sold, out).add(bought, in)
	b.Earned = b.Earned.add(sold, out).add(bought, in)
}

// depart takes what is sent out of what is available.
func (b *Books) depart(t *Transfer) {
	b.Available[t.From] = b.Available[t.From].add(t.Asset, t.Amount.Neg())
}

// land makes what has come through, on that chain, available.
func (b *Books) land(t *Transfer, chain int, received decimal.Decimal) {
	b.Available[chain] = b.Available[chain].add(t.Asset, received)
	b.Earned = b.Earned.add(t.Asset, received.Sub(t.Amount))
}

// assets returns what an order sells and what it buys.
func (o *Order) assets() (sold, bought Asset) {
	if o.Side == Sell {
		return Base, Quote
	}
	return Quote, Base
}

// open opens the books with what both chains hold.
func (t *turn) open(seen *Observation) {
	if t.s.Opened || seen.Blocks[0] == nil || seen.Blocks[1] == nil {
		return
	}
	t.s.Opened = true
	for i, b := range seen.Blocks {
		held := Holding{b.Base, b.Quote}
		t.s.Books.Available[i] = held
		t.s.Books.Deposited = t.s.Books.Deposited.plus(held)
	}
}

// reconcile holds the balances of both chains against the books, and reports
// whether one is below what they allow for. While a leg is unresolved nothing is
// certain.
func (t *turn) reconcile() (short bool) {
	for _, a := range t.s.Arbs {
		if !a.settled() {
			return false
		}
	}
	flying := t.s.InFlight(0).plus(t.s.InFlight(1))
	for i, b := range t.seen.Blocks {
		missing, over := t.compare(i, b, flying)
		if t.s.Accepting {
			change := over.minus(missing)
			t.s.Books.Available[i] = t.s.Books.Available[i].plus(change)
			t.s.Books.Deposited = t.s.Books.Deposited.plus(change)
			missing, over = Holding{}, Holding{}
		}
		t.note(i, over)
		if !missing.isZero() {
			short = true
			t.alert(BalanceShort, t.name(i)+": "+missing.String())
		}
	}
	t.s.Accepting = false
	return short
}

// compare returns by how much a chain holds less than is available, and by how
// much more than that and all that is in flight, which may have arrived, or not
// have left, unseen.
func (t *turn) compare(chain int, b *Block, flying Holding) (missing, over Holding) {
	held, low := Holding{b.Base, b.Quote}, t.s.Books.Available[chain]
	return low.minus(held).positive(), held.minus(low.plus(flying)).positive()
}

// note remembers since when a balance is above the books, and says so when that
// lasts.
func (t *turn) note(chain int, over Holding) {
	was := t.s.Surplus[chain]
	switch {
	case over.isZero():
		t.s.Surplus[chain] = Discrepancy{}
		return
	case was.Since.IsZero():
		was.Since = t.now
	case t.now.Sub(was.Since) > t.cfg.ReconcileAfter:
		t.alert(BalanceSurplus, t.name(chain)+": "+over.String())
	}
	t.s.Surplus[chain] = Discrepancy{was.Since, over}
}

// spendable returns what of an asset can be traded or sent: what the books call
// available, if it is there, less what unresolved legs may take.
func (t *turn) spendable(chain int, a Asset) decimal.Decimal {
	free := t.s.Books.Available[chain].of(a)
	if b := t.seen.Blocks[chain]; b != nil {
		free = decimal.Min(free, Holding{b.Base, b.Quote}.of(a))
	}
	for _, arb := range t.s.Arbs {
		if l := arb.last(chain); !l.resolved() {
			if sold, _ := l.assets(); sold == a {
				free = free.Sub(l.AmountIn)
			}
		}
	}
	return free
}
