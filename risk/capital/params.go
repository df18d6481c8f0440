package capital

import "github.com/evenkeelhq/evenkeel/internal/valid"

// The bounds of the seed's policy that hold before anything is simulated. What
// lies beyond them is refused by [Params.Validate], not scored.
const (
	MaxLeverage   = 4.0    // hard rejection
	MaxHardLTV    = 0.75   // the ceiling of every loan to value
	MinSpread     = 0.0030 // 30 bps
	MaxSpread     = 0.0050 // 50 bps
	MaxVolatility = 5.0    // 500 % a year
	MaxEpochs     = 36_500 // a century of days
	MaxShocks     = 16
)

// Params is one treasury in one market. Capital is in units of what the path
// starts with, rates and volatilities are annual, all else is per epoch; an epoch
// is a day where EpochsPerYear is 365. A value; [Profile.Params] gives one that is
// whole.
type Params struct {
	Epochs        int     `json:"epochs"`        // length of a path, 1..36500
	EpochsPerYear float64 `json:"epochsPerYear"` // 1..8760

	Stance      Stance      `json:"stance"`
	Throttle    Throttle    `json:"throttle"`
	Market      Market      `json:"market"`
	Liquidity   Liquidity   `json:"liquidity"`
	Collateral  Collateral  `json:"collateral"`
	Peg         Peg         `json:"peg"`
	Income      Income      `json:"income"`
	Redemptions Redemptions `json:"redemptions"`
	Shocks      []Shock     `json:"shocks,omitempty"` // at most 16; those of one epoch add up
}

// Stance is what the treasury chooses, and what the optimizer varies.
type Stance struct {
	Leverage   float64 `json:"leverage"`   // L: position per unit of allocated capital, 1..4
	Allocation float64 `json:"allocation"` // alpha: share of the capital put to work, 0..1 - Liquidity.Floor
	Spread     float64 `json:"spread"`     // of the market making, 0.0030..Throttle.SpreadMax (30 bps is 0.0030)
	SigmaCrit  float64 `json:"sigmaCrit"`  // volatility above which the throttle works, > 0
}

// Throttle says what volatility beyond the critical one does. With
// v = sigma/sigmaCrit - 1, allocation and borrowing shrink to
// max(ThetaMin, 1 - ThetaSlope v) and the spread widens to
// min(SpreadMax, spread (1 + SpreadSlope v)).
type Throttle struct {
	ThetaMin    float64 `json:"thetaMin"`    // 0..1
	ThetaSlope  float64 `json:"thetaSlope"`  // 0..100
	SpreadSlope float64 `json:"spreadSlope"` // 0..100
	SpreadMax   float64 `json:"spreadMax"`   // at most 0.0050
}

// Market moves on its own: nothing that the treasury does changes it. An epoch's
// return meets the volatility that its own noise raised, so Correlation and Eta
// give the asset a mean return of Correlation × Eta × sqrt(EpochsPerYear) a year,
// negative where volatility rises as prices fall.
type Market struct {
	Sigma       float64 `json:"sigma"`       // volatility at the start, 0..5
	SigmaBar    float64 `json:"sigmaBar"`    // what it returns to, 0..5
	Kappa       float64 `json:"kappa"`       // share of the way back per epoch, 0..1
	Eta         float64 `json:"eta"`         // volatility of volatility per epoch, 0..1
	Correlation float64 `json:"correlation"` // of the external asset's return with volatility, -1..1
	Drift       float64 `json:"drift"`       // of the external asset, beside what Correlation and Eta do to it, -10..10
	Yield       float64 `json:"yield"`       // what allocated capital earns, -1..10
	YieldKappa  float64 `json:"yieldKappa"`  // its return to Yield per epoch, 0..1
	YieldEta    float64 `json:"yieldEta"`    // its noise per epoch, 0..1; 0 keeps it constant
}

// Liquidity is what the treasury can reach outside, as a share of capital. It
// starts at 1 - Allocation.
type Liquidity struct {
	Floor     float64 `json:"floor"`     // below it is a violation, and allocation is clamped, in (0, 1)
	Refill    float64 `json:"refill"`    // share of what is missing that comes back, 0..1
	RedeemUse float64 `json:"redeemUse"` // liquidity used per unit redeemed, 0..10
}

