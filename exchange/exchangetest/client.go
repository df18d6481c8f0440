package exchangetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Fixture is a venue with an empty book and two accounts, each with at least 20
// x Amount of Base and 20 x Amount x Price of Quote free and no order ever
// placed.
type Fixture struct {
	Client exchange.Client // the account under test
	Other  exchange.Client // somebody to trade with
	Pair   exchange.Pair
	Price  decimal.Decimal // Quote per Base, a multiple of the tick: the suite trades within 10 ticks of it
	Amount decimal.Decimal // Base, a multiple of the lot, valid at that price

	// LoseAnswer makes the next Place of Client happen without an answer,
	// LoseRequest makes it not happen without an answer, RateLimit has the venue
	// refuse the next OpenOrders of Client. The cases that need one are skipped
	// where it is nil.
	LoseAnswer  func()
	LoseRequest func()
	RateLimit   func()
}

// Run checks the promises of exchange.Client, each on a fixture of its own.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for _, c := range []struct {
		promise string
		check   func(*testing.T, *account)
	}{
		{"a market has rules that an order can keep", marketIsValid},
		{"a pair that is not traded is not found by any call", unknownPair},
		{"an ended context ends every call and nothing is done", endedContext},
		{"a placed order rests with its terms and can be looked up", placeRests},
		{"an order never placed is not found", orderNotFound},
		{"open orders come oldest first", oldestFirst},
		{"an order holds what it could cost and gives it back when cancelled", holds},
		{"placing twice places once", placeTwice},
		{"placing at the same moment from many goroutines places once", placeTogether},
		{"placing again after the order's own fill does nothing", placeAfterFill},
		{"placing again after cancelling does nothing", placeAfterCancel},
		{"a client id that names another order is refused", sameIDOtherTerms},
		{"an order that breaks the rules is refused before anything happens", malformed},
		{"an order that the account cannot pay is refused", unaffordable},
		{"a post-only order never takes", postOnly},
		{"a post-only order that does not cross rests", postOnlyRests},
		{"cancelling what is gone succeeds", cancelGone},
		{"cancelling leaves other orders alone", cancelOne},
		{"a partial fill leaves the rest on the book", partialFill},
		{"fills add up to what the balances say", fillsAddUp},
		{"fills are asked for by time, inclusive, oldest first", fillsSince},
		{"a book is in order, added up, and no deeper than asked for", book},
		{"a ticker is the best of the book and the last trade", ticker},
		{"a lost answer is an unknown outcome that can be looked up", lostAnswer},
		{"a lost request is an unknown outcome that can be tried again", lostRequest},
		{"a rate limit says how long to wait", rateLimit},
	} {
		t.Run(c.promise, func(t *testing.T) {
			f := open(t)
			market, err := f.Client.Market(t.Context(), f.Pair)
			require.NoError(t, err)
			c.check(t, &account{Fixture: f, market: market})
		})
	}
}

// account is a fixture with the words that the cases are written in.
type account struct {
	Fixture
	market exchange.Market
}

// order is an order of n x Amount at Price + ticks.
func (a *account) order(id string, side exchange.Side, ticks, n int64) exchange.Order {
	return exchange.Order{
		ClientID: id,
		Pair:     a.Pair,
		Side:     side,
		Price:    a.Price.Add(a.market.Tick.Mul(decimal.NewFromInt(ticks))),
		Amount:   a.Amount.Mul(decimal.NewFromInt(n)),
	}
}

func place(t *testing.T, client exchange.Client, o exchange.Order) exchange.Order {
	t.Helper()
	placed, err := client.Place(t.Context(), o)
	require.NoError(t, err, "place %v", o)
	return placed
}

// open returns the client ids of the open orders.
func (a *account) open(t *testing.T) []string {
	t.Helper()
	orders, err := a.Client.OpenOrders(t.Context(), a.Pair)
	require.NoError(t, err)
	ids := []string{}
	for _, o := range orders {
		require.Equal(t, exchange.Open, o.Status, "%v", o)
		ids = append(ids, o.ClientID)
	}
	return ids
}

func (a *account) look(t *testing.T, id string) exchange.Order {
	t.Helper()
	o, err := a.Client.Order(t.Context(), a.Pair, id)
	require.NoError(t, err)
	return o
}

