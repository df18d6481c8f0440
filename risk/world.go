package risk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/inbox"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Feed knows the latest of instruments.
type Feed interface {
	// Inputs returns what is known of an instrument as of now, which is also the
	// snapshot's. Without a book there is nothing to know, which is an error.
	Inputs(ctx context.Context, isin market.ISIN, now time.Time) (Inputs, error)
}

// Publisher tells people what a decision has to tell. After a crash it is called
// again for the same decision, whose events keep their numbers.
type Publisher interface {
	Publish(ctx context.Context, stamp evenkeel.Stamp, d Decision) error
}

// Key is the journal key of an instrument.
func Key(isin market.ISIN) string { return "lr/" + string(isin) }

// WorldConfig is what an engine's world consists of. Every field is required but
// Inbox.
type WorldConfig struct {
	ISIN      market.ISIN
	Feed      Feed
	Publisher Publisher
	Inbox     evenkeel.Inbox // commands under [Key]; a body is the JSON of a [Command], whose Seq is the inbox's
}

// World is the I/O half of an [Engine] for one instrument, for an evenkeel.Runner.
// Safe for concurrent use if its ports are.
type World struct{ cfg WorldConfig }

var _ evenkeel.World[State, Observation, Decision] = (*World)(nil)

// NewWorld returns a world, or [ErrInvalid] that names what is missing.
func NewWorld(cfg WorldConfig) (*World, error) {
	if err := check(
		rule{cfg.ISIN.Validate() == nil, "ISIN", string(cfg.ISIN), "must be one"},
		rule{cfg.Feed != nil, "Feed", nil, "must not be nil"},
		rule{cfg.Publisher != nil, "Publisher", nil, "must not be nil"},
	); err != nil {
		return nil, err
	}
	return &World{cfg}, nil
}

// Observe implements evenkeel.World. Inputs that cannot be had, or that cannot be
// true, are a fault that people are told of: an engine goes on without them.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	seen := Observation{At: now, ISIN: w.cfg.ISIN}
	in, err := w.cfg.Feed.Inputs(ctx, w.cfg.ISIN, now)
	if err == nil {
		err = w.fit(in, now)
	}
	switch {
	case ctx.Err() != nil:
		return Observation{}, ctx.Err()
	case err != nil:
		seen.Fault = valid.Cut(err.Error())
	default:
		seen.Inputs = &in
	}
	seen.Commands, err = inbox.First(w.commands(ctx, s.LastSeq), maxCommands)
	return seen, err
}

// fit reports what is wrong with inputs.
func (w *World) fit(in Inputs, now time.Time) error {
	return cmp.Or(in.Validate(), check(
		rule{in.Snapshot.Book.ISIN == w.cfg.ISIN, "Snapshot.Book.ISIN", string(in.Snapshot.Book.ISIN), "must be " + string(w.cfg.ISIN)},
		rule{in.Snapshot.Now.Equal(now), "Snapshot.Now", in.Snapshot.Now, "must be " + now.String()},
	))
}

// commands yields those after that number.
func (w *World) commands(ctx context.Context, after uint64) iter.Seq2[Command, error] {
	return inbox.Take(ctx, w.cfg.Inbox, Key(w.cfg.ISIN), after, commandOf)
}

// commandOf reads a command; one that cannot be understood has no sense.
func commandOf(waiting evenkeel.Command) Command {
	var c Command
	if json.Unmarshal(waiting.Body, &c) != nil {
		c = Command{}
	}
	c.Seq = waiting.Seq
	return c
}

// Act implements evenkeel.World. There is nothing to tell too late: whoever was
// told of a later event knows this one to be old by its number.
func (w *World) Act(ctx context.Context, _ time.Time, stamp evenkeel.Stamp, d Decision) error {
	if len(d.Events) == 0 {
		return nil
	}
	if err := w.cfg.Publisher.Publish(ctx, stamp, d); err != nil {
		return fmt.Errorf("publish %s: %w", stamp.ID(), err)
	}
	return nil
}
