package risk_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// feed says what change makes of the usual inputs, or err.
type feed struct {
	change func(*risk.Inputs)
	err    error
}

func (f *feed) Inputs(_ context.Context, _ market.ISIN, now time.Time) (risk.Inputs, error) {
	in := at(now)
	if f.change != nil {
		f.change(&in)
	}
	return in, f.err
}

// crier remembers what it was told.
type crier struct {
	numbers []uint64
	stamps  []string
	err     error
}

func (c *crier) Publish(_ context.Context, stamp evenkeel.Stamp, d risk.Decision) error {
	if c.err != nil {
		return c.err
	}
	c.stamps = append(c.stamps, stamp.ID())
	for _, e := range d.Events {
		c.numbers = append(c.numbers, e.Number)
	}
	return nil
}

type rig struct {
	t     *testing.T
	feed  *feed
	crier *crier
	inbox *memory.Inbox
	store *memory.Store
	world *risk.World
	run   *evenkeel.Runner[risk.State, risk.Observation, risk.Decision]
	now   time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, feed: new(feed), crier: new(crier), inbox: new(memory.Inbox), store: new(memory.Store), now: now}
	r.start()
	return r
}

// start is what a process does.
func (r *rig) start() {
	r.t.Helper()
	var err error
	r.world, err = risk.NewWorld(risk.WorldConfig{ISIN: isin, Feed: r.feed, Publisher: r.crier, Inbox: r.inbox})
	require.NoError(r.t, err)
	r.run, err = evenkeel.NewRunner(risk.Key(isin), engineOf(r.t, config()), r.world, r.store, evenkeel.Options{})
	require.NoError(r.t, err)
}

func (r *rig) tick() (risk.Decision, error) {
	r.t.Helper()
	r.now = r.now.Add(time.Minute)
	return r.run.Tick(r.t.Context(), r.now)
}

func TestAnInstrumentIsFollowed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d, err := r.tick()
	require.NoError(t, err)
	require.Equal(t, risk.Changed, d.Reason)
	require.Equal(t, []uint64{1, 2, 3}, r.crier.numbers)

	d, err = r.tick()
	require.NoError(t, err)
	require.Equal(t, risk.Same, d.Reason)
	require.Equal(t, []string{"lr/INE094A08176/1"}, r.crier.stamps, "there is nothing to tell")

	r.start() // again
	_, err = r.tick()
	require.NoError(t, err)
	require.Equal(t, []uint64{1, 2, 3}, r.crier.numbers)
}

func TestWhatCouldNotBeToldIsToldAgainUnderItsNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.crier.err = errors.New("nobody there")
	_, err := r.tick()
	require.ErrorIs(t, err, evenkeel.ErrAct)
	r.crier.err = nil
	r.start() // the process died
	_, err = r.tick()
	require.NoError(t, err)
	require.Equal(t, []uint64{1, 2, 3}, r.crier.numbers)
	require.Equal(t, []string{"lr/INE094A08176/1"}, r.crier.stamps)
}

func TestAFeedThatFailsOrLiesIsAFault(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*feed){
		"no book today":                     func(f *feed) { f.err = errors.New("no book today") },
		"crossed book":                      func(f *feed) { f.change = func(in *risk.Inputs) { in.Snapshot.Book.Bid = dec("200") } },
		"Snapshot.Book.ISIN":                func(f *feed) { f.change = other },
		"Snapshot.Now":                      func(f *feed) { f.change = func(in *risk.Inputs) { in.Snapshot.Now = in.Snapshot.Now.Add(time.Second) } },
		`Sources.Book ""`:                   func(f *feed) { f.change = func(in *risk.Inputs) { in.Sources.Book = "" } },
		"Facts.ESG: score: invalid: Stated": func(f *feed) { f.change = func(in *risk.Inputs) { in.Facts.ESG.Stated = known("-1") } },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			change(r.feed)
			d, err := r.tick()
			require.NoError(t, err)
			require.Equal(t, risk.NoInputs, d.Reason)
			require.Contains(t, d.Fault, want)
			require.Equal(t, risk.DataQuality, d.Events[0].Alert.Type)
			*r.feed = feed{}
			d, err = r.tick()
			require.NoError(t, err)
			require.NotNil(t, d.Translation)
		})
	}
}

