package liquidity_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

var update = flag.Bool("update", false, "rewrite testdata/replay.jsonl")

var _ interface {
	evenkeel.Engine[liquidity.State, liquidity.Observation, liquidity.Decision]
	evenkeel.Identity
} = (*liquidity.Engine)(nil)

// pick draws one of a few values, so that ties, repeats and edges happen.
func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// tight is a configuration in which every limit is met.
func tight(c *liquidity.Config) {
	c.Budget, c.BankBudget, c.PredictiveBudget, c.PoolFloor = dec("1200"), dec("700"), dec("60"), dec("20")
	c.MaxAction, c.ApproveFrom, c.MaxPerHour, c.MaxInFlight = dec("300"), dec("120"), 3, 1
	c.MaxAge, c.Cooldown, c.ReverseCooldown, c.Dwell, c.Term = 2*time.Minute, 4*time.Minute, 10*time.Minute, 4*time.Minute, 3*time.Hour
	c.SRITarget, c.SRICap, c.FXCalm, c.FXHalt = dec("0.1"), dec("0.5"), dec("10"), dec("20")
	c.Secured, c.HaircutBps, c.RateBps, c.OffsetWait = true, dec("1000"), dec("700"), 3*time.Minute
	c.MaxJump, c.BreakGlass, c.Finality, c.MaxFailures = dec("0.4"), true, time.Hour, 3
	c.GiveUpAfter, c.UnknownAfter, c.Retry, c.BreakerWait = 4*time.Minute, 5*time.Minute, time.Minute, 3*time.Minute
}

var bankNames = []string{"a", "b", "c", "d"}

// weather draws a look at a world that contradicts itself and at people who do
// not know what they want, and now and then a malformed one.
func weather(rng *rand.Rand, s liquidity.State) liquidity.Observation {
	at := s.At
	if at.IsZero() {
		at = start
	}
	seen := liquidity.Observation{At: at.Add(pick(rng, 0, time.Minute, time.Minute, time.Minute, time.Minute, time.Minute, time.Minute, 2*time.Minute, time.Hour)), Receipts: map[string]liquidity.Receipt{}}
	for _, name := range bankNames {
		if rng.IntN(12) > 0 {
			seen.Banks = append(seen.Banks, standing(rng, name, seen.At))
		}
	}
	seen.Providers = pools(rng, s)
	for i := range rng.IntN(4) {
		from := pick(rng, bankNames...)
		if to := pick(rng, bankNames...); to != from {
			seen.Queue = append(seen.Queue, liquidity.Payment{ID: fmt.Sprint("p", i), From: from, To: to, Amount: dec(pick(rng, "500", "5000"))})
		}
	}
	for _, acct := range s.Accounts {
		for _, a := range acct.Actions {
			for n, l := range a.Legs {
				if rng.IntN(4) > 0 {
					seen.Receipts[fmt.Sprint(a.ID, "/", n)] = word(rng, l)
				}
			}
		}
	}
	seq := s.LastSeq - min(s.LastSeq, 1)
	for range max(0, rng.IntN(6)-2) {
		seq++
		c := wish(rng, s)
		c.Seq = seq
		seen.Commands = append(seen.Commands, c)
	}
	if rng.IntN(40) == 0 {
		spoil(rng, &seen)
	}
	return seen
}

func standing(rng *rand.Rand, name string, now time.Time) liquidity.Position {
	p := liquidity.Position{
		Bank: name, Kind: liquidity.SXLR, Currency: currency, Source: pick(rng, "x", "y"),
		At:     now.Add(-pick(rng, 0, 0, 0, 0, 0, time.Minute, 3*time.Minute)),
		Liquid: dec(pick(rng, "700", "950", "950", "999.99", "1000", "1050", "1400", "1400", "1400")), Obligations: dec(pick(rng, "1000", "1000", "1000", "1000", "0")),
		SRI: dec(pick(rng, "0", "0", "50", "100")), FXVolatility: dec(pick(rng, "0", "0", "0", "0", "10", "15", "20")),
		Congestion: dec(pick(rng, "0", "0.5", "1")), Collateral: dec(pick(rng, "5000", "5000", "5000", "5000", "200", "0")), PBreach: dec(pick(rng, "0", "0.29", "0.3")),
		Licensed: rng.IntN(2) == 0,
	}
	if rng.IntN(6) == 0 {
		p.CBDCRoom = decimal.NewNullDecimal(dec(pick(rng, "0", "7", "100")))
	}
	return p
}

