package weekend

import (
	"context"
	"encoding/hex"
	"iter"

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

// wait ends the audit that runs beside a simulation which has failed.
func (j *journals) wait() { _ = j.work.Wait() }

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
