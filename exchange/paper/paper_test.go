package paper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

var (
	pair  = exchange.Pair{Base: "USDC", Quote: "USDT"}
	start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func rules() exchange.Market {
	return exchange.Market{
		Pair: pair, Tick: dec("0.0001"), Lot: dec("0.01"), MinNotional: dec("5"),
		MakerFeeBps: dec("1"), TakerFeeBps: dec("7.5"),
	}
}

func open(t *testing.T, cfg paper.Config) *paper.Venue {
	t.Helper()
	cfg.Name, cfg.Start = "paper", start
	if cfg.Markets == nil {
		cfg.Markets = []exchange.Market{rules()}
	}
	venue, err := paper.New(cfg)
	require.NoError(t, err)
	return venue
}

func fund(t *testing.T, venue *paper.Venue, name string) *paper.Account {
	t.Helper()
	a := venue.Account(name)
	require.NoError(t, a.Deposit("USDC", dec("10000")))
	require.NoError(t, a.Deposit("USDT", dec("10000")))
	return a
}

func order(id string, side exchange.Side, amount, price string) exchange.Order {
	return exchange.Order{ClientID: id, Pair: pair, Side: side, Amount: dec(amount), Price: dec(price)}
}

func place(t *testing.T, a *paper.Account, o exchange.Order) exchange.Order {
	t.Helper()
	placed, err := a.Place(t.Context(), o)
	require.NoError(t, err)
	return placed
}

// bookOf draws a book as "bids | asks", best first.
func bookOf(t *testing.T, a *paper.Account) string {
	t.Helper()
	book, err := a.Book(t.Context(), pair, 100)
	require.NoError(t, err)
	side := func(levels []exchange.Level) string {
		var parts []string
		for _, l := range levels {
			parts = append(parts, fmt.Sprintf("%v@%v", l.Amount, l.Price))
		}
		return strings.Join(parts, " ")
	}
	return side(book.Bids) + " | " + side(book.Asks)
}

// makersOf lists which of the account's orders filled, in order.
func makersOf(t *testing.T, a *paper.Account) string {
	t.Helper()
	fills, err := a.Fills(t.Context(), pair, time.Time{})
	require.NoError(t, err)
	var parts []string
	for _, f := range fills {
		parts = append(parts, fmt.Sprintf("%s:%v@%v", f.ClientID, f.Amount, f.Price))
	}
	return strings.Join(parts, " ")
}

func TestAccountKeepsTheLawsOfAClient(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) exchangetest.Fixture {
		venue := open(t, paper.Config{})
		client := fund(t, venue, "maker")
		script := func(f paper.Fault) func() {
			return func() { require.NoError(t, client.Script(f)) }
		}
		return exchangetest.Fixture{
			Client: client, Other: fund(t, venue, "other"),
			Pair: pair, Price: dec("1"), Amount: dec("10"),
			LoseAnswer:  script(paper.Fault{Call: paper.Place, Kind: paper.LoseAnswer}),
			LoseRequest: script(paper.Fault{Call: paper.Place, Kind: paper.LoseRequest}),
			RateLimit:   script(paper.Fault{Call: paper.Read, Kind: paper.RateLimit, For: time.Second}),
		}
	})
}

func TestProofsKeepTheirLaws(t *testing.T) {
	exchangetest.RunProofs(t, func(t *testing.T) exchangetest.ProofFixture {
		venue := open(t, paper.Config{})
		provider := fund(t, venue, "provider")
		place(t, provider, order("a1", exchange.Bid, "10", "0.999"))
		place(t, fund(t, venue, "other"), order("b1", exchange.Ask, "10", "1.001"))
		return exchangetest.ProofFixture{Prover: provider, Verifier: venue, Owner: provider, Pair: pair, Now: start}
	})
}

func TestMidKeepsTheLawsOfAFeed(t *testing.T) {
	exchangetest.RunFeed(t, func(t *testing.T) exchangetest.FeedFixture {
		venue := open(t, paper.Config{})
		maker := fund(t, venue, "maker")
		place(t, maker, order("a1", exchange.Bid, "10", "0.999"))
		place(t, maker, order("a2", exchange.Ask, "10", "1.001"))
		mid := exchange.Mid{Name: "paper", Books: maker, MaxAge: time.Minute, MaxSpreadBps: dec("50")}
		return exchangetest.FeedFixture{Feed: mid, Pair: pair, Now: start.Add(time.Second)}
	})
}

