package liquidity

import (
	"slices"
	"time"
)

// learn takes in what the executor says about a bank's transfers.
func (k *look) learn(b *bank) {
	for i := range b.acct.Actions {
		a := &b.acct.Actions[i]
		before := a.Phase
		for n := range a.Legs {
			r, answered := k.seen.Receipts[a.transfer(n)]
			if answered {
				k.hear(b, a, n, r)
			} else {
				a.Legs[n].miss(k.seen.At, k.cfg.UnknownAfter)
			}
		}
		if len(a.Legs) > 0 {
			k.advance(b, a, before)
		}
	}
}

// miss makes a leg unknown that nobody has answered for in so long.
func (l *Leg) miss(now time.Time, after time.Duration) {
	if l.Phase.live() && !l.AskedAt.IsZero() && now.Sub(l.AskedAt) >= after {
		l.Phase = Unknown
	}
}

// hear moves one leg as its receipt says. What a settled leg's receipt says
// later matters only if the money came back.
func (k *look) hear(b *bank, a *Action, n int, r Receipt) {
	l := &a.Legs[n]
	switch {
	case l.Phase == Settled && r.Status == StatusReversed:
		k.reverse(b, a, n)
	case !l.Phase.live():
	case r.Status == StatusSettled && !r.Amount.Equal(l.Amount):
		k.tripBank(b, WrongAmount, a.transfer(n)+": "+r.Amount.String()+" instead of "+l.Amount.String())
		l.Phase = Unknown
	case r.Status == StatusSettled:
		k.settle(b, a, n)
	case r.Status == StatusFailed, r.Status == StatusReversed:
		k.fail(b, a, n)
	case r.Status == StatusUnsent:
		l.Phase = Reserved
	case r.Status == StatusPending:
		l.Phase = Submitted
	default:
		l.Phase = Unknown
	}
}

// advance moves an action as its legs have moved and, once none of them can move
// money any more, draws the consequences.
func (k *look) advance(b *bank, a *Action, before Phase) {
	to := a.fold()
	if to == before {
		return
	}
	missing := a.failed()
	var why Reason
	switch {
	case to != Failed && !to.live() && missing.IsPositive():
		why = Partial
	case to == Unknown && !k.answered(a):
		why = Silence
	}
	k.move(b, a, to, why, "")
	if !before.live() || to.live() {
		return
	}
	if a.Side == Inject && a.Cause != Manual {
		b.acct.Remainder = missing
	}
	if to != Failed {
		b.acct.Failures = 0
		return
	}
	b.acct.Failures++
	if b.acct.Failures >= k.cfg.MaxFailures {
		k.tripBank(b, Failing, a.ID)
	}
}

// answered reports whether the executor knew of any of its transfers.
func (k *look) answered(a *Action) bool {
	for n := range a.Legs {
		if _, ok := k.seen.Receipts[a.transfer(n)]; ok {
			return true
		}
	}
	return false
}

// proceed lets go of what is done with, drops approvals that came to nothing,
// and asks the executor for what a bank's transfers need now.
func (k *look) proceed(b *bank) {
	if len(b.acct.Actions) == 0 {
		return
	}
	for i := range b.acct.Actions {
		a := &b.acct.Actions[i]
		switch {
		case a.Phase == Awaiting && a.Version != b.acct.Version:
			k.move(b, a, Failed, Outdated, "")
		case a.Phase == Awaiting && k.seen.At.Sub(a.At) > k.cfg.ApproveWithin:
			k.move(b, a, Failed, Expired, "")
		case a.Phase.live():
			k.ask(b, a)
		}
	}
	b.acct.Actions = slices.DeleteFunc(b.acct.Actions, func(a Action) bool { return k.over(b, &a) })
}

// ask sends what is provably unsent and makes void what came to nothing.
func (k *look) ask(b *bank, a *Action) {
	stopped := k.next.Kill.Tripped || b.acct.Kill.Tripped
	for n := range a.Legs {
		l := &a.Legs[n]
		_, answered := k.seen.Receipts[a.transfer(n)]
		fresh := l.AskedAt.IsZero()
		silent := k.seen.At.Sub(l.AskedAt)
		switch {
		case l.Phase != Reserved, !fresh && (!answered || silent < k.cfg.Retry):
		case k.seen.At.Sub(a.BeganAt) >= k.cfg.GiveUpAfter:
			l.AskedAt = k.seen.At
			k.d.Void = append(k.d.Void, Voiding{a.transfer(n), l.Provider})
		case !stopped:
			l.AskedAt = k.seen.At
			k.d.Send = append(k.d.Send, k.transfer(b, a, n))
		}
	}
}

func (k *look) transfer(b *bank, a *Action, n int) Transfer {
	l := &a.Legs[n]
	t := Transfer{
		ID: a.transfer(n), Bank: b.acct.Bank, Provider: l.Provider, Side: a.Side,
		Amount: l.Amount, Interest: l.Interest, Until: a.BeganAt.Add(k.cfg.GiveUpAfter),
	}
	if l.Loan != nil {
		t.Loan = l.Loan.ID
	}
	return t
}

// over reports whether nothing more is to be learned of an action: it can move
// no money, cannot be reversed any more, and a position shows what it did.
func (k *look) over(b *bank, a *Action) bool {
	if a.Phase == Awaiting || a.Phase.live() {
		return false
	}
	for i := range a.Legs {
		if l := &a.Legs[i]; l.Phase == Settled && (k.seen.At.Sub(l.SettledAt) < k.cfg.Finality || !b.acct.Seen.At.After(l.SettledAt)) {
			return false
		}
	}
	return true
}
