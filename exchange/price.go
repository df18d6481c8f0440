package exchange

import (
	"context"
	"fmt"
	"slices"
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

// Mid is a [PriceFeed] made of the middle of a venue's book. The middle of a
// wide or empty book is nobody's price, so it refuses one. Safe for concurrent
// use.
type Mid struct {
	Name         string // of the venue, for Price.Sources
	Books        BookReader
	MaxSpreadBps decimal.Decimal // widest distance of best bid and best ask, in bps of their middle; 0 is no limit
	MaxAge       time.Duration   // oldest book; 0 is no limit
}

var _ PriceFeed = Mid{}

// Price returns [ErrStale] for a book older than MaxAge, and [ErrDivergent] for
// one with an empty side or wider than MaxSpreadBps.
func (m Mid) Price(ctx context.Context, pair Pair, now time.Time) (Price, error) {
	book, err := m.Books.Book(ctx, pair, 1)
	if err != nil {
		return Price{}, err
	}
	at := book.At
	if at.After(now) {
		at = now // the venue's clock is ahead of ours
	}
	if m.MaxAge > 0 && now.Sub(at) > m.MaxAge {
		return Price{}, fmt.Errorf("%w: book of %v at %s is of %v, now %v: must be at most %v old", ErrStale, pair, m.Name, at, now, m.MaxAge)
	}
	mid, spread, ok := book.Mid()
	if !ok {
		return Price{}, fmt.Errorf("%w: book of %v at %s has an empty side", ErrDivergent, pair, m.Name)
	}
	if m.MaxSpreadBps.IsPositive() && spread.GreaterThan(m.MaxSpreadBps) {
		return Price{}, fmt.Errorf("%w: book of %v at %s is %v bps wide: must be at most %v", ErrDivergent, pair, m.Name, spread, m.MaxSpreadBps)
	}
	return Price{Value: mid, At: at.UTC(), Sources: []string{m.Name}}, nil
}

// History is a [PriceFeed] of what is already known, for replays and tests. Safe
// for concurrent use.
type History struct {
	pair   Pair
	prices []Price
	maxAge time.Duration
}

var _ PriceFeed = (*History)(nil)

// NewHistory returns a feed of pair that answers with the newest of prices at or
// before now, while that is at most maxAge old. The prices must be > 0, each
// later than the one before; else [ErrInvalid].
func NewHistory(pair Pair, maxAge time.Duration, prices []Price) (*History, error) {
	if err := pair.Validate(); err != nil {
		return nil, err
	}
	if maxAge <= 0 {
		return nil, invalid("maxAge", maxAge, "must be > 0")
	}
	for i, p := range prices {
		field := fmt.Sprintf("prices[%d]", i)
		if err := validPositive(field+".Value", p.Value); err != nil {
			return nil, err
		}
		if i > 0 && !p.At.After(prices[i-1].At) {
			return nil, invalid(field+".At", p.At, "must be after "+prices[i-1].At.String())
		}
	}
	return &History{pair: pair, prices: slices.Clone(prices), maxAge: maxAge}, nil
}

// Price returns [ErrStale] where the series has a gap, and before its first and
// long after its last price.
func (h *History) Price(ctx context.Context, pair Pair, now time.Time) (Price, error) {
	if err := ctx.Err(); err != nil {
		return Price{}, err
	}
	if pair != h.pair {
		return Price{}, fmt.Errorf("%w: price of %v", ErrNotFound, pair)
	}
	after, exact := slices.BinarySearchFunc(h.prices, now, func(p Price, t time.Time) int { return p.At.Compare(t) })
	if exact {
		after++
	}
	if after == 0 {
		return Price{}, fmt.Errorf("%w: price of %v: nothing is known at %v", ErrStale, pair, now)
	}
	newest := h.prices[after-1]
	if now.Sub(newest.At) > h.maxAge {
		return Price{}, fmt.Errorf("%w: price of %v is of %v, now %v: must be at most %v old", ErrStale, pair, newest.At, now, h.maxAge)
	}
	return newest, nil
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
