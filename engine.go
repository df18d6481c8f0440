package evenkeel

import (
	"context"
	"strconv"
	"time"
)

// Engine is the shape every engine has: immutable after New, with no clock,
// I/O, goroutine, lock or randomness, and no dependence on map order. Equal
// arguments give equal results, so one Engine serves many keys at once.
//
// An error means malformed input: the returned state is then the given one and
// the decision is to be ignored. An unfavourable world is not an error but a
// decision with a reason. S, O and D survive a JSON round trip, and the zero S
// is a fresh start.
type Engine[S, O, D any] interface {
	Step(state S, seen O) (S, D, error)
}

// Identity names an engine and its configuration in the journal. Every engine
// of this module has it; [NewRunner] records what it says.
type Identity interface {
	// Identity returns the engine as "name@version" and the SHA-256 of its
	// configuration.
	Identity() (engine string, config [32]byte)
}

// World is all that an engine's [Runner] may see and touch: its I/O half.
type World[S, O, D any] interface {
	// Observe reports the world as of now, what became of the intents in
	// state, and the commands that wait in the [Inbox].
	Observe(ctx context.Context, now time.Time, state S) (O, error)
	// Act carries out a recorded decision. After a crash it is called again
	// with the same stamp, so it is idempotent in stamp.ID(); it declines, by
	// returning nil, what is too late by now. Its error is only logged: truth
	// comes from the next observation.
	Act(ctx context.Context, now time.Time, stamp Stamp, decision D) error
}

// Stamp identifies one step of one engine.
type Stamp struct {
	Key string    // names the journal, such as "peg/cUSDC"
	Seq uint64    // 1, 2, 3 ... per key
	At  time.Time // the runner's time: UTC, microseconds, never decreasing within a key
}

// ID is "key/seq": stable across restarts, fit for a client order ID or a
// transaction tag.
func (s Stamp) ID() string { return s.Key + "/" + strconv.FormatUint(s.Seq, 10) }
