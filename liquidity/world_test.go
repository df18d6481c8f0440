package liquidity_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	store "github.com/evenkeelhq/evenkeel/store/memory"
)

const key = "liquidity/glp"

var ticks = flag.Int("ticks", 1000, "length of the run over fifty banks")

var _ evenkeel.World[liquidity.State, liquidity.Observation, liquidity.Decision] = (*liquidity.World)(nil)

type runner = evenkeel.Runner[liquidity.State, liquidity.Observation, liquidity.Decision]

// rig is a banking system of two providers, an inbox and a journal.
type rig struct {
	t     *testing.T
	e     *liquidity.Engine
	sys   *memory.System
	store evenkeel.Store
	inbox *store.Inbox
}

func newRig(t *testing.T, change func(*liquidity.Config)) *rig {
	t.Helper()
	r := &rig{t: t, e: engine(t, change), sys: &memory.System{}, store: &store.Store{}, inbox: &store.Inbox{}}
	for _, id := range []string{"glp", "two"} {
		r.sys.Provider(id).Change(func(p *liquidity.Provider) { p.Contributed = dec("100000") })
	}
	return r
}

func (r *rig) bank(name, liquid string) {
	r.sys.Set(liquidity.Position{Bank: name, Kind: liquidity.SXLR, Currency: currency, Source: "core", Liquid: dec(liquid), Obligations: dec("1000")})
}

func (r *rig) config() liquidity.WorldConfig {
	return liquidity.WorldConfig{
		Key: key, Engine: r.e, Feeds: []liquidity.Feed{r.sys}, Quorum: 1, Inbox: r.inbox,
		Executors: map[string]liquidity.Executor{"glp": r.sys.Provider("glp"), "two": r.sys.Provider("two")},
	}
}

func (r *rig) world(change func(*liquidity.WorldConfig)) *liquidity.World {
	r.t.Helper()
	cfg := r.config()
	if change != nil {
		change(&cfg)
	}
	w, err := liquidity.NewWorld(cfg)
	require.NoError(r.t, err)
	return w
}

func (r *rig) runner(w evenkeel.World[liquidity.State, liquidity.Observation, liquidity.Decision]) *runner {
	r.t.Helper()
	run, err := evenkeel.NewRunner(key, r.e, w, r.store, evenkeel.Options{})
	require.NoError(r.t, err)
	return run
}

func (r *rig) put(id, body string) {
	r.t.Helper()
	require.NoError(r.t, r.inbox.Put(r.t.Context(), key, id, []byte(body)))
}

// moved is the money that all providers have moved.
func (r *rig) moved() []liquidity.Transfer {
	return append(r.sys.Provider("glp").Moved(), r.sys.Provider("two").Moved()...)
}

func TestAShortBankIsFilled(t *testing.T) {
	r := newRig(t, nil)
	r.bank("b", "950")
	run := r.runner(r.world(nil))
	for i := range 3 {
		_, err := run.Tick(t.Context(), start.Add(time.Duration(i)*time.Minute))
		require.NoError(t, err)
	}
	require.Equal(t, "1100", r.sys.Position("b").Liquid.String())
	require.Len(t, r.moved(), 1)
}

// The executor settles and its answer is lost, or is held up: one settlement.
func TestWhateverTheExecutorDoesItIsDoneOnce(t *testing.T) {
	for _, luck := range []memory.Luck{memory.Timeout, memory.Delay, memory.Vanish, memory.Refuse, memory.Lose} {
		r := newRig(t, nil)
		r.bank("b", "950")
		r.bank("c", "940")
		r.sys.Provider("glp").Script(memory.Good, luck)
		run := r.runner(r.world(nil))
		for i := range 8 {
			_, _ = run.Tick(t.Context(), start.Add(time.Duration(i)*time.Minute))
			if i == 3 {
				require.Equal(t, "1100", r.sys.Position("c").Liquid.String(), "%s delays no other bank", luck)
				r.sys.Provider("glp").Settle()
			}
		}
		require.Equal(t, "1100", r.sys.Position("b").Liquid.String(), luck)
	}
}

// Two engines that do not know of each other inject once.
func TestTwoEnginesOnOneStoreInjectOnce(t *testing.T) {
	r := newRig(t, nil)
	r.bank("b", "950")
	r.bank("c", "700")
	one, other := r.runner(r.world(nil)), r.runner(r.world(nil))
	conflicts := 0
	for i := range 20 {
		for _, run := range []*runner{one, other} {
			_, err := run.Tick(t.Context(), start.Add(time.Duration(i)*time.Second))
			if err != nil {
				require.ErrorIs(t, err, evenkeel.ErrConflict)
				conflicts++
			}
		}
	}
	require.Positive(t, conflicts)
	require.Equal(t, "1100", r.sys.Position("b").Liquid.String())
	for _, p := range r.moved() {
		require.Equal(t, 1, r.sys.Provider(p.Provider).Made(p.ID))
	}
}

