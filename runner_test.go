package evenkeel_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var midnight = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func runner(tb testing.TB, w *tank, s evenkeel.Store, opts evenkeel.Options) *evenkeel.Runner[tankState, tankSeen, tankDecision] {
	tb.Helper()
	r, err := evenkeel.NewRunner("tank", tankEngine{full: 10}, w, s, opts)
	require.NoError(tb, err)
	return r
}

// sleep returns what holds an append up for d.
func sleep(d time.Duration) *func() {
	f := func() { time.Sleep(d) }
	return &f
}

func newest(tb testing.TB, s evenkeel.Store) evenkeel.Record {
	tb.Helper()
	rec, err := s.Last(tb.Context(), "tank")
	require.NoError(tb, err)
	return rec
}

func TestTankKeepsTheLaws(t *testing.T) {
	enginetest.Laws(t, tankEngine{full: 3}, 1, 500, func(rng *rand.Rand, s tankState) tankSeen {
		seen := tankSeen{Level: rng.IntN(5) - 1}
		if rng.IntN(2) == 0 {
			seen.Settled = []string{s.Intent}
		}
		return seen
	})
}

func TestADecisionIsDurableBeforeItIsActedOn(t *testing.T) {
	store, w := new(memory.Store), &tank{}
	w.before = func(string) { require.EqualValues(t, len(w.acts), newest(t, store).Seq) }
	r := runner(t, w, store, evenkeel.Options{})
	for i := range 3 {
		_, err := r.Tick(t.Context(), midnight.Add(time.Duration(i)*time.Second))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"tank/1 low", "tank/2 full", "tank/3 full"}, w.acts)
	require.Equal(t, 10, w.level)
}

func TestACrashBetweenAppendAndActIsMadeGoodUnderTheSameID(t *testing.T) {
	store, w := new(memory.Store), &tank{fail: errors.New("killed")}
	_, err := runner(t, w, store, evenkeel.Options{}).Tick(t.Context(), midnight)
	require.ErrorIs(t, err, evenkeel.ErrAct)
	require.Empty(t, w.poured)

	w.fail = nil
	_, err = runner(t, w, store, evenkeel.Options{}).Tick(t.Context(), midnight.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, []string{"tank/1 low", "tank/1 low", "tank/2 full"}, w.acts)
	require.Equal(t, map[string]int{"pour-1": 1}, w.poured)
}

func TestACrashAfterActRepeatsHarmlessly(t *testing.T) {
	store, w := new(memory.Store), &tank{}
	for i := range 4 { // a new process for every tick
		_, err := runner(t, w, store, evenkeel.Options{}).Tick(t.Context(), midnight.Add(time.Duration(i)*time.Second))
		require.NoError(t, err)
	}
	require.Equal(t, map[string]int{"pour-1": 1}, w.poured)
}

func TestALostAppendAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		keep   bool
		errs   error // what the tick returns
	}{
		"a conflict with our own record is no conflict":  {evenkeel.ErrConflict, true, nil},
		"a time-out after the write is loaded next time": {context.DeadlineExceeded, true, context.DeadlineExceeded},
		"a time-out before the write is decided again":   {context.DeadlineExceeded, false, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			store := &flawed{Store: new(memory.Store), answer: c.answer, keep: c.keep}
			w := &tank{}
			r := runner(t, w, store, evenkeel.Options{})
			_, err := r.Tick(t.Context(), midnight)
			require.ErrorIs(t, err, c.errs)
			if err != nil {
				require.Empty(t, w.acts, "what may not be durable is not acted on")
			}
			_, err = r.Tick(t.Context(), midnight.Add(time.Second))
			require.NoError(t, err)
			require.Equal(t, map[string]int{"pour-1": 1}, w.poured)
			_, err = evenkeel.Verify(t.Context(), store, "tank")
			require.NoError(t, err)
		})
	}
}

