package capital_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

func searched(tb testing.TB, cfg capital.SearchConfig) (capital.Search, capital.Report) {
	tb.Helper()
	s, err := capital.NewSearch(cfg)
	require.NoError(tb, err)
	s, err = capital.Optimize(tb.Context(), s, capital.Options{})
	require.NoError(tb, err)
	require.True(tb, s.Done())
	r, err := s.Report()
	require.NoError(tb, err)
	require.True(tb, r.Complete)
	return s, r
}

func config(tb testing.TB, profile capital.Profile, candidates ...capital.Stance) capital.SearchConfig {
	tb.Helper()
	p, err := profile.Params()
	require.NoError(tb, err)
	return capital.SearchConfig{
		Params: p, Scenarios: capital.Scenarios()[:4], Candidates: candidates, Seed: 1, Paths: 6000,
		Policy: capital.InstitutionalPolicy(),
	}
}

func at(leverage float64) capital.Stance {
	return capital.Stance{Leverage: leverage, Allocation: 0.6, Spread: 0.003, SigmaCrit: 0.35}
}

// The seed document's sweep: 1.5x is the best that may be deployed.
func TestTheSweepIsCappedByPolicy(t *testing.T) {
	p, err := capital.Seed.Params()
	require.NoError(t, err)
	scenario, err := capital.FindScenario(sweep)
	require.NoError(t, err)
	candidates, err := capital.Axes{Leverage: scenario.Sweep}.Grid(p.Stance)
	require.NoError(t, err)
	cfg := config(t, capital.Seed, append(candidates, at(4.5))...)
	cfg.Scenarios = []capital.Scenario{scenario}
	_, r := searched(t, cfg)

	require.InDelta(t, 1.5, r.LeverageCap, 0)
	require.Equal(t, capital.Conditions(), r.Missing)
	require.InDelta(t, 1.5, r.Deployable[0].Stance.Leverage, 0)
	require.InDelta(t, 0.0679, r.Deployable[0].ROIMean, 0.001, "the seed's top deployable")
	gates := map[float64][]capital.Gate{}
	for _, rejected := range r.Rejected {
		for _, refusal := range rejected.Refusals {
			gates[rejected.Stance.Leverage] = append(gates[rejected.Stance.Leverage], refusal.Gate)
		}
	}
	want := map[float64][]capital.Gate{
		2: {capital.LeverageCap}, 2.5: {capital.LeverageCap},
		3:   {capital.LeverageCap, capital.InitialLTV},
		4:   {capital.LeverageCap, capital.InitialLTV, capital.Liquidation},
		4.5: {capital.HardLeverage},
	}
	if diff := cmp.Diff(want, gates); diff != "" {
		t.Error(diff)
	}
	require.Empty(t, r.Rejected[len(r.Rejected)-1].Scorecards, "above 4x nothing is simulated")
	require.Equal(t, []string{"the initial LTV (L-1)/L must be at most 0.65, so L is at most 2.857: the target of 3x cannot pass this policy"}, r.Notes)
}

func TestTheWorstScenarioCounts(t *testing.T) {
	cfg := config(t, capital.Seed, at(1), at(1.5), at(2))
	cfg.Paths = 20_000
	_, r := searched(t, cfg)
	require.Len(t, r.Deployable, 2, "four liquidations in 20,000 are few enough")
	for _, d := range r.Deployable {
		require.Equal(t, bankRun, d.Worst)
		require.InDelta(t, -0.16, d.ROIMean, 0.02)
	}
	require.Len(t, r.Rejected, 1)
	require.Equal(t, []capital.Gate{capital.LeverageCap, capital.Liquidation}, []capital.Gate{r.Rejected[0].Refusals[0].Gate, r.Rejected[0].Refusals[1].Gate})
	require.Equal(t, crash, r.Rejected[0].Refusals[1].Scenario, "2x does not survive the crash")
}

