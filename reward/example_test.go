package reward_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// Two providers hold the buy side at the peg, and one of them an order far off
// it. Together they offer half of the target, so half of the reward is at stake,
// and half of that is the buy side's.
func Example() {
	dec := decimal.RequireFromString
	side := reward.Book{Ratio: dec("0.5"), Ranks: []reward.Rank{
		{Name: "rank_1", Ratio: dec("0.8"), Tolerance: dec("0.01")},
		{Name: "rank_2", Ratio: dec("0.2"), Tolerance: dec("1")},
	}}
	engine, err := reward.New(reward.Config{
		Every: time.Minute, Places: 8, MaxOrders: 1000, MaxAge: 2 * time.Minute,
		Markets: []reward.Market{{Exchange: "venue", Unit: "btc", Reward: dec("1"), Target: dec("2000"), Ask: side, Bid: side}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	order := func(id uint64, account, price, amount string) reward.Order {
		return reward.Order{
			ID: id, Account: account, Exchange: "venue", Unit: "btc", Side: exchange.Bid, OrderID: fmt.Sprint(id),
			Price: dec(price), Amount: dec(amount), Peg: dec("250"), SeenAt: now, Since: now,
		}
	}
	_, round, err := engine.Step(reward.State{}, reward.Observation{
		At:     now,
		Orders: []reward.Order{order(1, "ann", "249", "600"), order(2, "bob", "248.5", "300"), order(3, "bob", "200", "100")},
		Grants: []reward.Grant{{Seq: 1, Amount: dec("100"), Approval: "motion 7"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range round.Orders {
		fmt.Println(o.Account, o.Rank, o.Amount)
	}
	fmt.Println(round.Reason, round.Paid, "and left", round.Balance, "for", round.RunwayRounds, "full rounds")
	// Output:
	// ann rank_1 0.13333333
	// bob rank_1 0.06666667
	// bob rank_2 0.05
	// paid 0.25 and left 99.75 for 99 full rounds
}
