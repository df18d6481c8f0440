package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/holiman/uint256"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

// meshRun is the command that simulates a mesh of pools.
type meshRun struct {
	Scenario   string `arg:"" optional:"" help:"Which of the capital-efficiency plan's (default: hub_only_11); --list names them."`
	File       string `help:"A scenario of one's own (YAML) instead." placeholder:"FILE"`
	Deployment string `help:"Deployment status (JSON) that has the pools, for graphMode: deployed." placeholder:"FILE"`
	List       bool   `help:"Name the scenarios and what they ask."`

	Seed    uint64 `help:"Seed of orders and prices." default:"1"`
	Epochs  int    `help:"Simulate so many epochs; 0 is as many as the scenario says."`
	Sustain int    `help:"Epochs for which a pool must be off its peg before the keeper trades; 0 is no keeper." default:"1"`
	Share   int    `help:"Share of the way back that the keeper trades, in bps." default:"5000"`

	JSON bool   `help:"Write the result as JSON and nothing else." xor:"form"`
	CSV  bool   `help:"Write a line for each pool as CSV and nothing else." xor:"form"`
	Out  string `help:"Write to this file instead of stdout." placeholder:"FILE"`
}

// worstShown is how many of the worst pools are diagnosed.
const worstShown = 5

// Run simulates and prints.
func (c *meshRun) Run(ctx context.Context, to streams) error {
	if c.List {
		return listScenarios(to.out)
	}
	s, err := c.scenario()
	if err != nil {
		return err
	}
	keeper, err := c.keeper()
	if err != nil {
		return err
	}
	watched := &watchedKeeper{Keeper: keeper, stopped: ctx.Err, shown: &progress{to: to.err}, epochs: s.Mesh.Epochs}
	sim, err := mesh.NewSimulation(s.Mesh, watched)
	if err != nil {
		return err
	}
	file, err := createAny("--out", c.Out)
	if err != nil {
		return err
	}
	defer file.discard()
	r, err := sim.Run(rand.New(rand.NewPCG(c.Seed, 0)))
	if stopped := ctx.Err(); stopped != nil {
		return fmt.Errorf("stopped in epoch %d of %d: %w", watched.epoch, s.Mesh.Epochs, stopped)
	}
	if err != nil {
		return err
	}
	watched.shown.clear()
	return result{file, to.out}.write(func(w io.Writer) error {
		switch {
		case c.JSON:
			return writeJSON(w, r)
		case c.CSV:
			return writePools(w, r)
		}
		return c.print(w, s, r)
	})
}

func listScenarios(w io.Writer) error {
	t := plainTable(table.Row{"scenario", "what it asks", "capital"}, 4)
	for _, name := range scenario.Names() {
		s, err := scenario.Named(name, "")
		if err != nil {
			return err
		}
		assumed := ""
		if s.Capital != nil {
			assumed = "yes"
		}
		t.AppendRow(table.Row{name, s.About, assumed})
	}
	_, err := fmt.Fprintln(w, t.Render())
	return err
}

func (c *meshRun) scenario() (s scenario.Scenario, err error) {
	switch {
	case c.File != "" && c.Scenario != "":
		return s, usage(fmt.Errorf("%s and --file %s: must be one of them", c.Scenario, c.File))
	case c.File != "":
		s, err = scenario.Read(c.File, c.Deployment)
	case c.Scenario == "":
		s, err = scenario.Named(scenario.Names()[0], c.Deployment)
	default:
		s, err = scenario.Named(c.Scenario, c.Deployment)
	}
	if err != nil {
		return s, err
	}
	if c.Epochs < 0 || c.Epochs > mesh.MaxEpochs {
		return s, usage(fmt.Errorf("--epochs %d: must be 0 to %d", c.Epochs, mesh.MaxEpochs))
	}
	if c.Epochs > 0 {
		s.Mesh.Epochs = c.Epochs
	}
	return s, nil
}

// keeper is what the flags say of it.
func (c *meshRun) keeper() (mesh.Keeper, error) {
	if c.Sustain == 0 {
		return noKeeper{}, nil
	}
	return mesh.NewProportional(c.Sustain, c.Share)
}

type noKeeper struct{}

func (noKeeper) Keep(mesh.Sight) (side pmm.Side, pay uint256.Int) { return side, pay }

// watchedKeeper is how a simulation, which knows no context, is watched and
// stopped: its keeper sees every epoch, and a sale on no side of a pool is an error.
type watchedKeeper struct {
	mesh.Keeper
	stopped func() error // nil while it may go on
	shown   *progress
	epochs  int
	epoch   int // the last one seen
}

