package maker

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// quote brings the orders nearer to what they should be.
func (k *look) quote() {
	k.d.Reason = k.next.Halted
	if k.d.Reason == "" && k.ref.IsZero() {
		k.d.Reason = NoPrice
	}
	switch k.d.Reason {
	case "":
		k.d.Reason = Quoting
		k.both()
	case NoPrice:
		k.blind()
	default:
		k.clear(exchange.Bid)
		k.clear(exchange.Ask)
	}
	if k.d.Bids == Withheld && k.d.Asks == Withheld && k.d.Reason == Quoting {
		k.d.Reason = OutOfBand
	}
	k.again()
	if k.cfg.Mode == DryRun {
		return
	}
	for i := range k.next.Intents {
		if o := &k.next.Intents[i]; o.Phase == Cancelling {
			k.d.Cancel = append(k.d.Cancel, o.ClientID)
		}
	}
}

// side says why a side is as it is.
func (k *look) side(side exchange.Side, why Reason) {
	if side == exchange.Bid {
		k.d.Bids = why
	} else {
		k.d.Asks = why
	}
}

// blind takes down the walls at once, since without a price nobody knows whether
// they are dangerous, and everything after a while.
func (k *look) blind() {
	all := !k.next.PriceAt.IsZero() && k.seen.At.Sub(k.next.PriceAt) >= k.cfg.CancelAll || k.next.PriceAt.IsZero()
	gone := 0
	for i := range k.next.Intents {
		if o := &k.next.Intents[i]; o.Phase != Cancelling && (all || o.Level == 0) {
			k.cancel(o)
			gone++
		}
	}
	if all && gone > 0 {
		k.alert(NoMarket, k.seen.Fault)
	}
	k.d.Bids, k.d.Asks = Withheld, Withheld
}

// clear takes down a side.
func (k *look) clear(side exchange.Side) {
	for i := range k.next.Intents {
		if o := &k.next.Intents[i]; o.Side == side {
			k.cancel(o)
		}
	}
	k.side(side, Withheld)
}

func (k *look) cancel(o *Intent) {
	if o.Phase != Cancelling {
		o.Phase, o.AskedAt = Cancelling, k.seen.At
	}
}

// both moves the side that has become dangerous, or that is incomplete, and
// leaves up what is harmless on the other until that is done.
func (k *look) both() {
	first, second := k.plan(exchange.Bid), k.plan(exchange.Ask)
	if second.dangerous && !first.dangerous || second.busy && !first.dangerous && !first.busy {
		first, second = second, first
	}
	whole := !first.dangerous && !first.busy
	k.move(&first, true)
	k.move(&second, whole)
}

// plan is what has to be done about one side.
type plan struct {
	side      exchange.Side
	wants     []want
	fit       []fit  // of each intent of this side that is not being cancelled
	why       Reason // there are none
	dangerous bool   // an order would trade at a price that it should not
	busy      bool   // orders are on their way, or missing
	unsure    bool   // nobody knows whether one was placed
}

func (k *look) plan(side exchange.Side) plan {
	p := plan{side: side, fit: make([]fit, len(k.next.Intents))}
	p.wants, p.why = k.target(side)
	standing := 0
	for i := range k.next.Intents {
		o := &k.next.Intents[i]
		if o.Side != side {
			continue
		}
		if o.Phase == Resting && p.at(o.Level) != nil {
			standing++
		}
		p.busy = p.busy || o.Phase != Resting
		p.unsure = p.unsure || o.Phase == Placing && o.Tries > 0
		if o.Phase != Cancelling {
			p.fit[i] = k.fit(o, &p)
			p.dangerous = p.dangerous || p.fit[i] == dangerous
		}
	}
	p.busy = p.busy || standing < len(p.wants)
	return p
}

// at returns what should stand at a level.
func (p *plan) at(level int) *want {
	if level < len(p.wants) && p.wants[level].level == level { // no tick swallowed a nearer one
		return &p.wants[level]
	}
	for i := range p.wants {
		if p.wants[i].level == level {
			return &p.wants[i]
		}
	}
	return nil
}

