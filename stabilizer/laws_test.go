package stabilizer_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

var update = flag.Bool("update", false, "rewrite the golden replay")

var _ interface {
	evenkeel.Engine[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	evenkeel.Identity
} = (*stabilizer.Engine)(nil)

// pick draws one of a few values, so that ties, repeats and edges happen.
func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// weather draws an observation: mostly the next block, sometimes a known, a
// skipped, a foreign or a malformed one, with receipts and commands.
func weather(rng *rand.Rand, s stabilizer.State) stabilizer.Observation {
	var seen stabilizer.Observation
	odds := 40
	if s.Paused || s.Halted != "" {
		odds = 4
	}
	if rng.IntN(odds) == 0 {
		do := pick(rng, stabilizer.Pause, stabilizer.Resume, stabilizer.Reset, "dance")
		if s.Halted != "" {
			do = stabilizer.Reset
		}
		seen.Commands = []stabilizer.Command{{Seq: s.Command + rng.Uint64N(8), ID: "c", Do: do}}
	}
	for _, in := range s.Unresolved() {
		if rng.IntN(2) == 0 {
			continue
		}
		r := stabilizer.Receipt{
			ID: in.TxID(), Block: s.History.Head() + 1,
			Outcome: pick(rng, stabilizer.Mined, stabilizer.Mined, stabilizer.Mined, stabilizer.Mined, stabilizer.Reverted, stabilizer.Cancelled, stabilizer.Expired, stabilizer.Unsent, stabilizer.Partial, "lost"),
		}
		switch r.Outcome {
		case stabilizer.Mined:
			r.Filled = pick(rng, in.Size, in.Size, in.Size, one, decimal.Zero)
		case stabilizer.Partial:
			r.Held = one
		default:
		}
		seen.Receipts = append(seen.Receipts, r)
	}
	if rng.IntN(20) == 0 {
		seen.Receipts = append(seen.Receipts, stabilizer.Receipt{ID: "not ours", Outcome: stabilizer.Expired})
		return seen
	}
	n := s.History.Head() + pick[uint64](rng, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4)
	if rng.IntN(25) == 0 {
		n = max(1, n) - rng.Uint64N(min(n, 5)+1)
	}
	b := block(n)
	b.Hash = fmt.Sprint(pick(rng, "a", "a", "a", "a", "a", "b"), n)
	b.Parent = pick(rng, "", "", "", "", "", "", "", "", fmt.Sprint("a", n-1))
	b.Head = n + pick[uint64](rng, 0, 0, 0, 0, 0, 0, 0, 1)
	b.Pool = dec(pick(rng, "1", "1.0002", "1.0013", "1.0013", "1.0013", "0.9987", "0.9987", "0.9987", "1.003", "0.996", "1.06", "0"))
	if chain := s.History; chain.Len() > 0 && rng.IntN(8) != 0 { // what is off tends to stay off
		b.Pool = decimal.Max(chain.At(chain.Len()-1).Price, dec("0.9"))
	}
	b.CapUsed = dec(pick(rng, "0", "0", "0", "500", "2000"))
	b.Base = dec(pick(rng, "1000000", "1000000", "1000000", "600", "399.99"))
	b.Quote = dec(pick(rng, "1000000", "1000000", "1000000", "600", "400"))
	b.GasGwei = dec(pick(rng, "20", "20", "20", "20", "20", "50", "51", "120"))
	if rng.IntN(40) == 0 {
		b.Quote = dec("-1")
	}
	b.FlowPerMin = dec(pick(rng, "0", "833"))
	if rng.IntN(10) == 0 {
		b.Market = &stabilizer.Quote{Value: dec(pick(rng, "1", "0.94")), At: b.Time, SpreadBps: dec(pick(rng, "0", "21"))}
	}
	seen.Block = b
	return seen
}

// rough is a configuration in which every rule has something to do.
func rough() stabilizer.Config {
	cfg := mesh()
	cfg.WindowCap, cfg.WindowBlocks, cfg.ReorgBlocks = dec("3000"), 10, 8
	cfg.Base.Floor, cfg.Quote.Floor = dec("400"), dec("400")
	cfg.UnitsPerBpsBlock, cfg.Leak = dec("7"), dec("0.9")
	cfg.MaxMoveBps, cfg.TimeWeighted = dec("40"), true
	cfg.DailyLossBudget, cfg.FeeBps, cfg.GasCost = dec("5000"), dec("3"), dec("0.1")
	return cfg
}

func TestLaws(t *testing.T) {
	for seed := range uint64(4) {
		enginetest.Laws(t, engine(t, rough()), seed, 600, weather)
		dry := rough()
		dry.DryRun = true
		enginetest.Laws(t, engine(t, dry), seed, 200, weather)
	}
}

// ledger follows a walk from outside and knows what may never happen.
type ledger struct {
	t      *testing.T
	cfg    stabilizer.Config
	ids    map[string]bool
	halted bool
	paused bool
}

// check compares one step with the rules. before is the state that it started
// from.
func (l *ledger) check(before, after stabilizer.State, seen stabilizer.Observation, d stabilizer.Decision) {
	t := l.t
	for _, c := range seen.Commands {
		if c.Seq > before.Command {
			switch c.Do {
			case stabilizer.Pause:
				l.paused = true
			case stabilizer.Resume:
				l.paused = false
			case stabilizer.Reset:
				l.halted = false
			}
		}
	}
	sends := d.Action == stabilizer.Trade || d.Action == stabilizer.Resubmit || d.Action == stabilizer.Cancel || d.Action == stabilizer.Retry
	if (l.halted || l.paused) && sends {
		t.Fatalf("%s while halted %v, paused %v", d.Action, l.halted, l.paused)
	}
	l.halted = after.Halted != ""
	if d.Reason == "" || d.State == "" || d.Action == "" {
		t.Fatalf("a decision without action, reason or state: %+v", d)
	}
	if sends != (d.Order != nil) {
		t.Fatalf("%s with order %+v", d.Action, d.Order)
	}
	if d.Action != stabilizer.Trade {
		return
	}
	b, o := seen.Block, d.Order
	if open := after.Unresolved(); len(open) != 1 || open[0].ID != o.ID {
		t.Fatalf("a trade beside %d unresolved intents", len(open))
	}
	if l.ids[o.ID] {
		t.Fatalf("ID %s again", o.ID)
	}
	l.ids[o.ID] = true
	have := b.Base
	if o.Side == stabilizer.Buy {
		have = b.Quote
	}
	for name, ok := range map[string]bool{
		"count":     d.Count >= l.cfg.SustainBlocks,
		"head":      b.Head == b.Number,
		"cooldown":  before.LastExec == 0 || after.LastExec+l.cfg.MinBlocks <= b.Number+1,
		"gas":       o.GasGwei.LessThanOrEqual(l.cfg.EmergencyGasGwei),
		"size":      o.Size.GreaterThanOrEqual(l.cfg.MinTrade) && o.Size.Mod(l.cfg.Lot).IsZero(),
		"cap":       o.Size.Add(b.CapUsed).LessThanOrEqual(l.cfg.BlockCap),
		"inventory": o.AmountIn.LessThanOrEqual(have.Sub(dec("400"))),
		"sign":      (o.Side == stabilizer.Sell) == d.TWAPBps.IsPositive() && d.TWAPBps.Sign() == d.SpotBps.Sign(),
		"overshoot": o.Size.LessThanOrEqual(d.SpotBps.Abs().Mul(l.cfg.DepthUnitsPerBps)),
		"slippage":  o.Size.Mul(l.cfg.ImpactBpsPerUnit).LessThanOrEqual(l.cfg.MaxSlippageBps),
	} {
		if !ok {
			t.Fatalf("a trade against the rule of %s: %+v, %+v", name, d, o)
		}
	}
}

func TestNoTradeBreaksARule(t *testing.T) {
	trades := 0
	for seed := range uint64(20) {
		cfg := rough()
		cfg.DailyLossBudget = decimal.Zero
		cfg.MaxReverts = 1000
		e := engine(t, cfg)
		rng := rand.New(rand.NewPCG(seed, 1))
		l := &ledger{t: t, cfg: cfg, ids: map[string]bool{}}
		var state stabilizer.State
		for range 2000 {
			seen := weather(rng, state)
			next, d, err := e.Step(state, seen)
			if err != nil {
				continue
			}
			l.check(state, next, seen, d)
			state = next
		}
		trades += len(l.ids)
		if n := state.History.Len(); n > 8+2+2*16 {
			t.Fatalf("seed %d: a history of %d blocks", seed, n)
		}
		if n := len(state.Intents) + len(state.Fills); n > 40 {
			t.Fatalf("seed %d: %d intents and fills", seed, n)
		}
	}
	require.Greater(t, trades, 500, "the walk hardly ever trades")
}

// The volume of any window is within its cap, by a sum of our own.
func TestTheWindowCapHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := target()
		cfg.WindowCap, cfg.WindowBlocks = dec("1500"), rapid.Uint64Range(1, 12).Draw(t, "window")
		cfg.MinBlocks, cfg.ReorgBlocks = rapid.Uint64Range(1, 3).Draw(t, "cooldown"), rapid.Uint64Range(1, 8).Draw(t, "memory")
		e, err := stabilizer.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var state stabilizer.State
		filled := map[uint64]decimal.Decimal{}
		for n := uint64(1); n <= 60; n++ {
			b := block(n)
			b.Pool = dec(rapid.SampledFrom([]string{"1.0003", "1.0006", "1.0013"}).Draw(t, "price"))
			seen := stabilizer.Observation{Block: b}
			for _, in := range state.Unresolved() {
				seen.Receipts = append(seen.Receipts, stabilizer.Receipt{ID: in.ID, Outcome: stabilizer.Mined, Block: n, Filled: in.Size})
				filled[n] = in.Size
			}
			if state, _, err = e.Step(state, seen); err != nil {
				t.Fatal(err)
			}
			var sum decimal.Decimal
			for at := n; at > 0 && at+cfg.WindowBlocks > n; at-- {
				sum = sum.Add(filled[at])
			}
			if sum.GreaterThan(cfg.WindowCap) {
				t.Fatalf("block %d: %v in %d blocks", n, sum, cfg.WindowBlocks)
			}
		}
	})
}

