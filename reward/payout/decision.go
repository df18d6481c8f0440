package payout

import "time"

// Decision is what one look at the debts and the payer led to.
type Decision struct {
	Reason  Reason    // what became of the plan
	Planned *Batch    `json:",omitempty"` // new; it holds what its lines take
	Below   int       // addresses that wait for Config.Minimum
	Left    int       // addresses that a cap left out
	NextAt  time.Time // when the next batch is due

	Moved   []Move   `json:",omitempty"` // what became of batches, in the order in which it happened
	Waiting []Wait   `json:",omitempty"` // live batches of which nothing is asked now, and why not, in the order of State.Live
	Answers []Answer `json:",omitempty"` // to the commands, one each
	LastSeq uint64   // of the last command that was answered, now or before

	Pay  []string `json:",omitempty"` // ids of batches to be paid now: again, if need be
	Void []string `json:",omitempty"` // ids of batches that the payer is to make void
}

// Reason says why something was done or not.
type Reason string

// What became of the plan: every decision carries exactly one of these.
const (
	NotDue   Reason = "not_due"
	Halted   Reason = "halted"    // by a command
	Crowded  Reason = "crowded"   // too many batches are live: someone has to settle them
	Nobody   Reason = "nobody"    // is owed the minimum
	Capped   Reason = "capped"    // a cap allows none of what is owed
	PaysSome Reason = "pays_some" // a cap left some for later
	PaysAll  Reason = "pays_all"
)

// Why a batch is where it is.
const (
	NeedsApproval Reason = "needs_approval" // planned, above Config.ApproveAbove
	OnHold        Reason = "on_hold"        // would be paid, were payouts not halted
	Asked         Reason = "asked"          // the payer was asked to pay it, or to make it void, less than Config.Retry ago
	NoAnswer      Reason = "no_answer"      // the payer did not say what became of it
	Exhausted     Reason = "exhausted"      // asked Config.MaxAttempts times, and it may still appear: from now on the payer is asked once per Config.Every, and someone has to look
	NeedsPeople   Reason = "needs_people"   // only people can tell what became of it
	Unconfirmed   Reason = "unconfirmed"    // sent, and not yet deep enough in the chain
)

// Move takes a batch from one phase to another. A paid one may also be found to
// be in another transaction than before.
type Move struct {
	ID       string
	From, To Phase
	TxID     string `json:",omitempty"` // of a batch that is paid or confirmed
	Note     string `json:",omitempty"` // why: the payer's, or who decided it
}

// Wait says why the payer is not asked for anything about a batch.
type Wait struct {
	ID     string
	Reason Reason
}

// Phase is how far a batch has come.
type Phase string

// The phases of a batch.
const (
	Planned   Phase = "planned"   // waits for approval
	Sending   Phase = "sending"   // handed to the payer
	Stuck     Phase = "unknown"   // the payer cannot tell: a person decides
	Paid      Phase = "sent"      // the payer's wallet knows it
	Confirmed Phase = "confirmed" // deep enough in the chain; final
	Failed    Phase = "failed"    // never sent, and never will be; final
)

func (p Phase) final() bool { return p == Confirmed || p == Failed }
