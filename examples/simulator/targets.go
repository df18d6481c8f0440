package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

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

// printTargets writes one table for each profile and mode.
func printTargets(w io.Writer, rows []targets.Row) error {
	var b strings.Builder
	b.WriteString("Performance targets of the Vault plan, §16: depth 1,000,000, 50,000 an hour sold one way, 24 hours a run.\n" +
		"Fixed: what the plan's own 25 units, 33 times a minute, come to in the first hour.\n" +
		"Costs assume 3 bps of fee and gas of one token a trade.\n")
	var t table.Writer
	met, group := 0, ""
	for _, r := range rows {
		if next := r.Profile + " profile, mode " + r.Mode; next != group {
			if group != "" {
				fmt.Fprintf(&b, "\n%s\n%s\n", group, t.Render())
			}
			group, t = next, table.NewWriter()
			t.SetStyle(table.StyleLight)
			t.Style().Format.Header = 0
			t.AppendHeader(table.Row{"case", "goal", "measured", "", "fixed", "beside"})
		}
		verdict := "missed"
		if r.Met {
			verdict = "met"
			met++
		}
		t.AppendRow(table.Row{r.Case, r.Goal, figure(r.Measured) + " " + r.Unit, verdict, fixed(r), beside(r)})
	}
	fmt.Fprintf(&b, "\n%s\n%s\n\n%d of %d met\n", group, t.Render(), met, len(rows))
	_, err := io.WriteString(w, b.String())
	return err
}

func fixed(r targets.Row) string {
	if r.Fixed == nil {
		return ""
	}
	return figure(*r.Fixed) + " " + r.Unit
}

func beside(r targets.Row) string {
	parts := make([]string, len(r.Beside))
	for i, f := range r.Beside {
		parts[i] = f.Name + " " + figure(f.Value)
	}
	return strings.Join(parts, "; ")
}

func figure(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