func (a *account) fills(t *testing.T, since time.Time) []exchange.Fill {
	t.Helper()
	fills, err := a.Client.Fills(t.Context(), a.Pair, since)
	require.NoError(t, err)
	return fills
}

func (a *account) balances(t *testing.T) (base, quote exchange.Balance) {
	t.Helper()
	all, err := a.Client.Balances(t.Context())
	require.NoError(t, err)
	for asset, b := range all {
		require.False(t, b.Free.IsNegative() || b.Held.IsNegative(), "%s: %v free, %v held", asset, b.Free, b.Held)
	}
	return all[a.Pair.Base], all[a.Pair.Quote]
}

// calls is every call of the port.
func (a *account) calls(ctx context.Context, pair exchange.Pair) map[string]error {
	o := a.order("a1", exchange.Bid, 0, 1)
	o.Pair = pair
	errs := map[string]error{"Cancel": a.Client.Cancel(ctx, pair, "a1")}
	_, errs["Market"] = a.Client.Market(ctx, pair)
	_, errs["Ticker"] = a.Client.Ticker(ctx, pair)
	_, errs["Book"] = a.Client.Book(ctx, pair, 5)
	_, errs["OpenOrders"] = a.Client.OpenOrders(ctx, pair)
	_, errs["Order"] = a.Client.Order(ctx, pair, "a1")
	_, errs["Fills"] = a.Client.Fills(ctx, pair, time.Time{})
	_, errs["Place"] = a.Client.Place(ctx, o)
	return errs
}

func marketIsValid(t *testing.T, a *account) {
	require.NoError(t, a.market.Validate())
	require.Equal(t, a.Pair, a.market.Pair)
	require.NoError(t, a.market.Check(a.order("a1", exchange.Bid, 0, 1)))
}

func unknownPair(t *testing.T, a *account) {
	for call, err := range a.calls(t.Context(), exchange.Pair{Base: "NOSUCH", Quote: "PAIR"}) {
		require.ErrorIs(t, err, exchange.ErrNotFound, call)
	}
}

func endedContext(t *testing.T, a *account) {
	place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for call, err := range a.calls(ctx, a.Pair) {
		require.ErrorIs(t, err, context.Canceled, call)
	}
	_, err := a.Client.Balances(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = a.Client.Place(ctx, a.order("a2", exchange.Bid, -1, 1))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"a1"}, a.open(t))
}

func placeRests(t *testing.T, a *account) {
	asked := a.order("a1", exchange.Ask, 1, 2)
	placed := place(t, a.Client, asked)
	require.True(t, placed.SameTerms(asked), "asked for %v, placed %v", asked, placed)
	require.Equal(t, exchange.Open, placed.Status)
	require.Equal(t, "a1", placed.ClientID)
	require.NotEmpty(t, placed.ID)
	require.True(t, placed.Filled.IsZero())
	require.False(t, placed.PlacedAt.IsZero())
	require.Equal(t, time.UTC, placed.PlacedAt.Location())
	orders, err := a.Client.OpenOrders(t.Context(), a.Pair)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]exchange.Order{placed}, orders))
	require.Empty(t, cmp.Diff(placed, a.look(t, "a1")))
}

func orderNotFound(t *testing.T, a *account) {
	place(t, a.Other, a.order("b1", exchange.Bid, -1, 1))
	for _, id := range []string{"a1", "b1"} {
		_, err := a.Client.Order(t.Context(), a.Pair, id)
		require.ErrorIs(t, err, exchange.ErrNotFound, "%s is no order of this account", id)
	}
	require.Empty(t, a.open(t))
}

func oldestFirst(t *testing.T, a *account) {
	place(t, a.Client, a.order("z9", exchange.Ask, 2, 1))
	place(t, a.Client, a.order("m5", exchange.Bid, -2, 1))
	place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	place(t, a.Client, a.order("b2", exchange.Ask, 1, 1))
	require.Equal(t, []string{"z9", "m5", "a1", "b2"}, a.open(t))
}

