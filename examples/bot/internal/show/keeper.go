package show

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// Keeper tells what a keeper sees and does, and how its reserve stands. Safe for
// concurrent use.
type Keeper struct {
	*teller
	pair    exchange.Pair
	reserve watch.Reserve
}

// NewKeeper returns a teller, for people or for programs.
func NewKeeper(to io.Writer, pair exchange.Pair, programs bool) *Keeper {
	return &Keeper{teller: newTeller(to, programs), pair: pair}
}

// Reserve tells how the reserve stands.
func (k *Keeper) Reserve(r watch.Reserve) {
	if k.encoded(r) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Level != k.reserve.Level && r.Level != 0 {
		k.line(r.At, fmt.Sprintf("reserve %v: %s of what must be held", r.Level, percent(r.Coverage)))
	}
	for _, a := range r.Alerts {
		k.line(r.At, "ALERT "+string(a))
	}
	for _, a := range r.Refills {
		k.line(r.At, a.Text)
	}
	if r.Fault != "" {
		k.line(r.At, "reserve: fault: "+flat(r.Fault))
		return
	}
	k.reserve = r
}

// Peg tells of a look.
func (k *Keeper) Peg(p watch.Peg) {
	if k.encoded(p) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, news := range pegNews(k.pair, p) {
		k.line(p.At, news)
	}
	if p.Block == 0 {
		return
	}
	k.stand(p.At, Peg(k.pair, p, k.reserve), string(p.Action)+string(p.Reason),
		fmt.Sprintf("block %d: %s %s: %s is at %v, %s; holds %s and %s",
			p.Block, strings.ToLower(string(p.Action)), p.Reason, k.pair.Base, p.Price.Round(6), off(p.SpotBps), amount(p.Base, k.pair.Base), amount(p.Quote, k.pair.Quote)))
}

// pegNews is what people should read of a look.
func pegNews(pair exchange.Pair, p watch.Peg) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, c := range p.Obeyed {
		say("%s", flat(c))
	}
	for _, r := range p.Settled {
		say("%s in block %d: %s", r.Outcome, r.Block, short(r.ID))
	}
	if p.Order != nil {
		say("%s", order(pair, p))
	}
	for _, a := range p.Alerts {
		say("ALERT %s %s", a.Code, flat(a.Detail))
	}
	if p.Fault != "" {
		say("fault: %s", flat(p.Fault))
	}
	if p.Cleared {
		say("nothing succeeded for too long: took back what was pending")
	}
	return lines
}

// order says what is sent.
func order(pair exchange.Pair, p watch.Peg) string {
	o := p.Order
	sold, bought := pair.Base, pair.Quote
	if o.Side == stabilizer.Buy {
		sold, bought = bought, sold
	}
	return fmt.Sprintf("%s %s: sells %s for at least %s, up to block %d", strings.ToLower(string(p.Action)), p.Reason, amount(o.AmountIn, sold), amount(o.MinOut, bought), o.Deadline)
}

// short leaves the middle of an order's name out: its block's hash.
func short(id string) string {
	const most = 24
	if len(id) <= 2*most {
		return id
	}
	return id[:most] + "..." + id[len(id)-8:]
}

func amount(d decimal.Decimal, of string) string { return d.StringFixed(2) + " " + of }

// off says how far from the peg.
func off(bps decimal.Decimal) string {
	switch bps = bps.Round(1); bps.Sign() {
	case 1:
		return bps.StringFixed(1) + " bps above its peg"
	case -1:
		return bps.Neg().StringFixed(1) + " bps below its peg"
	}
	return "on its peg"
}

// Peg draws a look as a table.
func Peg(pair exchange.Pair, p watch.Peg, r watch.Reserve) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{pair.String(), string(p.Phase), string(p.Reason), fmt.Sprintf("block %d", p.Block)})
	t.AppendRows([]table.Row{
		{"price", p.Price.Round(6), "spot", off(p.SpotBps)},
		{"gas", p.GasGwei.StringFixed(1) + " gwei", "mean", off(p.TWAPBps)},
		{pair.Base, p.Base.StringFixed(2), pair.Quote, p.Quote.StringFixed(2)},
		{"pending", fmt.Sprintf("%d blocks", p.Pending), "untraded", fmt.Sprintf("%d blocks", p.Untraded)},
	})
	if r.Level != 0 {
		t.AppendRow(table.Row{"reserve", fmt.Sprint(r.Level), "coverage", percent(r.Coverage)})
	}
	return t.Render()
}
