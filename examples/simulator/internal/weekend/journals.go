package weekend

import (
	"context"
	"encoding/hex"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// journals keeps what the engines of one run decided and proves it: in memory,
// and bounded, so each stretch is audited before it is dropped. One audit runs
// beside the simulation.
type journals struct {
	store  memory.Store
	anchor memory.Anchor
	audits []auditor
	work   errgroup.Group
}

// stretch is how many blocks are played between two audits.
const stretch = 3_600

// newJournals keeps two stretches: the one that is being written and the one
// that is being audited.
func newJournals() *journals { return &journals{store: memory.Store{Limit: 2 * stretch}} }

// ticker takes an engine one step further.
type ticker[D any] interface {
	Tick(ctx context.Context, now time.Time) (D, error)
}

// machine is an engine with its identity.
type machine[S, O, D any] interface {
	evenkeel.Engine[S, O, D]
	evenkeel.Identity
}

// attach returns the loop of an engine in its world: the SDK's Runner where
// there are journals, and the same steps without a journal where there are none.
func attach[S, O, D any](j *journals, key string, engine machine[S, O, D], world evenkeel.World[S, O, D]) (ticker[D], error) {
	if j == nil {
		return &bare[S, O, D]{engine: engine, world: world, stamp: evenkeel.Stamp{Key: key}}, nil
	}
	name, _ := engine.Identity()
	j.audits = append(j.audits, &audit[S, O, D]{j: j, engine: engine, told: Journal{Key: key, Engine: name}})
	return evenkeel.NewRunner(key, engine, world, &j.store, evenkeel.Options{Anchor: &j.anchor, AnchorInterval: time.Hour})
}

// bare is a Runner that keeps nothing, for the many runs of a sweep.
type bare[S, O, D any] struct {
	engine evenkeel.Engine[S, O, D]
	world  evenkeel.World[S, O, D]
	stamp  evenkeel.Stamp
	state  S
}

func (b *bare[S, O, D]) Tick(ctx context.Context, now time.Time) (D, error) {
	var none D
	seen, err := b.world.Observe(ctx, now, b.state)
	if err != nil {
		return none, err
	}
	state, decision, err := b.engine.Step(b.state, seen)
	if err != nil {
		return none, err
	}
	b.state, b.stamp.At = state, now
	b.stamp.Seq++
	return decision, b.world.Act(ctx, now, b.stamp, decision)
}

// auditor proves one journal, stretch by stretch.
type auditor interface {
	next(ctx context.Context) error
	journal() Journal
}

// audit verifies the chain of hashes and has the engine decide every step again.
type audit[S, O, D any] struct {
	j      *journals
	engine evenkeel.Engine[S, O, D]
	head   evenkeel.Head // of what is audited
	told   Journal
}

func (a *audit[S, O, D]) journal() Journal {
	a.told.Records, a.told.Head = a.head.Seq, hex.EncodeToString(a.head.Hash[:])
	return a.told
}

// next audits what was written since the last audit.
func (a *audit[S, O, D]) next(ctx context.Context) error {
	var trusted []evenkeel.Head
	for head, err := range a.j.anchor.Heads(ctx, a.told.Key) {
		if err != nil {
			return err
		}
		trusted = append(trusted, head)
	}
	a.told.Anchors = len(trusted)
	if a.head.Seq > 0 {
		trusted = append(trusted, a.head)
	}
	tail := since{&a.j.store, max(a.head.Seq, 1) - 1} // the last record audited is where the rest starts from
	sound, err := evenkeel.Verify(ctx, tail, a.told.Key, trusted...)
	if err != nil {
		return err
	}
	for step, err := range evenkeel.Replay(ctx, a.engine, tail, a.told.Key) {
		if err != nil {
			return err
		}
		if step.Seq > sound.Head.Seq {
			break // written in the meantime: the next audit's
		}
		a.told.Replayed++
		if step.Same {
			a.told.Same++
		}
	}
	a.head = sound.Head
	return nil
}

// since is a store that begins after a record.
type since struct {
	evenkeel.Store
	after uint64
}

func (s since) Journal(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Record, error] {
	return s.Store.Journal(ctx, key, max(after, s.after))
}

// played is told how many blocks there are by now. At the end of a stretch it
// waits for the audit of the one before and starts the next.
func (j *journals) played(ctx context.Context, blocks int) error {
	if j == nil || blocks%stretch != 0 {
		return nil
	}
	if err := j.work.Wait(); err != nil {
		return err
	}
	j.work.Go(func() error { return j.audit(ctx) })
	return nil
}

func (j *journals) audit(ctx context.Context) error {
	for _, a := range j.audits {
		if err := a.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// close audits what is left and tells what was proven.
func (j *journals) close(ctx context.Context) ([]Journal, error) {
	if err := j.work.Wait(); err != nil {
		return nil, err
	}
	if err := j.audit(ctx); err != nil {
		return nil, err
	}
	var all []Journal
	for _, a := range j.audits {
		all = append(all, a.journal())
	}
	return all, nil
}
