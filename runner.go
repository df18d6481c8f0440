package evenkeel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"
)

// ErrAct wraps what World.Act returned for a decision that is nevertheless
// recorded. The next observation tells what became of it.
var ErrAct = errors.New("evenkeel: act")

// Options tune a [Runner]; the zero value is usable.
type Options struct {
	// Every is the interval of Run; 0 means one minute.
	Every time.Duration
	// Standby is how long the journal must stay silent, by this process's own
	// clock, before Run takes over. 0 means that Run leads at once and returns
	// ErrConflict when another writer takes over. Make it several times the
	// leader's Every.
	Standby time.Duration
	// Anchor, if set, receives the journal's head every AnchorEvery records
	// and at least once per AnchorInterval.
	Anchor         Anchor
	AnchorEvery    uint64        // 0 means 1,000
	AnchorInterval time.Duration // 0 means one minute
	Clock          clock.Clock   // nil means the system's
	Log            *zap.Logger   // nil means silence
}

// Runner steps one engine in one world and keeps its journal: observe, step,
// append, act. It is the only loop, clock and logger of the module. A bot and a
// server call Run; a test calls Tick and says itself what time it is. Not safe
// for concurrent use.
type Runner[S, O, D any] struct {
	key    string
	engine Engine[S, O, D]
	world  World[S, O, D]
	store  Store
	opts   Options
	name   string
	config [32]byte

	loaded   bool
	state    S
	head     Head
	at       time.Time // of the head's record
	anchored Head
	anchorAt time.Time
}

