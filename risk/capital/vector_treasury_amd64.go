//go:build goexperiment.simd && amd64

package capital

import "simd/archsimd"

// treasuryLanes is a treasury whose every number is there four times.
type treasuryLanes struct {
	zero, one, half, ceiling                          four
	leverage, allocation, spread                      four
	sigmaCrit, perCrit, thetaMin, thetaSlope          four
	spreadSlope, spreadMax                            four
	liquidity, perLiquidity, floor, perFloor          four
	refill, redeemUse                                 four
	maxLTV, hardLTV, recovery, topUp, deleverCost     four
	penalty, closeOut, mark, unmarked                 four
	beta, imbalanceRedeem, arbitrage                  four
	band, ivBand, ivEffect, ivCap, ivCost, breaker    four
	borrow, drag, turnover, elasticity, calmTurnover  four
	referenceSpread, haircut, slip, cap, breakerAlpha four
	sign, none                                        archsimd.Int64x4
	counts                                            countLanes
	drawdown                                          [lanes]float64
	tops                                              bool
}

// countLanes is what is counted, and changes seldom: in memory it is in nobody's
// way, for there are 16 registers and what changes in every epoch takes them all.
type countLanes struct {
	epochs, pegs, floors, throttles, spreads, delevers, breakers [lanes]int64
}

func more(n *[lanes]int64, where archsimd.Mask64x4) {
	archsimd.LoadInt64x4(n).Sub(where.ToInt64x4()).Store(n)
}

func newTreasuryLanes(t *treasury) *treasuryLanes {
	return &treasuryLanes{
		zero: broadcast(0), one: broadcast(1), half: broadcast(0.5), ceiling: broadcast(ceiling),
		leverage: broadcast(t.leverage), allocation: broadcast(t.allocation), spread: broadcast(t.spread),
		sigmaCrit: broadcast(t.sigmaCrit), perCrit: broadcast(t.perCrit), thetaMin: broadcast(t.thetaMin), thetaSlope: broadcast(t.thetaSlope),
		spreadSlope: broadcast(t.spreadSlope), spreadMax: broadcast(t.spreadMax),
		liquidity: broadcast(t.liquidity), perLiquidity: broadcast(t.perLiquidity), floor: broadcast(t.floor), perFloor: broadcast(t.perFloor),
		refill: broadcast(t.refill), redeemUse: broadcast(t.redeemUse),
		maxLTV: broadcast(t.maxLTV), hardLTV: broadcast(t.hardLTV), recovery: broadcast(t.recovery), topUp: broadcast(t.topUp), deleverCost: broadcast(t.deleverCost),
		penalty: broadcast(t.penalty), closeOut: broadcast(t.closeOut), mark: broadcast(t.mark), unmarked: broadcast(t.unmarked),
		beta: broadcast(t.beta), imbalanceRedeem: broadcast(t.imbalanceRedeem), arbitrage: broadcast(t.arbitrage),
		band: broadcast(t.band), ivBand: broadcast(t.ivBand), ivEffect: broadcast(t.ivEffect), ivCap: broadcast(t.ivCap), ivCost: broadcast(t.ivCost), breaker: broadcast(t.breaker),
		borrow: broadcast(t.borrow), drag: broadcast(t.drag), turnover: broadcast(t.turnover), elasticity: broadcast(t.elasticity), calmTurnover: broadcast(t.calmTurnover),
		referenceSpread: broadcast(t.referenceSpread), haircut: broadcast(t.haircut), slip: broadcast(t.slip), cap: broadcast(t.cap), breakerAlpha: broadcast(t.breakerAlpha),
		sign: archsimd.BroadcastInt64x4(-1 << 63),
		tops: t.tops,
	}
}