// A bond that is well-formed and that the policy does not know is a fault too: an
// engine that stopped at it would leave everybody without an answer.
func TestABondThatThePolicyDoesNotKnowIsAFault(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.feed.change = func(in *risk.Inputs) { in.Snapshot.Bond.Tenor = "7Y" }
	o := outcome("a", market.ByMaker)
	text, err := json.Marshal(risk.Command{By: "desk", Do: risk.Report, Outcome: &o})
	require.NoError(t, err)
	require.NoError(t, r.inbox.Put(t.Context(), risk.Key(isin), "1", text))
	d, err := r.tick()
	require.NoError(t, err)
	require.Equal(t, risk.NoInputs, d.Reason)
	require.Nil(t, d.Translation)
	require.Equal(t, `risk: invalid: market: invalid: Bond.Tenor "7Y": must be one of the policy's Tenors`, d.Fault)
	require.Equal(t, []string{"warning data_quality: No data can be had"}, told(d))
	require.Equal(t, []risk.Answer{{Seq: 1, Reply: risk.Done}}, d.Answers)
	require.Equal(t, "1", d.Metrics.StaleRate.Decimal.String(), "it counts once")

	*r.feed = feed{}
	d, err = r.tick()
	require.NoError(t, err)
	require.NotNil(t, d.Translation)
	require.Equal(t, 1, d.Metrics.Outcomes)
	require.Equal(t, "0.5", d.Metrics.StaleRate.Decimal.String())
	_, err = evenkeel.Verify(t.Context(), r.store, risk.Key(isin))
	require.NoError(t, err)
}

// other makes them those of another instrument.
func other(in *risk.Inputs) {
	s := &in.Snapshot
	s.Book.ISIN, s.Auction.ISIN, s.Maker.ISIN = "INE094A08184", "INE094A08184", "INE094A08184"
}

func TestCommandsComeFromTheInbox(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := outcome("a", market.ByMaker)
	text, err := json.Marshal(risk.Command{Seq: 99, By: "desk", Do: risk.Report, Outcome: &o})
	require.NoError(t, err)
	require.NoError(t, r.inbox.Put(t.Context(), risk.Key(isin), "1", text))
	require.NoError(t, r.inbox.Put(t.Context(), risk.Key(isin), "2", []byte("not JSON")))
	d, err := r.tick()
	require.NoError(t, err)
	require.Equal(t, []risk.Answer{{Seq: 1, Reply: risk.Done}, {Seq: 2, Reply: risk.Malformed}}, d.Answers)

	for i := range 70 {
		require.NoError(t, r.inbox.Put(t.Context(), risk.Key(isin), "more"+time.Duration(i).String(), []byte("{}")))
	}
	d, err = r.tick()
	require.NoError(t, err)
	require.Len(t, d.Answers, 64, "the rest next time")
	d, err = r.tick()
	require.NoError(t, err)
	require.Len(t, d.Answers, 6)
}

func TestAContextThatEndsIsNoFault(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	r.feed.err = over.Err()
	_, err := r.world.Observe(over, now, risk.State{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestAWorldNeedsItsPorts(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]risk.WorldConfig{
		`risk: invalid: ISIN "x": must be one`:            {ISIN: "x", Feed: new(feed), Publisher: new(crier)},
		"risk: invalid: Feed <nil>: must not be nil":      {ISIN: isin, Publisher: new(crier)},
		"risk: invalid: Publisher <nil>: must not be nil": {ISIN: isin, Feed: new(feed)},
	} {
		_, err := risk.NewWorld(cfg)
		require.EqualError(t, err, want)
	}
	_, err := risk.NewWorld(risk.WorldConfig{ISIN: isin, Feed: new(feed), Publisher: new(crier)})
	require.NoError(t, err, "an inbox is not needed")
}

// Any record of the journal is enough to make its translation again.
func TestTheJournalProvesEveryTranslation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, depth := range []string{"5000000", "20000", "5000000", "300000", "20000"} {
		r.feed.change = func(in *risk.Inputs) { in.Snapshot.Book.Depth, in.Snapshot.Book.BidSize = dec(depth), dec("1000") }
		o := outcome(depth, market.ByMaker)
		text, err := json.Marshal(risk.Command{By: "desk", Do: risk.Report, Outcome: &o})
		require.NoError(t, err)
		require.NoError(t, r.inbox.Put(t.Context(), risk.Key(isin), r.now.String(), text))
		_, err = r.tick()
		require.NoError(t, err)
	}
	_, err := evenkeel.Verify(t.Context(), r.store, risk.Key(isin))
	require.NoError(t, err)
	records := 0
	for rec, err := range r.store.Journal(t.Context(), risk.Key(isin), 0) {
		require.NoError(t, err)
		var seen risk.Observation
		var state risk.State
		var d risk.Decision
		require.NoError(t, json.Unmarshal(rec.Seen, &seen))
		require.NoError(t, json.Unmarshal(rec.State, &state))
		require.NoError(t, json.Unmarshal(rec.Decision, &d))
		again, err := engineOf(t, config()).Translate(*seen.Inputs, d.Translation.Sale, state.Track)
		require.NoError(t, err)
		text, err := json.Marshal(again)
		require.NoError(t, err)
		was, err := json.Marshal(d.Translation)
		require.NoError(t, err)
		require.Equal(t, string(was), string(text))
		records++
	}
	require.Equal(t, 5, records)
}
