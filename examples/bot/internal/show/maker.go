package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// Looks returns a teller of what a maker sees and does: a table that is drawn
// anew on a terminal, elsewhere a line when something has changed and at least
// once a minute.
func Looks(w io.Writer, pair exchange.Pair) func(watch.Look) {
	if Terminal(w) {
		on := screen{to: w}
		return func(l watch.Look) {
			for _, line := range news(l) {
				on.note(line)
			}
			on.draw(Look(pair, l))
		}
	}
	var last string
	var at time.Time
	return func(l watch.Look) {
		for _, line := range news(l) {
			_, _ = fmt.Fprintln(w, line)
		}
		said := fmt.Sprintln(l.Reason, l.Bids, l.Asks, l.Fills, len(l.Place), l.Cancel)
		if l.Reason == "" || said == last && l.At.Sub(at) < time.Minute {
			return
		}
		last, at = said, l.At
		_, _ = fmt.Fprintln(w, status(pair, l))
	}
}

// LooksJSON returns a teller that writes one object a line.
func LooksJSON(w io.Writer) func(watch.Look) {
	encoder := json.NewEncoder(w)
	return func(l watch.Look) { _ = encoder.Encode(l) } // that nobody reads it is no reason to stop
}

// news is what people should read of a look, one line each.
func news(l watch.Look) []string {
	var lines []string
	say := func(format string, args ...any) {
		lines = append(lines, l.At.Format(time.TimeOnly)+" "+fmt.Sprintf(format, args...))
	}
	for _, a := range l.Answers {
		say("command %d: %s", a.Seq, a.Reply)
	}
	for _, a := range l.Alerts {
		say("ALERT %s %s", a.What, clip(a.Note))
	}
	if l.Fault != "" {
		say("fault: %s", strings.ReplaceAll(l.Fault, "\n", "; "))
	}
	if l.Cleared {
		say("nothing succeeded for too long: cancelled all orders")
	}
	return lines
}

// status is a look in one line.
func status(pair exchange.Pair, l watch.Look) string {
	return fmt.Sprintf("%s %s: %s, bids %s, asks %s, %d orders stand, %d placed, %d cancelled; %d fills, worth %s %s",
		l.At.Format(time.TimeOnly), pair, l.Reason, l.Bids, l.Asks, len(l.Open), len(l.Place), l.Cancel, l.Fills, l.Worth.StringFixed(2), pair.Quote)
}

// shown is how many orders of a side are drawn, so few that all fits a screen.
const shown = 4

// Look draws a look as a table.
func Look(pair exchange.Pair, l watch.Look) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{pair.String(), string(l.Reason), fmt.Sprintf("price %v", l.Price), fmt.Sprintf("%.0f s old", l.PriceAge.Seconds())})
	for _, side := range []exchange.Side{exchange.Ask, exchange.Bid} {
		drawn := 0
		for _, o := range l.Open {
			if o.Side == side && drawn < shown {
				t.AppendRow(table.Row{side, o.Price, o.Amount, fmt.Sprintf("level %d", o.Level)})
				drawn++
			}
		}
	}
	t.AppendSeparator()
	t.AppendRows([]table.Row{
		{"bids, asks", l.Bids, l.Asks, ""},
		{"worth", l.Worth.StringFixed(2), "fills", l.Fills},
		{"inventory", l.Inventory.StringFixed(2), "spread", l.Spread.StringFixed(2)},
		{"both walls", percent(l.Uptime), "", ""},
	})
	return t.Render()
}
