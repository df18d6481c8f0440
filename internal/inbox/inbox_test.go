package inbox_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/inbox"
)

// box has commands, and then it fails.
type box struct {
	evenkeel.Inbox
	bodies []string
	fails  error
}

func (b box) Take(_ context.Context, _ string, after uint64) iter.Seq2[evenkeel.Command, error] {
	return func(yield func(evenkeel.Command, error) bool) {
		for i, body := range b.bodies[after:] {
			if !yield(evenkeel.Command{Seq: after + uint64(i) + 1, Body: []byte(body)}, nil) {
				return
			}
		}
		if b.fails != nil {
			yield(evenkeel.Command{}, b.fails)
		}
	}
}

func body(c evenkeel.Command) string { return string(c.Body) }

func TestCommandsAreTakenInOrderUpToWhatALookHasRoomFor(t *testing.T) {
	b := box{bodies: []string{"a", "b", "c", "d"}}
	taken := func(after uint64, limit int) []string {
		first, err := inbox.First(inbox.Take(t.Context(), b, "key", after, body), limit)
		require.NoError(t, err)
		return first
	}
	require.Equal(t, []string{"a", "b", "c", "d"}, taken(0, 5))
	require.Equal(t, []string{"b", "c"}, taken(1, 2))
	require.Empty(t, taken(4, 5))
}

func TestWhereThereIsNoInboxNothingWaits(t *testing.T) {
	first, err := inbox.First(inbox.Take(t.Context(), nil, "key", 0, body), 5)
	require.NoError(t, err)
	require.Empty(t, first)
}

func TestAnInboxThatFailsIsNamedAndNothingIsTaken(t *testing.T) {
	broken := errors.New("disk")
	first, err := inbox.First(inbox.Take(t.Context(), box{bodies: []string{"a"}, fails: broken}, "pool", 0, body), 5)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "take commands of pool")
	require.Empty(t, first)
}
