package weekend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

// MaxBlocks bounds a run: beyond it, a longer block time or a shorter table is
// what is wanted.
const MaxBlocks = 2_000_000

// scenario is what the world does to the pools whatever the stabilizer does:
// the market price in each block, and who panics in it. It is drawn once and
// shared, read only, by the runs with and without stabilizer.
type scenario struct {
	tape   tape.Tape
	block  time.Duration
	hour   int // blocks in each candle
	prices []path.Price
	lumps  []lump // by block
}

// lump is one panic trade in the public pool.
type lump struct {
	block  int
	sell   bool  // cUSDC for cUSDT
	amount int64 // cUSDC, in units of 1e-6
}

const micro = 1_000_000 // units of a lump in one token

// fits checks a setup against a tape and returns how many blocks a candle has.
func fits(t tape.Tape, s Setup) (blocks int, err error) {
	if err := s.validate(); err != nil {
		return 0, err
	}
	blocks, err = path.Blocks(t.Interval, s.Block)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	case blocks > MaxBlocks/len(t.Candles):
		return 0, fmt.Errorf("%w: %d candles of %d blocks: must be at most %d blocks in all", ErrInvalid, len(t.Candles), blocks, MaxBlocks)
	case s.Latency > path.Hold(blocks)/2:
		return 0, fmt.Errorf("%w: latency %d: must be at most %d blocks, for a high or a low stands for %d", ErrInvalid, s.Latency, path.Hold(blocks)/2, path.Hold(blocks))
	}
	// What comes to the pool before an arbitrageur can act must not empty it.
	room := s.Depth.Shift(-1).DivRound(decimal.New(int64(s.Latency+1), 0), 2)
	for _, c := range t.Candles {
		if comes := c.Volume.Mul(s.Share).DivRound(decimal.New(int64(blocks), 0), 2); comes.GreaterThan(room) {
			return 0, fmt.Errorf("%w: share %s brings %s cUSDC a block in the candle of %s: must be at most %s, a tenth of the depth over the latency of arbitrage",
				ErrInvalid, s.Share, figure.Whole(comes), c.Start.Format(time.RFC3339), figure.Whole(room))
		}
	}
	return blocks, nil
}

// newScenario draws the paths and the panic of a whole tape.
func newScenario(t tape.Tape, s Setup) (*scenario, error) {
	blocks, err := fits(t, s)
	if err != nil {
		return nil, err
	}
	sc := &scenario{tape: t, block: s.Block, hour: blocks, prices: make([]path.Price, 0, blocks*len(t.Candles))}
	for _, c := range t.Candles {
		sc.prices = append(sc.prices, path.Draw(c, blocks, s.Seed)...)
	}
	for i, c := range t.Candles {
		sc.lumps = append(sc.lumps, sc.panic(i, c, s)...)
	}
	return sc, nil
}

// time returns when block i of the tape is mined.
func (sc *scenario) time(i int) time.Time {
	return sc.tape.Candles[0].Start.Add(time.Duration(i) * sc.block)
}

// minute returns how many blocks a minute has, at least one.
func (sc *scenario) minute() int { return max(1, int(time.Minute/sc.block)) }

// The mood of the crowd. Whoever trades sells with probability 1/2 at the peg
// and one of 1/400 more for every basis point that the market stands below it,
// or has fallen in a quarter of an hour; someone always takes the other side.
const (
	moodSpan   = 15 * time.Minute
	moodBps    = 400
	calmest    = 0.05 * moodBps
	mostScared = 0.95 * moodBps
)

// panic splits the stated share of one candle's real volume into lumps that
// move the pool by 1 to 3 basis points each, in blocks drawn at random.
func (sc *scenario) panic(candle int, c tape.Candle, s Setup) []lump {
	rng := rand.New(rand.NewPCG(^s.Seed, uint64(c.Start.Unix())))
	left := c.Volume.Mul(s.Share).Shift(6).IntPart()
	perBps := s.Depth.Shift(6).IntPart() / 10_000
	target := path.FromDecimal(s.Target)
	quarter := int(moodSpan / sc.block)

	var lumps []lump
	for left > 0 {
		block := candle*sc.hour + rng.IntN(sc.hour)
		amount := min(left, perBps+rng.Int64N(2*perBps))
		now := sc.prices[block]
		fall := sc.prices[max(0, block-quarter)] - now
		fear := moodBps/2 + int((target-now+fall)*10_000/target)
		fear = min(max(fear, calmest), mostScared)
		lumps = append(lumps, lump{block: block, sell: rng.IntN(moodBps) < fear, amount: amount})
		left -= amount
	}
	slices.SortStableFunc(lumps, func(a, b lump) int { return a.block - b.block })
	return lumps
}
