// Package show tells what happens to a provider and to a maker: a live table on a
// terminal, a line for each event elsewhere, JSON for programs.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pool"
)

// JSON returns a teller that writes one object a line.
func JSON(w io.Writer) func(pool.Event) {
	encoder := json.NewEncoder(w)
	return func(e pool.Event) { _ = encoder.Encode(e) } // that nobody reads it is no reason to stop
}

// Lines returns a teller that writes one sentence a line.
func Lines(w io.Writer) func(pool.Event) {
	return func(e pool.Event) { _, _ = fmt.Fprintln(w, line(e)) }
}

func line(e pool.Event) string { return e.At.Format(time.TimeOnly) + " " + e.Text }

// kept is how many events stand below the table, so few that all fits 24 rows,
// and width how long a line is: one that the terminal wraps would not be counted
// when it is drawn over.
const (
	kept  = 4
	width = 79
)

// Live returns a teller that draws the orders as a table, and the last lines
// below it, over what it drew before.
func Live(w io.Writer) func(pool.Event) {
	on := screen{to: w}
	table := ""
	return func(e pool.Event) {
		if e.Earned != nil {
			table = Orders(*e.Earned)
		}
		on.note(line(e))
		on.draw(table)
	}
}

// screen is a table with the last lines below it.
type screen struct {
	to    io.Writer
	lines []string
	drawn int // lines that stand there
}

func (s *screen) note(line string) {
	s.lines = append(s.lines, text.WrapSoft(line, width))
	s.lines = s.lines[max(0, len(s.lines)-kept):]
}

// draw puts all of it over what it drew before.
func (s *screen) draw(table string) {
	all := strings.Join(s.lines, "\n") + "\n"
	if table != "" {
		all = table + "\n" + all
	}
	back := ""
	if s.drawn > 0 {
		back = fmt.Sprintf("\x1b[%dA\x1b[J", s.drawn) // up to where we began, and erase what is below
	}
	s.drawn = strings.Count(all, "\n")
	_, _ = io.WriteString(s.to, back+all)
}

// Orders draws the orders as the server saw them last.
func Orders(e pool.Earnings) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Format.Footer = text.FormatDefault
	t.AppendHeader(table.Row{"order", "side", "price", "amount", "rank", "state", "last credit"})
	for _, o := range e.Orders {
		t.AppendRow(table.Row{clip(o.Order), o.Side, o.Price, o.Amount, clip(o.Rank), o.State, o.Credit.StringFixed(8)})
	}
	t.AppendFooter(table.Row{"", "", "", "", "", "earned so far", e.Total.StringFixed(8)})
	t.AppendFooter(table.Row{"", "", "", "", "", "not paid out", e.Unpaid.StringFixed(8)})
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 3, Align: text.AlignRight},
		{Number: 4, Align: text.AlignRight},
		{Number: 7, Align: text.AlignRight, AlignFooter: text.AlignRight},
	})
	return t.Render()
}

// clip keeps a stranger's text short and on its line.
func clip(s string) string {
	const most = 20
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strings.Trim(fmt.Sprintf("%q", s), `"`)
}

// Terminal reports whether w is one.
func Terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
