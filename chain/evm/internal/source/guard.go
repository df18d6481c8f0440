package source

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// guard bounds answers, and makes errors of those that are not OK: rpc.Client would
// keep neither their Retry-After nor a bound. A redirect is not OK either, for it leads
// to somebody whom the operator did not name.
type guard struct {
	next     http.RoundTripper
	maxBytes int64
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		// Read a little, so that the connection can be used again; what a proxy
		// writes here is for people.
		_, _ = io.CopyN(io.Discard, answer.Body, 4096)
		_ = answer.Body.Close()
		return nil, &statusError{answer.StatusCode, retryAfter(answer.Header)}
	}
	answer.Body = &bounded{answer.Body, g.maxBytes}
	return answer, nil
}

type statusError struct {
	code       int
	retryAfter time.Duration
}

func (s *statusError) Error() string {
	text := fmt.Sprintf("status %d", s.code)
	if s.retryAfter > 0 {
		text += fmt.Sprintf(", retry after %v", s.retryAfter)
	}
	return text
}

// retryAfter reads the header of RFC 9110 §10.2.3: seconds, or a date, of which we take
// the distance from the server's own.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second //nolint:gosec // 31 bits
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return until.Sub(now)
}

var errTooLong = errors.New("answer too long")

// bounded fails where more than left bytes are read; io.LimitReader would pretend that
// the answer ends there.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return max(n-1, 0), errTooLong // the byte too many is not passed on
	}
	return n, err
}
