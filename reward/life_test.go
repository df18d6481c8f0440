package reward_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

var (
	dec   = decimal.RequireFromString
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// config is the ALP server's own test configuration, with a tight rank_1 in
// both markets.
func config() reward.Config {
	book := func(ratio, first, second string) reward.Book {
		return reward.Book{Ratio: dec(ratio), Ranks: []reward.Rank{
			{Name: "rank_2", Ratio: dec(second), Tolerance: dec("1")}, // in any order
			{Name: "rank_1", Ratio: dec(first), Tolerance: dec("0.0105")},
		}}
	}
	return reward.Config{
		Every: time.Minute, Places: 12, MaxOrders: 1000, MaxAge: 2 * time.Minute,
		Markets: []reward.Market{
			{Exchange: "test_exchange", Unit: "btc", Reward: dec("0.025"), Target: dec("2500"), Ask: book("0.5", "1", "0"), Bid: book("0.5", "1", "0")},
			{Exchange: "test_exchange", Unit: "ppc", Reward: dec("0.025"), Target: dec("1500"), Ask: book("0.6", "1", "0"), Bid: book("0.4", "0.8", "0.2")},
		},
	}
}

// engine builds the engine of config, changed.
func engine(tb testing.TB, change func(*reward.Config)) *reward.Engine {
	tb.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	e, err := reward.New(cfg)
	require.NoError(tb, err)
	return e
}

// units is config with a single market that pays whole units of a target of
// 100.
func units(pot, ask, bid string) func(*reward.Config) {
	return func(c *reward.Config) {
		c.Places, c.Markets = 0, c.Markets[:1]
		m := &c.Markets[0]
		m.Reward, m.Target, m.Ask.Ratio, m.Bid.Ratio = dec(pot), dec("100"), dec(ask), dec(bid)
	}
}

// bid is a btc order seen at start, of a name of its own.
func bid(id uint64, account, price, amount string) reward.Order {
	return reward.Order{
		ID: id, Account: account, Exchange: "test_exchange", Unit: "btc", Side: exchange.Bid, OrderID: fmt.Sprint("o", id),
		Price: dec(price), Amount: dec(amount), Peg: dec("1"), SeenAt: start, Since: start,
	}
}

func ask(id uint64, account, price, amount string) reward.Order {
	o := bid(id, account, price, amount)
	o.Side = exchange.Ask
	return o
}

func funds(amount string) []reward.Grant {
	return []reward.Grant{{Seq: 1, Amount: dec(amount), Approval: "motion 7"}}
}

// told is a round in a line: "paid 20: ann 10, bob 10".
func told(d reward.Decision) string {
	var orders []string
	for _, o := range d.Orders {
		if o.Verdict == reward.Credited {
			orders = append(orders, fmt.Sprint(o.Account, " ", o.Amount))
		} else {
			orders = append(orders, fmt.Sprint(o.Account, " ", o.Verdict))
		}
	}
	return fmt.Sprintf("%s %v: %s", d.Reason, d.Paid, strings.Join(orders, ", "))
}

func TestRound(t *testing.T) {
	type orders = []reward.Order
	with := func(o reward.Order, change func(*reward.Order)) reward.Order {
		change(&o)
		return o
	}
	for name, r := range map[string]struct {
		change func(*reward.Config)
		orders orders
		want   string
	}{
		"nobody came":                             {nil, nil, "unearned 0: "},
		"a full target pays the whole reward":     {nil, orders{bid(1, "ann", "1", "2500")}, "paid 0.0125: ann 0.0125"},
		"half a target pays half":                 {nil, orders{bid(1, "ann", "1", "1250")}, "paid 0.00625: ann 0.00625"},
		"more than the target pays no more":       {nil, orders{bid(1, "ann", "1", "9999")}, "paid 0.0125: ann 0.0125"},
		"one side alone fills the target of both": {nil, orders{bid(1, "ann", "1", "2499"), ask(2, "bob", "1", "1")}, "paid 0.025: ann 0.0125, bob 0.0125"},
		"shares are in proportion":                {nil, orders{bid(1, "ann", "1", "2000"), bid(2, "bob", "1", "500")}, "paid 0.0125: ann 0.01, bob 0.0025"},
		"an empty rank's part stays in the grant": {nil, orders{with(bid(1, "ann", "0.5", "1500"), func(o *reward.Order) { o.Unit = "ppc" })}, "paid 0.002: ann 0.002"},
		"a rank without a ratio earns nothing":    {nil, orders{bid(1, "ann", "0.5", "2500")}, "unearned 0: ann 0"},

		"an order for nothing has a share of nothing": {nil, orders{bid(1, "ann", "1", "0")}, "unearned 0: ann 0"},
		"the end of a tolerance is inside":            {nil, orders{bid(1, "ann", "0.9895", "1250"), bid(2, "bob", "0.98949999", "1250")}, "paid 0.0125: ann 0.0125, bob 0"},
		"above the peg it is measured the other way": {
			nil,
			orders{bid(1, "ann", "2", "1250"), with(bid(2, "bob", "2.0212", "1250"), func(o *reward.Order) { o.Peg = dec("2") })},
			"paid 0.0125: ann 0, bob 0.0125", // 1 - 2/2.0212 = 0.01049
		},

		// what cannot be ranked is stored, earns nothing and stops nobody
		"an order too far out is unranked and the others are paid": {
			func(c *reward.Config) { c.Markets[0].Bid.Ranks = c.Markets[0].Bid.Ranks[1:] },
			orders{bid(1, "ann", "0.5", "2500"), bid(2, "bob", "1", "2500")},
			"paid 0.0125: ann unranked, bob 0.0125",
		},
		"a market that left the configuration pays nothing and stops nobody": {
			func(c *reward.Config) { c.Markets = c.Markets[:1] },
			orders{with(bid(1, "ann", "1", "10"), func(o *reward.Order) { o.Unit = "ppc" }), bid(2, "bob", "1", "2500")},
			"paid 0.0125: ann no_market, bob 0.0125",
		},
		"a unit counts at its own exchange only": {
			nil, orders{with(bid(1, "ann", "1", "10"), func(o *reward.Order) { o.Exchange = "elsewhere" })}, "unearned 0: ann no_market",
		},

		// exchange, unit, side and name make an order, and nothing else
		"the last sighting of an order stands for it": {
			nil, orders{bid(1, "ann", "1", "2500"), with(bid(2, "ann", "1", "1250"), func(o *reward.Order) { o.OrderID = "o1" })}, "paid 0.00625: ann duplicate, ann 0.00625",
		},
		"a tick of the price pays an order no second time": {
			nil, orders{bid(1, "ann", "1", "2500"), with(bid(2, "ann", "1", "2500"), func(o *reward.Order) { o.OrderID, o.Peg = "o1", dec("1.001") })}, "paid 0.0125: ann duplicate, ann 0.0125",
		},
		"an order that moved away is not paid for where it stood": {
			nil, orders{bid(1, "ann", "1", "2500"), with(bid(2, "ann", "0.5", "2500"), func(o *reward.Order) { o.OrderID = "o1" })}, "unearned 0: ann duplicate, ann 0",
		},
		"equal orders of two people are two orders": {
			nil, orders{bid(1, "ann", "1", "1250"), bid(2, "bob", "1", "1250")}, "paid 0.0125: ann 0.00625, bob 0.00625",
		},
		"a name may return on the other side": {
			nil, orders{bid(1, "ann", "1", "1250"), with(ask(2, "ann", "1", "1250"), func(o *reward.Order) { o.OrderID = "o1" })}, "paid 0.025: ann 0.0125, ann 0.0125",
		},
		"a name may return in another unit": {
			nil, orders{bid(1, "ann", "1", "2500"), with(bid(2, "ann", "1", "1500"), func(o *reward.Order) { o.OrderID, o.Unit = "o1", "ppc" })}, "paid 0.0205: ann 0.0125, ann 0.008",
		},
		"a name may return at another exchange": {
			func(c *reward.Config) { c.Markets[1].Exchange, c.Markets[1].Unit = "elsewhere", "btc" },
			orders{bid(1, "ann", "1", "2500"), with(bid(2, "bob", "1", "1500"), func(o *reward.Order) { o.OrderID, o.Exchange = "o1", "elsewhere" })},
			"paid 0.0205: ann 0.0125, bob 0.008",
		},
		"an order under two keys is paid once": {
			nil, orders{bid(1, "ann", "1", "2500"), with(bid(2, "bob", "1", "2500"), func(o *reward.Order) { o.OrderID = "o1" })}, "paid 0.0125: ann duplicate, bob 0.0125",
		},

		// a sighting does not last
		"a sighting counts until MaxAge": {
			nil, orders{with(bid(1, "ann", "1", "2500"), func(o *reward.Order) { o.SeenAt = start.Add(-2 * time.Minute); o.Since = o.SeenAt })}, "paid 0.0125: ann 0.0125",
		},
		"and no longer": {
			nil, orders{with(bid(1, "ann", "1", "2500"), func(o *reward.Order) { o.SeenAt = start.Add(-2*time.Minute - 1); o.Since = o.SeenAt })}, "unearned 0: ann stale",
		},
		"nothing is seen in the future": {
			nil, orders{with(bid(1, "ann", "1", "2500"), func(o *reward.Order) { o.SeenAt = start.Add(1) })}, "unearned 0: ann stale",
		},

		// the split from the top down
		"the largest remainder gets the last unit":      {units("10", "0.51", "0.49"), orders{ask(1, "ann", "1", "100"), bid(2, "bob", "1", "100")}, "paid 10: ann 5, bob 5"},
		"three equal orders share ten units":            {units("20", "0.5", "0.5"), orders{bid(1, "ann", "1", "100"), bid(2, "bob", "1", "100"), bid(3, "cid", "1", "100")}, "paid 10: ann 4, bob 3, cid 3"},
		"of equal remainders the larger order has more": {units("6", "0.5", "0.5"), orders{bid(1, "ann", "1", "50"), bid(2, "bob", "1", "150")}, "paid 3: ann 1, bob 2"},
		"the spelling of an amount does not matter":     {units("20", "0.5", "0.5"), orders{bid(1, "ann", "1", "100.000"), bid(2, "bob", "1", "1e2"), bid(3, "cid", "1", "1e2")}, "paid 10: ann 4, bob 3, cid 3"},
		"what the ranks do not claim is not paid": {
			func(c *reward.Config) {
				units("20", "0.5", "0.5")(c)
				c.Markets[0].Bid.Ranks[1].Ratio = dec("0.74")
			},
			orders{bid(1, "ann", "1", "100")},
			"paid 7: ann 7",
		},

		// far orders, and a minimum age
		"far orders fill the target where no bound is set": {nil, orders{bid(1, "ann", "1", "1000"), bid(2, "bob", "0.01", "1500")}, "paid 0.0125: ann 0.0125, bob 0"},
		"far orders do not fill a bounded target": {
			func(c *reward.Config) { c.MaxTargetTolerance = dec("0.0105") },
			orders{bid(1, "ann", "1", "1000"), bid(2, "bob", "0.01", "1500")},
			"paid 0.005: ann 0.005, bob 0",
		},
		"nor do orders of a rank that earns nothing": {
			func(c *reward.Config) { c.MaxTargetTolerance = dec("1") },
			orders{bid(1, "ann", "1", "1000"), bid(2, "bob", "0.01", "1500")},
			"paid 0.005: ann 0.005, bob 0",
		},
		"an order has to stand for a while": {
			func(c *reward.Config) { c.MinAge = 30 * time.Second },
			orders{
				with(bid(1, "ann", "1", "2500"), func(o *reward.Order) { o.Since = start.Add(-30 * time.Second) }),
				with(bid(2, "bob", "1", "2500"), func(o *reward.Order) { o.Since = start.Add(-29 * time.Second) }),
			},
			"paid 0.0125: ann 0.0125, bob young",
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := reward.Observation{At: start, Orders: r.orders, Grants: funds("1000")}
			state, d, err := engine(t, r.change).Step(reward.State{}, seen)
			require.NoError(t, err)
			require.Equal(t, r.want, told(d))
			require.NoError(t, conserved(state, d, r.orders))
		})
	}
}

