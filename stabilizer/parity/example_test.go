package parity_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// A token stands 12 bps higher on one chain than on the other, where 100 units
// are one bps. What is sold there is missing there afterwards, so the bridge
// brings it back.
func Example() {
	d := decimal.RequireFromString
	at := func(id uint64) parity.Chain {
		return parity.Chain{
			ID: id, BlockTime: 2 * time.Second, MinBlocks: 3, UnitsPerBps: d("100"),
			Buffer: parity.Holding{Base: d("50000"), Quote: d("50000")},
		}
	}
	pair := exchange.Pair{Base: "cUSDC", Quote: "cUSDT"}
	engine, err := parity.New(parity.Target(pair, [2]parity.Chain{at(138), at(651940)}, 20*time.Minute))
	if err != nil {
		panic(err)
	}

	var state parity.State
	look := func(n uint64, prices, base, quote [2]string, receipts ...parity.Receipt) parity.Decision {
		now := time.Unix(int64(2*n), 0)
		seen := parity.Observation{Now: now, Receipts: receipts}
		for i := range seen.Blocks {
			seen.Blocks[i] = &parity.Block{
				Number: n, Hash: fmt.Sprint("0x", n), Time: now, Pool: d(prices[i]), Oracle: parity.Price{Value: d("1"), At: now},
				Base: d(base[i]), Quote: d(quote[i]), GasGwei: d("1"),
				Lane: &parity.Holding{Base: d("100000"), Quote: d("100000")},
			}
		}
		var decision parity.Decision
		if state, decision, err = engine.Step(state, seen); err != nil {
			panic(err)
		}
		fmt.Println(n, decision.Action, decision.Reason, decision.SpreadBps, "bps")
		for _, o := range decision.Orders {
			fmt.Println("  chain", o.Chain+1, o.Side, o.Size, "for", o.AmountIn, "and at least", o.MinOut)
		}
		for _, t := range decision.Transfers {
			fmt.Println("  bridge", t.Amount, t.Asset, "from chain", t.From+1, "to chain", t.To()+1)
		}
		return decision
	}

	full := [2]string{"50000", "50000"}
	look(1, [2]string{"1.0006", "0.9994"}, full, full)
	orders := look(2, [2]string{"1.0006", "0.9994"}, full, full).Orders
	look(3, [2]string{"1.00005", "0.99995"}, [2]string{"49450", "50549"}, [2]string{"50550", "49450.33"},
		parity.Receipt{ID: orders[0].ID, Outcome: parity.Mined, Block: 3, Received: d("550")},
		parity.Receipt{ID: orders[1].ID, Outcome: parity.Mined, Block: 3, Received: d("549")},
	)
	fmt.Println("in flight:", state.InFlight(0), "and", state.InFlight(1), "conserved:", state.Conserved())
	// Output:
	// 1 HOLD sustaining 12 bps
	// 2 TRADE spread 12 bps
	//   chain 1 SELL 550 for 550 and at least 548.67901
	//   chain 2 BUY 550 for 549.67 and at least 548.35
	// 3 HOLD in_band 1 bps
	//   bridge 549 base from chain 2 to chain 1
	//   bridge 549.67 quote from chain 1 to chain 2
	// in flight: 0 base, 549.67 quote and 549 base, 0 quote conserved: true
}
