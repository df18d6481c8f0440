package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

const (
	firstBackoff = 250 * time.Millisecond
	// maxPause bounds a Retry-After, lest a hostile one close an endpoint for good.
	maxPause = time.Hour
	// maxBatch is how many elements go into one request.
	maxBatch = 100
)

// Endpoint is one JSON-RPC server over HTTP: asked again within our patience, never
// before the Retry-After that it named, its answers bounded, and what may be secret in
// its URL left out of every error. Safe for concurrent use.
type Endpoint struct {
	name    string
	client  *rpc.Client
	options Options
	secrets *strings.Replacer

	mu     sync.Mutex
	paused time.Time // ask no earlier
}

// Dial returns an endpoint, which errors call by that name. It asks nothing yet. The
// error wraps [ErrInvalid].
func Dial(name, rawURL string, o Options) (*Endpoint, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !nearby(u.Hostname()))) {
		// The value is not shown: it may hold a key.
		return nil, fmt.Errorf("%w: URL of %s: must be https, or http at a loopback or private address", ErrInvalid, name)
	}
	o = o.withDefaults()
	client, err := rpc.DialOptions(context.Background(), rawURL, rpc.WithHTTPClient(&http.Client{Transport: &guard{o.RoundTripper, o.MaxBytes}}))
	if err != nil {
		return nil, fmt.Errorf("%w: URL of %s: cannot be used", ErrInvalid, name)
	}
	return &Endpoint{name: name, client: client, options: o, secrets: secretsOf(rawURL, u)}, nil
}

// nearby reports whether a host is this machine or in a network of our own.
func nearby(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip.IsLoopback() || ip.IsPrivate()
}

// secretsOf removes what may be a key from texts: all of the URL but its host.
func secretsOf(raw string, u *url.URL) *strings.Replacer {
	found := []string{raw, u.String(), u.RequestURI(), u.RawQuery, u.User.Username()}
	if password, set := u.User.Password(); set {
		found = append(found, password)
	}
	found = append(found, strings.Split(u.Path, "/")...)
	found = append(found, strings.Split(u.EscapedPath(), "/")...)
	for _, values := range u.Query() {
		found = append(found, values...)
	}
	var pairs []string
	for _, s := range found {
		if len(s) >= 4 { // shorter ones, such as v2, are no keys and would tear up words
			pairs = append(pairs, s, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}

// Close ends the use of the endpoint.
func (e *Endpoint) Close() { e.client.Close() }

// Call asks for one thing, and reads the answer into result.
func (e *Endpoint) Call(ctx context.Context, result any, method string, params ...any) error {
	return e.patiently(ctx, func(ctx context.Context) error {
		return e.client.CallContext(ctx, result, method, params...)
	})
}

// Batch asks for several things in one request, or several when they are many, and
// leaves in the Error of each element what the node had against that one.
func (e *Endpoint) Batch(ctx context.Context, elems []rpc.BatchElem) error {
	for len(elems) > 0 {
		some := elems[:min(len(elems), maxBatch)]
		elems = elems[len(some):]
		if err := e.patiently(ctx, func(ctx context.Context) error { return e.batch(ctx, some) }); err != nil {
			return err
		}
	}
	return nil
}

func (e *Endpoint) batch(ctx context.Context, elems []rpc.BatchElem) error {
	for i := range elems {
		elems[i].Error = nil // of the attempt before
	}
	if err := e.client.BatchCallContext(ctx, elems); err != nil {
		return err
	}
	for i := range elems {
		if err := elems[i].Error; err != nil {
			var told rpc.Error
			if !errors.As(err, &told) { // an element is missing, or is no JSON of that type
				return err
			}
			elems[i].Error = e.quote(err)
		}
	}
	return nil
}

// patiently asks, and asks again while that may help and our patience lasts.
func (e *Endpoint) patiently(ctx context.Context, ask func(context.Context) error) error {
	patience, backoff := e.options.Patience, firstBackoff
	for {
		err := e.attempt(ctx, ask)
		if err == nil || ctx.Err() != nil || !absent(err) {
			return err
		}
		wait := max(backoff, e.pause())
		if wait > patience {
			return err
		}
		if err := e.sleep(ctx, wait); err != nil {
			return err
		}
		patience -= wait
		backoff *= 2
	}
}

// absent reports whether an error means that the endpoint told us nothing.
func absent(err error) bool { return errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrBusy) }

// pause is for how long the endpoint does not want to be asked.
func (e *Endpoint) pause() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.paused.Sub(e.options.Clock.Now())
}

func (e *Endpoint) sleep(ctx context.Context, d time.Duration) error {
	timer := e.options.Clock.Timer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt asks once, unless we were told to wait.
func (e *Endpoint) attempt(ctx context.Context, ask func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if wait := e.pause(); wait > 0 {
		return fmt.Errorf("%w: %s: %v more", ErrBusy, e.name, wait.Round(time.Millisecond))
	}
	// The network's time is real time, whatever the clock that we wait by.
	limited, cancel := context.WithTimeout(ctx, e.options.Timeout)
	defer cancel()
	err := ask(limited)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return e.classify(err)
}

// classify maps what net/http, encoding/json and rpc say onto our sentinels.
func (e *Endpoint) classify(err error) error {
	var refused *statusError
	if errors.As(err, &refused) {
		if refused.retryAfter > 0 {
			e.mu.Lock()
			e.paused = e.options.Clock.Now().Add(min(refused.retryAfter, maxPause))
			e.mu.Unlock()
		}
		switch {
		case refused.code == http.StatusTooManyRequests:
			return fmt.Errorf("%w: %s: %w", ErrBusy, e.name, refused)
		case refused.code >= http.StatusInternalServerError:
			return fmt.Errorf("%w: %s: %w", ErrNoAnswer, e.name, refused)
		}
		return fmt.Errorf("%w: %s: %w", ErrBadAnswer, e.name, refused)
	}
	var told rpc.Error
	if errors.As(err, &told) {
		return e.quote(err)
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrNoAnswer, e.quote(err))
	}
	return fmt.Errorf("%w: %w", ErrBadAnswer, e.quote(err))
}

// quote names the endpoint and leaves its secrets out of the text, which may be that of
// the server or of net/http and is cut to a line's length.
func (e *Endpoint) quote(err error) error {
	text := err.Error()
	var network *url.Error
	if errors.As(err, &network) {
		text = network.Err.Error() // without the URL
	}
	return &quoted{e.name + ": " + e.secrets.Replace(fmt.Sprintf("%.256s", text)), err}
}

type quoted struct {
	text  string
	cause error
}

func (q *quoted) Error() string { return q.text }
func (q *quoted) Unwrap() error { return q.cause }