// pools draws two providers that now and then put in or take out something.
func pools(rng *rand.Rand, s liquidity.State) []liquidity.Provider {
	all := []liquidity.Provider{{ID: "glp", Contributed: dec("200")}, {ID: "two", Contributed: dec("100"), Max: dec("90"), Min: dec(pick(rng, "0", "50"))}}
	for i := range all {
		for _, f := range s.Funds {
			if f.Provider == all[i].ID {
				all[i].Contributed, all[i].Redeemed = f.Contributed.Add(dec(pick(rng, "0", "0", "0", "50"))), f.Redeemed.Add(decimal.Min(f.Free, dec(pick(rng, "0", "0", "0", "30"))))
			}
		}
		all[i].Down = rng.IntN(10) == 0
	}
	if rng.IntN(300) == 0 {
		all[0].Redeemed = all[0].Redeemed.Add(dec("5000"))
	}
	return all[:pick(rng, 2, 2, 2, 1)]
}

// word draws what an executor may say of a leg, which often makes sense.
func word(rng *rand.Rand, l liquidity.Leg) liquidity.Receipt {
	r := liquidity.Receipt{Status: pick(rng, liquidity.StatusUnsent, liquidity.StatusPending, liquidity.StatusSettled, liquidity.StatusSettled, liquidity.StatusSettled, liquidity.StatusFailed, liquidity.StatusUnknown)}
	if l.Phase == liquidity.Settled {
		r.Status = pick(rng, liquidity.StatusSettled, liquidity.StatusSettled, liquidity.StatusSettled, liquidity.StatusSettled, liquidity.StatusReversed)
	}
	if r.Status == liquidity.StatusSettled {
		r.Amount = l.Amount
	}
	if rng.IntN(60) == 0 {
		r.Amount = dec("1")
	}
	return r
}

// wish draws what a person may want, which often makes sense.
func wish(rng *rand.Rand, s liquidity.State) liquidity.Command {
	c := liquidity.Command{By: pick(rng, "ann", "bob"), Why: "because", Bank: pick(rng, append(bankNames, "nobody")...)}
	for _, acct := range s.Accounts {
		if acct.Kill.Tripped && rng.IntN(2) == 0 {
			c.Bank, c.Do = acct.Bank, liquidity.Reset
			return c
		}
		for _, a := range acct.Actions {
			for n, l := range a.Legs {
				if l.Phase == liquidity.Unknown && rng.IntN(2) == 0 {
					c.Bank, c.ID, c.Do = acct.Bank, fmt.Sprint(a.ID, "/", n), pick(rng, liquidity.DeclareSettled, liquidity.DeclareFailed)
					return c
				}
			}
			if a.Phase == liquidity.Awaiting && rng.IntN(2) == 0 {
				c.Bank, c.ID, c.Amount, c.Version = acct.Bank, a.ID, a.Amount, a.Version
				c.Do = pick(rng, liquidity.Approve, liquidity.Approve, liquidity.BreakGlass, liquidity.Reject)
				c.Version += pick(rng, uint64(0), 0, 0, 0, 1)
				if c.Do == liquidity.Reject {
					c.Amount = decimal.Decimal{}
				}
				return c
			}
		}
		if len(acct.Loans) > 0 && rng.IntN(20) == 0 {
			c.Bank, c.ID, c.Do = acct.Bank, acct.Loans[0].ID, liquidity.WriteOff
			return c
		}
	}
	if s.Kill.Tripped {
		return liquidity.Command{By: c.By, Do: liquidity.Reset}
	}
	c.Do = pick(rng, liquidity.AskInject, liquidity.AskInject, liquidity.AskWithdraw, liquidity.Hold, liquidity.Release, liquidity.Release, liquidity.Release, liquidity.Trip, "dance")
	if c.Do == liquidity.AskInject || c.Do == liquidity.AskWithdraw {
		c.Amount = dec(pick(rng, "2", "20", "20", "20", "301"))
	}
	if c.Do == liquidity.Trip && rng.IntN(2) == 0 {
		c.Bank = ""
	}
	return c
}

// spoil makes an observation malformed.
func spoil(rng *rand.Rand, seen *liquidity.Observation) {
	switch rng.IntN(4) {
	case 0:
		seen.At = start.Add(-time.Hour)
	case 1:
		slices.Reverse(seen.Banks)
	case 2:
		seen.Providers[0].Contributed = dec("-1")
	default:
		seen.Commands = append(seen.Commands, liquidity.Command{})
	}
}

func TestLaws(t *testing.T) {
	for seed := range uint64(2) {
		for _, change := range []func(*liquidity.Config){
			tight,
			func(c *liquidity.Config) { tight(c); c.Mode = liquidity.Shadow },
			func(c *liquidity.Config) { tight(c); c.Mode, c.Fairness = liquidity.Suggest, liquidity.ProRata },
		} {
			state := enginetest.Laws(t, engine(t, change), seed, 300, weather)
			require.Greater(t, state.Epoch, uint64(200))
		}
	}
}