func TestMoneyThatComesBackIsNoticed(t *testing.T) {
	r := newRig(t, nil)
	r.bank("b", "950")
	run := r.runner(r.world(nil))
	for i := range 3 {
		if i == 2 {
			r.sys.Provider("glp").Reverse(r.moved()[0].ID)
		}
		_, err := run.Tick(t.Context(), start.Add(time.Duration(i)*time.Hour))
		require.NoError(t, err)
	}
	require.Equal(t, "1100", r.sys.Position("b").Liquid.String(), "it was lent once more")
	require.Len(t, r.moved(), 1)
}

// late trips a switch after the decision is durable and before it is acted on.
type late struct {
	evenkeel.Store
	then func()
}

func (l late) Append(ctx context.Context, rec evenkeel.Record) error {
	err := l.Store.Append(ctx, rec)
	l.then()
	return err
}

func TestASwitchIsReadAgainBeforeMoneyMoves(t *testing.T) {
	for body, want := range map[string]string{
		`{"By": "eve", "Do": "trip", "Why": "because"}`:              "none",
		`{"By": "eve", "Do": "trip", "Why": "because", "Bank": "b"}`: "c",
		`{"By": "eve", "Do": "trip", "Bank": "b"}`:                   "c",  // no reason is asked for
		`{"Do": "trip", "Bank": "b"}`:                                "bc", // but a name
		`{"By": "eve", "Do": "hold", "Why": "because", "Bank": "b"}`: "bc",
	} {
		r := newRig(t, nil)
		r.bank("b", "950")
		r.bank("c", "950")
		r.store = late{r.store, func() { r.put("1", body) }}
		_, err := r.runner(r.world(nil)).Tick(t.Context(), start)
		require.NoError(t, err)
		got := ""
		for _, p := range r.moved() {
			got += p.Bank
		}
		if got == "" {
			got = "none"
		}
		require.Equal(t, want, got, body)
	}
}

func TestWhatIsTooLateIsNotSent(t *testing.T) {
	r := newRig(t, nil)
	w := r.world(nil)
	send := liquidity.Transfer{ID: "a/0", Bank: "b", Provider: "glp", Side: liquidity.Inject, Amount: dec("1"), Until: start}
	require.NoError(t, w.Act(t.Context(), start.Add(1), evenkeel.Stamp{}, liquidity.Decision{Send: []liquidity.Transfer{send}}))
	require.Empty(t, r.moved())
	require.NoError(t, w.Act(t.Context(), start, evenkeel.Stamp{}, liquidity.Decision{Send: []liquidity.Transfer{send}}))
	require.Len(t, r.moved(), 1)
	send.Provider = "nobody"
	require.ErrorIs(t, w.Act(t.Context(), start, evenkeel.Stamp{}, liquidity.Decision{Send: []liquidity.Transfer{send}, Void: []liquidity.Voiding{{ID: "x", Provider: "nobody"}}}), liquidity.ErrInvalid)
}

func TestAManualInjectionGoesThroughTheInbox(t *testing.T) {
	r := newRig(t, func(c *liquidity.Config) { c.Mode = liquidity.Suggest })
	r.bank("b", "950")
	r.put("1", `{"By": "ann", "Do": "inject", "Bank": "b", "Amount": "20", "Why": "a fair on Monday"}`)
	r.put("2", `dance`)
	run := r.runner(r.world(nil))
	d, err := run.Tick(t.Context(), start)
	require.NoError(t, err)
	require.Equal(t, []liquidity.Answer{{Seq: 1, Reply: liquidity.NeedsSecond, ID: d.Answers[0].ID}, {Seq: 2, Reply: liquidity.Malformed}}, d.Answers)
	require.Empty(t, r.moved())
	r.put("3", fmt.Sprintf(`{"By": "bob", "Do": "approve", "Bank": "b", "ID": %q, "Amount": "20", "Version": 1}`, d.Answers[0].ID))
	_, err = run.Tick(t.Context(), start.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, "970", r.sys.Position("b").Liquid.String())
}

// feed says what it is told to.
type feed struct {
	all []liquidity.Position
	err error
}

