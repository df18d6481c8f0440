package capital

import (
	"fmt"
)

// Validate returns an error that wraps [ErrInvalid] and names the first field
// out of its bounds, with the value and the rule.
func (p Params) Validate() error {
	for _, part := range []func() []rule{p.lengths, p.stances, p.markets, p.collaterals, p.pegs, p.incomes} {
		if err := check(part()...); err != nil {
			return err
		}
	}
	for i, s := range p.Shocks {
		if err := check(p.shock(fmt.Sprintf("Shocks[%d].", i), s)...); err != nil {
			return err
		}
	}
	return nil
}

func (p Params) lengths() []rule {
	return []rule{
		{p.Epochs >= 1 && p.Epochs <= MaxEpochs, "Epochs", p.Epochs, fmt.Sprintf("must be in [1, %d]", MaxEpochs)},
		within("EpochsPerYear", p.EpochsPerYear, 1, 8760, "must be in [1, 8760]"),
		{len(p.Shocks) <= MaxShocks, "len(Shocks)", len(p.Shocks), fmt.Sprintf("must be at most %d", MaxShocks)},
	}
}

// stances holds what a stance may be to the policy; the rest follows from it.
func (p Params) stances() []rule {
	s, t, l := p.Stance, p.Throttle, p.Liquidity
	return []rule{
		{l.Floor > 0 && l.Floor < 1, "Liquidity.Floor", l.Floor, "must be in (0, 1)"},
		within("Liquidity.Refill", l.Refill, 0, 1, "must be in [0, 1]"),
		within("Liquidity.RedeemUse", l.RedeemUse, 0, 10, "must be in [0, 10]"),
		within("Stance.Leverage", s.Leverage, 1, MaxLeverage, "must be in [1, 4]: more is rejected before it is simulated"),
		within("Stance.Allocation", s.Allocation, 0, 1-l.Floor, fmt.Sprintf("must be in [0, %v]: the floor stays outside", 1-l.Floor)),
		within("Throttle.SpreadMax", t.SpreadMax, MinSpread, MaxSpread, "must be in [0.003, 0.005]: 30 to 50 bps"),
		within("Stance.Spread", s.Spread, MinSpread, t.SpreadMax, fmt.Sprintf("must be in [0.003, %v]: 30 bps to Throttle.SpreadMax", t.SpreadMax)),
		{s.SigmaCrit > 0 && s.SigmaCrit <= MaxVolatility, "Stance.SigmaCrit", s.SigmaCrit, "must be in (0, 5]"},
		within("Throttle.ThetaMin", t.ThetaMin, 0, 1, "must be in [0, 1]"),
		within("Throttle.ThetaSlope", t.ThetaSlope, 0, 100, "must be in [0, 100]"),
		within("Throttle.SpreadSlope", t.SpreadSlope, 0, 100, "must be in [0, 100]"),
	}
}

func (p Params) markets() []rule {
	m, r := p.Market, p.Redemptions
	return []rule{
		within("Market.Sigma", m.Sigma, 0, MaxVolatility, "must be in [0, 5]"),
		within("Market.SigmaBar", m.SigmaBar, 0, MaxVolatility, "must be in [0, 5]"),
		within("Market.Kappa", m.Kappa, 0, 1, "must be in [0, 1]"),
		within("Market.Eta", m.Eta, 0, 1, "must be in [0, 1]"),
		within("Market.Correlation", m.Correlation, -1, 1, "must be in [-1, 1]"),
		within("Market.Drift", m.Drift, -10, 10, "must be in [-10, 10]"),
		within("Market.Yield", m.Yield, -1, 10, "must be in [-1, 10]"),
		within("Market.YieldKappa", m.YieldKappa, 0, 1, "must be in [0, 1]"),
		within("Market.YieldEta", m.YieldEta, 0, 1, "must be in [0, 1]"),
		within("Redemptions.Base", r.Base, 0, 1, "must be in [0, 1]"),
		within("Redemptions.Arrival", r.Arrival, 0, 1, "must be in [0, 1]"),
		within("Redemptions.ArrivalMean", r.ArrivalMean, 0, 1, "must be in [0, 1]"),
		within("Redemptions.Haircut", r.Haircut, 0, 1, "must be in [0, 1]"),
		within("Redemptions.Slip", r.Slip, 0, 10, "must be in [0, 10]"),
		{r.Cap > 0 && r.Cap <= 1, "Redemptions.Cap", r.Cap, "must be in (0, 1]"},
	}
}