// NewRunner returns a runner whose journal is kept in store under key. It
// refuses an empty key, a missing part and negative options with ErrInvalid.
func NewRunner[S, O, D any](key string, engine interface {
	Engine[S, O, D]
	Identity
}, world World[S, O, D], store Store, opts Options,
) (*Runner[S, O, D], error) {
	switch {
	case key == "":
		return nil, fmt.Errorf("%w: key: must not be empty", ErrInvalid)
	case engine == nil || world == nil || store == nil:
		return nil, fmt.Errorf("%w: runner %q: engine, world and store must not be nil", ErrInvalid, key)
	case opts.Every < 0 || opts.Standby < 0 || opts.AnchorInterval < 0:
		return nil, fmt.Errorf("%w: runner %q: Every %v, Standby %v, AnchorInterval %v: must be >= 0", ErrInvalid, key, opts.Every, opts.Standby, opts.AnchorInterval)
	}
	if opts.Every == 0 {
		opts.Every = time.Minute
	}
	if opts.AnchorEvery == 0 {
		opts.AnchorEvery = 1000
	}
	if opts.AnchorInterval == 0 {
		opts.AnchorInterval = time.Minute
	}
	if opts.Clock == nil {
		opts.Clock = clock.New()
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	r := &Runner[S, O, D]{key: key, engine: engine, world: world, store: store, opts: opts}
	r.name, r.config = engine.Identity()
	return r, nil
}

// Run ticks every Options.Every until ctx ends, whose error it returns. A
// failed tick is logged and the next one starts afresh. With Options.Standby
// set it waits for its turn and stands by again when it is overtaken; without,
// it returns ErrConflict.
func (r *Runner[S, O, D]) Run(ctx context.Context) error {
	ticker := r.opts.Clock.Ticker(r.opts.Every)
	defer ticker.Stop()
	watch := newWatch(r.opts.Standby)
	for {
		if watch.leading() || r.silent(ctx, watch) {
			_, err := r.tick(ctx, r.opts.Clock.Now)
			if errors.Is(err, ErrConflict) && r.opts.Standby == 0 {
				return err
			}
			if errors.Is(err, ErrConflict) {
				watch = newWatch(r.opts.Standby)
			}
			if err != nil && ctx.Err() == nil {
				r.opts.Log.Error("tick", zap.String("key", r.key), zap.Error(err))
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Tick performs one step as of now: observe, step, append, act. The decision
// is durable before it is acted on. An error that wraps ErrAct comes beside a
// recorded decision; with any other error nothing was decided. ErrConflict
// means that another writer has the key; the next Tick reads its record and
// competes again, so a host that calls Tick has to decide who leads.
func (r *Runner[S, O, D]) Tick(ctx context.Context, now time.Time) (D, error) {
	return r.tick(ctx, func() time.Time { return now })
}

// tick asks for the time twice, since a process can be held up for long
// between deciding and acting, and Act declines what has become too late.
func (r *Runner[S, O, D]) tick(ctx context.Context, now func() time.Time) (D, error) {
	var none D
	if err := r.load(ctx, now); err != nil {
		return none, err
	}
	at := now().UTC().Truncate(time.Microsecond)
	if at.Before(r.at) {
		at = r.at // a clock that was set back must not disorder the journal
	}
	seen, err := r.world.Observe(ctx, at, r.state)
	if err != nil {
		return none, fmt.Errorf("observe %s: %w", r.key, err)
	}
	state, decision, err := r.engine.Step(r.state, seen)
	if err != nil {
		return none, fmt.Errorf("step %s: %w", r.key, err)
	}
	rec, err := r.record(at, state, seen, decision)
	if err != nil {
		return none, err
	}
	if err := r.append(ctx, rec); err != nil {
		return none, err
	}
	r.state = state
	err = r.act(ctx, now(), rec.Stamp, decision)
	r.anchor(ctx, at)
	return decision, err
}

// load restores the last record after a start or a failed append. Whether its
// decision was acted on is unknown, so it is acted on again.
func (r *Runner[S, O, D]) load(ctx context.Context, now func() time.Time) error {
	if r.loaded {
		return nil
	}
	rec, err := r.store.Last(ctx, r.key)
	if errors.Is(err, ErrNotFound) {
		var fresh S
		r.state, r.head, r.at, r.loaded = fresh, Head{Key: r.key}, time.Time{}, true
		return nil
	}
	if err != nil {
		return fmt.Errorf("load %s: %w", r.key, err)
	}
	if rec.Engine != r.name {
		return fmt.Errorf("%w: load %s: the journal was written by %s, this engine is %s: migrate its state under a new key", ErrInvalid, rec.ID(), rec.Engine, r.name)
	}
	var state S
	var decision D
	if err := errors.Join(json.Unmarshal(rec.State, &state), json.Unmarshal(rec.Decision, &decision)); err != nil {
		return fmt.Errorf("load %s: %w", rec.ID(), err)
	}
	r.state, r.head, r.at, r.loaded = state, headOf(rec), rec.At, true
	if err := r.act(ctx, now(), rec.Stamp, decision); err != nil {
		r.opts.Log.Warn("act again after a restart", zap.String("id", rec.ID()), zap.Error(err))
	}
	return nil
}

func (r *Runner[S, O, D]) record(at time.Time, state S, seen O, decision D) (Record, error) {
	rec := Record{
		Stamp:  Stamp{Key: r.key, Seq: r.head.Seq + 1, At: at},
		Engine: r.name, Config: r.config, Prev: r.head.Hash,
	}
	var errs [3]error
	rec.State, errs[0] = json.Marshal(state)
	rec.Seen, errs[1] = json.Marshal(seen)
	rec.Decision, errs[2] = json.Marshal(decision)
	if err := errors.Join(errs[:]...); err != nil {
		return Record{}, fmt.Errorf("encode %s: %w", rec.ID(), err)
	}
	rec.Hash = rec.Sum()
	return rec, nil
}

// append makes rec the head. After a conflict it looks once: its own hash
// there means that only the answer to the append was lost. After any other
// failure the outcome is unknown, and the next tick loads what is there.
func (r *Runner[S, O, D]) append(ctx context.Context, rec Record) error {
	err := r.store.Append(ctx, rec)
	if errors.Is(err, ErrConflict) {
		if last, lastErr := r.store.Last(ctx, r.key); lastErr == nil && last.Hash == rec.Hash {
			err = nil
		}
	}
	if err != nil {
		r.loaded = false
		return fmt.Errorf("append %s: %w", rec.ID(), err)
	}
	r.head, r.at = headOf(rec), rec.At
	return nil
}

func (r *Runner[S, O, D]) act(ctx context.Context, now time.Time, stamp Stamp, decision D) error {
	if err := r.world.Act(ctx, now, stamp, decision); err != nil {
		return fmt.Errorf("%w %s: %w", ErrAct, stamp.ID(), err)
	}
	return nil
}

// anchor publishes the head when it is due. A failure is logged and due again
// at the next tick: anchoring late is harmless, halting for it is not.
func (r *Runner[S, O, D]) anchor(ctx context.Context, at time.Time) {
	if r.opts.Anchor == nil {
		return
	}
	if r.head.Seq-r.anchored.Seq < r.opts.AnchorEvery && at.Sub(r.anchorAt) < r.opts.AnchorInterval {
		return
	}
	if err := r.opts.Anchor.Publish(ctx, r.head); err != nil {
		r.opts.Log.Warn("anchor", zap.String("key", r.key), zap.Uint64("seq", r.head.Seq), zap.Error(err))
		return
	}
	r.anchored, r.anchorAt = r.head, at
}

func headOf(r Record) Head { return Head{Key: r.Key, Seq: r.Seq, Hash: r.Hash} }
