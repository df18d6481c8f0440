package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/treasury"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// capitalSweep is the command that compares stances.
type capitalSweep struct {
	model
	Name     string `arg:"" optional:"" name:"sweep" help:"Scenario that lists the leverages to compare." default:"leverage_sweep_1x_to_4x"`
	Scenario string `help:"Scenario in which the candidates are told one by one; all of the plan's count in any case." default:"crash_40pct_external_asset" placeholder:"NAME"`

	Leverage   []float64 `help:"Leverages instead of the sweep's." placeholder:"L,L" group:"Candidates, every combination:"`
	Allocation []float64 `help:"Allocations." placeholder:"A,A" group:"Candidates, every combination:"`
	Spread     []float64 `help:"Spreads; 0.003 is 30 bps." placeholder:"S,S" group:"Candidates, every combination:"`
	SigmaCrit  []float64 `help:"Volatilities at which the throttle begins." placeholder:"V,V" group:"Candidates, every combination:"`
	Sample     int       `help:"Instead of every combination, so many stances of a Latin hypercube between the least and the most of each list." placeholder:"N" group:"Candidates, every combination:"`

	FirstPaths int64  `help:"Paths of a first round. Each further round doubles them and keeps the better half; 0 compares all to the end."`
	Policy     string `help:"Limits and evidence of one's own (YAML)." placeholder:"FILE"`
	Resume     string `help:"Go on from this file if it is there; where the sweep stops, write it." placeholder:"FILE"`

	forms
	Out  string `help:"Write to this file instead of stdout." placeholder:"FILE"`
	HTML string `help:"Write a report there too: one page that loads nothing." placeholder:"FILE"`
}

// Run compares, and says which candidates may be deployed.
func (c *capitalSweep) Run(ctx context.Context, to streams) error {
	search, err := c.search()
	if err != nil {
		return err
	}
	if c.Resume != "" {
		if search, err = resume(c.Resume, search); err != nil {
			return err
		}
	}
	file, err := createAny("--out", c.Out)
	if err != nil {
		return err
	}
	defer file.discard()
	page, err := createAny("--html", c.HTML)
	if err != nil {
		return err
	}
	defer page.discard()
	state, err := createAny("--resume", c.Resume)
	if err != nil {
		return err
	}
	defer state.discard()

	shown := &progress{to: to.err}
	shown.show(fmt.Sprintf("%d candidates in %d scenarios", len(search.Config.Candidates), len(search.Config.Scenarios)), 0, 1)
	search, stopped := capital.Optimize(ctx, search, capital.Options{Workers: c.Workers})
	shown.clear()
	if stopped != nil && ctx.Err() == nil {
		return stopped
	}
	if state != nil {
		if err := state.write(func(w io.Writer) error { return writeSearch(w, search) }); err != nil {
			return err
		}
	}
	found, err := search.Report()
	if err != nil {
		return err
	}
	err = result{file, to.out}.write(func(w io.Writer) error { return c.write(w, search, found) })
	if err != nil || stopped != nil || page == nil {
		return cmp.Or(err, stopped)
	}
	return c.report(ctx, page, search, found, shown)
}

// search is what the flags and files ask for.
func (c *capitalSweep) search() (capital.Search, error) {
	base, err := c.base()
	if err != nil {
		return capital.Search{}, err
	}
	candidates, err := c.candidates(base.Stance)
	if err != nil {
		return capital.Search{}, err
	}
	policy, evidence, err := readPolicy(c.Policy)
	if err != nil {
		return capital.Search{}, err
	}
	scenarios := stressed()
	told, err := capital.FindScenario(c.Scenario)
	if err != nil {
		return capital.Search{}, err
	}
	if told.Sweep == nil && !slices.Contains(scenarioNames(scenarios), told.Name) {
		scenarios = append(scenarios, told)
	}
	return capital.NewSearch(capital.SearchConfig{
		Params: base, Scenarios: scenarios, Candidates: candidates,
		Seed: c.Seed, Paths: c.Paths, FirstPaths: c.FirstPaths, Policy: policy, Evidence: evidence,
	})
}