// A pool from its first grant to its last. In every line the provider's order,
// which alone fills the target, is sighted under some ID at some second.
func TestLife(t *testing.T) {
	grant := func(seq uint64, amount string) reward.Grant {
		return reward.Grant{Seq: seq, Amount: dec(amount), Approval: fmt.Sprint("motion ", seq)}
	}
	e := engine(t, nil)
	var state reward.State
	for _, line := range []struct {
		story         string
		at            time.Duration
		id            uint64
		seen          time.Duration
		grants        []reward.Grant
		want          string
		left, rounds  string
		taken, booked uint64
	}{
		{"before any grant nobody is paid", 0, 1, 0, nil, "grant_short 0: ann unfunded", "0", "0", 1, 0},
		{"nor for that round once there is one", 59 * time.Second, 1, 0, []reward.Grant{grant(3, "0.03")}, "round_done 0: ", "0.03", "0", 1, 3},
		{"the next round is paid", 60 * time.Second, 2, 60 * time.Second, nil, "paid 0.0125: ann 0.0125", "0.0175", "0", 2, 3},
		{"the same minute again waits", 90 * time.Second, 3, 80 * time.Second, nil, "round_done 0: ", "0.0175", "0", 2, 3},
		{"a grant is booked at once, and once", 90 * time.Second, 3, 80 * time.Second, []reward.Grant{grant(3, "0.03"), grant(4, "0.1")}, "round_done 0: ", "0.1175", "2", 2, 4},
		{"what waited counts in the next round", 125 * time.Second, 3, 80 * time.Second, nil, "paid 0.0125: ann 0.0125", "0.105", "2", 3, 4},
		{"a sighting counts in one round only", 180 * time.Second, 3, 80 * time.Second, nil, "unearned 0: ann replayed", "0.105", "2", 3, 4},
		{"an older one does not take its place", 240 * time.Second, 2, 230 * time.Second, nil, "unearned 0: ann replayed", "0.105", "2", 3, 4},
		{"rounds that were missed are not made up for", time.Hour, 4, 250 * time.Second, nil, "unearned 0: ann stale", "0.105", "2", 4, 4},
		{"and the pool goes on", time.Hour + time.Minute, 5, time.Hour, nil, "paid 0.0125: ann 0.0125", "0.0925", "1", 5, 4},
	} {
		order := bid(line.id, "ann", "1", "2500")
		order.SeenAt = start.Add(line.seen)
		seen := reward.Observation{At: start.Add(line.at), Orders: []reward.Order{order}, Grants: line.grants}
		next, d, err := e.Step(state, seen)
		require.NoError(t, err, line.story)
		require.Equal(t, line.want, told(d), line.story)
		require.Equal(t, line.left, d.Balance.String(), line.story)
		require.Equal(t, line.rounds, d.RunwayRounds.String(), line.story)
		require.Equal(t, line.taken, next.LastID, line.story)
		require.Equal(t, line.booked, next.LastSeq, line.story)
		require.NoError(t, conserved(next, d, seen.Orders), line.story)
		state = next
	}
	require.Equal(t, "motion 4", state.Approval)
}

