package show

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// Story is what a keeper came to, from one look to the next. The zero Story is
// ready to use.
type Story struct {
	first, last    watch.Peg
	blocks, inside int
	left           int             // blocks outside, left alone as what had not lasted
	farthest       decimal.Decimal // bps
	trades         int
	sold           decimal.Decimal // of base, both ways
}

// goalBps is Vault plan §16: peg stability ±0.10%.
var goalBps = decimal.NewFromInt(10)

// Add counts a look.
func (s *Story) Add(p watch.Peg) {
	for _, r := range p.Settled {
		if r.Outcome == stabilizer.Mined {
			s.trades++
			s.sold = s.sold.Add(r.Filled)
		}
	}
	if p.Block == 0 {
		return
	}
	if s.blocks == 0 {
		s.first = p
	}
	s.last = p
	s.blocks++
	off := p.SpotBps.Abs()
	s.farthest = decimal.Max(s.farthest, off)
	switch {
	case off.Cmp(goalBps) <= 0:
		s.inside++
	case p.Reason == stabilizer.Sustaining || p.Reason == stabilizer.InBand:
		s.left++
	}
}

// Verdict says in words what it came to.
func (s *Story) Verdict(pair exchange.Pair) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("")
	say("%d blocks, %d of them within 10 bps of the peg at their end; at the farthest %s bps.", s.blocks, s.inside, s.farthest.StringFixed(1))
	say("%d trades moved %s. %d blocks outside were left alone: what does not last moves nothing.", s.trades, amount(s.sold, pair.Base), s.left)
	say("The contract held %s and %s, and holds %s and %s.", amount(s.first.Base, pair.Base), amount(s.first.Quote, pair.Quote),
		amount(s.last.Base, pair.Base), amount(s.last.Quote, pair.Quote))
	return b.String()
}

// Crossing is what a keeper of parity came to, from one look to the next. The zero
// Crossing is ready to use.
type Crossing struct {
	last     watch.Spread
	blocks   int
	inside   int
	farthest decimal.Decimal // bps
	arbs     int
	crossed  int
}

// spreadGoalBps is Vault plan §16: cross-chain spread below 0.15%.
var spreadGoalBps = decimal.NewFromInt(15)

// Add counts a look.
func (c *Crossing) Add(l watch.Spread) {
	c.crossed += len(l.Arrived)
	if l.Action == parity.Trade {
		c.arbs++
	}
	if !l.Judged {
		return
	}
	c.last = l
	c.blocks++
	apart := l.Bps.Abs()
	c.farthest = decimal.Max(c.farthest, apart)
	if apart.LessThan(spreadGoalBps) {
		c.inside++
	}
}

// Verdict says in words what it came to.
func (c *Crossing) Verdict(pair exchange.Pair) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("")
	say("%d looks at new blocks, %d of them with less than 15 bps between the chains; at most %s.", c.blocks, c.inside, c.farthest.StringFixed(1))
	say("%d times it traded on both; %d transfers came over the bridge, %d are on their way.", c.arbs, c.crossed, c.last.Transfers)
	say("Trades and bridge brought %s and %s.", amount(c.last.Earned.Base, pair.Base), amount(c.last.Earned.Quote, pair.Quote))
	return b.String()
}
