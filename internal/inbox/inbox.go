// Package inbox reads the commands that wait for an engine, for its world.
package inbox

import (
	"context"
	"fmt"
	"iter"

	"github.com/evenkeelhq/evenkeel"
)

// Take yields the commands of key whose number is above after, oldest first, as read
// understands them; none where there is no inbox. What read cannot understand it
// returns as a command without a sense, for the engine to answer: it stops nobody.
func Take[C any](ctx context.Context, box evenkeel.Inbox, key string, after uint64, read func(evenkeel.Command) C) iter.Seq2[C, error] {
	return func(yield func(C, error) bool) {
		if box == nil {
			return
		}
		for c, err := range box.Take(ctx, key, after) {
			if err != nil {
				var none C
				yield(none, fmt.Errorf("take commands of %s: %w", key, err))
				return
			}
			if !yield(read(c), nil) {
				return
			}
		}
	}
}

// First returns the first of all, at most limit: what a look has room for.
func First[C any](all iter.Seq2[C, error], limit int) ([]C, error) {
	var first []C
	for c, err := range all {
		if err != nil {
			return nil, err
		}
		if first = append(first, c); len(first) == limit {
			break
		}
	}
	return first, nil
}
