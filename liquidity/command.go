package liquidity

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Command is a person's decision. Who it is and what they may do, the caller
// has made sure of.
type Command struct {
	Seq     uint64          // its number among the commands, from 1
	By      string          // who, 1 to 256 bytes, not [Robot]
	Do      Verb            //
	Bank    string          `json:",omitempty"` // that it is about; Trip and Reset without one are about all
	ID      string          `json:",omitempty"` // of the action, the transfer or the loan
	Amount  decimal.Decimal `json:",omitzero"`  // of an action: the exact one
	Version uint64          `json:",omitzero"`  // of the account, as whoever approves has seen it in Action.Version
	Why     string          `json:",omitempty"` // in words, up to 256 bytes
}

// Verb is what a command asks for.
type Verb string

// The verbs.
const (
	AskInject      Verb = "inject"          // Amount to Bank, and why; another person approves
	AskWithdraw    Verb = "withdraw"        // Amount from Bank, and why; another person approves
	Approve        Verb = "approve"         // the action ID of Bank, of that Amount, at that Version of its account
	Reject         Verb = "reject"          // the action ID of Bank, and why; the maker may
	BreakGlass     Verb = "break_glass"     // Approve, by the maker alone, and why; see Config.BreakGlass
	Trip           Verb = "trip"            // the switch; nothing is asked of who is in a hurry
	Reset          Verb = "reset"           // it: two people
	Hold           Verb = "hold"            // Bank out of the plan, and why
	Release        Verb = "release"         // it
	DeclareSettled Verb = "declare_settled" // the unknown transfer ID of Bank has moved its money: two people
	DeclareFailed  Verb = "declare_failed"  // it has not and never will: two people
	WriteOff       Verb = "write_off"       // the loan ID of Bank is lost: two people
)

// Answer says what became of a command.
type Answer struct {
	Seq     uint64
	Reply   Reply
	ID      string   `json:",omitempty"` // of the action that it made
	Reasons []Reason `json:",omitempty"` // of a command that a gate or a limit refused
}

// Reply is an Answer in a word.
type Reply string

// A command that makes no sense is answered too, and stops nobody.
const (
	Done         Reply = "done"
	NeedsSecond  Reply = "needs_second_person" // another one has to ask for the same
	Malformed    Reply = "malformed"
	NoSuchBank   Reply = "no_such_bank"
	NoSuchID     Reply = "no_such_id"
	WrongPhase   Reply = "not_in_its_phase"
	Conflict     Reply = "conflict" // amount or version are not those of the action
	SamePerson   Reply = "approver_is_maker"
	Gated        Reply = "gated" // see Reasons
	NotPermitted Reply = "not_permitted"
)

// validate tells whether c can be understood at all.
func (c Command) validate() error {
	var bank, id, amount, why bool // what it must have
	known := true
	switch c.Do {
	case AskInject, AskWithdraw:
		bank, amount, why = true, true, true
	case Approve:
		bank, id, amount = true, true, true
	case BreakGlass:
		bank, id, amount, why = true, true, true, true
	case Reject, DeclareSettled, DeclareFailed, WriteOff:
		bank, id, why = true, true, true
	case Trip, Reset:
		bank = c.Bank != ""
	case Hold:
		bank, why = true, true
	case Release:
		bank = true
	default:
		known = false
	}
	return check(
		rule{known, "Command.Do", string(c.Do), "must be one of the package's"},
		rule{valid.Named(c.By) && c.By != Robot, "Command.By", c.By, "must name a person in 1 to 256 bytes"},
		rule{bank == valid.Named(c.Bank), "Command.Bank", c.Bank, "must name the bank if it is about one, and none otherwise"},
		rule{id == valid.Named(c.ID), "Command.ID", c.ID, "must be there if it is about one, and not otherwise"},
		rule{amount && valid.Positive(c.Amount) || !amount && c.Amount.IsZero(), "Command.Amount", c.Amount, "must be > 0 of an action, and 0 otherwise"},
		rule{len(c.Why) <= valid.MaxText && (!why || valid.Named(c.Why)), "Command.Why", c.Why, "must say why in 1 to 256 bytes"},
	)
}

// obey answers the commands.
func (k *look) obey() {
	for _, c := range k.seen.Commands {
		if c.Seq <= k.next.LastSeq {
			continue
		}
		k.next.LastSeq = c.Seq
		answer := Answer{Seq: c.Seq, Reply: Malformed}
		if c.validate() == nil {
			k.answer(c, &answer)
		}
		k.d.Answers = append(k.d.Answers, answer)
	}
}

func (k *look) answer(c Command, to *Answer) {
	if c.Bank == "" {
		to.Reply = k.turn(&k.next.Kill, c)
		return
	}
	b, ok := k.find(c.Bank)
	if !ok {
		to.Reply = NoSuchBank
		return
	}
	switch c.Do {
	case Trip, Reset:
		to.Reply = k.turn(&b.acct.Kill, c)
	case Hold:
		b.acct.Hold, to.Reply = c.Why, Done
	case Release:
		b.acct.Hold, to.Reply = "", Done
	case AskInject:
		k.want(b, Inject, c, to)
	case AskWithdraw:
		k.want(b, Withdraw, c, to)
	case Approve, BreakGlass, Reject:
		k.review(b, c, to)
	case DeclareSettled, DeclareFailed:
		to.Reply = k.declare(b, c)
	case WriteOff:
		to.Reply = k.writeOff(b, c)
	}
}

