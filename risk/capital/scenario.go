package capital

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Scenario is what may come upon a treasury. Zero fields leave the profile as it
// is.
type Scenario struct {
	Name     string    `json:"name"`
	Leverage float64   `json:"leverage,omitempty"`
	SigmaBar float64   `json:"sigmaBar,omitempty"`
	Eta      float64   `json:"eta,omitempty"`
	Shocks   []Shock   `json:"shocks,omitempty"`
	Sweep    []float64 `json:"sweep,omitempty"` // leverages to compare: the optimizer's by default
}

// Scenarios returns the five of the seed, by its names.
func Scenarios() []Scenario {
	const stressDeployable = 1.5 // "conservative 1.5x stress-deployable leverage"
	return []Scenario{
		{Name: "chain138_deployed_capital_efficiency", Leverage: 1},
		{
			Name: "crash_40pct_external_asset", Leverage: stressDeployable,
			Shocks: []Shock{{Epoch: 90, Epochs: 1, Crash: 0.40, Volatility: 0.60}},
		},
		{
			Name: "high_vol_sigma_spike", Leverage: stressDeployable, SigmaBar: 0.45, Eta: 0.03,
			Shocks: []Shock{{Epoch: 60, Epochs: 1, Volatility: 0.60}},
		},
		{
			Name: "bank_run_redemption_spike", Leverage: stressDeployable,
			Shocks: []Shock{{Epoch: 120, Epochs: 20, Redeem: 0.04}},
		},
		{Name: "leverage_sweep_1x_to_4x", Leverage: stressDeployable, Sweep: []float64{1, 1.5, 2, 2.5, 3, 4}},
	}
}

// FindScenario returns the scenario of that name, or [ErrUnknownScenario] with
// the names nearest to it.
func FindScenario(name string) (Scenario, error) {
	all := Scenarios()
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	if len(name) > 64 {
		name = name[:64]
	}
	slices.SortStableFunc(all, func(a, b Scenario) int {
		return cmp.Compare(distance(name, a.Name), distance(name, b.Name))
	})
	return Scenario{}, fmt.Errorf("%w: %q: nearest are %s, %s", ErrUnknownScenario, name, all[0].Name, all[1].Name)
}

// Apply returns p under the scenario; p is left as it is.
func (s Scenario) Apply(p Params) Params {
	for _, set := range []struct {
		to   *float64
		from float64
	}{{&p.Stance.Leverage, s.Leverage}, {&p.Market.SigmaBar, s.SigmaBar}, {&p.Market.Eta, s.Eta}} {
		if set.from != 0 {
			*set.to = set.from
		}
	}
	p.Shocks = slices.Concat(p.Shocks, s.Shocks)
	return p
}

// distance tells how unlike a name is to what was asked for: Levenshtein's, with
// what is merely left out at either end for free, so "bank_run" finds the bank run.
func distance(asked, name string) int {
	asked = strings.ToLower(asked)
	row := make([]int, len(name)+1) // all 0: the match may begin anywhere
	for i := range len(asked) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(name) {
			cost := diagonal
			if asked[i] != name[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return slices.Min(row) // and end anywhere
}