// run lives four paths. Its steps are those of treasury.run; a lane that is not
// meant by a branch keeps what it has.
//
//nolint:funlen // one loop: a call in it would put every vector on the stack and back
func (t *treasuryLanes) run(tape []weatherLanes, out *[lanes]Outcome) {
	one := t.one
	capital, peak, low := one, one, one
	liquidity, mark, peg, queue := t.liquidity, one, one, t.zero
	leverage, held, spread := t.leverage, t.allocation.Mul(t.leverage), t.spread
	broken, live := t.zero.Greater(one), one.Greater(t.zero)
	t.counts, t.drawdown = countLanes{}, [lanes]float64{}
	t.day(len(tape) - 1).Store(&t.counts.epochs)
	for e := range tape {
		w := &tape[e]
		sigma, ret := archsimd.LoadFloat64x4(&w.sigma), archsimd.LoadFloat64x4(&w.ret)

		alpha, lever, asked, turnover := t.allocation, leverage, t.spread, t.calmTurnover
		if hot := sigma.Greater(t.sigmaCrit); hot.ToBits() != 0 {
			alpha, lever, asked, turnover = t.throttled(sigma, leverage, hot)
			more(&t.counts.throttles, hot.And(live))
		}
		if moved := asked.NotEqual(spread); moved.ToBits() != 0 {
			more(&t.counts.spreads, moved.And(live))
			spread = asked
		}

		queue = queue.Add(archsimd.LoadFloat64x4(&w.redeem))
		paid := queue
		if broken.ToBits() != 0 {
			paid = queue.Min(t.cap).Merge(queue, broken)
			lever = one.Merge(lever, broken)
			alpha = alpha.Min(t.breakerAlpha).Merge(alpha, broken)
		}
		queue = queue.Sub(paid)

		liquidity = liquidity.Add(liquidity.Mul(ret)).Add(t.refill.Mul(t.liquidity.Sub(liquidity))).Sub(t.redeemUse.Mul(paid)).Max(t.zero).Min(t.ceiling)
		if dry := liquidity.Less(t.floor); dry.ToBits() != 0 {
			alpha = alpha.Min(t.allocation.Mul(liquidity.Mul(t.perFloor))).Merge(alpha, dry)
			more(&t.counts.floors, dry.And(live))
		}

		mark = mark.Add(mark.Mul(ret)).Add(t.recovery.Mul(one.Sub(mark))).Max(t.zero).Min(t.ceiling)
		debt, cost := leverage.Sub(one), t.zero
		if t.tops {
			mark, cost = t.topped(mark, leverage)
		}
		collateral := leverage.Mul(mark)
		if strained := debt.Greater(t.maxLTV.Mul(collateral)).And(live); strained.ToBits() != 0 {
			if closed := debt.Greater(t.hardLTV.Mul(collateral)).And(live); closed.ToBits() != 0 {
				capital = capital.Sub(capital.Mul(t.liquidation(debt, leverage, mark, closed)))
				low = low.Min(capital)
				live = live.ToInt64x4().AndNot(closed.ToInt64x4()).Less(t.none)
				t.day(e).Merge(archsimd.LoadInt64x4(&t.counts.epochs), closed).Store(&t.counts.epochs)
				if live.ToBits() == 0 {
					break
				}
			}
			reduced := one.Div(one.Sub(t.maxLTV.Mul(mark))).Max(one)
			lowered := strained.And(live).And(reduced.Less(leverage))
			cost = cost.Add(t.deleverCost.Add(t.unmarked.Mul(one.Sub(mark))).Mul(leverage.Sub(reduced)).Mul(alpha).Masked(lowered))
			leverage = reduced.Merge(leverage, lowered)
			more(&t.counts.delevers, lowered)
		}

		depth := liquidity.Mul(t.perLiquidity).Min(one)
		pull, gap := t.arbitrage.Mul(depth), peg.Sub(one)
		peg = peg.Add(t.beta.Mul(archsimd.LoadFloat64x4(&w.flow).Sub(t.imbalanceRedeem.Mul(paid)))).Sub(pull.Mul(gap))
		off := peg.Sub(one)
		dev := t.abs(off)
		excess := t.zero
		broken = dev.Greater(t.breaker)
		if beyond := dev.Greater(t.ivBand); beyond.ToBits() != 0 {
			excess = dev.Sub(t.ivBand).Masked(beyond)
			push := t.ivEffect.Mul(excess.Min(t.ivCap))
			peg = peg.Sub(push.AsInt64x4().Or(off.AsInt64x4().And(t.sign)).AsFloat64x4())
			more(&t.counts.pegs, dev.Greater(t.band).And(live))
			more(&t.counts.breakers, broken.And(live))
		}

		exposure := alpha.Mul(lever)
		income := archsimd.LoadFloat64x4(&w.yield).Mul(exposure).Sub(t.borrow.Mul(alpha.Mul(lever.Sub(one))))
		making := one.Sub(alpha).Mul(t.half.Mul(asked)).Mul(turnover.Add(pull.Mul(t.abs(gap))))
		marked := t.mark.Mul(held).Mul(ret)
		drag := t.drag.Mul(exposure.Mul(exposure)).Mul(sigma.Mul(sigma))
		redeemed := paid.Mul(t.haircut).Mul(one.Add(t.slip.Mul(one.Sub(depth))))
		net := income.Add(making).Add(marked).Sub(drag).Sub(t.ivCost.Mul(excess)).Sub(redeemed).Sub(cost)
		capital = capital.Add(capital.Mul(net.Masked(live))).Max(t.zero).Min(t.ceiling)
		held = exposure

		rose := capital.Greater(peak)
		if regained := rose.And(low.Less(peak)); regained.ToBits() != 0 {
			t.fell(low, peak, regained)
		}
		low = low.Min(capital).Max(capital.Masked(rose))
		peak = peak.Max(capital)
	}
	t.fell(low, peak, one.Greater(t.zero))
	t.store(out, capital, live)
}

