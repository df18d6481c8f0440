package reward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
)

// Errors of a [Ledger]. Adapters wrap them.
var (
	ErrRegistered   = errors.New("reward: already registered")
	ErrUnregistered = errors.New("reward: not registered")
	ErrReplayed     = errors.New("reward: proof was used before")
	ErrUnknownRound = errors.New("reward: no such round")
	ErrGap          = errors.New("reward: not the next decision")
)

// Ledger is the database of one pool: who takes part, what was seen, what was
// earned. The journal decides and the ledger follows it, so a ledger that was
// out of reach catches up. What was accepted is durable, and what is returned is
// not to be changed. Safe for concurrent use; every implementation passes
// ledgertest.Run.
type Ledger interface {
	// Register keeps r. It is ErrRegistered if that account is on record, or if
	// the key has another address at that exchange: who registers first has the
	// key, since registering needs no proof. An invalid r is refused with the
	// error of [Registration.Validate].
	Register(ctx context.Context, r Registration) error
	// Rebind gives every account of r.User at r.Exchange another Address and
	// Signer as of r.At, which may lie ahead of now; r.Unit names one of them. It
	// replaces an earlier Rebind that does not hold at now, so that the owner of a
	// key can take back what a thief asked for. It is ErrUnregistered unless the
	// account is on record. Whether the user asked for it, the caller knows.
	Rebind(ctx context.Context, r Registration, now time.Time) error
	// Registrations returns those of a user as they hold at now, oldest first.
	Registrations(ctx context.Context, user string, now time.Time) ([]Registration, error)
	// Registered returns how many registrations there are.
	Registered(ctx context.Context) (int, error)

	// Submit keeps what a proof showed: all of it, or on an error nothing. Each
	// order gets a number higher than any that Pending has ever shown, and as
	// Since the time at which the order of that exchange, unit, side and name
	// was first seen, as far back as a day at least. It is ErrUnregistered
	// unless the account is on record, ErrReplayed unless the proof was issued
	// after every other one of the account, and ErrInvalid as in
	// [Submission.Sightings].
	Submit(ctx context.Context, s Submission) error
	// Pending returns the sightings numbered above after, lowest first; the
	// newest limit of them, if there are more. limit is > 0.
	Pending(ctx context.Context, after uint64, limit int) ([]Order, error)

	// Booked returns the Seq of the last decision that was booked, 0 for none.
	Booked(ctx context.Context) (uint64, error)
	// Book writes down the decision of that stamp, all of it or nothing: the
	// round, what became of its orders, and the credits. It does nothing for a
	// stamp that is booked already, and is ErrGap unless stamp.Seq is the next.
	Book(ctx context.Context, stamp evenkeel.Stamp, d Decision) error

	// Orders returns the newest sightings of a user, newest first, at most limit.
	Orders(ctx context.Context, user string, limit int) ([]Sighting, error)
	// Round returns the round of that number, or the newest for 0. It is
	// ErrUnknownRound for one that never was.
	Round(ctx context.Context, number uint64) (Booked, error)
	// History returns the newest rounds in which anybody was paid, newest first,
	// at most limit, with what the user had of each: 0 where that was nothing.
	History(ctx context.Context, user string, limit int) ([]Earning, error)
	// Earned returns the sum of a user's credits, over all markets.
	Earned(ctx context.Context, user string) (decimal.Decimal, error)
}

// WorldConfig is what an engine's world consists of. Every field is required but
// Inbox and Reporter.
type WorldConfig struct {
	Key    string  // the runner's; grants are taken from the inbox under it
	Engine *Engine // the runner's
	Ledger Ledger
	Store  evenkeel.Store // the runner's
	Inbox  evenkeel.Inbox // optional: grants; a body is the JSON of a [Grant], whose Seq is the command's

	Reporter Reporter // optional: told of each round once it is booked
}

// Reporter makes the pool's liquidity public.
type Reporter interface {
	// Report tells what stands behind each rank of a market. It may be called
	// again with the same round, and bounds the time that it takes: the next round
	// waits for it.
	Report(ctx context.Context, round uint64, liquidity []Liquidity) error
}

