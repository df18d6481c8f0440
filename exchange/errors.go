package exchange

import (
	"errors"
	"fmt"
	"time"
)

// Errors of a venue. Adapters map their venue's own errors onto these and keep
// the cause: fmt.Errorf("%w: %w", ErrAuth, err).
var (
	ErrInvalid        = errors.New("exchange: invalid")         // malformed; asking again will not help
	ErrNotFound       = errors.New("exchange: not found")       // no such pair, no such order
	ErrAuth           = errors.New("exchange: not authorised")  // key or signature refused
	ErrRejected       = errors.New("exchange: order rejected")  // well formed, and the venue said no: nothing was placed
	ErrRateLimited    = errors.New("exchange: rate limited")    // nothing was done; see [RateLimitError]
	ErrUnknownOutcome = errors.New("exchange: outcome unknown") // sent, and the answer was lost: look, do not resend under another ClientID

	// ErrInsufficient and ErrWouldCross are the rejections a maker reacts to;
	// both are [ErrRejected] as well.
	ErrInsufficient = fmt.Errorf("%w: insufficient balance", ErrRejected)
	ErrWouldCross   = fmt.Errorf("%w: post-only order would take", ErrRejected)
)

// Reasons of a [PriceFeed] for giving no price.
var (
	ErrStale       = errors.New("exchange: stale")       // nothing seen recently enough
	ErrNoQuorum    = errors.New("exchange: no quorum")   // too few sources answered
	ErrDivergent   = errors.New("exchange: divergent")   // sources contradict each other
	ErrUnconfirmed = errors.New("exchange: unconfirmed") // a jump that too few prints support so far
)

// RateLimitError is an [ErrRateLimited] that knows how long the venue asks us
// to wait.
type RateLimitError struct {
	RetryAfter time.Duration // > 0
	Cause      error         // the venue's own words; may be nil
}

// Error names the wait and the cause.
func (e *RateLimitError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("%v: retry after %v", ErrRateLimited, e.RetryAfter)
	}
	return fmt.Sprintf("%v: retry after %v: %v", ErrRateLimited, e.RetryAfter, e.Cause)
}

// Is reports whether target is [ErrRateLimited].
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimited }

// Unwrap returns the cause.
func (e *RateLimitError) Unwrap() error { return e.Cause }

// invalid is the one form of a malformed field: its name, its value, the rule.
func invalid(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s %v: %s", ErrInvalid, field, value, rule)
}
