package capital

import (
	"fmt"
	"slices"
	"time"
)

// Policy is what a candidate must pass before it may be deployed, and how those
// that pass are ranked. Shares are fractions.
type Policy struct {
	DeployableLeverage  float64 `json:"deployableLeverage"`  // the cap until every condition has evidence, 1..MaxLeverage
	TargetLeverage      float64 `json:"targetLeverage"`      // the cap after that, up to 4
	MaxInitialLTV       float64 `json:"maxInitialLtv"`       // (L-1)/L on the day of entry
	MaxLiquidation      float64 `json:"maxLiquidation"`      // probability, by its upper confidence bound
	MaxDrawdown         float64 `json:"maxDrawdown"`         // 95 % quantile, by its upper confidence bound
	MinSpread           float64 `json:"minSpread"`           // 0.0030 is 30 bps
	MaxSpread           float64 `json:"maxSpread"`           // 0.0050 is 50 bps
	Floor               float64 `json:"floor"`               // of external liquidity: the allocation leaves it outside
	LiquidationPenalty  float64 `json:"liquidationPenalty"`  // of the score, per unit of probability
	DrawdownPenalty     float64 `json:"drawdownPenalty"`     // per unit of the 95 % quantile
	PegDeviationPenalty float64 `json:"pegDeviationPenalty"` // per unit of frequency
}

// InstitutionalPolicy returns the seed document's "institutional defaults".
func InstitutionalPolicy() Policy {
	return Policy{
		DeployableLeverage: 1.5, TargetLeverage: 3, MaxInitialLTV: 0.65,
		MaxLiquidation: 0.001, MaxDrawdown: 0.25, MinSpread: MinSpread, MaxSpread: MaxSpread, Floor: 0.20,
		LiquidationPenalty: 1, DrawdownPenalty: 0.5, PegDeviationPenalty: 0.25,
	}
}

// Validate returns an error that wraps [ErrInvalid].
func (p Policy) Validate() error {
	return check(
		within("Policy.DeployableLeverage", p.DeployableLeverage, 1, MaxLeverage, "must be in [1, 4]"),
		within("Policy.TargetLeverage", p.TargetLeverage, p.DeployableLeverage, MaxLeverage, fmt.Sprintf("must be in [%v, 4]: at least DeployableLeverage", p.DeployableLeverage)),
		within("Policy.MaxInitialLTV", p.MaxInitialLTV, 0, MaxHardLTV, "must be in [0, 0.75]"),
		within("Policy.MaxLiquidation", p.MaxLiquidation, 0, 1, "must be in [0, 1]"),
		within("Policy.MaxDrawdown", p.MaxDrawdown, 0, 1, "must be in [0, 1]"),
		within("Policy.MinSpread", p.MinSpread, MinSpread, MaxSpread, "must be in [0.003, 0.005]"),
		within("Policy.MaxSpread", p.MaxSpread, p.MinSpread, MaxSpread, fmt.Sprintf("must be in [%v, 0.005]", p.MinSpread)),
		rule{p.Floor > 0 && p.Floor < 1, "Policy.Floor", p.Floor, "must be in (0, 1)"},
		within("Policy.LiquidationPenalty", p.LiquidationPenalty, 0, 1000, "must be in [0, 1000]"),
		within("Policy.DrawdownPenalty", p.DrawdownPenalty, 0, 1000, "must be in [0, 1000]"),
		within("Policy.PegDeviationPenalty", p.PegDeviationPenalty, 0, 1000, "must be in [0, 1000]"),
	)
}

// Score is ROI less what liquidations, drawdowns and peg deviations weigh.
func (p Policy) Score(s Scorecard) float64 {
	return s.ROIMean - float64(p.LiquidationPenalty*s.LiquidationProbability) -
		float64(p.DrawdownPenalty*s.MaxDrawdownP95) - float64(p.PegDeviationPenalty*s.PegDeviationFrequency)
}

// Gate names what a candidate did not pass.
type Gate string

// The gates. The first three stop a candidate before it is simulated.
const (
	HardLeverage    Gate = "hard_leverage"    // above 4x nothing is simulated
	SpreadRange     Gate = "spread_range"     // outside the policy's spreads
	FloorAllocation Gate = "floor_allocation" // the floor would not stay outside
	LeverageCap     Gate = "leverage_cap"     // above what the evidence allows
	InitialLTV      Gate = "initial_ltv"      // the loan is too large on the first day
	Liquidation     Gate = "liquidation"      // too probable, or too few paths to know that it is not
	Drawdown        Gate = "drawdown"         // too deep
)

