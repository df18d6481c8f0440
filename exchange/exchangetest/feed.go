package exchangetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// FeedFixture is a feed with a price of Pair at Now, in a world that stands
// still.
type FeedFixture struct {
	Feed exchange.PriceFeed
	Pair exchange.Pair
	Now  time.Time
}

// RunFeed checks the promises of exchange.PriceFeed, each on a fixture of its
// own.
func RunFeed(t *testing.T, open func(t *testing.T) FeedFixture) {
	t.Helper()
	for _, c := range []struct {
		promise string
		check   func(*testing.T, FeedFixture)
	}{
		{"a price is valid and was seen at or before now", priceIsValid},
		{"the same question has the same answer", sameAnswer},
		{"asking later makes no price newer", notNewer},
		{"a pair that the feed does not carry is not found", feedNotFound},
		{"an ended context ends the call", feedContext},
		{"a feed may be asked from many goroutines", feedTogether},
	} {
		t.Run(c.promise, func(t *testing.T) { c.check(t, open(t)) })
	}
}

func (f FeedFixture) price(t *testing.T) exchange.Price {
	t.Helper()
	p, err := f.Feed.Price(t.Context(), f.Pair, f.Now)
	require.NoError(t, err)
	return p
}

func priceIsValid(t *testing.T, f FeedFixture) {
	p := f.price(t)
	require.True(t, p.Value.IsPositive(), "value %v", p.Value)
	require.False(t, p.At.IsZero() || p.At.After(f.Now), "seen at %v, now %v", p.At, f.Now)
	require.Equal(t, time.UTC, p.At.Location())
	require.NotEmpty(t, p.Sources)
	require.True(t, slices.IsSorted(p.Sources), "sources %v", p.Sources)
	require.False(t, p.Spread.IsNegative(), "spread %v", p.Spread)
}

func sameAnswer(t *testing.T, f FeedFixture) {
	require.Empty(t, cmp.Diff(f.price(t), f.price(t)))
}

func notNewer(t *testing.T, f FeedFixture) {
	f.price(t)
	for _, later := range []time.Duration{time.Second, time.Minute, 1000 * time.Hour} {
		p, err := f.Feed.Price(t.Context(), f.Pair, f.Now.Add(later))
		if err != nil {
			require.ErrorIs(t, err, exchange.ErrStale)
			continue
		}
		require.False(t, p.At.After(f.Now), "asked %v later, seen at %v", later, p.At)
	}
}

func feedNotFound(t *testing.T, f FeedFixture) {
	_, err := f.Feed.Price(t.Context(), exchange.Pair{Base: "NOSUCH", Quote: "PAIR"}, f.Now)
	require.ErrorIs(t, err, exchange.ErrNotFound)
}

func feedContext(t *testing.T, f FeedFixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Feed.Price(ctx, f.Pair, f.Now)
	require.ErrorIs(t, err, context.Canceled)
}

func feedTogether(t *testing.T, f FeedFixture) {
	want := f.price(t)
	var wg sync.WaitGroup
	prices := make([]exchange.Price, 8)
	for i := range prices {
		wg.Go(func() {
			prices[i], _ = f.Feed.Price(t.Context(), f.Pair, f.Now)
		})
	}
	wg.Wait()
	for _, p := range prices {
		require.Empty(t, cmp.Diff(want, p))
	}
}
