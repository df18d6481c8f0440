package maker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
)

// Step learns what became of our orders, does what people ask for, works out what
// should be quoted, and moves only what differs from it. It implements
// evenkeel.Engine; an observation that is malformed or runs back in time is
// [ErrInvalid].
//
// When the price moves, the side that has become dangerous is moved first, while
// the other stays up. Nothing new is placed on a side while nobody knows whether
// an order of it was.
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := e.validate(&s, &seen); err != nil {
		return s, Decision{}, err
	}
	k := look{
		Engine: e, seen: &seen, next: s,
		tick: fix(seen.Market.Tick), lot: fix(seen.Market.Lot),
		minAmount: fix(seen.Market.MinAmount), minWorth: times(fix(seen.Market.MinNotional), tens[fixedPlaces]),
		bestBid: fix(seen.BestBid), bestAsk: fix(seen.BestAsk),
	}
	k.next.Intents = slices.Clone(s.Intents)
	if s.Since.IsZero() {
		k.next.Since = seen.At
	}
	k.watch(s)
	k.strays(k.learn())
	k.obey()
	k.price()
	k.count()
	k.quote()
	k.next.At = seen.At
	k.d.LastSeq = k.next.LastSeq
	return k.next, k.d, nil
}

// look is one step in progress.
type look struct {
	*Engine
	seen *Observation
	next State
	d    Decision

	ref decimal.Decimal // reference price; 0 without one

	at, tolerance       fixed // the reference price, and how far from its target a price may be
	tick, lot           fixed
	minAmount, minWorth fixed // of an order; worth is a product
	bestBid, bestAsk    fixed
}

func (k *look) alert(what Alarm, note string) { k.d.Alerts = append(k.d.Alerts, Alert{what, note}) }

// watch counts the time for which a wall stood on both sides: those that stood
// at the last look and stand now.
func (k *look) watch(s State) {
	if s.At.IsZero() {
		return
	}
	passed := k.seen.At.Sub(s.At)
	k.next.Earnings.Watched += passed
	var stood [2]bool
	for i := range s.Intents {
		o := &s.Intents[i]
		if o.Level == 0 && o.Phase == Resting && slices.ContainsFunc(k.seen.Open, func(open exchange.Order) bool { return open.ClientID == o.ClientID }) {
			stood[o.Side-exchange.Bid] = true
		}
	}
	if stood[0] && stood[1] {
		k.next.Earnings.BothWalls += passed
	}
}

// learn takes in what became of each order that we have not seen the end of, and
// returns the others that are open, by ClientID.
func (k *look) learn() map[string]*exchange.Order {
	open := make(map[string]*exchange.Order, len(k.seen.Open))
	for i := range k.seen.Open {
		open[k.seen.Open[i].ClientID] = &k.seen.Open[i]
	}
	kept := 0
	for n := range k.next.Intents {
		i := &k.next.Intents[n]
		o := open[i.ClientID]
		if o != nil {
			delete(open, i.ClientID)
		}
		if !k.follow(i, o) {
			continue
		}
		if kept < n {
			k.next.Intents[kept] = *i
		}
		kept++
	}
	k.next.Intents = k.next.Intents[:kept]
	return open
}

// follow reports whether there is anything left of an order to follow; o is what
// stands of it, nil if nothing does.
func (k *look) follow(i *Intent, o *exchange.Order) bool {
	if o != nil {
		k.fill(i, o.Filled)
		if i.Phase == Placing {
			i.Phase = Resting
		}
		i.Tries = 0
		return true
	}
	if o, ok := k.seen.Done[i.ClientID]; ok {
		k.fill(i, o.Filled)
		return false
	}
	if _, refused := k.seen.Refused[i.ClientID]; refused {
		return false
	}
	if slices.Contains(k.seen.Unknown, i.ClientID) {
		i.Tries = max(i.Tries, 1)
		return true
	}
	return k.miss(i)
}

// miss decides about an order that the venue knows nothing of. It may still be on
// its way there, so it is cancelled, and watched for, before it is forgotten.
func (k *look) miss(i *Intent) bool {
	i.Tries++
	waited := k.seen.At.Sub(i.AskedAt)
	switch {
	case i.Phase == Cancelling:
		return waited < k.cfg.GiveUp
	case i.Phase == Resting || i.Tries > k.cfg.MaxRetries || waited >= k.cfg.GiveUp:
		k.alert(GivenUp, i.ClientID)
		i.Phase, i.AskedAt = Cancelling, k.seen.At
	}
	return true
}

