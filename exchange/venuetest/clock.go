package venuetest

import (
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// Clock is the time that a double and its clients live in. It stands still until
// it is moved, and nobody waits for it: who sets a timer moves it to that timer's
// end. Timeouts alone are those of the real clock, since the requests that they
// end are real. Safe for concurrent use.
type Clock struct {
	clock.Clock

	mu  sync.Mutex
	now time.Time
}

// Now returns the time that the clock stands at.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set moves the clock to a time.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Timer moves the clock on by d, and returns a timer that has run out.
func (c *Clock) Timer(d time.Duration) *clock.Timer {
	c.Add(d)
	return c.Clock.Timer(0)
}
