package weekend

import (
	"context"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

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