func (c *capitalSweep) candidates(base capital.Stance) ([]capital.Stance, error) {
	axes := capital.Axes{Leverage: c.Leverage, Allocation: c.Allocation, Spread: c.Spread, SigmaCrit: c.SigmaCrit}
	if axes.Leverage == nil {
		s, err := scenario.NamedCapital(c.Name)
		if err != nil {
			return nil, err
		}
		if s.Capital.Sweep == nil {
			return nil, usage(fmt.Errorf("%s: lists no leverages to compare: must be %s, or --leverage must", c.Name, planSweep))
		}
		axes.Leverage = s.Capital.Sweep
	}
	for _, value := range slices.Concat(axes.Leverage, axes.Allocation, axes.Spread, axes.SigmaCrit) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return nil, usage(fmt.Errorf("candidate with %v: must be a finite number", value))
		}
	}
	if c.Sample == 0 {
		return axes.Grid(base)
	}
	from, to := base, base
	for _, axis := range []struct {
		values   []float64
		from, to *float64
	}{
		{axes.Leverage, &from.Leverage, &to.Leverage},
		{axes.Allocation, &from.Allocation, &to.Allocation},
		{axes.Spread, &from.Spread, &to.Spread},
		{axes.SigmaCrit, &from.SigmaCrit, &to.SigmaCrit},
	} {
		if len(axis.values) > 0 {
			*axis.from, *axis.to = slices.Min(axis.values), slices.Max(axis.values)
		}
	}
	return capital.LatinHypercube(from, to, c.Sample, rand.New(rand.NewPCG(c.Seed, 0)))
}

func (c *capitalSweep) write(w io.Writer, s capital.Search, found capital.Report) error {
	switch {
	case c.JSON:
		return writeJSON(w, struct {
			Profile   string   `json:"profile"`
			Scenarios []string `json:"scenarios"`
			capital.Report
		}{c.Profile, scenarioNames(s.Config.Scenarios), found})
	case c.CSV:
		return writeRanked(w, s, found)
	}
	_, err := io.WriteString(w, c.text(s, found))
	return err
}

// writeRanked writes a line for each candidate and scenario.
func writeRanked(w io.Writer, s capital.Search, found capital.Report) error {
	head := []string{"candidate", "leverage", "allocation", "spread", "sigma_crit", "deployable", "gates", "score", "scenario"}
	for _, f := range treasury.Figures(capital.Scorecard{}) {
		head = append(head, f.Name)
	}
	lines := [][]string{head}
	for _, r := range slices.Concat(found.Deployable, found.Rejected) {
		of := []string{
			fmt.Sprint(r.Candidate), number(r.Stance.Leverage), number(r.Stance.Allocation), number(r.Stance.Spread), number(r.Stance.SigmaCrit),
			fmt.Sprint(len(r.Refusals) == 0), strings.Join(gates(r), " "), number(r.Score),
		}
		if len(r.Scorecards) == 0 {
			lines = append(lines, append(of, make([]string, len(head)-len(of))...))
		}
		for k, card := range r.Scorecards {
			line := append(slices.Clone(of), s.Config.Scenarios[k].Name)
			for _, f := range treasury.Figures(card) {
				line = append(line, number(f.Value))
			}
			lines = append(lines, line)
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}

func gates(r capital.Ranked) []string {
	var names []string
	for _, refusal := range r.Refusals {
		names = append(names, string(refusal.Gate))
	}
	return names
}

func (c *capitalSweep) text(s capital.Search, found capital.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Profile %s: %s.\n", c.Profile, profileSays(c.Profile))
	fmt.Fprintf(&b, "  · score: ROI less %g × liquidation probability, %g × drawdown 95 %%, %g × peg deviation frequency; the worst of %s\n",
		found.Policy.LiquidationPenalty, found.Policy.DrawdownPenalty, found.Policy.PegDeviationPenalty, strings.Join(scenarioNames(s.Config.Scenarios), ", "))
	fmt.Fprintf(&b, "  · a probability passes a gate by the upper end of its 95 %% confidence interval; %s\n", treasury.PathsSaid(s))
	fmt.Fprintf(&b, "%s\n", rankedTable(found))
	if at := slices.Index(scenarioNames(s.Config.Scenarios), c.Scenario); at >= 0 {
		fmt.Fprintf(&b, "\nIn %s alone:\n%s\n", c.Scenario, aloneTable(found, at))
	}
	fmt.Fprintf(&b, "\n%s\n", strings.Join(treasury.Verdict(found), "\n"))
	if !found.Complete {
		b.WriteString("PARTIAL: the sweep was stopped; it ranks what its whole rounds gave.\n")
	}
	return b.String()
}

func rankedTable(found capital.Report) string {
	t := plainTable(table.Row{"lever", "allocation", "spread", "throttle at", "score", "ROI", "drawdown 95 %", "front", "worst scenario", "deployable"}, 1)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 5, Align: text.AlignRight}, {Number: 6, Align: text.AlignRight}, {Number: 7, Align: text.AlignRight}})
	for _, r := range slices.Concat(found.Deployable, found.Rejected) {
		verdict := "yes"
		if len(r.Refusals) > 0 {
			verdict = "no: " + strings.Join(gates(r), ", ")
		}
		if r.Halved {
			verdict += " (after fewer paths)"
		}
		front := ""
		if slices.Contains(found.Front, r.Candidate) {
			front = "yes"
		}
		row := table.Row{fmt.Sprintf("%gx", r.Stance.Leverage), percent(r.Stance.Allocation), fmt.Sprintf("%.0f bps", 1e4*r.Stance.Spread), percent(r.Stance.SigmaCrit)}
		if len(r.Scorecards) == 0 {
			row = append(row, "", "", "", "", "not simulated", verdict)
		} else {
			row = append(row, fmt.Sprintf("%.4f", r.Score), percent(r.ROIMean), percent(r.Drawdown), front, r.Worst, verdict)
		}
		t.AppendRow(row)
	}
	return t.Render()
}

