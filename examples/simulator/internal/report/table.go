package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

// heads of the hourly table, in the order of row.
var heads = []string{
	"hour (UTC)", "target", "market", "pool", "no action", "worst bps", "no action",
	"did, or why not (blocks)", "trades", "spent", "inventory", "coverage", "level",
}

// cell is one field of the hourly table. Tone is "in" or "out" of the band.
type cell struct{ Text, Tone string }

// row names at most so many reasons, the others together.
func row(h weekend.Hour, band decimal.Decimal, most int) []cell {
	plain := func(s string) cell { return cell{Text: s} }
	return []cell{
		plain(h.Start.Format(dayHour)),
		plain(price(h.Target)),
		plain(price(h.Market.Close)),
		plain(price(h.With.Close)),
		plain(price(h.Without.Close)),
		{bps(h.WorstBps), tone(h.WorstBps.Abs().GreaterThan(band))},
		{bps(h.WorstBpsIdle), tone(h.WorstBpsIdle.Abs().GreaterThan(band))},
		{reasons(h.Reasons, most), "text"},
		plain(fmt.Sprint(h.Trades)),
		plain(figure.Whole(h.Spent)),
		plain(figure.Whole(h.Inventory)),
		plain(h.Coverage.StringFixed(2)),
		plain(h.Level),
	}
}

func tone(out bool) string {
	if out {
		return "out"
	}
	return "in"
}

// reasons names the most frequent ones of an hour and adds up the rest.
func reasons(counts []weekend.Count, most int) string {
	var parts []string
	rest := 0
	for i, c := range counts {
		if i < most {
			parts = append(parts, fmt.Sprintf("%s %d", words(c.Reason), c.Blocks))
		} else {
			rest += c.Blocks
		}
	}
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("other %d", rest))
	}
	return strings.Join(parts, ", ")
}

// width is that of the hourly table, which text beside it keeps to.
const width = 135

// Text writes what a terminal shows: what is assumed, the table, the verdict.
// Sweep and coin may be nil.
func Text(w io.Writer, r weekend.Result, sweep *Sweep, coin *Issuer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", kicker(r))
	for _, line := range r.Assumptions {
		fmt.Fprintf(&b, "  · %s\n", wrap(line, 4))
	}
	b.WriteByte('\n')
	hours := table.NewWriter()
	hours.SetStyle(style())
	hours.AppendHeader(toRow(heads))
	band := decimal.New(r.Setup.BandBps, 0)
	for _, h := range r.Hours {
		cells := make([]string, len(heads))
		for i, c := range row(h, band, 1) {
			cells[i] = c.Text
		}
		hours.AppendRow(toRow(cells))
	}
	var columns []table.ColumnConfig
	for i := range heads {
		if i != 0 && i != 7 {
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	hours.SetColumnConfigs(columns)
	fmt.Fprintf(&b, "%s\n\nVERDICT: %s\n", hours.Render(), Headline(r))
	for _, f := range Facts(r) {
		fmt.Fprintf(&b, "  %-22s %s\n", f.Label, wrap(f.Text, 25))
	}
	b.WriteByte('\n')
	b.WriteString(parties(r))
	if sweep != nil {
		b.WriteString(sweep.text())
	}
	if coin != nil {
		b.WriteString(coin.text())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func parties(r weekend.Result) string {
	t := table.NewWriter()
	t.SetStyle(style())
	t.AppendHeader(table.Row{"result against holding, in cUSDT", "with stabilizer", "no action"})
	for i, p := range r.Verdict.Parties {
		t.AppendRow(table.Row{p.Name, figure.Signed(p.Result), figure.Signed(r.Verdict.PartiesIdle[i].Result)})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}})
	return t.Render() + "\n"
}

// figures is a table whose columns from that one on are numbers.
func figures(head []string, rows [][]string, numbers int) string {
	t := table.NewWriter()
	t.SetStyle(style())
	t.AppendHeader(toRow(head))
	var columns []table.ColumnConfig
	for n := numbers; n < len(head); n++ {
		columns = append(columns, table.ColumnConfig{Number: n + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	for _, row := range rows {
		t.AppendRow(toRow(row))
	}
	return t.Render()
}

func style() table.Style {
	s := table.StyleLight
	s.Format.Header = text.FormatDefault
	s.Options.DrawBorder = false
	s.Options.SeparateColumns = false
	s.Box.PaddingRight = ""
	return s
}

func toRow(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = c
	}
	return r
}
