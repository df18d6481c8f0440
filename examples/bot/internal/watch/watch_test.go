package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

var start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// world answers as a test says.
type world struct {
	seen    maker.Observation
	err     error
	cleared int
}

func (w *world) Observe(_ context.Context, now time.Time, _ maker.State) (maker.Observation, error) {
	w.seen.At = now
	return w.seen, w.err
}

func (w *world) Act(context.Context, time.Time, evenkeel.Stamp, maker.Decision) error { return w.err }

func (w *world) Clear(context.Context) error {
	w.cleared++
	return w.err
}

type rig struct {
	*world
	*watch.World[maker.State, maker.Observation, maker.Decision]
	looks []watch.Look
}

func newRig(patience time.Duration) *rig {
	r := &rig{world: &world{}}
	r.World = watch.New(r.world, patience, func(l watch.Look) { r.looks = append(r.looks, l) })
	return r
}

func (r *rig) observe(t *testing.T, at time.Time, s maker.State) {
	t.Helper()
	_, err := r.World.Observe(t.Context(), at, s)
	require.ErrorIs(t, err, r.err)
}

func (r *rig) act(t *testing.T, at time.Time, d maker.Decision) {
	t.Helper()
	require.ErrorIs(t, r.World.Act(t.Context(), at, evenkeel.Stamp{Key: "k", Seq: 1, At: at}, d), r.err)
}

func TestALookIsToldWhenItLedToSomething(t *testing.T) {
	r := newRig(time.Minute)
	order := exchange.Order{ClientID: "ours", Side: exchange.Ask, Price: decimal.NewFromInt(2), Amount: decimal.NewFromInt(5), Filled: decimal.NewFromInt(1)}
	r.seen = maker.Observation{
		Price: &exchange.Price{Value: decimal.NewFromInt(2), At: start.Add(-3 * time.Second)},
		Base:  exchange.Balance{Free: decimal.NewFromInt(10), Held: decimal.NewFromInt(5)}, Quote: exchange.Balance{Free: decimal.NewFromInt(7)},
		Open: []exchange.Order{order, {ClientID: "another's"}},
	}
	s := maker.State{Intents: []maker.Intent{{Order: order, Level: 3}}, Earnings: maker.Earnings{Fills: 2}}
	r.observe(t, start, s)
	require.Empty(t, r.looks)
	r.act(t, start, maker.Decision{Reason: maker.Quoting, Bids: maker.NoFunds, Asks: maker.InPlace, Price: decimal.NewFromInt(2), Cancel: []string{"x"}})
	require.Len(t, r.looks, 1)
	l := r.looks[0]
	require.Equal(t, "37", l.Worth.String())
	require.Equal(t, 3*time.Second, l.PriceAge)
	require.Equal(t, []watch.Order{{ID: "ours", Side: exchange.Ask, Price: order.Price, Amount: decimal.NewFromInt(4), Level: 3}}, l.Open)
	require.Equal(t, []any{maker.Quoting, maker.NoFunds, 1, 2}, []any{l.Reason, l.Bids, l.Cancel, l.Fills})
}

func TestADecisionOfAnEarlierLifeIsActedOnAndNotTold(t *testing.T) {
	r := newRig(time.Minute)
	r.act(t, start, maker.Decision{Reason: maker.Quoting})
	require.Empty(t, r.looks)
}

func TestFailuresAreTold(t *testing.T) {
	r := newRig(time.Minute)
	r.err = errors.New("unplugged")
	r.observe(t, start, maker.State{})
	r.err = nil
	r.observe(t, start, maker.State{})
	r.err = errors.New("refused")
	r.act(t, start, maker.Decision{Reason: maker.Quoting})
	require.Equal(t, []string{"unplugged", "refused"}, []string{r.looks[0].Fault, r.looks[1].Fault})
}

func TestAMakerThatGetsNowhereIsCleared(t *testing.T) {
	for name, c := range map[string]struct {
		patience time.Duration
		acts     bool // each look leads to something
		want     int
	}{
		"when no look has led to anything for so long": {time.Minute, false, 3}, // at 60, 70 and 80 s
		"not while looks lead to something":            {time.Minute, true, 0},
		"never without patience":                       {0, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(c.patience)
			for i := range 9 {
				at := start.Add(time.Duration(i) * 10 * time.Second)
				r.observe(t, at, maker.State{})
				if c.acts {
					r.act(t, at, maker.Decision{})
				}
			}
			require.Equal(t, c.want, r.cleared)
		})
	}
}

func TestAClearThatFailsIsNotToldAsOne(t *testing.T) {
	r := newRig(time.Second)
	r.observe(t, start, maker.State{})
	r.err = errors.New("unplugged")
	r.observe(t, start.Add(time.Second), maker.State{})
	require.False(t, r.looks[0].Cleared)
	r.err = nil
	r.observe(t, start.Add(2*time.Second), maker.State{})
	require.True(t, r.looks[1].Cleared)
}
