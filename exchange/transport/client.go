package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// MaxAnswer is the longest body that is read of an answer, in bytes, after
// decompression.
const MaxAnswer = 1 << 20

// ErrNoAnswer and ErrBadAnswer say that we do not know what the venue thinks. A
// change that meets one is exchange.ErrUnknownOutcome as well.
var (
	ErrNoAnswer  = errors.New("transport: no answer")  // the network, a timeout, or a server error
	ErrBadAnswer = errors.New("transport: bad answer") // too long, not JSON, or against the venue's own rules
)

const (
	defaultTimeout = 10 * time.Second
	firstBackoff   = 250 * time.Millisecond
	// unnamedWait is how long we stay away after a 429 or 418 that does not say.
	unnamedWait = 10 * time.Second
	// maxWait bounds a Retry-After; Binance bans for up to three days.
	maxWait = 72 * time.Hour
)

// Config describes one venue's API.
type Config struct {
	Base    string        // scheme and host, such as "https://api.binance.com"; plain http at a loopback address only
	Every   time.Duration // one unit of weight becomes free this often, > 0
	Burst   int           // units that may be spent at once, > 0
	Retries int           // how often a read without an answer is asked again, 0 to 10
	Timeout time.Duration // of one attempt; 0 is 10 s. The context of a call bounds all of them
	// Refusal reads an answer that may be a refusal, and maps it onto the
	// sentinels of package exchange; nil if it is none. It sees every answer but
	// 5xx and those that ask us to wait. Required.
	Refusal func(status int, body []byte) error

	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

// Options is what a venue's adapter leaves to its caller. What is left out is as
// the venue has it, which the adapter's own Options says.
type Options struct {
	Base         string            // scheme and host; "" is the venue itself
	Every        time.Duration     // how often we may call, or spend a unit of weight, > 0; 0 is the venue's pace
	Burst        int               // calls, or units of weight, at once, > 0; 0 is the venue's
	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

// With returns c with what o gives in its place.
func (c Config) With(o Options) Config {
	c.Base = cmp.Or(o.Base, c.Base)
	c.Every = cmp.Or(o.Every, c.Every)
	c.Burst = cmp.Or(o.Burst, c.Burst)
	c.Clock = cmp.Or(o.Clock, c.Clock)
	c.RoundTripper = cmp.Or(o.RoundTripper, c.RoundTripper)
	return c
}

func (c Config) validate() error {
	base, err := url.Parse(c.Base)
	if err != nil || base.Host == "" || *base != (url.URL{Scheme: base.Scheme, Host: base.Host}) {
		return invalid("Config.Base", fmt.Sprintf("%q", c.Base), "must be a scheme and a host")
	}
	if base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
		return invalid("Config.Base", fmt.Sprintf("%q", c.Base), "must be https, or http at a loopback address")
	}
	if c.Every <= 0 {
		return invalid("Config.Every", c.Every, "must be > 0")
	}
	if c.Burst < 1 {
		return invalid("Config.Burst", c.Burst, "must be > 0")
	}
	if c.Retries < 0 || c.Retries > 10 {
		return invalid("Config.Retries", c.Retries, "must be 0 to 10")
	}
	if c.Timeout < 0 {
		return invalid("Config.Timeout", c.Timeout, "must be >= 0")
	}
	if c.Refusal == nil {
		return invalid("Config.Refusal", "nil", "must be set")
	}
	return nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// Request is what is sent. The host is not part of it.
type Request struct {
	Method string
	Path   string // from the root, without a query
	Query  string // encoded, as signed
	Header map[string]string
	Body   string
}

// Call is one call of a venue's API.
type Call struct {
	Weight  int                                  // units that it costs, at most Config.Burst; 0 counts as 1
	Request func(now time.Time) (Request, error) // made anew, and signed anew, for every attempt
	Accept  func(body []byte) error              // reads and checks an answer that is no refusal; an error makes it a bad one
}

// Client sends calls to one venue, at its pace. Safe for concurrent use.
type Client struct {
	cfg  Config
	pace pace
}

// New returns exchange.ErrInvalid, naming field, value and rule, for a
// configuration out of its bounds.
func New(cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.RoundTripper == nil {
		cfg.RoundTripper = http.DefaultTransport
	}
	return &Client{cfg: cfg, pace: pace{every: cfg.Every, burst: cfg.Burst}}, nil
}

// Now returns the time of the client's clock, UTC.
func (c *Client) Now() time.Time { return c.cfg.Clock.Now().UTC() }

// Read makes a call that changes nothing, and repeats it while there is no
// answer. It returns [ErrNoAnswer] after the last attempt, [ErrBadAnswer], the
// venue's refusal, exchange.RateLimitError or the error of ctx.
func (c *Client) Read(ctx context.Context, call Call) error {
	backoff := firstBackoff
	for attempt := 0; ; attempt++ {
		err := c.heed(c.once(ctx, call))
		if !errors.Is(err, ErrNoAnswer) || errors.Is(err, exchange.ErrRateLimited) || attempt == c.cfg.Retries || ctx.Err() != nil {
			return err
		}
		if err := c.sleep(ctx, backoff); err != nil {
			return err
		}
		backoff *= 2
	}
}

// Change makes a call that changes something, once. An answer that is lost or
// cannot be understood is exchange.ErrUnknownOutcome; every other error means
// that nothing was done.
func (c *Client) Change(ctx context.Context, call Call) error {
	err := c.heed(c.attempt(ctx, call))
	if errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrBadAnswer) {
		return fmt.Errorf("%w: %w", exchange.ErrUnknownOutcome, err)
	}
	return err
}

// Once sends a request that somebody else has signed, without repeating it; weight
// and accept are those of a [Call]. (Below us, net/http sends a GET anew if a
// connection that it had kept breaks without an answer.) Its errors are those of
// [Client.Read]. A rate limit that the venue puts in words is that of the signer's
// account, so it holds no other call back; one that it puts in the status is our
// address's, and does.
func (c *Client) Once(ctx context.Context, weight int, signed Request, accept func(body []byte) error) error {
	request := func(time.Time) (Request, error) { return signed, nil }
	return c.once(ctx, Call{Weight: weight, Request: request, Accept: accept})
}

func (c *Client) once(ctx context.Context, call Call) error {
	err := c.attempt(ctx, call)
	if wait := c.pace.closedFor(c.Now()); errors.Is(err, ErrNoAnswer) && wait > 0 {
		return &exchange.RateLimitError{RetryAfter: wait, Cause: err}
	}
	return err
}

// attempt is one request and what its answer means.
func (c *Client) attempt(ctx context.Context, call Call) error {
	if err := c.turn(ctx, max(call.Weight, 1)); err != nil {
		return err
	}
	request, err := call.Request(c.Now())
	if err != nil {
		return err
	}
	ctx, cancel := c.cfg.Clock.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	status, header, body, err := c.send(ctx, request)
	if err != nil {
		return err
	}
	if err := c.judge(status, header, body); err != nil {
		return err
	}
	if err := call.Accept(body); err != nil {
		return BadIf(err)
	}
	return nil
}

// turn waits until the call may be sent.
func (c *Client) turn(ctx context.Context, weight int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if weight > c.cfg.Burst {
		return invalid("Call.Weight", weight, fmt.Sprintf("must be at most Config.Burst %d", c.cfg.Burst))
	}
	if wait := c.pace.closedFor(c.Now()); wait > 0 {
		return &exchange.RateLimitError{RetryAfter: wait}
	}
	if wait := c.pace.take(c.Now(), weight); wait > 0 {
		if err := c.sleep(ctx, wait); err != nil {
			return err
		}
	}
	if wait := c.pace.closedFor(c.Now()); wait > 0 { // an answer came meanwhile
		return &exchange.RateLimitError{RetryAfter: wait}
	}
	return nil
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	timer := c.cfg.Clock.Timer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send returns the whole answer, [ErrNoAnswer] or [ErrBadAnswer]. It uses the
// RoundTripper and not an http.Client, which would follow redirects and write
// the signed URL into its errors.
func (c *Client) send(ctx context.Context, r Request) (status int, header http.Header, body []byte, err error) {
	target := c.cfg.Base + r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, target, strings.NewReader(r.Body))
	if err != nil {
		return 0, nil, nil, invalid("Request", r.Method+" "+r.Path, "must be a method and a path")
	}
	for name, value := range r.Header {
		if strings.ContainsFunc(value, unicode.IsControl) { // a stranger's key may, and it may be a secret
			return 0, nil, nil, invalid("Request.Header", name, "must have no control characters")
		}
		request.Header.Set(name, value)
	}
	answer, err := c.cfg.RoundTripper.RoundTrip(request)
	if err != nil {
		return 0, nil, nil, lost(ctx, err)
	}
	defer answer.Body.Close() //nolint:errcheck // the body has been read, or does not matter
	body, err = io.ReadAll(io.LimitReader(answer.Body, MaxAnswer+1))
	if err != nil {
		return 0, nil, nil, lost(ctx, err)
	}
	if len(body) > MaxAnswer {
		return 0, nil, nil, fmt.Errorf("%w: %s %s: longer than %d bytes", ErrBadAnswer, r.Method, r.Path, MaxAnswer)
	}
	return answer.StatusCode, answer.Header, body, nil
}

// judge returns nil for an answer to be accepted.
func (c *Client) judge(status int, header http.Header, body []byte) error {
	said := fmt.Errorf("status %d: %s", status, clip(body))
	wait, named := retryAfter(header, c.Now())
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusTeapot:
		c.pace.close(c.Now().Add(wait))
		return &exchange.RateLimitError{RetryAfter: wait, Cause: said}
	case status == http.StatusServiceUnavailable && named:
		// Not a RateLimitError: whether a change was made, the venue does not say.
		c.pace.close(c.Now().Add(wait))
		return fmt.Errorf("%w: %w", ErrNoAnswer, said)
	case status >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %w", ErrNoAnswer, said)
	}
	err := c.cfg.Refusal(status, body)
	if err == nil && (status < 200 || status > 299) {
		err = BadIf(said)
	}
	return err
}

// heed keeps every call back for as long as the venue asked our account to wait.
func (c *Client) heed(err error) error {
	var limit *exchange.RateLimitError
	if errors.As(err, &limit) {
		c.pace.close(c.Now().Add(limit.RetryAfter))
	}
	return err
}

// lost says why there is no answer. The error of an ended context is what the
// caller asks for, and a RoundTripper need not return it.
func lost(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return fmt.Errorf("%w: %w", ErrNoAnswer, err)
}

// clip keeps a venue's text short and quoted in an error.
func clip(body []byte) string {
	const most = 200
	body = bytes.TrimSpace(body)
	if len(body) > most {
		body = body[:most]
	}
	return fmt.Sprintf("%q", body)
}

// invalid is the one form of a malformed field: its name, its value, the rule.
func invalid(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s %v: %s", exchange.ErrInvalid, field, value, rule)
}
