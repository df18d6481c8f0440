package translator

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

type runner = evenkeel.Runner[risk.State, risk.Observation, risk.Decision]

// live is an instrument whose runner is kept.
type live struct {
	isin  market.ISIN
	place *list.Element

	work   sync.Mutex // whose turn it is to look
	runner *runner

	// Of crowd.mu.
	asked  time.Time // when somebody last wanted to see it
	newest *Look     // in the journal when it was last read; nil: it was not. Nobody changes it
	read   time.Time // when that was
}

// crowd are the instruments whose runners are kept: the most recently looked at,
// up to a limit. Safe for concurrent use.
type crowd struct {
	limit int
	hire  func(market.ISIN) (*runner, error)

	mu    sync.Mutex
	known map[market.ISIN]*live
	order list.List // of *live, the most recently looked at first
}

func newCrowd(limit int, hire func(market.ISIN) (*runner, error)) *crowd {
	return &crowd{limit: limit, hire: hire, known: map[market.ISIN]*live{}}
}

// enter returns an instrument, and lets go of the one that was not looked at for
// longest. Should that still be at work, and come back before it is done, the
// journal lets only one of the two looks stand.
func (c *crowd) enter(isin market.ISIN) (*live, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.known[isin]; l != nil {
		c.order.MoveToFront(l.place)
		return l, nil
	}
	hired, err := c.hire(isin)
	if err != nil {
		return nil, err
	}
	l := &live{isin: isin, runner: hired}
	l.place = c.order.PushFront(l)
	c.known[isin] = l
	for len(c.known) > c.limit {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.known, oldest.Value.(*live).isin) //nolint:errcheck,forcetypeassert // nothing else is in it
	}
	return l, nil
}

// find returns an instrument whose runner is kept, as the most recently looked at;
// nil if it is not.
func (c *crowd) find(isin market.ISIN) *live {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.known[isin]
	if l != nil {
		c.order.MoveToFront(l.place)
	}
	return l
}

// remember keeps the newest look at an instrument as of now, unless a newer one is
// kept.
func (c *crowd) remember(isin market.ISIN, newest Look, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.known[isin]; l != nil && (l.newest == nil || newest.Seq >= l.newest.Seq) {
		l.newest, l.read = &newest, now
	}
}

// recall returns the newest look at an instrument, if the journal was read at or
// after since; nil if not.
func (c *crowd) recall(isin market.ISIN, since time.Time) *Look {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.known[isin]; l != nil && !l.read.Before(since) {
		return l.newest
	}
	return nil
}

// watched notes that somebody wants to see an instrument.
func (c *crowd) watched(isin market.ISIN, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.known[isin]; l != nil {
		l.asked = now
	}
}

// since returns the instruments that somebody wanted to see at or after t, the most
// recently looked at first.
func (c *crowd) since(t time.Time) []market.ISIN {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []market.ISIN
	for e := c.order.Front(); e != nil; e = e.Next() {
		if l := e.Value.(*live); !l.asked.Before(t) { //nolint:errcheck,forcetypeassert // nothing else is in it
			found = append(found, l.isin)
		}
	}
	return found
}

func (c *crowd) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.known)
}

// tries is how often another server may be quicker before we give up.
const tries = 3

// tick looks at an instrument once, for whoever has the turn. Of two servers that
// look at the same time, one looks again; if it loses each time, the other is [ErrBusy]
// with it.
func (l *live) tick(ctx context.Context, now func() time.Time) (err error) {
	for range tries {
		if _, err = l.runner.Tick(ctx, now()); !errors.Is(err, evenkeel.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: another server looks at %s, and was quicker %d times", ErrBusy, l.isin, tries)
}
