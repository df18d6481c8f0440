package socket

import (
	"context"
	"runtime"
	"sync"
)

// criers write to the clients for which something waits, one after the other, as far
// as that takes no time. A few do so for thousands: were each client to write for
// itself, whatever else the server has to do would wait behind all of them whenever
// there is something to tell.
type criers struct {
	mu    sync.Mutex
	queue []*client     // for whom something waits, in turn
	wake  chan struct{} // has room for one: there is a queue
}

// add has something written to clients, as soon as it is their turn.
func (q *criers) add(clients []*client) {
	q.mu.Lock()
	for _, c := range clients {
		if !c.waits {
			c.waits = true
			q.queue = append(q.queue, c)
		}
	}
	q.mu.Unlock()
	q.rouse()
}

func (q *criers) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // somebody is awake already
	}
}

// next returns whose turn it is, nil for nobody.
func (q *criers) next() *client {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		return nil
	}
	c := q.queue[0]
	q.queue[0] = nil
	q.queue = q.queue[1:]
	c.waits = false
	return c
}

// crying is how many criers there are: half of the processors, so that there is
// always one for other work.
func crying() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// run is one crier, until ctx ends.
func (q *criers) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.wake:
		}
		for c := q.next(); c != nil; c = q.next() {
			q.rouse() // another one, if there is
			if !c.cry() {
				c.rouse()
			}
		}
	}
}

// cry writes what waits for the client. It reports false if the client has to do so
// itself.
func (c *client) cry() bool {
	if !c.turn.TryLock() {
		return false
	}
	defer c.turn.Unlock()
	drained := false
	for c.held == nil && len(c.frames) < batch && !drained {
		f, over := c.next()
		switch {
		case f == nil && over != nil:
			return false
		case f == nil:
			drained = true
		case !c.gather(f):
			c.held = f
		}
	}
	taken, done := c.line.try(c.frames)
	if taken {
		c.empty()
	}
	return drained && done
}
