package maker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// twenty orders a side.
func wide(c *maker.Config) {
	c.Bids.Wall, c.Bids.WidthBps, c.Bids.DensityBps = dec("10"), dec("190"), dec("10")
	c.Asks = c.Bids
}

func BenchmarkStep(b *testing.B) {
	r := newRig(b, wide)
	r.settle()
	s := r.state()
	require.Len(b, s.Intents, 40)
	engine, err := maker.New(r.cfg)
	require.NoError(b, err)
	for name, price := range map[string]string{"at rest": "1", "all moves": "1.05"} {
		b.Run(name, func(b *testing.B) {
			r.feed.price = dec(price)
			seen, err := r.world.Observe(b.Context(), r.now, s)
			require.NoError(b, err)
			for b.Loop() {
				if _, _, err := engine.Step(s, seen); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A tick with its journal in memory against the venue in memory.
func BenchmarkTick(b *testing.B) {
	r := newRig(b, wide)
	r.store.Limit = 10
	r.settle()
	for b.Loop() {
		r.now = r.now.Add(10 * time.Second)
		r.feed.at = r.now
		if _, err := r.run.Tick(b.Context(), r.now); err != nil {
			b.Fatal(err)
		}
	}
}
