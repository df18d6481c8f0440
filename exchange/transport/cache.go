package transport

import (
	"context"
	"sync"
	"time"
)

// Cache keeps answers that seldom change, such as the rules of a market. The
// zero Cache keeps them for ever; it may not be copied once used. Safe for
// concurrent use.
type Cache[K comparable, V any] struct {
	MaxAge time.Duration // an answer is asked for again when it is older; 0 is never

	mu   sync.Mutex
	kept map[K]dated[V]
}

type dated[V any] struct {
	value V
	at    time.Time
}

// Get returns the value of key as it was at most MaxAge before now, asking for
// it when there is none. An error of ask, or of ctx, is returned and not kept.
func (c *Cache[K, V]) Get(ctx context.Context, key K, now time.Time, ask func() (V, error)) (value V, err error) {
	if err := ctx.Err(); err != nil {
		return value, err
	}
	c.mu.Lock()
	known, found := c.kept[key]
	c.mu.Unlock()
	if found && (c.MaxAge == 0 || now.Sub(known.at) <= c.MaxAge) {
		return known.value, nil
	}
	if value, err = ask(); err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= maxKept {
		c.kept = map[K]dated[V]{} // starting over costs some questions, and no bookkeeping
	}
	c.kept[key] = dated[V]{value: value, at: now}
	return value, nil
}

// maxKept bounds a Cache.
const maxKept = 10_000
