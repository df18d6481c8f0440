package liquidity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Action is an injection or a withdrawal on its way.
type Action struct {
	ID      string // see [Engine.Step]: one action per bank and decision
	Side    Side
	Cause   Cause
	Amount  decimal.Decimal // principal, > 0
	Phase   Phase
	Maker   string    // [Robot], or the person who wants it
	Why     string    `json:",omitempty"` // the maker's
	Checker string    `json:",omitempty"` // who approved it
	Version uint64    // of the account when it was proposed
	At      time.Time // when it was proposed
	BeganAt time.Time `json:",omitzero"`  // when it was reserved
	Legs    []Leg     `json:",omitempty"` // one transfer each, from when it is reserved
}

// Robot is the maker of what the engine itself wants.
const Robot = "engine"

// Leg is one transfer of an action.
type Leg struct {
	Provider  string
	Loan      *Loan           `json:",omitempty"` // that a withdrawal repays, as it was
	Amount    decimal.Decimal // principal, > 0
	Interest  decimal.Decimal `json:",omitzero"`
	Phase     Phase
	AskedAt   time.Time `json:",omitzero"` // when it was last sent, or made void
	Asked     Asked     `json:",omitzero"` // to declare what became of it
	SettledAt time.Time `json:",omitzero"`
}

// Phase is how far an action or one of its transfers has come.
type Phase string

// The phases.
//
//	proposed -> awaiting_approval -> reserved -> submitted -> settled -> reversed
//	proposed ----------------------> reserved    submitted -> failed
//	            awaiting_approval -> failed      submitted -> unknown -> any of these
const (
	Proposed  Phase = "proposed"
	Awaiting  Phase = "awaiting_approval"
	Reserved  Phase = "reserved"  // the pool holds its money; the transfer may have been sent
	Submitted Phase = "submitted" // the executor has it
	Unknown   Phase = "unknown"   // nobody can tell: it keeps its reservation and its bank waits
	Settled   Phase = "settled"
	Failed    Phase = "failed" // it moved nothing and never will
	Reversed  Phase = "reversed"
)

// live reports whether the transfer may still move money.
func (p Phase) live() bool { return p == Reserved || p == Submitted || p == Unknown }

// transfer returns the ID of a leg's transfer.
func (a *Action) transfer(leg int) string { return a.ID + "/" + strconv.Itoa(leg) }

// id names an action by all that makes it this one: the same decision taken
// again has the same, another never has.
func (e *Engine) id(bank string, epoch uint64, side Side, cause Cause, amount decimal.Decimal, maker string) string {
	text := fmt.Sprintf("%q %q %d %s %s %s %q", e.cfg.Pool, bank, epoch, side, cause, amount, maker)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// fold returns the phase of an action whose legs have moved.
func (a *Action) fold() Phase {
	count := map[Phase]int{}
	for i := range a.Legs {
		count[a.Legs[i].Phase]++
	}
	for _, p := range []Phase{Unknown, Submitted, Reserved, Settled, Reversed} {
		if count[p] > 0 {
			return p
		}
	}
	return Failed
}

// failed returns the part of an action that its transfers did not move.
func (a *Action) failed() decimal.Decimal {
	var sum decimal.Decimal
	for i := range a.Legs {
		if a.Legs[i].Phase == Failed {
			sum = sum.Add(a.Legs[i].Amount)
		}
	}
	return sum
}

// begin proposes an action, and reserves it unless a person has to approve it
// first. A loan that is due counts for no pace: it was agreed long ago.
func (k *look) begin(b *bank, a Action) string {
	a.ID = k.id(b.acct.Bank, k.next.Epoch, a.Side, a.Cause, a.Amount, a.Maker)
	a.At = k.seen.At
	b.acct.Version++
	a.Version = b.acct.Version
	if a.Cause != Due {
		b.paced(a.Side, a.At)
	}
	b.acct.Actions = append(b.acct.Actions, a)
	fresh := &b.acct.Actions[len(b.acct.Actions)-1]
	k.move(b, fresh, Proposed, "", "")
	if k.needsApproval(a) {
		k.move(b, fresh, Awaiting, "", "")
		return a.ID
	}
	k.reserve(b, fresh)
	return a.ID
}

// paced starts the cooldown.
func (b *bank) paced(side Side, at time.Time) {
	b.acct.Last = Begun{side, at}
	b.acct.Hour = append(b.acct.Hour, at)
	b.acct.Remainder = decimal.Decimal{}
}

func (k *look) needsApproval(a Action) bool {
	return a.Cause == Manual || a.Cause != Due && !k.cfg.ApproveFrom.IsZero() && a.Amount.GreaterThanOrEqual(k.cfg.ApproveFrom)
}

// reserve takes the action's money out of what is free, or puts the loans that
// it repays in their order.
func (k *look) reserve(b *bank, a *Action) {
	a.BeganAt = k.seen.At
	if a.Side == Inject {
		a.Legs = k.draw(a.Amount)
		for i := range a.Legs {
			k.hold(&a.Legs[i], a.Cause)
		}
	} else {
		a.Legs = k.repayments(b.acct, a.Amount)
	}
	b.acct.Version++
	k.move(b, a, Reserved, "", "")
	b.recount(k.cfg)
}

// repayments returns the legs that repay that much of the loans, oldest first.
func (k *look) repayments(acct *Account, amount decimal.Decimal) []Leg {
	var legs []Leg
	for i := range acct.Loans {
		l := &acct.Loans[i]
		part := decimal.Min(amount, l.Outstanding.Sub(acct.returning(l.ID)))
		if !part.IsPositive() {
			continue
		}
		copied := *l
		legs = append(legs, Leg{Provider: l.Provider, Loan: &copied, Amount: part, Interest: l.interest(part, k.seen.At, k.cfg.Places), Phase: Reserved})
		l.AskedAt = k.seen.At
		amount = amount.Sub(part)
	}
	return legs
}

// returning returns how much of a loan is on its way back.
func (a *Account) returning(loan string) decimal.Decimal {
	var sum decimal.Decimal
	for i := range a.Actions {
		for _, l := range a.Actions[i].Legs {
			if l.Phase.live() && l.Loan != nil && l.Loan.ID == loan {
				sum = sum.Add(l.Amount)
			}
		}
	}
	return sum
}

// move takes an action into another phase and says so.
func (k *look) move(b *bank, a *Action, to Phase, why Reason, by string) {
	k.d.Moves = append(k.d.Moves, Move{ID: a.ID, Bank: b.acct.Bank, From: a.Phase, To: to, Amount: a.Amount, Reason: why, By: by})
	a.Phase = to
}

// repay returns the loans of a bank that are due. One that could not be returned
// is tried again a cooldown later.
func (k *look) repay(b *bank) {
	if k.next.Kill.Tripped || b.acct.Kill.Tripped || b.acct.Hold != "" {
		return
	}
	var due decimal.Decimal
	for i := range b.acct.Loans {
		l := &b.acct.Loans[i]
		if l.Due.After(k.seen.At) || !l.AskedAt.IsZero() && k.seen.At.Sub(l.AskedAt) < max(k.cfg.Cooldown, k.cfg.Retry) {
			continue
		}
		due = due.Add(l.Outstanding.Sub(b.acct.returning(l.ID)))
	}
	if due.IsPositive() {
		k.begin(b, Action{Side: Withdraw, Cause: Due, Amount: due, Maker: Robot})
	}
}
