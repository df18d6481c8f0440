// Package path invents what a price did inside a candle. A table of hours says
// where the price opened, how far it went and where it closed; a chain with a
// block every two seconds needs 1,800 prices. The ones in between are synthetic,
// and every output of the simulator says so.
package path

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

// Price is in units of 1e-8 quote per token, so that a path is drawn in
// integers and comes out the same on every machine.
type Price int64

// decimals of a Price.
const decimals = 8

// Decimal returns the price in quote per token.
func (p Price) Decimal() decimal.Decimal { return decimal.New(int64(p), -decimals) }

// FromDecimal returns d as a Price; what lies beyond its eight decimals is cut.
func FromDecimal(d decimal.Decimal) Price { return Price(d.Shift(decimals).IntPart()) }

// MinBlocks is the fewest blocks in which a candle can be drawn.
const MinBlocks = 12

// Blocks returns how many blocks of the given time fill one interval.
func Blocks(interval, block time.Duration) (int, error) {
	if block <= 0 || interval%block != 0 || interval/block < MinBlocks {
		return 0, fmt.Errorf("block time %v: must divide the interval of %v into at least %d blocks", block, interval, MinBlocks)
	}
	return int(interval / block), nil
}

// Hold returns for how many blocks a candle of that many blocks stays at its
// high and at its low: long enough for an arbitrageur to see it and act on it.
func Hold(blocks int) int { return max(2, blocks/45) }

// Draw returns the price in each of the blocks of one candle. The first is the
// open and the last the close; high and low are both reached, held for
// [Hold](blocks) blocks and never exceeded. A candle that ends higher than it
// began touches its low first in three draws of four, one that ends lower its
// high. The draw depends on the candle and the seed alone, so that editing one
// row of a table changes no other candle's path.
func Draw(c tape.Candle, blocks int, seed uint64) []Price {
	rng := rand.New(rand.NewPCG(seed, uint64(c.Start.Unix())))
	first, second := FromDecimal(c.Low), FromDecimal(c.High)
	falling := c.Close.LessThan(c.Open)
	if usual := rng.IntN(4) > 0; falling == usual {
		first, second = second, first
	}
	hold := Hold(blocks)
	middle := blocks / 2
	a := 1 + rng.IntN(middle-hold-1)
	b := middle + rng.IntN(blocks-1-hold-middle)

	prices := make([]Price, blocks)
	prices[0], prices[blocks-1] = FromDecimal(c.Open), FromDecimal(c.Close)
	for i := range hold {
		prices[a+i], prices[b+i] = first, second
	}
	w := walk{prices: prices, low: FromDecimal(c.Low), high: FromDecimal(c.High), rng: rng}
	w.between(0, a, w.swing())
	w.between(a+hold-1, b, w.swing())
	w.between(b+hold-1, blocks-1, w.swing())
	return prices
}

// walk fills the gaps between the fixed points of a path by displacing
// midpoints, which makes a Brownian bridge of each gap.
type walk struct {
	prices    []Price
	low, high Price
	rng       *rand.Rand
}

// swing is how far the middle of a gap may stray from its straight line.
func (w walk) swing() Price { return (w.high - w.low) / 4 }

func (w walk) between(from, to int, swing Price) {
	if to-from < 2 {
		return
	}
	mid := (from + to) / 2
	line := w.prices[from] + (w.prices[to]-w.prices[from])*Price(mid-from)/Price(to-from)
	w.prices[mid] = w.reflect(line + Price(w.rng.Int64N(2*int64(swing)+1)) - swing)
	swing = swing * 7071 / 10000 // half the time, 1/sqrt(2) of the distance
	w.between(from, mid, swing)
	w.between(mid, to, swing)
}

// reflect folds a price that left the candle back into it.
func (w walk) reflect(p Price) Price {
	if p > w.high {
		p = 2*w.high - p
	}
	if p < w.low {
		p = 2*w.low - p
	}
	return min(p, w.high)
}
