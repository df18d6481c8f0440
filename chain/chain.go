// Package chain is the vocabulary of an EVM-like chain and the port through
// which engines see and touch one. It knows no node software; chain/evm does.
package chain

import (
	"context"
	"errors"
	"time"

	"github.com/holiman/uint256"
)

// Errors every [Client] maps its node's own errors onto.
var (
	ErrInvalid  = errors.New("chain: invalid")
	ErrNotFound = errors.New("chain: not found")
	ErrReverted = errors.New("chain: reverted")
	ErrReorged  = errors.New("chain: block no longer canonical")
	ErrTooLate  = errors.New("chain: past its deadline")
)

// Address is an account or a contract.
type Address [20]byte

// Hash names a block or a transaction.
type Hash [32]byte

// Block heads a block.
type Block struct {
	Number   uint64
	Hash     Hash
	Parent   Hash
	Time     time.Time
	GasPrice uint256.Int // wei; base fee plus the node's suggested tip
}

// Call is a contract call. Data is ABI-encoded (see package abi); amounts
// inside it are integers in the token's smallest unit.
type Call struct {
	To    Address
	Data  []byte
	Value uint256.Int // wei
}

// Tx is a call to be mined.
type Tx struct {
	Call
	MaxGasPrice uint256.Int // wei, > 0: the most that one unit of gas may cost
	Deadline    uint64      // last block that may include it, > 0
}

// Status is what became of a sent transaction. The zero Status is invalid.
type Status uint8

// The states of a sent transaction.
const (
	Pending   Status = iota + 1 // known, not in a canonical block
	Mined                       // executed in Receipt.Block
	Reverted                    // included in Receipt.Block, no effect but its gas
	Cancelled                   // its nonce was consumed by a cancellation in Receipt.Block
	Expired                     // past its deadline, never mined, never will be
)

// Receipt is the outcome of a sent transaction.
type Receipt struct {
	Tx      Hash
	Status  Status
	Block   uint64 // 0 while pending
	Hash    Hash   // of that block
	GasCost uint256.Int
	Output  []byte // what the call returned; nil unless Mined
}

// Client is one chain through one node, signing with at most one account.
// Safe for concurrent use; every implementation passes chaintest.Run.
type Client interface {
	// ID is the chain's EIP-155 number.
	ID() uint64
	// Head returns the newest block the adapter calls final enough.
	Head(ctx context.Context) (Block, error)
	// Block returns the canonical block of that number, at or below Head, or
	// ErrNotFound.
	Block(ctx context.Context, number uint64) (Block, error)
	// Read evaluates calls against one block, all or none. It returns
	// ErrReorged if that block is no longer canonical, ErrReverted if a call
	// reverts.
	Read(ctx context.Context, at Hash, calls ...Call) ([][]byte, error)
	// Send is idempotent in id: sent any number of times, it is mined at most
	// once. Sent again at a higher MaxGasPrice it replaces the pending one at
	// the same nonce. It returns ErrTooLate when Deadline is at or below Head.
	Send(ctx context.Context, id string, tx Tx) (Hash, error)
	// Cancel consumes the nonce of a pending id with an empty transaction at
	// maxGasPrice; what the chain includes first decides. Cancelling what is
	// already settled does nothing.
	Cancel(ctx context.Context, id string, maxGasPrice uint256.Int) error
	// Receipt returns ErrNotFound for an id never sent.
	Receipt(ctx context.Context, id string) (Receipt, error)
}
