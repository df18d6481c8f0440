package capital

import "math"

// weather is what the market does to any treasury in one epoch. It depends on no
// stance, so all candidates of a comparison meet the same.
type weather struct {
	sigma  float64 // volatility
	ret    float64 // return of the external asset, >= -1
	flow   float64 // imbalance pressing on the peg
	redeem float64 // redemptions asked for
	yield  float64 // earned per unit of exposure, this epoch
}

// market is [Params] prepared for a kernel.
type market struct {
	epochs                         int
	sigma, sigmaBar, kappa, eta    float64
	rootDt, rho, rhoRest, growth   float64
	imbalance                      float64
	yield, yieldKappa, yieldEta    float64 // per epoch
	arrival, arrivalMean           float64
	schedule                       []scheduled
	yieldVaries, redemptionsArrive bool
}

// scheduled is what is known of an epoch before anything is drawn.
type scheduled struct {
	shock  float64 // added to sigma
	keep   float64 // what a crash leaves of the asset, 1 without one
	redeem float64
}

func newMarket(p Params) *market {
	dt := 1 / p.EpochsPerYear
	rho := p.Market.Correlation
	m := &market{
		epochs: p.Epochs,
		sigma:  p.Market.Sigma, sigmaBar: p.Market.SigmaBar, kappa: p.Market.Kappa, eta: p.Market.Eta,
		rootDt: math.Sqrt(dt), rho: rho, rhoRest: math.Sqrt(1 - float64(rho*rho)),
		growth:    1 + float64(p.Market.Drift*dt),
		imbalance: p.Peg.ImbalanceVol,
		yield:     float64(p.Market.Yield * dt), yieldKappa: p.Market.YieldKappa, yieldEta: float64(p.Market.YieldEta * dt),
		arrival: p.Redemptions.Arrival, arrivalMean: p.Redemptions.ArrivalMean,
		schedule: make([]scheduled, p.Epochs),
	}
	m.yieldVaries = m.yieldEta > 0
	m.redemptionsArrive = m.arrival > 0 && m.arrivalMean > 0
	for e := range m.schedule {
		m.schedule[e] = scheduled{keep: 1, redeem: p.Redemptions.Base}
	}
	for _, s := range p.Shocks {
		for e := s.Epoch; e < min(s.Epoch+s.Epochs, p.Epochs); e++ {
			m.schedule[e].shock += s.Volatility
			m.schedule[e].keep = float64(m.schedule[e].keep * (1 - s.Crash))
			m.schedule[e].redeem += s.Redeem
		}
	}
	return m
}

// newTape returns the weather of a path to be, with all that no path changes.
func (m *market) newTape() []weather {
	tape := make([]weather, m.epochs)
	for e := range tape {
		tape[e] = weather{redeem: m.schedule[e].redeem, yield: m.yield}
	}
	return tape
}

// fill writes a path's weather. z is room for three normals an epoch. Here and in
// every kernel a product that is added to something is rounded by float64 first,
// for a fused multiply-add rounds only once and would give other bits on other
// machines.
func (m *market) fill(tape []weather, z []float64, n noise, path uint64) {
	n.normals(z, n.at(path, weatherDraws))
	sigma := m.sigma
	for e := range m.schedule {
		known, w, z := &m.schedule[e], &tape[e], z[3*e:3*e+3:3*e+3]
		sigma = sigma + float64(m.kappa*(m.sigmaBar-sigma)) + float64(m.eta*z[0]) + known.shock
		if sigma < 0 {
			sigma = 0
		}
		drawn := float64(m.rho*z[0]) + float64(m.rhoRest*z[2])
		ret := float64((m.growth+float64(float64(sigma*m.rootDt)*drawn))*known.keep) - 1
		if ret < -1 {
			ret = -1
		}
		w.sigma, w.ret, w.flow = sigma, ret, float64(float64(m.imbalance*sigma)*z[1])
	}
	if m.yieldVaries {
		m.fillYield(tape, z[:m.epochs], n, path)
	}
	if m.redemptionsArrive {
		m.fillArrivals(tape, n, path)
	}
}

// fillYield draws a yield that returns to its mean and is never negative by
// noise alone.
func (m *market) fillYield(tape []weather, z []float64, n noise, path uint64) {
	n.normals(z, n.at(path, yieldDraws))
	least := min(m.yield, 0)
	yield := m.yield
	for e, drawn := range z {
		yield = yield + float64(m.yieldKappa*(m.yield-yield)) + float64(m.yieldEta*drawn)
		if yield < least {
			yield = least
		}
		tape[e].yield = yield
	}
}

// fillArrivals draws large redemptions, of exponential size.
func (m *market) fillArrivals(tape []weather, n noise, path uint64) {
	place := n.at(path, arrivalDraws)
	for e := range tape {
		tape[e].redeem = m.schedule[e].redeem
		if uniform(n.bits(place)) < m.arrival {
			tape[e].redeem += float64(m.arrivalMean * -logarithm(uniform(n.bits(place+golden))))
		}
		place += golden
		place += golden // two draws an epoch, whether the second is used or not
	}
}
