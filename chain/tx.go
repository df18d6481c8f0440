package chain

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/holiman/uint256"
)

// Call is a contract call. Data is ABI-encoded (see package abi); amounts
// inside it are integers in the token's smallest unit.
type Call struct {
	To    Address
	Data  []byte
	Value uint256.Int // wei sent along
}

// Tx is a call to be mined.
type Tx struct {
	Call
	MaxGasPrice uint256.Int // wei, > 0: the most that one unit of gas may cost
	Deadline    uint64      // last block that may include it, > 0
	Public      bool        // may pass through the public mempool, for all to see and trade ahead of
}

// Validate reports, wrapping [ErrInvalid], the first field that no chain could
// accept.
func (tx Tx) Validate() error {
	switch {
	case tx.To == Address{}:
		return fmt.Errorf("%w: To %s: must be a contract", ErrInvalid, tx.To)
	case tx.MaxGasPrice.IsZero():
		return fmt.Errorf("%w: MaxGasPrice 0: must be > 0", ErrInvalid)
	case tx.Deadline == 0:
		return fmt.Errorf("%w: Deadline 0: must be > 0", ErrInvalid)
	}
	return nil
}

// MinReplacement returns the lowest gas price, in wei, that replaces a pending
// transaction of the given one: a tenth more, rounded up, which is the rule of
// go-ethereum's pool (PriceBump). It saturates at the largest 256-bit number.
func MinReplacement(gasPrice uint256.Int) uint256.Int {
	var tenth, rest, sum uint256.Int
	if tenth.DivMod(&gasPrice, uint256.NewInt(10), &rest); !rest.IsZero() {
		tenth.AddUint64(&tenth, 1)
	}
	if _, overflow := sum.AddOverflow(&gasPrice, &tenth); overflow {
		sum.SetAllOne()
	}
	return sum
}

// Status is what became of a sent transaction. The zero Status is invalid.
type Status uint8

// The states of a sent transaction.
const (
	Pending   Status = iota + 1 // known, not in a canonical block
	Mined                       // executed in Receipt.Block
	Reverted                    // included in Receipt.Block, with no effect but its gas
	Cancelled                   // its nonce was consumed by a cancellation in Receipt.Block
	Expired                     // past its deadline and in no block: it will not be mined
)

var statusNames = [...]string{Pending: "pending", Mined: "mined", Reverted: "reverted", Cancelled: "cancelled", Expired: "expired"}

// String returns the status in lower case, such as "mined".
func (s Status) String() string {
	if s == 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("invalid status %d", uint8(s))
	}
	return statusNames[s]
}

// MarshalText returns [Status.String], or an error wrapping [ErrInvalid].
func (s Status) MarshalText() ([]byte, error) {
	if s == 0 || int(s) >= len(statusNames) {
		return nil, fmt.Errorf("%w: Status %d: must be one of %q", ErrInvalid, uint8(s), statusNames[1:])
	}
	return []byte(statusNames[s]), nil
}

// UnmarshalText reads what MarshalText writes. The error wraps [ErrInvalid].
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusNames[1:], string(text))
	if i < 0 {
		return fmt.Errorf("%w: Status %.80q: must be one of %q", ErrInvalid, text, statusNames[1:])
	}
	*s = Status(i + 1)
	return nil
}

// Receipt is the outcome of a sent transaction.
type Receipt struct {
	Tx      Hash // the version that settled it; the newest one while Pending or Expired
	Status  Status
	Block   uint64      // 0 while Pending or Expired
	Hash    Hash        // of that block
	GasCost uint256.Int // wei; 0 while Pending or Expired
	Output  []byte      // what the call returned; nil unless Mined, or when the node does not tell
}

// MarshalJSON writes GasCost as a decimal string.
func (r Receipt) MarshalJSON() ([]byte, error) {
	type plain Receipt
	return json.Marshal((*plain)(&r)) // a pointer, for uint256.Int marshals only when addressable
}
