package transport

import (
	"sync"
	"time"
)

// Sequence gives times that never repeat, for nonces and for proofs: a clock
// that stands still or goes back holds neither back. It may not be copied once
// used. Safe for concurrent use.
type Sequence struct {
	Unit time.Duration // how the venue counts time, > 0

	mu   sync.Mutex
	last time.Time
}

// Next returns now, UTC and rounded down to the unit, or the first such time
// after the one that it returned last.
func (s *Sequence) Next(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := now.UTC().Truncate(s.Unit)
	if !at.After(s.last) {
		at = s.last.Add(s.Unit)
	}
	s.last = at
	return at
}
