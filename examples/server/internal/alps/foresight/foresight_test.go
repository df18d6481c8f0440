package foresight_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/foresight"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
)

const every = 5 * time.Minute

var begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// slot is when a slot begins.
func slot(n int) time.Time { return begin.Add(time.Duration(n) * every) }

func config() foresight.Config {
	return foresight.Config{Every: every, Horizon: 2 * every, Fit: 24 * time.Hour, Floor: decimal.NewFromInt(1)}
}

// past is a chronicle that is written slot by slot.
type past struct {
	t testing.TB
	*memory.Chronicle
	seq uint64
}

func newPast(tb testing.TB) *past {
	tb.Helper()
	return &past{t: tb, Chronicle: &memory.Chronicle{}}
}

// see writes the ratios of banks in a slot; NaN was not seen.
func (p *past) see(n int, sri float64, ratios ...float64) {
	p.t.Helper()
	p.seq++
	e := chronicle.Entry{Seq: p.seq, At: slot(n).Add(time.Minute)}
	for bank, ratio := range ratios {
		if math.IsNaN(ratio) {
			continue
		}
		liquid, err := decimal.NewFromString(strconv.FormatFloat(ratio*1000, 'f', 4, 64))
		require.NoError(p.t, err)
		e.Ratios = append(e.Ratios, chronicle.Ratio{SeenAt: e.At, Seq: p.seq, Position: liquidity.Position{
			Bank: "bank-" + string(rune('a'+bank)), Kind: liquidity.SXLR, Currency: "EUR", Source: "test", At: e.At,
			Liquid: liquid, Obligations: decimal.NewFromInt(1000), SRI: decimal.NewFromInt(int64(sri)), FXVolatility: decimal.New(1, -1),
		}})
	}
	require.NoError(p.t, p.Write(p.t.Context(), e))
}

// drain writes a past in which banks drain in spells that their risk announces.
func (p *past) drain(slots, banks int) {
	p.t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	logs := make([]float64, banks)
	for i := range logs {
		logs[i] = 0.12
	}
	spell := 0.0
	for n := range slots {
		if rng.Float64() < 1.0/40 {
			spell = 1 - spell
		}
		ratios := make([]float64, banks)
		for b := range logs {
			logs[b] += 0.05*(0.12-logs[b]) - 0.012*spell + (0.004+0.006*spell)*rng.NormFloat64()
			ratios[b] = math.Exp(logs[b])
		}
		p.see(n, 20+40*spell+rng.Float64()*5, ratios...)
	}
}

func predict(t *testing.T, f *foresight.Foresight, now time.Time) []foresight.Outlook {
	t.Helper()
	outlooks, err := f.Predict(t.Context(), now)
	require.NoError(t, err)
	return outlooks
}

func TestWithoutEnoughHistoryEachBankSaysWhatItLacks(t *testing.T) {
	p := newPast(t)
	f := foresight.New(config(), p)
	require.Empty(t, predict(t, f, slot(0)))
	p.see(0, 10, 1.1, 1.2)
	outlooks := predict(t, f, slot(0).Add(2*time.Minute))
	require.Len(t, outlooks, 2, "known at once, before a slot has ended")
	require.Equal(t, "insufficient history: 0 observations of 200, one every 5m0s", outlooks[0].Missing)
	for n := 1; n < 250; n++ {
		p.see(n, 10, 1.1+float64(n%3)/100, math.NaN())
	}
	outlooks = predict(t, f, slot(250))
	require.Equal(t, 250, outlooks[0].Seen)
	require.Nil(t, outlooks[0].Event, "nothing ever breached: there is nothing to learn from")
	require.Contains(t, outlooks[0].Missing, "insufficient history: sample ")
	require.Equal(t, 0, outlooks[1].Seen)
	require.Contains(t, outlooks[1].Missing, "insufficient history: 0 observations")
	events, err := p.Stress(t.Context(), chronicle.Query{})
	require.NoError(t, err)
	require.Empty(t, events.Items)
	require.Nil(t, f.Skill())
}

func TestASilentBankCarriesOnForThreeSlots(t *testing.T) {
	for _, row := range []struct {
		name         string
		silent, seen int
	}{
		{"three are carried over", 3, 43},
		{"four are a gap, and what was before does not count", 4, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPast(t)
			for n := range 20 + row.silent + 20 {
				ratio := 1.1
				if n >= 20 && n < 20+row.silent {
					ratio = math.NaN()
				}
				p.see(n, 10, ratio, 1.1)
			}
			outlooks := predict(t, foresight.New(config(), p), slot(40+row.silent))
			require.Equal(t, row.seen, outlooks[0].Seen)
			require.Equal(t, 40+row.silent, outlooks[1].Seen)
		})
	}
}

