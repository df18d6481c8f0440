package stabilizer_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// BenchmarkStep runs a life of 4,096 blocks on its longest paths: in band, and
// trading as often as the cooldown allows.
func BenchmarkStep(b *testing.B) {
	for name, premium := range map[string]string{"in band": "1.00012", "trading": "1.00137"} {
		b.Run(name, func(b *testing.B) {
			cfg := stabilizer.Target(exchange.Pair{Base: "cUSDT", Quote: "USDT"}, "pool", dec("100"), 2*time.Second)
			engine, err := stabilizer.New(cfg)
			require.NoError(b, err)
			blocks := make([]stabilizer.Observation, 4096)
			for i := range blocks {
				n := uint64(i + 1)
				at := start.Add(time.Duration(n) * 2 * time.Second)
				blocks[i].Block = &stabilizer.Block{
					Number: n, Hash: "0x" + strconv.FormatUint(n, 16), Time: at, Head: n,
					Pool: dec(premium), Target: stabilizer.Quote{Value: one, At: at},
					Base: dec("1000000"), Quote: dec("1000000"), GasGwei: dec("20"),
				}
			}
			var state stabilizer.State
			trades := 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(blocks) == 0 {
					state = stabilizer.State{}
				}
				seen := blocks[i%len(blocks)]
				if len(state.Intents) > 0 {
					if last := state.Intents[len(state.Intents)-1]; last.Settled == 0 {
						seen.Receipts = []stabilizer.Receipt{{ID: last.ID, Outcome: stabilizer.Mined, Block: seen.Block.Number, Filled: last.Size}}
					}
				}
				var d stabilizer.Decision
				state, d, err = engine.Step(state, seen)
				if err != nil {
					b.Fatal(err)
				}
				if d.Action == stabilizer.Trade {
					trades++
				}
			}
			b.ReportMetric(float64(trades)/float64(b.N), "trades/op")
		})
	}
}
