package evenkeel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// ErrBroken means that a journal is not what was written.
var ErrBroken = errors.New("evenkeel: journal broken")

// Verified is the stretch of a journal that [Verify] found sound.
type Verified struct {
	First uint64 // its first record: 1, unless older ones were dropped
	Head  Head   // its last
}

// Verify walks the journal of key. It returns ErrBroken, naming the place, when
// a record was changed, removed, moved or inserted, and when the journal does
// not hold each of the trusted heads, which come from an [Anchor]: without one,
// a journal that was cut at its end, or rewritten whole, looks sound. A journal
// whose oldest records are gone needs a trusted head to vouch for the rest; a
// host whose store drops none should also check that First is 1.
func Verify(ctx context.Context, s Store, key string, trusted ...Head) (Verified, error) {
	want := make(map[uint64][32]byte, len(trusted))
	for _, t := range trusted {
		if t.Key == key {
			want[t.Seq] = t.Hash
		}
	}
	var v Verified
	vouched := false
	for r, err := range s.Journal(ctx, key, 0) {
		if err != nil {
			return v, fmt.Errorf("verify %s after %d: %w", key, v.Head.Seq, err)
		}
		if v.First == 0 {
			v = Verified{First: r.Seq, Head: Head{Key: key, Seq: max(r.Seq, 1) - 1, Hash: r.Prev}}
			vouched = r.Seq == 1
			forget(want, r.Seq)
		}
		if err := follows(v.Head, r); err != nil {
			return v, err
		}
		v.Head = headOf(r)
		if hash, anchored := want[r.Seq]; anchored {
			if hash != r.Hash {
				return v, fmt.Errorf("%w: %s has hash %x, trusted is %x", ErrBroken, r.ID(), r.Hash, hash)
			}
			vouched = true
			delete(want, r.Seq)
		}
	}
	switch {
	case len(want) > 0:
		return v, fmt.Errorf("%w: %s ends at %d, short of a trusted head", ErrBroken, key, v.Head.Seq)
	case v.First == 0:
		return v, fmt.Errorf("verify %s: %w", key, ErrNotFound)
	case !vouched:
		return v, fmt.Errorf("%w: %s begins at %d and holds no trusted head", ErrBroken, key, v.First)
	}
	return v, nil
}

// forget drops the trusted heads of records that are kept no longer.
func forget(want map[uint64][32]byte, first uint64) {
	for seq := range want {
		if seq < first {
			delete(want, seq)
		}
	}
}

// follows reports whether r is the record right after head.
func follows(head Head, r Record) error {
	switch {
	case r.Key != head.Key || r.Seq != head.Seq+1:
		return fmt.Errorf("%w: %s stands where %s/%d belongs", ErrBroken, r.ID(), head.Key, head.Seq+1)
	case r.Seq == 1 && r.Prev != [32]byte{}:
		return fmt.Errorf("%w: %s: the first record must have no predecessor", ErrBroken, r.ID())
	case r.Prev != head.Hash:
		return fmt.Errorf("%w: %s does not follow the record before it", ErrBroken, r.ID())
	case r.Sum() != r.Hash:
		return fmt.Errorf("%w: %s: its content does not match its hash", ErrBroken, r.ID())
	}
	return nil
}

// Replayed is one step decided again.
type Replayed[S, D any] struct {
	Record
	NewState    S
	NewDecision D
	Same        bool // state and decision are those of the record, byte for byte
}

// Replay lets engine decide each step of the journal of key again, from the
// recorded state before it and the recorded observation. With the engine and
// configuration of the records every step comes out the same; with another
// one, the differences are what it would have done. A step that the engine
// refuses ends the replay with its error. Of a journal whose oldest records
// were dropped, the first one kept serves as the starting state only.
func Replay[S, O, D any](ctx context.Context, engine Engine[S, O, D], s Store, key string) iter.Seq2[Replayed[S, D], error] {
	return func(yield func(Replayed[S, D], error) bool) {
		var before Record
		for r, err := range s.Journal(ctx, key, 0) {
			if err != nil {
				yield(Replayed[S, D]{}, fmt.Errorf("replay %s: %w", key, err))
				return
			}
			if r.Seq == 1 || before.Seq != 0 {
				again, err := decideAgain(engine, before.State, r)
				if !yield(again, err) || err != nil {
					return
				}
			}
			before = r
		}
	}
}

// decideAgain steps from the state encoded in before, nil for a fresh start.
func decideAgain[S, O, D any](engine Engine[S, O, D], before []byte, r Record) (Replayed[S, D], error) {
	again := Replayed[S, D]{Record: r}
	var state S
	var seen O
	if before != nil {
		if err := json.Unmarshal(before, &state); err != nil {
			return again, fmt.Errorf("replay %s: state before it: %w", r.ID(), err)
		}
	}
	if err := json.Unmarshal(r.Seen, &seen); err != nil {
		return again, fmt.Errorf("replay %s: observation: %w", r.ID(), err)
	}
	var err error
	if again.NewState, again.NewDecision, err = engine.Step(state, seen); err != nil {
		return again, fmt.Errorf("replay %s: %w", r.ID(), err)
	}
	newState, stateErr := json.Marshal(again.NewState)
	newDecision, decisionErr := json.Marshal(again.NewDecision)
	if err := errors.Join(stateErr, decisionErr); err != nil {
		return again, fmt.Errorf("replay %s: %w", r.ID(), err)
	}
	again.Same = bytes.Equal(newState, r.State) && bytes.Equal(newDecision, r.Decision)
	return again, nil
}