// Refusal is a gate that was not passed, with the value and the limit.
type Refusal struct {
	Gate     Gate    `json:"gate"`
	Value    float64 `json:"value"`
	Limit    float64 `json:"limit"`
	Scenario string  `json:"scenario,omitempty"` // where the value was met; empty if in any
}

// before returns the gates that keep a stance from being simulated.
func (p Policy) before(s Stance) []Refusal {
	var r []Refusal
	if !(s.Leverage <= MaxLeverage) {
		r = append(r, Refusal{Gate: HardLeverage, Value: s.Leverage, Limit: MaxLeverage})
	}
	if !(s.Spread >= p.MinSpread) {
		r = append(r, Refusal{Gate: SpreadRange, Value: s.Spread, Limit: p.MinSpread})
	} else if s.Spread > p.MaxSpread {
		r = append(r, Refusal{Gate: SpreadRange, Value: s.Spread, Limit: p.MaxSpread})
	}
	if !(s.Allocation <= 1-p.Floor) {
		r = append(r, Refusal{Gate: FloorAllocation, Value: s.Allocation, Limit: 1 - p.Floor})
	}
	return r
}

// entry returns the gates that a stance does not pass on its first day, given the
// cap on leverage. It is simulated all the same.
func (p Policy) entry(s Stance, leverageCap float64) []Refusal {
	var r []Refusal
	if s.Leverage > leverageCap {
		r = append(r, Refusal{Gate: LeverageCap, Value: s.Leverage, Limit: leverageCap})
	}
	if ltv := (s.Leverage - 1) / s.Leverage; ltv > p.MaxInitialLTV {
		r = append(r, Refusal{Gate: InitialLTV, Value: ltv, Limit: p.MaxInitialLTV})
	}
	return r
}

// life returns the gates that a stance did not pass while it lived, by the worst
// of its scenarios.
func (p Policy) life(scenarios []Scenario, cards []Scorecard) []Refusal {
	var r []Refusal
	worst := func(gate Gate, limit float64, of func(Scorecard) float64) {
		at := 0
		for i := range cards {
			if of(cards[i]) > of(cards[at]) {
				at = i
			}
		}
		if value := of(cards[at]); value > limit {
			r = append(r, Refusal{Gate: gate, Value: value, Limit: limit, Scenario: scenarios[at].Name})
		}
	}
	worst(Liquidation, p.MaxLiquidation, func(s Scorecard) float64 { return s.LiquidationProbabilityUpper })
	worst(Drawdown, p.MaxDrawdown, func(s Scorecard) float64 { return s.MaxDrawdownUpper })
	return r
}

// Condition is one of the five that the seed document sets before any leverage
// goes live.
type Condition string

// The conditions.
const (
	Audit      Condition = "smart_contract_audit"
	Governance Condition = "governance_approval"
	Dashboard  Condition = "risk_dashboard_and_alerting"
	Runbook    Condition = "operator_runbook"
	Commitment Condition = "treasury_liquidity_commitments"
)

// Conditions returns all five.
func Conditions() []Condition {
	return []Condition{Audit, Governance, Dashboard, Runbook, Commitment}
}

// Evidence says where it is written that a condition is met, and since when.
type Evidence struct {
	Condition Condition `json:"condition"`
	Reference string    `json:"reference"` // a document, a vote, a commit
	Date      string    `json:"date"`      // 2006-01-02
}

func (e Evidence) validate() error {
	_, err := time.Parse(time.DateOnly, e.Date)
	return check(
		rule{slices.Contains(Conditions(), e.Condition), "Evidence.Condition", string(e.Condition), fmt.Sprintf("must be one of %q", Conditions())},
		rule{e.Reference != "" && len(e.Reference) <= 256, "Evidence.Reference", e.Reference, "must have 1 to 256 bytes"},
		rule{err == nil, "Evidence.Date", e.Date, "must be a date as 2006-01-02"},
	)
}

// LeverageCap returns how much leverage the evidence allows, and the conditions
// that have none. One missing keeps the cap where it is.
func (p Policy) LeverageCap(evidence []Evidence) (leverageCap float64, missing []Condition) {
	for _, c := range Conditions() {
		if !slices.ContainsFunc(evidence, func(e Evidence) bool { return e.Condition == c }) {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		return p.DeployableLeverage, missing
	}
	return p.TargetLeverage, nil
}

// notes tells what follows from the policy alone.
func (p Policy) notes() []string {
	most := 1 / (1 - p.MaxInitialLTV)
	if most >= p.TargetLeverage {
		return nil
	}
	return []string{fmt.Sprintf("the initial LTV (L-1)/L must be at most %v, so L is at most %.3f: the target of %vx cannot pass this policy", p.MaxInitialLTV, most, p.TargetLeverage)}
}
