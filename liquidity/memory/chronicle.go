package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

var _ chronicle.Chronicle = (*Chronicle)(nil)

// Chronicle is a chronicle.Chronicle. Its zero value is ready to use and keeps
// everything. Safe for concurrent use; do not copy it after first use.
type Chronicle struct {
	// Limit is how many of each kind are kept at least; older ones are dropped. 0
	// keeps all. Set it before first use.
	Limit int

	mu       sync.RWMutex
	last     uint64
	ratios   shelf[chronicle.Ratio]
	actions  shelf[chronicle.Action]
	stress   shelf[chronicle.StressEvent]
	postings shelf[chronicle.Posting]
	newest   map[string]chronicle.Ratio // by bank
}

// shelf holds things of one kind, by rising number.
type shelf[T any] struct {
	kept   []kept[T]
	number uint64            // of the last that was put
	ids    map[string]uint64 // numbers of those that have an ID
}

type kept[T any] struct {
	number   uint64
	at       time.Time
	bank, id string
	side     liquidity.Side
	thing    T
}

// put adds a thing, which is told its number, and drops the oldest.
func (s *shelf[T]) put(k kept[T], limit int, tell func(*T, uint64)) {
	s.number++
	k.number = s.number
	tell(&k.thing, k.number)
	s.kept = append(s.kept, k)
	if k.id != "" {
		if s.ids == nil {
			s.ids = map[string]uint64{}
		}
		s.ids[k.id] = k.number
	}
	if limit > 0 && len(s.kept) >= 2*limit { // rarely, so that adding stays cheap
		oldest := s.kept[len(s.kept)-limit].number
		s.drop(func(k kept[T]) bool { return k.number < oldest })
	}
}

func (s *shelf[T]) drop(old func(kept[T]) bool) {
	s.kept = slices.DeleteFunc(s.kept, func(k kept[T]) bool {
		if old(k) {
			delete(s.ids, k.id)
			return true
		}
		return false
	})
}

// find returns what has that ID, or nil.
func (s *shelf[T]) find(id string) *kept[T] {
	number, ok := s.ids[id]
	if !ok {
		return nil
	}
	i, _ := slices.BinarySearchFunc(s.kept, number, func(k kept[T], number uint64) int { return cmp.Compare(k.number, number) })
	return &s.kept[i]
}

func (s *shelf[T]) page(q chronicle.Query) chronicle.Page[T] {
	var found []T
	var numbers []uint64
	for _, k := range slices.Backward(s.kept) {
		if k.number < q.Before && (q.Bank == "" || k.bank == q.Bank) && (q.Side == "" || k.side == q.Side) &&
			!k.at.Before(q.From) && (q.To.IsZero() || k.at.Before(q.To)) {
			found, numbers = append(found, k.thing), append(numbers, k.number)
		}
		if len(found) > q.Limit {
			return chronicle.Page[T]{Items: found[:q.Limit], Next: numbers[q.Limit-1]}
		}
	}
	return chronicle.Page[T]{Items: found}
}

// Last implements chronicle.Chronicle.
func (c *Chronicle) Last(ctx context.Context) (uint64, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.last, ctx.Err()
}

// Write implements chronicle.Chronicle.
func (c *Chronicle) Write(ctx context.Context, e chronicle.Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case e.Seq <= c.last:
		return nil
	case e.Seq != c.last+1:
		return fmt.Errorf("%w: %d after %d", chronicle.ErrConflict, e.Seq, c.last)
	}
	c.last = e.Seq
	if c.newest == nil {
		c.newest = map[string]chronicle.Ratio{}
	}
	for _, r := range e.Ratios {
		bank := r.Position.Bank
		c.ratios.put(kept[chronicle.Ratio]{at: e.At, bank: bank, thing: r}, c.Limit, func(r *chronicle.Ratio, n uint64) { r.Number = n; c.newest[bank] = *r })
	}
	for _, a := range e.Actions {
		c.put(e.At, a)
	}
	for _, p := range e.Postings {
		c.postings.put(kept[chronicle.Posting]{at: e.At, bank: p.Bank, thing: p}, c.Limit, func(p *chronicle.Posting, n uint64) { p.Number = n })
	}
	return nil
}

// put adds an action, or changes it.
func (c *Chronicle) put(at time.Time, a chronicle.Action) {
	if known := c.actions.find(a.ID); known != nil {
		a.Number = known.number
		known.thing = a
		return
	}
	c.actions.put(kept[chronicle.Action]{at: at, bank: a.Bank, id: a.ID, side: a.Side, thing: a}, c.Limit, func(a *chronicle.Action, n uint64) { a.Number = n })
}

// Foresee implements chronicle.Chronicle.
func (c *Chronicle) Foresee(ctx context.Context, events []chronicle.StressEvent) error {
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, e := range events {
		if c.stress.find(e.ID) == nil {
			c.stress.put(kept[chronicle.StressEvent]{at: e.At, bank: e.Bank, id: e.ID, thing: e}, c.Limit, func(e *chronicle.StressEvent, n uint64) { e.Number = n })
		}
	}
	return nil
}

// Action implements chronicle.Chronicle.
func (c *Chronicle) Action(ctx context.Context, id string) (chronicle.Action, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if ctx.Err() != nil {
		return chronicle.Action{}, ctx.Err()
	}
	known := c.actions.find(id)
	if known == nil {
		return chronicle.Action{}, fmt.Errorf("%w: action %.64q", chronicle.ErrNotFound, id)
	}
	return known.thing, nil
}

// Actions implements chronicle.Chronicle.
func (c *Chronicle) Actions(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.Action], error) {
	return read(ctx, c, &c.actions, q)
}

// Ratios implements chronicle.Chronicle.
func (c *Chronicle) Ratios(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.Ratio], error) {
	q.Side = ""
	return read(ctx, c, &c.ratios, q)
}

// Stress implements chronicle.Chronicle.
func (c *Chronicle) Stress(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.StressEvent], error) {
	q.Side = ""
	return read(ctx, c, &c.stress, q)
}

// Postings implements chronicle.Chronicle.
func (c *Chronicle) Postings(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.Posting], error) {
	q.Side = ""
	return read(ctx, c, &c.postings, q)
}

func read[T any](ctx context.Context, c *Chronicle, from *shelf[T], q chronicle.Query) (chronicle.Page[T], error) {
	q, err := q.Ready()
	if err != nil {
		return chronicle.Page[T]{}, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return from.page(q), ctx.Err()
}

// Latest implements chronicle.Chronicle.
func (c *Chronicle) Latest(ctx context.Context, after string, limit int) ([]chronicle.Ratio, error) {
	if err := chronicle.CheckLimit(limit); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	banks := slices.Sorted(maps.Keys(c.newest))
	from, _ := slices.BinarySearch(banks, after+"\x00") // what comes right after it
	banks = banks[from:]
	var found []chronicle.Ratio
	for _, bank := range banks[:min(limit, len(banks))] {
		found = append(found, c.newest[bank])
	}
	return found, ctx.Err()
}

// Forget implements chronicle.Chronicle. It does all of the work.
func (c *Chronicle) Forget(ctx context.Context, before time.Time) (more bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	c.ratios.drop(func(k kept[chronicle.Ratio]) bool { return k.at.Before(before) && c.newest[k.bank].Number != k.number })
	c.stress.drop(func(k kept[chronicle.StressEvent]) bool { return k.at.Before(before) })
	return false, nil
}