// A round is paid in full, or nobody is: what is left over waits for a grant.
func TestGrantIsSpentToTheLastUnit(t *testing.T) {
	orders := []reward.Order{bid(1, "ann", "1", "1500"), bid(2, "bob", "1", "1000")}
	for amount, want := range map[string]string{
		"0.0125":         "paid 0.0125: ann 0.0075, bob 0.005",
		"0.012499999999": "grant_short 0: ann unfunded, bob unfunded",
	} {
		state, d, err := engine(t, nil).Step(reward.State{}, reward.Observation{At: start, Orders: orders, Grants: funds(amount)})
		require.NoError(t, err)
		require.Equal(t, want, told(d))
		require.NoError(t, conserved(state, d, orders))
		require.True(t, state.Balance.Equal(dec(amount).Sub(d.Paid)))
	}
}

// Longer or shorter rounds take over from the others at once: no number is used
// twice, and none is waited for.
func TestLengthOfRoundsMayChange(t *testing.T) {
	var state reward.State
	for i, line := range []struct {
		every, at time.Duration
		want      reward.Reason
	}{
		{time.Minute, 0, reward.Paid},
		{time.Hour, time.Minute, reward.RoundDone}, // the hour began with the minute that is paid
		{time.Hour, time.Hour, reward.Paid},
		{time.Minute, time.Hour + 59*time.Second, reward.RoundDone},
		{time.Minute, time.Hour + time.Minute, reward.Paid},
		{time.Second, time.Hour + time.Minute + time.Second, reward.Paid},
	} {
		e := engine(t, func(c *reward.Config) { c.Every, c.MaxAge = line.every, 24*time.Hour })
		next, d, err := e.Step(state, reward.Observation{At: start.Add(line.at), Orders: []reward.Order{bid(uint64(i+1), "ann", "1", "2500")}, Grants: funds("1")})
		require.NoError(t, err)
		require.Equal(t, line.want, d.Reason, "line %d", i)
		state = next
	}
}
