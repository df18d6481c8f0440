package transport

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// pace decides when the next call may be sent. The bucket is kept as the time
// at which it will be full again (the generic cell rate algorithm of ATM, ITU-T
// I.371), so it needs neither a goroutine nor a fraction of a token.
type pace struct {
	every time.Duration
	burst int

	mu     sync.Mutex
	full   time.Time // when all tokens will have come back
	closed time.Time // nothing is sent before this: the venue asked for it
}

// take takes n tokens and returns how long to wait until they are there. Who
// waits has its place in the queue; who gives up has used it.
func (p *pace) take(now time.Time, n int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full.Before(now) {
		p.full = now
	}
	p.full = p.full.Add(time.Duration(n) * p.every)
	return p.full.Sub(now) - time.Duration(p.burst)*p.every
}

// close sends nothing before until; an earlier promise holds.
func (p *pace) close(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.closed) {
		p.closed = until
	}
}

// closedFor returns how long the venue still wants us to stay away.
func (p *pace) closedFor(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed.Sub(now)
}

// retryAfter reads the header, seconds or a date (RFC 9110 10.2.3), and whether
// it was there. A date is by the venue's clock, which need not agree with ours,
// so it counts from the answer's own Date where there is one. What it cannot
// read is unnamedWait; the wait is always > 0.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, named bool) {
	text := header.Get("Retry-After")
	if text == "" {
		return unnamedWait, false
	}
	if said, err := http.ParseTime(header.Get("Date")); err == nil {
		now = said
	}
	wait = unnamedWait
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, time.Second), maxWait), true
}
