package targets

import (
	"math/rand/v2"
	"time"
)

// micro is the model's unit of account: a millionth of a token.
const micro = 1_000_000

// flow is one-way selling of the token: how much is sold in the next block, in
// micro-units.
type flow interface{ next() int64 }

// smooth sells the same amount every block, to within one micro-unit: what is
// left over in one block is sold in the next.
type smooth struct {
	perHour   int64 // micro-units
	blockTime time.Duration
	blocks    int64
	sold      int64
}

func (f *smooth) next() int64 {
	f.blocks++
	due := int64(float64(f.perHour) * (float64(f.blocks) * f.blockTime.Hours()))
	amount := due - f.sold
	f.sold = due
	return amount
}

// lumpy sells in lumps of one size that arrive by a Poisson process, so that
// the same amount is sold on average.
type lumpy struct {
	size int64   // micro-units
	gap  float64 // mean blocks between two lumps
	wait float64 // blocks until the next lump
	rng  *rand.Rand
}

func newLumpy(perHour, size int64, blockTime time.Duration, seed uint64) *lumpy {
	rng := rand.New(rand.NewPCG(seed, 0))
	gap := float64(size) / (float64(perHour) * blockTime.Hours())
	return &lumpy{size: size, gap: gap, wait: gap * rng.ExpFloat64(), rng: rng}
}

func (f *lumpy) next() (amount int64) {
	for ; f.wait < 1; f.wait += f.gap * f.rng.ExpFloat64() {
		amount += f.size
	}
	f.wait--
	return amount
}

// none sells nothing.
type none struct{}

func (none) next() int64 { return 0 }
