package alp

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// What the server can say besides yes.
var (
	ErrRefused    = errors.New("alp: refused")
	ErrRegistered = fmt.Errorf("%w: user is already registered", ErrRefused) // the same registration is on record
	ErrNoRound    = fmt.Errorf("%w: no round yet", ErrRefused)               // of Status: ask again after the first round
)

// Config is where the server is and who asks.
type Config struct {
	Base string             // scheme and host, such as "http://127.0.0.1:3333"; plain http at a loopback address only
	Key  ed25519.PrivateKey // seals the requests; nil sends them bare

	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

// Our pace; a provider needs a few calls a minute.
const (
	every   = 50 * time.Millisecond
	burst   = 20
	retries = 1
)

// Client is one user of one server. All methods return [ErrRefused] with the
// server's own words, transport.ErrNoAnswer where there is no server, and
// transport.ErrBadAnswer where there is something else. Safe for concurrent use.
type Client struct {
	base string
	key  ed25519.PrivateKey
	http *transport.Client
}

// New returns exchange.ErrInvalid, naming field, value and rule, for a
// configuration out of its bounds. It does not ask whether somebody is there.
func New(cfg Config) (*Client, error) {
	client, err := transport.New(transport.Config{
		Base: cfg.Base, Every: every, Burst: burst, Retries: retries, Refusal: refusal,
		Clock: cfg.Clock, RoundTripper: cfg.RoundTripper,
	})
	if err != nil {
		return nil, err
	}
	return &Client{base: cfg.Base, key: cfg.Key, http: client}, nil
}

// Register returns what the server says, and [ErrRegistered] for a registration
// that it has already.
func (c *Client) Register(ctx context.Context, r Registration) (said string, err error) {
	err = c.post(ctx, "/register", r, &said)
	return said, err
}

// Submit hands in a proof and returns what the server says: that it holds the
// orders for the next round, or that there are none.
func (c *Client) Submit(ctx context.Context, s Submission) (said string, err error) {
	err = c.post(ctx, "/liquidity", s, &said)
	return said, err
}

// Exchanges returns what the pool pays for, by exchange and unit.
func (c *Client) Exchanges(ctx context.Context) (markets map[string]map[string]Market, err error) {
	err = c.get(ctx, "/exchanges", func(body []byte) error { return transport.JSON(body, &markets) })
	return markets, err
}

// Status returns the pool as of its last round, or [ErrNoRound].
func (c *Client) Status(ctx context.Context) (status Status, err error) {
	if err = c.get(ctx, "/status", func(body []byte) error { return open(body, &status) }); err == nil {
		err = c.where(status.Prices.validate())
	}
	return status, err
}

// Prices returns what each unit costs now. The original ALP server knows no such
// call: there, Status says it.
func (c *Client) Prices(ctx context.Context) (prices Prices, err error) {
	if err = c.get(ctx, "/api/v1/pool/prices", func(body []byte) error { return open(body, &prices) }); err == nil {
		err = c.where(prices.validate())
	}
	return prices, err
}

// Orders returns the newest sightings of the user's orders, newest first.
func (c *Client) Orders(ctx context.Context, user string) (orders []Order, err error) {
	err = c.get(ctx, "/"+url.PathEscape(user)+"/orders", func(body []byte) error { return open(body, &orders) })
	return orders, err
}

// Stats returns what the user has earned.
func (c *Client) Stats(ctx context.Context, user string) (stats Stats, err error) {
	err = c.get(ctx, "/"+url.PathEscape(user)+"/stats", func(body []byte) error { return open(body, &stats) })
	return stats, err
}

func (c *Client) get(ctx context.Context, path string, accept func(body []byte) error) error {
	return c.where(c.http.Read(ctx, c.call(http.MethodGet, path, nil, accept)))
}

func (c *Client) post(ctx context.Context, path string, body any, said *string) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	err = c.http.Change(ctx, c.call(http.MethodPost, path, text, func(body []byte) error { return open(body, said) }))
	*said = plain(*said)
	return c.where(err)
}

// call is a request, sealed anew for every attempt.
func (c *Client) call(method, path string, body []byte, accept func(body []byte) error) transport.Call {
	return transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			header := map[string]string{}
			if method == http.MethodPost {
				header["Content-Type"] = "application/json"
			}
			if c.key != nil {
				var nonce Nonce
				_, _ = rand.Read(nonce[:]) // never fails (crypto/rand)
				maps.Copy(header, Seal(c.key, method, path, body, now, nonce))
			}
			return transport.Request{Method: method, Path: path, Header: header, Body: string(body)}, nil
		},
		Accept: accept,
	}
}

// where says which server an error is from.
func (c *Client) where(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ALP server %s: %w", c.base, err)
}

// envelope is what the server puts around its answers: success, or status in one
// case, and a message that is a text or what was asked for.
type envelope struct {
	Success *bool           `json:"success"`
	Status  *bool           `json:"status"`
	Message json.RawMessage `json:"message"`
}

// open unwraps an answer that is no refusal.
func open(body []byte, into any) error {
	var said envelope
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	if said.Success == nil && said.Status == nil {
		return fmt.Errorf("%w: success: must be there", transport.ErrBadAnswer)
	}
	return transport.JSON(said.Message, into)
}

// refusal reads a refusal, which mostly comes with status 200.
func refusal(status int, body []byte) error {
	var said envelope
	if err := json.Unmarshal(body, &said); err != nil {
		return nil //nolint:nilerr // not in the server's own words: whoever reads the answer finds it bad
	}
	no := func(b *bool) bool { return b != nil && !*b }
	var message string
	_ = json.Unmarshal(said.Message, &message) // none is fine
	switch {
	case message == "user is already registered":
		return ErrRegistered
	case no(said.Status):
		return fmt.Errorf("%w: %s", ErrNoRound, plain(message))
	case no(said.Success), status > 299 && message != "":
		return fmt.Errorf("%w: %s", ErrRefused, plain(message))
	}
	return nil
}

// plain keeps a stranger's text short and without control characters, since it is
// shown on a terminal.
func plain(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
