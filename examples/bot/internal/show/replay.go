package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/replay"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/weekend"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// ReplayJSON writes a result as one JSON object.
func ReplayJSON(w io.Writer, r replay.Result) error {
	return json.NewEncoder(w).Encode(struct {
		replay.Result
		Made decimal.Decimal `json:"made"`
	}{r, r.Made()})
}

// Replay draws a result as a table, and says below it in words what it means and
// what was assumed.
func Replay(cfg replay.Config, r replay.Result) string {
	base, quote := cfg.Maker.Pair.Base, cfg.Maker.Pair.Quote
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	hours := r.To.Sub(r.From).Hours()
	perHour := func(n int) string { return fmt.Sprintf("%d, %.0f an hour", n, float64(n)/hours) }
	t.AppendHeader(table.Row{fmt.Sprintf("%v, %s of it", cfg.Maker.Pair, span(r.To.Sub(r.From))), ""})
	t.AppendRows([]table.Row{
		{"fills", r.Fills},
		{"bought, sold", fmt.Sprintf("%v, %v %s", r.Bought, r.Sold, base)},
		{"inventory", fmt.Sprintf("%s %s more than at first", r.Inventory.StringFixed(2), base)},
		{"spread earned", r.Spread.StringFixed(2) + " " + quote},
		{"fees", r.Fees.StringFixed(2) + " " + quote},
		{"both walls up", percent(r.Uptime) + " of the time"},
		{"orders placed", perHour(r.Placed)},
		{"orders cancelled", perHour(r.Cancelled)},
		{"worth at first, at last", fmt.Sprintf("%s, %s %s", r.First.StringFixed(2), r.Last.StringFixed(2), quote)},
		{"worth at the lowest, highest", fmt.Sprintf("%s, %s %s", r.Lowest.StringFixed(2), r.Highest.StringFixed(2), quote)},
		{"worth at last had it held still", r.Held.StringFixed(2) + " " + quote},
	})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight}})
	return t.Render() + "\n\n" + verdict(cfg, r) + "\n"
}

func verdict(cfg replay.Config, r replay.Result) string {
	base, quote := cfg.Maker.Pair.Base, cfg.Maker.Pair.Quote
	made := "made " + r.Made().StringFixed(2)
	switch r.Made().Sign() {
	case 0:
		made = "made nothing"
	case -1:
		made = "lost " + r.Made().Neg().StringFixed(2)
	}
	said := []string{fmt.Sprintf(
		"In these %s %s went from %v to %v %s. Quoting %s %s against holding still: of that, %s are spread less fees, and the rest is what its inventory did while the price moved.",
		span(r.To.Sub(r.From)), base, r.FirstPrice, r.LastPrice, quote, made, quote, r.Spread.Sub(r.Fees).StringFixed(2))}
	if r.Fills == 0 {
		said = []string{fmt.Sprintf("Nobody traded with it: %s went from %v to %v %s and never far enough beyond its orders.", base, r.FirstPrice, r.LastPrice, quote)}
	}
	if r.Halted == maker.Lost {
		said = append(said, "It stopped for good at its loss limit, as it should: a person would have to resume it.")
	} else {
		said = append(said, alerts(r.Alerts))
	}
	said = append(said,
		"",
		"What is real: every price and every volume ("+weekend.Source+").",
		fmt.Sprintf("What is assumed: a minute goes from its open to one extreme, to the other, and to its close, and the maker looks before each of these three legs, every %v.", time.Minute/3),
		fmt.Sprintf("Of what buyers (sellers) took in a minute, a third comes on each leg, and %s of that reaches our orders if the price goes beyond them: a touch fills nothing.", percent(cfg.Share)),
		fmt.Sprintf("A maker pays %v bps; our orders move nobody else. There is one source of prices, this market, where a live maker asks several.", cfg.Market.MakerFeeBps),
		"This is one case: other days, and other settings, can lose.",
	)
	var lines []string
	for _, paragraph := range said {
		for l := range strings.SplitSeq(text.WrapSoft(paragraph, width), "\n") {
			lines = append(lines, strings.TrimRight(l, " "))
		}
	}
	return strings.Join(lines, "\n")
}

func alerts(all map[maker.Alarm]int) string {
	n := 0
	for _, times := range all {
		n += times
	}
	if n == 0 {
		return "Nothing called for a person."
	}
	return fmt.Sprintf("It called for a person %d times.", n)
}

func percent(part decimal.Decimal) string { return part.Shift(2).String() + " %" }

// span writes whole minutes, such as 48h or 1h30m.
func span(d time.Duration) string {
	s := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
