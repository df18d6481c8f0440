package routine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/routine"
)

// within runs do in a bubble, where time passes as soon as everybody waits for it.
func within(t *testing.T, do func(ctx context.Context, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		do(ctx, stop)
	})
}

// forever works until it is told to stop, and says how long that was.
func forever(took *time.Duration) func(context.Context) error {
	began := time.Now()
	return func(ctx context.Context) error {
		<-ctx.Done()
		*took = time.Since(began)
		return ctx.Err()
	}
}

func TestWhatWasBegunIsFinishedButNotForEver(t *testing.T) {
	within(t, func(ctx context.Context, stop func()) {
		stop()
		var took time.Duration
		require.ErrorIs(t, routine.Finish(ctx, clock.New(), time.Minute, forever(&took)), context.Canceled)
		require.Equal(t, 8*time.Second, took)
		require.NoError(t, routine.Finish(ctx, clock.New(), time.Minute, func(ctx context.Context) error { return ctx.Err() }))
	})
}

func TestNothingTakesLongerThanItsLimit(t *testing.T) {
	within(t, func(ctx context.Context, _ func()) {
		var took time.Duration
		require.ErrorIs(t, routine.Finish(ctx, clock.New(), time.Minute, forever(&took)), context.DeadlineExceeded)
		require.Equal(t, time.Minute, took)
	})
}

func TestWhatFailsIsToldAndTriedAgainAtEachInterval(t *testing.T) {
	within(t, func(ctx context.Context, stop func()) {
		broken, began := errors.New("disk"), time.Now()
		var done []time.Duration
		var told []error
		routine.Every(ctx, clock.New(), time.Minute, time.Second, func(context.Context) error {
			done = append(done, time.Since(began))
			if len(done) == 3 {
				stop()
			}
			return broken
		}, func(err error) { told = append(told, err) })
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute}, done)
		require.Equal(t, []error{broken, broken}, told, "who is to stop fails in peace")
	})
}
