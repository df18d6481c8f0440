package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/holiman/uint256"
)

// ErrLaneFull is returned by [Bridge.Send] for more than the lane lets through
// now. Nothing was sent.
var ErrLaneFull = errors.New("chain: lane is full")

// Lane is one direction of a bridge for one token.
type Lane struct {
	From, To uint64  // EIP-155 numbers
	Token    Address // on From
}

// Limit is a token bucket: so much may pass at once, and so much more as time
// goes by. Amounts are in the smallest unit on Lane.From.
type Limit struct {
	Room      uint256.Int // may pass now
	Capacity  uint256.Int // Room never exceeds it
	PerMinute uint256.Int // Room grows by it
}

// Transfer moves tokens of the bridge's account to its account on the other
// chain.
type Transfer struct {
	Lane
	Amount      uint256.Int // in the smallest unit on From, > 0
	MaxGasPrice uint256.Int // wei on From, > 0
	Deadline    uint64      // last block of From in which it may depart, > 0
}

// Validate reports, wrapping [ErrInvalid], the first field that no bridge could
// accept.
func (t Transfer) Validate() error {
	switch {
	case t.From == t.To:
		return fmt.Errorf("%w: To %d: must differ from From", ErrInvalid, t.To)
	case t.Token == Address{}:
		return fmt.Errorf("%w: Token %s: must be a contract", ErrInvalid, t.Token)
	case t.Amount.IsZero():
		return fmt.Errorf("%w: Amount 0: must be > 0", ErrInvalid)
	case t.MaxGasPrice.IsZero():
		return fmt.Errorf("%w: MaxGasPrice 0: must be > 0", ErrInvalid)
	case t.Deadline == 0:
		return fmt.Errorf("%w: Deadline 0: must be > 0", ErrInvalid)
	}
	return nil
}

// Stage is how far a transfer has come. The zero Stage is invalid.
type Stage uint8

// The stages of a transfer. Each but Unsent and Failed can be taken back by a
// reorg of the chain on which it happened.
const (
	Unsent   Stage = iota + 1 // certainly never sent, by this process or an earlier one
	Waiting                   // sent, and in no block of From
	Departed                  // left the account in a block of From
	Arrived                   // paid out in a block of To
	Refunded                  // paid back in a block of From
	Failed                    // never left, and never will: reverted, or past its deadline
)

var stageNames = [...]string{
	Unsent: "unsent", Waiting: "waiting", Departed: "departed", Arrived: "arrived", Refunded: "refunded", Failed: "failed",
}

// String returns the stage in lower case, such as "departed".
func (s Stage) String() string {
	if s == 0 || int(s) >= len(stageNames) {
		return fmt.Sprintf("invalid stage %d", uint8(s))
	}
	return stageNames[s]
}

// MarshalText returns [Stage.String], or an error wrapping [ErrInvalid].
func (s Stage) MarshalText() ([]byte, error) {
	if s == 0 || int(s) >= len(stageNames) {
		return nil, fmt.Errorf("%w: Stage %d: must be one of %q", ErrInvalid, uint8(s), stageNames[1:])
	}
	return []byte(stageNames[s]), nil
}

// UnmarshalText reads what MarshalText writes. The error wraps [ErrInvalid].
func (s *Stage) UnmarshalText(text []byte) error {
	i := slices.Index(stageNames[1:], string(text))
	if i < 0 {
		return fmt.Errorf("%w: Stage %.80q: must be one of %q", ErrInvalid, text, stageNames[1:])
	}
	*s = Stage(i + 1)
	return nil
}

// Passage is what became of a transfer.
type Passage struct {
	Stage    Stage
	Sent     uint64      // block of From in which it departed; 0 when it did not
	Settled  uint64      // block of To in which it arrived, or of From in which it was refunded; else 0
	Received uint256.Int // by then, in the smallest unit of the chain that paid: the amount less the bridge's fee
}

// Bridge moves tokens between two chains: what leaves one arrives on the other
// later, in any order, or comes back. It speaks for one account on each. Safe for
// concurrent use; every implementation passes bridgetest.Run.
type Bridge interface {
	// Limit returns what a lane lets through. It returns ErrNotFound for a lane
	// that the bridge does not have.
	Limit(ctx context.Context, lane Lane) (Limit, error)

	// Send asks for t to be carried out at most once under id. An id sent again
	// is handed over again, in case that was lost, and is no error.
	//
	// It returns ErrInvalid for an empty id, a t that [Transfer.Validate]
	// refuses, or an id sent before with another t but for MaxGasPrice;
	// ErrNotFound for a lane that the bridge does not have; and for an id not
	// sent before ErrLaneFull, and ErrTooLate when Deadline is at or below the
	// head of From. After these nothing was sent. After any other error t may be
	// under way: send it again, or ask for its Passages.
	Send(ctx context.Context, id string, t Transfer) error

	// Passages reports what became of transfers, in the order of ids, all or
	// none, as far as the bridge's nodes have seen either chain. An id that was
	// certainly never sent is Unsent, which is leave to send; while that is
	// uncertain it returns an error.
	Passages(ctx context.Context, ids ...string) ([]Passage, error)
}
