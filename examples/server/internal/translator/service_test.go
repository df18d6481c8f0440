package translator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const bond = market.ISIN("IN0012345678")

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// heard remembers what it was told to tell.
type heard struct {
	mu     sync.Mutex
	stamps []evenkeel.Stamp
	events map[string][]uint64 // numbers by key
	deaf   error
}

// Publish implements risk.Publisher.
func (h *heard) Publish(_ context.Context, stamp evenkeel.Stamp, d risk.Decision) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf != nil {
		return h.deaf
	}
	h.stamps = append(h.stamps, stamp)
	if h.events == nil {
		h.events = map[string][]uint64{}
	}
	for _, e := range d.Events {
		h.events[stamp.Key] = append(h.events[stamp.Key], e.Number)
	}
	return nil
}

// rig is a service over a database.
type rig struct {
	*translator.Service
	t     *testing.T
	clock *clock.Mock
	db    *sql.DB
	heard *heard
}

func dsn(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "evenkeel.db")
}

func open(t *testing.T, dsn string, now *clock.Mock, change ...string) *rig {
	t.Helper()
	text := strings.Replace(string(config.DefaultYAML), "  live: 1000 ", "  live: 2 ", 1)
	for i := 0; i < len(change); i += 2 {
		require.Contains(t, text, change[i])
		text = strings.Replace(text, change[i], change[i+1], 1)
	}
	cfg, err := config.Parse("translator.yaml", []byte(text), config.Override{})
	require.NoError(t, err)
	db, err := sql.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	r := &rig{t: t, clock: now, db: db, heard: new(heard)}
	cfg.Translator.Feeds = nil
	r.Service, err = translator.Open(*cfg.Translator, translator.PortsOf(db, r.heard), translator.Options{Clock: now, Log: zap.NewNop()})
	require.NoError(t, err)
	return r
}

func newClock() *clock.Mock {
	now := clock.NewMock()
	now.Set(start)
	return now
}

// tell tells of a book now.
func (r *rig) tell(isin market.ISIN, bid string) {
	r.t.Helper()
	at := r.Now()
	require.NoError(r.t, r.Put(r.t.Context(), []sql.Instrument{{ISIN: isin, Book: &sql.Known[market.Microstructure]{Source: "core", At: at, Is: market.Microstructure{
		At: at, ISIN: isin, Bid: dec(bid), Ask: dec("101"), Depth: dec("5000000"), Volume: dec("10000000"), Trades: 3, Window: time.Hour,
	}}}}))
}

func (r *rig) look(isin market.ISIN) translator.Look {
	r.t.Helper()
	l, err := r.Fast(r.t.Context(), isin)
	require.NoError(r.t, err)
	return l
}

// run lets it work until stop is called.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() { cancel(); require.NoError(r.t, <-done) }
}

// last returns the number of the newest record.
func (r *rig) last(isin market.ISIN) uint64 {
	rec, err := r.db.Store().Last(r.t.Context(), risk.Key(isin))
	if errors.Is(err, evenkeel.ErrNotFound) {
		return 0
	}
	require.NoError(r.t, err)
	return rec.Seq
}

func TestWhatIsToldIsTranslatedWithoutAnybodyAsking(t *testing.T) {
	r := open(t, dsn(t), newClock())
	stop := r.run()
	defer stop()
	for i := range 20 {
		r.tell(market.ISIN(fmt.Sprintf("IN00%08d", i)), "100")
	}
	require.Eventually(t, func() bool {
		for i := range 20 {
			if r.last(market.ISIN(fmt.Sprintf("IN00%08d", i))) == 0 {
				return false
			}
		}
		return true
	}, 20*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return r.Health().Waiting == 0 }, 20*time.Second, time.Millisecond)
	require.Equal(t, 2, r.Health().Live, "no more are kept than may be")
}

func TestEventsAreToldInTheOrderOfTheJournal(t *testing.T) {
	r := open(t, dsn(t), newClock())
	stop := r.run()
	for i := range 40 {
		r.clock.Set(r.clock.Now().Add(time.Second))
		r.tell(bond, fmt.Sprintf("%d", 60+i))
		if i%3 == 0 {
			r.look(bond)
		}
	}
	r.look(bond)
	stop()
	var seq, number uint64
	for _, s := range r.heard.stamps {
		require.Greater(t, s.Seq, seq)
		seq = s.Seq
	}
	for _, n := range r.heard.events[risk.Key(bond)] {
		require.Equal(t, number+1, n)
		number = n
	}
	require.Greater(t, number, uint64(10))
}

