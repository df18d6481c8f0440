// Package exchange is the vocabulary of an order-book venue and the ports
// through which engines see and touch one.
package exchange

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"
)

// Errors every adapter maps its venue's own errors onto.
var (
	ErrInvalid        = errors.New("exchange: invalid")
	ErrNotFound       = errors.New("exchange: not found")
	ErrRejected       = errors.New("exchange: order rejected")
	ErrRateLimited    = errors.New("exchange: rate limited")
	ErrUnknownOutcome = errors.New("exchange: outcome unknown")
)

// Pair names a market; prices are Quote units per one Base unit.
type Pair struct{ Base, Quote string }

// String returns "BASE/QUOTE".
func (p Pair) String() string { return p.Base + "/" + p.Quote }

// Price is a reference price.
type Price struct {
	Value   decimal.Decimal // Quote per Base, > 0
	At      time.Time       // when the sources saw it (the oldest of them), not when we asked
	Sources []string        // names of the sources that agree on Value, sorted
	Spread  decimal.Decimal // (highest - lowest) / Value among Sources, in bps, >= 0
}

// PriceFeed reports reference prices. Safe for concurrent use.
type PriceFeed interface {
	// Price answers as of now, which is an argument so that a feed needs no
	// clock and history can be replayed. It returns ErrNotFound for a pair
	// that the feed does not carry.
	Price(ctx context.Context, pair Pair, now time.Time) (Price, error)
}

// Client is one account at one venue.
type Client interface {
	PriceFeed
}
