//go:build goexperiment.simd && amd64

package capital

import "simd/archsimd"

// mix is mix of successive places, four at a time.
func (l *normalLanes) mix(drawn [][lanes]uint64, start *[lanes]uint64) {
	place, step := archsimd.LoadUint64x4(start), archsimd.BroadcastUint64x4(golden)
	key := archsimd.BroadcastUint64x4(l.noise.second)
	thirty, twentySeven, thirtyOne := archsimd.BroadcastUint64x4(30), archsimd.BroadcastUint64x4(27), archsimd.BroadcastUint64x4(31)
	first, second := newFactor(0xbf58476d1ce4e5b9), newFactor(0x94d049bb133111eb)
	for i := range drawn {
		u := first.times(place.Xor(place.ShiftRight(thirty))).Xor(key)
		u = second.times(u.Xor(u.ShiftRight(twentySeven)))
		u.Xor(u.ShiftRight(thirtyOne)).Store(&drawn[i])
		place = place.Add(step)
	}
	archsimd.ClearAVXUpperBits() // what follows is of scalars
}

// shape makes normals of draws, and returns those that are not decided yet.
//
// AVX2 converts no integers of 64 bits. But bits below the exponent of 2^52 are
// worth one and more, and below that of 2^73, 2^21 and more: there go the lower 21
// and the upper 32 of a place's 53 bits, and what the exponents are worth is
// subtracted. Nothing of it is rounded.
func (l *normalLanes) shape(z [][lanes]float64, drawn [][lanes]uint64) []undecided {
	const (
		ones = (1023 + 52) << 52
		rest = (1023+73)<<52 ^ 1<<31 // the sign's bit is turned: -2^31 becomes 0
	)
	lowExponent, highExponent := archsimd.BroadcastUint64x4(ones), archsimd.BroadcastUint64x4(rest)
	low21, excess := archsimd.BroadcastUint64x4(1<<21-1), broadcast(1<<73+1<<53)
	eleven, thirtyTwo := archsimd.BroadcastUint64x4(11), archsimd.BroadcastUint64x4(32)
	sign := archsimd.BroadcastInt64x4(-1 << 63)
	n := 0
	for i := range drawn {
		d := &drawn[i]
		a, b := l.pair(d[0], d[2]), l.pair(d[1], d[3])
		width, inside := a.InterleaveLoGrouped(b).AsFloat64x4(), a.InterleaveHiGrouped(b).AsFloat64x4()
		u := archsimd.LoadUint64x4(d)
		low := u.ShiftRight(eleven).And(low21).Or(lowExponent).AsFloat64x4()
		high := u.ShiftRight(thirtyTwo).Xor(highExponent).AsFloat64x4()
		j := high.Sub(excess).Add(low)
		j.Mul(width).Store(&z[i])
		// One place more is left open than by magnitude: |j| = inside. It does not matter.
		if open := j.AsInt64x4().AndNot(sign).AsFloat64x4().GreaterEqual(inside).ToBits(); open != 0 {
			l.open[n] = undecided{uint8(i), open}
			n++
		}
	}
	archsimd.ClearAVXUpperBits()
	return l.open[:n]
}

// pair looks up two strips, by the lowest bits of two draws.
func (l *normalLanes) pair(u, w uint64) archsimd.Int64x4 {
	low, high := &l.strips[uint8(u)], &l.strips[uint8(w)]
	return archsimd.LoadFloat64x4(low).SetHi(archsimd.LoadFloat64x2((*[2]float64)(high[:2]))).AsInt64x4()
}

// factor multiplies modulo 2^64 out of products of halves, as AVX2 has no others.
type factor struct {
	low, high archsimd.Uint32x8
	half      archsimd.Uint64x4 // 32, a shift
}

func newFactor(x uint64) factor {
	return factor{archsimd.BroadcastUint64x4(x).AsUint32x8(), archsimd.BroadcastUint64x4(x >> 32).AsUint32x8(), archsimd.BroadcastUint64x4(32)}
}

func (f factor) times(x archsimd.Uint64x4) archsimd.Uint64x4 {
	low, high := x.AsUint32x8(), x.ShiftRight(f.half).AsUint32x8()
	cross := low.MulEvenWiden(f.high).Add(high.MulEvenWiden(f.low))
	return low.MulEvenWiden(f.low).Add(cross.ShiftLeft(f.half))
}
