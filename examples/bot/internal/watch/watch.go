// Package watch stands between an engine and its world: it tells what every look
// led to, and is the dead man's switch of an engine that gets nowhere.
package watch

import (
	"context"
	"errors"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

// Step is what one look led to.
type Step[S, O, D any] struct {
	At       time.Time
	State    S // before the look
	Seen     O
	Decision *D    // nil if nothing could be decided
	Fault    error // of the look, of what was done about it, or of clearing
	Cleared  bool  // nothing succeeded for so long that all of ours was taken back
}

// World is a world that is watched. It is for one runner: not safe for concurrent
// use.
type World[S, O, D any] struct {
	inner    evenkeel.World[S, O, D]
	patience time.Duration
	takeBack func(context.Context, S) error
	tell     func(Step[S, O, D])

	acted time.Time // when a look led to something for the last time; at first, when there was one
	at    time.Time // of the last look, and the next two as well
	state S
	seen  O
}

// Over returns a world that tells what happens in inner, and calls takeBack at every
// look once none has led to anything for as long as patience: because the world
// fails, or the journal. 0 never does.
func Over[S, O, D any](inner evenkeel.World[S, O, D], patience time.Duration, takeBack func(context.Context, S) error, tell func(Step[S, O, D])) *World[S, O, D] {
	return &World[S, O, D]{inner: inner, patience: patience, takeBack: takeBack, tell: tell}
}

// Observe implements evenkeel.World.
func (w *World[S, O, D]) Observe(ctx context.Context, now time.Time, s S) (O, error) {
	if w.acted.IsZero() {
		w.acted = now
	}
	seen, err := w.inner.Observe(ctx, now, s)
	if ctx.Err() != nil {
		return seen, err
	}
	if w.patience > 0 && now.Sub(w.acted) >= w.patience {
		failed := w.takeBack(ctx, s)
		w.tell(Step[S, O, D]{At: now, State: s, Cleared: failed == nil, Fault: errors.Join(err, failed)})
	} else if err != nil {
		w.tell(Step[S, O, D]{At: now, State: s, Fault: err})
	}
	w.at, w.state, w.seen = now, s, seen
	return seen, err
}

// Act implements evenkeel.World. It is only called for what is in the journal.
func (w *World[S, O, D]) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d D) error {
	err := w.inner.Act(ctx, now, stamp, d)
	if !w.at.Equal(stamp.At) {
		return err // of an earlier life, acted on again: nothing has been seen yet
	}
	w.acted = now
	w.tell(Step[S, O, D]{At: w.at, State: w.state, Seen: w.seen, Decision: &d, Fault: err})
	return err
}
