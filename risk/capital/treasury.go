package capital

import "math"

// ceiling bounds capital, liquidity and the collateral's mark, in units of what
// they start with, so that no parameters make a path overflow.
const ceiling = 1 << 20

// treasury is a stance, with the parameters that it meets, prepared for a kernel.
type treasury struct {
	leverage, allocation, spread                      float64
	sigmaCrit, perCrit, thetaMin, thetaSlope          float64
	spreadSlope, spreadMax                            float64
	liquidity, perLiquidity, floor, perFloor          float64
	refill, redeemUse                                 float64
	maxLTV, hardLTV, recovery, topUp, deleverCost     float64
	penalty, closeOut, mark, unmarked                 float64
	beta, imbalanceRedeem, arbitrage                  float64
	band, ivBand, ivEffect, ivCap, ivCost, breaker    float64
	borrow, drag, turnover, elasticity, calmTurnover  float64
	referenceSpread, haircut, slip, cap, breakerAlpha float64
	tops                                              bool // up, if the mark falls
}

func newTreasury(p Params) *treasury {
	dt := 1 / p.EpochsPerYear
	liquidity := 1 - p.Stance.Allocation
	t := &treasury{
		leverage: p.Stance.Leverage, allocation: p.Stance.Allocation, spread: p.Stance.Spread,
		sigmaCrit: p.Stance.SigmaCrit, perCrit: 1 / p.Stance.SigmaCrit,
		thetaMin: p.Throttle.ThetaMin, thetaSlope: p.Throttle.ThetaSlope,
		spreadSlope: p.Throttle.SpreadSlope, spreadMax: p.Throttle.SpreadMax,
		liquidity: liquidity, perLiquidity: 1 / liquidity, floor: p.Liquidity.Floor, perFloor: 1 / p.Liquidity.Floor,
		refill: p.Liquidity.Refill, redeemUse: p.Liquidity.RedeemUse,
		maxLTV: p.Collateral.MaxLTV, hardLTV: p.Collateral.HardLTV,
		recovery: p.Collateral.Recovery, topUp: p.Collateral.TopUp, deleverCost: p.Collateral.DeleverCost,
		penalty: p.Collateral.LiquidationPenalty, mark: p.Collateral.CapitalMark, unmarked: 1 - p.Collateral.CapitalMark,
		beta: p.Peg.Beta, imbalanceRedeem: p.Peg.ImbalanceRedeem, arbitrage: p.Peg.Arbitrage,
		band: p.Peg.Band, ivBand: p.Peg.InterventionBand, ivEffect: p.Peg.InterventionEffect,
		ivCap: p.Peg.InterventionCap, ivCost: p.Peg.InterventionCost, breaker: p.Peg.Breaker,
		borrow: float64(p.Income.Borrow * dt), drag: float64(p.Income.VolatilityDrag * 0.5 * dt),
		turnover: p.Income.Turnover, elasticity: p.Income.Elasticity / p.Income.ReferenceSpread,
		referenceSpread: p.Income.ReferenceSpread,
		haircut:         p.Redemptions.Haircut, slip: p.Redemptions.Slip, cap: p.Redemptions.Cap,
		breakerAlpha: float64(p.Stance.Allocation * p.Throttle.ThetaMin),
	}
	t.tops = t.topUp > 0
	t.closeOut = float64(p.Collateral.CloseOut * t.unmarked)
	t.calmTurnover = t.turnoverAt(t.spread)
	return t
}

// turnoverAt is what is traded at a spread: less, the wider it is.
func (t *treasury) turnoverAt(spread float64) float64 {
	return float64(t.turnover * bounded(1-float64(t.elasticity*(spread-t.referenceSpread))))
}

