package maker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var (
	start = time.Date(2023, 3, 11, 0, 0, 0, 0, time.UTC)
	pair  = exchange.Pair{Base: "USDC", Quote: "USDT"}
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// quoted is a reference price that a test sets.
type quoted struct {
	price decimal.Decimal
	at    time.Time
	err   error
}

func (q *quoted) Price(context.Context, exchange.Pair, time.Time) (exchange.Price, error) {
	return exchange.Price{Value: q.price, At: q.at}, q.err
}

// rig is a maker that quotes on a venue in memory, ten seconds a tick.
type rig struct {
	t     testing.TB
	cfg   maker.Config
	venue *paper.Venue
	us    *paper.Account
	them  *paper.Account
	feed  *quoted
	store *memory.Store
	inbox *memory.Inbox
	world *maker.World
	run   *evenkeel.Runner[maker.State, maker.Observation, maker.Decision]
	now   time.Time
	asked int // commands so far
	taken int // orders of the others so far
}

// usual is what tests begin with: a wall of 100 on each side, 20 bps away, and a
// tail of two.
func usual() maker.Config {
	c := maker.Careful("desk", pair, dec("100"))
	c.Mode, c.AddFee = maker.Live, false
	c.Bids = maker.Ladder{OffsetBps: dec("20"), Wall: dec("100"), WidthBps: dec("20"), DensityBps: dec("10"), Curve: maker.Linear, Steepness: maker.Mid}
	c.Asks = c.Bids
	return c
}

func rules() exchange.Market {
	return exchange.Market{Pair: pair, Tick: dec("0.0001"), Lot: dec("0.1"), MinAmount: dec("1"), MinNotional: dec("5")}
}

func newRig(tb testing.TB, change func(*maker.Config)) *rig { return newRigIn(tb, rules(), change) }

func newRigIn(tb testing.TB, market exchange.Market, change func(*maker.Config)) *rig {
	tb.Helper()
	cfg := usual()
	if change != nil {
		change(&cfg)
	}
	venue, err := paper.New(paper.Config{Name: "paper", Start: start, Markets: []exchange.Market{market}})
	require.NoError(tb, err)
	r := &rig{
		t: tb, cfg: cfg, venue: venue, us: venue.Account("us"), them: venue.Account("them"),
		feed: &quoted{price: dec("1"), at: start}, store: &memory.Store{}, inbox: &memory.Inbox{}, now: start,
	}
	for _, account := range []*paper.Account{r.us, r.them} {
		require.NoError(tb, account.Deposit("USDC", dec("1000")))
		require.NoError(tb, account.Deposit("USDT", dec("1000")))
	}
	r.restart()
	return r
}

// restart begins again with nothing but the journal, the inbox and the venue.
func (r *rig) restart() {
	r.t.Helper()
	engine, err := maker.New(r.cfg)
	require.NoError(r.t, err)
	r.world, err = maker.NewWorld(maker.WorldConfig{Key: "maker", Engine: engine, Venue: r.us, Feed: r.feed, Inbox: r.inbox})
	require.NoError(r.t, err)
	r.run, err = evenkeel.NewRunner("maker", engine, r.world, r.store, evenkeel.Options{})
	require.NoError(r.t, err)
}

// tick looks once, ten seconds later, with the reference price as of then.
func (r *rig) tick() maker.Decision {
	r.t.Helper()
	r.now = r.now.Add(10 * time.Second)
	require.NoError(r.t, r.venue.Advance(r.now))
	r.feed.at = r.now
	d, _ := r.run.Tick(r.t.Context(), r.now)
	return d
}

// at ticks with another reference price.
func (r *rig) at(price string) maker.Decision {
	r.feed.price = dec(price)
	return r.tick()
}

// settle ticks until nothing moves.
func (r *rig) settle() maker.Decision {
	r.t.Helper()
	for range 20 {
		if d := r.tick(); len(d.Place)+len(d.Cancel) == 0 {
			return d
		}
	}
	r.t.Fatal("the book never comes to rest")
	return maker.Decision{}
}

func (r *rig) command(do maker.Verb, by string) {
	r.t.Helper()
	r.asked++
	body, err := json.Marshal(maker.Command{Do: do, By: by})
	require.NoError(r.t, err)
	require.NoError(r.t, r.inbox.Put(r.t.Context(), "maker", fmt.Sprint(r.asked), body))
}

// take trades with whoever stands on that side.
func (r *rig) take(side exchange.Side, price, amount string) {
	r.t.Helper()
	r.taken++
	_, err := r.them.Place(r.t.Context(), exchange.Order{
		ClientID: fmt.Sprintf("t%d", r.taken), Pair: pair, Side: side.Opposite(), Price: dec(price), Amount: dec(amount),
	})
	require.NoError(r.t, err)
}

func (r *rig) state() maker.State {
	r.t.Helper()
	rec, err := r.store.Last(r.t.Context(), "maker")
	require.NoError(r.t, err)
	var s maker.State
	require.NoError(r.t, json.Unmarshal(rec.State, &s))
	return s
}

// book is what we have on that side, the best first, as "amount @ price".
func (r *rig) book(side exchange.Side) []string {
	r.t.Helper()
	open, err := r.us.OpenOrders(r.t.Context(), pair)
	require.NoError(r.t, err)
	var all []exchange.Order
	for _, o := range open {
		if o.Side == side {
			all = append(all, o)
		}
	}
	for i := range all {
		for j := range i {
			if better := all[i].Price.GreaterThan(all[j].Price); better == (side == exchange.Bid) {
				all[i], all[j] = all[j], all[i]
			}
		}
	}
	lines := make([]string, len(all))
	for i, o := range all {
		lines[i] = o.Remaining().String() + " @ " + o.Price.String()
	}
	return lines
}

func stamp(at time.Time) evenkeel.Stamp { return evenkeel.Stamp{Key: "maker", Seq: 1, At: at} }
