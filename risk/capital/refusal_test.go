package capital_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

func TestJobsThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		story  string
		change func(*capital.Job)
		want   string
	}{
		{"no path", func(j *capital.Job) { j.Paths = 0 }, "Paths 0: must be in [1, 4294967296]"},
		{"so many that a counter might overflow", func(j *capital.Job) { j.Paths = 1<<32 + 1 }, "Paths 4294967297: must be in [1, 4294967296]"},
		{"no epoch", func(j *capital.Job) { j.Params.Epochs = 0 }, "Epochs 0: must be in [1, 36500]"},
		{"leverage over 4", func(j *capital.Job) { j.Params.Stance.Leverage = 4.01 }, "Stance.Leverage 4.01: must be in [1, 4]: more is rejected before it is simulated"},
		{"leverage that is no number", func(j *capital.Job) { j.Params.Stance.Leverage = math.NaN() }, "Stance.Leverage NaN: must be in [1, 4]: more is rejected before it is simulated"},
		{"an allocation that leaves no floor", func(j *capital.Job) { j.Params.Stance.Allocation = 0.81 }, "Stance.Allocation 0.81: must be in [0, 0.8]: the floor stays outside"},
		{"a spread below policy", func(j *capital.Job) { j.Params.Stance.Spread = 0.0029 }, "Stance.Spread 0.0029: must be in [0.003, 0.005]: 30 bps to Throttle.SpreadMax"},
		{"a ceiling of spreads above policy", func(j *capital.Job) { j.Params.Throttle.SpreadMax = 0.006 }, "Throttle.SpreadMax 0.006: must be in [0.003, 0.005]: 30 to 50 bps"},
		{"an LTV above the ceiling", func(j *capital.Job) { j.Params.Collateral.HardLTV = 0.8 }, "Collateral.HardLTV 0.8: must be in (0, 0.75]"},
		{"a soft LTV above the hard one", func(j *capital.Job) { j.Params.Collateral.MaxLTV = 0.76 }, "Collateral.MaxLTV 0.76: must be in (0, 0.75]: at most HardLTV"},
		{"negative volatility", func(j *capital.Job) { j.Params.Market.SigmaBar = -0.1 }, "Market.SigmaBar -0.1: must be in [0, 5]"},
		{"a crash of more than all", func(j *capital.Job) { j.Params.Shocks = []capital.Shock{{Epochs: 1, Crash: 1.1}} }, "Shocks[0].Crash 1.1: must be in [0, 1]"},
		{"a shock after the end", func(j *capital.Job) { j.Params.Shocks = []capital.Shock{{Epoch: 365, Epochs: 1}} }, "Shocks[0].Epoch 365: must be in [0, 365)"},
		{"a shock of no length", func(j *capital.Job) { j.Params.Shocks = []capital.Shock{{}} }, "Shocks[0].Epochs 0: must be in [1, 36500]"},
		{"too many shocks", func(j *capital.Job) { j.Params.Shocks = make([]capital.Shock, 17) }, "len(Shocks) 17: must be at most 16"},
		{"a breaker within the band", func(j *capital.Job) { j.Params.Peg.Breaker = 0.004 }, "Peg.Breaker 0.004: must be in [0.005, 1]: not within Band"},
		{"an infinite rate", func(j *capital.Job) { j.Params.Income.Borrow = math.Inf(1) }, "Income.Borrow +Inf: must be in [0, 10]"},
	} {
		t.Run(row.story, func(t *testing.T) {
			job := capital.Job{Params: stressed(t, capital.Seed, base, 0), Paths: 10}
			row.change(&job)
			_, err := capital.Run(t.Context(), job, capital.Options{})
			require.ErrorIs(t, err, capital.ErrInvalid)
			require.EqualError(t, err, "capital: invalid: "+row.want)
		})
	}
}

// Every number of Params is bounded: none may be NaN or infinite.
func TestNoNumberIsUnbounded(t *testing.T) {
	whole, err := json.Marshal(stressed(t, capital.Institutional, crash, 0))
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, json.Unmarshal(whole, &tree))
	checked := 0
	for group, fields := range tree {
		if fields, ok := fields.(map[string]any); ok {
			for field := range fields {
				for _, silly := range []float64{1e300, -1e300} {
					var p capital.Params
					require.NoError(t, json.Unmarshal(whole, &p))
					require.NoError(t, json.Unmarshal(fmt.Appendf(nil, `{%q:{%q:%g}}`, group, field, silly), &p))
					require.ErrorIs(t, p.Validate(), capital.ErrInvalid, "%s.%s %g", group, field, silly)
					checked++
				}
			}
		}
	}
	require.Greater(t, checked, 90)
}

func TestRunsThatAreRefused(t *testing.T) {
	job := capital.Job{Params: stressed(t, capital.Seed, base, 0), Paths: 10}
	other := job
	other.Params.Market.Eta = 0.013
	huge := job
	huge.Paths = 1<<24 + 1
	for _, row := range []struct {
		story string
		jobs  []capital.Job
		opt   capital.Options
		want  string
	}{
		{"none", nil, capital.Options{}, "len(jobs) 0: must be in [1, 256]"},
		{"two markets", []capital.Job{job, other}, capital.Options{}, "jobs[1] meets another market than jobs[0]: must be the same"},
		{"paths beyond the job", []capital.Job{job}, capital.Options{To: 11}, "To 11: must be at most 10"},
		{"paths before the first", []capital.Job{job}, capital.Options{From: -1}, "From -1: must be in [0, 10)"},
		{"an empty shard", []capital.Job{job}, capital.Options{From: 3, To: 3}, "From 3: must be in [0, 3)"},
		{"more outcomes than memory is for", []capital.Job{huge}, capital.Options{Outcomes: true}, "Outcomes of To - From 16777217: must be at most 16777216"},
		{"negative workers", []capital.Job{job}, capital.Options{Workers: -1}, "Workers -1: must be in [0, 1024]"},
	} {
		t.Run(row.story, func(t *testing.T) {
			_, err := capital.RunTogether(t.Context(), row.jobs, row.opt)
			require.ErrorIs(t, err, capital.ErrInvalid)
			require.EqualError(t, err, "capital: invalid: "+row.want)
		})
	}
}

func TestNamesThatAreUnknown(t *testing.T) {
	for asked, want := range map[string]string{
		"bank_run":             bankRun,
		"crash":                crash,
		"hihg_vol_sigma_spike": highVol,
		"leverage_sweep":       sweep,
		"BASE_deployed":        base,
	} {
		_, err := capital.FindScenario(asked)
		require.ErrorIs(t, err, capital.ErrUnknownScenario)
		require.Contains(t, err.Error(), fmt.Sprintf("%q: nearest are %s", asked, want))
	}
	_, err := capital.FindScenario("")
	require.ErrorIs(t, err, capital.ErrUnknownScenario)
	_, err = capital.Profile("reckless").Params()
	require.EqualError(t, err, `capital: unknown profile: "reckless": must be "seed" or "institutional"`)
}