func holds(t *testing.T, a *account) {
	base, quote := a.balances(t)
	bid, ask := a.order("a1", exchange.Bid, -1, 1), a.order("a2", exchange.Ask, 1, 1)
	place(t, a.Client, bid)
	place(t, a.Client, ask)
	heldBase, heldQuote := a.balances(t)
	require.True(t, heldBase.Held.GreaterThanOrEqual(base.Held.Add(ask.Amount)), "the ask holds its amount")
	require.True(t, heldQuote.Held.GreaterThanOrEqual(quote.Held.Add(bid.Notional())), "the bid holds its notional")
	require.True(t, heldBase.Total().Equal(base.Total()) && heldQuote.Total().Equal(quote.Total()), "holding spends nothing")
	for _, id := range []string{"a1", "a2"} {
		require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, id))
		require.Equal(t, exchange.Cancelled, a.look(t, id).Status)
	}
	afterBase, afterQuote := a.balances(t)
	require.Empty(t, cmp.Diff([]exchange.Balance{base, quote}, []exchange.Balance{afterBase, afterQuote}))
}

func placeTwice(t *testing.T, a *account) {
	first := place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	require.Empty(t, cmp.Diff(first, place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))))
	require.Equal(t, []string{"a1"}, a.open(t))
}

func placeTogether(t *testing.T, a *account) {
	const callers = 8
	ids := make([]string, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			o, err := a.Client.Place(t.Context(), a.order("a1", exchange.Bid, -1, 1))
			ids[i], errs[i] = o.ID, err
		})
	}
	wg.Wait()
	for i := range callers {
		require.NoError(t, errs[i])
		require.Equal(t, ids[0], ids[i])
	}
	require.Equal(t, []string{"a1"}, a.open(t))
}

func placeAfterFill(t *testing.T, a *account) {
	place(t, a.Other, a.order("b1", exchange.Ask, 0, 3))
	first := place(t, a.Client, a.order("a1", exchange.Bid, 0, 1))
	require.Equal(t, exchange.Filled, first.Status)
	require.Empty(t, cmp.Diff(first, place(t, a.Client, a.order("a1", exchange.Bid, 0, 1))))
	require.Len(t, a.fills(t, time.Time{}), 1)
	require.Empty(t, a.open(t))
}

func placeAfterCancel(t *testing.T, a *account) {
	place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, "a1"))
	again := place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	require.Equal(t, exchange.Cancelled, again.Status)
	require.Empty(t, a.open(t))
}

func sameIDOtherTerms(t *testing.T, a *account) {
	first := a.order("a1", exchange.Bid, -1, 1)
	place(t, a.Client, first)
	for what, o := range map[string]exchange.Order{
		"side":   a.order("a1", exchange.Ask, 1, 1),
		"price":  a.order("a1", exchange.Bid, -2, 1),
		"amount": a.order("a1", exchange.Bid, -1, 2),
	} {
		_, err := a.Client.Place(t.Context(), o)
		require.ErrorIs(t, err, exchange.ErrInvalid, "another %s", what)
	}
	require.Equal(t, []string{"a1"}, a.open(t))
	require.True(t, a.look(t, "a1").SameTerms(first))
}

func malformed(t *testing.T, a *account) {
	good := a.order("a1", exchange.Bid, -1, 1)
	half := decimal.New(5, -1)
	for what, spoil := range map[string]func(*exchange.Order){
		"no client id":           func(o *exchange.Order) { o.ClientID = "" },
		"a client id too long":   func(o *exchange.Order) { o.ClientID = "a123456789012345678" },
		"a client id with signs": func(o *exchange.Order) { o.ClientID = "a/1" },
		"no side":                func(o *exchange.Order) { o.Side = 0 },
		"no price":               func(o *exchange.Order) { o.Price = decimal.Zero },
		"a negative price":       func(o *exchange.Order) { o.Price = o.Price.Neg() },
		"no amount":              func(o *exchange.Order) { o.Amount = decimal.Zero },
		"a negative amount":      func(o *exchange.Order) { o.Amount = o.Amount.Neg() },
		"a price between ticks":  func(o *exchange.Order) { o.Price = o.Price.Add(a.market.Tick.Mul(half)) },
		"an amount between lots": func(o *exchange.Order) { o.Amount = o.Amount.Add(a.market.Lot.Mul(half)) },
	} {
		o := good
		spoil(&o)
		_, err := a.Client.Place(t.Context(), o)
		require.ErrorIs(t, err, exchange.ErrInvalid, what)
	}
	if small := good; a.market.MinNotional.IsPositive() || a.market.MinAmount.IsPositive() {
		small.Amount = a.market.Lot
		if a.market.Check(small) != nil {
			_, err := a.Client.Place(t.Context(), small)
			require.ErrorIs(t, err, exchange.ErrInvalid, "too small")
		}
	}
	_, err := a.Client.Book(t.Context(), a.Pair, 0)
	require.ErrorIs(t, err, exchange.ErrInvalid, "a book of no depth")
	require.Empty(t, a.open(t))
}