// run lives one path. The steps are numbered as in the package's comment.
func (t *treasury) run(tape []weather) Outcome {
	var o Outcome
	capital, water := 1.0, waterline{peak: 1, low: 1}
	liquidity, mark, peg, queue := t.liquidity, 1.0, 1.0, 0.0
	leverage, held, spread, broken := t.leverage, float64(t.allocation*t.leverage), t.spread, false
	for e := range tape {
		w := &tape[e]
		o.Epochs++

		// 2. The throttle.
		alpha, lever, asked, turnover := t.allocation, leverage, t.spread, t.calmTurnover
		if w.sigma > t.sigmaCrit {
			alpha, lever, asked, turnover = t.throttled(w.sigma, leverage)
			o.Throttles++
		}
		o.SpreadChanges += count(asked != spread)
		spread = asked

		// 4. Redemptions.
		queue += w.redeem
		paid := queue
		if broken {
			paid, lever, alpha = atMost(queue, t.cap), 1, atMost(alpha, t.breakerAlpha)
		}
		queue -= paid

		// 5. Liquidity outside.
		liquidity = bounded(liquidity + float64(liquidity*w.ret) + float64(t.refill*(t.liquidity-liquidity)) - float64(t.redeemUse*paid))
		if liquidity < t.floor {
			alpha = atMost(alpha, float64(t.allocation*float64(liquidity*t.perFloor)))
			o.FloorViolations++
		}

		// 6. Collateral and debt.
		mark = bounded(mark + float64(mark*w.ret) + float64(t.recovery*(1-mark)))
		debt, cost := leverage-1, 0.0
		if t.tops && mark < 1 {
			mark, cost = t.topped(mark, leverage)
		}
		if collateral := float64(leverage * mark); debt > float64(t.maxLTV*collateral) {
			if debt > float64(t.hardLTV*collateral) {
				o.Liquidated = true
				capital -= float64(capital * t.liquidation(leverage, mark))
				water.low = atMost(capital, water.low)
				break
			}
			before := leverage
			leverage = t.reduced(mark, before)
			cost += float64(float64((t.deleverCost+float64(t.unmarked*(1-mark)))*(before-leverage)) * alpha)
			o.Delevers += count(leverage < before)
		}

		// 7. The peg.
		depth := atMost(float64(liquidity*t.perLiquidity), 1)
		pull, gap, excess := float64(t.arbitrage*depth), peg-1, 0.0
		peg = peg + float64(t.beta*(w.flow-float64(t.imbalanceRedeem*paid))) - float64(pull*gap)
		dev := math.Abs(peg - 1)
		broken = dev > t.breaker
		if dev > t.ivBand {
			peg, excess = t.defended(peg, dev)
			o.PegEvents += count(dev > t.band)
			o.Breakers += count(broken)
		}

		// 8. Capital.
		exposure := float64(alpha * lever)
		income := float64(w.yield*exposure) - float64(t.borrow*float64(alpha*(lever-1)))
		making := float64(float64((1-alpha)*float64(0.5*asked)) * (turnover + float64(pull*math.Abs(gap))))
		marked := float64(float64(t.mark*held) * w.ret)
		drag := float64(float64(t.drag*float64(exposure*exposure)) * float64(w.sigma*w.sigma))
		redeemed := float64(float64(paid*t.haircut) * (1 + float64(t.slip*(1-depth))))
		net := income + making + marked - drag - float64(t.ivCost*excess) - redeemed - cost
		capital, held = bounded(capital+float64(capital*net)), exposure
		water.see(capital)
	}
	o.ROI, o.Drawdown = capital-1, max(water.fall, 1-water.low/water.peak)
	return o
}

// waterline follows the largest fall from a peak. What fell since the last peak is
// measured when the next one comes: the same as in every epoch, with fewer
// divisions.
type waterline struct{ peak, low, fall float64 }

func (w *waterline) see(x float64) {
	if x > w.peak {
		if w.low < w.peak {
			w.fall = max(w.fall, 1-w.low/w.peak)
		}
		w.peak, w.low = x, x
	} else if x < w.low {
		w.low = x
	}
}

// throttled is the stance beyond the critical volatility.
func (t *treasury) throttled(sigma, leverage float64) (alpha, lever, spread, turnover float64) {
	over := float64((sigma - t.sigmaCrit) * t.perCrit)
	theta := max(t.thetaMin, 1-float64(t.thetaSlope*over))
	spread = min(t.spreadMax, float64(t.spread*(1+float64(t.spreadSlope*over))))
	return float64(t.allocation * theta), 1 + float64((leverage-1)*theta), spread, t.turnoverAt(spread)
}

// topped posts collateral for the lender's share of a fall, and says what share of
// capital it took beside what capital had borne already.
func (t *treasury) topped(mark, leverage float64) (after, cost float64) {
	posted := float64(float64(t.topUp*(1-mark)) * (leverage - 1))
	return mark + posted/leverage, float64(float64(t.unmarked*posted) * t.allocation)
}

// reduced is the leverage at which LTV is MaxLTV again, if it is lower.
func (t *treasury) reduced(mark, leverage float64) float64 {
	return atMost(max(1, 1/(1-float64(t.maxLTV*mark))), leverage)
}

// liquidation is the share of capital that closing the position by force takes:
// the penalty on the debt, and what capital has not borne yet of the fall. It is
// charged on the stated allocation, for a throttle that reacted in time must not
// make it look cheap.
func (t *treasury) liquidation(leverage, mark float64) float64 {
	loss := float64(t.penalty*(leverage-1)) + float64(float64(t.closeOut*leverage)*max(0, 1-mark))
	return min(1, float64(loss*t.allocation))
}

// defended is the peg after the treasury's intervention, and by how much it was
// beyond the band.
func (t *treasury) defended(peg, dev float64) (after, excess float64) {
	excess = dev - t.ivBand
	return peg - math.Copysign(float64(t.ivEffect*atMost(excess, t.ivCap)), peg-1), excess
}

// The builtin min and max look out for NaN, which no path meets; these are quick.

func atMost(x, most float64) float64 {
	if x > most {
		return most
	}
	return x
}

// bounded is x within [0, ceiling].
func bounded(x float64) float64 {
	if x < 0 {
		return 0
	}
	if x > ceiling {
		return ceiling
	}
	return x
}

func count(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
