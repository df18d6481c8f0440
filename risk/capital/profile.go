package capital

import "fmt"

// Profile names a whole set of parameters. Results of different profiles never
// belong in one table.
type Profile string

const (
	// Seed lands near the five rows that the seed document publishes. It is a
	// calibration to them, not evidence for the formulas behind them, which are
	// not published: capital does not bear the position's return, yields are
	// constant and redemptions come only as asked for, so its base case hardly
	// varies and never draws down.
	Seed Profile = "seed"
	// Institutional is for decisions: capital bears 15 % of the position's
	// return at once and the rest when a position is reduced or liquidated, the
	// treasury pays for its top-ups, yields vary and large redemptions arrive
	// at random. Its numbers are assumptions to be replaced by one's own.
	Institutional Profile = "institutional"
)

// Profiles returns all of them.
func Profiles() []Profile { return []Profile{Seed, Institutional} }

// Params returns the profile's parameters, unlevered and unstressed, or
// [ErrUnknownProfile].
func (p Profile) Params() (Params, error) {
	switch p {
	case Seed:
		return seed(), nil
	case Institutional:
		return institutional(), nil
	}
	return Params{}, fmt.Errorf("%w: %.64q: must be %q or %q", ErrUnknownProfile, string(p), Seed, Institutional)
}

func seed() Params {
	return Params{
		Epochs: 365, EpochsPerYear: 365,
		Stance:    Stance{Leverage: 1, Allocation: 0.60, Spread: 0.0030, SigmaCrit: 0.35},
		Throttle:  Throttle{ThetaMin: 0.25, ThetaSlope: 0.75, SpreadSlope: 1, SpreadMax: 0.0050},
		Market:    Market{Sigma: 0.20, SigmaBar: 0.20, Kappa: 0.05, Eta: 0.012, Correlation: -0.5, Yield: 0.08},
		Liquidity: Liquidity{Floor: 0.20, Refill: 0.02, RedeemUse: 0.5},
		Collateral: Collateral{
			MaxLTV: 0.65, HardLTV: 0.75, Recovery: 0.02, DeleverCost: 0.0050, LiquidationPenalty: 0.10,
		},
		Peg: Peg{
			Beta: 0.05, ImbalanceVol: 0.05, ImbalanceRedeem: 0.5, Arbitrage: 0.25,
			Band: 0.0050, InterventionBand: 0.0025, InterventionEffect: 0.5, InterventionCap: 0.01, InterventionCost: 0.02,
			Breaker: 0.05,
		},
		Income:      Income{Borrow: 0.034, VolatilityDrag: 0.10, Turnover: 0.03, Elasticity: 0.5, ReferenceSpread: 0.0030},
		Redemptions: Redemptions{Base: 0.00001, Haircut: 0.20, Slip: 1, Cap: 0.05},
	}
}

func institutional() Params {
	p := seed()
	p.Market.YieldKappa, p.Market.YieldEta = 0.02, 0.002 // 1 % a year around the mean, in the long run
	p.Collateral.CapitalMark, p.Collateral.CloseOut = 0.15, 1
	p.Collateral.TopUp = 0.002
	p.Market.Drift = 0.1146 // undoes what Correlation and Eta do: the asset returns nothing on average
	p.Peg.ImbalanceVol = 0.15
	p.Redemptions.Arrival, p.Redemptions.ArrivalMean = 1.0/90, 0.01 // four a year, 1 % each
	return p
}
