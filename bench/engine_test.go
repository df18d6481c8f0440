package bench_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkStep measures each engine over a stretch of its life. The
// stabilizer's is recorded first: a step is pure, so it can be taken again from
// its state, and what the pool costs is not counted.
func BenchmarkStep(b *testing.B) {
	b.Run("stabilizer", func(b *testing.B) {
		engine, life := peg(b), life(b)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			moment := &life[i%len(life)]
			if _, _, err := engine.Step(moment.state, moment.seen); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("monitor", func(b *testing.B) {
		engine, err := monitor.New(monitor.Config{
			Factor: decimal.NewFromInt(reserve.DefaultFactor), PeakPerMinute: decimal.NewFromInt(10_000), Window: 5 * time.Minute,
			Quantile: reserve.MinuteQuantile, Tail: reserve.OnceAYear,
			RefillTo: decimal.New(15, -1), MinRefill: decimal.NewFromInt(1000), RefillPatience: 10 * time.Minute,
			Vault: reserve.Limit{DailyCap: decimal.NewFromInt(200_000), ApprovalAbove: decimal.NewFromInt(100_000)},
		})
		require.NoError(b, err)
		var state monitor.State
		seen := monitor.Observation{At: began, Available: decimal.NewFromInt(320_000), Vault: decimal.NewFromInt(1_000_000)}
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			seen.At = seen.At.Add(time.Minute)
			seen.Outflow = decimal.NewFromInt(i%2_001 - 1_000) // in and out, so that it never ends
			if state, _, err = engine.Step(state, seen); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A whole tick of the stabilizer: observe, step, encode, hash, append, act.
func BenchmarkRunnerTick(b *testing.B) {
	runner, err := evenkeel.NewRunner("peg", peg(b), &pool{}, &memory.Store{Limit: 1000}, evenkeel.Options{})
	require.NoError(b, err)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := runner.Tick(b.Context(), began.Add(time.Duration(i)*2*time.Second)); err != nil {
			b.Fatal(err)
		}
	}
}

func peg(b *testing.B) *stabilizer.Engine {
	b.Helper()
	engine, err := stabilizer.New(stabilizer.Target(exchange.Pair{Base: "cUSDC", Quote: "cUSDT"}, "public", decimal.NewFromInt(100), 2*time.Second))
	require.NoError(b, err)
	return engine
}

// moment is one step to take.
type moment struct {
	state stabilizer.State
	seen  stabilizer.Observation
}

// life returns 99 steps of a stabilizer that has warmed up, every third of which
// trades.
func life(b *testing.B) []moment {
	b.Helper()
	engine, w := peg(b), &pool{}
	var state stabilizer.State
	var steps []moment
	trades := 0
	for range 399 {
		seen := w.next(state)
		next, d, err := engine.Step(state, seen)
		require.NoError(b, err)
		steps = append(steps, moment{state, seen})
		if d.Action == stabilizer.Trade {
			trades++
		}
		state = next
	}
	require.InDelta(b, 133, trades, 2)
	return steps[300:]
}

// pool is a linear pool of depth 1,000,000 that is sold 140 tokens a block. It
// fills an order in the next block.
type pool struct {
	block uint64
	sold  decimal.Decimal
}

// next returns the next block.
func (p *pool) next(s stabilizer.State) stabilizer.Observation {
	p.block++
	at := began.Add(time.Duration(p.block) * 2 * time.Second)
	p.sold = p.sold.Add(decimal.NewFromInt(140))
	var seen stabilizer.Observation
	for _, in := range s.Unresolved() {
		p.sold = p.sold.Sub(in.Size)
		seen.Receipts = append(seen.Receipts, stabilizer.Receipt{ID: in.ID, Outcome: stabilizer.Mined, Block: p.block, Filled: in.Size})
	}
	one, endless := decimal.NewFromInt(1), decimal.New(1, 12)
	seen.Block = &stabilizer.Block{
		Number: p.block, Hash: hash(p.block), Parent: hash(p.block - 1), Time: at,
		Pool: one.Sub(p.sold.Shift(-6)), Target: stabilizer.Quote{Value: one, At: at},
		Base: endless, Quote: endless, GasGwei: decimal.NewFromInt(10),
	}
	return seen
}

func (p *pool) Observe(_ context.Context, _ time.Time, s stabilizer.State) (stabilizer.Observation, error) {
	return p.next(s), nil
}

func (p *pool) Act(context.Context, time.Time, evenkeel.Stamp, stabilizer.Decision) error { return nil }

func hash(block uint64) string { return strconv.FormatUint(block, 10) }
