package payout_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

var update = flag.Bool("update", false, "rewrite testdata/replay.jsonl")

var _ interface {
	evenkeel.Engine[payout.State, payout.Observation, payout.Decision]
	evenkeel.Identity
} = (*payout.Engine)(nil)

// pick draws one of a few values, so that ties, repeats and edges happen.
func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// tight is a configuration in which every limit is met.
func tight(c *payout.Config) {
	c.Every, c.Places, c.Minimum = time.Hour, 1, dec("0.4")
	c.MaxOutputs, c.MaxDebts, c.MaxBatch, c.MaxDay, c.ApproveAbove = 2, 4, dec("4"), dec("30"), dec("3")
}

// weather draws a look at a payer that contradicts itself and at people who do
// not know what they want, and now and then a malformed one.
func weather(rng *rand.Rand, s payout.State) payout.Observation {
	at := s.At
	if at.IsZero() {
		at = start
	}
	seen := payout.Observation{At: at.Add(pick(rng, 0, time.Minute, 2*time.Minute, 2*time.Minute, 2*time.Minute, time.Hour, 9*time.Hour)), Receipts: map[string]payout.Receipt{}}
	for _, account := range []string{"ann", "bob", "cid", "dan", "eve", "fay"} {
		if len(seen.Debts) < 4 && account > s.After && rng.IntN(3) > 0 {
			seen.Debts = append(seen.Debts, payout.Debt{Account: account, Address: pick(rng, "A", "B", "C"), Amount: dec(pick(rng, "0.04", "0.3", "0.5", "1", "1.23", "2", "5"))})
		}
	}
	for _, b := range s.Live {
		r := payout.Receipt{Status: pick(rng, payout.Unsent, payout.Pending, payout.Unsent, payout.Pending, payout.Sent, payout.Sent, payout.Sent, payout.Unknown, payout.Voided)}
		if r.Status == payout.Sent {
			r.TxID, r.Confirmations = pick(rng, "tx", "tx", "ty"), rng.IntN(5)
		}
		if rng.IntN(4) > 0 {
			seen.Receipts[b.ID] = r
		}
		if rng.IntN(60) == 0 {
			seen.Receipts[b.ID] = pick(rng, payout.Receipt{Status: payout.Sent}, payout.Receipt{Status: "paid"}, payout.Receipt{Status: payout.Unsent, TxID: "tx"})
		}
	}
	seq := s.LastSeq - min(s.LastSeq, 1)
	for range max(0, rng.IntN(6)-2) {
		seq++
		c := command(rng, s)
		c.Seq = seq
		if seq > 0 {
			seen.Commands = append(seen.Commands, c)
		}
	}
	if rng.IntN(40) == 0 {
		seen.At = start.Add(-time.Hour)
	}
	return seen
}

// command draws what a person may want, which often makes sense.
func command(rng *rand.Rand, s payout.State) payout.Command {
	c := payout.Command{By: pick(rng, "ann", "bob"), Do: pick(rng, payout.Halt, payout.Resume, payout.GiveUp, payout.GiveUp, "dance"), Batch: "none"}
	if s.Paused {
		c.Do = payout.Resume
	}
	if n := len(s.Live); n > 0 && !s.Paused {
		b := s.Live[rng.IntN(n)]
		c.Batch = b.ID
		if b.Phase == payout.Planned {
			c.Do = pick(rng, payout.Approve, payout.Approve, payout.Approve, payout.GiveUp, c.Do)
		}
		if b.Phase == payout.Stuck {
			c.Do = pick(rng, payout.DeclareSent, payout.DeclareSent, payout.DeclareUnsent, payout.DeclareUnsent, c.Do)
		}
	}
	for _, b := range s.Live {
		if b.Asked != nil && rng.IntN(3) > 0 { // the second person, sometimes
			second := *b.Asked
			second.By = pick(rng, "ann", "bob")
			return second
		}
	}
	if c.Do == payout.Halt || c.Do == payout.Resume {
		c.Batch = ""
	}
	if c.Do == payout.DeclareSent {
		c.TxID = pick(rng, "tx", "tx", "tx", "ty")
	}
	return c
}

func TestLaws(t *testing.T) {
	for seed := range uint64(4) {
		state := enginetest.Laws(t, engine(t, tight), seed, 400, weather)
		require.Greater(t, state.Generation, uint64(10))
	}
}

// Whatever payer and people say, what is decided can be booked, every account's
// books balance, no limit is broken and nothing is left without a reason.
func TestConservation(t *testing.T) {
	e := engine(t, tight)
	happened := map[string]bool{}
	live := func(rt require.TestingT, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		p := newPool(t, "ann A", "bob A", "cid B", "dan C", "eve D", "fay D")
		var state payout.State
		today := map[time.Time]decimal.Decimal{}
		for seq := uint64(1); seq <= 60; {
			p.credit(pick(rng, p.users...), pick(rng, "0.04", "0.3", "0.5", "1.23", "5"))
			seen := weather(rng, state)
			var err error
			seen.Debts, err = p.ledger.Payouts().Owed(t.Context(), seen.At, state.After, 4)
			require.NoError(rt, err)
			next, d, err := e.Step(state, seen)
			if err != nil {
				require.ErrorIs(rt, err, payout.ErrInvalid)
				continue
			}
			require.NoError(rt, p.ledger.Payouts().Book(t.Context(), evenkeel.Stamp{Key: poolKey, Seq: seq, At: seen.At}, d))
			seq++
			require.NoError(rt, p.balanced())
			require.NoError(rt, accounted(state, next, d))
			if d.Planned != nil {
				midnight := seen.At.Truncate(24 * time.Hour)
				today[midnight] = today[midnight].Add(d.Planned.Total)
				require.NoError(rt, sound(*d.Planned, seen.Debts))
				require.True(rt, today[midnight].LessThanOrEqual(dec("30")))
			}
			for _, word := range words(d) {
				happened[word] = true
			}
			state = next
		}
	}
	for seed := range uint64(100) { // in which all of it happens, each time
		live(t, seed)
	}
	for _, word := range []string{
		"not_due", "halted", "nobody", "capped", "pays_some", "pays_all",
		"needs_approval", "on_hold", "asked", "no_answer", "exhausted", "needs_people", "unconfirmed",
		"done", "needs_second_person", "malformed", "no_such_batch", "not_in_its_phase", "not_proved_unsent",
		"planned sending", "planned failed", "sending unknown", "sending sent", "sending failed", "unknown sent", "unknown sending", "unknown confirmed",
		"unknown failed", "sent sent", "sent sending", "sent unknown", "sent confirmed", "pay", "void",
	} {
		require.True(t, happened[word], word)
	}
	rapid.Check(t, func(rt *rapid.T) { live(rt, rapid.Uint64().Draw(rt, "seed")) })
}

