package evenkeel_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// tape is a world made of known prices. Nothing can be done about a price, so
// acting on a verdict is saying it.
type tape []string

func (t *tape) Observe(_ context.Context, now time.Time, _ exchange.FilterState) (exchange.Sighting, error) {
	price := decimal.RequireFromString((*t)[0])
	*t = (*t)[1:]
	return exchange.Sighting{Now: now, Prints: []exchange.Print{{Source: "venue", Value: price, At: now}}}, nil
}

func (t *tape) Act(_ context.Context, _ time.Time, stamp evenkeel.Stamp, v exchange.Verdict) error {
	fmt.Println(stamp.ID(), v.Reason, v.Price.Value)
	return nil
}

// A price filter is an engine like any other: its runner keeps a journal, from
// which every verdict can be verified and repeated.
func Example() {
	filter, err := exchange.NewFilter(exchange.FilterConfig{
		Quorum: 1, MaxAge: time.Minute, Confirmations: 1,
		MaxDivergenceBps: decimal.NewFromInt(50), MaxJumpBps: decimal.NewFromInt(100),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, now, journal := context.Background(), time.Date(2022, 5, 11, 20, 28, 0, 0, time.UTC), new(memory.Store)
	runner, err := evenkeel.NewRunner("price/USDC", filter, &tape{"1.0048", "1.0049", "3.99", "1.0050"}, journal, evenkeel.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 4 {
		now = now.Add(time.Second)
		if _, err := runner.Tick(ctx, now); err != nil {
			fmt.Println(err)
		}
	}
	verified, err := evenkeel.Verify(ctx, journal, "price/USDC")
	fmt.Println("records", verified.First, "to", verified.Head.Seq, err)
	for step, err := range evenkeel.Replay(ctx, filter, journal, "price/USDC") {
		fmt.Println("again", step.Seq, step.Same, err)
	}
	// Output:
	// price/USDC/1 unconfirmed 0
	// price/USDC/2 confirmed 1.0049
	// price/USDC/3 unconfirmed 0
	// price/USDC/4 steady 1.005
	// records 1 to 4 <nil>
	// again 1 true <nil>
	// again 2 true <nil>
	// again 3 true <nil>
	// again 4 true <nil>
}
