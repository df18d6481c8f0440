package payout

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Command is a person's decision. Who it is and what they may do, the caller
// has made sure of.
type Command struct {
	Seq   uint64 // its number among the commands, from 1
	By    string // who, 1 to 256 bytes
	Do    Verb
	Batch string `json:",omitempty"` // that it is about; Halt and Resume have none
	TxID  string `json:",omitempty"` // of DeclareSent, 1 to 256 bytes
}

// Verb is what a command asks for.
type Verb string

// The verbs. What may pay twice or lose a payment if it is wrong takes two
// people, who ask for the same.
const (
	Halt          Verb = "halt"           // plan nothing and hand nothing to the payer from now on
	Resume        Verb = "resume"         // after a halt: two people
	Approve       Verb = "approve"        // a planned batch: two people
	GiveUp        Verb = "give_up"        // a planned batch, or one that the payer proves unsent
	DeclareSent   Verb = "declare_sent"   // an unknown or exhausted batch was paid by TxID: two people
	DeclareUnsent Verb = "declare_unsent" // an unknown or exhausted batch was not and will never be paid: two people
)

// Answer says what became of a command.
type Answer struct {
	Seq   uint64
	Reply Reply
}

// Reply is an Answer in a word.
type Reply string

// A command that makes no sense is answered too, and stops nobody.
const (
	Done        Reply = "done"
	NeedsSecond Reply = "needs_second_person" // another one has to ask for the same; who last asked for something else is forgotten
	Malformed   Reply = "malformed"
	NoSuchBatch Reply = "no_such_batch"    // or none that is live
	WrongPhase  Reply = "not_in_its_phase" // what it asks for cannot be done to a batch that is where this one is
	NotUnsent   Reply = "not_proved_unsent"
)

// validate tells whether c can be understood at all.
func (c Command) validate() error {
	known := false
	switch c.Do {
	case Halt, Resume:
		known = c.Batch == ""
	case Approve, GiveUp, DeclareSent, DeclareUnsent:
		known = valid.Named(c.Batch)
	}
	return check(
		rule{known, "Command.Do", string(c.Do), "must be one of the package's, with a batch if it is about one"},
		rule{valid.Named(c.By), "Command.By", c.By, "must have 1 to 256 bytes"},
		rule{len(c.TxID) <= valid.MaxText && (c.TxID != "") == (c.Do == DeclareSent), "Command.TxID", c.TxID, "must have 1 to 256 bytes to declare a batch sent, and none otherwise"},
	)
}

// second reports whether c is what waits for a second person, asked by another
// one. Otherwise c is what waits from now on.
func second(waits **Command, c Command) bool {
	first := *waits
	if first == nil || first.Do != c.Do || first.TxID != c.TxID {
		*waits = &c
		return false
	}
	return first.By != c.By
}

// obey does what a command asks for, or says why not.
func (k *look) obey(c Command) Reply {
	if c.validate() != nil {
		return Malformed
	}
	if c.Do == Halt {
		k.next.Paused, k.next.Resume = true, nil
		return Done
	}
	if c.Do == Resume {
		return k.resume(c)
	}
	for i := range k.next.Live {
		if b := &k.next.Live[i]; b.ID == c.Batch && !b.Phase.final() {
			return k.obeyFor(b, c)
		}
	}
	return NoSuchBatch
}

func (k *look) resume(c Command) Reply {
	switch {
	case !k.next.Paused:
		return Done
	case !second(&k.next.Resume, c):
		return NeedsSecond
	}
	k.next.Paused, k.next.Resume = false, nil
	return Done
}

func (k *look) obeyFor(b *Live, c Command) Reply {
	switch {
	case c.Do == GiveUp && b.Phase == Planned:
		k.move(b, Failed, "", "given up by "+c.By)
		return Done
	case c.Do == GiveUp && b.Phase == Sending:
		if r, ok := k.seen.Receipts[b.ID]; !ok || r.Status != Unsent {
			return NotUnsent
		}
		k.void(b)
		return Done
	case c.Do == Approve && b.Phase == Planned:
		if !second(&b.Asked, c) {
			return NeedsSecond
		}
		k.move(b, Sending, "", fmt.Sprintf("approved by %s and %s", b.Asked.By, c.By))
		return Done
	case c.Do == DeclareSent && k.forPeople(b):
		if !second(&b.Asked, c) {
			return NeedsSecond
		}
		k.move(b, Confirmed, c.TxID, fmt.Sprintf("declared sent by %s and %s", b.Asked.By, c.By))
		return Done
	case c.Do == DeclareUnsent && k.forPeople(b):
		if !second(&b.Asked, c) {
			return NeedsSecond
		}
		k.move(b, Failed, "", fmt.Sprintf("declared unsent by %s and %s", b.Asked.By, c.By))
		return Done
	}
	return WrongPhase
}

// forPeople reports whether it is up to people what became of a batch: nobody
// else can tell, or the payer was asked so often that somebody has to look.
func (k *look) forPeople(b *Live) bool {
	return b.Phase == Stuck || b.Phase == Sending && b.Attempts >= k.cfg.MaxAttempts
}
