package liquidity

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/inbox"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Executor moves the money of one provider. Each call bounds the time that it
// takes. Safe for concurrent use; every implementation passes
// liquiditytest.RunExecutor.
type Executor interface {
	// Provider returns what the provider has put in and takes out, whose totals
	// never fall; its ID may be left empty.
	Provider(ctx context.Context) (Provider, error)
	// Send makes the transfer, once per t.ID however often it is called and
	// whatever happened in between: a repetition does nothing. What became of it,
	// Find says; the error is for the log.
	Send(ctx context.Context, t Transfer) error
	// Void sees to it that the transfer of that ID is never made, not even by a
	// Send that was held up; from then on Find says [StatusFailed]. Of Send and
	// Void at the same time one wins. One that was made, or may have been, is left
	// alone, with an error.
	Void(ctx context.Context, id string) error
	// Find tells what became of transfers, from what is durable, by ID. One that
	// was never heard of is [StatusUnsent]; one that it cannot tell is
	// [StatusUnknown] or left out.
	Find(ctx context.Context, ids []string) (map[string]Receipt, error)
}

// ErrRefused is an [Executor]'s, for a transfer that is void and for making void
// one that is not unsent. Adapters wrap it.
var ErrRefused = errors.New("liquidity: refused")

// Feed tells how banks stand, by one source.
type Feed interface {
	// Positions returns one per bank, in any order. Source, Kind and Currency are
	// set; At is when it was so.
	Positions(ctx context.Context, now time.Time) ([]Position, error)
}

// Queue tells which payments wait for liquidity, each payer's in its order.
type Queue interface {
	Queued(ctx context.Context, now time.Time) ([]Payment, error)
}

// WorldConfig is what an engine's world consists of. Every field is required but
// Queue and Inbox.
type WorldConfig struct {
	Key       string              // the runner's; commands are taken from the inbox under it
	Engine    *Engine             // the runner's
	Feeds     []Feed              // where they disagree about a bank the median counts
	Quorum    int                 // of the feeds have to speak of a bank, >= 1, or it is not seen
	Executors map[string]Executor // by provider
	Queue     Queue
	Inbox     evenkeel.Inbox // commands; a body is the JSON of a [Command], whose Seq is the inbox's
}

// World is the I/O half of an [Engine], for an evenkeel.Runner. What one feed or
// one provider cannot say hides nothing of the others. Safe for concurrent use.
type World struct{ cfg WorldConfig }

var _ evenkeel.World[State, Observation, Decision] = (*World)(nil)

// NewWorld returns a world, or [ErrInvalid] that names what is missing.
func NewWorld(cfg WorldConfig) (*World, error) {
	if err := check(
		rule{cfg.Key != "", "Key", cfg.Key, "must not be empty"},
		rule{cfg.Engine != nil, "Engine", nil, "must not be nil"},
		rule{cfg.Quorum >= 1 && cfg.Quorum <= len(cfg.Feeds), "Quorum", cfg.Quorum, "must be 1 to the number of feeds"},
		rule{len(cfg.Executors) > 0, "Executors", nil, "must not be empty"},
	); err != nil {
		return nil, err
	}
	cfg.Feeds, cfg.Executors = slices.Clone(cfg.Feeds), maps.Clone(cfg.Executors)
	return &World{cfg}, nil
}

// Observe implements evenkeel.World.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	seen := Observation{At: now, Receipts: map[string]Receipt{}, Faults: map[string]string{}}
	var err error
	if seen.Commands, err = inbox.First(w.commands(ctx, s.LastSeq), maxCommands); err != nil {
		return Observation{}, err
	}
	w.lookAtBanks(ctx, now, &seen)
	w.lookAtPool(ctx, s, &seen)
	w.lookAtQueue(ctx, now, &seen)
	return seen, ctx.Err()
}

// lookAtQueue takes the oldest of what waits, or nothing if any of it is
// malformed: an offset of half a queue may be none.
func (w *World) lookAtQueue(ctx context.Context, now time.Time, seen *Observation) {
	if w.cfg.Queue == nil {
		return
	}
	queue, err := w.cfg.Queue.Queued(ctx, now)
	queue = queue[:min(len(queue), maxQueue)]
	if err := cmp.Or(err, validateQueue(queue)); err != nil {
		seen.fault("queue", err)
		return
	}
	seen.Queue = queue
}

func (o *Observation) fault(of string, err error) { o.Faults[of] = valid.Cut(err.Error()) }

