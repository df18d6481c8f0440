package contracts_test

import (
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// deed is one thing done in a block, by the keeper or by the trader.
type deed struct {
	who   actor
	act   act
	order *order // nil for a trade with the pool
}

// witness knows the rules by what they are for. It keeps every price that the pool
// reports, block by block, and says of each order whether it is due.
type witness struct {
	*village
	prices   [][]*big.Int // that stood in each block, the opening one first
	last     uint64       // block of the last execution; 0 is none
	expected [2]*big.Int  // inventory of base and quote
	total    [2]*big.Int  // of all there is
	traded   int
	refused  map[string]int
}

func (v *village) witness() *witness {
	return &witness{
		village: v, prices: [][]*big.Int{{v.pool.number("getMidPrice")}}, refused: map[string]int{},
		expected: [2]*big.Int{v.holds(v.base), v.holds(v.quote)}, total: [2]*big.Int{v.sum(v.base), v.sum(v.quote)},
	}
}

// sum is what all who have any hold of a token.
func (v *village) sum(token actor) *big.Int {
	sum := new(big.Int)
	for _, who := range []actor{v.pool, v.stabilizer, v.keeper, v.trader} {
		sum.Add(sum, token.number("balanceOf", who.Address))
	}
	return sum
}

// now is the newest price.
func (w *witness) now() *big.Int {
	block := w.prices[len(w.prices)-1]
	return block[len(block)-1]
}

// beyond is 1 for a price above the band, -1 for one below it.
func (w *witness) beyond(price *big.Int) int {
	off := new(big.Int).Sub(price, w.config.Peg)
	if off.CmpAbs(part(w.config.Peg, w.config.ThresholdBps.Int64(), 10_000)) <= 0 {
		return 0
	}
	return off.Sign()
}

// side is where the price has been, whatever anybody did to it, ever since the first of
// the last N finished blocks began; 0 if it was not on one side all the time.
func (w *witness) side() int {
	first := len(w.prices) - 1 - int(w.config.SustainBlocks.Int64())
	if first < 1 {
		return 0 // blocks from before there was a configuration
	}
	side := w.beyond(w.now())
	for _, price := range slices.Concat(w.prices[first:]...) {
		if w.beyond(price) != side {
			return 0
		}
	}
	return side
}

// proportionate reports whether so many base units are at most k × deviation.
func (w *witness) proportionate(baseUnits *big.Rat, price *big.Int) bool {
	off := new(big.Rat).SetFrac(new(big.Int).Sub(price, w.config.Peg), w.config.Peg)
	most := off.Abs(off).Mul(off, new(big.Rat).SetInt(part(w.config.UnitsPerBps, 10_000, 1)))
	return baseUnits.Cmp(most) <= 0
}

// verdict says why an order is not due in a block, or "".
func (w *witness) verdict(o *order, block uint64) string {
	baseUnits := new(big.Rat).SetInt(o.size)
	if o.in == w.quote.Address {
		baseUnits.Quo(baseUnits, new(big.Rat).SetFrac(w.config.Peg, units(1, 18)))
	}
	before := w.prices[len(w.prices)-2]
	switch side := w.side(); {
	case block > o.deadline:
		return "DeadlinePassed"
	case w.last > 0 && block < w.last+w.config.MinBlocks.Uint64():
		return "TooSoon"
	case side == 0:
		return "NotSustained"
	case (side > 0) != (o.in == w.base.Address):
		return "WrongDirection"
	case !w.proportionate(baseUnits, w.now()) || !w.proportionate(baseUnits, before[len(before)-1]):
		return "OutOfProportion"
	case baseUnits.Cmp(new(big.Rat).SetInt(w.config.MaxStabilizationVolumePerBlock)) > 0:
		return "OverBlockCap"
	}
	return ""
}

// live does the deeds in one block, in order, and judges what came of each.
func (w *witness) live(deeds []deed) {
	for _, d := range deeds {
		d.who.do("run", []act{d.act})
	}
	w.prices = append(w.prices, []*big.Int{w.now()})
	for i, r := range w.mine() {
		d := deeds[i]
		verdict := ""
		if d.order != nil {
			verdict = w.verdict(d.order, r.BlockNumber.Uint64())
		}
		for _, after := range w.pool.logs("Reserves", r) {
			block := &w.prices[len(w.prices)-1]
			*block = append(*block, as[*big.Int](w, after["midPrice"]))
		}
		if d.order != nil {
			w.judge(d, r, verdict)
		}
	}
	require.Equal(w, w.now(), w.pool.number("getMidPrice"))
	require.Equal(w, w.expected, [2]*big.Int{w.holds(w.base), w.holds(w.quote)}, "inventory moves by trades alone")
}

// judge compares what came of an order with what the rules say.
func (w *witness) judge(d deed, r *types.Receipt, verdict string) {
	tried := w.keeper.logs("Tried", r)[0]
	trades := w.stabilizer.logs("PrivateSwapExecuted", r)
	if tried["ok"] == false {
		require.Empty(w, trades)
		refusal := w.stabilizer.refused(tried)
		w.refused[refusal]++
		if verdict == "" { // due, but for what only the trade itself shows
			require.Contains(w, []string{"Overshot", "TooLittleReceived"}, refusal)
			return
		}
		require.Equal(w, verdict, refusal)
		return
	}
	require.Empty(w, verdict, "it traded")
	require.Len(w, trades, 1)
	w.last = r.BlockNumber.Uint64()
	w.traded++
	sold, received := as[*big.Int](w, trades[0]["sold"]), as[*big.Int](w, trades[0]["received"])
	require.Equal(w, d.order.size, sold)
	in, out, worth := 0, 1, part(sold, 1e12, 1) // at the peg, in quote
	if d.order.in == w.quote.Address {
		in, out, worth = 1, 0, part(sold, 1, 1e12)
	}
	require.GreaterOrEqual(w, received.Cmp(part(worth, 10_000-w.config.MaxSlippageBps.Int64(), 10_000)), 0, "%v for %v", received, sold)
	w.expected[in] = new(big.Int).Sub(w.expected[in], sold)
	w.expected[out] = new(big.Int).Add(w.expected[out], received)
	if side := w.beyond(w.now()); side != 0 {
		require.Equal(w, side > 0, in == 0, "it did not leave the pool beyond the other side")
	}
}

// In any course of trades, distortions within a block or over two, and orders of every
// kind, the contract trades exactly when the rules say so.
func TestTheLawsHoldWhateverHappens(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		limits := rapid.SampledFrom([]contracts.StabilizerConfig{contracts.TargetLimits(depth), contracts.ConservativeLimits(depth)}).Draw(rt, "limits")
		limits.UnitsPerBps = part(limits.UnitsPerBps, rapid.SampledFrom([]int64{1, 3}).Draw(rt, "times k"), 1)
		fee := rapid.SampledFrom([]int64{0, 3, 20}).Draw(rt, "feeBps")
		v := settle(rt, func(p *plan) { p.limits, p.feeBps = limits, fee })
		w := v.witness()
		first, _ := w.drawTrade(rt)
		w.live([]deed{first})
		for range rapid.IntRange(5, 25).Draw(rt, "blocks") {
			var deeds []deed
			for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(rt, "deeds") {
				deeds = append(deeds, w.draw(rt)...)
			}
			w.live(deeds)
		}
		total := [2]*big.Int{w.sum(w.base), w.sum(w.quote)}
		require.Equal(rt, w.total, total, "nothing is made or lost")
		counts["traded"] += w.traded
		for why, n := range w.refused {
			counts[why] += n
		}
	})
	for _, why := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s: %d", why, counts[why])
	}
}

