package maker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/inbox"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Venue is what a maker needs of an exchange.Client.
type Venue interface {
	exchange.MarketReader
	exchange.TickerReader
	exchange.OrderReader
	exchange.Trader
	Balances(ctx context.Context) (map[string]exchange.Balance, error)
}

// DeadMan is a venue's own timer that cancels all orders of the account unless it
// is set again in time.
type DeadMan interface {
	// CancelAllAfter sets the timer; 0 stops it.
	CancelAllAfter(ctx context.Context, wait time.Duration) error
}

// WorldConfig is what an engine's world consists of. Every field is required but
// Inbox and DeadMan.
type WorldConfig struct {
	Key      string             // the runner's; commands are taken from the inbox under it
	Engine   *Engine            // the runner's
	Venue    Venue              // the account to quote with
	Feed     exchange.PriceFeed // reference prices: of several sources, see exchange.NewFeed
	Inbox    evenkeel.Inbox     // commands; a body is the JSON of a [Command], whose Seq is the inbox's
	DeadMan  DeadMan
	Patience time.Duration // what DeadMan is set to after each act, > 0 with one
}

// World is the I/O half of an [Engine], for an evenkeel.Runner. Safe for
// concurrent use.
type World struct {
	cfg WorldConfig

	mu      sync.Mutex
	refused map[string]string // by ClientID; what is lost here in a crash is learnt more slowly
}

var _ evenkeel.World[State, Observation, Decision] = (*World)(nil)

// NewWorld returns a world, or [ErrInvalid] that names what is missing.
func NewWorld(cfg WorldConfig) (*World, error) {
	if err := check(
		rule{cfg.Key != "", "Key", cfg.Key, "must not be empty"},
		rule{cfg.Engine != nil, "Engine", nil, "must not be nil"},
		rule{cfg.Venue != nil, "Venue", nil, "must not be nil"},
		rule{cfg.Feed != nil, "Feed", nil, "must not be nil"},
		rule{(cfg.DeadMan == nil) == (cfg.Patience == 0) && cfg.Patience >= 0, "Patience", cfg.Patience, "must be > 0 with a DeadMan, and 0 without"},
	); err != nil {
		return nil, err
	}
	return &World{cfg: cfg, refused: map[string]string{}}, nil
}

// Observe implements evenkeel.World. Without the venue's answers there is no
// observation; without a price there is one, since orders may have to go.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	pair := w.cfg.Engine.cfg.Pair
	seen := Observation{At: now}
	var err error
	if seen.Market, err = w.cfg.Venue.Market(ctx, pair); err != nil {
		return Observation{}, err
	}
	if seen.Open, err = w.cfg.Venue.OpenOrders(ctx, pair); err != nil {
		return Observation{}, err
	}
	if err := w.lookFor(ctx, &s, &seen); err != nil {
		return Observation{}, err
	}
	balances, err := w.cfg.Venue.Balances(ctx)
	if err != nil {
		return Observation{}, err
	}
	seen.Base, seen.Quote = balances[pair.Base], balances[pair.Quote]
	ticker, err := w.cfg.Venue.Ticker(ctx, pair)
	if err != nil {
		return Observation{}, err
	}
	seen.BestBid, seen.BestAsk = ticker.Bid, ticker.Ask
	if price, err := w.cfg.Feed.Price(ctx, pair, now); err != nil {
		seen.Fault = valid.Cut(err.Error())
	} else {
		seen.Price = &price
	}
	if seen.Commands, err = inbox.First(w.commands(ctx, s.LastSeq), maxCommands); err != nil {
		return Observation{}, err
	}
	return seen, ctx.Err()
}

// lookFor asks after each of our orders that is not open.
func (w *World) lookFor(ctx context.Context, s *State, seen *Observation) error {
	open := make(map[string]bool, len(seen.Open))
	for _, o := range seen.Open {
		open[o.ClientID] = true
	}
	refused := w.recall(s)
	for i := range s.Intents {
		id := s.Intents[i].ClientID
		if why, ok := refused[id]; ok {
			if seen.Refused == nil {
				seen.Refused = map[string]string{}
			}
			seen.Refused[id] = why
			continue
		}
		if open[id] {
			continue
		}
		o, err := w.cfg.Venue.Order(ctx, s.Intents[i].Pair, id)
		switch {
		case errors.Is(err, exchange.ErrNotFound):
		case err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			seen.Unknown = append(seen.Unknown, id)
		case o.Status == exchange.Open: // it came to the book after we had looked there
			seen.Open = append(seen.Open, o)
		default:
			if seen.Done == nil {
				seen.Done = map[string]exchange.Order{}
			}
			seen.Done[id] = o
		}
	}
	return nil
}

// recall returns what was refused of the orders that still matter, and forgets
// the rest.
func (w *World) recall(s *State) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := map[string]string{}
	for i := range s.Intents {
		if why, ok := w.refused[s.Intents[i].ClientID]; ok {
			kept[s.Intents[i].ClientID] = why
		}
	}
	w.refused = kept
	return kept
}

// commands yields those after that number.
func (w *World) commands(ctx context.Context, after uint64) iter.Seq2[Command, error] {
	return inbox.Take(ctx, w.cfg.Inbox, w.cfg.Key, after, commandOf)
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

// Act implements evenkeel.World: it cancels first, and places what nobody has
// stopped since it was decided. In a dry run it does nothing.
func (w *World) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d Decision) error {
	if w.cfg.Engine.cfg.Mode == DryRun {
		return nil
	}
	pair := w.cfg.Engine.cfg.Pair
	var errs []error
	for _, id := range d.Cancel {
		if err := w.cfg.Venue.Cancel(ctx, pair, id); err != nil {
			errs = append(errs, fmt.Errorf("cancel %s: %w", id, err))
		}
	}
	stopped, err := w.stopped(ctx, d.LastSeq)
	errs = append(errs, err)
	if err == nil && !stopped && now.Sub(stamp.At) <= w.cfg.Engine.cfg.MaxAge { // what was right then is not now
		for _, o := range d.Place {
			errs = append(errs, w.place(ctx, o))
		}
	}
	if w.cfg.DeadMan != nil {
		errs = append(errs, w.cfg.DeadMan.CancelAllAfter(ctx, w.cfg.Patience))
	}
	return errors.Join(errs...)
}

func (w *World) place(ctx context.Context, o exchange.Order) error {
	_, err := w.cfg.Venue.Place(ctx, o)
	if errors.Is(err, exchange.ErrRejected) || errors.Is(err, exchange.ErrInvalid) {
		w.mu.Lock()
		w.refused[o.ClientID] = valid.Cut(err.Error())
		w.mu.Unlock()
	}
	if err != nil {
		return fmt.Errorf("place %v: %w", o, err)
	}
	return nil
}

// stopped reads again whether a person has halted us since that command.
func (w *World) stopped(ctx context.Context, after uint64) (bool, error) {
	for c, err := range w.commands(ctx, after) {
		if err != nil || c.Do == Halt {
			return err == nil, err
		}
	}
	return false, nil
}

// Clear cancels every order of ours, whatever is known of it: for a shutdown.
func (w *World) Clear(ctx context.Context) error {
	pair := w.cfg.Engine.cfg.Pair
	open, err := w.cfg.Venue.OpenOrders(ctx, pair)
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range open {
		if strings.HasPrefix(o.ClientID, w.cfg.Engine.tag()) && len(o.ClientID) == exchange.MaxClientID {
			errs = append(errs, w.cfg.Venue.Cancel(ctx, pair, o.ClientID))
		}
	}
	return errors.Join(errs...)
}