func TestMatchingIsByPriceThenTime(t *testing.T) {
	for _, c := range []struct {
		story   string
		resting []exchange.Order // of the maker, in this order
		taking  exchange.Order
		fills   string // of the maker's orders
		book    string
	}{
		{
			"the best price trades first, whoever came first",
			[]exchange.Order{order("a1", exchange.Ask, "10", "1.002"), order("a2", exchange.Ask, "10", "1.001")},
			order("b1", exchange.Bid, "15", "1.002"),
			"a2:10@1.001 a1:5@1.002", " | 5@1.002",
		},
		{
			"at one price the oldest trades first",
			[]exchange.Order{order("a1", exchange.Bid, "10", "1"), order("a2", exchange.Bid, "10", "1"), order("a3", exchange.Bid, "10", "1")},
			order("b1", exchange.Ask, "15", "0.99"),
			"a1:10@1 a2:5@1", "15@1 | ",
		},
		{
			"what does not trade rests at its own price",
			[]exchange.Order{order("a1", exchange.Ask, "10", "1.001")},
			order("b1", exchange.Bid, "25", "1.0015"),
			"a1:10@1.001", "15@1.0015 | ",
		},
		{
			"an order on the touch trades, one a tick away rests",
			[]exchange.Order{order("a1", exchange.Ask, "10", "1.001"), order("a2", exchange.Ask, "10", "1.0011")},
			order("b1", exchange.Bid, "20", "1.001"),
			"a1:10@1.001", "10@1.001 | 10@1.0011",
		},
		{
			"a bid sweeps several levels and stops at its limit",
			[]exchange.Order{order("a1", exchange.Ask, "5", "1"), order("a2", exchange.Ask, "5", "1.001"), order("a3", exchange.Ask, "5", "1.002")},
			order("b1", exchange.Bid, "12", "1.001"),
			"a1:5@1 a2:5@1.001", "2@1.001 | 5@1.002",
		},
	} {
		t.Run(c.story, func(t *testing.T) {
			venue := open(t, paper.Config{})
			maker, taker := fund(t, venue, "maker"), fund(t, venue, "taker")
			for _, o := range c.resting {
				place(t, maker, o)
			}
			place(t, taker, c.taking)
			require.Equal(t, c.fills, makersOf(t, maker))
			require.Equal(t, c.book, bookOf(t, maker))
		})
	}
}

func TestAPartialFillKeepsItsPlaceInTheQueue(t *testing.T) {
	venue := open(t, paper.Config{})
	maker, taker := fund(t, venue, "maker"), fund(t, venue, "taker")
	place(t, maker, order("a1", exchange.Ask, "10", "1"))
	place(t, maker, order("a2", exchange.Ask, "10", "1"))
	place(t, taker, order("b1", exchange.Bid, "6", "1"))
	place(t, taker, order("b2", exchange.Bid, "6", "1"))
	require.Equal(t, "a1:6@1 a1:4@1 a2:2@1", makersOf(t, maker))
}

func TestFeesAndPriceImprovement(t *testing.T) {
	venue := open(t, paper.Config{})
	maker, taker := fund(t, venue, "maker"), fund(t, venue, "taker")
	place(t, maker, order("a1", exchange.Ask, "1000", "0.998"))
	place(t, taker, order("b1", exchange.Bid, "1000", "1.002")) // 4 quote better than its limit

	balances := func(a *paper.Account) map[string]exchange.Balance {
		all, err := a.Balances(t.Context())
		require.NoError(t, err)
		return all
	}
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{
		"USDC": {Free: dec("10999.25")}, // 1000 less 7.5 bps
		"USDT": {Free: dec("9002")},     // 998 paid, not 1002
	}, balances(taker)))
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{
		"USDC": {Free: dec("9000")},
		"USDT": {Free: dec("10997.9002")}, // 998 less 1 bps
	}, balances(maker)))
	require.Empty(t, cmp.Diff(map[string]decimal.Decimal{"USDC": dec("0.75"), "USDT": dec("0.0998")}, venue.Fees()))
}

func TestARebateIsPaidOutOfTheFees(t *testing.T) {
	m := rules()
	m.MakerFeeBps = dec("-2")
	venue := open(t, paper.Config{Markets: []exchange.Market{m}})
	maker, taker := fund(t, venue, "maker"), fund(t, venue, "taker")
	place(t, maker, order("a1", exchange.Ask, "1000", "1"))
	place(t, taker, order("b1", exchange.Bid, "1000", "1"))
	require.Empty(t, cmp.Diff(map[string]decimal.Decimal{"USDC": dec("0.75"), "USDT": dec("-0.2")}, venue.Fees()))
}

