package liquidity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// Fund is the double-entry book of one provider's money, in units of the
// currency, all >= 0. After every step
//
//	Free + Reserved + Lent + Losses = Contributed - Redeemed + Interest
//
// where Reserved is what live injections hold and Lent what the banks' loans
// have outstanding; a difference trips the switch of all.
type Fund struct {
	Provider string
	Free     decimal.Decimal // may be lent
	Reserved decimal.Decimal `json:",omitzero"`
	Lent     decimal.Decimal `json:",omitzero"`
	Losses   decimal.Decimal `json:",omitzero"` // written off

	Contributed, Redeemed decimal.Decimal // as far as the provider said and the book could follow
	Interest              decimal.Decimal `json:",omitzero"` // received

	Failures  int       `json:",omitzero"` // transfers in a row
	OpenUntil time.Time `json:",omitzero"` // the circuit breaker lets nothing through until then
	Probing   bool      `json:",omitzero"` // one transfer finds out whether it may close
}

// balance returns by how much the two sides of the book differ.
func (f *Fund) balance() decimal.Decimal {
	return f.Free.Add(f.Reserved).Add(f.Lent).Add(f.Losses).Sub(f.Contributed).Add(f.Redeemed).Sub(f.Interest)
}

// source is a fund as it may be drawn on in this step.
type source struct {
	*Fund
	seen *Provider // nil if the provider was not
}

// usable returns how much one transfer may take from it now.
func (s source) usable(at time.Time) decimal.Decimal {
	if s.seen == nil || s.seen.Down || s.Probing || at.Before(s.OpenUntil) {
		return decimal.Decimal{}
	}
	most := s.Free
	if !s.seen.Max.IsZero() {
		most = decimal.Min(most, s.seen.Max)
	}
	if most.LessThan(s.seen.Min) || !most.IsPositive() {
		return decimal.Decimal{}
	}
	return most
}

// fund books what the providers put in and took out since the last step, and
// opens a book for one that is new.
func (k *look) fund() {
	funds := make([]Fund, 0, max(len(k.next.Funds), len(k.seen.Providers)))
	for i := range k.seen.Providers {
		p := &k.seen.Providers[i]
		for len(k.next.Funds) > 0 && k.next.Funds[0].Provider < p.ID {
			funds, k.next.Funds = append(funds, k.next.Funds[0]), k.next.Funds[1:]
		}
		f := Fund{Provider: p.ID}
		if len(k.next.Funds) > 0 && k.next.Funds[0].Provider == p.ID {
			f, k.next.Funds = k.next.Funds[0], k.next.Funds[1:]
		}
		k.count(&f, p)
		funds = append(funds, f)
	}
	k.next.Funds = append(funds, k.next.Funds...)
	k.sources = make([]source, len(k.next.Funds))
	for i := range k.next.Funds {
		k.sources[i].Fund = &k.next.Funds[i]
		at, ok := slices.BinarySearchFunc(k.seen.Providers, k.next.Funds[i].Provider, func(p Provider, id string) int { return strings.Compare(p.ID, id) })
		if ok {
			k.sources[i].seen = &k.seen.Providers[at]
		}
	}
}

// count books a provider's totals, as far as that is possible.
func (k *look) count(f *Fund, p *Provider) {
	in, out := p.Contributed.Sub(f.Contributed), p.Redeemed.Sub(f.Redeemed)
	switch free := f.Free.Add(in).Sub(out); {
	case in.IsNegative() || out.IsNegative():
		k.trip(TotalFell, fmt.Sprintf("%s: contributed %s after %s, redeemed %s after %s", p.ID, p.Contributed, f.Contributed, p.Redeemed, f.Redeemed))
	case free.IsNegative():
		k.trip(Overdrawn, fmt.Sprintf("%s: redeemed %s more than is free", p.ID, free.Neg()))
	default:
		f.Free, f.Contributed, f.Redeemed = free, p.Contributed, p.Redeemed
	}
}

