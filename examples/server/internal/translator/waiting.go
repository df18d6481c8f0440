package translator

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// waiting are the instruments of which something new is known, each once, in the
// order in which they came. Safe for concurrent use.
type waiting struct {
	mu     sync.Mutex
	is     map[market.ISIN]bool // those that wait: whether they have a place in order
	order  []market.ISIN        // in which they are to be looked at; may name some that wait no more
	failed map[market.ISIN]failure
	ready  chan struct{} // has room for one: somebody may be waiting
}

// failure is what became of the last looks at an instrument.
type failure struct {
	times   int
	resting bool // it is tried again in a while
}

func newWaiting() *waiting {
	return &waiting{is: map[market.ISIN]bool{}, failed: map[market.ISIN]failure{}, ready: make(chan struct{}, 1)}
}

func (w *waiting) add(isins ...market.ISIN) {
	w.mu.Lock()
	for _, isin := range isins {
		if !w.is[isin] {
			w.is[isin] = true
			w.order = append(w.order, isin)
		}
	}
	w.mu.Unlock()
	w.tell()
}

// fail has an instrument wait for another try. It returns how long it is to be left
// alone until [waiting.retry], longer each time; 0 if that was said already.
func (w *waiting) fail(isin market.ISIN) time.Duration {
	const first, longest = time.Second, time.Minute
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, waits := w.is[isin]; !waits {
		w.is[isin] = false
	}
	f := w.failed[isin]
	if f.resting {
		return 0
	}
	w.failed[isin] = failure{f.times + 1, true}
	return min(first<<min(f.times, 6), longest)
}

// retry has an instrument that failed looked at again, if it still waits.
func (w *waiting) retry(isin market.ISIN) {
	w.mu.Lock()
	if f, failed := w.failed[isin]; failed {
		w.failed[isin] = failure{times: f.times}
	}
	_, waits := w.is[isin]
	w.mu.Unlock()
	if waits {
		w.add(isin)
	}
}

// succeed forgets the failures of an instrument.
func (w *waiting) succeed(isin market.ISIN) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.failed, isin)
}

func (w *waiting) tell() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// drop takes an instrument out, and reports whether it was waiting.
func (w *waiting) drop(isin market.ISIN) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, was := w.is[isin]
	delete(w.is, isin)
	return was
}

// next waits for an instrument, or returns false when ctx ends. It still counts as
// waiting, until somebody drops it and looks at it.
func (w *waiting) next(ctx context.Context) (market.ISIN, bool) {
	for {
		if isin, more, ok := w.take(); ok {
			if more {
				w.tell()
			}
			return isin, true
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-w.ready:
		}
	}
}

func (w *waiting) take() (isin market.ISIN, more, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.order) > 0 && !ok {
		isin = w.order[0]
		w.order = w.order[1:]
		if ok = w.is[isin]; ok {
			w.is[isin] = false
		}
	}
	return isin, len(w.order) > 0, ok
}

// has reports whether an instrument is waiting.
func (w *waiting) has(isin market.ISIN) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, waits := w.is[isin]
	return waits
}

func (w *waiting) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.is)
}
