package parity_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// weather draws the next observation from small domains: mostly two fresh
// blocks, sometimes a known, a missing, a foreign or a malformed one, with
// commands, receipts and passages.
func weather(rng *rand.Rand, s parity.State) parity.Observation {
	tick := max(s.Heads[0].Number, s.Heads[1].Number) + 1
	seen := parity.Observation{Now: start.Add(time.Duration(tick) * blockTime)}
	if rng.IntN(30) == 0 || s.Halted != "" || s.Paused {
		do := pick(rng, parity.Pause, parity.Resume, parity.Reset, parity.Accept, "dance")
		if s.Halted != "" {
			do = parity.Reset
		}
		if s.Paused {
			do = parity.Resume
		}
		seen.Commands = []parity.Command{{Seq: s.Command + rng.Uint64N(4), ID: "c", Do: do}}
	}
	spread := dec(pick(rng, "0", "0.0004", "0.0009", "0.0009", "0.0013", "0.0013", "0.0013", "-0.0013", "-0.004", "1"))
	for i := range seen.Blocks {
		if rng.IntN(40) == 0 {
			continue
		}
		n := tick
		if rng.IntN(20) == 0 {
			n = max(1, tick) - rng.Uint64N(min(tick, 4)+1)
		}
		at := start.Add(time.Duration(n+pick[uint64](rng, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3)) * blockTime)
		b := &parity.Block{
			Number: n, Hash: fmt.Sprint(pick(rng, "a", "a", "a", "a", "a", "a", "a", "b"), n), Parent: pick(rng, "", "", "", fmt.Sprint("a", n-1)), Time: at,
			Pool:    dec("1"),
			Oracle:  parity.Price{Value: dec(pick(rng, "1", "1", "1", "1", "1", "1", "1", "1", "1", "1.001")), At: seen.Now},
			GasGwei: dec(pick(rng, "20", "20", "20", "20", "51")),
			Base:    s.Books.Available[i].Base, Quote: s.Books.Available[i].Quote,
			Lane: &parity.Holding{Base: dec(pick(rng, "5000", "300")), Quote: dec(pick(rng, "5000", "100"))},
		}
		if i == 0 {
			b.Pool = dec("1").Add(spread)
		}
		if !s.Opened {
			b.Base, b.Quote = dec(pick(rng, "600", "50000")), dec(pick(rng, "600", "50000"))
		}
		if rng.IntN(30) == 0 {
			b.Base = dec(pick(rng, "0", "100", "70000", "-1"))
		}
		if rng.IntN(20) == 0 {
			b.Lane = nil
		}
		seen.Blocks[i] = b
	}
	news(rng, s, tick, &seen)
	return seen
}

// news reports of legs and transfers.
func news(rng *rand.Rand, s parity.State, tick uint64, seen *parity.Observation) {
	for _, l := range s.Watched() {
		if l.Outcome == parity.Mined && rng.IntN(20) != 0 {
			continue
		}
		r := parity.Receipt{ID: l.ID, Block: tick, Outcome: pick(rng, parity.Mined, parity.Mined, parity.Mined, parity.Mined, parity.Reverted, parity.Expired, parity.Waiting, parity.NotSent)}
		if r.Outcome == parity.Mined {
			r.Received = pick(rng, decimal.Zero, l.MinOut)
		}
		if rng.IntN(60) == 0 {
			r.Outcome = "lost"
		}
		seen.Receipts = append(seen.Receipts, r)
	}
	for _, t := range s.Transfers {
		p := parity.Passage{ID: t.ID, Stage: pick(rng, chain.Unsent, chain.Waiting, chain.Departed, chain.Departed, chain.Departed, chain.Arrived, chain.Arrived, chain.Refunded, chain.Failed)}
		switch p.Stage {
		case chain.Departed:
			p.Sent = tick
		case chain.Arrived, chain.Refunded:
			p.Sent, p.Settled, p.Received = max(tick, 6)-5, max(tick, 6)-pick[uint64](rng, 0, 5), t.Amount
		case chain.Failed:
			p.Settled = tick
		default:
		}
		seen.Passages = append(seen.Passages, p)
	}
	if rng.IntN(40) == 0 {
		seen.Passages = append(seen.Passages, parity.Passage{ID: "not ours", Stage: chain.Waiting})
	}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		enginetest.Laws(t, engine(t, config("5000")), seed, 300, weather)
		dry := config("5000")
		dry.DryRun = true
		enginetest.Laws(t, engine(t, dry), seed, 100, weather)
	}
}

// witness follows a walk from outside and knows what may never happen.
type witness struct {
	*testing.T
	cfg       parity.Config
	ids       map[string]bool
	trades    int
	transfers int
}