// draw divides an amount between the funds, from the fullest first so that it
// needs few transfers. What none of them takes is left out.
func (k *look) draw(amount decimal.Decimal) []Leg {
	var legs []Leg
	for amount.IsPositive() && len(legs) < len(k.sources) {
		var best *source
		var most decimal.Decimal
		for i := range k.sources {
			s := &k.sources[i]
			if can := s.usable(k.seen.At); can.GreaterThan(most) && amount.GreaterThanOrEqual(s.seen.Min) && !drawn(legs, s.Provider) {
				best, most = s, can
			}
		}
		if best == nil {
			break
		}
		part := decimal.Min(amount, most)
		legs = append(legs, Leg{Provider: best.Provider, Amount: part, Phase: Reserved})
		amount = amount.Sub(part)
	}
	return legs
}

func drawn(legs []Leg, provider string) bool {
	return slices.ContainsFunc(legs, func(l Leg) bool { return l.Provider == provider })
}

// hold reserves a leg.
func (k *look) hold(l *Leg, cause Cause) {
	f := k.book(l.Provider)
	f.Free, f.Reserved = f.Free.Sub(l.Amount), f.Reserved.Add(l.Amount)
	f.Probing = f.Failures >= k.cfg.BreakerFailures
	k.room.take(l.Amount, cause)
}

// settle books a leg that has moved its money.
func (k *look) settle(b *bank, a *Action, n int) {
	l, acct := &a.Legs[n], b.acct
	f := k.book(l.Provider)
	l.Phase, l.SettledAt = Settled, k.seen.At
	acct.Version++
	if a.Side == Withdraw {
		f.Lent, f.Free, f.Interest = f.Lent.Sub(l.Amount), f.Free.Add(l.Amount).Add(l.Interest), f.Interest.Add(l.Interest)
		acct.repaid(l.Loan.ID, l.Amount)
		return
	}
	f.Reserved, f.Lent = f.Reserved.Sub(l.Amount), f.Lent.Add(l.Amount)
	f.Failures, f.Probing, f.OpenUntil = 0, false, time.Time{}
	loan := Loan{
		ID: a.transfer(n), Provider: l.Provider, Principal: l.Amount, Outstanding: l.Amount,
		RateBps: k.cfg.RateBps, HaircutBps: k.cfg.HaircutBps, At: k.seen.At, Due: k.seen.At.Add(k.cfg.Term),
	}
	if k.cfg.Secured {
		loan.Collateral = k.pledge(l.Amount)
	}
	acct.Loans = append(acct.Loans, loan)
	acct.Spent = acct.Spent.Spend(l.Amount, k.seen.At)
	if a.Cause == Predicted {
		acct.Foreseen = acct.Foreseen.Spend(l.Amount, k.seen.At)
	}
}

// fail books a leg that has moved nothing and never will.
func (k *look) fail(b *bank, a *Action, n int) {
	l := &a.Legs[n]
	l.Phase = Failed
	b.acct.Version++
	if a.Side == Withdraw {
		return
	}
	f := k.book(l.Provider)
	f.Free, f.Reserved = f.Free.Add(l.Amount), f.Reserved.Sub(l.Amount)
	f.Failures, f.Probing = f.Failures+1, false
	if f.Failures >= k.cfg.BreakerFailures {
		f.OpenUntil = k.seen.At.Add(k.cfg.BreakerWait)
		k.alert(BreakerOpen, "", f.Provider)
	}
}

// reverse books a settled leg whose money came back. Where the books cannot
// follow, people have to.
func (k *look) reverse(b *bank, a *Action, n int) {
	l, acct := &a.Legs[n], b.acct
	f := k.book(l.Provider)
	if a.Side == Withdraw {
		back := l.Amount.Add(l.Interest)
		if f.Free.LessThan(back) {
			k.trip(Overdrawn, fmt.Sprintf("%s: has to return %s and has %s free", a.transfer(n), back, f.Free))
			return
		}
		f.Free, f.Lent, f.Interest = f.Free.Sub(back), f.Lent.Add(l.Amount), f.Interest.Sub(l.Interest)
		acct.owesAgain(*l.Loan, l.Amount)
	} else {
		i := slices.IndexFunc(acct.Loans, func(loan Loan) bool { return loan.ID == a.transfer(n) })
		if i < 0 || !acct.Loans[i].Outstanding.Equal(l.Amount) || acct.returning(a.transfer(n)).IsPositive() {
			k.tripBank(b, LateReversal, a.transfer(n))
			return
		}
		acct.Loans = slices.Delete(acct.Loans, i, i+1)
		f.Lent, f.Free = f.Lent.Sub(l.Amount), f.Free.Add(l.Amount)
	}
	l.Phase = Reversed
	acct.Version++
}

