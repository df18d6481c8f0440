package capital

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// MaxScenarios bounds a search.
const MaxScenarios = 64

// SearchConfig is what to search for, and where.
type SearchConfig struct {
	Params     Params     `json:"params"`     // of a profile; candidates replace the Stance
	Scenarios  []Scenario `json:"scenarios"`  // the worst of them counts; their Leverage and Sweep do not
	Candidates []Stance   `json:"candidates"` // of a grid, a hypercube or one's own
	Seed       uint64     `json:"seed"`
	Paths      int64      `json:"paths"`             // for those that reach the last round, as many for each scenario
	FirstPaths int64      `json:"firstPaths"`        // of the first round; each further round doubles them and keeps the better half. Paths, or 0, compares all to the end
	KeepAll    bool       `json:"keepAll,omitempty"` // every round is of FirstPaths and drops nobody: the same end as in one round, but it can be interrupted
	Policy     Policy     `json:"policy"`
	Evidence   []Evidence `json:"evidence,omitempty"`
}

// Search compares candidates by successive halving (Jamieson and Talwalkar,
// "Non-stochastic best arm identification and hyperparameter optimization" (2016)):
// all are simulated on a few paths, the better half on twice as many, and so on.
// All meet the same noise, and what was simulated once is kept. It is a value and
// survives JSON, so a search that was interrupted goes on from its last round,
// and what becomes of it is the same.
type Search struct {
	Config SearchConfig `json:"config"`
	Paths  int64        `json:"paths"` // that the trials which are still in have lived
	Trials []Trial      `json:"trials"`
}

// Trial is what is known of a candidate, at its place in SearchConfig.Candidates.
type Trial struct {
	Candidate int       `json:"candidate"`         // its index in SearchConfig.Candidates
	Results   []Partial `json:"results,omitempty"` // by scenario, from path 0 on
	Refused   []Refusal `json:"refused,omitempty"` // before it was simulated
	Halved    bool      `json:"halved,omitempty"`  // it was among the worse half, after the paths it has
}

// NewSearch checks a configuration. Candidates that may not be simulated are
// refused at once; other faults are an error that wraps [ErrInvalid].
func NewSearch(cfg SearchConfig) (Search, error) {
	if cfg.FirstPaths == 0 {
		cfg.FirstPaths = cfg.Paths
	}
	s := Search{Config: cfg, Trials: make([]Trial, len(cfg.Candidates))}
	if err := cfg.validate(); err != nil {
		return Search{}, err
	}
	for i, stance := range cfg.Candidates {
		s.Trials[i].Refused = cfg.Policy.before(stance)
		if s.Trials[i].Refused != nil {
			continue
		}
		for k := range cfg.Scenarios {
			if err := s.job(i, k).Validate(); err != nil {
				return Search{}, fmt.Errorf("candidate %d in %q: %w", i, cfg.Scenarios[k].Name, err)
			}
		}
	}
	return s, nil
}

func (c SearchConfig) validate() error {
	if err := c.Policy.Validate(); err != nil {
		return err
	}
	for _, e := range c.Evidence {
		if err := e.validate(); err != nil {
			return err
		}
	}
	return check(
		rule{len(c.Candidates) >= 1 && len(c.Candidates) <= MaxCandidates, "len(Candidates)", len(c.Candidates), fmt.Sprintf("must be in [1, %d]", MaxCandidates)},
		rule{len(c.Scenarios) >= 1 && len(c.Scenarios) <= MaxScenarios, "len(Scenarios)", len(c.Scenarios), fmt.Sprintf("must be in [1, %d]", MaxScenarios)},
		rule{c.Paths >= 1 && c.Paths <= MaxPaths, "Paths", c.Paths, fmt.Sprintf("must be in [1, %d]", int64(MaxPaths))},
		rule{c.FirstPaths >= 1 && c.FirstPaths <= c.Paths, "FirstPaths", c.FirstPaths, fmt.Sprintf("must be in [1, %d]", c.Paths)},
	)
}

