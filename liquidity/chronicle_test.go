package liquidity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

// In whatever weather, the postings of all records are what the funds say, to the
// last unit, and the chronicle's actions are those that the engine had and has.
func TestTheChronicleTellsWhatTheFundsSay(t *testing.T) {
	happened := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		cfg := config()
		tight(&cfg)
		cfg.Finality = rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour}).Draw(rt, "finality")
		e, err := liquidity.New(cfg)
		require.NoError(rt, err)
		require.NoError(rt, chronicled(e, rapid.Uint64().Draw(rt, "seed"), happened))
	})
	for _, line := range []string{
		"contributed free", "free redeemed", "free reserved", "reserved lent", "reserved free", "lent free", "interest free", "lent losses", "free lent", "free interest",
	} {
		require.Positive(t, happened[line], line)
	}
}

// clerk keeps books from postings alone.
type clerk struct {
	held    map[string]decimal.Decimal // by provider and account
	actions map[string]chronicle.Action
}

func chronicled(e *liquidity.Engine, seed uint64, happened map[string]int) error {
	rng := rand.New(rand.NewPCG(seed, 7))
	var state, told liquidity.State
	c := clerk{map[string]decimal.Decimal{}, map[string]chronicle.Action{}}
	seq := uint64(0)
	for range 80 {
		seen := weather(rng, state)
		next, d, err := e.Step(state, seen)
		if errors.Is(err, liquidity.ErrInvalid) {
			continue
		}
		seq++
		rec, err := recorded(seq, next, seen, d)
		if err != nil {
			return err
		}
		entry, after, err := chronicle.Read(told, rec)
		if err != nil {
			return err
		}
		for _, p := range entry.Postings {
			happened[fmt.Sprint(p.From, " ", p.To)]++
		}
		if err := errors.Join(c.post(entry.Postings), c.agrees(after), c.see(d, entry, after)); err != nil {
			return fmt.Errorf("seed %d, record %d: %w", seed, seq, err)
		}
		state, told = next, after
	}
	return nil
}

func recorded(seq uint64, s liquidity.State, seen liquidity.Observation, d liquidity.Decision) (evenkeel.Record, error) {
	rec := evenkeel.Record{Stamp: evenkeel.Stamp{Key: key, Seq: seq, At: seen.At}, Engine: "liquidity@1"}
	var errs [3]error
	rec.State, errs[0] = json.Marshal(s)
	rec.Seen, errs[1] = json.Marshal(seen)
	rec.Decision, errs[2] = json.Marshal(d)
	return rec, errors.Join(errs[:]...)
}

// post adds lines, none of which may take an account below zero that holds money.
func (c *clerk) post(lines []chronicle.Posting) error {
	for _, p := range lines {
		from, to := p.Provider+" "+string(p.From), p.Provider+" "+string(p.To)
		c.held[from], c.held[to] = c.held[from].Sub(p.Amount), c.held[to].Add(p.Amount)
		source := p.From == chronicle.Contributed || p.From == chronicle.Interest
		if !p.Amount.IsPositive() || !source && c.held[from].IsNegative() {
			return fmt.Errorf("%+v leaves %s", p, c.held[from])
		}
	}
	return nil
}

// agrees compares the books with the funds of a state.
func (c *clerk) agrees(s liquidity.State) error {
	for _, f := range s.Funds {
		for account, want := range map[chronicle.Account]decimal.Decimal{
			chronicle.Contributed: f.Contributed.Neg(), chronicle.Redeemed: f.Redeemed, chronicle.Interest: f.Interest.Neg(),
			chronicle.Free: f.Free, chronicle.Reserved: f.Reserved, chronicle.Lent: f.Lent, chronicle.Losses: f.Losses,
		} {
			if got := c.held[f.Provider+" "+string(account)]; !got.Equal(want) {
				return fmt.Errorf("%s %s: the postings say %s, the fund %s", f.Provider, account, got, want)
			}
		}
	}
	return nil
}

// see keeps the actions as they are now, and compares them with those of a state
// and with what has moved.
func (c *clerk) see(d liquidity.Decision, e chronicle.Entry, s liquidity.State) error {
	for _, a := range e.Actions {
		c.actions[a.ID] = a
	}
	for _, acct := range s.Accounts {
		for _, a := range acct.Actions {
			got := c.actions[a.ID]
			want, err := json.Marshal(a)
			if err != nil {
				return err
			}
			if is, err := json.Marshal(got.Action); err != nil || string(is) != string(want) || got.Bank != acct.Bank {
				return fmt.Errorf("action is %s of %s, want %s of %s", is, got.Bank, want, acct.Bank)
			}
		}
	}
	for _, m := range d.Moves {
		if got := c.actions[m.ID]; got.Bank != m.Bank || !got.Amount.Equal(m.Amount) || got.Seq != e.Seq {
			return fmt.Errorf("%+v is told as %+v", m, got)
		}
	}
	last := map[string]liquidity.Move{}
	for _, m := range d.Moves {
		last[m.ID] = m
	}
	for id, m := range last {
		if got := c.actions[id]; got.Phase != m.To || got.Reason != m.Reason {
			return fmt.Errorf("%+v is told as %+v", m, got)
		}
	}
	return nil
}
