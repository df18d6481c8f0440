package pool

import (
	"context"
	"sync"
	"time"
)

// maxProofs bounds how many accounts' newest proofs are remembered. Forgetting
// one is harmless: the ledger refuses its orders all the same.
const maxProofs = 100_000

// proofs remembers the newest proof of each account, so that none goes to its
// exchange twice. The zero proofs is ready to use.
type proofs struct {
	mu     sync.Mutex
	newest map[string]*proof
}

type proof struct {
	issued time.Time
	done   chan struct{} // closed when it is known what became of it
	kept   bool
}

// take reports whether a proof is new, and may be replayed: settle then says what
// became of it. Otherwise it waits until that is known of the one that came
// first, and tells whether its orders were kept.
func (p *proofs) take(ctx context.Context, account string, issued time.Time) (settle func(kept bool), known bool, err error) {
	p.mu.Lock()
	last := p.newest[account]
	if last == nil || issued.After(last.issued) {
		if p.newest == nil || len(p.newest) >= maxProofs {
			p.newest = map[string]*proof{}
		}
		mine := &proof{issued: issued, done: make(chan struct{})}
		p.newest[account] = mine
		p.mu.Unlock()
		return func(kept bool) { mine.kept = kept; close(mine.done) }, false, nil
	}
	p.mu.Unlock()
	select {
	case <-last.done:
		return nil, last.kept || issued.Before(last.issued), nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}