func (f feed) Positions(context.Context, time.Time) ([]liquidity.Position, error) {
	return f.all, f.err
}

func says(source, liquid string) feed {
	return feed{all: []liquidity.Position{{Bank: "b", Kind: liquidity.SXLR, Currency: currency, Source: source, At: start, Liquid: dec(liquid), Obligations: dec("1000")}}}
}

func TestSourcesAreWeighedAgainstEachOther(t *testing.T) {
	wrong := says("z", "900")
	wrong.all[0].Currency = "XXX"
	twice := says("z", "900")
	twice.all = append(twice.all, twice.all[0])
	for name, c := range map[string]struct {
		feeds  []liquidity.Feed
		quorum int
		want   string // liquid, "" for a bank that is not seen
		fault  string
	}{
		"one source is believed if one is enough":       {[]liquidity.Feed{says("x", "950")}, 1, "950", ""},
		"one liar among three moves nothing":            {[]liquidity.Feed{says("x", "1"), says("y", "1100"), says("z", "1101")}, 2, "1100", ""},
		"of two the higher ratio counts":                {[]liquidity.Feed{says("x", "950"), says("y", "1100")}, 2, "1100", ""},
		"too few have spoken":                           {[]liquidity.Feed{says("x", "950"), feed{err: errors.New("no line")}}, 2, "", "feed 1"},
		"a malformed report is left out":                {[]liquidity.Feed{says("x", "950"), wrong}, 1, "950", "feed 1 about b"},
		"a source that speaks twice is heard once":      {[]liquidity.Feed{twice, feed{}}, 2, "", "feed 0 about b"},
		"without any source the bank is not to be seen": {[]liquidity.Feed{feed{}}, 1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			w := r.world(func(c2 *liquidity.WorldConfig) { c2.Feeds, c2.Quorum = c.feeds, c.quorum })
			seen, err := w.Observe(t.Context(), start, liquidity.State{})
			require.NoError(t, err)
			got := ""
			if len(seen.Banks) > 0 {
				got = seen.Banks[0].Liquid.String()
			}
			require.Equal(t, c.want, got)
			if c.fault != "" {
				require.Contains(t, seen.Faults, c.fault)
			}
		})
	}
}

func TestOneProviderOutOfReachHidesNothingOfTheOther(t *testing.T) {
	r := newRig(t, nil)
	r.bank("b", "950")
	r.sys.Provider("glp").Down(true)
	run := r.runner(r.world(nil))
	_, err := run.Tick(t.Context(), start)
	require.NoError(t, err)
	require.Equal(t, "two", r.moved()[0].Provider)
	r.sys.Provider("two").Down(true)
	seen, err := r.world(nil).Observe(t.Context(), start, liquidity.State{})
	require.NoError(t, err)
	require.Empty(t, seen.Providers)
	require.Len(t, seen.Faults, 2)
}

// waiting is a queue of payments.
type waiting struct {
	all []liquidity.Payment
	err error
}

func (q waiting) Queued(context.Context, time.Time) ([]liquidity.Payment, error) { return q.all, q.err }

func TestTheQueueIsSeenWholeOrNotAtAll(t *testing.T) {
	r := newRig(t, nil)
	good := liquidity.Payment{ID: "p", From: "a", To: "b", Amount: dec("1")}
	for _, q := range []waiting{{all: []liquidity.Payment{good, {}}}, {err: errors.New("no line")}} {
		seen, err := r.world(func(c *liquidity.WorldConfig) { c.Queue = q }).Observe(t.Context(), start, liquidity.State{})
		require.NoError(t, err)
		require.Empty(t, seen.Queue)
		require.Contains(t, seen.Faults, "queue")
	}
	seen, err := r.world(func(c *liquidity.WorldConfig) { c.Queue = waiting{all: []liquidity.Payment{good}} }).Observe(t.Context(), start, liquidity.State{})
	require.NoError(t, err)
	require.Len(t, seen.Queue, 1)
}

func TestAWorldNeedsItsParts(t *testing.T) {
	for field, change := range map[string]func(*liquidity.WorldConfig){
		"Key":       func(c *liquidity.WorldConfig) { c.Key = "" },
		"Engine":    func(c *liquidity.WorldConfig) { c.Engine = nil },
		"Quorum 0":  func(c *liquidity.WorldConfig) { c.Quorum = 0 },
		"Quorum 2":  func(c *liquidity.WorldConfig) { c.Quorum = 2 },
		"Executors": func(c *liquidity.WorldConfig) { c.Executors = nil },
	} {
		cfg := newRig(t, nil).config()
		change(&cfg)
		_, err := liquidity.NewWorld(cfg)
		require.ErrorIs(t, err, liquidity.ErrInvalid)
		require.ErrorContains(t, err, field)
	}
}

