package memory

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/evenkeelhq/evenkeel"
)

var _ evenkeel.Anchor = (*Anchor)(nil)

// Anchor is an evenkeel.Anchor. Its zero value is ready to use. Safe for
// concurrent use; do not copy it after first use.
type Anchor struct {
	mu    sync.RWMutex
	heads map[string][]evenkeel.Head
}

// Publish implements evenkeel.Anchor.
func (a *Anchor) Publish(ctx context.Context, h evenkeel.Head) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var last evenkeel.Head
	if heads := a.heads[h.Key]; len(heads) > 0 {
		last = heads[len(heads)-1]
	}
	switch {
	case h == last:
		return nil
	case h.Seq <= last.Seq:
		return fmt.Errorf("%w: anchor %s/%d after %d", evenkeel.ErrConflict, h.Key, h.Seq, last.Seq)
	}
	if a.heads == nil {
		a.heads = make(map[string][]evenkeel.Head)
	}
	a.heads[h.Key] = append(a.heads[h.Key], h)
	return nil
}

// Heads implements evenkeel.Anchor.
func (a *Anchor) Heads(ctx context.Context, key string) iter.Seq2[evenkeel.Head, error] {
	return func(yield func(evenkeel.Head, error) bool) {
		a.mu.RLock()
		heads := a.heads[key]
		a.mu.RUnlock()
		for _, h := range heads {
			if err := ctx.Err(); err != nil {
				yield(evenkeel.Head{}, err)
				return
			}
			if !yield(h, nil) {
				return
			}
		}
	}
}