func TestWhoeverCannotBeToldHoldsNothingUp(t *testing.T) {
	r := open(t, dsn(t), newClock())
	r.heard.deaf = errors.New("nobody there")
	r.tell(bond, "100")
	require.Equal(t, uint64(1), r.look(bond).Seq)
	require.NotNil(t, r.look(bond).Decision.Translation)
}

func TestTwoServersOverOneDatabaseKeepOneJournal(t *testing.T) {
	name, now := dsn(t), newClock()
	servers := [2]*rig{open(t, name, now), open(t, name, now)}
	var working sync.WaitGroup
	for i, s := range servers {
		working.Go(func() {
			for n := range 15 {
				s.tell(bond, fmt.Sprintf("%d", 50+2*n+i))
				if _, err := s.Fast(t.Context(), bond); err != nil {
					assert.ErrorIs(t, err, translator.ErrBusy) // the other one was quicker three times
				}
			}
		})
	}
	working.Wait()
	found, err := evenkeel.Verify(t.Context(), servers[0].db.Store(), risk.Key(bond))
	require.NoError(t, err)
	require.GreaterOrEqual(t, found.Head.Seq, uint64(15))
	servers[0].tell(bond, "99")
	seen := servers[0].look(bond)
	require.Less(t, servers[1].look(bond).Seq, seen.Seq, "what it remembers is enough for a moment")
	now.Add(251 * time.Millisecond)
	require.Equal(t, seen.Seq, servers[1].look(bond).Seq, "what one has made, the other shows")
	require.True(t, dec("99").Equal(seen.Seen.Inputs.Snapshot.Book.Bid))
}

// quicker is a store in which somebody else writes whenever we do.
type quicker struct {
	evenkeel.Store
	lost *atomic.Int64 // how often
}

// Append implements evenkeel.Store.
func (q quicker) Append(context.Context, evenkeel.Record) error {
	q.lost.Add(1)
	return evenkeel.ErrConflict
}

// against opens a service beside r's that another one is always quicker than.
func (r *rig) against() (*translator.Service, *atomic.Int64) {
	r.t.Helper()
	ports, lost := translator.PortsOf(r.db, r.heard), new(atomic.Int64)
	ports.Store = quicker{ports.Store, lost}
	slow, err := translator.Open(r.Config(), ports, translator.Options{Clock: r.clock, Log: zap.NewNop()})
	require.NoError(r.t, err)
	return slow, lost
}

func TestWhoIsNeverQuickerThanAnotherServerMayTryAgain(t *testing.T) {
	r := open(t, dsn(t), newClock())
	r.tell(bond, "99")
	slow, _ := r.against()
	_, err := slow.Fast(t.Context(), bond)
	require.ErrorIs(t, err, translator.ErrBusy)
	require.NotErrorIs(t, err, evenkeel.ErrConflict, "that is what a key that was used for something else is called")
}

func TestABondThatCannotBeTranslatedIsNotKept(t *testing.T) {
	r := open(t, dsn(t), newClock())
	r.tell(bond, "99")
	err := r.Put(t.Context(), []sql.Instrument{{ISIN: bond, Bond: &sql.Known[market.Bond]{Source: "core", At: r.Now(), Is: market.Bond{Tenor: "99Y"}}}})
	require.ErrorContains(t, err, `Bond.Tenor "99Y": must be one of the policy's Tenors`)
	require.True(t, translator.Malformed(err))
	require.NotNil(t, r.look(bond).Decision.Translation)
}

func TestALookThatFailsIsTriedAgainAfterAWhileThatGrows(t *testing.T) {
	r := open(t, dsn(t), newClock())
	r.tell(bond, "99")
	slow, lost := r.against() // which looks at once at what nobody has looked at
	r.Service = slow
	defer r.run()()
	const each = 3 // that one look tries
	for n, rest := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		tried := int64(each * (n + 1))
		require.Eventually(t, func() bool { return lost.Load() == tried }, 20*time.Second, time.Millisecond)
		for _, part := range []time.Duration{rest - time.Millisecond, time.Millisecond} {
			require.Never(t, func() bool { return lost.Load() > tried }, 50*time.Millisecond, 10*time.Millisecond)
			r.clock.Add(part)
		}
	}
}

