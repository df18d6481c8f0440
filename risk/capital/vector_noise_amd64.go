//go:build goexperiment.simd && amd64

package capital

import "math/bits"

// stretch is how many vectors of normals are made at a time: as many as stay in
// the nearest cache until they are used, and as a byte can number.
const stretch = 96

// normalLanes makes the normals of four paths side by side, as noise.normals does
// for one. What a strip does not decide at once is left to noise.outside.
type normalLanes struct {
	strips [256][lanes]float64 // width and inside, twice: numbers that need no rounding
	bits   [stretch][lanes]uint64
	z      [stretch][lanes]float64
	open   [stretch]undecided
	noise  noise
}

// undecided says which lanes of a vector are, a bit each.
type undecided struct{ at, lanes uint8 }

func newNormalLanes(n noise) *normalLanes {
	l := &normalLanes{noise: n}
	for i, s := range ziggurat {
		l.strips[i] = [lanes]float64{s.width, float64(s.inside), s.width, float64(s.inside)}
	}
	return l
}

// at returns where the draws of a stream begin, in each lane.
func (l *normalLanes) at(path uint64, s stream) (place [lanes]uint64) {
	for lane := range place {
		place[lane] = l.noise.at(path+uint64(lane), s)
	}
	return place
}

// next returns the next n vectors of normals, at most stretch, and moves place
// behind them. They last until the next call.
func (l *normalLanes) next(n int, place *[lanes]uint64) [][lanes]float64 {
	l.mix(l.bits[:n], place)
	z := l.z[:n]
	for _, o := range l.shape(z, l.bits[:n]) {
		for left := o.lanes; left != 0; left &= left - 1 {
			lane := bits.TrailingZeros8(left) % lanes
			z[o.at][lane] = l.noise.outside(l.bits[o.at][lane], place[lane]+uint64(o.at)*golden)
		}
	}
	for lane := range place {
		place[lane] += uint64(n) * golden
	}
	return z
}
