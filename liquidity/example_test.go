package liquidity_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Three banks and a pool of 5,000. Ann's is a little short and is filled up, Bea's
// is very short and needs a second person, and Cy's was seen too long ago.
func Example() {
	dec := decimal.RequireFromString
	cfg := liquidity.Careful("glp", "EUR", dec("1000"))
	cfg.Mode = liquidity.Live
	engine, err := liquidity.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	position := func(bank, liquid string, age time.Duration) liquidity.Position {
		return liquidity.Position{
			Bank: bank, Kind: liquidity.SXLR, Currency: "EUR", Source: "core", At: now.Add(-age),
			Liquid: dec(liquid), Obligations: dec("1000"),
		}
	}
	_, d, err := engine.Step(liquidity.State{}, liquidity.Observation{
		At:        now,
		Banks:     []liquidity.Position{position("ann", "950", 0), position("bea", "600", 0), position("cy", "900", time.Hour)},
		Providers: []liquidity.Provider{{ID: "glp", Contributed: dec("5000")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range d.Banks {
		fmt.Println(s.Bank, s.EffectiveRatio, s.Action, s.Amount, "of", s.Wanted, s.Reasons, "approval:", s.Approval)
	}
	for _, t := range d.Send {
		fmt.Println("send", t.Amount, "from", t.Provider, "to", t.Bank)
	}
	// Output:
	// ann 0.95 INJECT 150 of 150 [] approval: false
	// bea 0.6 INJECT 500 of 500 [] approval: true
	// cy 0.9 NONE 0 of 200 [stale_data] approval: false
	// send 150 from glp to ann
}
