package paper

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Call is what a [Fault] happens to. The zero Call is invalid.
type Call uint8

// The calls of a client.
const (
	Read Call = iota + 1 // everything that only asks
	Place
	Cancel
)

// Kind is what goes wrong. The zero Kind is invalid.
type Kind uint8

// The kinds of fault.
const (
	Reject      Kind = iota + 1 // the venue refuses for no reason of ours: exchange.ErrRejected. Place only
	RateLimit                   // this call and every other within For are refused: exchange.RateLimitError. Any call
	LoseAnswer                  // it happens, and we do not hear of it: exchange.ErrUnknownOutcome. Place and Cancel
	LoseRequest                 // it does not happen, and we do not hear of it: exchange.ErrUnknownOutcome. Place and Cancel
	Delay                       // it happens after For, and we do not hear of it: exchange.ErrUnknownOutcome. Place only
)

// Fault is one thing that goes wrong once.
type Fault struct {
	Call Call
	Kind Kind
	For  time.Duration // of the venue's time, > 0 for RateLimit and Delay, else 0
}

// validate is the table of which faults there are.
func (f Fault) validate() error {
	var calls []Call
	switch f.Kind {
	case Reject, Delay:
		calls = []Call{Place}
	case LoseAnswer, LoseRequest:
		calls = []Call{Place, Cancel}
	case RateLimit:
		calls = []Call{Read, Place, Cancel}
	default:
		return fmt.Errorf("%w: Fault.Kind %d: must be one of the constants", exchange.ErrInvalid, f.Kind)
	}
	if !slices.Contains(calls, f.Call) {
		return fmt.Errorf("%w: Fault.Call %d: kind %d does not happen to it", exchange.ErrInvalid, f.Call, f.Kind)
	}
	if lasts := f.Kind == RateLimit || f.Kind == Delay; f.For < 0 || lasts != (f.For > 0) {
		return fmt.Errorf("%w: Fault.For %v: must be > 0 for RateLimit and Delay, else 0", exchange.ErrInvalid, f.For)
	}
	return nil
}

// Script adds faults. Each happens once, to the next call of its kind that no
// earlier one happens to; a call that breaks the market's rules does not reach
// the venue and meets no fault. It returns exchange.ErrInvalid, and adds none,
// if one of them cannot happen.
func (a *Account) Script(faults ...Fault) error {
	for _, f := range faults {
		if err := f.validate(); err != nil {
			return err
		}
	}
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	a.faults = append(a.faults, faults...)
	return nil
}

// begin is the start of every call: it returns the fault that the call has to
// carry out, and an error for one that ends it here.
func (a *Account) begin(ctx context.Context, call Call) (Fault, error) {
	if err := ctx.Err(); err != nil {
		return Fault{}, err
	}
	if wait := a.limited.Sub(a.venue.now); wait > 0 {
		return Fault{}, &exchange.RateLimitError{RetryAfter: wait}
	}
	i := slices.IndexFunc(a.faults, func(f Fault) bool { return f.Call == call })
	if i < 0 {
		return Fault{}, nil
	}
	fault := a.faults[i]
	a.faults = slices.Delete(a.faults, i, i+1)
	switch fault.Kind {
	case RateLimit:
		a.limited = a.venue.now.Add(fault.For)
		return Fault{}, &exchange.RateLimitError{RetryAfter: fault.For}
	case Reject:
		return Fault{}, fmt.Errorf("%w: as scripted", exchange.ErrRejected)
	default:
		return fault, nil
	}
}