func unaffordable(t *testing.T, a *account) {
	base, quote := a.balances(t)
	steps, _ := base.Free.QuoRem(a.Amount, 0)
	for _, o := range []exchange.Order{
		a.order("a1", exchange.Ask, 1, steps.IntPart()+1),
		{ClientID: "a2", Pair: a.Pair, Side: exchange.Bid, Price: a.Price, Amount: ceilTo(quote.Free.DivRound(a.Price, 8).Add(a.Amount), a.market.Lot)},
	} {
		_, err := a.Client.Place(t.Context(), o)
		require.ErrorIs(t, err, exchange.ErrInsufficient, "%v", o)
		require.ErrorIs(t, err, exchange.ErrRejected, "%v", o)
	}
	require.Empty(t, a.open(t))
	afterBase, afterQuote := a.balances(t)
	require.Empty(t, cmp.Diff([]exchange.Balance{base, quote}, []exchange.Balance{afterBase, afterQuote}))
}

func ceilTo(x, step decimal.Decimal) decimal.Decimal {
	steps, _ := x.QuoRem(step, 0)
	return steps.Add(decimal.NewFromInt(1)).Mul(step)
}

func postOnly(t *testing.T, a *account) {
	place(t, a.Other, a.order("b1", exchange.Ask, 0, 1))
	for i, ticks := range []int64{0, 1} {
		o := a.order(fmt.Sprintf("a%d", i), exchange.Bid, ticks, 1)
		o.PostOnly = true
		_, err := a.Client.Place(t.Context(), o)
		require.ErrorIs(t, err, exchange.ErrWouldCross)
		require.ErrorIs(t, err, exchange.ErrRejected)
	}
	require.Empty(t, a.open(t))
	require.Empty(t, a.fills(t, time.Time{}))
}

func postOnlyRests(t *testing.T, a *account) {
	place(t, a.Other, a.order("b1", exchange.Ask, 1, 1))
	o := a.order("a1", exchange.Bid, 0, 1)
	o.PostOnly = true
	require.Equal(t, exchange.Open, place(t, a.Client, o).Status)
}

func cancelGone(t *testing.T, a *account) {
	cancel := func(id, what string) {
		t.Helper()
		require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, id), what)
	}
	cancel("a0", "an order that never was")
	place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	cancel("a1", "an open order")
	cancel("a1", "the same one again")
	place(t, a.Other, a.order("b1", exchange.Ask, 0, 1))
	place(t, a.Client, a.order("a2", exchange.Bid, 0, 1))
	cancel("a2", "a filled order")
	require.Equal(t, exchange.Filled, a.look(t, "a2").Status, "a fill cannot be cancelled")
}

func cancelOne(t *testing.T, a *account) {
	for i := range 3 {
		place(t, a.Client, a.order(fmt.Sprintf("a%d", i), exchange.Bid, -1, 1))
	}
	place(t, a.Other, a.order("b1", exchange.Bid, -1, 1))
	require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, "a1"))
	require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, "b1"), "not an order of this account")
	require.Equal(t, []string{"a0", "a2"}, a.open(t))
	others, err := a.Other.OpenOrders(t.Context(), a.Pair)
	require.NoError(t, err)
	require.Len(t, others, 1)
}

