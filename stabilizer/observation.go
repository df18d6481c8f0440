package stabilizer

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Observation is what happened since the last step. Commands are obeyed first,
// then the block is placed on the chain, then receipts are taken in, then the
// block is judged; any part may be absent. The zero Observation says that
// nothing is new.
type Observation struct {
	Restarted bool      `json:",omitempty"` // first observation of a new process
	Commands  []Command `json:",omitempty"` // oldest first; those consumed before are ignored
	Receipts  []Receipt `json:",omitempty"` // what became of intents
	Block     *Block    `json:",omitempty"` // the next block, or one that replaces blocks seen before
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
	Pause  Verb = "pause"  // stop trading; blocks are still counted
	Resume Verb = "resume" // end a pause
	Reset  Verb = "reset"  // leave HALTED; count, failures and the day's losses begin anew
)

// Outcome is what became of an intent.
type Outcome string

// The outcomes of an intent. Any of them can be undone by a reorg.
const (
	Mined     Outcome = "mined"
	Reverted  Outcome = "reverted"  // included without effect but its gas
	Cancelled Outcome = "cancelled" // its nonce was consumed by a cancellation
	Expired   Outcome = "expired"   // it was in no block and never will be
	Partial   Outcome = "partial"   // the first of two legs was mined, the second failed: we hold the anchor
	Unsent    Outcome = "unsent"    // certainly never sent: the intent stays, and is sent again while there is time
)

// Receipt reports the outcome of an intent. One that names no unresolved intent
// of ours is inert.
type Receipt struct {
	ID       string // Order.ID
	Outcome  Outcome
	Block    uint64          // where it was included, > 0; 0 when Expired or Unsent
	Filled   decimal.Decimal `json:",omitzero"` // Base that changed hands: above 0 and at most Order.Size when Mined
	Received decimal.Decimal `json:",omitzero"` // of the token bought, >= 0; 0 when it is not known
	Held     decimal.Decimal `json:",omitzero"` // of the anchor, > 0 when Partial
}

// Quote is a reference price with its pedigree.
type Quote struct {
	Value     decimal.Decimal // Quote per Base; 0 or less is no price
	At        time.Time       // when the oldest of its sources saw it
	SpreadBps decimal.Decimal // (highest - lowest) / Value among its sources, >= 0
	Fault     Reason          `json:",omitempty"` // PriceInvalid, OracleStale or OracleDivergence when the feed gave no price
}

// Block is one block and the world as of its end.
type Block struct {
	Number uint64 // 1 to 2^62
	Hash   string // not empty
	Parent string // "" when it is not known, and then not checked
	Time   time.Time
	Head   uint64 `json:",omitempty"` // the newest block there is; above Number while we catch up, and then we do not trade

	Pool   decimal.Decimal // end-of-block price of the observed pool, Quote per Base; 0 or less is no price
	Target Quote           // what the price should be
	Market *Quote          `json:",omitempty"` // what Base trades at elsewhere; nil when there is no such feed

	Base       decimal.Decimal // inventory, >= 0
	Quote      decimal.Decimal // inventory, in units of Quote, >= 0
	CapUsed    decimal.Decimal `json:",omitzero"` // of Config.BlockCap by other pairs in the next block, >= 0
	GasGwei    decimal.Decimal // >= 0
	FlowPerMin decimal.Decimal `json:",omitzero"`  // net one-way flow against the peg, units per minute, >= 0; 0 when not known
	AnchorBps  decimal.Decimal `json:",omitzero"`  // the anchor's distance from its own target, either sign
	Down       []Leg           `json:",omitempty"` // legs without a private pool to trade now
	PublicOnly bool            `json:",omitempty"` // no private way to send a transaction
}

// maxNumber leaves room to add to a block number.
const maxNumber = 1 << 62

// validate refuses what no world can mean. What a world may well say, such as
// a price of zero, is for the engine to decide on.
func (o Observation) validate() error {
	var last uint64
	for _, c := range o.Commands {
		if c.Seq <= last {
			return fmt.Errorf("%w: Commands: Seq %d after %d: must rise", ErrInvalid, c.Seq, last)
		}
		last = c.Seq
	}
	for _, r := range o.Receipts {
		if err := r.validate(); err != nil {
			return err
		}
	}
	if o.Block == nil {
		return nil
	}
	return o.Block.validate()
}

func (r Receipt) validate() error {
	for _, a := range []amount{{"Receipt.Filled", r.Filled}, {"Receipt.Received", r.Received}, {"Receipt.Held", r.Held}} {
		if err := a.check(); err != nil {
			return err
		}
	}
	if r.Block > maxNumber {
		return fmt.Errorf("%w: Receipt.Block %d: must be at most 2^62", ErrInvalid, r.Block)
	}
	switch r.Outcome {
	case Mined, Reverted, Cancelled, Partial:
		return check(rule{r.Block > 0, "Receipt.Block", r.Block, "must be > 0 for " + string(r.Outcome)})
	case Expired, Unsent:
		return nil
	}
	return fmt.Errorf("%w: Receipt.Outcome %.40q: must be one of mined, reverted, cancelled, expired, partial, unsent", ErrInvalid, string(r.Outcome))
}

func (b *Block) validate() error {
	if b.Number == 0 || b.Number > maxNumber || b.Hash == "" {
		return fmt.Errorf("%w: Block %d %q: must have a number, 1 to 2^62, and a hash", ErrInvalid, b.Number, b.Hash)
	}
	for _, a := range [...]amount{
		{"Block.Base", b.Base},
		{"Block.Quote", b.Quote},
		{"Block.CapUsed", b.CapUsed},
		{"Block.GasGwei", b.GasGwei},
		{"Block.FlowPerMin", b.FlowPerMin},
	} {
		if err := a.check(); err != nil {
			return err
		}
	}
	if outOfRange(b.Pool) || outOfRange(b.AnchorBps) {
		return fmt.Errorf("%w: Block.Pool, AnchorBps: %s", ErrInvalid, inRange)
	}
	if b.Market != nil {
		if err := b.Market.validate("Block.Market"); err != nil {
			return err
		}
	}
	return b.Target.validate("Block.Target")
}

func (q *Quote) validate(field string) error {
	switch {
	case outOfRange(q.Value) || outOfRange(q.SpreadBps):
		return fmt.Errorf("%w: %s: %s", ErrInvalid, field, inRange)
	case q.SpreadBps.IsNegative():
		return fmt.Errorf("%w: %s.SpreadBps %v: must be >= 0", ErrInvalid, field, q.SpreadBps)
	case q.Fault != "" && q.Fault != PriceInvalid && q.Fault != OracleStale && q.Fault != OracleDivergence:
		return fmt.Errorf("%w: %s.Fault %.40q: must be a fault of a price", ErrInvalid, field, string(q.Fault))
	}
	return nil
}
