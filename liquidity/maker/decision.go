package maker

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Decision is what one look led to.
type Decision struct {
	Reason  Reason           // for the whole
	Bids    Reason           // for each side
	Asks    Reason           //
	Price   decimal.Decimal  `json:",omitzero"`  // the reference price that counted
	Cancel  []string         `json:",omitempty"` // ClientIDs, before anything is placed
	Place   []exchange.Order `json:",omitempty"` // post only; again, if need be
	Answers []Answer         `json:",omitempty"` // to the commands, one each
	Alerts  []Alert          `json:",omitempty"` // for people, at once
	LastSeq uint64           // of the last command that was answered, now or before
}

// Reason says why something is quoted or not.
type Reason string

// Why the whole is as it is.
const (
	Quoting   Reason = "quoting"     // orders are as they should be, or on their way there
	NoPrice   Reason = "no_price"    // no reference price that is young enough: the walls go, and later all
	OutOfBand Reason = "out_of_band" // nothing is quoted so far from the peg
	Stopped   Reason = "stopped"     // by a person
	Lost      Reason = "loss_limit"  // the account has lost too much: a person has to look
)

// Why a side is as it is.
const (
	InPlace    Reason = "in_place"    // within the tolerance of what it should be
	Moving     Reason = "moving"      // orders are on their way
	WaitTurn   Reason = "wait_turn"   // another maker's turn, see [Stagger]
	WaitOther  Reason = "wait_other"  // the other side is moved first, since its prices became dangerous
	WaitAnswer Reason = "wait_answer" // nobody knows yet whether an order of this side was placed
	Withheld   Reason = "withheld"    // nothing is to be quoted on this side, see the whole or [Band]
	NoFunds    Reason = "no_funds"    // not even a wall
	FlowSpent  Reason = "flow_spent"  // as much as may trade in a day has
	NotOffered Reason = "not_offered" // the ladder is empty
)

// Answer says what became of a command.
type Answer struct {
	Seq   uint64
	Reply Reply
}

// Reply is an Answer in a word.
type Reply string

// The replies.
const (
	Done      Reply = "done"
	Malformed Reply = "malformed"
)

// Alert is something that people have to look at.
type Alert struct {
	What Alarm
	Note string `json:",omitempty"`
}

// Alarm is an Alert in a word.
type Alarm string

// The alarms.
const (
	GivenUp  Alarm = "given_up"  // an order was sent and never seen
	Strays   Alarm = "strays"    // orders of an earlier life of ours are cancelled
	LossStop Alarm = "loss_stop" // see [Lost]
	NoMarket Alarm = "no_price"  // for so long that all orders go
)