func TestASkilfulModelIsLicensedAndForecastsReachTheEngine(t *testing.T) {
	p := newPast(t)
	p.drain(1200, 6)
	f := foresight.New(config(), p)
	now := slot(1200)
	outlooks := predict(t, f, now)
	require.Len(t, outlooks, 6)
	for _, o := range outlooks {
		require.NotNil(t, o.Event, o.Missing)
		require.True(t, o.Event.Licensed, o.Missing)
		require.Empty(t, o.Missing)
		require.Equal(t, now, o.At)
	}
	require.Positive(t, f.Skill().Low)
	again := predict(t, f, now.Add(time.Minute))
	require.Equal(t, outlooks, again, "within a slot it says the same")
	events, err := p.Stress(t.Context(), chronicle.Query{Limit: 500})
	require.NoError(t, err)
	require.Len(t, events.Items, 6)

	feed := f.Over(told{{Bank: "bank-a"}, {Bank: "bank-x"}})
	positions, err := feed.Positions(t.Context(), now)
	require.NoError(t, err)
	want, err := liquidity.Probability(outlooks[0].Event.P)
	require.NoError(t, err)
	require.True(t, want.Equal(positions[0].PBreach))
	require.True(t, positions[0].Licensed)
	require.False(t, positions[1].Licensed)

	positions, err = f.Over(told{{Bank: "bank-a"}}).Positions(t.Context(), now.Add(2*every+1))
	require.NoError(t, err)
	require.False(t, positions[0].Licensed, "a forecast that is old counts no more")

	restarted := foresight.New(config(), p)
	require.NoError(t, restarted.Restore(t.Context(), now.Add(time.Minute)))
	positions, err = restarted.Over(told{{Bank: "bank-a"}}).Positions(t.Context(), now.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, want.Equal(positions[0].PBreach), "a restart forgets no forecast")
	require.Equal(t, outlooks, predict(t, restarted, now.Add(time.Minute)), "and comes to the same again")
}

// told is a feed of always the same.
type told []liquidity.Position

// Positions implements liquidity.Feed.
func (f told) Positions(context.Context, time.Time) ([]liquidity.Position, error) {
	return append([]liquidity.Position{}, f...), nil
}

func TestAModelIsFittedAgainWhenItIsTime(t *testing.T) {
	p := newPast(t)
	p.drain(1200, 6)
	f := foresight.New(config(), p)
	model := func(n int) string { return predict(t, f, slot(n))[0].Event.Model }
	first := model(900)
	require.Equal(t, first, model(900+287), "not before a day has passed")
	require.NotEqual(t, first, model(900+288))
}

func TestManyMayWaitAndNoMore(t *testing.T) {
	p := newPast(t)
	p.see(0, 10, 1.1)
	slow := &slow{Chronicle: p.Chronicle, asked: make(chan struct{}, 100), release: make(chan struct{})}
	f := foresight.New(config(), slow)
	var all sync.WaitGroup
	errs := make(chan error, 40)
	for range 40 {
		all.Go(func() {
			_, err := f.Predict(t.Context(), slot(1))
			errs <- err
		})
	}
	<-slow.asked
	for range 20 { // those who may not wait
		require.ErrorIs(t, <-errs, foresight.ErrBusy)
	}
	close(slow.release)
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

// slow is a chronicle that answers once it is released.
type slow struct {
	*memory.Chronicle
	asked   chan struct{}
	release chan struct{}
}

// Latest implements chronicle.Chronicle.
func (s *slow) Latest(ctx context.Context, after string, limit int) ([]chronicle.Ratio, error) {
	s.asked <- struct{}{}
	<-s.release
	return s.Chronicle.Latest(ctx, after, limit)
}

func TestWhatTheChronicleCannotTellIsAnError(t *testing.T) {
	away := errors.New("away")
	_, err := foresight.New(config(), broken{&memory.Chronicle{}, away}).Predict(t.Context(), slot(1))
	require.ErrorIs(t, err, away)
}

type broken struct {
	*memory.Chronicle
	err error
}

// Ratios implements chronicle.Chronicle.
func (b broken) Ratios(context.Context, chronicle.Query) (chronicle.Page[chronicle.Ratio], error) {
	return chronicle.Page[chronicle.Ratio]{}, b.err
}