// validate checks a search that comes from outside.
func (s Search) validate() error {
	if err := s.Config.validate(); err != nil {
		return err
	}
	if err := check(
		rule{len(s.Trials) == len(s.Config.Candidates), "len(Trials)", len(s.Trials), fmt.Sprintf("must be %d, as there are candidates", len(s.Config.Candidates))},
		rule{s.Paths >= 0 && s.Paths <= s.Config.Paths, "Paths", s.Paths, fmt.Sprintf("must be in [0, %d]", s.Config.Paths)},
	); err != nil {
		return err
	}
	for i, t := range s.Trials {
		for k, part := range t.Results {
			if len(t.Results) != len(s.Config.Scenarios) || part.Job.Hash() != s.job(i, k).Hash() || part.From != 0 || !t.Halved && part.To != s.Paths {
				return fmt.Errorf("%w: Trials[%d].Results[%d]: must be of its candidate, in each scenario, up to path %d", ErrInvalid, i, k, s.Paths)
			}
		}
		if in := t.Refused == nil && !t.Halved; in && (len(t.Results) == 0) != (s.Paths == 0) {
			return fmt.Errorf("%w: Trials[%d]: has %d results: must be 0 before the first round, and not after", ErrInvalid, i, len(t.Results))
		}
	}
	return nil
}

// job is a candidate in a scenario.
func (s Search) job(candidate, scenario int) Job {
	p := s.Config.Scenarios[scenario].Apply(s.Config.Params)
	p.Stance = s.Config.Candidates[candidate]
	return Job{Params: p, Seed: s.Config.Seed, Paths: s.Config.Paths}
}

// Done reports whether nothing is left to simulate.
func (s Search) Done() bool { return s.Paths >= s.Config.Paths || len(s.in()) == 0 }

// in lists the trials that are still to be simulated.
func (s Search) in() []int {
	var in []int
	for i, t := range s.Trials {
		if t.Refused == nil && !t.Halved {
			in = append(in, i)
		}
	}
	return in
}

// upTo is where the next round ends.
func (s Search) upTo() int64 {
	next := s.Config.FirstPaths
	if !s.Config.KeepAll {
		next = max(next, s.Paths)
	}
	return min(s.Paths+next, s.Config.Paths)
}

// told returns the search after a round: results[k][i] is what scenario k came to
// for the i-th trial that is in. s is left as it is.
func (s Search) told(results [][]Partial) (Search, error) {
	in := s.in()
	next := s
	next.Trials = slices.Clone(s.Trials)
	next.Paths = s.upTo()
	for n, i := range in {
		t := &next.Trials[i]
		t.Results = make([]Partial, len(results))
		for k := range results {
			if len(s.Trials[i].Results) == 0 {
				t.Results[k] = results[k][n]
				continue
			}
			whole := Partial{Job: s.Trials[i].Results[k].Job}
			if err := whole.join(s.Trials[i].Results[k]); err != nil {
				return s, err
			}
			if err := whole.join(results[k][n]); err != nil {
				return s, err
			}
			t.Results[k] = whole
		}
	}
	if next.Paths < s.Config.Paths && !s.Config.KeepAll {
		if err := next.halve(); err != nil {
			return s, err
		}
	}
	return next, nil
}

// halve drops the worse half of the trials that are in. Those that the policy
// admits on the first day compete among themselves: a candidate that earns more
// at a leverage that may not be deployed must not drive out one that may.
func (s Search) halve() error {
	leverageCap, _ := s.Config.Policy.LeverageCap(s.Config.Evidence)
	var admitted, others []Ranked
	for _, i := range s.in() {
		r, err := s.rank(i)
		if err != nil {
			return err
		}
		if s.Config.Policy.entry(r.Stance, leverageCap) == nil {
			admitted = append(admitted, r)
		} else {
			others = append(others, r)
		}
	}
	for _, group := range [][]Ranked{admitted, others} {
		slices.SortStableFunc(group, better)
		for _, r := range group[(len(group)+1)/2:] {
			s.Trials[r.Candidate].Halved = true
		}
	}
	return nil
}

// Report is what a search found.
type Report struct {
	Version     string      `json:"version"`
	Policy      Policy      `json:"policy"`
	Complete    bool        `json:"complete"`
	LeverageCap float64     `json:"leverageCap"`
	Missing     []Condition `json:"missingEvidence,omitempty"` // why the cap is not higher
	Deployable  []Ranked    `json:"deployable"`                // best first
	Rejected    []Ranked    `json:"rejected"`                  // best first, those that were not simulated last
	Front       []int       `json:"front"`                     // candidates that no other beats in both ROI and drawdown, by ROI
	Notes       []string    `json:"notes,omitempty"`
}

