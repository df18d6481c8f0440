package mesh_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

// Chain 138 as deployed: what a euro is worth in dollars without a pool of the
// two, and the best way to buy many of them.
func ExampleMesh_Route() {
	scenario, err := mesh.Named("chain138_deployed_capital_efficiency")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := mesh.New(scenario.Network)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := m.Start()
	euro, dollar := mesh.Asset{Chain: 138, Token: "cEURT"}, mesh.Asset{Chain: 138, Token: "cUSDT"}
	fair, _ := m.Fair(now, euro, dollar)
	pools, _ := m.Triangulate(now, euro, dollar)
	fmt.Println("fair", fair, "in the pools", pools.Round(6))

	pay, _ := pmm.Wei(decimal.RequireFromString("100000"), 6)
	plan, err := m.Route(now, mesh.Order{From: dollar, To: euro, Pay: pay}, mesh.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, leg := range plan.Legs {
		fmt.Println(m.Describe(leg.Path), "pays", pmm.Tokens(leg.Pay, 6).Round(0))
	}
	fmt.Println("receives", pmm.Tokens(plan.Receive, 6).Round(0), "gas", pmm.Tokens(plan.Gas, 6))
	// Output:
	// fair 1.142857142857142857 in the pools 1.142857
	// 138/cUSDT > 138/XAU > 138/cEURT pays 51069
	// 138/cUSDT > 138/cUSDC > 138/XAU > 138/cEURT pays 48931
	// receives 85573 gas 0.21875
}

// A week of eleven spokes around a hub, with a keeper that brings half of a
// deviation back after two hours.
func ExampleSimulation_Run() {
	scenario, err := mesh.Named("hub_only_11")
	if err != nil {
		fmt.Println(err)
		return
	}
	scenario.Epochs = 7 * 24
	keeper, err := mesh.NewProportional(2, 5_000)
	if err != nil {
		fmt.Println(err)
		return
	}
	simulation, err := mesh.NewSimulation(scenario, keeper)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := simulation.Run(rand.New(rand.NewPCG(138, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	card := result.Scorecard
	fmt.Printf("%d orders, %d refused, capture %.3f, churn %.2f\n", card.Orders.Asked, card.Orders.Refused, card.Capture, card.Churn)
	fmt.Printf("off the peg %.2f of the time, 95%% within %.1f bps, worst pool %s\n", card.PegDeviation.Frequency, card.PegDeviation.P95Bps, card.WorstPool)
	fmt.Printf("per hour: earned %.2f ppm of capital, defended for %.2f\n", 1e6*result.Summary.MarketMakingIncome, 1e6*result.Summary.InterventionCost)
	// Output:
	// 1452 orders, 0 refused, capture 0.958, churn 0.18
	// off the peg 0.17 of the time, 95% within 16.4 bps, worst pool 138/cUSDT-XAU
	// per hour: earned 5.44 ppm of capital, defended for 0.40
}
