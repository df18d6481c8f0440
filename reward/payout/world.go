package payout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/inbox"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Errors of a [Ledger]. Adapters wrap them.
var (
	ErrUnknownBatch = errors.New("payout: no such batch")
	ErrGap          = errors.New("payout: not the next decision")
	ErrOverdrawn    = errors.New("payout: more than is owed")
)

// Ledger is the part of the credits' database that payouts need. The journal
// decides and the ledger follows it; what is booked is durable. For each account,
// at every commit,
//
//	credited = owed + held by live batches + paid
//
// What is returned is not to be changed. Safe for concurrent use; every
// implementation passes payouttest.RunLedger.
type Ledger interface {
	// Owed returns the debts > 0 as of now, by rising account, of accounts above
	// after, at most limit of them: the address is the one that holds at now.
	Owed(ctx context.Context, now time.Time, after string, limit int) ([]Debt, error)
	// Booked returns the Seq of the last decision that was booked, 0 for none.
	Booked(ctx context.Context) (uint64, error)
	// Book writes down the decision of that stamp, all of it or nothing: the plan
	// and then the moves, one by one. A batch holds what its lines take, has paid
	// it while it is paid or confirmed, and gives it back when it fails. Book does
	// nothing for a stamp that is booked already, and is ErrGap unless stamp.Seq
	// is the next, ErrOverdrawn for lines that take more than an account is owed,
	// and ErrUnknownBatch for a move of none that is on record.
	Book(ctx context.Context, stamp evenkeel.Stamp, d Decision) error
	// Batch returns a batch as it was planned, so that its Sum is its ID, and
	// its last phase; or ErrUnknownBatch.
	Batch(ctx context.Context, id string) (Booked, error)
	// Batches returns the newest batches, newest first, at most limit.
	Batches(ctx context.Context, limit int) ([]Booked, error)
	// Unpaid returns what a user is owed or has in batches that are live and not
	// paid, over all accounts.
	Unpaid(ctx context.Context, user string) (decimal.Decimal, error)
}

// Booked is a batch on record: the published proof of a payout.
type Booked struct {
	Batch
	Phase     Phase
	TxID      string    // the last that a move named
	PlannedAt time.Time // Stamp.At of that decision
	MovedAt   time.Time // and of its last move
}

// Payer is a wallet, a chain or a person that pays batches. Each call bounds the
// time that it takes. Safe for concurrent use; every implementation passes
// payouttest.RunPayer.
type Payer interface {
	// Pay pays b, once per b.ID however often it is called and whatever happened
	// to the process in between: a payer that cannot tell whether an earlier call
	// paid sends nothing and returns [ErrUnknown]. What to do about any error,
	// Find says; the error itself is for the log.
	Pay(ctx context.Context, b Batch) error
	// Void sees to it that the batch of that ID is never paid, not even by a
	// process that was held up just before it would have: from then on Find says
	// [Voided] and Pay returns [ErrRefused]. Of Pay and Void at the same time one
	// wins. A batch that was paid, or may have been, is left alone, with an error.
	Void(ctx context.Context, id string) error
	// Find tells what became of the batch of that ID, from what is durable: the
	// payer's own notes and the wallet. An error means that it could not be asked.
	Find(ctx context.Context, id string) (Receipt, error)
}

// Errors of a [Payer]. Adapters wrap them.
var (
	ErrUnknown = errors.New("payout: may have been paid") // nothing was sent now, since it may have been before
	ErrRefused = errors.New("payout: refused")            // proved unsent: the wallet said no, or the batch is void
)

// WorldConfig is what an engine's world consists of. Every field is required but
// Inbox.
type WorldConfig struct {
	Key    string  // the runner's; commands are taken from the inbox under it
	Engine *Engine // the runner's
	Ledger Ledger
	Payer  Payer
	Store  evenkeel.Store // the runner's
	Inbox  evenkeel.Inbox // optional: commands; a body is the JSON of a [Command], whose Seq is the inbox's
}

// World is the I/O half of an [Engine], for an evenkeel.Runner that ticks about
// once per Config.Retry; more often does no harm. Safe for concurrent use.
type World struct{ cfg WorldConfig }

var _ evenkeel.World[State, Observation, Decision] = (*World)(nil)

// NewWorld returns a world, or [ErrInvalid] that names what is missing.
func NewWorld(cfg WorldConfig) (*World, error) {
	if err := check(
		rule{cfg.Key != "", "Key", cfg.Key, "must not be empty"},
		rule{cfg.Engine != nil, "Engine", nil, "must not be nil"},
		rule{cfg.Ledger != nil, "Ledger", nil, "must not be nil"},
		rule{cfg.Payer != nil, "Payer", nil, "must not be nil"},
		rule{cfg.Store != nil, "Store", nil, "must not be nil"},
	); err != nil {
		return nil, err
	}
	return &World{cfg}, nil
}

