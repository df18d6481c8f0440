package exchangetest

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// StormFixture is an account at a venue where much goes wrong: answers are lost,
// limits are hit, the server fails before and after it has acted, orders are
// filled in part, and the venue's clock is not ours.
type StormFixture struct {
	Client exchange.Client // can pay for 200 x Amount on either side
	Pair   exchange.Pair
	Price  decimal.Decimal // Quote per Base, a multiple of the tick: the suite trades within 5 ticks of it
	Amount decimal.Decimal // Base, a multiple of the lot, valid at that price

	Wait    func(time.Duration)     // lets time pass, for the client and the venue
	Calm    func()                  // ends the storm
	Orders  func() []exchange.Order // every order that the venue has taken from the account, under its client ids
	Weather func() Weather          // what the storm has done
}

// Weather counts what a storm has done.
type Weather struct {
	Requests int
	Dropped  int // placings that happened and were not answered
	Limited  int // requests answered with 429
	Failed   int // requests answered with 5xx
	Filled   int // trades of somebody with the account's orders
}

const (
	maxOpen = 12               // orders that the maker has on the book
	quiet   = 30 * time.Second // after a storm
)

// RunStorm has a maker carry out n intents in a storm, each an order under a
// ClientID of its own, and cancel the older ones. It acts, looks and acts again,
// as a host does. Every intent must have become one order, none more than one;
// when it is quiet again, what is open must be known to the maker, and all of it
// must go when the maker cancels it.
func RunStorm(t *testing.T, n int, f StormFixture) {
	t.Helper()
	m := &maker{StormFixture: f, t: t, known: map[string]exchange.Order{}}
	require.NoError(t, m.insist(func() (err error) {
		m.market, err = f.Client.Market(t.Context(), f.Pair)
		return err
	}))
	for i := range n {
		m.place(i)
		if len(m.open) > maxOpen {
			m.cancel(m.open[0])
		}
	}
	f.Calm()
	f.Wait(quiet)
	orphans := m.listed()
	orphans = slices.DeleteFunc(orphans, func(id string) bool { return slices.Contains(m.open, id) })
	for len(m.open) > 0 {
		m.cancel(m.open[0])
	}

	orders := f.Orders()
	placed := map[string]int{}
	for _, o := range orders {
		placed[o.ClientID]++
	}
	w := f.Weather()
	t.Logf("%d intents: %d orders, %d duplicates, %d orphans; %d requests: %d dropped after placing, %d times 429, %d times 5xx, %d fills",
		n, len(placed), len(orders)-len(placed), len(orphans), w.Requests, w.Dropped, w.Limited, w.Failed, w.Filled)
	require.Len(t, placed, n, "each intent is an order")
	require.Len(t, orders, n, "and no more than one")
	require.Empty(t, orphans)
	require.Empty(t, m.listed(), "all of it was cancelled")
	for _, o := range orders {
		known := m.known[o.ClientID]
		require.NotEqual(t, exchange.Open, o.Status, "%v", o)
		require.Equal(t, o.Status, known.Status, "%v", o)
		require.True(t, o.Filled.Equal(known.Filled), "%v: filled %v, the maker knows of %v", o, o.Filled, known.Filled)
	}
	require.Greater(t, min(5*w.Dropped, 4*w.Filled), n, "a storm that does little proves little")
	require.Greater(t, min(15*w.Limited, 30*w.Failed), w.Requests, "a storm that does little proves little")
}

// maker is a host in few words.
type maker struct {
	StormFixture
	t      *testing.T
	market exchange.Market
	known  map[string]exchange.Order // by client id, as last seen: every order it placed
	open   []string                  // client ids of what it has on the book, oldest first
}

// insist repeats a call until the venue has said what will not change, and
// returns that.
func (m *maker) insist(call func() error) error {
	m.t.Helper()
	const patience = 500
	var err error
	for range patience {
		err = call()
		var limit *exchange.RateLimitError
		switch {
		case err == nil || errors.Is(err, exchange.ErrNotFound) || errors.Is(err, exchange.ErrInvalid) || errors.Is(err, exchange.ErrRejected):
			return err
		case errors.As(err, &limit):
			require.ErrorIs(m.t, call(), exchange.ErrRateLimited, "who does not wait is not heard")
			m.Wait(limit.RetryAfter)
		case errors.Is(err, exchange.ErrUnknownOutcome): // at once: that is always safe
		default: // no answer, or a clock that is off
			m.Wait(time.Second)
		}
	}
	require.NoError(m.t, err, "after %d attempts", patience)
	return err
}

// listed returns the client ids of the open orders. For calm weather.
func (m *maker) listed() []string {
	m.t.Helper()
	orders, err := m.Client.OpenOrders(m.t.Context(), m.Pair)
	require.NoError(m.t, err)
	var ids []string
	for _, o := range orders {
		ids = append(ids, o.ClientID)
	}
	return ids
}

// place carries out the intent of a number. Every other time it looks before it
// acts again.
func (m *maker) place(number int) {
	m.t.Helper()
	o := exchange.Order{
		ClientID: exchange.ClientID("storm/"+strconv.Itoa(number), 0), Pair: m.Pair, Side: exchange.Bid, Amount: m.Amount,
		PostOnly: number%3 == 0,
	}
	ticks := int64(-1 - number%5)
	if number%2 == 1 {
		o.Side, ticks = exchange.Ask, -ticks
	}
	o.Price = m.Price.Add(m.market.Tick.Mul(decimal.NewFromInt(ticks)))
	looks := number%4 < 2
	var placed exchange.Order
	require.NoError(m.t, m.insist(func() (err error) {
		placed, err = m.Client.Place(m.t.Context(), o)
		if looks && errors.Is(err, exchange.ErrUnknownOutcome) {
			if found, missing := m.Client.Order(m.t.Context(), m.Pair, o.ClientID); missing == nil {
				placed, err = found, nil
			}
		}
		return err
	}), "%v", o)
	require.True(m.t, placed.SameTerms(o) && placed.ClientID == o.ClientID, "asked for %v, placed %v", o, placed)
	m.known[o.ClientID] = placed
	m.open = append(m.open, o.ClientID)
}

// cancel takes an order off the book and learns what became of it.
func (m *maker) cancel(id string) {
	m.t.Helper()
	require.NoError(m.t, m.insist(func() error { return m.Client.Cancel(m.t.Context(), m.Pair, id) }))
	require.NoError(m.t, m.insist(func() (err error) {
		m.known[id], err = m.Client.Order(m.t.Context(), m.Pair, id)
		return err
	}))
	m.open = slices.DeleteFunc(m.open, func(open string) bool { return open == id })
}