func (k *watchedKeeper) Keep(seen mesh.Sight) (pmm.Side, uint256.Int) {
	if seen.Epoch != k.epoch {
		k.epoch = seen.Epoch
		k.shown.show("epochs of the mesh", k.epoch, k.epochs)
	}
	if k.stopped() != nil {
		return pmm.SellQuote + 1, *uint256.NewInt(1)
	}
	return k.Keeper.Keep(seen)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// print writes the five metrics with what they mean, and the worst pools.
func (c *meshRun) print(w io.Writer, s scenario.Scenario, r mesh.Result) error {
	var b strings.Builder
	n, unit := s.Mesh.Network, s.Mesh.Network.Unit
	mode := cmp.Or(s.Mesh.GraphMode, mesh.Modelled)
	fmt.Fprintf(&b, "%s: %s\n", r.Scenario, s.About)
	fmt.Fprintf(&b, "  · %s, %s, %s, graph %s; %s of %s, seed %d\n",
		figure.Many(len(n.Chains), "chain"), figure.Many(len(n.Pools), "pool"), figure.Many(len(n.Bridges), "bridge"), mode,
		figure.Many(r.Scorecard.Epochs, "epoch"), figure.Many(s.Mesh.EpochMinutes, "minute"), c.Seed)
	fmt.Fprintf(&b, "  · pools and routes are exact to the smallest unit; orders, prices, arbitrageurs and the keeper are synthetic\n")
	if s.Mesh.GraphMode == mesh.Deployed && c.Deployment == "" && c.File == "" {
		fmt.Fprintf(&b, "  · the deployment status is the example of pmm/mesh, with made-up balances: --deployment brings a real one\n")
	}
	fmt.Fprintf(&b, "%s\n", metricsTable(r.Scorecard, unit, s.Mesh.PegBandBps))
	fmt.Fprintf(&b, "\nThe worst pools, by their 95 %% deviation:\n%s\n", poolsTable(r))
	fmt.Fprintf(&b, "\nCONSERVED: every token in pools, on bridges and with people was counted after each of %s; none too many, none too few.\n", figure.Many(r.Scorecard.Epochs, "epoch"))
	fmt.Fprintf(&b, "For a capital model: market making earned %.4f bps of the pools' value an epoch, the keeper cost %.4f; turnover %.4f a day.\n",
		1e4*r.Summary.MarketMakingIncome, 1e4*r.Summary.InterventionCost, r.Scorecard.Turnover)
	if s.Capital != nil {
		source := r.Scenario
		if c.File != "" {
			source = "--file " + c.File
		}
		fmt.Fprintf(&b, "What the scenario does to a treasury: simulator capital run %s\n", source)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func metricsTable(card mesh.Scorecard, unit string, band int) string {
	t := plainTable(table.Row{"metric", "measured", "what it means"}, 4)
	t.AppendRows([]table.Row{
		{"capture", percent(card.Capture), "of what traders left in the pools, fees and slippage, the part that arbitrage did not take out again"},
		{"churn", fmt.Sprintf("%.3f", card.Churn), "volume of arbitrage and keeper for each unit of orders: trading that serves nobody's order"},
		{
			"intervention cost", fmt.Sprintf("%s %s, %.1f bps", whole(card.InterventionCost), unit, card.InterventionCostBps),
			fmt.Sprintf("what %s of the keeper cost, gas included, and in parts of its volume", figure.Many(card.Interventions, "trade")),
		},
		{
			"peg deviation", fmt.Sprintf("%s; 95%% %.1f bps, worst %.1f", percent(card.PegDeviation.Frequency), card.PegDeviation.P95Bps, card.PegDeviation.WorstBps),
			fmt.Sprintf("how often a pool ended an epoch more than %d bps off the fair price, and how far off pools were", band),
		},
		{"worst pool", card.WorstPool, "the one with the largest 95% deviation; diagnosed below"},
	})
	orders := card.Orders
	t.AppendFooter(table.Row{"", "", fmt.Sprintf("%s worth %s %s, %d refused, %d refunded; pools worth %s, at most %s on bridges",
		figure.Many(orders.Asked, "order"), whole(orders.Value), unit, orders.Refused, orders.Refunded, whole(card.PoolValue), whole(card.MaxInFlight))})
	t.Style().Format.Footer = t.Style().Format.Header
	return t.Render()
}

func poolsTable(r mesh.Result) string {
	worst := slices.Clone(r.Pools)
	slices.SortStableFunc(worst, func(a, b mesh.PoolResult) int {
		return cmp.Or(cmp.Compare(b.PegDeviation.P95Bps, a.PegDeviation.P95Bps), cmp.Compare(b.PegDeviation.WorstBps, a.PegDeviation.WorstBps))
	})
	t := plainTable(table.Row{"pool", "95%, bps", "worst", "in epoch", "off peg", "longest, epochs", "short side", "capture", "income", "arbitrages", "keeper"}, 2)
	for _, p := range worst[:min(worstShown, len(worst))] {
		t.AppendRow(table.Row{
			p.Name, fmt.Sprintf("%.1f", p.PegDeviation.P95Bps), fmt.Sprintf("%.1f", p.PegDeviation.WorstBps), p.WorstEpoch, percent(p.PegDeviation.Frequency),
			p.LongestOff, percent(p.ShortSide), percent(p.Capture), whole(p.Income), p.Arbitrage.Count, p.Keeper.Count,
		})
	}
	return t.Render()
}

// writePools writes a line for each pool, in the network's order.
func writePools(w io.Writer, r mesh.Result) error {
	out := csv.NewWriter(w)
	lines := [][]string{{
		"pool", "peg_frequency", "peg_p95_bps", "peg_worst_bps", "worst_epoch", "longest_off", "short_side", "capture", "income",
		"order_volume", "arbitrage_volume", "keeper_volume", "keeper_trades",
	}}
	for _, p := range r.Pools {
		lines = append(lines, []string{
			p.Name, number(p.PegDeviation.Frequency), number(p.PegDeviation.P95Bps), number(p.PegDeviation.WorstBps),
			fmt.Sprint(p.WorstEpoch), fmt.Sprint(p.LongestOff), number(p.ShortSide), number(p.Capture), number(p.Income),
			number(p.Orders.Volume), number(p.Arbitrage.Volume), number(p.Keeper.Volume), fmt.Sprint(p.Keeper.Count),
		})
	}
	return out.WriteAll(lines)
}

func percent(x float64) string { return fmt.Sprintf("%.2f%%", 100*x) }

func whole(x float64) string { return figure.Count(int(math.Round(x))) }