// walk steps an engine through that seed's weather and reports a broken law. It
// counts what happened.
func walk(e *liquidity.Engine, seed uint64, happened map[string]int) error {
	rng := rand.New(rand.NewPCG(seed, 0))
	var state liquidity.State
	w := watch{cfg: e.Config()}
	dry := e.Config()
	dry.Mode = liquidity.Suggest
	suggesting, err := liquidity.New(dry)
	if err != nil {
		return err
	}
	for range 150 {
		seen := weather(rng, state)
		next, d, err := e.Step(state, seen)
		if errors.Is(err, liquidity.ErrInvalid) {
			continue
		}
		if err := errors.Join(err, audited(next), reasoned(d), w.see(next, d), alike(suggesting, state, seen, d)); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		for _, word := range words(d) {
			happened[word]++
		}
		state = next
	}
	return nil
}

// Whatever the world and people say, the books add up, no limit is broken and
// every bank gets an action or a reason.
func TestConservation(t *testing.T) {
	e := engine(t, tight)
	rapid.Check(t, func(rt *rapid.T) {
		require.NoError(rt, walk(e, rapid.Uint64().Draw(rt, "seed"), map[string]int{}))
	})
}

// Of one injection a leg failed and another came back after it had settled: what
// failed is exempt from the cooldown, and the move has to say so.
func TestAReversalDoesNotHideThatPartOfItFailed(t *testing.T) {
	require.NoError(t, walk(engine(t, tight), 64275, map[string]int{}))
}

// The weather is bad enough for everything to happen.
func TestEverythingHappens(t *testing.T) {
	e := engine(t, tight)
	happened := map[string]int{}
	for seed := range uint64(100) {
		require.NoError(t, walk(e, seed, happened))
	}
	missing := slices.DeleteFunc([]string{
		"idle", "held", "acting", "killed",
		"ratio_in_band", "in_flight_covers", "no_obligations", "prediction_unlicensed",
		"kill_switch", "no_data", "stale_data", "jump_unconfirmed", "manual_hold", "unknown_outcome", "approval_pending", "cooldown", "in_flight_limit", "too_many_actions",
		"offset_first", "fx_volatile", "cbdc_flow_exhausted", "no_collateral", "budget_window_exhausted", "budget_predictive_exhausted", "budget_bank_exhausted",
		"pool_floor_exhausted", "limit_mismatch", "congestion_not_falling", "fx_not_stable", "dwell_not_met", "stress_predicted", "nothing_outstanding", "below_minimum",
		"clipped_remainder", "clipped_per_action_cap", "clipped_sri", "clipped_fx_volatility", "clipped_cbdc_flow", "clipped_collateral", "clipped_budget_window",
		"clipped_budget_predictive", "clipped_budget_bank", "clipped_pool_floor", "clipped_provider_limit", "clipped_outstanding",
		"done", "needs_second_person", "malformed", "no_such_bank", "no_such_id", "not_in_its_phase", "conflict", "approver_is_maker", "gated",
		"proposed awaiting_approval", "proposed reserved", "awaiting_approval reserved", "awaiting_approval failed", "reserved submitted", "reserved settled", "reserved failed",
		"reserved unknown", "submitted settled", "submitted failed", "unknown settled", "unknown failed", "settled reversed",
		"partial", "rejected", "account_changed", "approval_expired", "no_answer", "send", "void", "offset",
		"overdrawn", "wrong_amount", "failing", "break_glass", "breaker_open", "clock_went_back",
	}, func(word string) bool { return happened[word] > 0 })
	require.Empty(t, missing, "nothing of this kind has happened")
	require.Zero(t, happened["books_broken"])
}

// words are the reasons, replies, moves and requests of a decision.
func words(d liquidity.Decision) []string {
	all := []string{string(d.Reason)}
	for _, s := range d.Banks {
		for _, r := range s.Reasons {
			all = append(all, string(r))
		}
	}
	for _, a := range d.Answers {
		all = append(all, string(a.Reply))
	}
	for _, m := range d.Moves {
		all = append(all, fmt.Sprint(m.From, " ", m.To), string(m.Reason))
	}
	for _, a := range d.Alerts {
		all = append(all, string(a.Reason))
	}
	if len(d.Send) > 0 {
		all = append(all, "send")
	}
	if len(d.Void) > 0 {
		all = append(all, "void")
	}
	if d.Offset != nil {
		all = append(all, "offset")
	}
	return all
}

// alike reports where an engine that only suggests says something else.
func alike(suggesting *liquidity.Engine, state liquidity.State, seen liquidity.Observation, live liquidity.Decision) error {
	_, dry, err := suggesting.Step(state, seen)
	if err != nil {
		return err
	}
	acted := slices.Clone(live.Banks)
	for i := range acted {
		acted[i].ID = ""
	}
	if reflect.DeepEqual(acted, dry.Banks) {
		return nil
	}
	if diff := cmp.Diff(acted, dry.Banks); diff != "" { // slower, and it tells decimals by value
		return fmt.Errorf("in suggest mode (-live +dry):\n%s", diff)
	}
	return nil
}

