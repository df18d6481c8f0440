package chronicle_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	store "github.com/evenkeelhq/evenkeel/store/memory"
)

// A bank is short. What was done about it, and where the money went, is read from
// the chronicle.
func Example() {
	ctx := context.Background()
	var system memory.System
	var journal store.Store
	var told memory.Chronicle
	system.Set(liquidity.Position{Bank: "north", Kind: liquidity.SXLR, Currency: "EUR", Source: "core", Liquid: decimal.New(950, 0), Obligations: decimal.New(1000, 0)})
	system.Provider("glp").Change(func(p *liquidity.Provider) { p.Contributed = decimal.New(5000, 0) })
	runner, err := newRunner(&system, &journal)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for minute := range 3 {
		if _, err := runner.Tick(ctx, now.Add(time.Duration(minute)*time.Minute)); err != nil {
			fmt.Println(err)
		}
		if _, err := chronicle.Follow(ctx, &journal, "liquidity/glp", &told); err != nil {
			fmt.Println(err)
		}
	}
	actions, err := told.Actions(ctx, chronicle.Query{Bank: "north"})
	for _, a := range actions.Items {
		fmt.Println(a.Side, a.Amount, a.Phase, a.Cause, err)
	}
	postings, err := told.Postings(ctx, chronicle.Query{})
	for _, p := range slices.Backward(postings.Items) {
		fmt.Println(p.Seq, p.From, "->", p.To, p.Amount, err)
	}
	// Output:
	// INJECT 150 settled below_floor <nil>
	// 1 contributed -> free 5000 <nil>
	// 1 free -> reserved 150 <nil>
	// 2 reserved -> lent 150 <nil>
}

type runner = evenkeel.Runner[liquidity.State, liquidity.Observation, liquidity.Decision]

func config() liquidity.Config {
	cfg := liquidity.Careful("glp", "EUR", decimal.New(5000, 0))
	cfg.Mode = liquidity.Live
	return cfg
}

// newRunner returns an engine that acts, over one provider.
func newRunner(system *memory.System, journal evenkeel.Store) (*runner, error) {
	engine, err := liquidity.New(config())
	if err != nil {
		return nil, err
	}
	world, err := liquidity.NewWorld(liquidity.WorldConfig{
		Key: "liquidity/glp", Engine: engine, Feeds: []liquidity.Feed{system}, Quorum: 1,
		Executors: map[string]liquidity.Executor{"glp": system.Provider("glp")},
	})
	if err != nil {
		return nil, err
	}
	return evenkeel.NewRunner("liquidity/glp", engine, world, journal, evenkeel.Options{})
}