// fill books what an order has traded since the last look, at its limit: it only
// ever makes.
func (k *look) fill(i *Intent, filled decimal.Decimal) {
	if filled.IsZero() || !filled.GreaterThan(i.Filled) {
		return
	}
	traded := filled.Sub(i.Filled)
	i.Filled = filled
	value := traded.Mul(i.Price)
	e := &k.next.Earnings
	e.Fills++
	if i.Side == exchange.Bid {
		e.Bought, e.BoughtFor = e.Bought.Add(traded), e.BoughtFor.Add(value)
		k.next.Bought = flow(k.next.Bought, traded, k.seen.At)
		return
	}
	e.Sold, e.SoldFor = e.Sold.Add(traded), e.SoldFor.Add(value)
	k.next.Sold = flow(k.next.Sold, traded, k.seen.At)
	k.next.Aside = k.next.Aside.Add(value.Mul(k.cfg.KeepAside).Truncate(worthPlaces))
}

// flowEvery is how finely a day's flow is remembered. What falls into one such
// period counts until its end is a day ago: longer than it has to, never shorter.
const flowEvery = 10 * time.Minute

func flow(a reserve.Allowance, amount decimal.Decimal, now time.Time) reserve.Allowance {
	end := now.Truncate(flowEvery).Add(flowEvery)
	if n := len(a); n > 0 && a[n-1].At.Equal(end) {
		a = slices.Clone(a)
		a[n-1].Amount = a[n-1].Amount.Add(amount)
		return a
	}
	return a.Spend(amount, end)
}

// strays cancels orders that bear our name and that we know nothing of: of an
// earlier life, whose state was lost.
func (k *look) strays(others map[string]*exchange.Order) {
	tag := k.tag()
	strays := 0
	for i := range k.seen.Open { // in their order
		id := k.seen.Open[i].ClientID
		if others[id] != nil && len(id) == exchange.MaxClientID && strings.HasPrefix(id, tag) {
			k.d.Cancel = append(k.d.Cancel, id)
			strays++
		}
	}
	if strays > 0 {
		k.alert(Strays, strconv.Itoa(strays))
	}
}

// tag begins the name of every order of ours.
func (e *Engine) tag() string { return exchange.ClientID(e.cfg.Name, 0)[:4] }

// name is that of our nth order: tag, the second in which this life began, n.
func (k *look) name(n uint64) string {
	digits := func(n uint64) string { return strconv.FormatUint(n, 36) }
	return k.tag() + fmt.Sprintf("%07s%07s", digits(uint64(k.next.Since.Unix())), digits(n))
}

// obey answers the commands.
func (k *look) obey() {
	for _, c := range k.seen.Commands {
		if c.Seq <= k.next.LastSeq {
			continue
		}
		k.next.LastSeq = c.Seq
		answer := Answer{c.Seq, Done}
		switch {
		case c.By != "" && c.Do == Halt:
			if k.next.Halted == "" {
				k.next.Halted = Stopped
			}
		case c.By != "" && c.Do == Resume:
			k.next.Halted, k.next.Best = "", decimal.Decimal{}
		default:
			answer.Reply = Malformed
		}
		k.d.Answers = append(k.d.Answers, answer)
	}
}

// price takes the reference price if it is young enough.
func (k *look) price() {
	p := k.seen.Price
	if p == nil || k.seen.At.Sub(p.At).Abs() > k.cfg.MaxAge {
		return
	}
	k.ref, k.next.Price, k.next.PriceAt = p.Value, p.Value, k.seen.At
	k.d.Price = p.Value
	k.at, k.tolerance = fix(p.Value), fix(bps(p.Value, k.cfg.TolerancePriceBps))
}

// worthPlaces is to how many decimals an account is valued.
const worthPlaces = 8

// count values the account, and stops when it has lost too much.
func (k *look) count() {
	if k.ref.IsZero() {
		return
	}
	worth := k.seen.Base.Total().Mul(k.ref).Add(k.seen.Quote.Total()).Truncate(worthPlaces)
	k.next.Best = decimal.Max(k.next.Best, worth)
	lost := k.next.Best.Sub(worth)
	if k.cfg.MaxLoss.IsPositive() && lost.GreaterThan(k.cfg.MaxLoss) && k.next.Halted == "" {
		k.next.Halted = Lost
		k.alert(LossStop, lost.String())
	}
}