// Ranked is a candidate with its score: the worst of its scenarios'.
type Ranked struct {
	Candidate  int         `json:"candidate"`
	Stance     Stance      `json:"stance"`
	Score      float64     `json:"score"`
	Worst      string      `json:"worst,omitempty"`      // the scenario of the score
	ROIMean    float64     `json:"roi_mean"`             // of the worst scenario for it
	Drawdown   float64     `json:"max_drawdown_p95"`     // of the worst scenario for it
	Halved     bool        `json:"halved,omitempty"`     // ranked by fewer paths than others
	Refusals   []Refusal   `json:"refusals,omitempty"`   // none: deployable
	Scorecards []Scorecard `json:"scorecards,omitempty"` // by scenario
}

// Report ranks what is known by now.
func (s Search) Report() (Report, error) {
	if err := s.validate(); err != nil {
		return Report{}, err
	}
	r := Report{Version: Version, Policy: s.Config.Policy, Complete: s.Done(), Deployable: []Ranked{}, Rejected: []Ranked{}, Front: []int{}}
	r.LeverageCap, r.Missing = s.Config.Policy.LeverageCap(s.Config.Evidence)
	r.Notes = s.Config.Policy.notes()
	var simulated []Ranked
	for i := range s.Trials {
		ranked, err := s.rank(i)
		if err != nil {
			return Report{}, err
		}
		if len(ranked.Scorecards) > 0 {
			simulated = append(simulated, ranked)
		}
		switch {
		case len(ranked.Refusals) > 0:
			r.Rejected = append(r.Rejected, ranked)
		case len(ranked.Scorecards) > 0:
			r.Deployable = append(r.Deployable, ranked)
		}
	}
	slices.SortStableFunc(r.Deployable, better)
	slices.SortStableFunc(r.Rejected, better)
	r.Front = front(simulated)
	return r, nil
}

// rank scores one trial.
func (s Search) rank(trial int) (Ranked, error) {
	t := s.Trials[trial]
	stance := s.Config.Candidates[trial]
	r := Ranked{Candidate: trial, Stance: stance, Halved: t.Halved, Refusals: t.Refused}
	if len(t.Results) == 0 {
		return r, nil
	}
	r.Score, r.ROIMean = math.MaxFloat64, math.MaxFloat64
	for k, part := range t.Results {
		card, err := part.Scorecard()
		if err != nil {
			return Ranked{}, err
		}
		r.Scorecards = append(r.Scorecards, card)
		if score := s.Config.Policy.Score(card); score < r.Score {
			r.Score, r.Worst = score, s.Config.Scenarios[k].Name
		}
		r.ROIMean, r.Drawdown = min(r.ROIMean, card.ROIMean), max(r.Drawdown, card.MaxDrawdownP95)
	}
	leverageCap, _ := s.Config.Policy.LeverageCap(s.Config.Evidence)
	r.Refusals = append(s.Config.Policy.entry(stance, leverageCap), s.Config.Policy.life(s.Config.Scenarios, r.Scorecards)...)
	return r, nil
}

// better orders by score, then the lower leverage, then the earlier candidate.
// What was not simulated comes last.
func better(a, b Ranked) int {
	simulated := func(r Ranked) int { return min(1, len(r.Scorecards)) }
	return cmp.Or(
		cmp.Compare(simulated(b), simulated(a)),
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(a.Stance.Leverage, b.Stance.Leverage),
		cmp.Compare(a.Candidate, b.Candidate),
	)
}

// front lists the candidates that no other beats: the Pareto front of ROI against
// drawdown, each in its worst scenario.
func front(all []Ranked) []int {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(b.ROIMean, a.ROIMean), cmp.Compare(a.Drawdown, b.Drawdown), cmp.Compare(a.Candidate, b.Candidate))
	})
	front, least := []int{}, math.Inf(1)
	for _, r := range all {
		if r.Drawdown < least {
			front, least = append(front, r.Candidate), r.Drawdown
		}
	}
	return front
}
