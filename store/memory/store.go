package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

var _ evenkeel.Store = (*Store)(nil)

// Store is an evenkeel.Store. Its zero value is ready to use and keeps every
// record. Safe for concurrent use; do not copy it after first use.
type Store struct {
	// Limit is how many records of each key are kept at least; older ones are
	// dropped. 0 keeps all. Set it before first use.
	Limit int

	mu       sync.RWMutex
	journals map[string][]evenkeel.Record
}

// Last implements evenkeel.Store.
func (s *Store) Last(ctx context.Context, key string) (evenkeel.Record, error) {
	journal, err := s.journal(ctx, key)
	if err != nil {
		return evenkeel.Record{}, err
	}
	if len(journal) == 0 {
		return evenkeel.Record{}, fmt.Errorf("%w: journal %q", evenkeel.ErrNotFound, key)
	}
	return clone(journal[len(journal)-1]), nil
}

// At implements evenkeel.Store.
func (s *Store) At(ctx context.Context, key string, t time.Time) (evenkeel.Record, error) {
	journal, err := s.journal(ctx, key)
	if err != nil {
		return evenkeel.Record{}, err
	}
	later := sort.Search(len(journal), func(i int) bool { return journal[i].At.After(t) })
	if later == 0 {
		return evenkeel.Record{}, fmt.Errorf("%w: journal %q at or before %s", evenkeel.ErrNotFound, key, t.UTC().Format(time.RFC3339Nano))
	}
	return clone(journal[later-1]), nil
}

// Append implements evenkeel.Store.
func (s *Store) Append(ctx context.Context, r evenkeel.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	journal := s.journals[r.Key]
	var last evenkeel.Record
	if len(journal) > 0 {
		last = journal[len(journal)-1]
	}
	switch {
	case r.Seq != last.Seq+1:
		return fmt.Errorf("%w: append %s after %d", evenkeel.ErrConflict, r.ID(), last.Seq)
	case r.At.Before(last.At):
		return fmt.Errorf("%w: append %s: At %s: must not be before %s", evenkeel.ErrInvalid, r.ID(), r.At.Format(time.RFC3339Nano), last.At.Format(time.RFC3339Nano))
	}
	if s.journals == nil {
		s.journals = make(map[string][]evenkeel.Record)
	}
	journal = append(journal, clone(r))
	if s.Limit > 0 && len(journal) >= 2*s.Limit { // in bulk, so that each record is moved once
		journal = slices.Clone(journal[len(journal)-s.Limit:])
	}
	s.journals[r.Key] = journal
	return nil
}

// Journal implements evenkeel.Store. It yields the records that were there
// when the iteration began.
func (s *Store) Journal(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Record, error] {
	return func(yield func(evenkeel.Record, error) bool) {
		journal, err := s.journal(ctx, key)
		if err != nil {
			yield(evenkeel.Record{}, err)
			return
		}
		first := sort.Search(len(journal), func(i int) bool { return journal[i].Seq > after })
		for _, r := range journal[first:] {
			if err := ctx.Err(); err != nil {
				yield(evenkeel.Record{}, err)
				return
			}
			if !yield(clone(r), nil) {
				return
			}
		}
	}
}

// journal returns what is kept under key now. Kept records never change, so
// the slice may be read without the lock.
func (s *Store) journal(ctx context.Context, key string) ([]evenkeel.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.journals[key], nil
}

// clone separates what is kept from what the caller holds.
func clone(r evenkeel.Record) evenkeel.Record {
	r.State, r.Seen, r.Decision = slices.Clone(r.State), slices.Clone(r.Seen), slices.Clone(r.Decision)
	return r
}