func TestEvidenceLiftsTheCapOnlyWhole(t *testing.T) {
	cfg := config(t, capital.Seed, at(2))
	cfg.Scenarios = cfg.Scenarios[:1]
	for i, c := range capital.Conditions() {
		_, r := searched(t, cfg)
		require.InDelta(t, 1.5, r.LeverageCap, 0)
		require.Equal(t, capital.Conditions()[i:], r.Missing, "what is missing is named")
		require.Empty(t, r.Deployable)
		cfg.Evidence = append(cfg.Evidence, capital.Evidence{Condition: c, Reference: "minutes 12", Date: "2026-04-27"})
	}
	_, r := searched(t, cfg)
	require.InDelta(t, 3.0, r.LeverageCap, 0)
	require.Empty(t, r.Missing)
	require.Len(t, r.Deployable, 1)
}

func TestTooFewPathsProveNothing(t *testing.T) {
	cfg := config(t, capital.Seed, at(1))
	cfg.Scenarios, cfg.Paths = cfg.Scenarios[:1], 1000
	_, r := searched(t, cfg)
	require.Empty(t, r.Deployable)
	require.Equal(t, capital.Liquidation, r.Rejected[0].Refusals[0].Gate, "none of 1,000 is not yet less than one in 1,000")
}

func TestAnInterruptedSearchGoesOn(t *testing.T) {
	p, err := capital.Institutional.Params()
	require.NoError(t, err)
	candidates, err := capital.LatinHypercube(at(1), capital.Stance{Leverage: 3, Allocation: 0.8, Spread: 0.005, SigmaCrit: 0.5}, 9, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	cfg := config(t, capital.Institutional, candidates...)
	cfg.Params, cfg.Scenarios, cfg.Paths, cfg.FirstPaths = p, cfg.Scenarios[:2], 2000, 250
	whole, want := searched(t, cfg)
	require.Equal(t, 8, len(want.Deployable)+len(want.Rejected)-countRefusedAtOnce(want))
	halved := 0
	for _, trial := range whole.Trials {
		if trial.Halved {
			halved++
		}
	}
	require.Greater(t, halved, 4, "few live all paths")

	s, err := capital.NewSearch(cfg)
	require.NoError(t, err)
	rounds := 0
	for asked := 1; !s.Done(); asked++ {
		var broken error
		s, broken = capital.Optimize(endsAfter(t.Context(), asked), s, capital.Options{Workers: 1})
		text, err := json.Marshal(s)
		require.NoError(t, err)
		s = capital.Search{}
		require.NoError(t, json.Unmarshal(text, &s))
		if broken != nil {
			rounds++
		}
	}
	require.Greater(t, rounds, 2)
	got, err := s.Report()
	require.NoError(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A sweep that compares all to the end can be saved after each round, and comes to
// the same whether it was interrupted or not.
func TestASweepThatKeepsAllGoesOn(t *testing.T) {
	cfg := config(t, capital.Institutional, at(1), at(1.5), at(2), at(5))
	cfg.Scenarios, cfg.Paths = cfg.Scenarios[:2], 1000
	_, want := searched(t, cfg)
	cfg.FirstPaths, cfg.KeepAll = 300, true

	s, err := capital.NewSearch(cfg)
	require.NoError(t, err)
	var told []int64
	for full := errors.New("disk full"); !s.Done(); {
		saved := []byte(nil)
		_, err := capital.Optimize(t.Context(), s, capital.Options{Round: func(s capital.Search) error {
			told = append(told, s.Paths)
			if saved != nil {
				return full
			}
			saved, err = json.Marshal(s)
			return err
		}})
		if err != nil {
			require.ErrorIs(t, err, full)
		}
		s = capital.Search{}
		require.NoError(t, json.Unmarshal(saved, &s))
	}
	require.Equal(t, []int64{300, 600, 600, 900, 900, 1000, 1000}, told, "a round that was not saved is lived again")
	got, err := s.Report()
	require.NoError(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRoundsAreToldInOrder(t *testing.T) {
	for story, row := range map[string]struct {
		first   int64
		keepAll bool
		want    []int64
	}{
		"one round":                  {0, false, []int64{1000}},
		"halving doubles the paths":  {150, false, []int64{150, 300, 600, 1000}},
		"keeping all goes on evenly": {400, true, []int64{400, 800, 1000}},
		"keeping all in one round":   {0, true, []int64{1000}},
	} {
		cfg := config(t, capital.Seed, at(1), at(1.5))
		cfg.Scenarios, cfg.Paths, cfg.FirstPaths, cfg.KeepAll = cfg.Scenarios[:1], 1000, row.first, row.keepAll
		s, err := capital.NewSearch(cfg)
		require.NoError(t, err)
		var told []int64
		s, err = capital.Optimize(t.Context(), s, capital.Options{Round: func(s capital.Search) error {
			told = append(told, s.Paths)
			return nil
		}})
		require.NoError(t, err)
		require.Equal(t, row.want, told, story)
		halved := slices.ContainsFunc(s.Trials, func(t capital.Trial) bool { return t.Halved })
		require.Equal(t, !row.keepAll && row.first > 0, halved, story)
	}
}

func countRefusedAtOnce(r capital.Report) int {
	n := 0
	for _, rejected := range r.Rejected {
		if len(rejected.Scorecards) == 0 {
			n++
		}
	}
	return n + 1
}

func TestASearchThatWasTamperedWith(t *testing.T) {
	cfg := config(t, capital.Seed, at(1), at(1.5))
	cfg.Paths, cfg.Scenarios = 100, cfg.Scenarios[:1]
	for story, tamper := range map[string]func(*capital.Search){
		"a trial is missing": func(s *capital.Search) { s.Trials = s.Trials[:1] },
		"a result is another candidate's": func(s *capital.Search) {
			s.Trials[0].Results, s.Trials[1].Results = s.Trials[1].Results, s.Trials[0].Results
		},
		"a scenario was added":               func(s *capital.Search) { s.Config.Scenarios = capital.Scenarios()[:2] },
		"a result is missing":                func(s *capital.Search) { s.Trials[0].Results = nil },
		"it claims more paths than it has":   func(s *capital.Search) { s.Config.Paths, s.Paths = 200, 200 },
		"a result is of other paths":         func(s *capital.Search) { s.Trials[0].Results[0].From = 1 },
		"it has lived more paths than asked": func(s *capital.Search) { s.Paths = 101 },
	} {
		s, _ := searched(t, cfg)
		tamper(&s)
		_, err := s.Report()
		require.ErrorIs(t, err, capital.ErrInvalid, story)
		_, err = capital.Optimize(t.Context(), s, capital.Options{})
		require.ErrorIs(t, err, capital.ErrInvalid, story)
	}
}

// No candidate off the front beats one on it, and each off it is beaten.
func TestTheFrontIsParetos(t *testing.T) {
	candidates, err := capital.Axes{Leverage: []float64{1, 1.25, 1.5, 2}, Allocation: []float64{0.3, 0.6, 0.8}}.Grid(at(1))
	require.NoError(t, err)
	cfg := config(t, capital.Institutional, candidates...)
	cfg.Scenarios, cfg.Paths = cfg.Scenarios[:2], 500
	_, r := searched(t, cfg)
	all := slices.Concat(r.Deployable, r.Rejected)
	beats := func(a, b capital.Ranked) bool {
		return a.ROIMean >= b.ROIMean && a.Drawdown <= b.Drawdown && (a.ROIMean > b.ROIMean || a.Drawdown < b.Drawdown)
	}
	require.NotEmpty(t, r.Front)
	for _, a := range all {
		beaten := slices.ContainsFunc(all, func(b capital.Ranked) bool { return beats(b, a) })
		require.Equal(t, !beaten, slices.Contains(r.Front, a.Candidate), "candidate %d", a.Candidate)
	}
}

func TestGridAndHypercube(t *testing.T) {
	grid, err := capital.Axes{Leverage: []float64{1, 2}, SigmaCrit: []float64{0.3, 0.4, 0.5}}.Grid(at(1))
	require.NoError(t, err)
	require.Len(t, grid, 6)
	require.Equal(t, capital.Stance{Leverage: 1, Allocation: 0.6, Spread: 0.003, SigmaCrit: 0.4}, grid[1])
	require.Equal(t, capital.Stance{Leverage: 2, Allocation: 0.6, Spread: 0.003, SigmaCrit: 0.3}, grid[3])
	many := make([]float64, 400)
	_, err = capital.Axes{Leverage: many, Allocation: many}.Grid(at(1))
	require.EqualError(t, err, "capital: invalid: grid of more than 100000 candidates")

	cube, err := capital.LatinHypercube(at(1), at(3), 10, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	var slots [10]int
	for _, s := range cube {
		slots[int((s.Leverage-1)*5)]++
		require.InDelta(t, 0.6, s.Allocation, 0)
	}
	require.Equal(t, [10]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, slots)
	_, err = capital.LatinHypercube(at(1), at(3), 0, nil)
	require.EqualError(t, err, "capital: invalid: 0 candidates: must be in [1, 100000]")
}

func TestSearchesThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		story  string
		change func(*capital.SearchConfig)
		want   string
	}{
		{"no candidate", func(c *capital.SearchConfig) { c.Candidates = nil }, "len(Candidates) 0: must be in [1, 100000]"},
		{"no scenario", func(c *capital.SearchConfig) { c.Scenarios = nil }, "len(Scenarios) 0: must be in [1, 64]"},
		{"no path", func(c *capital.SearchConfig) { c.Paths = 0 }, "Paths 0: must be in [1, 4294967296]"},
		{"a first round longer than all", func(c *capital.SearchConfig) { c.FirstPaths = 7000 }, "FirstPaths 7000: must be in [1, 6000]"},
		{"evidence of something else", func(c *capital.SearchConfig) { c.Evidence = []capital.Evidence{{"luck", "x", "2026-01-01"}} }, `Evidence.Condition "luck": must be one of ["smart_contract_audit" "governance_approval" "risk_dashboard_and_alerting" "operator_runbook" "treasury_liquidity_commitments"]`},
		{"evidence without a date", func(c *capital.SearchConfig) { c.Evidence = []capital.Evidence{{capital.Audit, "x", "soon"}} }, `Evidence.Date "soon": must be a date as 2006-01-02`},
		{"evidence of nothing", func(c *capital.SearchConfig) { c.Evidence = []capital.Evidence{{capital.Audit, "", "2026-01-01"}} }, `Evidence.Reference "": must have 1 to 256 bytes`},
		{"a lax policy", func(c *capital.SearchConfig) { c.Policy.MaxInitialLTV = 0.8 }, "Policy.MaxInitialLTV 0.8: must be in [0, 0.75]"},
	} {
		t.Run(row.story, func(t *testing.T) {
			cfg := config(t, capital.Seed, at(1))
			row.change(&cfg)
			_, err := capital.NewSearch(cfg)
			require.ErrorIs(t, err, capital.ErrInvalid)
			require.EqualError(t, err, "capital: invalid: "+row.want)
		})
	}
	_, err := capital.NewSearch(config(t, capital.Seed, at(1), capital.Stance{Leverage: 1, Allocation: -1, Spread: 0.003, SigmaCrit: 0.3}))
	require.EqualError(t, err, `candidate 1 in "chain138_deployed_capital_efficiency": capital: invalid: Stance.Allocation -1: must be in [0, 0.8]: the floor stays outside`)
}