// book returns the fund of a provider. There is one for each that was ever drawn
// on; in a state where one is missing all the same, audit finds it out.
func (k *look) book(provider string) *Fund {
	i, ok := slices.BinarySearchFunc(k.next.Funds, provider, func(f Fund, id string) int { return strings.Compare(f.Provider, id) })
	if !ok {
		return &Fund{}
	}
	return &k.next.Funds[i]
}

// pledge returns the value of collateral that a loan takes, rounded up.
func (k *look) pledge(amount decimal.Decimal) decimal.Decimal {
	value, rest := amount.Mul(bpsOne).QuoRem(bpsOne.Sub(k.cfg.HaircutBps), k.cfg.Places)
	if rest.IsPositive() {
		value = value.Add(decimal.New(1, -k.cfg.Places))
	}
	return value
}

func (a *Account) repaid(loan string, amount decimal.Decimal) {
	for i := range a.Loans {
		if a.Loans[i].ID == loan {
			a.Loans[i].Outstanding = a.Loans[i].Outstanding.Sub(amount)
		}
	}
	a.Loans = slices.DeleteFunc(a.Loans, func(l Loan) bool { return l.Outstanding.IsZero() })
}

// owesAgain puts back what a repayment took off a loan.
func (a *Account) owesAgain(loan Loan, amount decimal.Decimal) {
	for i := range a.Loans {
		if a.Loans[i].ID == loan.ID {
			a.Loans[i].Outstanding = a.Loans[i].Outstanding.Add(amount)
			return
		}
	}
	loan.Outstanding = amount
	i := 0
	for i < len(a.Loans) && !a.Loans[i].At.After(loan.At) {
		i++
	}
	a.Loans = slices.Insert(a.Loans, i, loan)
}

// audit recounts the whole pool from the banks' loans and live actions.
func (k *look) audit() {
	type count struct{ reserved, lent decimal.Decimal }
	counted := make(map[string]count, len(k.next.Funds))
	for i := range k.next.Accounts {
		acct := &k.next.Accounts[i]
		for _, l := range acct.Loans {
			c := counted[l.Provider]
			c.lent = c.lent.Add(l.Outstanding)
			counted[l.Provider] = c
		}
		for _, a := range acct.Actions {
			for _, l := range a.Legs {
				if a.Side == Inject && l.Phase.live() {
					c := counted[l.Provider]
					c.reserved = c.reserved.Add(l.Amount)
					counted[l.Provider] = c
				}
			}
		}
	}
	for i := range k.next.Funds {
		f := &k.next.Funds[i]
		c := counted[f.Provider]
		delete(counted, f.Provider)
		lowest := decimal.Min(f.Free, f.Reserved, f.Lent, f.Losses, f.Interest)
		if !f.balance().IsZero() || lowest.IsNegative() || !c.lent.Equal(f.Lent) || !c.reserved.Equal(f.Reserved) {
			k.trip(BooksBroken, fmt.Sprintf("%s: off by %s, lowest %s, lent %s of %s, reserved %s of %s", f.Provider, f.balance(), lowest, f.Lent, c.lent, f.Reserved, c.reserved))
		}
	}
	if len(counted) > 0 {
		k.trip(BooksBroken, fmt.Sprintf("loans of %d providers that have no book", len(counted)))
	}
}

// spentBy returns what an allowance holds of the day up to now.
func spentBy(a reserve.Allowance, now time.Time) decimal.Decimal {
	var sum decimal.Decimal
	for _, s := range a {
		if now.Sub(s.At) < day {
			sum = sum.Add(s.Amount)
		}
	}
	return sum
}