func partialFill(t *testing.T, a *account) {
	place(t, a.Client, a.order("a1", exchange.Ask, 0, 3))
	place(t, a.Other, a.order("b1", exchange.Bid, 0, 1))
	o := a.look(t, "a1")
	require.Equal(t, exchange.Open, o.Status)
	require.True(t, o.Filled.Equal(a.Amount), "filled %v", o.Filled)
	require.Equal(t, []string{"a1"}, a.open(t))
	again := place(t, a.Client, a.order("a1", exchange.Ask, 0, 3))
	require.Empty(t, cmp.Diff(o, again), "placing again tops nothing up")

	require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, "a1"))
	o = a.look(t, "a1")
	require.Equal(t, exchange.Cancelled, o.Status)
	require.True(t, o.Filled.Equal(a.Amount), "what was filled stays filled")
	base, quote := a.balances(t)
	require.True(t, base.Held.IsZero() && quote.Held.IsZero(), "nothing is held for what is gone")
}

func fillsAddUp(t *testing.T, a *account) {
	base, quote := a.balances(t)
	place(t, a.Other, a.order("b1", exchange.Ask, 0, 1))
	place(t, a.Other, a.order("b2", exchange.Ask, 1, 1))
	taken := place(t, a.Client, a.order("a1", exchange.Bid, 2, 3)) // takes two levels, rests with the third
	require.Equal(t, exchange.Open, taken.Status)
	place(t, a.Other, a.order("b3", exchange.Ask, 2, 1))
	require.Equal(t, exchange.Filled, a.look(t, "a1").Status)

	fills := a.fills(t, time.Time{})
	require.Len(t, fills, 3)
	wantBase, wantQuote := base.Total(), quote.Total()
	ids := map[string]bool{}
	for i, f := range fills {
		require.False(t, ids[f.ID], "a fill has its ID alone")
		ids[f.ID] = true
		require.Equal(t, "a1", f.ClientID)
		require.Equal(t, taken.ID, f.OrderID)
		require.Equal(t, a.Pair, f.Pair)
		require.Equal(t, exchange.Bid, f.Side)
		require.True(t, f.Price.Equal(a.order("", exchange.Bid, int64(i), 1).Price), "it trades at the price of the resting order, got %v", f.Price)
		require.True(t, f.Amount.Equal(a.Amount))
		require.Equal(t, i == 2, f.Maker)
		require.False(t, f.At.IsZero())
		wantBase = wantBase.Add(f.Amount)
		wantQuote = wantQuote.Sub(f.Price.Mul(f.Amount))
		switch f.FeeAsset {
		case a.Pair.Base:
			wantBase = wantBase.Sub(f.Fee)
		case a.Pair.Quote:
			wantQuote = wantQuote.Sub(f.Fee)
		}
	}
	base, quote = a.balances(t)
	require.True(t, base.Total().Equal(wantBase), "base: have %v, fills say %v", base.Total(), wantBase)
	require.True(t, quote.Total().Equal(wantQuote), "quote: have %v, fills say %v", quote.Total(), wantQuote)
	require.True(t, base.Held.IsZero() && quote.Held.IsZero(), "nothing is held for what is gone")
}

func fillsSince(t *testing.T, a *account) {
	require.Empty(t, a.fills(t, time.Time{}))
	for i := range 3 {
		place(t, a.Other, a.order(fmt.Sprintf("b%d", i), exchange.Ask, 0, 1))
		place(t, a.Client, a.order(fmt.Sprintf("a%d", i), exchange.Bid, 0, 1))
	}
	all := a.fills(t, time.Time{})
	require.Len(t, all, 3)
	for i, f := range all {
		require.Equal(t, fmt.Sprintf("a%d", i), f.ClientID)
	}
	newest := all[2]
	require.Contains(t, ids(a.fills(t, newest.At)), newest.ID, "since is inclusive")
	require.Empty(t, a.fills(t, newest.At.Add(time.Hour)))
}

func ids(fills []exchange.Fill) []string {
	var out []string
	for _, f := range fills {
		out = append(out, f.ID)
	}
	return out
}