func TestAnAccountNeverTradesWithItself(t *testing.T) {
	venue := open(t, paper.Config{})
	own, other := fund(t, venue, "own"), fund(t, venue, "other")
	place(t, other, order("b1", exchange.Ask, "10", "1"))
	place(t, own, order("a1", exchange.Ask, "10", "1.001"))
	taking := place(t, own, order("a2", exchange.Bid, "30", "1.002"))
	require.Equal(t, exchange.Cancelled, taking.Status)
	require.True(t, taking.Filled.Equal(dec("10")), "what came before its own order is filled")
	require.Equal(t, " | 10@1.001", bookOf(t, own))
	all, err := own.Balances(t.Context())
	require.NoError(t, err)
	require.True(t, all["USDT"].Held.IsZero(), "the cancelled rest holds nothing")
}

func TestOpenOrdersAreLimited(t *testing.T) {
	venue := open(t, paper.Config{MaxOpenOrders: 2})
	a, b := fund(t, venue, "a"), fund(t, venue, "b")
	place(t, a, order("a1", exchange.Bid, "10", "1"))
	place(t, a, order("a2", exchange.Bid, "10", "1"))
	_, err := a.Place(t.Context(), order("a3", exchange.Bid, "10", "1"))
	require.ErrorIs(t, err, exchange.ErrRejected)
	place(t, b, order("b1", exchange.Ask, "10", "1")) // a fill makes room, and so does a cancel
	place(t, a, order("a3", exchange.Bid, "10", "1"))
	require.NoError(t, a.Cancel(t.Context(), pair, "a3"))
	place(t, a, order("a4", exchange.Bid, "10", "1"))
}

func TestNewRefusesWhatItCannotTrade(t *testing.T) {
	noTick := rules()
	noTick.Tick = decimal.Zero
	for _, c := range []struct {
		story string
		cfg   paper.Config
		field string
	}{
		{"a venue without a name", paper.Config{}, `Config.Name ""`},
		{"a market without a tick", paper.Config{Name: "x", Markets: []exchange.Market{noTick}}, "Market.Tick 0"},
		{"a pair listed twice", paper.Config{Name: "x", Markets: []exchange.Market{rules(), rules()}}, "Config.Markets USDC/USDT"},
		{"a negative limit", paper.Config{Name: "x", MaxOpenOrders: -1}, "Config.MaxOpenOrders -1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, err := paper.New(c.cfg)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.field)
		})
	}
}

func TestAnOrderMayTakeTheLastUnit(t *testing.T) {
	a := open(t, paper.Config{}).Account("a")
	require.NoError(t, a.Deposit("USDT", dec("100")))
	place(t, a, order("a1", exchange.Bid, "100", "1"))
	_, err := a.Place(t.Context(), order("a2", exchange.Bid, "100", "0.05"))
	require.ErrorIs(t, err, exchange.ErrInsufficient)
	require.ErrorContains(t, err, "needs 5 USDT, 0 is free")
}

func TestMoneyInAndOut(t *testing.T) {
	a := open(t, paper.Config{}).Account("a")
	require.ErrorIs(t, a.Deposit("USDC", dec("0")), exchange.ErrInvalid)
	require.ErrorIs(t, a.Withdraw("USDC", dec("-1")), exchange.ErrInvalid)
	require.ErrorIs(t, a.Withdraw("USDC", dec("1")), exchange.ErrInsufficient)
	require.NoError(t, a.Deposit("USDC", dec("100")))
	place(t, a, order("a1", exchange.Ask, "60", "1"))
	require.ErrorIs(t, a.Withdraw("USDC", dec("41")), exchange.ErrInsufficient, "what is held cannot leave")
	require.NoError(t, a.Withdraw("USDC", dec("40")))
	all, err := a.Balances(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]exchange.Balance{"USDC": {Held: dec("60")}}, all))
}

func TestTimeIsTheHosts(t *testing.T) {
	venue := open(t, paper.Config{})
	maker, taker := fund(t, venue, "maker"), fund(t, venue, "taker")
	place(t, maker, order("a1", exchange.Ask, "10", "1"))
	require.NoError(t, venue.Advance(start.Add(time.Minute)))
	place(t, taker, order("b1", exchange.Bid, "10", "1"))
	fills, err := maker.Fills(t.Context(), pair, start.Add(time.Minute))
	require.NoError(t, err)
	require.Len(t, fills, 1)
	require.Equal(t, start.Add(time.Minute), fills[0].At)
	require.Equal(t, start.Add(time.Minute), venue.Now())
	require.ErrorIs(t, venue.Advance(start), exchange.ErrInvalid)
	require.Equal(t, start.Add(time.Minute), venue.Now())
}
