package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
)

const (
	one = `{"to":"a","amount":"1"}`
	two = `{"to":"a","amount":"2"}`
)

func (r *rig) transfer(who, key, body string) *httptest.ResponseRecorder {
	r.tb.Helper()
	return r.ask("POST /transfers", who, "Idempotency-Key: "+key, body)
}

func TestARequestUnderOneKeyIsDoneOnce(t *testing.T) {
	type step struct {
		who, key, body string
		fail           error
		code           int
		replayed       bool
		moves          int
		says           string
	}
	for _, row := range []struct {
		name  string
		steps []step
	}{
		{"the second answer is the first", []step{
			{"olga", "k", one, nil, 201, false, 1, `"olga k"`},
			{"olga", "k", one, nil, 201, true, 1, `"olga k"`},
			{"olga", "k", one, errDown, 201, true, 1, `"olga k"`},
		}},
		{"another body is another request", []step{
			{"olga", "k", one, nil, 201, false, 1, ""},
			{"olga", "k", two, nil, 422, false, 1, "key_reused"},
			{"olga", "k", one + " ", nil, 422, false, 1, "key_reused"},
			{"olga", "l", two, nil, 201, false, 2, ""},
		}},
		{"another actor has keys of his own", []step{
			{"olga", "k", one, nil, 201, false, 1, `"olga k"`},
			{"otto", "k", two, nil, 201, false, 2, `"otto k"`},
		}},
		{"what the vault refuses, it has decided", []step{
			{"olga", "k", one, errPoor, 409, false, 0, "too_poor"},
			{"olga", "k", one, nil, 409, true, 0, "too_poor"},
		}},
		{"a fault of ours decides nothing", []step{
			{"olga", "k", one, errDown, 500, false, 0, "internal"},
			{"olga", "k", one, nil, 201, false, 1, ""},
		}},
		{"nor does a fault of the moment", []step{
			{"olga", "k", one, api.Fail(429, api.TooMany, "later"), 429, false, 0, "later"},
			{"olga", "k", one, api.Away("the venue"), 503, false, 0, "unavailable"},
			{"olga", "k", one, nil, 201, false, 1, ""},
		}},
		{"what is not valid has not used its key", []step{
			{"olga", "k", `{"to":"a"}`, nil, 422, false, 0, "invalid"},
			{"olga", "k", one, nil, 201, false, 1, ""},
		}},
		{"a key is not the beginning of another", []step{
			{"olga", strings.Repeat("x", 255), one, nil, 201, false, 1, ""},
			{"olga", strings.Repeat("x", 254), one, nil, 201, false, 2, ""},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := open(t)
			for i, s := range row.steps {
				r.vault.fail = s.fail
				got := r.transfer(s.who, s.key, s.body)
				require.Equal(t, s.code, got.Code, "step %d: %s", i, got.Body)
				require.Equal(t, s.replayed, got.Header().Get("Idempotency-Replayed") == "true", i)
				require.Equal(t, s.moves, r.vault.moves, i)
				require.Contains(t, got.Body.String(), s.says, i)
			}
		})
	}
}

func TestAReplayIsTheSameToTheByteButItsId(t *testing.T) {
	r := open(t)
	first, second := r.transfer("olga", "k", one), r.transfer("olga", "k", one)
	require.Equal(t, first.Body.String(), second.Body.String())
	require.Equal(t, first.Header().Get("Content-Type"), second.Header().Get("Content-Type"))
	require.NotEqual(t, first.Header().Get("X-Request-Id"), second.Header().Get("X-Request-Id"))
}

func TestMethodAndPathArePartOfARequest(t *testing.T) {
	r := open(t)
	require.Equal(t, 204, r.ask("POST /close/a", "adam", "Idempotency-Key: k").Code)
	for _, other := range []string{"POST /close/b", "DELETE /close/a"} {
		got := r.ask(other, "adam", "Idempotency-Key: k")
		require.Equal(t, 422, got.Code, other)
		require.Contains(t, got.Body.String(), "key_reused")
	}
	again := r.ask("POST /close/a", "adam", "Idempotency-Key: k")
	require.Equal(t, 429, again.Code, "a replay is a request like any other")
}

func TestARequestInProgressIsNotDoneAgain(t *testing.T) {
	r := open(t)
	block := make(chan struct{})
	r.vault.meanwhile = func() { <-block }
	var all sync.WaitGroup
	var done, busy atomic.Int32
	for range 5 {
		all.Go(func() {
			switch got := r.transfer("olga", "k", one); got.Code {
			case 201:
				done.Add(1)
			case 409:
				busy.Add(1)
				if got.Header().Get("Retry-After") != "1" {
					t.Error("no Retry-After")
				}
				if busy.Load() == 4 {
					close(block)
				}
			default:
				t.Errorf("%d %s", got.Code, got.Body)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, done.Load())
	require.EqualValues(t, 4, busy.Load())
	require.Equal(t, 1, r.vault.moves)
}

func TestAnAnswerIsKeptThoughWhoAskedHasGone(t *testing.T) {
	r := open(t)
	ctx, gone := context.WithCancel(t.Context())
	r.ctx, r.vault.meanwhile = ctx, gone
	require.Equal(t, 201, r.transfer("olga", "k", one).Code)
	r.ctx, r.vault.meanwhile = t.Context(), nil
	require.Equal(t, "true", r.transfer("olga", "k", one).Header().Get("Idempotency-Replayed"))
}

func TestAnAnswerThatCannotBeKeptIsGivenAllTheSame(t *testing.T) {
	r := open(t)
	r.vault.meanwhile = func() { r.requests.Broken = errDown }
	got := r.transfer("olga", "k", one)
	require.Equal(t, 201, got.Code, "it has happened")
	require.Equal(t, 1, r.logged.FilterMessage("finish").Len())
}