// However large, however often and of whatever sign: distortions of one block
// with a block in band between them never make the engine trade or halt.
func TestOneBlockDistortionsNeverTrade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := target()
		cfg.SustainBlocks = rapid.Uint64Range(2, 4).Draw(t, "N")
		cfg.TWAPBlocks = rapid.IntRange(1, 6).Draw(t, "W")
		e, err := stabilizer.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var state stabilizer.State
		for n := uint64(1); n <= 40; n++ {
			b := block(n)
			if n%2 == 0 {
				b.Pool = decimal.New(rapid.Int64Range(1, 30_000).Draw(t, "price"), -4)
			} else {
				b.Pool = decimal.New(rapid.Int64Range(9_998, 10_002).Draw(t, "price"), -4)
			}
			var d stabilizer.Decision
			if state, d, err = e.Step(state, stabilizer.Observation{Block: b}); err != nil {
				t.Fatal(err)
			}
			if d.Action != stabilizer.Hold {
				t.Fatalf("block %d: %s %s", n, d.Action, d.Reason)
			}
		}
	})
}

// The deviation is the exact ratio, rounded half to even, for every size of
// number.
func TestDeviationsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := target()
		cfg.TWAPBlocks = 1
		e, err := stabilizer.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		number := func(label string) decimal.Decimal {
			return dec(rapid.SampledFrom([]string{
				"1", "2", "3", "7", "64", "999", "1000", "1000000", "1099511627776",
				"999999999999999999", "1000000000000000000", "9999999999999999999", "340282366920938463463374607431768211457",
			}).Draw(t, label)).Shift(rapid.Int32Range(-18, 2).Draw(t, label+" places"))
		}
		b := block(1)
		b.Pool, b.Target.Value = number("pool"), number("target")
		_, d, err := e.Step(stabilizer.State{}, stabilizer.Observation{Block: b})
		if err != nil {
			t.Fatal(err)
		}
		exact := b.Pool.Sub(b.Target.Value).Shift(4)
		want := exact.DivRound(b.Target.Value, 6)
		if over := want.Mul(b.Target.Value).Sub(exact).Abs(); over.Mul(dec("2")).Equal(b.Target.Value.Shift(-6)) && want.Shift(6).Mod(dec("2")).Sign() != 0 {
			want = want.Sub(decimal.New(int64(want.Sign()), -6)) // a tie goes to the even neighbour
		}
		if !d.SpotBps.Equal(want) || !d.TWAPBps.Equal(want) {
			t.Fatalf("%v against %v: spot %v, TWAP %v, want %v", b.Pool, b.Target.Value, d.SpotBps, d.TWAPBps, want)
		}
	})
}