func TestAnActThatFailsForEverDoesNotStopAPause(t *testing.T) {
	inbox := new(memory.Inbox)
	store, w := new(memory.Store), &tank{inbox: inbox, fail: errors.New("no route")}
	r := runner(t, w, store, evenkeel.Options{})
	for i := range 3 {
		d, err := r.Tick(t.Context(), midnight.Add(time.Duration(i)*time.Second))
		require.ErrorIs(t, err, evenkeel.ErrAct)
		require.Equal(t, "pour-1", d.Intent, "the same intent, never a second one")
	}
	require.NoError(t, inbox.Put(t.Context(), "tank", "c1", []byte("pause")))
	d, err := r.Tick(t.Context(), midnight.Add(time.Minute))
	require.ErrorIs(t, err, evenkeel.ErrAct)
	require.Equal(t, "paused", d.Reason)
	require.True(t, last[tankState](newest(t, store)).Paused)
}

func TestACommandIsConsumedOnce(t *testing.T) {
	inbox := new(memory.Inbox)
	store, w := new(memory.Store), &tank{inbox: inbox}
	for range 3 {
		require.NoError(t, inbox.Put(t.Context(), "tank", "c1", []byte("pause")))
	}
	for i := range 3 { // each tick in a new process, which must not forget
		_, err := runner(t, w, store, evenkeel.Options{}).Tick(t.Context(), midnight.Add(time.Duration(i)*time.Second))
		require.NoError(t, err)
		require.NoError(t, inbox.Put(t.Context(), "tank", "c1", []byte("pause")))
	}
	taken := 0
	for r, err := range evenkeel.Replay(t.Context(), tankEngine{full: 10}, store, "tank") {
		require.NoError(t, err)
		require.True(t, r.Same)
		if r.NewState.Taken == 1 && r.Seq == 1 {
			taken++
		}
		require.EqualValues(t, 1, r.NewState.Taken)
	}
	require.Equal(t, 1, taken)
}

func TestASecondWriterIsFencedAndDoesNotAct(t *testing.T) {
	store, a, b := new(memory.Store), &tank{}, &tank{level: 99}
	first, second := runner(t, a, store, evenkeel.Options{}), runner(t, b, store, evenkeel.Options{})
	_, err := first.Tick(t.Context(), midnight)
	require.NoError(t, err)
	_, err = second.Tick(t.Context(), midnight.Add(time.Second)) // takes over
	require.NoError(t, err)
	acts := len(a.acts)
	_, err = first.Tick(t.Context(), midnight.Add(2*time.Second))
	require.ErrorIs(t, err, evenkeel.ErrConflict)
	require.Len(t, a.acts, acts, "the one left behind did nothing")
}

func TestActIsToldTheTimeAtWhichItActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &flawed{Store: new(memory.Store)}
		store.pause.Store(sleep(time.Hour))
		w := &tank{deadline: time.Minute}
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Minute)
		defer cancel()
		err := runner(t, w, store, evenkeel.Options{Every: time.Second}).Run(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Empty(t, w.poured, "an hour late is too late")
		require.Equal(t, time.Hour, w.actAt[0].Sub(newest(t, store).At).Round(time.Second))
	})
}

func TestAStandbyTakesOverFromASilentLeaderAndTheLateLeaderIsFenced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := new(memory.Store)
		asleep := make(chan struct{})
		leaderStore := &flawed{Store: shared}
		leader, standby := &tank{level: 99}, &tank{level: 99}
		opts := evenkeel.Options{Every: time.Second}

		led := make(chan error, 1)
		first := runner(t, leader, leaderStore, opts)
		go func() { led <- first.Run(t.Context()) }()
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()

		opts.Standby = 5 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		stood := make(chan error, 1)
		second := runner(t, standby, shared, opts)
		go func() { stood <- second.Run(ctx) }()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Zero(t, standby.did(), "a standby does not act while the leader writes")

		wait := func() { <-asleep }
		leaderStore.pause.Store(&wait)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.NotZero(t, standby.did(), "the standby leads after the silence")
		acts := leader.did()
		close(asleep)
		require.ErrorIs(t, <-led, evenkeel.ErrConflict)
		require.Equal(t, acts, leader.did(), "the late leader does not act")

		cancel()
		require.ErrorIs(t, <-stood, context.Canceled)
		_, err := evenkeel.Verify(t.Context(), shared, "tank")
		require.NoError(t, err)
	})
}

