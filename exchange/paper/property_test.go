package paper_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// act is one thing that a walk does at the venue.
type act struct {
	Account string
	Order   exchange.Order
	Cancel  bool
	Fault   paper.Fault // none if its Kind is 0
	Wait    time.Duration
}

// walk draws acts from small domains, so that ties, repeats, self-trades and
// empty pockets happen.
func walk(t *rapid.T) []act {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
		faults := []paper.Fault{
			{},
			{},
			{},
			{Call: paper.Place, Kind: paper.LoseAnswer},
			{Call: paper.Place, Kind: paper.LoseRequest},
			{Call: paper.Place, Kind: paper.Reject},
			{Call: paper.Place, Kind: paper.Delay, For: 3 * time.Second},
			{Call: paper.Cancel, Kind: paper.LoseAnswer},
			{Call: paper.Cancel, Kind: paper.RateLimit, For: 2 * time.Second},
		}
		return act{
			Account: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "account"),
			Order: exchange.Order{
				ClientID: fmt.Sprintf("o%d", rapid.IntRange(0, 40).Draw(t, "id")),
				Pair:     pair,
				Side:     rapid.SampledFrom([]exchange.Side{exchange.Bid, exchange.Ask}).Draw(t, "side"),
				Price:    decimal.New(rapid.Int64Range(9998, 10002).Draw(t, "price"), -4),
				Amount:   decimal.New(rapid.Int64Range(1, 40).Draw(t, "amount"), 0),
				PostOnly: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "post only"),
			},
			Cancel: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "cancel"),
			Fault:  rapid.SampledFrom(faults).Draw(t, "fault"),
			Wait:   time.Duration(rapid.IntRange(0, 2).Draw(t, "wait")) * time.Second,
		}
	}), 1, 120).Draw(t, "acts")
}

func newVenue(t require.TestingT) (*paper.Venue, map[string]*paper.Account) {
	m := rules()
	m.MinNotional = decimal.Zero
	m.MakerFeeBps = dec("-0.5")
	venue, err := paper.New(paper.Config{Name: "paper", Start: start, Markets: []exchange.Market{m}})
	require.NoError(t, err)
	accounts := map[string]*paper.Account{}
	for _, name := range []string{"a", "b", "c"} {
		accounts[name] = venue.Account(name)
		require.NoError(t, accounts[name].Deposit("USDC", dec("100")))
		require.NoError(t, accounts[name].Deposit("USDT", dec("100")))
	}
	return venue, accounts
}

func do(t require.TestingT, venue *paper.Venue, accounts map[string]*paper.Account, a act) {
	client := accounts[a.Account]
	if a.Fault.Kind != 0 {
		require.NoError(t, client.Script(a.Fault))
	}
	if a.Cancel {
		_ = client.Cancel(context.Background(), pair, a.Order.ClientID)
	} else {
		_, _ = client.Place(context.Background(), a.Order)
	}
	require.NoError(t, venue.Advance(venue.Now().Add(a.Wait)))
}

// settle lets rate limits end, so that reads tell the truth.
func settle(t require.TestingT, venue *paper.Venue) {
	require.NoError(t, venue.Advance(venue.Now().Add(time.Minute)))
}

func TestValueIsConservedToTheLastUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		venue, accounts := newVenue(t)
		for i, a := range walk(t) {
			do(t, venue, accounts, a)
			if i%7 != 0 {
				continue
			}
			settle(t, venue)
			checkBooks(t, venue, accounts)
		}
		settle(t, venue)
		checkBooks(t, venue, accounts)
	})
}

