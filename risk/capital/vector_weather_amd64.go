//go:build goexperiment.simd && amd64

package capital

import "simd/archsimd"

func load(x []float64) four { return archsimd.LoadFloat64x4((*[lanes]float64)(x)) }

func broadcast(x float64) four { return archsimd.BroadcastFloat64x4(x) }

// marketLanes is what of a market the loop needs, four times.
type marketLanes struct {
	sigma, sigmaBar, kappa, eta, imbalance, rho, rhoRest, rootDt, growth four
	zero, one, minusOne                                                  four
}

func newMarketLanes(m *market) marketLanes {
	return marketLanes{
		sigma: broadcast(m.sigma), sigmaBar: broadcast(m.sigmaBar), kappa: broadcast(m.kappa), eta: broadcast(m.eta),
		imbalance: broadcast(m.imbalance), rho: broadcast(m.rho), rhoRest: broadcast(m.rhoRest),
		rootDt: broadcast(m.rootDt), growth: broadcast(m.growth),
		zero: broadcast(0), one: broadcast(1), minusOne: broadcast(-1),
	}
}

// fill writes the weather of four paths, as market.fill does for one.
func (v *vector) fill(path uint64) {
	m := &v.lanes
	v.normals(v.z, path, weatherDraws)
	sigma := m.sigma
	for e := range v.schedule {
		known, w, z := &v.schedule[e], &v.tape[e], (*[3 * lanes]float64)(v.z[3*lanes*e:])
		z0, z1, z2 := load(z[:lanes]), load(z[lanes:2*lanes]), load(z[2*lanes:])
		sigma = sigma.Add(m.kappa.Mul(m.sigmaBar.Sub(sigma))).Add(m.eta.Mul(z0)).Add(archsimd.LoadFloat64x4(&known.shock)).Max(m.zero)
		drawn := m.rho.Mul(z0).Add(m.rhoRest.Mul(z2))
		ret := m.growth.Add(sigma.Mul(m.rootDt).Mul(drawn)).Mul(archsimd.LoadFloat64x4(&known.keep)).Sub(m.one).Max(m.minusOne)
		sigma.Store(&w.sigma)
		ret.Store(&w.ret)
		m.imbalance.Mul(sigma).Mul(z1).Store(&w.flow)
	}
	archsimd.ClearAVXUpperBits() // what follows is of scalars
	if v.market.yieldVaries {
		v.fillYield(path)
	}
	if v.market.redemptionsArrive {
		v.fillArrivals(path)
	}
}

// fillYield is market.fillYield, lane by lane.
func (v *vector) fillYield(path uint64) {
	m := v.market
	z := v.z[:lanes*m.epochs]
	v.normals(z, path, yieldDraws)
	least, most := min(m.yield, 0), m.yield
	yields := [lanes]float64{most, most, most, most}
	for e := range v.tape {
		for lane, yield := range yields {
			yield = yield + float64(m.yieldKappa*(m.yield-yield)) + float64(m.yieldEta*z[lanes*e+lane])
			if yield < least {
				yield = least
			}
			yields[lane] = yield
		}
		v.tape[e].yield = yields
	}
}

// fillArrivals is market.fillArrivals, lane by lane.
func (v *vector) fillArrivals(path uint64) {
	for lane := range lanes {
		v.market.fillArrivals(v.kernel.tape, v.noise, path+uint64(lane))
		for e := range v.tape {
			v.tape[e].redeem[lane] = v.kernel.tape[e].redeem
		}
	}
}

// normals fills z with the normals of four paths, as noise.normals does for one:
// bits are mixed in vectors, strips are looked up one by one.
func (v *vector) normals(z []float64, path uint64, s stream) {
	var start [lanes]uint64
	for lane := range start {
		start[lane] = v.noise.at(path+uint64(lane), s)
	}
	drawn := v.bits[:len(z)]
	v.mix(drawn, &start)
	z = z[:len(drawn)]
	for i, u := range drawn {
		x, certain := inside(u)
		if !certain {
			x = v.noise.outside(u, start[i%lanes]+uint64(i/lanes)*golden)
		}
		z[i] = x
	}
}

// mix is mix of successive places, four at a time.
func (v *vector) mix(drawn []uint64, start *[lanes]uint64) {
	place, step := archsimd.LoadUint64x4(start), archsimd.BroadcastUint64x4(golden)
	key := archsimd.BroadcastUint64x4(v.noise.second)
	thirty, twentySeven, thirtyOne := archsimd.BroadcastUint64x4(30), archsimd.BroadcastUint64x4(27), archsimd.BroadcastUint64x4(31)
	first, second := newFactor(0xbf58476d1ce4e5b9), newFactor(0x94d049bb133111eb)
	for ; len(drawn) >= lanes; drawn = drawn[lanes:] {
		u := first.times(place.Xor(place.ShiftRight(thirty))).Xor(key)
		u = second.times(u.Xor(u.ShiftRight(twentySeven)))
		u.Xor(u.ShiftRight(thirtyOne)).Store((*[lanes]uint64)(drawn))
		place = place.Add(step)
	}
	archsimd.ClearAVXUpperBits()
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
