package socket

import (
	"context"
	"sync"
	"time"
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

// How many clients a crier writes to before it rests, and for how long. It takes a
// processor that has nothing to do for Go to see who else has sent something: with
// criers on all of them, each request would wait for ten milliseconds.
const (
	atOnce = 128
	rest   = 100 * time.Microsecond
)

// next returns whose turn it is, nobody if nothing waits.
func (q *criers) next() []*client {
	q.mu.Lock()
	defer q.mu.Unlock()
	turn := q.queue[:min(atOnce, len(q.queue))]
	if q.queue = q.queue[len(turn):]; len(q.queue) == 0 {
		q.queue = nil
	}
	for _, c := range turn {
		c.waits = false
	}
	return turn
}

// run is one crier, until ctx ends.
func (q *criers) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.wake:
		}
		for turn := q.next(); len(turn) > 0; turn = q.next() {
			q.rouse() // another one, if there is
			for _, c := range turn {
				if !c.cry() {
					c.rouse()
				}
			}
			time.Sleep(rest) //nolint:forbidigo // it is the scheduler that gets the time, whatever anybody takes it to be
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
