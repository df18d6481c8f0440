package contracts_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// prices is what a pool should remember: of each block all prices that stood in it.
type prices struct {
	stood map[uint64][]*big.Int
	block uint64
}

// until lets the newest price stand through all blocks up to one.
func (p *prices) until(block uint64) {
	for ; p.block < block; p.block++ {
		stood := p.stood[p.block]
		p.stood[p.block+1] = []*big.Int{stood[len(stood)-1]}
	}
}

func (p *prices) add(price *big.Int) { p.stood[p.block] = append(p.stood[p.block], price) }

// of returns a block's range in the words of blockRange.
func (p *prices) of(block uint64) string {
	stood := p.stood[block]
	low, high := stood[0], stood[0]
	for _, price := range stood {
		if price.Cmp(low) < 0 {
			low = price
		}
		if price.Cmp(high) > 0 {
			high = price
		}
	}
	return fmt.Sprint([]any{low, high, stood[len(stood)-1]})
}

func (r *pair) rangeOf(block uint64) string {
	results, err := r.pool.tryAsk("blockRange", new(big.Int).SetUint64(block))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(results)
}

// Whoever calls what, the range of every block is that of the prices a bystander could have
// read after each transaction.
func TestBlockRangesAreWhatABystanderSaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newPair(newMachine(t), stable(pmm.DSP))
		seen := prices{stood: map[uint64][]*big.Int{}, block: r.block}
		first := r.block
		look := func() { seen.add(wei(r.pool.ask("getMidPrice"))) }
		look()
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			r.mine(uint64(rapid.SampledFrom([]int{0, 0, 1, 1, 2, 7}).Draw(t, "blocks")))
			seen.until(r.block)
			amount := new(uint256.Int).Mul(uint256.NewInt(rapid.Uint64Range(1, 300_000).Draw(t, "tokens")), uint256.NewInt(1e18))
			switch rapid.SampledFrom([]string{"sellBase", "sellQuote", "sync", "loan", "nothing"}).Draw(t, "what") {
			case "sellBase":
				_, _ = r.sell(pmm.SellBase, *amount)
			case "sellQuote":
				_, _ = r.sell(pmm.SellQuote, *amount)
			case "sync": // a gift moves the price as well
				r.send(r.quote, *amount)
				r.pool.do(stranger, "sync")
			case "loan": // which sells: no data, so the borrower keeps it
				r.send(r.base, *amount)
				r.pool.do(stranger, "flashLoan", new(big.Int), big.NewInt(1000), stranger, []byte{})
			}
			look()
		}
		r.mine(uint64(rapid.IntRange(0, 3).Draw(t, "blocks at the end")))
		seen.until(r.block)
		for block := first; block <= r.block; block++ {
			require.Equal(t, seen.of(block), r.rangeOf(block), "block %d", block)
		}
	})
}

func TestABlockRangeIsRememberedForSixtyFourBlocksWithChanges(t *testing.T) {
	r := newPair(newMachine(t), stable(pmm.DSP))
	price := func() string { p := r.pool.ask("getMidPrice"); return fmt.Sprintf("[%s %s %s]", p, p, p) }
	var closes []string // of block 2, 3, ...
	for i := range 100 {
		r.mine(2) // every other block has no change
		closes = append(closes, price())
		_, err := r.sell(pmm.SellQuote, num("1000000000000000000000"))
		require.NoError(t, err, "trade %d", i)
	}
	newest := r.block
	require.Equal(t, fmt.Sprintf("BlockInFuture(%d)", newest+1), r.rangeOf(newest+1))
	oldest := newest - 2*63
	require.Equal(t, closes[len(closes)-1], r.rangeOf(newest-1), "the block without a change before the newest")
	require.Equal(t, closes[len(closes)-63], r.rangeOf(oldest+1), "the one after the oldest")
	require.NotContains(t, r.rangeOf(oldest), "Forgotten")
	require.Equal(t, fmt.Sprintf("BlockForgotten(%d)", oldest-1), r.rangeOf(oldest-1))
	require.Equal(t, "BlockForgotten(0)", r.rangeOf(0))
}

func TestABlockInWhichThePoolHadNoPriceHasNoRange(t *testing.T) {
	p := stable(pmm.DPP)
	r := newPair(newMachine(t), p)
	none := new(big.Int)
	reset := func(baseOut, quoteOut *big.Int) {
		r.pool.do(owner, "reset", owner, p.LPFeeRate.ToBig(), p.I.ToBig(), p.K.ToBig(), baseOut, quoteOut, none, none)
	}
	r.mine(1)
	reset(none, p.Quote.ToBig()) // all of it
	empty := r.block
	r.mine(2)
	r.send(r.quote, p.Quote)
	reset(none, none)
	refilled := r.block
	r.mine(1)

	require.Equal(t, "[1000000000000000000 1000000000000000000 1000000000000000000]", r.rangeOf(empty-1))
	require.Equal(t, fmt.Sprintf("NoPrice(%d)", empty), r.rangeOf(empty))
	require.Equal(t, fmt.Sprintf("NoPrice(%d)", empty+1), r.rangeOf(empty+1))
	require.Equal(t, fmt.Sprintf("NoPrice(%d)", refilled), r.rangeOf(refilled))
	require.Equal(t, "[1000000000000000000 1000000000000000000 1000000000000000000]", r.rangeOf(refilled+1))
}

func TestAPriceBeyond128BitsCountsAsTheHighestOf128(t *testing.T) {
	p := stable(pmm.DSP)
	p.I, p.K = num("1000000000000000000000000000000000000"), num("1000000000000000000") // 1e36, 1
	p.Base, p.Quote = num("1000000000000"), num("1000000000000000000000000000000")
	r := newPair(newMachine(t), p)
	r.mine(1)
	_, err := r.sell(pmm.SellQuote, num("20000000000000000000000000000000"))
	require.NoError(t, err)
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))
	require.Positive(t, wei(r.pool.ask("getMidPrice")).Cmp(most))
	require.Equal(t, fmt.Sprintf("[1000000000000000000000000000000000000 %s %s]", most, most), r.rangeOf(r.block))
}
