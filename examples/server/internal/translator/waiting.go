package translator

import (
	"context"
	"sync"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// waiting are the instruments of which something new is known, each once, in the
// order in which they came. Safe for concurrent use.
type waiting struct {
	mu    sync.Mutex
	is    map[market.ISIN]bool
	order []market.ISIN // in which they are to be looked at; may name some that wait no more
	ready chan struct{} // has room for one: somebody may be waiting
}

func newWaiting() *waiting {
	return &waiting{is: map[market.ISIN]bool{}, ready: make(chan struct{}, 1)}
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
	was := w.is[isin]
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
		ok = w.is[isin]
	}
	return isin, len(w.order) > 0, ok
}

// has reports whether an instrument is waiting.
func (w *waiting) has(isin market.ISIN) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.is[isin]
}

func (w *waiting) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.is)
}