// drawTrade returns a trade by the trader, and the one that undoes it.
func (w *witness) drawTrade(t *rapid.T) (trade, undo deed) {
	sellBase, amount := w.shift(rapid.SampledFrom([]int64{-30, -6, -3, 3, 6, 30}).Draw(t, "bps"))
	return deed{who: w.trader, act: w.push(w.trader, sellBase, amount)},
		deed{who: w.trader, act: w.restore(w.trader, !sellBase)}
}

// draw returns something to do: a trade, an order, or either within a distortion.
func (w *witness) draw(t *rapid.T) []deed {
	trade, undo := w.drawTrade(t)
	o := w.drawOrder(t)
	ask := deed{who: w.keeper, act: w.execute(o), order: &o}
	switch rapid.SampledFrom([]string{"trade", "order", "order", "order", "flash", "order within a flash", "gift"}).Draw(t, "deed") {
	case "trade":
		return []deed{trade}
	case "flash":
		return []deed{trade, undo}
	case "order within a flash":
		return []deed{trade, ask, undo}
	case "gift": // moves the price without a trade
		gift := w.base.pack("transfer", w.pool.Address, units(200, baseDigits))
		return []deed{{who: w.trader, act: act{w.base.Address, gift}}, {who: w.trader, act: act{w.pool.Address, w.pool.pack("sync")}}}
	}
	return []deed{ask}
}

// drawOrder returns an order which is mostly due, if any is.
func (w *witness) drawOrder(t *rapid.T) order {
	size := part(depth, rapid.SampledFrom([]int64{1, 2, 5, 8, 21}).Draw(t, "size in bps"), 1)
	o := w.sale(0).of(size)
	if rapid.SampledFrom([]bool{true, true, true, false}).Draw(t, "towards the peg") != (w.now().Cmp(w.config.Peg) > 0) {
		o = w.purchase(0).of(part(size, 1e12, 1))
	}
	o.deadline -= rapid.SampledFrom([]uint64{0, 0, 0, 0, 0, 0, 1}).Draw(t, "late")
	return o
}
