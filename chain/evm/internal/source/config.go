package source

import (
	"errors"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// What keeps us from an answer. An error of the node itself, such as a revert, comes
// as it is; it implements rpc.Error.
var (
	ErrInvalid    = errors.New("source: invalid")
	ErrNoAnswer   = errors.New("source: no answer")    // the network, a timeout, or a server error
	ErrBusy       = errors.New("source: told to wait") // 429, and until its Retry-After is over
	ErrBadAnswer  = errors.New("source: bad answer")   // too long, not JSON-RPC, or against its own rules
	ErrWrongChain = errors.New("source: wrong chain")
	ErrLagging    = errors.New("source: lagging")      // an endpoint is too far behind the other
	ErrStale      = errors.New("source: stale")        // the newest block is too old, or from the future
	ErrLying      = errors.New("source: lying")        // an endpoint names a head that it cannot serve
	ErrDisagree   = errors.New("source: disagreement") // endpoints differ about a fact, or one about its own
)

// Options say how an endpoint is asked.
type Options struct {
	Timeout  time.Duration // of one request, 0 to 5 min; 0 is 10 s
	Patience time.Duration // how long one call may wait in all before it asks an endpoint again that was busy or gave no answer, 0 to 5 min; 0 is not at all
	MaxBytes int64         // of one answer, after decompression, 0 to 1 GiB; 0 is 8 MiB

	Clock        clock.Clock       // of the waiting and of MaxAge; nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

func (o Options) check() error {
	return check(
		rule{o.Timeout >= 0 && o.Timeout <= maxTime, "Timeout", o.Timeout, "must be 0 to 5m"},
		rule{o.Patience >= 0 && o.Patience <= maxTime, "Patience", o.Patience, "must be 0 to 5m"},
		rule{o.MaxBytes >= 0 && o.MaxBytes <= 1<<30, "MaxBytes", o.MaxBytes, "must be 0 to 2^30"},
	)
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 8 << 20
	}
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	if o.RoundTripper == nil {
		o.RoundTripper = http.DefaultTransport
	}
	return o
}

const maxTime = 5 * time.Minute

// Config describes a chain and who tells of it.
type Config struct {
	URLs    []string // one or two; https, or http at a loopback or private address
	ChainID uint64   // EIP-155, > 0; each endpoint must name it
	Need    int      // endpoints that must answer, at most as many as there are; 0 is all. With fewer, we go on while one is down, on the word of the rest

	MaxLag  uint64        // blocks by which one endpoint may be behind the other
	MaxFork uint64        // newest blocks about which endpoints may differ, as they do during a reorg, at most 1,024
	MaxAge  time.Duration // of the newest block by the clock, > 0; three times the block time is usual

	LogRange uint64 // blocks per question for logs, 0 to 100,000; 0 is 1,000
	Options
}

func (c Config) check() error {
	if err := check(
		rule{len(c.URLs) == 1 || len(c.URLs) == 2, "URLs", len(c.URLs), "must be one or two"},
		rule{c.ChainID > 0, "ChainID", c.ChainID, "must be > 0"},
		rule{c.Need >= 0 && c.Need <= len(c.URLs), "Need", c.Need, "must be 0 to the number of URLs"},
		rule{c.MaxFork <= 1024, "MaxFork", c.MaxFork, "must be at most 1024"},
		rule{c.MaxAge > 0, "MaxAge", c.MaxAge, "must be > 0"},
		rule{c.LogRange <= 100_000, "LogRange", c.LogRange, "must be at most 100000"},
	); err != nil {
		return err
	}
	return c.Options.check()
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
