package capital_test

import (
	"context"
	"fmt"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// How a crash treats the conservative leverage.
func Example() {
	params, err := capital.Institutional.Params()
	if err != nil {
		panic(err)
	}
	scenario, err := capital.FindScenario("crash_40pct_external_asset")
	if err != nil {
		panic(err)
	}
	job := capital.Job{Params: scenario.Apply(params), Seed: 1, Paths: 2000}
	part, err := capital.Run(context.Background(), job, capital.Options{})
	if err != nil {
		panic(err)
	}
	card, err := part.Scorecard()
	if err != nil {
		panic(err)
	}
	fmt.Printf("roi %.3f, of the worst twentieth %.3f\n", card.ROIMean, card.ROICVaR95)
	fmt.Printf("drawdown p95 %.3f\n", card.MaxDrawdownP95)
	fmt.Printf("liquidated %.4f, below %.4f\n", card.LiquidationProbability, card.LiquidationProbabilityUpper)
	// Output:
	// roi -0.016, of the worst twentieth -0.085
	// drawdown p95 0.103
	// liquidated 0.0000, below 0.0019
}

// What may be deployed, and why the rest may not.
func ExampleOptimize() {
	params, err := capital.Seed.Params()
	if err != nil {
		panic(err)
	}
	candidates, err := capital.Axes{Leverage: []float64{1, 1.5, 2, 4}}.Grid(params.Stance)
	if err != nil {
		panic(err)
	}
	search, err := capital.NewSearch(capital.SearchConfig{
		Params: params, Scenarios: []capital.Scenario{{Name: "calm"}}, Candidates: candidates,
		Seed: 1, Paths: 4000, Policy: capital.InstitutionalPolicy(),
	})
	if err != nil {
		panic(err)
	}
	search, err = capital.Optimize(context.Background(), search, capital.Options{})
	if err != nil {
		panic(err)
	}
	report, err := search.Report()
	if err != nil {
		panic(err)
	}
	for _, r := range report.Deployable {
		fmt.Printf("%vx earns %.4f\n", r.Stance.Leverage, r.ROIMean)
	}
	for _, r := range report.Rejected {
		fmt.Printf("%vx: %s\n", r.Stance.Leverage, r.Refusals[0].Gate)
	}
	fmt.Println("missing:", report.Missing[0])
	// Output:
	// 1.5x earns 0.0682
	// 1x earns 0.0545
	// 2x: leverage_cap
	// 4x: leverage_cap
	// missing: smart_contract_audit
}