// A leader who writes every three seconds is not silent for five, however often
// a standby looks; and a journal that nobody can reach is not a silent one.
func TestAStandbyIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &flawed{Store: new(memory.Store)}
		leader, standby := &tank{level: 99}, &tank{level: 99}
		first := runner(t, leader, shared, evenkeel.Options{Every: 3 * time.Second})
		second := runner(t, standby, shared, evenkeel.Options{Every: time.Second, Standby: 5 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- first.Run(ctx) }()
		go func() { done <- second.Run(ctx) }()

		time.Sleep(time.Minute + 1500*time.Millisecond) // the standby has seen the leader's last record
		synctest.Wait()
		require.Zero(t, standby.did(), "the leader writes often enough")
		shared.down.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		shared.down.Store(false)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Zero(t, standby.did(), "after an outage the leader has its time again")
		require.NotZero(t, leader.did())
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// Whoever takes over starts from what the leader left, also if it had a state of
// its own from before: a takeover that is refused would cost another wait.
func TestATakeoverStartsFromWhatTheLeaderLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, w := new(memory.Store), &tank{level: 99}
		second := runner(t, w, shared, evenkeel.Options{Every: time.Second, Standby: 5 * time.Second})
		_, err := second.Tick(t.Context(), time.Now())
		require.NoError(t, err)
		first := runner(t, &tank{level: 99}, shared, evenkeel.Options{})
		for range 2 {
			_, err := first.Tick(t.Context(), time.Now())
			require.NoError(t, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 7500*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, second.Run(ctx), context.DeadlineExceeded)
		require.EqualValues(t, 6, newest(t, shared).Seq, "silent for 5 s, then a record at 5, 6 and 7 s")
	})
}

func TestAnOvertakenStandbyStandsByAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := new(memory.Store)
		stores := []*flawed{{Store: shared}, {Store: shared}}
		tanks := []*tank{{level: 99}, {level: 99}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		for i := range tanks {
			r := runner(t, tanks[i], stores[i], evenkeel.Options{Every: time.Second, Standby: time.Duration(3+i) * time.Second})
			go func() { done <- r.Run(ctx) }()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.NotZero(t, tanks[0].did())
		require.Zero(t, tanks[1].did())

		stores[0].pause.Store(sleep(30 * time.Second))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.NotZero(t, tanks[1].did(), "the second leads")
		stores[0].pause.Store(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		acts := tanks[0].did()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, acts, tanks[0].did(), "the first stands by")
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestTimeInTheJournalNeverRunsBackwards(t *testing.T) {
	store := new(memory.Store)
	for _, now := range []time.Time{midnight.Add(time.Hour), midnight, midnight.Add(2 * time.Hour).In(time.FixedZone("east", 7200)).Add(999)} {
		_, err := runner(t, &tank{level: 99}, store, evenkeel.Options{}).Tick(t.Context(), now)
		require.NoError(t, err)
	}
	var at []time.Time
	for rec, err := range store.Journal(t.Context(), "tank", 0) {
		require.NoError(t, err)
		at = append(at, rec.At)
	}
	require.Equal(t, []time.Time{midnight.Add(time.Hour), midnight.Add(time.Hour), midnight.Add(2 * time.Hour)}, at)
}

func TestMalformedInputLeavesNoTrace(t *testing.T) {
	store, w := new(memory.Store), &tank{level: -1}
	r := runner(t, w, store, evenkeel.Options{})
	_, err := r.Tick(t.Context(), midnight)
	require.ErrorIs(t, err, errTank)
	require.Empty(t, w.acts)
	_, err = store.Last(t.Context(), "tank")
	require.ErrorIs(t, err, evenkeel.ErrNotFound)

	w.level = 99
	_, err = r.Tick(t.Context(), midnight)
	require.NoError(t, err)
	require.EqualValues(t, 1, newest(t, store).Seq)
}

func TestAJournalThatCannotBeContinuedStopsEverything(t *testing.T) {
	for name, rec := range map[string]evenkeel.Record{
		"a state that is not JSON":        {Engine: "tank@1", State: []byte("{"), Decision: []byte("{}")},
		"a decision that is not JSON":     {Engine: "tank@1", State: []byte("{}"), Decision: []byte("")},
		"a journal of another engine":     {Engine: "pump@1", State: []byte("{}"), Decision: []byte("{}")},
		"a journal of another version":    {Engine: "tank@2", State: []byte("{}"), Decision: []byte("{}")},
		"a journal that no engine signed": {State: []byte("{}"), Decision: []byte("{}")},
	} {
		t.Run(name, func(t *testing.T) {
			store, w := new(memory.Store), &tank{}
			rec.Stamp = evenkeel.Stamp{Key: "tank", Seq: 1}
			require.NoError(t, store.Append(t.Context(), rec))
			r := runner(t, w, store, evenkeel.Options{})
			for range 2 {
				_, err := r.Tick(t.Context(), midnight)
				require.ErrorContains(t, err, "load tank/1")
			}
			require.Empty(t, w.acts)
			require.Zero(t, w.observed)
		})
	}
}

func TestHeadsAreAnchoredByCountAndByTime(t *testing.T) {
	store, anchor := new(memory.Store), new(memory.Anchor)
	r := runner(t, &tank{level: 99}, store, evenkeel.Options{Anchor: anchor, AnchorEvery: 5, AnchorInterval: time.Hour})
	now := midnight
	for i := range 12 {
		if i == 7 {
			now = now.Add(time.Hour)
		}
		now = now.Add(time.Second)
		_, err := r.Tick(t.Context(), now)
		require.NoError(t, err)
	}
	var seqs []uint64
	var heads []evenkeel.Head
	for h, err := range anchor.Heads(t.Context(), "tank") {
		require.NoError(t, err)
		seqs, heads = append(seqs, h.Seq), append(heads, h)
	}
	require.Equal(t, []uint64{1, 6, 8}, seqs)
	v, err := evenkeel.Verify(t.Context(), store, "tank", heads...)
	require.NoError(t, err)
	require.EqualValues(t, 12, v.Head.Seq)
}

func TestNewRunnerRefuses(t *testing.T) {
	e, w, s := tankEngine{full: 1}, &tank{}, new(memory.Store)
	for name, build := range map[string]func() error{
		"an empty key":       func() error { _, err := evenkeel.NewRunner("", e, w, s, evenkeel.Options{}); return err },
		"no store":           func() error { _, err := evenkeel.NewRunner("k", e, w, nil, evenkeel.Options{}); return err },
		"a negative Every":   func() error { _, err := evenkeel.NewRunner("k", e, w, s, evenkeel.Options{Every: -1}); return err },
		"a negative Standby": func() error { _, err := evenkeel.NewRunner("k", e, w, s, evenkeel.Options{Standby: -1}); return err },
	} {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, build(), evenkeel.ErrInvalid) })
	}
}

func BenchmarkRunnerTick(b *testing.B) {
	r := runner(b, &tank{level: 99}, &memory.Store{Limit: 1000}, evenkeel.Options{})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := r.Tick(b.Context(), midnight.Add(time.Duration(i)*time.Second)); err != nil {
			b.Fatal(err)
		}
	}
}
