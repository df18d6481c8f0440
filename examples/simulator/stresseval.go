package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/outlook"
)

// evaluate is the command that measures the stress predictors.
type evaluate struct {
	Seeds int  `help:"Years of the synthetic system, 1 to 100." default:"10"`
	Banks int  `help:"Banks of the synthetic system, 8 to 100; it is described for 40." default:"40"`
	JSON  bool `help:"Write the report to stdout as JSON and nothing else."`
}

// The bounds of an evaluation.
const (
	maxYears           = 100
	minBanks, maxBanks = 8, 100
)

// Run evaluates and prints. A system that is not the one described is printed
// and fails.
func (c *evaluate) Run(ctx context.Context, to streams) error {
	if c.Seeds < 1 || c.Seeds > maxYears {
		return usage(fmt.Errorf("--seeds %d: must be 1 to %d", c.Seeds, maxYears))
	}
	if c.Banks < minBanks || c.Banks > maxBanks {
		return usage(fmt.Errorf("--banks %d: must be %d to %d", c.Banks, minBanks, maxBanks))
	}
	shown := &progress{to: to.err}
	report, err := outlook.Run(ctx, outlook.Size{Seeds: c.Seeds, Banks: c.Banks}, func(done, total int) { shown.show("judging years", done, total) })
	if err != nil && !errors.Is(err, outlook.ErrOtherProcess) {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(to.out)
		enc.SetIndent("", "  ")
		return errors.Join(enc.Encode(report), err)
	}
	return errors.Join(printOutlook(to.out, report), err)
}

// printOutlook writes what was measured, and what of it was asked for.
func printOutlook(w io.Writer, r outlook.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Synthetic: %s of %d banks, hourly; the first half of each teaches, the second examines. A breach within\n"+
		"24 hours follows %.1f%% of hours [%.1f, %.1f]. Median [lowest, highest] over the seeds. The signals are in the\n"+
		"system because it was built so: an upper bound, no claim about real banks.\n%s\n",
		figure.Many(r.Seeds, "year"), r.Banks, 100*r.BaseRate.Median, 100*r.BaseRate.Lowest, 100*r.BaseRate.Highest, syntheticTable(r))
	b.WriteString("skill: what is saved of the base rate's Brier score; low: lower end of its 95% interval. Alarms: the 3% of hours\n" +
		"with the highest forecasts; warned: onsets with an alarm in the 48 hours before. license: seeds with low > 0.\n")
	fmt.Fprintf(&b, "\nThe default's forecasts and what came of them, by tenths of the hours:\n%s\n", reliabilityTable(r))
	fmt.Fprintf(&b, "Of the breaches that came, %.0f%% came by the default's P50 and %.0f%% by its P90.\n", 100*r.ByP50.Median, 100*r.ByP90.Median)
	f := r.Funding
	fmt.Fprintf(&b, "\nUS funding market: SOFR 7 bp or more above its 10-day median within 5 days, moves of policy apart. Trained on %s\n"+
		"days to 2022 (%.1f%% before stress), tested on %s from 2023 on (%.1f%%).\n%s\n",
		figure.Count(f.TrainDays), 100*f.TrainRate, figure.Count(f.TestDays), 100*f.TestRate, fundingTable(f))
	for _, line := range r.Verdict() {
		fmt.Fprintln(&b, line)
	}
	fmt.Fprintf(&b, "\n%s\n", goalsTable(r))
	_, err := io.WriteString(w, b.String())
	return err
}

func syntheticTable(r outlook.Report) string {
	t := plainTable(table.Row{"forecast", "skill", "low", "AUC", "warned", "lead, h", "false/bank-year", "license"}, 2)
	for _, row := range r.Synthetic {
		license := ""
		if row.Licensed != nil {
			license = fmt.Sprintf("%d of %d", *row.Licensed, r.Seeds)
		}
		t.AppendRow(table.Row{
			row.Name, span(row.Skill), thousandth(row.SkillLow.Median), thousandth(row.AUC.Median), thousandth(row.Warned.Median),
			fmt.Sprintf("%.1f [%.0f, %.0f]", row.LeadHours.Median, row.LeadHours.Lowest, row.LeadHours.Highest),
			fmt.Sprintf("%.1f", row.FalseAlarms.Median), license,
		})
	}
	return t.Render()
}

func reliabilityTable(r outlook.Report) string {
	head, forecast, observed := table.Row{""}, table.Row{"forecast, %"}, table.Row{"observed, %"}
	for i, b := range r.Reliability {
		head = append(head, i+1)
		forecast = append(forecast, fmt.Sprintf("%.3f", 100*b.Forecast))
		observed = append(observed, fmt.Sprintf("%.3f", 100*b.Observed))
	}
	t := plainTable(head, 2)
	t.AppendRows([]table.Row{forecast, observed})
	return t.Render()
}

func fundingTable(f outlook.Funding) string {
	t := plainTable(table.Row{"forecast", "skill", "low", "AUC"}, 2)
	for _, row := range f.Rows {
		t.AppendRow(table.Row{row.Name, thousandth(row.Skill), thousandth(row.Low), thousandth(row.AUC)})
	}
	return t.Render()
}

func goalsTable(r outlook.Report) string {
	t := plainTable(table.Row{"asked for", "goal", "measured", ""}, 3)
	for _, g := range r.Goals {
		verdict := "missed"
		if g.Met {
			verdict = "met"
		}
		t.AppendRow(table.Row{g.Name, g.Goal, thousandth(g.Measured), verdict})
	}
	return t.Render()
}

// plainTable is a table with that head whose columns from numbers on are figures.
func plainTable(head table.Row, numbers int) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(head)
	var columns []table.ColumnConfig
	for i := numbers; i <= len(head); i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

func span(r outlook.Range) string {
	return fmt.Sprintf("%.3f [%.3f, %.3f]", r.Median, r.Lowest, r.Highest)
}

func thousandth(x float64) string { return fmt.Sprintf("%.3f", x) }
