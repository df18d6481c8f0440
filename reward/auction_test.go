package reward_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/reward"
)

// tender is config with a single market that buys 100 a side at up to 14.40 a
// day, which is a cent a minute for each unit.
func tender(c *reward.Config) {
	side := reward.Tender{Target: dec("100"), Rate: dec("14.4"), Tolerance: dec("0.01")}
	c.Places = 2
	c.Markets = []reward.Market{{Exchange: "test_exchange", Unit: "btc", Auction: &reward.Auction{Ask: side, Bid: side}}}
}

// asking is a bid on the peg that asks so many cents a minute for each unit.
func asking(id uint64, account, amount, cents string) reward.Order {
	o := bid(id, account, "1", amount)
	o.Cost = dec(cents).Mul(dec("14.4"))
	return o
}

func TestAuction(t *testing.T) {
	type orders = []reward.Order
	for name, r := range map[string]struct {
		orders orders
		want   string
		price  string // cents a minute
	}{
		"nobody came":                                {nil, "unearned 0: ", "1"},
		"who comes alone has the highest rate":       {orders{asking(1, "ann", "50", "0.1")}, "paid 0.5: ann 0.5", "1"},
		"all that fit earn the highest rate":         {orders{asking(1, "ann", "50", "0.1"), asking(2, "bob", "50", "0.9")}, "paid 1: ann 0.5, bob 0.5", "1"},
		"who asks too much is turned down":           {orders{asking(1, "ann", "50", "0.1"), asking(2, "bob", "50", "1.1")}, "paid 0.5: ann 0.5, bob outbid", "1"},
		"the dearest is turned down and sets it":     {orders{asking(1, "ann", "60", "0.1"), asking(2, "bob", "40", "0.2"), asking(3, "cid", "10", "0.5")}, "paid 0.5: ann 0.3, bob 0.2, cid outbid", "0.5"},
		"at the margin an order is taken in part":    {orders{asking(1, "ann", "60", "0.1"), asking(2, "bob", "80", "0.5")}, "paid 0.5: ann 0.3, bob 0.2", "0.5"},
		"equals at the margin share it":              {orders{asking(1, "ann", "60", "0.1"), asking(2, "bob", "30", "0.5"), asking(3, "cid", "90", "0.5")}, "paid 0.5: ann 0.3, bob 0.05, cid 0.15", "0.5"},
		"who asks for nothing is taken first":        {orders{asking(1, "ann", "200", "0.5"), asking(2, "bob", "40", "0")}, "paid 0.5: ann 0.3, bob 0.2", "0.5"},
		"too much of what is free earns nothing":     {orders{asking(1, "ann", "60", "0"), asking(2, "bob", "60", "0")}, "unearned 0: ann 0, bob 0", "0"},
		"an order too far from the peg is not heard": {orders{asking(1, "ann", "50", "0.1"), bid(2, "bob", "0.98", "100")}, "paid 0.5: ann 0.5, bob unranked", "1"},
		"an order for nothing is taken for nothing":  {orders{asking(1, "ann", "0", "0.1"), asking(2, "bob", "50", "0.1")}, "paid 0.5: ann 0, bob 0.5", "1"},
		"a pot is rounded down":                      {orders{asking(1, "ann", "33.9", "1")}, "paid 0.33: ann 0.33", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, d, err := engine(t, tender).Step(reward.State{}, reward.Observation{At: start, Orders: r.orders, Grants: funds("100")})
			require.NoError(t, err)
			require.Equal(t, r.want, told(d))
			require.Equal(t, r.price, d.Markets[0].Bid.Price.DivRound(dec("14.4"), 4).String())
		})
	}
}

// The sides are tendered apart, and a round costs at most what the runway
// reckons with.
func TestAuctionSides(t *testing.T) {
	e := engine(t, tender)
	dear := asking(1, "ann", "500", "0.2")
	other := ask(2, "bob", "1", "500")
	other.Cost = dec("14.4")
	_, d, err := e.Step(reward.State{}, reward.Observation{At: start, Orders: []reward.Order{dear, other}, Grants: funds("100")})
	require.NoError(t, err)
	require.Equal(t, "paid 1.2: ann 0.2, bob 1", told(d))
	tally := d.Markets[0]
	require.Equal(t, []string{"2", "200", "1000", "200", "1.2"}, []string{
		tally.Reward.String(), tally.Target.String(), tally.Total.String(), tally.Counted.String(), tally.Pot.String(),
	})
	require.Equal(t, "49", d.RunwayRounds.String()) // of 98.8 at 2
	place, ok := e.Place(dear)
	require.True(t, ok)
	require.Equal(t, "auction", place.Rank)
}

