package sql_test

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var (
	thisRequest  = sha256.Sum256([]byte("POST /inject {}"))
	otherRequest = sha256.Sum256([]byte("POST /withdraw {}"))
)

func TestARequestIsAnsweredOnce(t *testing.T) {
	answer := sql.Answer{Status: 201, Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(`{"a": 1}`)}
	type step struct {
		after  time.Duration // since the first
		actor  string
		hash   [32]byte
		finish *sql.Answer // instead of beginning
		want   sql.Answer
		err    error
	}
	lives := map[string][]step{
		"the first one goes on": {{actor: "ann", hash: thisRequest}},
		"while it goes on another one does not": {
			{actor: "ann", hash: thisRequest},
			{actor: "ann", hash: thisRequest, err: sql.ErrInProgress},
			{after: 30*time.Second - time.Microsecond, actor: "ann", hash: thisRequest, err: sql.ErrInProgress},
		},
		"one who does not come back is not waited for, nor the next": {
			{actor: "ann", hash: thisRequest},
			{after: 30 * time.Second, actor: "ann", hash: thisRequest},
			{after: 31 * time.Second, actor: "ann", hash: thisRequest, err: sql.ErrInProgress},
		},
		"once it is answered, the answer is given again": {
			{actor: "ann", hash: thisRequest},
			{actor: "ann", finish: &answer},
			{actor: "ann", hash: thisRequest, want: answer},
			{after: 24 * time.Hour, actor: "ann", hash: thisRequest, want: answer},
		},
		"the first answer stays": {
			{actor: "ann", hash: thisRequest},
			{actor: "ann", finish: &answer},
			{actor: "ann", finish: &sql.Answer{Status: 500}},
			{actor: "ann", finish: &sql.Answer{}},
			{actor: "ann", hash: thisRequest, want: answer},
		},
		"a key is for one request": {
			{actor: "ann", hash: thisRequest},
			{actor: "ann", hash: otherRequest, err: sql.ErrOtherRequest},
			{after: time.Minute, actor: "ann", hash: otherRequest, err: sql.ErrOtherRequest},
			{actor: "ann", finish: &answer},
			{actor: "ann", hash: otherRequest, err: sql.ErrOtherRequest},
		},
		"a key is one actor's": {
			{actor: "ann", hash: thisRequest},
			{actor: "bob", hash: otherRequest},
			{actor: "bob", finish: &answer},
			{actor: "ann", hash: thisRequest, err: sql.ErrInProgress},
		},
		"a key that was given up is free": {
			{actor: "ann", hash: thisRequest},
			{actor: "ann", finish: &sql.Answer{}},
			{actor: "ann", hash: otherRequest},
		},
		"an answer may be empty": {
			{actor: "ann", hash: thisRequest},
			{actor: "ann", finish: &sql.Answer{Status: 204}},
			{actor: "ann", hash: thisRequest, want: sql.Answer{Status: 204}},
		},
		"what was never begun is not answered": {
			{actor: "ann", finish: &answer},
			{actor: "ann", hash: thisRequest},
		},
	}
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		for name, steps := range lives {
			for i, s := range steps {
				requests := programs[i%2].Requests()
				if s.finish != nil {
					require.NoError(t, requests.Finish(t.Context(), s.actor, name, *s.finish), name)
					continue
				}
				got, err := requests.Begin(t.Context(), s.actor, name, s.hash, noon.Add(s.after))
				require.ErrorIs(t, err, s.err, "%s, step %d", name, i)
				got.Body = append([]byte{}, got.Body...) // or nil
				s.want.Body = append([]byte{}, s.want.Body...)
				require.Equal(t, s.want, got, "%s, step %d", name, i)
			}
		}
	})
}

func TestOfManyWhoBeginTheSameRequestOneGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		for round := range 3 { // the first is new, later ones were left behind
			var gone atomic.Int32
			var running sync.WaitGroup
			for i := range 16 {
				running.Go(func() {
					answer, err := programs[i%2].Requests().Begin(t.Context(), "ann", "key", thisRequest, noon.Add(time.Duration(round)*time.Minute))
					switch {
					case err == nil && answer.Status == 0:
						gone.Add(1)
					case err != nil:
						require.ErrorIs(t, err, sql.ErrInProgress)
					}
				})
			}
			running.Wait()
			require.EqualValues(t, 1, gone.Load(), round)
		}
	})
}

func TestOldRequestsAreForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		requests := open(t, dsn).Requests()
		for key, at := range map[string]time.Time{"old": noon, "young": noon.Add(time.Hour)} {
			_, err := requests.Begin(t.Context(), "ann", key, thisRequest, at)
			require.NoError(t, err)
			require.NoError(t, requests.Finish(t.Context(), "ann", key, sql.Answer{Status: 200}))
		}
		more, err := requests.Forget(t.Context(), noon.Add(time.Hour))
		require.NoError(t, err)
		require.False(t, more)
		again, err := requests.Begin(t.Context(), "ann", "young", thisRequest, noon.Add(2*time.Hour))
		require.NoError(t, err)
		require.Equal(t, 200, again.Status)
		fresh, err := requests.Begin(t.Context(), "ann", "old", otherRequest, noon.Add(2*time.Hour))
		require.NoError(t, err)
		require.Zero(t, fresh.Status)
	})
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		requests := open(t, dsn).Requests()
		for _, names := range [][2]string{{"", "key"}, {"ann", ""}, {"a\x00", "key"}, {"ann", "\xff"}} {
			_, err := requests.Begin(t.Context(), names[0], names[1], thisRequest, noon)
			require.ErrorIs(t, err, evenkeel.ErrInvalid)
		}
		require.ErrorIs(t, requests.Finish(t.Context(), "ann", "key", sql.Answer{Status: -1}), evenkeel.ErrInvalid)
		require.ErrorIs(t, requests.Finish(t.Context(), "ann", "key", sql.Answer{Status: 200, Body: make([]byte, 1<<20+1)}), evenkeel.ErrInvalid)
	})
}