// reasoned reports a bank that got neither an action nor a reason.
func reasoned(d liquidity.Decision) error {
	last := ""
	for _, s := range d.Banks {
		acts := s.Action == liquidity.Inject || s.Action == liquidity.Withdraw
		switch {
		case s.Bank <= last:
			return fmt.Errorf("%s after %s", s.Bank, last)
		case acts != s.Amount.IsPositive() || acts && s.Would != "":
			return fmt.Errorf("%+v", s)
		case !acts && (s.Action != liquidity.None || len(s.Reasons) == 0):
			return fmt.Errorf("%+v", s)
		case s.Amount.GreaterThan(s.Wanted):
			return fmt.Errorf("more than wanted: %+v", s)
		}
		last = s.Bank
	}
	return nil
}

// watch follows an engine from outside and reports a limit that was broken.
type watch struct {
	cfg   liquidity.Config
	lent  []lent
	known map[string]bool
	begun map[string]map[liquidity.Side]time.Time // by bank
	exact map[string]bool                         // by bank: the last injection lacks something
}

type lent struct {
	bank   string
	at     time.Time
	amount decimal.Decimal
}

func (w *watch) see(s liquidity.State, d liquidity.Decision) error {
	if w.known == nil {
		w.known, w.begun, w.exact = map[string]bool{}, map[string]map[liquidity.Side]time.Time{}, map[string]bool{}
	}
	for _, m := range d.Moves {
		if m.To == liquidity.Failed || m.Reason == liquidity.Partial {
			w.exact[m.Bank] = true
		}
	}
	for _, acct := range s.Accounts {
		if err := w.count(acct); err != nil {
			return err
		}
	}
	for _, b := range d.Banks {
		if b.ID == "" {
			continue
		}
		last, began := w.begun[b.Bank][b.Action]
		if began && s.At.Sub(last) < w.cfg.Cooldown && !w.exact[b.Bank] {
			return fmt.Errorf("%s: %s after %v", b.Bank, b.Action, s.At.Sub(last))
		}
		if w.cfg.MaxAction.IsPositive() && b.Amount.GreaterThan(w.cfg.MaxAction) {
			return fmt.Errorf("%+v", b)
		}
		if w.begun[b.Bank] == nil {
			w.begun[b.Bank] = map[liquidity.Side]time.Time{}
		}
		w.begun[b.Bank][b.Action], w.exact[b.Bank] = s.At, false
	}
	return w.window(s)
}

// count notes the loans that are new.
func (w *watch) count(acct liquidity.Account) error {
	live := 0
	for _, a := range acct.Actions {
		if a.Cause != liquidity.Due && slices.Contains([]liquidity.Phase{liquidity.Reserved, liquidity.Submitted, liquidity.Unknown}, a.Phase) {
			live++
		}
	}
	if live > w.cfg.MaxInFlight || w.cfg.MaxPerHour > 0 && len(acct.Hour) > w.cfg.MaxPerHour {
		return fmt.Errorf("%s: %d live, %d in an hour", acct.Bank, live, len(acct.Hour))
	}
	for _, l := range acct.Loans {
		if !w.known[l.ID] {
			w.known[l.ID] = true
			w.lent = append(w.lent, lent{acct.Bank, l.At, l.Principal})
		}
	}
	return nil
}

// window adds up the day before now, by its own hand.
func (w *watch) window(s liquidity.State) error {
	var total decimal.Decimal
	byBank := map[string]decimal.Decimal{}
	w.lent = slices.DeleteFunc(w.lent, func(l lent) bool { return s.At.Sub(l.at) >= 24*time.Hour })
	for _, l := range w.lent {
		total, byBank[l.bank] = total.Add(l.amount), byBank[l.bank].Add(l.amount)
	}
	if total.GreaterThan(w.cfg.Budget) {
		return fmt.Errorf("%s lent in a day", total)
	}
	for bank, sum := range byBank {
		if sum.GreaterThan(w.cfg.BankBudget) {
			return fmt.Errorf("%s lent to %s in a day", sum, bank)
		}
	}
	return nil
}

// A walk of fixed weather, decided as it was when it was last reviewed.
func TestReplay(t *testing.T) {
	e := engine(t, tight)
	rng := rand.New(rand.NewPCG(2026, 11))
	var got strings.Builder
	var state liquidity.State
	for range 60 {
		seen := weather(rng, state)
		next, d, err := e.Step(state, seen)
		if err != nil {
			fmt.Fprintln(&got, err)
			continue
		}
		line, err := json.Marshal(struct {
			At       time.Time
			Decision liquidity.Decision
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
