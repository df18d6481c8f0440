package stabilizer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// BenchmarkStep repeats one step of an engine that has seen a thousand blocks
// and filled an intent every third of them. A step is pure, so it can be
// repeated from the same state.
func BenchmarkStep(b *testing.B) {
	e := engine(b, target())
	sees := func(s stabilizer.State, pool string) stabilizer.Observation {
		seen := stabilizer.Observation{Block: block(s.History.Head() + 1)}
		seen.Block.Pool = dec(pool)
		for _, in := range s.Unresolved() {
			seen.Receipts = append(seen.Receipts, stabilizer.Receipt{ID: in.ID, Outcome: stabilizer.Mined, Block: seen.Block.Number, Filled: in.Size})
		}
		return seen
	}
	var state stabilizer.State
	for range 1000 {
		var err error
		state, _, err = e.Step(state, sees(state, "1.0013"))
		require.NoError(b, err)
	}
	last := func(action stabilizer.Action) stabilizer.State { // the state before the next such decision
		for s := state; ; {
			next, d, err := e.Step(s, sees(s, "1.0013"))
			require.NoError(b, err)
			if d.Action == action {
				return s
			}
			s = next
		}
	}
	for _, c := range []struct {
		name  string
		state stabilizer.State
		pool  string
	}{
		{"in band", last(stabilizer.Hold), "1.00001"},
		{"cooling down", last(stabilizer.Hold), "1.0013"},
		{"a trade", last(stabilizer.Trade), "1.0013"},
	} {
		b.Run(c.name, func(b *testing.B) {
			seen := sees(c.state, c.pool)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Step(c.state, seen); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
