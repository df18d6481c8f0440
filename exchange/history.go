package exchange

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// History is a [PriceFeed] of what is already known, for replays and tests. Safe
// for concurrent use.
type History struct {
	pair   Pair
	prices []Price
	maxAge time.Duration
}

var _ PriceFeed = (*History)(nil)

// NewHistory returns a feed of pair that answers with the newest of prices at or
// before now, while that is at most maxAge old. The prices must be > 0, name a
// source, and each be later than the one before; else [ErrInvalid].
func NewHistory(pair Pair, maxAge time.Duration, prices []Price) (*History, error) {
	if err := pair.Validate(); err != nil {
		return nil, err
	}
	if maxAge <= 0 {
		return nil, invalid("maxAge", maxAge, "must be > 0")
	}
	h := &History{pair: pair, prices: slices.Clone(prices), maxAge: maxAge}
	for i, p := range prices {
		field := fmt.Sprintf("prices[%d]", i)
		if err := validPositive(field+".Value", p.Value); err != nil {
			return nil, err
		}
		if i > 0 && !p.At.After(prices[i-1].At) {
			return nil, invalid(field+".At", p.At, "must be after "+prices[i-1].At.String())
		}
		if len(p.Sources) == 0 {
			return nil, invalid(field+".Sources", p.Sources, "must name a source")
		}
		h.prices[i].At = p.At.UTC()
	}
	return h, nil
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
	newest.Sources = slices.Clone(newest.Sources)
	return newest, nil
}
