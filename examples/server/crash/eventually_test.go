//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// patience is how long anything may take before it counts as never.
const patience = 30 * time.Second

// every does something until it says that it is done, an error, or ctx ends.
func every(ctx context.Context, interval time.Duration, do func() (done bool, err error)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if done, err := do(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// eventually waits until nothing is wrong any more, and otherwise says what still
// is.
func eventually(ctx context.Context, within time.Duration, wrong func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var last error
	err := every(ctx, 20*time.Millisecond, func() (bool, error) {
		last = wrong()
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("still after %v: %w", within, errors.Join(last, err))
	}
	return nil
}