// Observe implements evenkeel.World.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	seen := Observation{At: now}
	var err error
	if seen.Commands, err = inbox.First(w.commands(ctx, s.LastSeq), maxCommands); err != nil {
		return Observation{}, err
	}
	if s.due(now) {
		if seen.Debts, err = w.debts(ctx, now, s.After); err != nil {
			return Observation{}, err
		}
	}
	return seen, w.find(ctx, s.Live, &seen)
}

// debts asks for what is owed once the ledger has booked all that the journal
// decided: what is in a batch already must not be planned again.
func (w *World) debts(ctx context.Context, now time.Time, after string) ([]Debt, error) {
	if err := w.follow(ctx); err != nil {
		return nil, err
	}
	debts, err := w.cfg.Ledger.Owed(ctx, now, after, w.cfg.Engine.cfg.MaxDebts)
	if err != nil {
		return nil, fmt.Errorf("owed after account %q: %w", after, err)
	}
	return debts, nil
}

// find asks the payer for each batch that it was handed. What it cannot say
// about one hides nothing of the others.
func (w *World) find(ctx context.Context, live []Live, seen *Observation) error {
	for _, b := range live {
		if b.Phase == Planned {
			continue
		}
		r, err := w.cfg.Payer.Find(ctx, b.ID)
		if err == nil {
			r.Note = valid.Cut(r.Note)
			err = r.validate()
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("find %s: %w", b.ID, ctx.Err())
		case err != nil && seen.Faults == nil:
			seen.Faults = map[string]string{b.ID: valid.Cut(err.Error())}
		case err != nil:
			seen.Faults[b.ID] = valid.Cut(err.Error())
		case seen.Receipts == nil:
			seen.Receipts = map[string]Receipt{b.ID: r}
		default:
			seen.Receipts[b.ID] = r
		}
	}
	return nil
}

// commands yields those after that number.
func (w *World) commands(ctx context.Context, after uint64) iter.Seq2[Command, error] {
	return inbox.Take(ctx, w.cfg.Inbox, w.cfg.Key, after, commandOf)
}

// commandOf reads a command; one that cannot be understood has no sense.
func commandOf(waiting evenkeel.Command) Command {
	var c Command
	if json.Unmarshal(waiting.Body, &c) != nil || c.validate() != nil {
		c = Command{}
	}
	c.Seq = waiting.Seq
	return c
}

// Act implements evenkeel.World: it books the decision, and before it every one
// that the journal has and the ledger missed, and then asks the payer. Money
// owed is never late.
func (w *World) Act(ctx context.Context, _ time.Time, _ evenkeel.Stamp, d Decision) error {
	if err := w.follow(ctx); err != nil {
		return err
	}
	var errs []error
	for _, id := range d.Pay {
		if err := w.pay(ctx, id, d.LastSeq); err != nil {
			errs = append(errs, fmt.Errorf("pay %s: %w", id, err))
		}
	}
	for _, id := range d.Void {
		if err := w.cfg.Payer.Void(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("void %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// pay hands a batch to the payer, unless it has moved on or a person has stepped
// in since that was decided.
func (w *World) pay(ctx context.Context, id string, lastSeq uint64) error {
	b, err := w.cfg.Ledger.Batch(ctx, id)
	if err != nil {
		return err
	}
	if b.Phase != Sending {
		return nil
	}
	if sum := b.Sum(); b.ID != id || sum != id {
		return fmt.Errorf("%w: Batch %s: the ledger's has ID %s", ErrInvalid, id, sum)
	}
	for c, err := range w.commands(ctx, lastSeq) {
		if err != nil {
			return err
		}
		if c.Do == Halt || c.Do == GiveUp && c.Batch == id {
			return nil
		}
	}
	return w.cfg.Payer.Pay(ctx, b.Batch)
}

// follow books what the journal has and the ledger missed.
func (w *World) follow(ctx context.Context) error {
	booked, err := w.cfg.Ledger.Booked(ctx)
	if err != nil {
		return fmt.Errorf("last booked: %w", err)
	}
	for record, err := range w.cfg.Store.Journal(ctx, w.cfg.Key, booked) {
		if err != nil {
			return fmt.Errorf("journal of %s after %d: %w", w.cfg.Key, booked, err)
		}
		var d Decision
		if err := json.Unmarshal(record.Decision, &d); err != nil {
			return fmt.Errorf("decision %s: %w", record.ID(), err)
		}
		if err := w.cfg.Ledger.Book(ctx, record.Stamp, d); err != nil {
			return fmt.Errorf("book %s: %w", record.ID(), err)
		}
	}
	return nil
}