// turn trips a switch, or resets it for the second of two people.
func (k *look) turn(s *Switch, c Command) Reply {
	switch {
	case c.Do == Trip:
		s.trip(c.By, c.Why, k.seen.At)
	case !s.Tripped:
	case s.Reset == "" || s.Reset == c.By:
		s.Reset = c.By
		return NeedsSecond
	default:
		*s = Switch{}
	}
	return Done
}

// want proposes what a person wants. It meets every gate and limit that the
// engine's own actions meet, and is refused rather than clipped.
func (k *look) want(b *bank, side Side, c Command, to *Answer) {
	if !c.Amount.Equal(c.Amount.Truncate(k.cfg.Places)) {
		to.Reply = Malformed // there is no such amount
		return
	}
	to.Reasons = k.refuses(b, side, Manual, c.Amount)
	if len(to.Reasons) > 0 {
		to.Reply = Gated
		return
	}
	to.Reply = NeedsSecond
	to.ID = k.begin(b, Action{Side: side, Cause: Manual, Amount: c.Amount, Maker: c.By, Why: c.Why})
}

// refuses returns why exactly that amount may not move now.
func (k *look) refuses(b *bank, side Side, cause Cause, amount decimal.Decimal) []Reason {
	if why := k.gates(b, side, cause); len(why) > 0 {
		return why
	}
	if c := k.clip(b, side, cause, amount); !c.amount.Equal(amount) {
		return c.why
	}
	if amount.LessThan(k.cfg.MinAction) {
		return []Reason{BelowMinimum}
	}
	keeps := k.cfg.UpperTarget
	if keeps.IsZero() {
		keeps = k.cfg.Target
	}
	if side == Withdraw && b.sure.Sub(amount).LessThan(keeps.Mul(b.pos.Obligations)) {
		return []Reason{RatioInBand}
	}
	return nil
}

// review approves or rejects an action. An approval is good for one action,
// its exact amount, and the account as it was when it was proposed.
func (k *look) review(b *bank, c Command, to *Answer) {
	a, ok := b.acct.action(c.ID)
	switch {
	case !ok:
		to.Reply = NoSuchID
	case a.Phase != Awaiting:
		to.Reply = WrongPhase
	case c.Do == Reject:
		k.move(b, a, Failed, Rejected, c.By)
		to.Reply = Done
	case !c.Amount.Equal(a.Amount), c.Version != a.Version, a.Version != b.acct.Version, k.seen.At.Sub(a.At) > k.cfg.ApproveWithin:
		to.Reply = Conflict
	case c.Do == BreakGlass && !k.cfg.BreakGlass:
		to.Reply = NotPermitted
	case c.Do == Approve && c.By == a.Maker:
		to.Reply = SamePerson
	default:
		k.approve(b, a, c, to)
	}
}

// approve reserves an action after asking the gates once more: not for the
// pace, which it set itself.
func (k *look) approve(b *bank, a *Action, c Command, to *Answer) {
	last, hour := b.acct.Last, b.acct.Hour
	b.acct.Last, b.acct.Hour, a.Phase = Begun{}, nil, Proposed
	to.Reasons = k.refuses(b, a.Side, a.Cause, a.Amount)
	b.acct.Last, b.acct.Hour, a.Phase = last, hour, Awaiting
	if len(to.Reasons) > 0 {
		to.Reply = Gated
		return
	}
	if c.Do == BreakGlass {
		k.alert(GlassBroken, b.acct.Bank, c.By+": "+c.Why)
	}
	a.Checker, to.Reply = c.By, Done
	k.reserve(b, a)
}

// declare settles or fails an unknown transfer for the second of two people.
func (k *look) declare(b *bank, c Command) Reply {
	for i := range b.acct.Actions {
		a := &b.acct.Actions[i]
		for n := range a.Legs {
			l := &a.Legs[n]
			if a.transfer(n) != c.ID {
				continue
			}
			switch {
			case l.Phase != Unknown:
				return WrongPhase
			case l.Asked.Do != c.Do || l.Asked.By == c.By:
				l.Asked = Asked{c.Do, c.By}
				return NeedsSecond
			case c.Do == DeclareSettled:
				k.settle(b, a, n)
			default:
				k.fail(b, a, n)
			}
			k.advance(b, a, Unknown)
			k.measure(b)
			return Done
		}
	}
	return NoSuchID
}

// writeOff books a loan as lost for the second of two people.
func (k *look) writeOff(b *bank, c Command) Reply {
	for i := range b.acct.Loans {
		l := &b.acct.Loans[i]
		switch {
		case l.ID != c.ID:
			continue
		case b.acct.returning(l.ID).IsPositive():
			return WrongPhase
		case l.Asked.Do != c.Do || l.Asked.By == c.By:
			l.Asked = Asked{c.Do, c.By}
			return NeedsSecond
		}
		f := k.book(l.Provider)
		f.Lent, f.Losses = f.Lent.Sub(l.Outstanding), f.Losses.Add(l.Outstanding)
		b.acct.Version++
		b.acct.repaid(l.ID, l.Outstanding)
		return Done
	}
	return NoSuchID
}

// action returns one of the account's.
func (a *Account) action(id string) (*Action, bool) {
	for i := range a.Actions {
		if a.Actions[i].ID == id {
			return &a.Actions[i], true
		}
	}
	return nil, false
}

// Asked is what waits for a second person.
type Asked struct {
	Do Verb
	By string
}
