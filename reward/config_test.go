package reward_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

func TestNewRejects(t *testing.T) {
	for name, r := range map[string]struct {
		change func(*reward.Config)
		want   string
	}{
		"no length of a round":             {func(c *reward.Config) { c.Every = 0 }, "Every 0s: must be 1 s to 24 h"},
		"a round of half seconds":          {func(c *reward.Config) { c.Every = 1500 * time.Millisecond }, "Every 1.5s"},
		"a round of days":                  {func(c *reward.Config) { c.Every, c.MaxAge = 25*time.Hour, 25*time.Hour }, "Every 25h0m0s"},
		"negative decimals":                {func(c *reward.Config) { c.Places = -1 }, "Places -1"},
		"too many decimals":                {func(c *reward.Config) { c.Places = 19 }, "Places 19"},
		"no orders":                        {func(c *reward.Config) { c.MaxOrders = 0 }, "MaxOrders 0"},
		"too many orders":                  {func(c *reward.Config) { c.MaxOrders = 1_000_001 }, "MaxOrders 1000001"},
		"a sighting that lasts no round":   {func(c *reward.Config) { c.MaxAge = c.Every - 1 }, "MaxAge 59.999999999s"},
		"a negative age":                   {func(c *reward.Config) { c.MinAge = -1 }, "MinAge -1ns"},
		"a bound beyond any price":         {func(c *reward.Config) { c.MaxTargetTolerance = dec("1.1") }, "MaxTargetTolerance 1.1"},
		"no markets":                       {func(c *reward.Config) { c.Markets = nil }, "Markets 0"},
		"the same market twice":            {func(c *reward.Config) { c.Markets[1].Unit = "btc" }, "Markets \"test_exchange.btc\": must be there once"},
		"a market without an exchange":     {func(c *reward.Config) { c.Markets[0].Exchange = "" }, `Market.Exchange ""`},
		"a market without a unit":          {func(c *reward.Config) { c.Markets[0].Unit = "" }, `Market.Unit ""`},
		"a unit that reads like a path":    {func(c *reward.Config) { c.Markets[0].Unit = "btc/usd" }, `Market.Unit "btc/usd"`},
		"a negative reward":                {func(c *reward.Config) { c.Markets[0].Reward = dec("-5") }, "test_exchange.btc.Reward -5: must be > 0"},
		"a reward of less than a unit":     {func(c *reward.Config) { c.Places = 2 }, "test_exchange.btc.Reward 0.025: must have at most 2 decimals"},
		"an enormous reward":               {func(c *reward.Config) { c.Markets[0].Reward = dec("1e9999") }, "test_exchange.btc.Reward (out of range)"},
		"no target":                        {func(c *reward.Config) { c.Markets[0].Target = dec("0") }, "test_exchange.btc.Target 0"},
		"no ratio of a side":               {func(c *reward.Config) { c.Markets[1].Ask.Ratio = dec("0") }, "test_exchange.ppc.ask.Ratio 0"},
		"sides that do not add up":         {func(c *reward.Config) { c.Markets[1].Bid.Ratio = dec("0.6") }, "test_exchange.ppc: sum of the ask and bid ratios 1.2: must be 1"},
		"ranks that pay more than the pot": {func(c *reward.Config) { c.Markets[0].Bid.Ranks[0].Ratio = dec("0.5") }, "test_exchange.btc.bid: sum of the rank ratios 1.5: must be at most 1"},
		"a negative rank":                  {func(c *reward.Config) { c.Markets[0].Bid.Ranks[0].Ratio = dec("-0.5") }, "test_exchange.btc.bid.rank_2.Ratio -0.5"},
		"no ranks":                         {func(c *reward.Config) { c.Markets[0].Ask.Ranks = nil }, "test_exchange.btc.ask.Ranks 0"},
		"a rank without a name":            {func(c *reward.Config) { c.Markets[0].Ask.Ranks[0].Name = "" }, `test_exchange.btc.ask: Rank.Name ""`},
		"two ranks of a name":              {func(c *reward.Config) { c.Markets[0].Ask.Ranks[1].Name = "rank_2" }, `Rank.Name "rank_2": must be there once`},
		"two ranks of a tolerance":         {func(c *reward.Config) { c.Markets[0].Ask.Ranks[1].Tolerance = dec("1.0") }, "rank_1.Tolerance 1: must differ from that of rank_2"},
		"a rank of no width":               {func(c *reward.Config) { c.Markets[0].Ask.Ranks[1].Tolerance = dec("0") }, "rank_1.Tolerance 0"},
		"a rank wider than any price":      {func(c *reward.Config) { c.Markets[0].Ask.Ranks[0].Tolerance = dec("1.01") }, "rank_2.Tolerance 1.01"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			r.change(&cfg)
			_, err := reward.New(cfg)
			require.ErrorIs(t, err, reward.ErrInvalid)
			require.ErrorContains(t, err, "reward: invalid: ")
			require.ErrorContains(t, err, r.want)
		})
	}
}