func (t *treasuryLanes) throttled(sigma, leverage four, hot archsimd.Mask64x4) (alpha, lever, spread, turnover four) {
	over := sigma.Sub(t.sigmaCrit).Mul(t.perCrit)
	theta := t.one.Sub(t.thetaSlope.Mul(over)).Max(t.thetaMin).Merge(t.one, hot)
	spread = t.spread.Mul(t.one.Add(t.spreadSlope.Mul(over))).Min(t.spreadMax).Merge(t.spread, hot)
	turnover = t.turnover.Mul(t.one.Sub(t.elasticity.Mul(spread.Sub(t.referenceSpread))).Max(t.zero).Min(t.ceiling))
	return t.allocation.Mul(theta), t.one.Add(leverage.Sub(t.one).Mul(theta)), spread, turnover
}

func (t *treasuryLanes) topped(mark, leverage four) (after, cost four) {
	under := mark.Less(t.one)
	posted := t.topUp.Mul(t.one.Sub(mark)).Mul(leverage.Sub(t.one))
	return mark.Add(posted.Div(leverage)).Merge(mark, under), t.unmarked.Mul(posted).Mul(t.allocation).Masked(under)
}

// liquidation is a share of capital, in the lanes that are closed.
func (t *treasuryLanes) liquidation(debt, leverage, mark four, closed archsimd.Mask64x4) four {
	loss := t.penalty.Mul(debt).Add(t.closeOut.Mul(leverage).Mul(t.one.Sub(mark).Max(t.zero)))
	return loss.Mul(t.allocation).Min(t.one).Masked(closed)
}

// day is how many epochs were lived at the end of epoch e.
func (t *treasuryLanes) day(e int) archsimd.Int64x4 { return archsimd.BroadcastInt64x4(int64(e) + 1) }

func (t *treasuryLanes) abs(x four) four { return x.AsInt64x4().AndNot(t.sign).AsFloat64x4() }

// fell measures what was lost since the peak.
func (t *treasuryLanes) fell(low, peak four, where archsimd.Mask64x4) {
	archsimd.LoadFloat64x4(&t.drawdown).Max(t.one.Sub(low.Div(peak)).Masked(where)).Store(&t.drawdown)
}

func (t *treasuryLanes) store(out *[lanes]Outcome, capital four, live archsimd.Mask64x4) {
	var c [lanes]float64
	capital.Store(&c)
	alive := live.ToBits()
	archsimd.ClearAVXUpperBits() // what follows is of scalars
	n := &t.counts
	for lane := range out {
		out[lane] = Outcome{
			ROI: c[lane] - 1, Drawdown: t.drawdown[lane], Liquidated: alive>>lane&1 == 0,
			Epochs: int32(n.epochs[lane]), PegEvents: int32(n.pegs[lane]), FloorViolations: int32(n.floors[lane]), Throttles: int32(n.throttles[lane]),
			SpreadChanges: int32(n.spreads[lane]), Delevers: int32(n.delevers[lane]), Breakers: int32(n.breakers[lane]),
		}
	}
}
