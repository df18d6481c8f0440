package chronicle

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Follow writes every record of key that into does not have yet, and returns the
// Seq of the last. Call it after each tick and at the start: whatever ended the
// last call, this one goes on where into stands. Several may call it at once,
// who lose to each other with [ErrConflict] at worst.
//
// A journal that no longer has the records that into lacks is [ErrConflict]; what
// the journal itself returns is passed on.
func Follow(ctx context.Context, journal evenkeel.Store, key string, into Chronicle) (uint64, error) {
	last, err := into.Last(ctx)
	if err != nil {
		return 0, fmt.Errorf("follow %s: %w", key, err)
	}
	var state liquidity.State
	next := max(last, 1) // the last record again, for the state that it left
	for rec, err := range journal.Journal(ctx, key, next-1) {
		switch {
		case err != nil:
			return last, fmt.Errorf("follow %s: %w", key, err)
		case rec.Seq != next:
			return last, fmt.Errorf("%w: follow %s: the journal has %d where %d is wanted", ErrConflict, key, rec.Seq, next)
		case rec.Seq == last:
			err = json.Unmarshal(rec.State, &state)
		default:
			if state, err = write(ctx, state, rec, into); err == nil {
				last = rec.Seq
			}
		}
		if err != nil {
			return last, fmt.Errorf("follow %s: %w", rec.ID(), err)
		}
		next++
	}
	if next <= last {
		return last, fmt.Errorf("%w: follow %s: the journal ends before %d, which was written", ErrConflict, key, last)
	}
	return last, nil
}

// write writes one record and returns the state that it left.
func write(ctx context.Context, prev liquidity.State, rec evenkeel.Record, into Chronicle) (liquidity.State, error) {
	entry, next, err := Read(prev, rec)
	if err == nil {
		err = into.Write(ctx, entry)
	}
	return next, err
}
