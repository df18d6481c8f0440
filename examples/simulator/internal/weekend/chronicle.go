package weekend

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// chronicle is what the stabilizer decided, traded and had, block by block. It
// knows trades by what they changed in the stabilizer's balances, not by what
// the engine believes.
type chronicle struct {
	sc     *scenario
	st     *stage
	books  *books
	feeBps decimal.Decimal // of the pools that it trades in
	target decimal.Decimal

	usdc, usdt uint256.Int     // balances after the last block
	repaid     uint256.Int     // refills received by then
	gained     decimal.Decimal // cUSDC, net, by trading
	earned     decimal.Decimal // cUSDT, net, by trading
	paid       decimal.Decimal // cUSDT for cUSDC
	bought     decimal.Decimal // cUSDC
	proceeds   decimal.Decimal // cUSDT for cUSDC sold
	sold       decimal.Decimal // cUSDC
	spent      decimal.Decimal // handed over, at the target price
	fees       decimal.Decimal // cUSDT
	trades     int             // mined
	told       int             // of them, in hours that are closed
	sent       int             // decided
	first      int             // block of the first trade mined; -1 for none
	last       int

	worstMark   decimal.Decimal
	worstMarkAt int
	finalMark   decimal.Decimal
	guard       guarding
	halted      *Stop

	watched monitor.Decision
	counts  map[string]int
	hours   []hourly
	minutes []moment
}

// hourly is the stabilizer's part of an Hour, moment its part of a Minute.
type hourly struct {
	reasons                    []Count
	trades                     int
	spent, inventory, coverage decimal.Decimal
	level                      string
}

type moment struct{ spent, inventory, coverage, profit decimal.Decimal }

func newChronicle(sc *scenario, st *stage, b *books, s Setup) *chronicle {
	c := &chronicle{
		sc: sc, st: st, books: b, target: s.Target, first: -1, last: -1,
		counts: make(map[string]int), feeBps: decimal.New(s.FeeBps, 0),
	}
	if s.Mode == Mesh {
		c.feeBps = decimal.Zero
	}
	c.usdc, c.usdt = st.held(cUSDC), st.held(cUSDT)
	return c
}

// held is what the stabilizer has of a token.
func (st *stage) held(a asset) uint256.Int { return st.tokens[a].Balance(st.defence.Address()) }

// decided takes the decision after block i.
func (c *chronicle) decided(i int, d stabilizer.Decision) {
	if d.Action == stabilizer.Trade {
		c.counts["trade"]++
		c.sent++
		c.guard = guarding{}
		return
	}
	name, at := string(d.Reason), c.sc.time(i)
	c.guard.hold(d.Reason, at)
	if d.Action == stabilizer.Halt {
		if c.halted == nil {
			c.halted = &Stop{At: at, Reason: name}
		}
		name = "halted_" + name
	}
	c.counts[name]++
}

// mined takes stock after block i.
func (c *chronicle) mined(i int) {
	usdc, usdt, repaid := c.st.held(cUSDC), c.st.held(cUSDT), c.books.repaid
	if usdc != c.usdc || usdt != c.usdt {
		gained := units(usdc).Sub(units(c.usdc))
		earned := units(usdt).Sub(units(c.usdt)).Sub(units(repaid).Sub(units(c.repaid)))
		if !gained.IsZero() {
			c.traded(i, gained, earned)
		}
		c.usdc, c.usdt, c.repaid = usdc, usdt, repaid
	}
	c.finalMark = c.earned.Add(c.gained.Mul(c.sc.prices[i].Decimal()))
	if c.finalMark.LessThan(c.worstMark) {
		c.worstMark, c.worstMarkAt = c.finalMark, i
	}
	if (i+1)%c.sc.minute() == 0 {
		c.minutes = append(c.minutes, moment{c.spent, c.gained, c.watched.Coverage, c.finalMark})
	}
	if (i+1)%c.sc.hour == 0 {
		c.closeHour()
	}
}

// traded books one trade: cUSDC gained for cUSDT earned, one of them negative.
func (c *chronicle) traded(i int, gained, earned decimal.Decimal) {
	c.gained, c.earned = c.gained.Add(gained), c.earned.Add(earned)
	// The fee is a part of what the pool gave, so its worth is that part of what
	// was paid, before it was taken off.
	kept := decimal.New(10_000, 0).Sub(c.feeBps)
	if gained.IsPositive() {
		c.paid, c.bought = c.paid.Sub(earned), c.bought.Add(gained)
		c.spent = c.spent.Sub(earned)
		c.fees = c.fees.Sub(earned.Mul(c.feeBps).Shift(-4))
	} else {
		c.proceeds, c.sold = c.proceeds.Add(earned), c.sold.Sub(gained)
		c.spent = c.spent.Sub(gained.Mul(c.target))
		c.fees = c.fees.Add(earned.Mul(c.feeBps).DivRound(kept, digits))
	}
	if c.trades++; c.first < 0 {
		c.first = i
	}
	c.last = i
}

func (c *chronicle) closeHour() {
	h := hourly{
		trades: c.trades - c.told, spent: c.spent, inventory: c.gained,
		coverage: c.watched.Coverage, level: c.watched.Level.String(),
	}
	for reason, blocks := range c.counts {
		h.reasons = append(h.reasons, Count{reason, blocks})
	}
	slices.SortFunc(h.reasons, func(a, b Count) int {
		return cmp.Or(b.Blocks-a.Blocks, strings.Compare(a.Reason, b.Reason))
	})
	c.told = c.trades
	clear(c.counts)
	c.hours = append(c.hours, h)
}

// at is the time of a block, nil for none.
func (sc *scenario) at(block int) *time.Time {
	if block < 0 {
		return nil
	}
	at := sc.time(block)
	return &at
}