// What New was given may change afterwards, and the order of ranks is no
// difference.
func TestNewCopies(t *testing.T) {
	cfg := config()
	e, err := reward.New(cfg)
	require.NoError(t, err)
	cfg.Markets[0].Bid.Ranks[0].Tolerance = dec("0.001")
	cfg.Markets[0].Bid.Ranks[1].Tolerance = dec("0.001")
	place, ok := e.Place(bid(1, "ann", "0.99", "1"))
	require.True(t, ok)
	require.Empty(t, cmp.Diff(reward.Place{Rank: "rank_1", Tolerance: dec("0.0105"), Deviation: dec("0.01")}, place))

	name, sum := e.Identity()
	require.Equal(t, "reward@1", name)
	_, same := engine(t, func(c *reward.Config) {
		ranks := c.Markets[0].Bid.Ranks
		ranks[0], ranks[1] = ranks[1], ranks[0]
	}).Identity()
	require.Equal(t, sum, same)
	_, other := engine(t, func(c *reward.Config) { c.MinAge = 1 }).Identity()
	require.NotEqual(t, sum, other)
}

func TestStepRejects(t *testing.T) {
	e := engine(t, func(c *reward.Config) { c.MaxOrders = 3 })
	state, _, err := e.Step(reward.State{}, reward.Observation{At: start, Grants: funds("1e17")})
	require.NoError(t, err)
	order := func(change func(*reward.Order)) func(*reward.Observation) {
		return func(o *reward.Observation) { change(&o.Orders[1]) }
	}
	for name, r := range map[string]struct {
		change func(*reward.Observation)
		want   string
	}{
		"time ran backwards":              {func(o *reward.Observation) { o.At = start.Add(-1) }, "At 2026-03-01 11:59:59"},
		"a time before there were rounds": {func(o *reward.Observation) { o.At = time.Unix(59, 0) }, "At 1970"},
		"no time at all":                  {func(o *reward.Observation) { o.At = time.Time{} }, "At 0001"},
		"more orders than are allowed":    {func(o *reward.Observation) { o.Orders = append(o.Orders, bid(8, "a", "1", "1"), bid(9, "a", "1", "1")) }, "Orders 4: must be at most 3"},
		"a sighting twice":                {order(func(o *reward.Order) { o.ID = 5 }), "order 1: reward: invalid: Order.ID 5: must be higher"},
		"a sighting without a number":     {func(o *reward.Observation) { o.Orders[0].ID = 0 }, "order 0: reward: invalid: Order.ID 0"},
		"nobody's order":                  {order(func(o *reward.Order) { o.Account = "" }), "Order.Account"},
		"an order without an exchange":    {order(func(o *reward.Order) { o.Exchange = "" }), "Order.Exchange"},
		"an order without a unit":         {order(func(o *reward.Order) { o.Unit = "" }), "Order.Unit"},
		"an order without a side":         {order(func(o *reward.Order) { o.Side = 0 }), "Order.Side"},
		"an order on a third side":        {order(func(o *reward.Order) { o.Side = exchange.Ask + 1 }), "Order.Side"},
		"an order without a name":         {order(func(o *reward.Order) { o.OrderID = "" }), "Order.OrderID"},
		"an order with an endless name":   {order(func(o *reward.Order) { o.OrderID = string(make([]byte, 257)) }), "Order.OrderID"},
		"an order for nothing":            {order(func(o *reward.Order) { o.Price = dec("0") }), "Order.Price 0"},
		"a negative amount":               {order(func(o *reward.Order) { o.Amount = dec("-1") }), "Order.Amount -1"},
		"an enormous amount":              {order(func(o *reward.Order) { o.Amount = decimal.New(1, 2_000_000_000) }), "Order.Amount (out of range)"},
		"an amount of many decimals":      {order(func(o *reward.Order) { o.Amount = dec("1e-19") }), "Order.Amount (out of range)"},
		"an order in no market's name":    {order(func(o *reward.Order) { o.Exchange = "a/b" }), "Order.Exchange \"a/b\""},
		"no peg":                          {order(func(o *reward.Order) { o.Peg = dec("0") }), "Order.Peg 0"},
		"an order seen before it was":     {order(func(o *reward.Order) { o.Since = o.SeenAt.Add(1) }), "Order.Since"},
		"an order that was never seen":    {order(func(o *reward.Order) { o.SeenAt, o.Since = time.Time{}, time.Time{} }), "Order.Since"},
		"too many grants":                 {func(o *reward.Observation) { o.Grants = make([]reward.Grant, 65) }, "Grants 65"},
		"a grant without a number":        {func(o *reward.Observation) { o.Grants[0].Seq = 0 }, "grant 0: reward: invalid: Grant.Seq 0"},
		"a grant of nothing":              {func(o *reward.Observation) { o.Grants[0].Amount = dec("0") }, "Grant.Amount 0"},
		"a grant of less than a unit":     {func(o *reward.Observation) { o.Grants[0].Amount = dec("1e-13") }, "Grant.Amount 0.0000000000001"},
		"a grant that nobody approved":    {func(o *reward.Observation) { o.Grants[0].Approval = "" }, "Grant.Approval"},
		"grants beyond all amounts":       {func(o *reward.Observation) { o.Grants[0].Amount = dec("9e17") }, "must keep all grants together below 1e18"},
		"grants beyond them together": {func(o *reward.Observation) {
			o.Grants = []reward.Grant{{Seq: 2, Amount: dec("5e17"), Approval: "a"}, {Seq: 3, Amount: dec("5e17"), Approval: "b"}}
		}, "grant 1: reward: invalid: Grant.Amount 500000000000000000: must keep all grants together below 1e18"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := reward.Observation{
				At: start.Add(time.Minute), Orders: []reward.Order{bid(5, "ann", "1", "1"), bid(6, "bob", "1", "1")},
				Grants: []reward.Grant{{Seq: 2, Amount: dec("1"), Approval: "motion 8"}},
			}
			r.change(&seen)
			got, _, err := e.Step(state, seen)
			require.ErrorIs(t, err, reward.ErrInvalid)
			require.ErrorContains(t, err, r.want)
			require.Empty(t, cmp.Diff(state, got))
		})
	}
}

// A grant that is booked may come again however much there is by now.
func TestBookedGrantComesAgain(t *testing.T) {
	e := engine(t, nil)
	grants := funds("9e17")
	state, _, err := e.Step(reward.State{}, reward.Observation{At: start, Grants: grants})
	require.NoError(t, err)
	again, _, err := e.Step(state, reward.Observation{At: start.Add(time.Minute), Grants: grants})
	require.NoError(t, err)
	require.True(t, again.Funded.Equal(dec("9e17")))
}