var errCrash = errors.New("the process is gone")

// mortal is a world whose process ends before it acts, when dying is set.
type mortal struct {
	*liquidity.World
	dying *bool
}

func (m mortal) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d liquidity.Decision) error {
	if *m.dying {
		return errCrash
	}
	return m.World.Act(ctx, now, stamp, d)
}

// fifty is a system of fifty banks whose luck depends on the transfer and whose
// payments depend on the tick, so that two runs differ only in their crashes.
func fifty(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, func(c *liquidity.Config) {
		c.Budget, c.BankBudget, c.MaxAction, c.ApproveFrom = dec("6000"), dec("900"), dec("400"), dec("300")
		c.MaxPerHour, c.Term, c.RateBps, c.Dwell, c.Finality = 3, 5*time.Hour, dec("700"), 30*time.Minute, time.Hour
		c.MaxFailures, c.UnknownAfter, c.GiveUpAfter = 50, 10*time.Minute, 6*time.Minute
	})
	r.store = &store.Store{Limit: 4}
	for i := range 50 {
		r.bank(fmt.Sprintf("bank-%02d", i), "1000")
	}
	for _, id := range []string{"glp", "two"} {
		r.sys.Provider(id).Fate(func(tr liquidity.Transfer) memory.Luck {
			h := fnv.New32a()
			_, _ = h.Write([]byte(tr.ID))
			lucks := []memory.Luck{memory.Refuse, memory.Lose, memory.Timeout, memory.Delay, memory.Vanish}
			return append(lucks, make([]memory.Luck, 15)...)[h.Sum32()%20]
		})
	}
	return r
}

// pair is two engines on one journal that do not know of each other. At each step
// both of them tick, the one that lost the last step first: it finds the other's
// decision, acts on it again, and wins.
type pair struct {
	*rig
	engines   [2]*runner
	dying     [2]bool
	turn      int
	alone     bool // for a step: one is being restarted
	conflicts int
}

func (p *pair) restart(i int) {
	p.dying[i] = false
	p.engines[i] = p.runner(mortal{p.world(nil), &p.dying[i]})
}

// tick makes the one that decides die before it acts, if it is to.
func (p *pair) tick(now time.Time, dies bool) {
	p.t.Helper()
	leads := p.turn
	p.turn = 1 - p.turn
	p.dying[leads] = dies
	_, err := p.engines[leads].Tick(p.t.Context(), now)
	require.NoError(p.t, notActing(err))
	if !p.alone {
		_, err = p.engines[p.turn].Tick(p.t.Context(), now)
		if notActing(err) != nil { // or it decided the same, to the last byte
			require.ErrorIs(p.t, err, evenkeel.ErrConflict)
			p.conflicts++
		}
	}
	if p.alone = dies; dies {
		p.restart(leads)
	}
}

// Fifty banks, two engines on one journal, and a crash at every tenth step after
// its decision is durable and before it is acted on: all of it goes on as the run
// of one engine that is not interrupted, and every record has the same hash. On
// the way books, budgets, caps and cooldowns hold, and a bank whose transfer is
// unknown makes no other wait.
func TestFiftyBanksAndACrashAtEveryTenthStep(t *testing.T) {
	const seed = 2026
	whole, broken := fifty(t), &pair{rig: fifty(t)}
	one := whole.runner(whole.world(nil))
	broken.restart(0)
	broken.restart(1)
	first, err := broken.engines[1].Tick(t.Context(), start)
	require.NoError(t, err)
	_, err = one.Tick(t.Context(), start)
	require.NoError(t, err)
	require.Equal(t, liquidity.Idle, first.Reason)

	rng := rand.New(rand.NewPCG(seed, 2))
	w := watch{cfg: whole.e.Config()}
	counts := map[liquidity.Phase]int{}
	tides := [50]int64{}
	for i := range tides {
		tides[i] = 100_000
	}
	now, beside := start, 0
	for i := range *ticks {
		now = now.Add(time.Minute)
		n, tide := rng.IntN(50), int64(70_000+rng.IntN(70_000))
		bank, amount := fmt.Sprintf("bank-%02d", n), decimal.New(tide-tides[n], -2)
		tides[n] = tide
		for _, r := range []*rig{whole, broken.rig} {
			r.sys.Pay(bank, amount)
			if i%30 == 5 {
				r.sys.Provider("glp").Settle()
				r.sys.Provider("two").Settle()
			}
		}
		d, err := one.Tick(t.Context(), now)
		require.NoError(t, notActing(err), "seed %d tick %d", seed, i)
		broken.tick(now, i%10 == 9)
		whole.approve(d)
		broken.approve(d)
		want, err := whole.store.Last(t.Context(), key)
		require.NoError(t, err)
		got, err := broken.store.Last(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, want.Hash, got.Hash, "seed %d tick %d:\n%s\n%s", seed, i, want.Decision, got.Decision)

		state := whole.state()
		require.NoError(t, errors.Join(audited(state), w.see(state, d), apart(state, d)), "seed %d tick %d", seed, i)
		require.False(t, state.Kill.Tripped, state.Kill.Why)
		if waits(state) > 0 && d.Reason == liquidity.Acting {
			beside++
		}
		for _, m := range d.Moves {
			counts[m.To]++
		}
	}
	require.Positive(t, beside)
	require.Positive(t, broken.conflicts)
	t.Logf("%d ticks, %d crashes, %d conflicts of two engines, %d actions begun while another bank's was unknown: %v", *ticks, *ticks/10, broken.conflicts, beside, counts)
	whole.settles(one, now)
	broken.settles(broken.engines[broken.turn], now)
}

