package evenkeel

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"time"
)

// Errors of the journal and the inbox. Adapters wrap them.
var (
	// ErrInvalid refuses a malformed argument and names it.
	ErrInvalid = errors.New("evenkeel: invalid")
	// ErrNotFound means that nothing is kept under that key, or at that time.
	ErrNotFound = errors.New("evenkeel: not found")
	// ErrConflict means that another writer has taken the sequence number, or
	// that a command's id is already used for other bytes.
	ErrConflict = errors.New("evenkeel: sequence conflict")
)

// Record is one step of one engine, as a [Store] keeps it.
type Record struct {
	Stamp
	Engine   string   // "name@version", see [Identity]
	Config   [32]byte // SHA-256 of the engine's configuration
	State    []byte   // JSON of the state after the step, kept byte for byte
	Seen     []byte   // JSON of the observation
	Decision []byte   // JSON of the decision
	Prev     [32]byte // Hash of the record before; zero for Seq 1
	Hash     [32]byte // see [Record.Sum]
}

// Sum returns what Hash must be: the SHA-256 of Prev followed by every other
// field but Hash, each preceded by its length so that no two records share an
// encoding. A record therefore vouches for all that came before it.
func (r Record) Sum() [32]byte {
	h := sha256.New()
	var word [8]byte
	number := func(n uint64) {
		binary.BigEndian.PutUint64(word[:], n)
		h.Write(word[:])
	}
	field := func(b []byte) {
		number(uint64(len(b)))
		h.Write(b)
	}
	h.Write(r.Prev[:])
	field([]byte(r.Key))
	number(r.Seq)
	number(uint64(r.At.UnixMicro()))
	field([]byte(r.Engine))
	h.Write(r.Config[:])
	field(r.State)
	field(r.Seen)
	field(r.Decision)
	return [32]byte(h.Sum(nil))
}

// Head is the end of a journal as somebody saw it.
type Head struct {
	Key  string
	Seq  uint64
	Hash [32]byte
}

// Store is the journal: append-only, one sequence per key. It is the restart
// point, the audit trail and the replay corpus. Safe for concurrent use; every
// implementation passes storetest.Run.
type Store interface {
	// Last returns the newest record of key, or ErrNotFound.
	Last(ctx context.Context, key string) (Record, error)
	// At returns the newest record of key at or before t, or ErrNotFound.
	At(ctx context.Context, key string, t time.Time) (Record, error)
	// Append is durable on return. It returns ErrConflict unless r.Seq is one
	// more than the last of r.Key, which fences off a second writer, and
	// ErrInvalid for an r.At before that of the last.
	Append(ctx context.Context, r Record) error
	// Journal yields the records of key whose Seq is above after, oldest
	// first and without gaps. A store with a retention limit begins at the
	// oldest record that it still keeps.
	Journal(ctx context.Context, key string, after uint64) iter.Seq2[Record, error]
}

// Command is a person's order to an engine: pause, reset, approve.
type Command struct {
	Seq  uint64 // 1, 2, 3 ... per key, in the order of arrival
	ID   string // chosen by the sender, unique per key
	Body []byte // kept byte for byte
}

// Inbox keeps the commands that wait for an engine. An engine's state names
// the last Seq that it consumed, so a crash neither loses nor repeats one.
// Safe for concurrent use; every implementation passes storetest.RunInbox.
type Inbox interface {
	// Put is durable on return. Put again with the same id and the same bytes
	// it does nothing; with other bytes it returns ErrConflict.
	Put(ctx context.Context, key, id string, command []byte) error
	// Take yields the commands of key whose Seq is above after, oldest first
	// and without gaps.
	Take(ctx context.Context, key string, after uint64) iter.Seq2[Command, error]
}

// Anchor publishes heads where whoever writes the journal cannot: a chain of
// hashes alone does not show that its end was cut off, or all of it rewritten.
// Safe for concurrent use; every implementation passes storetest.RunAnchor.
type Anchor interface {
	// Publish is durable on return. Publishing the newest head again does
	// nothing; a head that is not newer is refused with ErrConflict.
	Publish(ctx context.Context, h Head) error
	// Heads yields the published heads of key, oldest first.
	Heads(ctx context.Context, key string) iter.Seq2[Head, error]
}
