package apitest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
)

// RunRequests tests the promises of [api.Requests].
func RunRequests(t *testing.T, open func(t *testing.T) api.Requests) {
	t.Helper()
	var (
		now    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		one    = [32]byte{1}
		two    = [32]byte{2}
		answer = api.Answer{Status: 201, Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(`{"a":1}`)}
	)
	begin := func(t *testing.T, r api.Requests, actor, key string, hash [32]byte, at time.Time, want api.Answer, wantErr error) {
		t.Helper()
		got, err := r.Begin(t.Context(), actor, key, hash, at)
		require.ErrorIs(t, err, wantErr)
		require.Empty(t, cmp.Diff(want, got))
	}
	t.Run("the first one goes on, and the next finds its answer", func(t *testing.T) {
		r := open(t)
		begin(t, r, "a", "k", one, now, api.Answer{}, nil)
		require.NoError(t, r.Finish(t.Context(), "a", "k", answer))
		begin(t, r, "a", "k", one, now, answer, nil)
		begin(t, r, "a", "k", one, now.Add(23*time.Hour), answer, nil)
	})
	t.Run("a key stands for one request", func(t *testing.T) {
		r := open(t)
		begin(t, r, "a", "k", one, now, api.Answer{}, nil)
		begin(t, r, "a", "k", two, now, api.Answer{}, api.ErrOtherRequest)
		require.NoError(t, r.Finish(t.Context(), "a", "k", answer))
		begin(t, r, "a", "k", two, now, api.Answer{}, api.ErrOtherRequest)
	})
	t.Run("who has begun is waited for, but not for ever", func(t *testing.T) {
		r := open(t)
		begin(t, r, "a", "k", one, now, api.Answer{}, nil)
		begin(t, r, "a", "k", one, now.Add(time.Second), api.Answer{}, api.ErrInProgress)
		begin(t, r, "a", "k", one, now.Add(time.Minute), api.Answer{}, nil)
		begin(t, r, "a", "k", one, now.Add(time.Minute), api.Answer{}, api.ErrInProgress)
	})
	t.Run("each actor has keys of his own", func(t *testing.T) {
		r := open(t)
		begin(t, r, "a", "k", one, now, api.Answer{}, nil)
		begin(t, r, "b", "k", two, now, api.Answer{}, nil)
		begin(t, r, "a", "kk", two, now, api.Answer{}, nil)
	})
	t.Run("a key that is given back is free", func(t *testing.T) {
		r := open(t)
		begin(t, r, "a", "k", one, now, api.Answer{}, nil)
		require.NoError(t, r.Finish(t.Context(), "a", "k", api.Answer{}))
		begin(t, r, "a", "k", two, now, api.Answer{}, nil)
	})
}
