package outbox

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Kind says what a version is for. The zero Kind is invalid.
type Kind string

// The kinds of a version.
const (
	Call     Kind = "call"     // does what was asked for
	Cancel   Kind = "cancel"   // empty: takes the nonce, because somebody asked for that
	Withdraw Kind = "withdraw" // empty: takes the nonce of what is past its deadline
)

// Entry is one version as the journal keeps it.
type Entry struct {
	ID       string
	Kind     Kind
	Deadline uint64 // last block that should include it
	Public   bool   // may pass through the public mempool
	Raw      []byte // the signed transaction, in its binary form
}

// Version is one signed transaction of an intent.
type Version struct {
	Kind Kind
	*types.Transaction
}

// MaxGasPrice is the most that a unit of its gas may cost, in wei.
func (v Version) MaxGasPrice() uint256.Int { return *uint256.MustFromBig(v.GasFeeCap()) }

// Hash is the transaction's.
func (v Version) Hash() chain.Hash { return chain.Hash(v.Transaction.Hash()) }

// Intent is what was signed under one id: versions of one nonce.
type Intent struct {
	ID       string
	Nonce    uint64
	Deadline uint64
	Public   bool
	Versions []Version // oldest first, each dearer than the one before; not to be changed
}

// Newest returns the version signed last.
func (in Intent) Newest() Version { return in.Versions[len(in.Versions)-1] }

// Standing returns the newest version that somebody asked for.
func (in Intent) Standing() Version {
	for i := len(in.Versions) - 1; i > 0; i-- {
		if in.Versions[i].Kind != Withdraw {
			return in.Versions[i]
		}
	}
	return in.Versions[0]
}

// Cancelling reports whether a cancellation was signed, from which there is no way
// back.
func (in Intent) Cancelling() bool { return in.Newest().Kind != Call }

// Is reports whether tx is what the id was first sent with, at whatever price.
func (in Intent) Is(tx chain.Tx) bool {
	first := in.Versions[0]
	return chain.Address(*first.To()) == tx.To && bytes.Equal(first.Data(), tx.Data) &&
		first.Value().Cmp(tx.Value.ToBig()) == 0 && in.Deadline == tx.Deadline && in.Public == tx.Public
}

// version reads an entry's transaction.
func (e Entry) version() (Version, error) {
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(e.Raw); err != nil {
		return Version{}, fmt.Errorf("%w: Raw of %d bytes: %w", ErrInvalid, len(e.Raw), err)
	}
	if tx.To() == nil {
		return Version{}, fmt.Errorf("%w: Raw: must be addressed to somebody", ErrInvalid)
	}
	return Version{e.Kind, tx}, nil
}
