//go:build goexperiment.simd && amd64

package capital

import "simd/archsimd"

// marketLanes is what of a market the loops need, four times.
type marketLanes struct {
	sigmaBar, kappa, eta, imbalance, rho, rhoRest, rootDt, growth four
	yield, leastYield, yieldKappa, yieldEta                       four
	zero, one, minusOne                                           four
}

func newMarketLanes(m *market) *marketLanes {
	return &marketLanes{
		sigmaBar: broadcast(m.sigmaBar), kappa: broadcast(m.kappa), eta: broadcast(m.eta),
		imbalance: broadcast(m.imbalance), rho: broadcast(m.rho), rhoRest: broadcast(m.rhoRest),
		rootDt: broadcast(m.rootDt), growth: broadcast(m.growth),
		yield: broadcast(m.yield), leastYield: broadcast(min(m.yield, 0)), yieldKappa: broadcast(m.yieldKappa), yieldEta: broadcast(m.yieldEta),
		zero: broadcast(0), one: broadcast(1), minusOne: broadcast(-1),
	}
}

// fill writes the weather of four paths, as market.fill does for one.
func (v *vector) fill(path uint64) {
	const each = 3 // normals an epoch
	place, sigma := v.normals.at(path, weatherDraws), alike(v.market.sigma)
	for from := 0; from < len(v.tape); from += stretch / each {
		to := min(from+stretch/each, len(v.tape))
		v.lanes.fill(v.tape[from:to], v.schedule[from:to], v.normals.next(each*(to-from), &place), &sigma)
	}
	if v.market.yieldVaries {
		place, yield := v.normals.at(path, yieldDraws), alike(v.market.yield)
		for from := 0; from < len(v.tape); from += stretch {
			to := min(from+stretch, len(v.tape))
			v.lanes.fillYield(v.tape[from:to], v.normals.next(to-from, &place), &yield)
		}
	}
	if v.market.redemptionsArrive {
		v.fillArrivals(path)
	}
}

func alike(x float64) [lanes]float64 { return [lanes]float64{x, x, x, x} }

// fill writes what three normals an epoch make. before is the volatility of the
// epoch before, and is left for the next.
func (m *marketLanes) fill(tape []weatherLanes, schedule []scheduledLanes, z [][lanes]float64, before *[lanes]float64) {
	sigma := archsimd.LoadFloat64x4(before)
	for e := range tape {
		w, known, z := &tape[e], &schedule[e], (*[3][lanes]float64)(z[3*e:])
		z0, z1, z2 := archsimd.LoadFloat64x4(&z[0]), archsimd.LoadFloat64x4(&z[1]), archsimd.LoadFloat64x4(&z[2])
		sigma = sigma.Add(m.kappa.Mul(m.sigmaBar.Sub(sigma))).Add(m.eta.Mul(z0)).Add(archsimd.LoadFloat64x4(&known.shock)).Max(m.zero)
		drawn := m.rho.Mul(z0).Add(m.rhoRest.Mul(z2))
		ret := m.growth.Add(sigma.Mul(m.rootDt).Mul(drawn)).Mul(archsimd.LoadFloat64x4(&known.keep)).Sub(m.one).Max(m.minusOne)
		sigma.Store(&w.sigma)
		ret.Store(&w.ret)
		m.imbalance.Mul(sigma).Mul(z1).Store(&w.flow)
	}
	sigma.Store(before)
	archsimd.ClearAVXUpperBits() // what follows is of scalars
}

// fillYield writes what one normal an epoch makes. before is the yield of the
// epoch before, and is left for the next.
func (m *marketLanes) fillYield(tape []weatherLanes, z [][lanes]float64, before *[lanes]float64) {
	yield := archsimd.LoadFloat64x4(before)
	for e := range tape {
		yield = yield.Add(m.yieldKappa.Mul(m.yield.Sub(yield))).Add(m.yieldEta.Mul(archsimd.LoadFloat64x4(&z[e]))).Max(m.leastYield)
		yield.Store(&tape[e].yield)
	}
	yield.Store(before)
	archsimd.ClearAVXUpperBits()
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