// lookAtBanks asks all feeds at once and leaves out what is malformed.
func (w *World) lookAtBanks(ctx context.Context, now time.Time, seen *Observation) {
	told := make([][]Position, len(w.cfg.Feeds))
	errs := make([]error, len(w.cfg.Feeds))
	var all sync.WaitGroup
	for i, feed := range w.cfg.Feeds {
		all.Go(func() { told[i], errs[i] = feed.Positions(ctx, now) })
	}
	all.Wait()
	reports := map[string][]Position{}
	for i := range told {
		if errs[i] != nil {
			seen.fault("feed "+strconv.Itoa(i), errs[i])
			continue
		}
		spoken := map[string]bool{} // a feed has one voice about a bank
		for _, p := range told[i] {
			err := w.cfg.Engine.Validate(p)
			if err == nil && spoken[p.Bank] {
				err = invalid("Position.Bank", p.Bank, "must be told once by a feed")
			}
			if err != nil {
				seen.fault("feed "+strconv.Itoa(i)+" about "+valid.Cut(p.Bank), err)
				continue
			}
			spoken[p.Bank] = true
			reports[p.Bank] = append(reports[p.Bank], p)
		}
	}
	for _, bank := range slices.Sorted(maps.Keys(reports)) {
		if p, ok := Median(reports[bank], w.cfg.Quorum); ok {
			seen.Banks = append(seen.Banks, p)
		} else {
			seen.fault(bank, invalid("quorum", len(reports[bank]), "must be at least "+strconv.Itoa(w.cfg.Quorum)))
		}
	}
}

// lookAtPool asks all providers at once for their totals and for what became of
// the transfers.
func (w *World) lookAtPool(ctx context.Context, s State, seen *Observation) {
	ids := s.asked()
	names := slices.Sorted(maps.Keys(w.cfg.Executors))
	providers := make([]Provider, len(names))
	receipts := make([]map[string]Receipt, len(names))
	errs := make([][2]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			providers[i], errs[i][0] = w.cfg.Executors[name].Provider(ctx)
			if len(ids[name]) > 0 {
				receipts[i], errs[i][1] = w.cfg.Executors[name].Find(ctx, ids[name])
			}
		})
	}
	all.Wait()
	for i, name := range names {
		providers[i].ID = name
		if err := cmp.Or(errs[i][0], providers[i].validate("")); err != nil {
			seen.fault("provider "+name, err)
		} else {
			seen.Providers = append(seen.Providers, providers[i])
		}
		if errs[i][1] != nil {
			seen.fault("transfers of "+name, errs[i][1])
			continue
		}
		for _, id := range ids[name] {
			if r, ok := receipts[i][id]; ok {
				seen.receive(id, r)
			}
		}
	}
}

func (o *Observation) receive(id string, r Receipt) {
	r.Note = valid.Cut(r.Note)
	if err := r.validate(); err != nil {
		o.fault("transfer "+id, err)
		return
	}
	o.Receipts[id] = r
}

// asked returns the transfers that an executor may have something to say about,
// by provider.
func (s *State) asked() map[string][]string {
	ids := map[string][]string{}
	for i := range s.Accounts {
		for j := range s.Accounts[i].Actions {
			a := &s.Accounts[i].Actions[j]
			for n, l := range a.Legs {
				if !l.AskedAt.IsZero() && (l.Phase.live() || l.Phase == Settled) {
					ids[l.Provider] = append(ids[l.Provider], a.transfer(n))
				}
			}
		}
	}
	return ids
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

// Act implements evenkeel.World: it sends what is not too late by now and what
// nobody has stopped since it was decided, all providers at once.
func (w *World) Act(ctx context.Context, now time.Time, _ evenkeel.Stamp, d Decision) error {
	all, banks, err := w.stopped(ctx, d.LastSeq)
	if err != nil {
		return err
	}
	sends := map[string][]Transfer{}
	for _, t := range d.Send {
		if !all && !banks[t.Bank] && !now.After(t.Until) {
			sends[t.Provider] = append(sends[t.Provider], t)
		}
	}
	names := slices.Sorted(maps.Keys(sends))
	errs := make([]error, len(names)+len(d.Void))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { errs[i] = w.send(ctx, name, sends[name]) })
	}
	group.Wait()
	for i, v := range d.Void {
		errs[len(names)+i] = w.void(ctx, v)
	}
	return errors.Join(errs...)
}

func (w *World) send(ctx context.Context, provider string, transfers []Transfer) error {
	e, ok := w.cfg.Executors[provider]
	if !ok {
		return fmt.Errorf("%w: no executor of %q", ErrInvalid, provider)
	}
	var errs []error
	for _, t := range transfers {
		if err := e.Send(ctx, t); err != nil {
			errs = append(errs, fmt.Errorf("send %s: %w", t.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (w *World) void(ctx context.Context, v Voiding) error {
	e, ok := w.cfg.Executors[v.Provider]
	if !ok {
		return fmt.Errorf("%w: no executor of %q", ErrInvalid, v.Provider)
	}
	if err := e.Void(ctx, v.ID); err != nil {
		return fmt.Errorf("void %s: %w", v.ID, err)
	}
	return nil
}

// stopped reads again who has tripped a switch since that command.
func (w *World) stopped(ctx context.Context, after uint64) (all bool, banks map[string]bool, err error) {
	banks = map[string]bool{}
	for c, err := range w.commands(ctx, after) {
		if err != nil {
			return false, nil, err
		}
		if c.Do == Trip && c.Bank == "" {
			all = true
		} else if c.Do == Trip {
			banks[c.Bank] = true
		}
	}
	return all, banks, nil
}