func (w *witness) check(before, after parity.State, seen parity.Observation, d parity.Decision) {
	w.Helper()
	require.NotEmpty(w, d.Action)
	require.NotEmpty(w, d.Reason)
	require.True(w, after.Conserved(), "%+v", after.Books)
	if (after.Paused || after.Halted != "") && len(d.Orders)+len(d.Transfers) > 0 {
		w.Fatalf("%s sends while stopped: %+v", d.Action, d)
	}
	w.sum(before, after, d)
	for from := range 2 {
		if sum := after.InFlight(from).Base; sum.GreaterThan(w.cfg.MaxInFlight) {
			w.Fatalf("%v base in flight", sum)
		}
	}
	if d.Action != parity.Trade {
		return
	}
	w.trades++
	sell, buy := d.Orders[0], d.Orders[1]
	a, b := seen.Blocks[sell.Chain], seen.Blocks[buy.Chain]
	for rule, ok := range map[string]bool{
		"two legs":       len(d.Orders) == 2 && sell.Side == parity.Sell && buy.Side == parity.Buy && sell.Chain != buy.Chain,
		"dear sold":      a.Pool.GreaterThan(b.Pool),
		"one size":       sell.Size.Equal(buy.Size),
		"out of band":    d.SpreadBps.Abs().GreaterThan(w.cfg.EnterBps),
		"sustained":      d.Counts[0] >= w.cfg.SustainBlocks && d.Counts[1] >= w.cfg.SustainBlocks,
		"cap":            sell.Size.LessThanOrEqual(w.cfg.MaxTrade),
		"no dust":        sell.Size.GreaterThanOrEqual(w.cfg.MinTrade),
		"base is there":  sell.AmountIn.LessThanOrEqual(a.Base) && sell.AmountIn.LessThanOrEqual(after.Books.Available[sell.Chain].Base.Add(departing(d, sell.Chain, parity.Base))),
		"quote is there": buy.AmountIn.LessThanOrEqual(b.Quote) && buy.AmountIn.LessThanOrEqual(after.Books.Available[buy.Chain].Quote.Add(departing(d, buy.Chain, parity.Quote))),
		"gas":            a.GasGwei.LessThanOrEqual(dec("50")) && b.GasGwei.LessThanOrEqual(dec("50")),
		"the lane back":  b.Lane == nil || sell.Size.LessThanOrEqual(b.Lane.Base),
		"one oracle":     a.Oracle.Value.Equal(b.Oracle.Value) && a.Oracle.At.Equal(b.Oracle.At),
		"new IDs":        !w.ids[sell.ID] && !w.ids[buy.ID],
	} {
		if !ok {
			w.Fatalf("a trade against the rule of %s: %+v", rule, d)
		}
	}
	w.ids[sell.ID], w.ids[buy.ID] = true, true
}

// departing is what a decision begins to send away.
func departing(d parity.Decision, from int, a parity.Asset) (sum decimal.Decimal) {
	for _, t := range d.Transfers {
		if t.From == from && t.Asset == a {
			sum = sum.Add(t.Amount)
		}
	}
	return sum
}

// sum checks that no transfer begins twice.
func (w *witness) sum(before, after parity.State, d parity.Decision) {
	w.Helper()
	known := map[string]bool{}
	for _, t := range before.Transfers {
		known[t.ID] = true
	}
	for _, t := range after.Transfers {
		if !known[t.ID] {
			w.transfers++
			if w.ids[t.ID] {
				w.Fatalf("transfer %s again", t.ID)
			}
			w.ids[t.ID] = true
		}
	}
	for _, t := range d.Transfers {
		if !w.ids[t.ID] {
			w.Fatalf("%s is sent and not in the state", t.ID)
		}
	}
}

func TestNoDecisionBreaksARule(t *testing.T) {
	t.Parallel()
	trades, transfers := 0, 0
	for seed := range uint64(10) {
		cfg := config("5000")
		cfg.MaxInFlight, cfg.MaxFailures = dec("6000"), 1000
		e := engine(t, cfg)
		rng := rand.New(rand.NewPCG(seed, 1))
		w := &witness{T: t, cfg: cfg, ids: map[string]bool{}}
		var state parity.State
		for range 1000 {
			seen := weather(rng, state)
			next, d, err := e.Step(state, seen)
			if err != nil {
				require.ErrorIs(t, err, parity.ErrInvalid)
				continue
			}
			w.check(state, next, seen, d)
			state = next
		}
		trades, transfers = trades+w.trades, transfers+w.transfers
		text, err := json.Marshal(state)
		require.NoError(t, err)
		require.Less(t, len(text), 100_000, "a state stays small")
	}
	t.Logf("%d trades, %d transfers", trades, transfers)
	require.Greater(t, trades, 100, "the walk hardly ever trades")
	require.Greater(t, transfers, 100, "the walk hardly ever sends")
}
