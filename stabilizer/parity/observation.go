package parity

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Observation is what there is to know as of Now. Commands are obeyed first,
// then the blocks are taken in, then what became of legs and transfers, then the
// spread is judged; any part may be absent.
type Observation struct {
	Now       time.Time // the runner's
	Restarted bool      `json:",omitempty"` // first observation of a new process
	Commands  []Command `json:",omitempty"` // oldest first; those consumed before are ignored
	Blocks    [2]*Block // each chain's newest; nil when it cannot be seen
	Receipts  []Receipt `json:",omitempty"` // what became of the legs of [State.Watched]
	Passages  []Passage `json:",omitempty"` // what became of transfers
}

// Command is a person's order.
type Command struct {
	Seq uint64 // of the inbox, > 0
	ID  string // chosen by the sender
	Do  Verb
}

// Verb is what a command asks for. An unknown one is consumed and reported.
type Verb string

// The verbs of a command.
const (
	Pause  Verb = "pause"  // begin no trade and no transfer; what is on its way is followed
	Resume Verb = "resume" // end a pause
	Reset  Verb = "reset"  // leave a halt; failures begin anew
	Accept Verb = "accept" // book what the balances are above or below the books as a deposit or a withdrawal
)

// Block is a chain's newest block and the world as of its end.
type Block struct {
	Number uint64 // 1 to 2^62
	Hash   string // not empty
	Parent string // "" when it is not known
	Time   time.Time

	Pool    decimal.Decimal // the pool's price, Quote per Base; 0 or less is no price
	Oracle  Price           // what the chain's oracle says
	Base    decimal.Decimal // inventory, >= 0
	Quote   decimal.Decimal // inventory, in units of Quote, >= 0
	GasGwei decimal.Decimal // >= 0
	Lane    *Holding        `json:",omitempty"` // what the bridge lets leave this chain now; nil when it cannot be asked, and then nothing is sent
}

// Price is what an oracle says. Two oracles speak of the same round when At is
// the same.
type Price struct {
	Value decimal.Decimal // Quote per Base; 0 or less is no price
	At    time.Time       // when its sources were seen
	Fault Reason          `json:",omitempty"` // PriceInvalid, OracleStale or OracleDiffers when it gave no price
}

// Outcome is what became of a leg. Any but Unsent can be undone by a reorg.
type Outcome string

// The outcomes of a leg.
const (
	Waiting  Outcome = "waiting" // sent, and in no block; after another outcome: a reorg took that back
	NotSent  Outcome = "unsent"  // certainly never sent
	Mined    Outcome = "mined"
	Reverted Outcome = "reverted"
	Expired  Outcome = "expired" // it was in no block and never will be
)

// Receipt reports the outcome of a leg. One that names no watched leg of ours is
// inert.
type Receipt struct {
	ID       string // Order.ID
	Outcome  Outcome
	Block    uint64          // where it was included, > 0 when Mined or Reverted
	Received decimal.Decimal `json:",omitzero"` // of the token bought, when Mined; 0 when it is not known, and then MinOut is booked
}

// Passage reports how far a transfer has come, as chain.Passage does, in units
// of its token. One that names no open transfer of ours is inert.
type Passage struct {
	ID       string // Sending.ID
	Stage    chain.Stage
	Sent     uint64          `json:",omitempty"`
	Settled  uint64          `json:",omitempty"`
	Received decimal.Decimal `json:",omitzero"`
}

// maxNumber leaves room to add to a block number.
const maxNumber = 1 << 62

// validate refuses what no world can mean. What a world may well say, such as a
// price of zero, is for the engine to decide on.
func (o Observation) validate() error {
	if err := check(rule{!o.Now.IsZero(), "Now", o.Now, "must be a time"}); err != nil {
		return err
	}
	var last uint64
	for _, c := range o.Commands {
		if c.Seq <= last {
			return fmt.Errorf("%w: Commands: Seq %d after %d: must rise", ErrInvalid, c.Seq, last)
		}
		last = c.Seq
	}
	for i, b := range o.Blocks {
		if b == nil {
			continue
		}
		if err := b.validate(fmt.Sprintf("Blocks[%d].", i)); err != nil {
			return err
		}
	}
	for _, r := range o.Receipts {
		if err := r.validate(); err != nil {
			return err
		}
	}
	for _, p := range o.Passages {
		if err := p.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (b *Block) validate(at string) error {
	lane := Holding{}
	if b.Lane != nil {
		lane = *b.Lane
	}
	return check(
		rule{b.Number > 0 && b.Number <= maxNumber, at + "Number", b.Number, "must be 1 to 2^62"},
		rule{b.Hash != "", at + "Hash", b.Hash, "must not be empty"},
		rule{inRange(b.Pool), at + "Pool", b.Pool, mustBeNumber},
		rule{inRange(b.Oracle.Value), at + "Oracle.Value", b.Oracle.Value, mustBeNumber},
		rule{b.Oracle.Fault == "" || b.Oracle.Fault == PriceInvalid || b.Oracle.Fault == OracleStale || b.Oracle.Fault == OracleDiffers, at + "Oracle.Fault", string(b.Oracle.Fault), "must be a fault of a price"},
		rule{notNegative(b.Base), at + "Base", b.Base, mustBeAmount},
		rule{notNegative(b.Quote), at + "Quote", b.Quote, mustBeAmount},
		rule{notNegative(b.GasGwei), at + "GasGwei", b.GasGwei, mustBeAmount},
		rule{notNegative(lane.Base), at + "Lane.Base", lane.Base, mustBeAmount},
		rule{notNegative(lane.Quote), at + "Lane.Quote", lane.Quote, mustBeAmount},
	)
}

func (r Receipt) validate() error {
	if err := check(
		rule{r.Block <= maxNumber, "Receipt.Block", r.Block, "must be at most 2^62"},
		rule{notNegative(r.Received), "Receipt.Received", r.Received, mustBeAmount},
	); err != nil {
		return err
	}
	switch r.Outcome {
	case Mined, Reverted:
		return check(rule{r.Block > 0, "Receipt.Block", r.Block, "must be > 0 for " + string(r.Outcome)})
	case Waiting, NotSent, Expired:
		return nil
	}
	return check(rule{false, "Receipt.Outcome", string(r.Outcome), "must be one of waiting, unsent, mined, reverted, expired"})
}

func (p Passage) validate() error {
	if err := check(
		rule{p.Sent <= maxNumber, "Passage.Sent", p.Sent, "must be at most 2^62"},
		rule{p.Settled <= maxNumber, "Passage.Settled", p.Settled, "must be at most 2^62"},
		rule{notNegative(p.Received), "Passage.Received", p.Received, mustBeAmount},
	); err != nil {
		return err
	}
	switch p.Stage {
	case chain.Unsent, chain.Waiting:
		return nil
	case chain.Departed:
		return check(rule{p.Sent > 0, "Passage.Sent", p.Sent, "must be > 0 for departed"})
	case chain.Arrived, chain.Refunded:
		return check(
			rule{p.Sent > 0, "Passage.Sent", p.Sent, "must be > 0 for " + p.Stage.String()},
			rule{p.Settled > 0, "Passage.Settled", p.Settled, "must be > 0 for " + p.Stage.String()},
			rule{p.Received.IsPositive(), "Passage.Received", p.Received, "must be > 0 for " + p.Stage.String()},
		)
	case chain.Failed:
		return check(rule{p.Settled > 0, "Passage.Settled", p.Settled, "must be > 0 for failed"})
	}
	return check(rule{false, "Passage.Stage", p.Stage, "must be one of unsent, waiting, departed, arrived, refunded, failed"})
}
