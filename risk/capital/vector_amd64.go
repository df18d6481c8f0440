//go:build goexperiment.simd && amd64

package capital

import "simd/archsimd"

// lanes is how many paths a vector holds.
const lanes = 4

// Lanes is how many paths a core lives at a time. Results do not depend on it:
// each lane does what [treasury.run] does, in the same order, rounded the same.
func Lanes() int {
	if archsimd.X86.AVX2() {
		return lanes
	}
	return 1
}

// vector is the kernel of machines with AVX2. What its loops read lies in values
// of their own without pointers, which Go aligns to cache lines.
type vector struct {
	*kernel
	normals    *normalLanes
	lanes      *marketLanes
	schedule   []scheduledLanes
	tape       []weatherLanes
	treasuries []*treasuryLanes
}

// four is a number of four paths.
type four = archsimd.Float64x4

func broadcast(x float64) four { return archsimd.BroadcastFloat64x4(x) }

// weatherLanes is the weather of four paths.
type weatherLanes struct{ sigma, ret, flow, redeem, yield [lanes]float64 }

// scheduledLanes is what is known of an epoch, four times: to spread one number
// over a vector mixes instructions of two generations, which is slow.
type scheduledLanes struct{ shock, keep [lanes]float64 }

func newVector(k *kernel) *vector {
	if Lanes() == 1 {
		return nil
	}
	v := &vector{
		kernel:   k,
		normals:  newNormalLanes(k.noise),
		lanes:    newMarketLanes(k.market),
		schedule: make([]scheduledLanes, k.market.epochs),
		tape:     make([]weatherLanes, k.market.epochs),
	}
	for e, known := range k.market.schedule {
		v.schedule[e] = scheduledLanes{shock: alike(known.shock), keep: alike(known.keep)}
		v.tape[e] = weatherLanes{redeem: alike(known.redeem), yield: alike(k.market.yield)}
	}
	for _, t := range k.treasuries {
		v.treasuries = append(v.treasuries, newTreasuryLanes(t))
	}
	return v
}

// run lives as many paths as fill whole vectors, and returns how many.
func (v *vector) run(first uint64, out [][]Outcome) int {
	whole := len(out[0]) &^ (lanes - 1)
	for j := 0; j < whole; j += lanes {
		v.fill(first + uint64(j))
		for i, t := range v.treasuries {
			t.run(v.tape, (*[lanes]Outcome)(out[i][j:]))
		}
	}
	return whole
}
