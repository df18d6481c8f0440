package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
)

// MaxAnswer is the longest answer that is read, in bytes.
const MaxAnswer = 1 << 20

const (
	maxPlaces      = 8 // of a bitcoin
	defaultTimeout = 30 * time.Second
)

// Config says where a daemon listens.
type Config struct {
	URL            string // such as "http://127.0.0.1:8332/wallet/pool"; plain http at a loopback address only
	User, Password string // of the daemon's rpcauth; neither part of URL nor of any error
	// NumericAmounts sends amounts as JSON numbers instead of strings, of the same
	// digits. bitcoind reads both since 0.12; nud and others that descend from an
	// older one refuse a string.
	NumericAmounts bool
	Places         int           // decimals of the coin, 0 to 8; 0 is 8, nud has 4
	Timeout        time.Duration // of one call; 0 is 30 s

	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

func (c Config) validate() error {
	at, err := url.Parse(c.URL)
	if err != nil { // whose text may hold a password
		return invalid("Config.URL", "of the daemon", "must be an URL")
	}
	if at.Host == "" || *at != (url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}) {
		return invalid("Config.URL", at.Redacted(), "must be a scheme, a host and perhaps a path")
	}
	if at.Scheme != "https" && (at.Scheme != "http" || !net.ParseIP(at.Hostname()).IsLoopback()) {
		return invalid("Config.URL", at, "must be https, or http at a loopback address")
	}
	if c.User == "" {
		return invalid("Config.User", `""`, "must not be empty")
	}
	if c.Password == "" {
		return invalid("Config.Password", `""`, "must not be empty")
	}
	if c.Places < 0 || c.Places > maxPlaces {
		return invalid("Config.Places", c.Places, fmt.Sprintf("must be 0 to %d", maxPlaces))
	}
	if c.Timeout < 0 {
		return invalid("Config.Timeout", c.Timeout, "must be >= 0")
	}
	return nil
}

// Client calls one daemon. Safe for concurrent use.
type Client struct {
	cfg  Config
	last atomic.Uint64 // id of a call
}

// New returns [ErrInvalid] for a configuration out of its bounds. It does not
// call the daemon.
func New(cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Places == 0 {
		cfg.Places = maxPlaces
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
	return &Client{cfg: cfg}, nil
}

// now returns the time of the client's clock, UTC.
func (c *Client) now() time.Time { return c.cfg.Clock.Now().UTC() }

// within gives what follows as long as one call may take.
func (c *Client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.cfg.Clock.WithTimeout(ctx, c.cfg.Timeout)
}

// Call makes one call, once, and reads its result into result unless that is
// nil. It returns an [*Error], [ErrNotSent] or [ErrNoAnswer].
func (c *Client) Call(ctx context.Context, result any, method string, params ...any) error {
	id := c.last.Add(1)
	body, err := json.Marshal(map[string]any{"jsonrpc": "1.0", "id": id, "method": method, "params": append([]any{}, params...)})
	if err != nil {
		return invalid(method, "params", err.Error())
	}
	status, body, err := c.exchange(ctx, http.MethodPost, body)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	var answer struct {
		ID     *uint64
		Result json.RawMessage
		Error  *struct {
			Code    int
			Message string
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.ID == nil || *answer.ID != id {
		return fmt.Errorf("%s: %w: status %d: not an answer to this call: %s", method, ErrNoAnswer, status, clip(body))
	}
	if answer.Error != nil {
		return &Error{Method: method, Code: answer.Error.Code, Message: answer.Error.Message}
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %w: status %d: %s", method, ErrNoAnswer, status, clip(body))
	}
	if result == nil {
		return nil
	}
	if len(answer.Result) == 0 || string(answer.Result) == "null" { // a wallet that says nothing is not empty
		return fmt.Errorf("%s: %w: no result", method, ErrNoAnswer)
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		return fmt.Errorf("%s: %w: result: %w", method, ErrNoAnswer, err)
	}
	return nil
}

// probe asks whether anything that speaks JSON listens. It changes nothing: a
// daemon answers an empty request with an error, and what stands in front of one
// that is down with a page.
func (c *Client) probe(ctx context.Context) error {
	status, body, err := c.exchange(ctx, http.MethodGet, nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if !json.Valid(body) {
		return fmt.Errorf("probe: %w: status %d: not JSON: %s", ErrNotSent, status, clip(body))
	}
	return nil
}

// exchange sends one request and returns the whole answer. It uses the
// RoundTripper and not an http.Client, which would follow redirects.
func (c *Client) exchange(ctx context.Context, verb string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, verb, c.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, invalid("Config.URL", "of a daemon", "must be one that can be asked")
	}
	request.SetBasicAuth(c.cfg.User, c.cfg.Password)
	request.Header.Set("Content-Type", "application/json")
	// A connection that was kept alive may be closed by the daemon just as it is
	// used, and nobody knows what then became of the call.
	request.Close = true
	response, err := c.cfg.RoundTripper.RoundTrip(request)
	if err != nil {
		return 0, nil, lost(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // the body has been read, or does not matter
	answer, err = io.ReadAll(io.LimitReader(response.Body, MaxAnswer+1))
	switch {
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return 0, nil, fmt.Errorf("%w: status %d: the daemon wants another user, password or host", ErrNotSent, response.StatusCode)
	case err != nil:
		return 0, nil, lost(ctx, err)
	case len(answer) > MaxAnswer:
		return 0, nil, fmt.Errorf("%w: longer than %d bytes", ErrNoAnswer, MaxAnswer)
	}
	return response.StatusCode, answer, nil
}

// lost says why there is no answer. Only a connection that was never made proves
// that nothing was sent.
func lost(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return fmt.Errorf("%w: %w", ErrNoAnswer, err)
}

// clip keeps a daemon's text short and quoted in an error.
func clip(body []byte) string { return fmt.Sprintf("%.200q", bytes.TrimSpace(body)) }