func TestAFileThatCouldNotBeKeptIsReadAgainAndItsRowsAreSaidToBeWrongAsLongAsTheyAre(t *testing.T) {
	r := open(t, dsn(t), newClock())
	path := filepath.Join(t.TempDir(), "bonds.csv")
	require.NoError(t, os.WriteFile(path, []byte("isin,bid,ask,bid_size,ask_size,l2_depth_qty,l2_levels,trades_count,vwap,volume_face,time_since_last_trade_s\n"+
		string(bond)+",99,100,1,1,9,2,0,0,0,60\nIN0087654321,101,100,1,1,9,2,0,0,0,60\n"), 0o600))
	require.NoError(t, os.Chtimes(path, start, start))
	cfg, ports, there := r.Config(), translator.PortsOf(r.db, r.heard), &away{Instruments: r.db.Instruments()}
	there.gone.Store(true)
	cfg.Feeds = []config.Feed{{Name: "desk", File: path}}
	ports.Instruments = there
	var err error
	r.Service, err = translator.Open(cfg, ports, translator.Options{Clock: r.clock, Log: zap.NewNop()})
	require.NoError(t, err)
	says := func(what string) func() bool {
		return func() bool { return strings.Contains(strings.Join(r.Health().Sources[0].Problems, "; "), what) }
	}
	defer r.run()()
	require.Eventually(t, says("away"), 20*time.Second, time.Millisecond)
	there.gone.Store(false)
	r.clock.Add(10 * time.Second)
	require.Eventually(t, func() bool { return r.last(bond) > 0 }, 20*time.Second, time.Millisecond)
	require.Eventually(t, says("IN0087654321"), 20*time.Second, time.Millisecond)
	require.False(t, says("away")())
	r.clock.Add(10 * time.Second)
	require.Never(t, func() bool { return !says("IN0087654321")() }, 100*time.Millisecond, 10*time.Millisecond, "the file is as it was")
}

func TestWhatPeopleWatchIsLookedAtAgain(t *testing.T) {
	const other = market.ISIN("IN0087654321")
	r := open(t, dsn(t), newClock())
	r.tell(bond, "100")
	r.tell(other, "100")
	r.look(bond)
	stop := r.run()
	defer stop()
	require.Eventually(t, func() bool { r.clock.Add(time.Minute); return r.last(bond) >= 4 }, 20*time.Second, time.Millisecond)
	require.LessOrEqual(t, r.last(other), uint64(2), "nobody has asked for it: it was told once, and found once")
	for range 3 {
		was := r.last(other)
		require.Eventually(t, func() bool { r.clock.Add(time.Hour); return r.last(other) > was }, 20*time.Second, time.Millisecond)
	}
	looks := r.last(other)
	require.Less(t, r.last(bond), looks+10, "who has not asked for an hour does not watch")
}

func TestAStreamIsToldHowThingsStand(t *testing.T) {
	r := open(t, dsn(t), newClock())
	_, err := r.Standing(t.Context(), bond)
	require.ErrorIs(t, err, topic.ErrUnknown)
	r.tell(bond, "100")
	standing, err := r.Standing(t.Context(), bond)
	require.NoError(t, err)
	require.Equal(t, start, standing.At)
	require.Equal(t, bond, standing.Translation.ISIN)
	require.Equal(t, r.look(bond).State.Numbers, standing.Numbers)
	require.NotZero(t, standing.Numbers.Last())
}

func TestAnOldRecordIsShownUnderAnotherConfigurationAndNotMadeAgain(t *testing.T) {
	name, now := dsn(t), newClock()
	r := open(t, name, now)
	r.tell(bond, "100")
	old := r.look(bond)
	r = open(t, name, now, "trade_size: 100000 ", "trade_size: 200000 ")
	l, err := r.At(t.Context(), bond, start)
	require.NoError(t, err)
	shown, err := r.For(l, old.Decision.Translation.Sale)
	require.NoError(t, err)
	require.Equal(t, old.Decision.Translation.Hash, shown.Hash)
	_, err = r.For(l, r.Sale(dec("5")))
	require.ErrorIs(t, err, translator.ErrOtherEngine)
	_, err = r.Canonical(l, r.Sale(decimal.Zero))
	require.ErrorIs(t, err, translator.ErrOtherEngine)
}

