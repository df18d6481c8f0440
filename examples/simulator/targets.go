package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/targets"
)

// measure is the command that measures the plan's performance targets.
type measure struct {
	JSON bool `help:"Write the rows to stdout as JSON and nothing else."`
}

// Run measures and prints.
func (c *measure) Run(ctx context.Context, to streams) error {
	shown := &progress{to: to.err}
	rows, err := targets.Measure(ctx, func(done, total int) { shown.show("measuring targets", done, total) })
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(to.out)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	}
	return printTargets(to.out, rows)
}

// besides are the columns beside a row's verdict.
var besides = []struct{ head, figure string }{
	{"worst bps", targets.WorstPeak},
	{"halted, min", targets.HaltedAfter},
	{"trades/day", targets.TradesPerDay},
	{"fees/day", targets.FeesPerDay},
	{"gas/day", targets.GasPerDay},
	{"loss/day", targets.LossPerDay},
}

// printTargets writes one table for each profile and mode.
func printTargets(w io.Writer, rows []targets.Row) error {
	var b strings.Builder
	b.WriteString("Performance targets of the Vault plan, section 16, on the real engine. A linear pool of 1,000,000, of which 50,000\n" +
		"an hour (1x) are sold one way for 24 hours. fixed: what the plan's own 25 units, 33 times a minute, come to in the\n" +
		"first hour. Costs assume a fee of 3 bps and gas of one token a trade; a loss below zero is a gain. Mode parity: two such\n" +
		"chains and a bridge of 10 minutes; what is sold on the one is bought on the other, and the spread is that at the end of each block.\n")
	met, group := 0, ""
	var t table.Writer
	flush := func() {
		if t != nil {
			fmt.Fprintf(&b, "\n%s\n%s\n", group, t.Render())
		}
	}
	for _, r := range rows {
		if next := r.Profile + " profile, mode " + r.Mode; next != group {
			flush()
			group, t = next, targetsTable()
		}
		if r.Met {
			met++
		}
		t.AppendRow(targetRow(r))
	}
	flush()
	fmt.Fprintf(&b, "\n%d of %d met. A missed row shows where a profile ends: bands and waits that are wide on purpose (conservative),\n"+
		"more flow in a block than a trade may take (long blocks, large lumps), a cap on each trade (a drain for good), a buffer\n"+
		"below what is in flight (parity).\n", met, len(rows))
	_, err := io.WriteString(w, b.String())
	return err
}

func targetsTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	head := table.Row{"case", "goal", "measured", "", "fixed"}
	columns := []table.ColumnConfig{{Number: 3, Align: text.AlignRight}, {Number: 5, Align: text.AlignRight}}
	for i, c := range besides {
		head = append(head, c.head)
		columns = append(columns, table.ColumnConfig{Number: 6 + i, Align: text.AlignRight})
	}
	t.AppendHeader(head)
	t.SetColumnConfigs(columns)
	return t
}

func targetRow(r targets.Row) table.Row {
	verdict := "missed"
	if r.Met {
		verdict = "met"
	}
	fixed := ""
	if r.Fixed != nil {
		fixed = number(*r.Fixed) + " " + r.Unit
	}
	row := table.Row{r.Case, r.Goal, number(r.Measured) + " " + r.Unit, verdict, fixed}
	for _, c := range besides {
		value := ""
		if f, measured := r.Figure(c.figure); measured {
			value = number(f)
		}
		row = append(row, value)
	}
	return row
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
