package exchange

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Price is a reference price.
type Price struct {
	Value   decimal.Decimal // Quote per Base, > 0
	At      time.Time       // when the sources saw it (the oldest of them), not when we asked; UTC
	Sources []string        // names of the sources that agree on Value, sorted
	Spread  decimal.Decimal // (highest - lowest) / Value among Sources, in bps to 4 decimals, >= 0
}

// Feeds carries several pairs, each by a feed of its own. Safe for concurrent
// use while nobody writes to the map.
type Feeds map[Pair]PriceFeed

var _ PriceFeed = Feeds{}

// Price asks the feed of that pair, or returns [ErrNotFound].
func (f Feeds) Price(ctx context.Context, pair Pair, now time.Time) (Price, error) {
	feed, found := f[pair]
	if !found {
		return Price{}, fmt.Errorf("%w: price of %v", ErrNotFound, pair)
	}
	return feed.Price(ctx, pair, now)
}

// bps returns x in bps of whole, to 4 decimals.
func bps(x, of decimal.Decimal) decimal.Decimal { return x.Mul(whole).DivRound(of, 4) }

// within reports whether x is at most limit bps of ref away from ref.
func within(x, ref, limitBps decimal.Decimal) bool {
	return x.Sub(ref).Abs().Mul(whole).LessThanOrEqual(ref.Mul(limitBps))
}

// middle returns (a + b) / 2, exactly.
func middle(a, b decimal.Decimal) decimal.Decimal { return a.Add(b).Mul(half) }

var half = decimal.New(5, -1)