func TestNewRejectsAuctions(t *testing.T) {
	for name, r := range map[string]struct {
		change func(*reward.Market)
		want   string
	}{
		"ranks beside it":             {func(m *reward.Market) { m.Ask = config().Markets[0].Ask }, `btc.Auction "beside ranks": must come without`},
		"a reward beside it":          {func(m *reward.Market) { m.Reward = dec("1") }, "must come without Reward"},
		"no target":                   {func(m *reward.Market) { m.Auction.Ask.Target = dec("0") }, "test_exchange.btc.ask.Target 0"},
		"a negative rate":             {func(m *reward.Market) { m.Auction.Bid.Rate = dec("-1") }, "test_exchange.btc.bid.Rate -1"},
		"no tolerance":                {func(m *reward.Market) { m.Auction.Bid.Tolerance = dec("0") }, "test_exchange.btc.bid.Tolerance 0"},
		"a tolerance beyond any":      {func(m *reward.Market) { m.Auction.Bid.Tolerance = dec("1.1") }, "test_exchange.btc.bid.Tolerance 1.1"},
		"a rate that pays nothing":    {func(m *reward.Market) { m.Auction.Bid.Rate = dec("0.1") }, "test_exchange.btc.bid: Target x Rate for a round 0"},
		"a rate that pays everything": {func(m *reward.Market) { m.Auction.Bid.Rate = dec("1e17"); m.Auction.Bid.Target = dec("1e17") }, "for a round (out of range)"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			tender(&cfg)
			r.change(&cfg.Markets[0])
			_, err := reward.New(cfg)
			require.ErrorIs(t, err, reward.ErrInvalid)
			require.ErrorContains(t, err, r.want)
		})
	}
}

// bidding is weather in which most orders ask for something.
func bidding(rng *rand.Rand, s reward.State) reward.Observation {
	seen := weather(rng, s)
	for i := range seen.Orders {
		seen.Orders[i].Cost = dec(pick(rng, "0", "1", "1", "2", "14.4", "15", "-1"))
		seen.Orders[i].Amount = dec(pick(rng, "0", "30", "60", "100", "200"))
		if seen.Orders[i].Cost.IsNegative() && rng.IntN(10) > 0 {
			seen.Orders[i].Cost = dec("3")
		}
	}
	return seen
}

func TestAuctionLaws(t *testing.T) {
	state := enginetest.Laws(t, engine(t, tender), 1, 300, bidding)
	require.True(t, state.Credited.IsPositive())
}

// Whatever is asked: credits sum to the pots, nobody is paid less than he asked
// for what was taken of him (to the last units), and no order that asked more
// than the price has a share.
func TestAuctionIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := config()
		tender(&cfg)
		cfg.Places = 12
		e, err := reward.New(cfg)
		require.NoError(t, err)
		seen := reward.Observation{At: start, Grants: funds("1000")}
		for i := range rapid.IntRange(1, 8).Draw(t, "orders") {
			seen.Orders = append(seen.Orders, asking(uint64(i+1), "ann",
				fmt.Sprint(rapid.SampledFrom([]int{10, 30, 60, 100}).Draw(t, "amount")),
				rapid.SampledFrom([]string{"0", "0.1", "0.2", "0.5", "1", "1.1"}).Draw(t, "cents")))
		}
		_, d, err := e.Step(reward.State{}, seen)
		require.NoError(t, err)
		bids := d.Markets[0].Bid
		require.Equal(t, bids.Pot.String(), d.Paid.String())
		minute := decimal.NewFromInt(int64(time.Minute/time.Second)).DivRound(dec("86400"), 18)
		var filled decimal.Decimal
		for i, o := range d.Orders {
			asked, amount := seen.Orders[i].Cost, seen.Orders[i].Amount
			if c := asked.Cmp(bids.Price); c != 0 {
				require.Equal(t, c > 0, o.Verdict == reward.Outbid, o)
			}
			if o.Verdict != reward.Credited || bids.Price.IsZero() {
				continue
			}
			taken := o.Amount.DivRound(bids.Price.Mul(minute), 9)
			require.True(t, taken.LessThanOrEqual(amount.Add(dec("1e-6"))), "%v of %v taken", taken, amount)
			if asked.Cmp(bids.Price) < 0 {
				require.True(t, taken.Sub(amount).Abs().LessThanOrEqual(dec("1e-6")), "%v of %v taken", taken, amount)
			}
			filled = filled.Add(taken)
		}
		require.True(t, filled.LessThanOrEqual(dec("100.00001")), filled)
	})
}
