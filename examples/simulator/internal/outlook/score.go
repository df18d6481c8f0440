package outlook

import (
	"slices"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// Score is what a forecaster was worth on one set of trials.
type Score struct {
	Skill float64 `json:"skill"`     // Brier's, against the base rate before
	Low   float64 `json:"skill_low"` // lower end of its 95 per cent interval
	AUC   float64 `json:"auc"`
}

// newScore measures trials against a base rate; block is the time that holds an
// episode whole.
func newScore(trials []stress.Trial, base float64, block time.Duration) (Score, error) {
	skill, err := stress.NewSkill(trials, base, block)
	if err != nil {
		return Score{}, err
	}
	auc, err := stress.AUC(trials)
	return Score{Skill: skill.Value, Low: skill.Low, AUC: auc}, err
}

// rateOf is the share of trials that a breach followed.
func rateOf(trials []stress.Trial) float64 {
	n := 0
	for _, t := range trials {
		if t.Breached() {
			n++
		}
	}
	return float64(n) / float64(len(trials))
}

// rule is a forecast of two probabilities: those with which a breach followed,
// in the past, where the rule held and where it did not.
type rule struct{ holds, otherwise float64 }

// newRule learns from trials whose P says whether the rule held.
func newRule(trials []stress.Trial) rule {
	held, not := split(trials)
	return rule{rateOf(held), rateOf(not)}
}

func split(trials []stress.Trial) (held, not []stress.Trial) {
	for _, t := range trials {
		if t.P > 0 {
			held = append(held, t)
		} else {
			not = append(not, t)
		}
	}
	return held, not
}

func (r rule) apply(trials []stress.Trial) []stress.Trial {
	trials = slices.Clone(trials)
	for i, t := range trials {
		if t.P > 0 {
			trials[i].P = r.holds
		} else {
			trials[i].P = r.otherwise
		}
	}
	return trials
}

// Range is what a figure was over the seeds.
type Range struct {
	Median  float64 `json:"median"`
	Lowest  float64 `json:"lowest"`
	Highest float64 `json:"highest"`
}

func newRange(values []float64) Range {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return Range{Median: (values[(n-1)/2] + values[n/2]) / 2, Lowest: values[0], Highest: values[n-1]}
}
