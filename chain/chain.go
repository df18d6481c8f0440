package chain

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/holiman/uint256"
)

// Errors every [Client] maps its node's own errors onto. Any other error, a
// timeout for one, says nothing about what happened: look again.
var (
	ErrInvalid        = errors.New("chain: invalid")
	ErrNotFound       = errors.New("chain: not found")
	ErrReverted       = errors.New("chain: reverted")
	ErrReorged        = errors.New("chain: block no longer canonical")
	ErrTooLate        = errors.New("chain: past its deadline")
	ErrUnderpriced    = errors.New("chain: too cheap to replace what is pending")
	ErrNoPrivateRoute = errors.New("chain: no private route")
)

// Block heads a block.
type Block struct {
	Number   uint64
	Hash     Hash
	Parent   Hash        // hash of block Number-1
	Time     time.Time   // UTC; never before the parent's
	GasPrice uint256.Int // wei; base fee plus the node's suggested tip
}

// MarshalJSON writes GasPrice as a decimal string.
func (b Block) MarshalJSON() ([]byte, error) {
	type plain Block
	return json.Marshal((*plain)(&b)) // a pointer, for uint256.Int marshals only when addressable
}

// Client is one chain through one node, signing with at most one account. Safe
// for concurrent use; every implementation passes chaintest.Run.
type Client interface {
	// ID is the chain's EIP-155 number.
	ID() uint64

	// Head returns the newest block the adapter calls final enough. It can move
	// back, in a reorg or from one node to another.
	Head(ctx context.Context) (Block, error)

	// Block returns the canonical block of that number. It returns ErrNotFound
	// above Head and for blocks older than the node keeps.
	Block(ctx context.Context, number uint64) (Block, error)

	// Read evaluates calls against the state after the block named at, all or
	// none, each as if it were alone and sent by the client's account; it
	// changes nothing. It returns ErrReorged if that block is no longer
	// canonical, ErrReverted if a call reverts, and ErrNotFound for a block that
	// the node does not know, not yet or no more. Answers are the caller's, in
	// the order of the calls.
	Read(ctx context.Context, at Hash, calls ...Call) ([][]byte, error)

	// Send asks for tx to be mined at most once under id, and returns the hash
	// of the version that now stands.
	//
	// Sent again, a pending id is handed to the node again, in case that has
	// dropped it; with a MaxGasPrice of at least [MinReplacement] it is replaced
	// at the same nonce, with less it stays as it is. A settled id, or one under
	// cancellation, is left alone. None of these is an error.
	//
	// It returns ErrInvalid for an empty id, a tx that [Tx.Validate] refuses, or
	// an id sent before with another Call, Deadline or Public; for an id not
	// sent before ErrTooLate when Deadline is at or below Head, and
	// ErrNoPrivateRoute when the adapter knows only the public one and tx is not
	// Public. After these nothing was sent. After any other error tx may be
	// under way: send it again, or ask for its Receipt.
	Send(ctx context.Context, id string, tx Tx) (Hash, error)

	// Cancel replaces a pending id by an empty transaction at the same nonce;
	// what the chain includes first decides. There is no way back: from then on
	// Send leaves that id alone. Cancelling again is replacing, by the rule of
	// Send; cancelling what is settled does nothing.
	//
	// It returns ErrNotFound as Receipt does, and ErrUnderpriced, having done
	// nothing, when the id was not being cancelled and maxGasPrice is below
	// [MinReplacement] of the pending version.
	Cancel(ctx context.Context, id string, maxGasPrice uint256.Int) error

	// Receipt reports what became of id, as of Head: a block above Head does not
	// count yet, and a reorg may return any Status to Pending under the same id.
	// It returns ErrNotFound only when id was certainly never sent, by this
	// process or an earlier one; while that is uncertain it returns another
	// error, so ErrNotFound is leave to send.
	Receipt(ctx context.Context, id string) (Receipt, error)
}
