package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/treasury"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// capitalResult is what a run gave. Results of two profiles are two of these.
type capitalResult struct {
	Profile string
	Partial bool
	Results []trial
}

func (r capitalResult) write(w io.Writer, form forms) error {
	switch {
	case form.JSON:
		return r.writeJSON(w)
	case form.CSV:
		return r.writeCSV(w)
	}
	_, err := io.WriteString(w, r.text())
	return err
}

func (r capitalResult) writeJSON(w io.Writer) error {
	type result struct {
		Scenario  string            `json:"scenario"`
		Params    capital.Params    `json:"params"`
		Scorecard capital.Scorecard `json:"scorecard"`
		Hash      capital.Digest    `json:"scorecard_sha256"`
	}
	told := struct {
		Profile string   `json:"profile"`
		Partial bool     `json:"partial"`
		Results []result `json:"results"`
	}{Profile: r.Profile, Partial: r.Partial, Results: []result{}}
	for _, t := range r.Results {
		hash, err := t.card.Hash()
		if err != nil {
			return err
		}
		told.Results = append(told.Results, result{t.name, t.part.Job.Params, t.card, hash})
	}
	return writeJSON(w, told)
}

// writeCSV writes a line for each scenario with all figures of its scorecard.
func (r capitalResult) writeCSV(w io.Writer) error {
	head := []string{"profile", "scenario", "leverage", "job", "partial"}
	var lines [][]string
	for i, t := range r.Results {
		line := []string{r.Profile, t.name, number(t.part.Job.Params.Stance.Leverage), t.card.Job.String(), fmt.Sprint(t.card.Partial)}
		for _, f := range treasury.Figures(t.card) {
			if i == 0 {
				head = append(head, f.Name)
			}
			line = append(line, number(f.Value))
		}
		lines = append(lines, line)
	}
	return csv.NewWriter(w).WriteAll(append([][]string{head}, lines...))
}

func (r capitalResult) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Profile %s: %s.\n", r.Profile, profileSays(r.Profile))
	fmt.Fprintf(&b, "  · %s: capital 1 at the start; ROI and drawdown in percent of it; ± is one standard error of the paths, not of the model\n", capital.Version)
	fmt.Fprintf(&b, "  · at most: the upper end of the 95 %% confidence interval; worst 5 %%: their mean; events: epochs of all paths\n")
	money := plainTable(table.Row{"scenario", "lever", "ROI", "±", "5 %", "95 %", "worst 5 %", "drawdown 95 %", "liquidated", "at most"}, 2)
	events := plainTable(table.Row{"scenario", "off peg", "below floor", "throttled", "spread moves", "deleveraged", "breaker", "paths"}, 2)
	for _, row := range r.Results {
		c, name := row.card, row.name
		if c.Partial {
			name += " (PARTIAL)"
		}
		money.AppendRow(table.Row{
			name, fmt.Sprintf("%gx", row.part.Job.Params.Stance.Leverage), percent(c.ROIMean), fmt.Sprintf("%.3f", 100*c.ROIMeanError),
			percent(c.ROIP05), percent(c.ROIP95), percent(c.ROICVaR95), percent(c.MaxDrawdownP95), percent(c.LiquidationProbability), percent(c.LiquidationProbabilityUpper),
		})
		events.AppendRow(table.Row{
			name, percent(c.PegDeviationFrequency), figure.Count(int(c.FloorViolations)), figure.Count(int(c.ThrottleEvents)),
			figure.Count(int(c.SpreadAdjustments)), figure.Count(int(c.Deleverages)), figure.Count(int(c.Breakers)), figure.Count(int(c.Paths)),
		})
	}
	fmt.Fprintf(&b, "%s\n%s\n", money.Render(), events.Render())
	if r.Partial {
		b.WriteString("PARTIAL: the run was stopped; these are the paths that were done.\n")
	}
	for _, row := range r.Results {
		if hash, err := row.card.Hash(); err == nil {
			fmt.Fprintf(&b, "scorecard %-38s sha256 %s\n", row.name, hash)
		}
	}
	return b.String()
}

// stressed are the scenarios by the worst of which a stance is judged: those of
// the plan that are not a sweep themselves.
func stressed() []capital.Scenario {
	var all []capital.Scenario
	for _, s := range capital.Scenarios() {
		if s.Sweep == nil {
			all = append(all, s)
		}
	}
	return all
}

func scenarioNames(scenarios []capital.Scenario) []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.Name
	}
	return names
}

// planSweep is the scenario that lists the leverages to compare.
const planSweep = "leverage_sweep_1x_to_4x"

// leverages are the stances of a sweep over its leverages.
func leverages(base capital.Stance) ([]capital.Stance, error) {
	s, err := scenario.NamedCapital(planSweep)
	if err != nil {
		return nil, err
	}
	return capital.Axes{Leverage: s.Capital.Sweep}.Grid(base)
}

// lived is what a page tells of trials.
func lived(ctx context.Context, trials []trial, workers int, shown *progress) ([]treasury.Lived, error) {
	all := make([]treasury.Lived, len(trials))
	for i, t := range trials {
		shown.show("timelines", i, len(trials))
		timeline, err := treasury.Timeline(ctx, t.part.Job, workers)
		if err != nil {
			return nil, err
		}
		all[i] = treasury.Lived{Name: t.name, About: t.about, Job: t.part.Job, Card: t.card, Timeline: timeline}
	}
	return all, nil
}

// flags are those that make the same figures again.
func (m model) flags() []string {
	flags := []string{"--profile", m.Profile, "--seed", fmt.Sprint(m.Seed), "--paths", fmt.Sprint(m.Paths)}
	for _, assignment := range m.Set {
		flags = append(flags, "--set", assignment)
	}
	return flags
}