// fit is how an order stands to what should stand.
type fit uint8

const (
	fits      fit = iota // it is what it should be, within the tolerance
	misplaced            // it is not, and harmless
	dangerous            // it is nearer to the other side than it should, by more than the tolerance
)

// fit compares an order with its own target, or if there is no such order any
// more, with the first.
func (k *look) fit(o *Intent, p *plan) fit {
	if len(p.wants) == 0 {
		return dangerous
	}
	w, verdict := p.at(o.Level), fits
	if w == nil {
		w, verdict = &p.wants[0], misplaced
	}
	price, left := fix(o.Price), remaining(&o.Order)
	nearer, off := price.Gt(&w.price), apart(price, w.price)
	if o.Side == exchange.Ask {
		nearer = price.Lt(&w.price)
	}
	if off.Gt(&k.tolerance) && nearer {
		return dangerous
	}
	if missing := apart(left, w.amount); !missing.IsZero() {
		if may := part(w.amount, fix(k.cfg.ToleranceAmount)); missing.Gt(&may) {
			return misplaced
		}
	}
	if off.Gt(&k.tolerance) {
		return misplaced
	}
	return verdict
}

// move takes down the orders of a side that do not fit, if they are harmless only
// when it may and it is our turn, and puts up those that are missing.
func (k *look) move(p *plan, may bool) {
	why := p.why
	mine := k.turn()
	var taken [maxTail + 1]bool // by level
	var waits Reason
	p.busy = false
	for i := range k.next.Intents {
		o := &k.next.Intents[i]
		if o.Side != p.side {
			continue
		}
		taken[o.Level] = true
		switch {
		case o.Phase == Cancelling:
			p.busy = true
		case p.fit[i] == dangerous:
			k.cancel(o)
			p.busy = true
		case o.Phase == Placing:
			p.busy = true
		case p.fit[i] == fits:
		case may && mine:
			k.cancel(o)
			p.busy = true
		case may:
			waits = WaitTurn
		default:
			waits = WaitOther
		}
	}
	if why == "" && p.unsure {
		why = WaitAnswer
	} else if why == "" {
		k.place(p, &taken)
		why = waits
	}
	if why == "" && p.busy {
		why = Moving
	} else if why == "" {
		why = InPlace
	}
	k.side(p.side, why)
}

// turn reports whether it is ours among the makers of this market.
func (k *look) turn() bool {
	s := k.cfg.Stagger
	return s.Every == 0 || k.seen.At.UnixNano()/int64(s.Every)%int64(s.Slots) == k.slot
}

// place puts up what is missing, as far as what is free pays for it: what our
// cancelled orders held is free when they are seen to be gone.
func (k *look) place(p *plan, taken *[maxTail + 1]bool) {
	free := k.free(p.side)
	for i := range p.wants {
		w := &p.wants[i]
		if taken[w.level] {
			continue
		}
		p.busy = true
		paid := cost(p.side, w.price, w.amount)
		if paid.Gt(&free) {
			return
		}
		free = less(free, paid)
		k.next.Placed++
		o := exchange.Order{
			ClientID: k.name(k.next.Placed), Pair: k.cfg.Pair, Side: p.side,
			Price: decimalOf(w.price), Amount: decimalOf(w.amount), PostOnly: true,
		}
		k.d.Place = append(k.d.Place, o)
		if k.cfg.Mode == Live {
			k.next.Intents = append(k.next.Intents, Intent{Order: o, Level: w.level, Phase: Placing, AskedAt: k.seen.At})
		}
	}
}

// again sends what was not seen once more: under the same name it is placed once.
func (k *look) again() {
	for i := range k.next.Intents {
		if o := &k.next.Intents[i]; o.Phase == Placing && o.Tries > 0 {
			terms := o.Order
			terms.Filled = decimal.Decimal{}
			k.d.Place = append(k.d.Place, terms)
		}
	}
}
