package socket

import (
	"context"
	"sync"
	"time"
)

// writers write to the clients for which something waits, one after the other, as far
// as that takes no time. A few do so for thousands: were each client to write for
// itself, whatever else the server has to do would wait behind all of them whenever
// there is something to tell.
type writers struct {
	mu      sync.Mutex
	queue   []*client // for whom something waits, in turn
	waiting bell      // there is a queue
}

// add has something written to clients, as soon as it is their turn.
func (q *writers) add(clients []*client) {
	q.mu.Lock()
	for _, c := range clients {
		if !c.waits {
			c.waits = true
			q.queue = append(q.queue, c)
		}
	}
	q.mu.Unlock()
	q.waiting.ring()
}

// How many clients a writer writes to before it rests, and for how long. Go looks who
// has sent something when a processor has nothing to do, or every 10 ms: were all of them
// to write without a rest, each request would wait that long.
const (
	atOnce = 128
	rest   = 100 * time.Microsecond
)

// next returns whose turn it is, nobody if nothing waits.
func (q *writers) next() []*client {
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

// run is one writer, until ctx ends.
func (q *writers) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.waiting:
		}
		for turn := q.next(); len(turn) > 0; turn = q.next() {
			q.waiting.ring() // for another one, if there is
			for _, c := range turn {
				if !c.tryWrite() {
					c.wake.ring()
				}
			}
			time.Sleep(rest) //nolint:forbidigo // real time on purpose: the scheduler needs it
		}
	}
}

// tryWrite writes what waits for the client. It reports false if the client has to do so
// itself.
func (c *client) tryWrite() bool {
	if !c.writing.TryLock() {
		return false
	}
	defer c.writing.Unlock()
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