func book(t *testing.T, a *account) {
	empty, err := a.Client.Book(t.Context(), a.Pair, 5)
	require.NoError(t, err)
	require.NoError(t, empty.Validate())
	require.Empty(t, empty.Bids)
	require.Empty(t, empty.Asks)

	place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	place(t, a.Other, a.order("b1", exchange.Bid, -1, 2))
	place(t, a.Other, a.order("b2", exchange.Bid, -2, 1))
	place(t, a.Other, a.order("b3", exchange.Ask, 2, 1))
	place(t, a.Other, a.order("b4", exchange.Ask, 1, 1))
	place(t, a.Other, a.order("b5", exchange.Ask, 3, 1))
	place(t, a.Client, a.order("a2", exchange.Bid, 1, 1)) // takes b4
	level := func(ticks, n int64) exchange.Level {
		o := a.order("", exchange.Bid, ticks, n)
		return exchange.Level{Price: o.Price, Amount: o.Amount}
	}
	for depth, want := range map[int]exchange.Book{
		1: {Bids: []exchange.Level{level(-1, 3)}, Asks: []exchange.Level{level(2, 1)}},
		5: {Bids: []exchange.Level{level(-1, 3), level(-2, 1)}, Asks: []exchange.Level{level(2, 1), level(3, 1)}},
	} {
		got, err := a.Client.Book(t.Context(), a.Pair, depth)
		require.NoError(t, err)
		require.NoError(t, got.Validate())
		require.False(t, got.At.IsZero())
		want.Pair, want.At = a.Pair, got.At
		require.Empty(t, cmp.Diff(want, got), "depth %d", depth)
	}
}

func ticker(t *testing.T, a *account) {
	look := func(bid, ask, last decimal.Decimal) {
		t.Helper()
		got, err := a.Client.Ticker(t.Context(), a.Pair)
		require.NoError(t, err)
		require.NoError(t, got.Validate())
		require.False(t, got.At.IsZero())
		require.Equal(t, time.UTC, got.At.Location())
		want := exchange.Ticker{Pair: a.Pair, Bid: bid, Ask: ask, Last: last, At: got.At}
		require.Empty(t, cmp.Diff(want, got))
	}
	price := func(ticks int64) decimal.Decimal { return a.order("", exchange.Bid, ticks, 1).Price }
	look(decimal.Zero, decimal.Zero, decimal.Zero)
	place(t, a.Client, a.order("a1", exchange.Bid, -2, 1))
	look(price(-2), decimal.Zero, decimal.Zero)
	place(t, a.Other, a.order("b1", exchange.Bid, -1, 1))
	place(t, a.Other, a.order("b2", exchange.Ask, 1, 2))
	place(t, a.Other, a.order("b3", exchange.Ask, 2, 1))
	look(price(-1), price(1), decimal.Zero)
	place(t, a.Client, a.order("a2", exchange.Bid, 2, 1)) // takes half of b2
	look(price(-1), price(1), price(1))
}

func lostAnswer(t *testing.T, a *account) {
	if a.LoseAnswer == nil {
		t.Skip("the fixture cannot lose an answer")
	}
	a.LoseAnswer()
	_, err := a.Client.Place(t.Context(), a.order("a1", exchange.Bid, -1, 1))
	require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	found := a.look(t, "a1")
	require.Equal(t, exchange.Open, found.Status)
	require.Empty(t, cmp.Diff(found, place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))))
	require.Equal(t, []string{"a1"}, a.open(t))
}

func lostRequest(t *testing.T, a *account) {
	if a.LoseRequest == nil {
		t.Skip("the fixture cannot lose a request")
	}
	a.LoseRequest()
	_, err := a.Client.Place(t.Context(), a.order("a1", exchange.Bid, -1, 1))
	require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	_, err = a.Client.Order(t.Context(), a.Pair, "a1")
	require.ErrorIs(t, err, exchange.ErrNotFound)
	require.NoError(t, a.Client.Cancel(t.Context(), a.Pair, "a1"))
	place(t, a.Client, a.order("a1", exchange.Bid, -1, 1))
	require.Equal(t, []string{"a1"}, a.open(t))
}

func rateLimit(t *testing.T, a *account) {
	if a.RateLimit == nil {
		t.Skip("the fixture cannot limit the rate")
	}
	a.RateLimit()
	_, err := a.Client.OpenOrders(t.Context(), a.Pair)
	require.ErrorIs(t, err, exchange.ErrRateLimited)
	var limit *exchange.RateLimitError
	require.ErrorAs(t, err, &limit)
	require.Positive(t, limit.RetryAfter)
}