// waits counts the banks for which something is unknown.
func waits(s liquidity.State) (n int) {
	for i := range s.Accounts {
		if unknown(s.Accounts[i]) {
			n++
		}
	}
	return n
}

func unknown(a liquidity.Account) bool {
	return slices.ContainsFunc(a.Actions, func(a liquidity.Action) bool { return a.Phase == liquidity.Unknown })
}

// apart reports a bank that waits for what is unknown of another, and one that
// does not wait for its own.
func apart(s liquidity.State, d liquidity.Decision) error {
	for i, b := range d.Banks {
		acts := b.Action != liquidity.None
		if waits := slices.Contains(b.Reasons, liquidity.UnknownOutcome); waits && !unknown(s.Accounts[i]) || acts && unknown(s.Accounts[i]) {
			return fmt.Errorf("%+v of %+v", b, s.Accounts[i])
		}
	}
	return nil
}

// approve lets bob approve what has begun to wait for a person.
func (r *rig) approve(d liquidity.Decision) {
	r.t.Helper()
	if !slices.ContainsFunc(d.Moves, func(m liquidity.Move) bool { return m.To == liquidity.Awaiting }) {
		return
	}
	for _, acct := range r.state().Accounts {
		for _, a := range acct.Actions {
			if a.Phase == liquidity.Awaiting {
				r.put(a.ID, fmt.Sprintf(`{"By": "bob", "Do": "approve", "Bank": %q, "ID": %q, "Amount": %q, "Version": %d}`, acct.Bank, a.ID, a.Amount, a.Version))
			}
		}
	}
}

func (r *rig) state() liquidity.State {
	r.t.Helper()
	rec, err := r.store.Last(r.t.Context(), key)
	require.NoError(r.t, err)
	var s liquidity.State
	require.NoError(r.t, json.Unmarshal(rec.State, &s))
	return s
}

// settles stops all, lets everything arrive, and compares the engine's books with
// the money that moved, each of it once.
func (r *rig) settles(run *runner, now time.Time) {
	r.t.Helper()
	r.put("stop", `{"By": "eve", "Do": "trip", "Why": "the end"}`)
	for i := range 20 {
		r.sys.Provider("glp").Settle()
		r.sys.Provider("two").Settle()
		_, err := run.Tick(r.t.Context(), now.Add(time.Duration(i+1)*time.Minute))
		require.NoError(r.t, notActing(err))
	}
	lent := map[string]decimal.Decimal{}
	for _, p := range r.moved() {
		require.Equal(r.t, 1, r.sys.Provider(p.Provider).Made(p.ID))
		if p.Side == liquidity.Inject {
			lent[p.Provider] = lent[p.Provider].Add(p.Amount)
		} else {
			lent[p.Provider] = lent[p.Provider].Sub(p.Amount)
		}
	}
	for _, f := range r.state().Funds {
		require.Equal(r.t, lent[f.Provider].String(), f.Lent.String())
		require.True(r.t, f.Reserved.IsZero())
	}
}

func notActing(err error) error {
	if errors.Is(err, evenkeel.ErrAct) {
		return nil
	}
	return err
}
