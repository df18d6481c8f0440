package apitest

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
)

// Requests is an [api.Requests] in memory. Its zero value is ready to use. Safe
// for concurrent use.
type Requests struct {
	Broken error // what Begin and Finish return instead, if not nil; set it while nobody calls

	mu   sync.Mutex
	kept map[[2]string]request
}

type request struct {
	hash   [32]byte
	begun  time.Time
	answer api.Answer
}

var _ api.Requests = (*Requests)(nil)

// lease is how long who began is waited for.
const lease = 30 * time.Second

// Begin implements api.Requests.
func (r *Requests) Begin(_ context.Context, actor, key string, hash [32]byte, now time.Time) (api.Answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := [2]string{actor, key}
	switch known, ok := r.kept[at]; {
	case r.Broken != nil:
		return api.Answer{}, r.Broken
	case ok && known.hash != hash:
		return api.Answer{}, api.ErrOtherRequest
	case known.answer.Status != 0:
		return known.answer, nil
	case ok && now.Sub(known.begun) < lease:
		return api.Answer{}, api.ErrInProgress
	}
	if r.kept == nil {
		r.kept = map[[2]string]request{}
	}
	r.kept[at] = request{hash: hash, begun: now}
	return api.Answer{}, nil
}

// Finish implements api.Requests.
func (r *Requests) Finish(ctx context.Context, actor, key string, a api.Answer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := cmp.Or(r.Broken, ctx.Err()); err != nil {
		return err
	}
	at := [2]string{actor, key}
	if a.Status == 0 {
		delete(r.kept, at)
		return nil
	}
	known := r.kept[at]
	known.answer = a
	r.kept[at] = known
	return nil
}