// words are the reasons, replies, moves and requests of a decision.
func words(d payout.Decision) []string {
	all := []string{string(d.Reason)}
	for _, w := range d.Waiting {
		all = append(all, string(w.Reason))
	}
	for _, a := range d.Answers {
		all = append(all, string(a.Reply))
	}
	for _, m := range d.Moved {
		all = append(all, fmt.Sprint(m.From, " ", m.To))
	}
	if len(d.Pay) > 0 {
		all = append(all, "pay")
	}
	if len(d.Void) > 0 {
		all = append(all, "void")
	}
	return all
}

// sound reports what is wrong with a batch of those debts.
func sound(b payout.Batch, debts []payout.Debt) error {
	owed, address := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	for _, d := range debts {
		owed[d.Account], address[d.Address] = d.Amount, address[d.Address].Add(d.Amount)
	}
	lines, total := map[string]decimal.Decimal{}, decimal.Decimal{}
	last := ""
	for _, line := range b.Lines {
		if line.Account <= last || !line.Amount.IsPositive() || line.Amount.GreaterThan(owed[line.Account]) {
			return fmt.Errorf("line %+v of %v", line, owed[line.Account])
		}
		last, lines[line.Address] = line.Account, lines[line.Address].Add(line.Amount)
	}
	last = ""
	for _, out := range b.Outputs {
		switch {
		case out.Address <= last || !out.Amount.Equal(lines[out.Address]):
			return fmt.Errorf("output %+v, lines %v", out, lines[out.Address])
		case !out.Amount.Equal(address[out.Address].Truncate(1)) || address[out.Address].LessThan(dec("0.4")):
			return fmt.Errorf("output %+v, owed %v", out, address[out.Address])
		}
		last, total = out.Address, total.Add(out.Amount)
	}
	if !total.Equal(b.Total) || total.GreaterThan(dec("4")) || len(b.Outputs) > 2 || len(lines) != len(b.Outputs) || b.ID != b.Sum() {
		return fmt.Errorf("batch %+v: outputs sum to %v", b, total)
	}
	return nil
}

// accounted reports a batch of which nothing was said, or that the payer was
// asked to pay in a phase in which it must not be.
func accounted(before, after payout.State, d payout.Decision) error {
	said := map[string]int{}
	for _, w := range d.Waiting {
		said[w.ID]++
	}
	phase := map[string]payout.Phase{}
	for _, b := range after.Live {
		phase[b.ID] = b.Phase
	}
	for _, id := range append(append([]string(nil), d.Pay...), d.Void...) {
		if phase[id] != payout.Sending {
			return fmt.Errorf("%s is %q and the payer is asked", id, phase[id])
		}
	}
	for _, id := range d.Pay {
		said[id]++
		if after.Paused {
			return fmt.Errorf("%s is paid during a halt", id)
		}
	}
	for _, id := range d.Void { // by a command, and then it waits
		said[id] = 1
	}
	for _, b := range after.Live {
		if said[b.ID] != 1 {
			return fmt.Errorf("%s %s: said %d times what becomes of it", b.ID, b.Phase, said[b.ID])
		}
	}
	known := map[string]payout.Phase{}
	for _, b := range before.Live {
		known[b.ID] = b.Phase
	}
	if d.Planned != nil {
		known[d.Planned.ID] = payout.Planned
	}
	for _, m := range d.Moved {
		if known[m.ID] != m.From {
			return fmt.Errorf("%+v from %q", m, known[m.ID])
		}
		known[m.ID] = m.To
	}
	if !after.Paused && after.Resume != nil {
		return fmt.Errorf("waits to resume: %+v", after.Resume)
	}
	if !after.Paused && !after.NextAt.After(after.At) && d.Reason != payout.NotDue {
		return fmt.Errorf("due again at %v, now is %v", after.NextAt, after.At)
	}
	return nil
}

// A walk of fixed weather, decided as it was when it was last reviewed.
func TestReplay(t *testing.T) {
	e := engine(t, tight)
	rng := rand.New(rand.NewPCG(2026, 11))
	var got strings.Builder
	var state payout.State
	for range 60 {
		seen := weather(rng, state)
		next, d, err := e.Step(state, seen)
		if err != nil {
			fmt.Fprintln(&got, err)
			continue
		}
		line, err := json.Marshal(struct {
			At       time.Time
			Decision payout.Decision
		}{seen.At, d})
		require.NoError(t, err)
		fmt.Fprintln(&got, string(line))
		state = next
	}
	path := filepath.Join("testdata", "replay.jsonl")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
