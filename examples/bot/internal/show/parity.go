package show

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// Parity tells what a keeper of parity sees and does. Safe for concurrent use.
type Parity struct {
	*teller
	pair   exchange.Pair
	chains [2]uint64
}

// NewParity returns a teller, for people or for programs.
func NewParity(to io.Writer, pair exchange.Pair, chains [2]uint64, programs bool) *Parity {
	return &Parity{newTeller(to, programs), pair, chains}
}

// Spread tells of a look.
func (k *Parity) Spread(l watch.Spread) {
	if k.encoded(l) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, news := range k.news(l) {
		k.line(l.At, news)
	}
	if !l.Judged {
		return
	}
	here, there := l.Available[0], l.Available[1]
	k.stand(l.At, Spread(k.pair, k.chains, l), string(l.Action)+string(l.Reason),
		fmt.Sprintf("%s %s: %s bps apart; %s here, %s there, %s on the bridge",
			strings.ToLower(string(l.Action)), l.Reason, l.Bps.StringFixed(1),
			amount(here.Base, k.pair.Base), amount(there.Base, k.pair.Base), amount(l.InFlight.Base, k.pair.Base)))
}

// news is what people should read of a look.
func (k *Parity) news(l watch.Spread) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, c := range l.Obeyed {
		say("%s", flat(c))
	}
	for _, o := range l.Orders {
		verb := "buys"
		if o.Side == parity.Sell {
			verb = "sells"
		}
		say("%s on chain %d: %s %s", strings.ToLower(string(l.Action)), k.chains[o.Chain], verb, amount(o.Size, k.pair.Base))
	}
	for _, s := range l.Sent {
		say("over the bridge: %s from chain %d", amount(s.Amount, k.token(s.Asset)), k.chains[s.From])
	}
	for _, t := range l.Arrived {
		say("came over the bridge: %s from chain %d", amount(t.Amount, k.token(t.Asset)), k.chains[t.From])
	}
	for _, a := range l.Alerts {
		say("ALERT %s %s", a.Code, flat(a.Detail))
	}
	if l.Fault != "" {
		say("fault: %s", flat(l.Fault))
	}
	if l.Cleared {
		say("nothing succeeded for too long: took back what waits")
	}
	return lines
}

func (k *Parity) token(a parity.Asset) string {
	if a == parity.Base {
		return k.pair.Base
	}
	return k.pair.Quote
}

// Spread draws a look as a table.
func Spread(pair exchange.Pair, chains [2]uint64, l watch.Spread) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{pair.String(), string(l.Reason), l.Bps.StringFixed(1) + " bps apart"})
	for i, held := range l.Available {
		t.AppendRow(table.Row{fmt.Sprintf("chain %d", chains[i]), amount(held.Base, pair.Base), amount(held.Quote, pair.Quote)})
	}
	t.AppendRow(table.Row{"on the bridge", amount(l.InFlight.Base, pair.Base), amount(l.InFlight.Quote, pair.Quote)})
	t.AppendRow(table.Row{"earned", amount(l.Earned.Base, pair.Base), amount(l.Earned.Quote, pair.Quote)})
	return t.Render()
}