// Collateral is the loan behind the leverage. The mark is the collateral's price,
// 1 at entry, so LTV = (L-1)/(L mark).
type Collateral struct {
	MaxLTV             float64 `json:"maxLtv"`             // above it the position is reduced to it, in (0, HardLTV]
	HardLTV            float64 `json:"hardLtv"`            // above it the lender liquidates, in (0, 0.75]
	Recovery           float64 `json:"recovery"`           // share of a fall that the market makes good, 0..1
	TopUp              float64 `json:"topUp"`              // share of a fall that the treasury posts, out of capital, 0..1
	DeleverCost        float64 `json:"deleverCost"`        // of what is sold, 0..1
	LiquidationPenalty float64 `json:"liquidationPenalty"` // of the debt, 0..1
	CloseOut           float64 `json:"closeOut"`           // share of the unmarked loss that a liquidation realises, 0..1
	CapitalMark        float64 `json:"capitalMark"`        // share of the position's return that capital bears at once, 0..1
}

// Peg is the token's price around 1 and its defence.
type Peg struct {
	Beta               float64 `json:"beta"`               // price impact of imbalance, 0..10
	ImbalanceVol       float64 `json:"imbalanceVol"`       // imbalance per unit of volatility, 0..10
	ImbalanceRedeem    float64 `json:"imbalanceRedeem"`    // imbalance per unit redeemed, 0..10
	Arbitrage          float64 `json:"arbitrage"`          // share of a deviation that arbitrage takes back, 0..1
	Band               float64 `json:"band"`               // beyond it is a peg event, 0..1
	InterventionBand   float64 `json:"interventionBand"`   // beyond it the treasury intervenes, 0..1
	InterventionEffect float64 `json:"interventionEffect"` // share of the excess undone, 0..1
	InterventionCap    float64 `json:"interventionCap"`    // largest excess acted on, 0..1
	InterventionCost   float64 `json:"interventionCost"`   // capital per unit of excess, 0..10
	Breaker            float64 `json:"breaker"`            // beyond it redemptions are capped and leverage rests next epoch, 0..1
}

// Income is what the capital earns and pays beside the market's yield.
type Income struct {
	Borrow          float64 `json:"borrow"`          // rate on the debt, 0..10
	VolatilityDrag  float64 `json:"volatilityDrag"`  // of half the squared exposure times variance, 0..10
	Turnover        float64 `json:"turnover"`        // market making per unit of idle capital and epoch, 0..10
	Elasticity      float64 `json:"elasticity"`      // turnover lost per relative widening of the spread, 0..100
	ReferenceSpread float64 `json:"referenceSpread"` // at which Turnover was seen, in (0, 1]
}

// Redemptions leave as a share of capital per epoch.
type Redemptions struct {
	Base        float64 `json:"base"`        // every epoch, 0..1
	Arrival     float64 `json:"arrival"`     // probability of a large one, 0..1
	ArrivalMean float64 `json:"arrivalMean"` // its mean; exponential, 0..1
	Haircut     float64 `json:"haircut"`     // loss on what is paid, 0..1
	Slip        float64 `json:"slip"`        // further loss as liquidity falls, 0..10
	Cap         float64 `json:"cap"`         // most that is paid under the breaker, in (0, 1]
}

// Shock comes on top of the noise in the epochs [Epoch, Epoch+Epochs).
type Shock struct {
	Epoch      int     `json:"epoch"`                // 0..Params.Epochs-1
	Epochs     int     `json:"epochs"`               // >= 1; what lies beyond the path's end does not happen
	Crash      float64 `json:"crash,omitempty"`      // of the external asset, 0..1
	Volatility float64 `json:"volatility,omitempty"` // added to sigma, -5..5
	Redeem     float64 `json:"redeem,omitempty"`     // redemptions asked for, 0..1
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

// within is a rule for a number that may lie at its bounds; NaN never does.
func within(field string, value, least, most float64, must string) rule {
	return rule{OK: value >= least && value <= most, Field: field, Value: value, Must: must}
}