func TestTooManyWhoInsistAreTurnedAway(t *testing.T) {
	r := open(t, dsn(t), newClock())
	r.tell(bond, "100")
	answers := make(chan error, 3)
	r.heard.mu.Lock() // whoever looks waits to be told
	for range 3 {
		go func() {
			_, err := r.Accurate(t.Context(), bond)
			answers <- err
		}()
	}
	require.Eventually(t, func() bool { r.clock.Add(time.Second); return len(answers) == 1 }, 20*time.Second, time.Millisecond)
	require.ErrorIs(t, <-answers, translator.ErrBusy)
	r.heard.mu.Unlock()
	require.NoError(t, <-answers)
	require.NoError(t, <-answers)
}

// away is a database that may not be there.
type away struct {
	translator.Instruments
	gone atomic.Bool
}

var errAway = errors.New("the database is away")

// Instrument implements translator.Instruments.
func (a *away) Instrument(ctx context.Context, isin market.ISIN) (sql.Instrument, error) {
	if a.gone.Load() {
		return sql.Instrument{}, errAway
	}
	return a.Instruments.Instrument(ctx, isin)
}

// Put implements translator.Instruments.
func (a *away) Put(ctx context.Context, told []sql.Instrument) error {
	if a.gone.Load() {
		return errAway
	}
	return a.Instruments.Put(ctx, told)
}

// Whoever follows an instrument is not told that nothing is known of it, only since
// nothing can be had just now.
func TestHowItStandsIsTheNewestThatWasEverTranslated(t *testing.T) {
	now := newClock()
	r := open(t, dsn(t), now)
	told := &away{Instruments: r.db.Instruments()}
	ports := translator.PortsOf(r.db, r.heard)
	ports.Instruments = told
	counted := metrics.New()
	service, err := translator.Open(r.Config(), ports, translator.Options{Clock: now, Log: zap.NewNop(), Metrics: counted})
	require.NoError(t, err)
	r.Service = service
	r.tell(bond, "99")
	first := r.look(bond)
	require.NotNil(t, first.Decision.Translation)
	for range 3 {
		told.gone.Store(true)
		now.Add(time.Hour)
		blind := r.look(bond)
		require.Nil(t, blind.Decision.Translation)
		standing, err := r.Standing(t.Context(), bond)
		require.NoError(t, err)
		require.Equal(t, blind.At, standing.At)
		require.Equal(t, blind.State.Numbers, standing.Numbers, "with what was alerted meanwhile")
		require.Equal(t, first.Decision.Translation.Hash, standing.Translation.Hash)
	}
	told.gone.Store(false)
	now.Add(time.Hour)
	last := r.look(bond)
	require.NotEqual(t, first.Decision.Translation.Hash, last.Decision.Translation.Hash)
	standing, err := r.Standing(t.Context(), bond)
	require.NoError(t, err)
	require.Equal(t, last.Decision.Translation.Hash, standing.Translation.Hash)

	shown := httptest.NewRecorder()
	counted.Handler().ServeHTTP(shown, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Contains(t, shown.Body.String(), `evenkeel_translations_total{reason="no_inputs"} 3`)
	require.Contains(t, shown.Body.String(), `evenkeel_translation_alerts_total{severity="warning",type="data_quality"} 1`, "once, while its cause holds")
}

// A stream that has missed something asks how an instrument stands, and must not be
// told what it knows already.
func TestHowItStandsIsWhatAnotherServerHasJustWritten(t *testing.T) {
	now, at := newClock(), dsn(t)
	one, other := open(t, at, now), open(t, at, now)
	one.tell(bond, "99")
	first := one.look(bond)
	other.tell(bond, "98")
	second := other.look(bond)
	require.NotEqual(t, first.Hash, second.Hash)
	now.Add(time.Millisecond)
	standing, err := one.Standing(t.Context(), bond)
	require.NoError(t, err)
	require.Equal(t, second.Decision.Translation.Hash, standing.Translation.Hash)
	require.Equal(t, second.State.Numbers, standing.Numbers)
}
