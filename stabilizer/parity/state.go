package parity

import (
	"time"

	"github.com/shopspring/decimal"
)

// State is what an engine remembers. Its zero value is a fresh start. A State is
// a value: no step writes to what the one it was given points at, and nor may
// anybody else.
type State struct {
	Command uint64 `json:",omitempty"` // last command consumed
	Paused  bool   `json:",omitempty"`
	Halted  Reason `json:",omitempty"` // why; "" while trading

	Heads    [2]Head
	Counts   [2]uint64 // blocks of each chain in a row out of band, on side Sign
	Sign     int       // +1 while the first chain is dearer, -1 while the second is, 0 in band
	Untraded uint64    `json:",omitempty"` // times in a row that new blocks were out of band and not traded
	LastExec [2]uint64 // block of the last leg on each chain, which starts the cooldown
	Failures uint64    `json:",omitempty"` // arbs in a row

	Opened    bool // the books are: both balances were seen
	Books     Books
	Seq       uint64         // of the last arb or transfer
	Arbs      []*Arb         `json:",omitempty"` // unresolved, or within reorg memory; oldest first
	Transfers []*Transfer    `json:",omitempty"` // whose money is not in the books; oldest first
	Surplus   [2]Discrepancy // balances above the books
	Accepting bool           `json:",omitempty"` // balances are to be booked as they are, as soon as they are certain
}

// Head is the newest block seen of a chain. The zero Head is none.
type Head struct {
	Number uint64
	Hash   string
	Time   time.Time
}

// Books is the double entry of what we own. Per token it holds that Available
// on both chains and what is in flight make Deposited and Earned.
type Books struct {
	Available [2]Holding // on each chain, to be traded and sent
	Deposited Holding    // what the books were opened with, and what was accepted since, either sign
	Earned    Holding    // what trades brought and bridge fees took, either sign
}

// Discrepancy is a difference that nothing explains.
type Discrepancy struct {
	Since  time.Time // zero while there is none
	Amount Holding
}

// Arb is a decision to trade on both chains.
type Arb struct {
	ID        string
	Size      decimal.Decimal // of Base, of either leg
	Sign      int             // +1 when it sells on the first chain
	Legs      []*Leg          // at most one unresolved per chain; the last of each chain is the one that counts
	Abandoned bool            `json:",omitempty"` // partial, and left to a person
	Counted   bool            `json:",omitempty"` // in State.Failures
}

// Leg is one attempt at trading on one chain.
type Leg struct {
	Order
	Outcome  Outcome         `json:",omitempty"` // "" while unresolved
	Block    uint64          `json:",omitempty"` // of the outcome
	Received decimal.Decimal `json:",omitzero"`
}

// Asset is one of the pair's tokens.
type Asset string

// The assets.
const (
	Base  Asset = "base"
	Quote Asset = "quote"
)

// Sending is a transfer as it is to be sent: the same whenever it is sent again.
type Sending struct {
	ID       string
	Asset    Asset
	From     int // 0 or 1, in Config.Chains; to the other
	Amount   decimal.Decimal
	Deadline uint64          // last block of From in which it may depart
	GasGwei  decimal.Decimal // the most that a unit of gas may cost
}

// To is the chain that a transfer goes to.
func (s Sending) To() int { return 1 - s.From }

// Transfer is money on its way.
type Transfer struct {
	Sending
	Final    [2]uint64 // blocks that make it final, on From and on the other chain
	Since    time.Time // of its decision
	Phase    Phase
	Stuck    bool            `json:",omitempty"` // overdue
	Sent     uint64          `json:",omitempty"` // block of From in which it departed
	Settled  uint64          `json:",omitempty"` // block in which it arrived or was refunded
	Received decimal.Decimal `json:",omitzero"`
}

// Phase is how far a transfer has come.
type Phase string

// The phases of a transfer. In the last three its money is back in the books.
const (
	Initiated   Phase = "INITIATED"    // written down
	Sent        Phase = "SENT"         // handed to the bridge; in a block of the source once Transfer.Sent says so
	SourceFinal Phase = "SOURCE_FINAL" // so many blocks deep there that it counts
	DestSeen    Phase = "DEST_SEEN"    // paid out, or back, and not yet deep enough
	Settled     Phase = "SETTLED"
	Refunded    Phase = "REFUNDED"
	Failed      Phase = "FAILED" // it never left
)

// Watched returns the legs whose outcome may still change, oldest first.
func (s State) Watched() []*Leg {
	var legs []*Leg
	for _, a := range s.Arbs {
		legs = append(legs, a.Legs...)
	}
	return legs
}

// InFlight returns what is on its way from one chain to the other.
func (s State) InFlight(from int) Holding {
	var sum Holding
	for _, t := range s.Transfers {
		if t.From == from {
			sum = sum.add(t.Asset, t.Amount)
		}
	}
	return sum
}

// Stuck returns the transfers that are overdue, oldest first.
func (s State) Stuck() []*Transfer {
	var stuck []*Transfer
	for _, t := range s.Transfers {
		if t.Stuck {
			stuck = append(stuck, t)
		}
	}
	return stuck
}

// Conserved reports whether the books add up: per token, available and in flight
// make deposited and earned.
func (s State) Conserved() bool {
	owned := s.InFlight(0).plus(s.InFlight(1)).plus(s.Books.Available[0]).plus(s.Books.Available[1])
	return owned.equal(s.Books.Deposited.plus(s.Books.Earned))
}

// open returns the newest arb if a leg of it is unresolved, or one failed and
// the other did not.
func (s State) open() *Arb {
	for _, a := range s.Arbs {
		if !a.done() {
			return a
		}
	}
	return nil
}

// last returns the attempt that counts on a chain.
func (a *Arb) last(chain int) *Leg {
	for i := len(a.Legs) - 1; i >= 0; i-- {
		if a.Legs[i].Chain == chain {
			return a.Legs[i]
		}
	}
	return nil
}

// settled reports whether no leg is unresolved.
func (a *Arb) settled() bool { return a.last(0).resolved() && a.last(1).resolved() }

// done reports whether both legs are filled, or both failed, or it was given up.
func (a *Arb) done() bool {
	return a.settled() && (a.Abandoned || (a.last(0).Outcome == Mined) == (a.last(1).Outcome == Mined))
}

func (l *Leg) resolved() bool { return l.Outcome == Mined || l.failed() }

func (l *Leg) failed() bool { return l.Outcome == Reverted || l.Outcome == Expired }