// aloneTable is how the candidates did in one scenario, by leverage.
func aloneTable(found capital.Report, scenario int) string {
	t := plainTable(table.Row{"lever", "ROI", "5 %", "95 %", "worst 5 %", "drawdown 95 %", "liquidated", "at most", "off peg"}, 1)
	for _, r := range treasury.ByLeverage(found) {
		if len(r.Scorecards) == 0 {
			continue
		}
		card := r.Scorecards[scenario]
		t.AppendRow(table.Row{
			fmt.Sprintf("%gx", r.Stance.Leverage), percent(card.ROIMean), percent(card.ROIP05), percent(card.ROIP95), percent(card.ROICVaR95),
			percent(card.MaxDrawdownP95), percent(card.LiquidationProbability), percent(card.LiquidationProbabilityUpper), percent(card.PegDeviationFrequency),
		})
	}
	return t.Render()
}

// report writes the page: the best candidate in every scenario, and the sweep.
func (c *capitalSweep) report(ctx context.Context, page *output, s capital.Search, found capital.Report, shown *progress) error {
	best := slices.Concat(found.Deployable, found.Rejected)[0]
	var trials []trial
	for k, card := range best.Scorecards {
		plan := s.Config.Scenarios[k]
		p := plan.Apply(s.Config.Params)
		p.Stance = best.Stance
		trials = append(trials, trial{name: plan.Name, card: card, part: capital.Partial{Job: capital.Job{Params: p, Seed: c.Seed, Paths: c.Paths}}})
	}
	told, err := lived(ctx, trials, c.Workers, shown)
	if err != nil {
		return err
	}
	shown.clear()
	return page.write(func(w io.Writer) error {
		return treasury.Page(w, treasury.Report{
			Profile: c.Profile, Says: profileSays(c.Profile), Command: c.command(), Lived: told, Scenarios: scenarioNames(s.Config.Scenarios), Found: found,
		})
	})
}

// command is the line that makes the same report again.
func (c *capitalSweep) command() string {
	line := append([]string{"go run ./examples/simulator capital sweep", c.Name, "--scenario", c.Scenario}, c.model.flags()...)
	for _, list := range []struct {
		flag   string
		values []float64
	}{{"--leverage", c.Leverage}, {"--allocation", c.Allocation}, {"--spread", c.Spread}, {"--sigma-crit", c.SigmaCrit}} {
		if len(list.values) > 0 {
			line = append(line, list.flag, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list.values)), ","), "[]"))
		}
	}
	if c.Sample > 0 {
		line = append(line, "--sample", fmt.Sprint(c.Sample))
	}
	if c.FirstPaths > 0 {
		line = append(line, "--first-paths", fmt.Sprint(c.FirstPaths))
	}
	if c.Policy != "" {
		line = append(line, "--policy", c.Policy)
	}
	return strings.Join(line, " ")
}