// checkBooks adds up everything there is.
func checkBooks(t *rapid.T, venue *paper.Venue, accounts map[string]*paper.Account) {
	total := venue.Fees()
	var bids, asks decimal.Decimal
	for name, a := range accounts {
		balances, err := a.Balances(t.Context())
		require.NoError(t, err)
		held := map[string]decimal.Decimal{}
		orders, err := a.OpenOrders(t.Context(), pair)
		require.NoError(t, err)
		for _, o := range orders {
			require.True(t, o.Remaining().IsPositive() && o.Status == exchange.Open, "%v", o)
			if o.Side == exchange.Bid {
				held["USDT"] = held["USDT"].Add(o.Price.Mul(o.Remaining()))
				bids = bids.Add(o.Remaining())
			} else {
				held["USDC"] = held["USDC"].Add(o.Remaining())
				asks = asks.Add(o.Remaining())
			}
		}
		for asset, b := range balances {
			require.False(t, b.Free.IsNegative(), "%s owes %v %s", name, b.Free, asset)
			require.True(t, b.Held.Equal(held[asset]), "%s holds %v %s, its open orders need %v", name, b.Held, asset, held[asset])
			total[asset] = total[asset].Add(b.Total())
		}
		checkFills(t, a, balances)
	}
	for asset, sum := range total {
		require.True(t, sum.Equal(dec("300")), "300 %s were deposited, there are %v", asset, sum)
	}
	book, err := accounts["a"].Book(t.Context(), pair, 100)
	require.NoError(t, err)
	require.NoError(t, book.Validate(), "a book never crosses")
	require.True(t, amount(book.Bids).Equal(bids) && amount(book.Asks).Equal(asks), "the book is the open orders")
}

// checkFills rebuilds an account's balances and orders from its fills.
func checkFills(t *rapid.T, a *paper.Account, balances map[string]exchange.Balance) {
	fills, err := a.Fills(t.Context(), pair, time.Time{})
	require.NoError(t, err)
	have := map[string]decimal.Decimal{"USDC": dec("100"), "USDT": dec("100")}
	filled := map[string]decimal.Decimal{}
	for _, f := range fills {
		sign := decimal.NewFromInt(1)
		if f.Side == exchange.Ask {
			sign = sign.Neg()
		}
		have["USDC"] = have["USDC"].Add(sign.Mul(f.Amount))
		have["USDT"] = have["USDT"].Sub(sign.Mul(f.Amount).Mul(f.Price))
		have[f.FeeAsset] = have[f.FeeAsset].Sub(f.Fee)
		filled[f.ClientID] = filled[f.ClientID].Add(f.Amount)
	}
	for asset, b := range balances {
		require.True(t, b.Total().Equal(have[asset]), "%v %s, fills say %v", b.Total(), asset, have[asset])
	}
	for id, sum := range filled {
		o, err := a.Order(t.Context(), pair, id)
		require.NoError(t, err)
		require.True(t, o.Filled.Equal(sum), "%v filled %v, fills say %v", o, o.Filled, sum)
		require.True(t, o.Filled.LessThanOrEqual(o.Amount), "%v is overfilled", o)
		require.Equal(t, o.Status == exchange.Filled, o.Remaining().IsZero())
	}
}

func amount(levels []exchange.Level) decimal.Decimal {
	var sum decimal.Decimal
	for _, l := range levels {
		sum = sum.Add(l.Amount)
	}
	return sum
}

func TestEqualCallsHaveEqualOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		acts := walk(t)
		run := func() string {
			venue, accounts := newVenue(t)
			for _, a := range acts {
				do(t, venue, accounts, a)
			}
			settle(t, venue)
			var all []any
			for _, name := range []string{"a", "b", "c"} {
				fills, err := accounts[name].Fills(t.Context(), pair, time.Time{})
				require.NoError(t, err)
				orders, err := accounts[name].OpenOrders(t.Context(), pair)
				require.NoError(t, err)
				balances, err := accounts[name].Balances(t.Context())
				require.NoError(t, err)
				all = append(all, fills, orders, balances)
			}
			b, err := json.Marshal(all)
			require.NoError(t, err)
			return string(b)
		}
		require.Empty(t, cmp.Diff(run(), run()))
	})
}