// A walk of fixed weather, whose decisions are reviewed as code.
func TestReplay(t *testing.T) {
	e := engine(t, rough())
	rng := rand.New(rand.NewPCG(2026, 7))
	var got bytes.Buffer
	var state stabilizer.State
	for range 300 {
		next, d, err := e.Step(state, weather(rng, state))
		if err != nil {
			fmt.Fprintln(&got, err)
			continue
		}
		fmt.Fprintf(&got, "%d %s %s %s %d %v %v", d.Block, d.Action, d.Reason, d.State, d.Count, d.TWAPBps, d.SpotBps)
		if o := d.Order; o != nil {
			fmt.Fprintf(&got, " %s %s %v for %v %v gwei", o.ID, o.Side, o.AmountIn, o.MinOut, o.GasGwei)
		}
		fmt.Fprintln(&got, "", d.Limits, d.Alerts)
		state = next
	}
	encoded, err := json.MarshalIndent(state, "", "\t")
	require.NoError(t, err)
	got.Write(append(encoded, '\n'))

	golden := filepath.Join("testdata", "replay.golden")
	if *update {
		require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Ties go to the even neighbour, for small numbers and for large ones.
func TestDeviationsOfHalfAMillionth(t *testing.T) {
	cfg := target()
	cfg.TWAPBlocks = 1
	e := engine(t, cfg)
	for over, want := range map[int64]string{1: "0", 3: "0.000002", 5: "0.000002", 7: "0.000004", -1: "0", -3: "-0.000002", -5: "-0.000002"} {
		for _, places := range []int32{0, -12, 12} {
			for _, digits := range []string{"20000000000", "20000000000.000000000000"} {
				b := block(1)
				b.Target.Value = dec(digits).Shift(places)
				b.Pool = b.Target.Value.Add(decimal.New(over, places))
				_, d, err := e.Step(stabilizer.State{}, stabilizer.Observation{Block: b})
				require.NoError(t, err)
				require.Equal(t, want, d.SpotBps.String(), "%v against %v", b.Pool, b.Target.Value)
			}
		}
	}
}

// However long the life, a reorg to the bottom of memory finds a full TWAP
// below it, and what is remembered is a chain.
func TestHistoryServesTheDeepestReorg(t *testing.T) {
	cfg := target()
	cfg.ReorgBlocks, cfg.TWAPBlocks, cfg.SustainBlocks = 20, 3, 2
	e := engine(t, cfg)
	for length := uint64(30); length < 70; length++ {
		var state stabilizer.State
		feed := func(b *stabilizer.Block) stabilizer.Reason {
			next, d, err := e.Step(state, stabilizer.Observation{Block: b})
			require.NoError(t, err)
			state = next
			for i := range state.History.Len() - 1 {
				require.Equal(t, state.History.At(i).Number+1, state.History.At(i+1).Number)
			}
			return d.Reason
		}
		for n := uint64(1); n <= length; n++ {
			feed(block(n))
		}
		for n := length - 19; n <= length+1; n++ {
			fork := block(n)
			fork.Hash = "b" + fork.Hash
			require.Equal(t, stabilizer.InBand, feed(fork), "block %d of %d", n, length)
		}
	}
}
