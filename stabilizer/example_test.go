package stabilizer_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// A pool of one million a side, in which 100 units are one bps, drifts 13 bps
// above its target and stays there.
func Example() {
	pair := exchange.Pair{Base: "cUSDT", Quote: "USDT"}
	engine, err := stabilizer.New(stabilizer.Target(pair, "cUSDT/USDT", decimal.RequireFromString("100"), 2*time.Second))
	if err != nil {
		panic(err)
	}
	var state stabilizer.State
	for i, price := range []string{"1", "1", "1.0013", "1.0013", "1.0013"} {
		at := time.Unix(int64(2*i), 0)
		seen := stabilizer.Observation{Block: &stabilizer.Block{
			Number: uint64(i + 1), Hash: fmt.Sprint("0x", i), Time: at,
			Pool:   decimal.RequireFromString(price),
			Target: stabilizer.Quote{Value: decimal.RequireFromString("1"), At: at},
			Base:   decimal.RequireFromString("50000"), Quote: decimal.RequireFromString("50000"),
			GasGwei: decimal.RequireFromString("20"),
		}}
		var decision stabilizer.Decision
		state, decision, err = engine.Step(state, seen)
		if err != nil {
			panic(err)
		}
		fmt.Println(decision.Block, decision.Action, decision.Reason, decision.TWAPBps, decision.SpotBps)
		if o := decision.Order; o != nil {
			fmt.Println(o.ID, o.Side, o.Size, "for at least", o.MinOut, pair.Quote)
		}
	}
	// Output:
	// 1 HOLD warmup 0 0
	// 2 HOLD in_band 0 0
	// 3 HOLD sustaining 6.5 13
	// 4 TRADE rebalance 13 13
	// cUSDT/USDT:4:0x3:1 SELL 1300 for at least 1297.78493 USDT
	// 5 HOLD pending 13 13
}
