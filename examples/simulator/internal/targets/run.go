package targets

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// start is when every run begins; nothing depends on it.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// shock moves the public pool at one block and back at another.
type shock struct {
	at, until int   // blocks; until 0 is for good, until == at within the block
	size      int64 // micro-units sold
}

// plan is one run: a market, what happens to it, and for how long.
type plan struct {
	cfg    stabilizer.Config
	blocks int
	flow   flow
	shock  shock
}

// outcome is what a run measured at the ends of its blocks.
type outcome struct {
	blocks    int
	inside    int           // blocks that ended within goalBps of the peg
	peakBps   float64       // farthest from the peg
	firstFill int           // block in which the first trade executed; 0 for none
	recovered int           // last block that ended outside goalBps, plus one; 0 for none
	halted    time.Duration // when the engine gave the peg up; 0 for never
	trades    int
	volume    int64           // micro-units traded
	gain      decimal.Decimal // what the trades gained against the peg, in tokens, before fees and gas
}

// world is a market with the stabilizer's order on its way into the next block.
type world struct {
	market *market
	order  *stabilizer.Order
	seen   stabilizer.Observation
	block  stabilizer.Block
}

// run plays the plan block by block: the order decided on the block before is
// executed first, privately; then come the flow, the shock and arbitrage; then
// the engine sees how the block ended.
func (p plan) run(ctx context.Context) (outcome, error) {
	engine, err := stabilizer.New(p.cfg)
	if err != nil {
		return outcome{}, err
	}
	var (
		w     = world{market: newMarket(p.cfg.Mode() == stabilizer.Mesh, arbFeeBps, arbLatency)}
		state stabilizer.State
		o     = outcome{blocks: p.blocks}
	)
	for n := 1; n <= p.blocks; n++ {
		if n%10_000 == 0 && ctx.Err() != nil {
			return outcome{}, ctx.Err()
		}
		w.execute(n, &o)
		w.market.public += p.flow.next()
		w.shake(n, p.shock)
		w.market.arbitrage()
		o.measure(n, w.market.bps())

		var decision stabilizer.Decision
		w.end(n, p.cfg.BlockTime)
		if state, decision, err = engine.Step(state, w.seen); err != nil {
			return outcome{}, fmt.Errorf("block %d: %w", n, err)
		}
		if w.order = nil; decision.Action == stabilizer.Trade {
			w.order = decision.Order
		}
		if decision.State == stabilizer.PhaseHalted && o.halted == 0 {
			o.halted = time.Duration(n) * p.cfg.BlockTime
		}
	}
	return o, nil
}

// execute fills the order in flight at the pool's price and reports it.
func (w *world) execute(n int, o *outcome) {
	w.seen.Receipts = nil
	if w.order == nil {
		return
	}
	size := w.order.Size.Shift(6).IntPart()
	bought := size
	if w.order.Side == stabilizer.Sell {
		bought = -size
	}
	before := w.market.price()
	w.market.trade(bought)
	mean := before.Add(w.market.price()).Mul(half) // a linear pool fills at the mean of the two
	o.gain = o.gain.Add(decimal.New(bought, -6).Mul(peg.Sub(mean)).Round(6))
	o.trades++
	o.volume += size
	if o.firstFill == 0 {
		o.firstFill = n
	}
	w.seen.Receipts = []stabilizer.Receipt{{
		ID: w.order.ID, Outcome: stabilizer.Mined, Block: uint64(n), Filled: w.order.Size,
	}}
}

func (w *world) shake(n int, s shock) {
	if s.size == 0 || s.at == s.until {
		return // done and undone within a block leaves nothing to see
	}
	if n == s.at {
		w.market.public += s.size
	}
	if n == s.until {
		w.market.public -= s.size
	}
}

// end describes the block to the engine: exact prices, cheap gas, and an
// inventory that never runs out, since the targets ask how well a peg is held
// and the reserve says for how long.
func (w *world) end(n int, blockTime time.Duration) {
	at := start.Add(time.Duration(n) * blockTime)
	w.block = stabilizer.Block{
		Number: uint64(n), Hash: hash(n), Parent: hash(n - 1), Time: at,
		Pool:   w.market.price(),
		Target: stabilizer.Quote{Value: peg, At: at},
		Base:   endless, Quote: endless, GasGwei: cheapGas,
	}
	w.seen.Block = &w.block
}

var (
	peg      = decimal.New(1, 0)
	half     = decimal.New(5, -1)
	endless  = decimal.New(1, 12)
	cheapGas = decimal.New(10, 0)
)

func hash(n int) string { return strconv.Itoa(n) }

func (o *outcome) measure(n int, bps float64) {
	off := math.Abs(bps)
	o.peakBps = max(o.peakBps, off)
	if off <= goalBps {
		o.inside++
	} else {
		o.recovered = n + 1
	}
}