// Liquidity is what one rank of a market offers, in the pegged asset.
type Liquidity struct {
	Exchange, Unit, Rank string
	Bid, Ask             decimal.Decimal
}

// World is the I/O half of an [Engine], for an evenkeel.Runner that ticks about
// once per round; more often does no harm. Safe for concurrent use.
type World struct{ cfg WorldConfig }

var _ evenkeel.World[State, Observation, Decision] = (*World)(nil)

// NewWorld returns a world, or [ErrInvalid] that names what is missing.
func NewWorld(cfg WorldConfig) (*World, error) {
	if err := check(
		rule{cfg.Key != "", "Key", cfg.Key, "must not be empty"},
		rule{cfg.Engine != nil, "Engine", nil, "must not be nil"},
		rule{cfg.Ledger != nil, "Ledger", nil, "must not be nil"},
		rule{cfg.Store != nil, "Store", nil, "must not be nil"},
	); err != nil {
		return nil, err
	}
	return &World{cfg}, nil
}

// Observe implements evenkeel.World. Within a round that is decided it leaves
// the sightings to the next.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	seen := Observation{At: now}
	var err error
	if seen.Grants, err = w.grants(ctx, s); err != nil {
		return Observation{}, err
	}
	if w.cfg.Engine.Round(now) > s.Round {
		if seen.Orders, err = w.cfg.Ledger.Pending(ctx, s.LastID, w.cfg.Engine.cfg.MaxOrders); err != nil {
			return Observation{}, fmt.Errorf("sightings after %d: %w", s.LastID, err)
		}
	}
	return seen, nil
}

// grants takes those that wait in the inbox. What is no grant stays there,
// unread: one bad command must not stop the rounds.
func (w *World) grants(ctx context.Context, s State) ([]Grant, error) {
	if w.cfg.Inbox == nil {
		return nil, nil
	}
	var grants []Grant
	for c, err := range w.cfg.Inbox.Take(ctx, w.cfg.Key, s.LastSeq) {
		if err != nil {
			return nil, fmt.Errorf("take grants of %s: %w", w.cfg.Key, err)
		}
		var g Grant
		if json.Unmarshal(c.Body, &g) != nil {
			continue
		}
		g.Seq = c.Seq
		if w.cfg.Engine.CheckGrant(s, g) != nil {
			continue
		}
		grants = append(grants, g)
		s.fund(grants[len(grants)-1:])
		if len(grants) == maxGrants {
			break
		}
	}
	return grants, nil
}

// Act implements evenkeel.World: it books the decision, and before it every one
// that the journal has and the ledger missed, and then reports the round. Money
// owed is never late.
func (w *World) Act(ctx context.Context, _ time.Time, stamp evenkeel.Stamp, d Decision) error {
	if err := w.bookAll(ctx, stamp, d); err != nil {
		return err
	}
	if w.cfg.Reporter == nil || d.Reason == RoundDone {
		return nil
	}
	if err := w.cfg.Reporter.Report(ctx, d.Round, d.liquidity()); err != nil {
		return fmt.Errorf("report round %d: %w", d.Round, err)
	}
	return nil
}

func (w *World) bookAll(ctx context.Context, stamp evenkeel.Stamp, d Decision) error {
	booked, err := w.cfg.Ledger.Booked(ctx)
	if err != nil {
		return fmt.Errorf("last booked: %w", err)
	}
	if booked+1 >= stamp.Seq {
		return w.book(ctx, stamp, d)
	}
	for record, err := range w.cfg.Store.Journal(ctx, w.cfg.Key, booked) {
		if err != nil {
			return fmt.Errorf("journal of %s after %d: %w", w.cfg.Key, booked, err)
		}
		var missed Decision
		if err := json.Unmarshal(record.Decision, &missed); err != nil {
			return fmt.Errorf("decision %s: %w", record.ID(), err)
		}
		if err := w.book(ctx, record.Stamp, missed); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) book(ctx context.Context, stamp evenkeel.Stamp, d Decision) error {
	if err := w.cfg.Ledger.Book(ctx, stamp, d); err != nil {
		return fmt.Errorf("book round %d of %s: %w", d.Round, stamp.ID(), err)
	}
	return nil
}