func (p Params) collaterals() []rule {
	c := p.Collateral
	return []rule{
		{c.HardLTV > 0 && c.HardLTV <= MaxHardLTV, "Collateral.HardLTV", c.HardLTV, "must be in (0, 0.75]"},
		{c.MaxLTV > 0 && c.MaxLTV <= c.HardLTV, "Collateral.MaxLTV", c.MaxLTV, fmt.Sprintf("must be in (0, %v]: at most HardLTV", c.HardLTV)},
		within("Collateral.Recovery", c.Recovery, 0, 1, "must be in [0, 1]"),
		within("Collateral.TopUp", c.TopUp, 0, 1, "must be in [0, 1]"),
		within("Collateral.DeleverCost", c.DeleverCost, 0, 1, "must be in [0, 1]"),
		within("Collateral.LiquidationPenalty", c.LiquidationPenalty, 0, 1, "must be in [0, 1]"),
		within("Collateral.CloseOut", c.CloseOut, 0, 1, "must be in [0, 1]"),
		within("Collateral.CapitalMark", c.CapitalMark, 0, 1, "must be in [0, 1]"),
	}
}

func (p Params) pegs() []rule {
	g := p.Peg
	return []rule{
		within("Peg.Beta", g.Beta, 0, 10, "must be in [0, 10]"),
		within("Peg.ImbalanceVol", g.ImbalanceVol, 0, 10, "must be in [0, 10]"),
		within("Peg.ImbalanceRedeem", g.ImbalanceRedeem, 0, 10, "must be in [0, 10]"),
		within("Peg.Arbitrage", g.Arbitrage, 0, 1, "must be in [0, 1]"),
		within("Peg.InterventionBand", g.InterventionBand, 0, 1, "must be in [0, 1]"),
		within("Peg.Band", g.Band, g.InterventionBand, 1, fmt.Sprintf("must be in [%v, 1]: not within InterventionBand", g.InterventionBand)),
		within("Peg.Breaker", g.Breaker, g.Band, 1, fmt.Sprintf("must be in [%v, 1]: not within Band", g.Band)),
		within("Peg.InterventionEffect", g.InterventionEffect, 0, 1, "must be in [0, 1]"),
		within("Peg.InterventionCap", g.InterventionCap, 0, 1, "must be in [0, 1]"),
		within("Peg.InterventionCost", g.InterventionCost, 0, 10, "must be in [0, 10]"),
	}
}

func (p Params) incomes() []rule {
	i := p.Income
	return []rule{
		within("Income.Borrow", i.Borrow, 0, 10, "must be in [0, 10]"),
		within("Income.VolatilityDrag", i.VolatilityDrag, 0, 10, "must be in [0, 10]"),
		within("Income.Turnover", i.Turnover, 0, 10, "must be in [0, 10]"),
		within("Income.Elasticity", i.Elasticity, 0, 100, "must be in [0, 100]"),
		{i.ReferenceSpread > 0 && i.ReferenceSpread <= 1, "Income.ReferenceSpread", i.ReferenceSpread, "must be in (0, 1]"},
	}
}

func (p Params) shock(at string, s Shock) []rule {
	return []rule{
		{s.Epoch >= 0 && s.Epoch < p.Epochs, at + "Epoch", s.Epoch, fmt.Sprintf("must be in [0, %d)", p.Epochs)},
		{s.Epochs >= 1 && s.Epochs <= MaxEpochs, at + "Epochs", s.Epochs, fmt.Sprintf("must be in [1, %d]", MaxEpochs)},
		within(at+"Crash", s.Crash, 0, 1, "must be in [0, 1]"),
		within(at+"Volatility", s.Volatility, -MaxVolatility, MaxVolatility, "must be in [-5, 5]"),
		within(at+"Redeem", s.Redeem, 0, 1, "must be in [0, 1]"),
	}
}
