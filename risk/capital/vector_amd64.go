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

// vector is the kernel of machines with AVX2.
type vector struct {
	*kernel
	tape       []weatherLanes
	bits       []uint64  // drawn, the lanes side by side
	z          []float64 // normals made of them
	schedule   []scheduledLanes
	lanes      marketLanes
	treasuries []*treasuryLanes
}

// four is a number of four paths.
type four = archsimd.Float64x4

// weatherLanes is the weather of four paths.
type weatherLanes struct{ sigma, ret, flow, redeem, yield [lanes]float64 }

// scheduledLanes is what is known of an epoch, four times: to spread one number
// over a vector mixes instructions of two generations, which is slow.
type scheduledLanes struct{ shock, keep [lanes]float64 }

func newVector(k *kernel) *vector {
	if Lanes() == 1 {
		return nil
	}
	v := &vector{kernel: k, tape: make([]weatherLanes, k.market.epochs), z: make([]float64, 3*lanes*k.market.epochs)}
	v.lanes = newMarketLanes(k.market)
	v.bits = make([]uint64, len(v.z))
	v.schedule = make([]scheduledLanes, k.market.epochs)
	for e, w := range k.tape {
		for lane := range lanes {
			v.tape[e].redeem[lane], v.tape[e].yield[lane] = w.redeem, w.yield
			v.schedule[e].shock[lane], v.schedule[e].keep[lane] = k.market.schedule[e].shock, k.market.schedule[e].keep
		}
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
