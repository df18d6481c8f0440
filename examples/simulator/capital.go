package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// capitalCommands are about a treasury's capital.
type capitalCommands struct {
	Run      capitalRun      `cmd:"" help:"Simulate a treasury in the scenarios of the plan, or in one's own."`
	Sweep    capitalSweep    `cmd:"" help:"Compare stances, by the worst of the plan's scenarios, and say which may be deployed."`
	Validate capitalValidate `cmd:"" help:"Check that every scenario gives what it is known to give, and fail if one does not."`
	Merge    capitalMerge    `cmd:"" help:"Put the shards of a run together."`
	Job      capitalJob      `cmd:"" help:"Print a Kubernetes job that runs shards, and one that merges them."`
}

// model is what all simulations of capital share.
type model struct {
	Profile string   `help:"Whose parameters: ${enum}. The first is a calibration to the plan's published results, the second is for decisions." enum:"seed,institutional" default:"seed"`
	Set     []string `help:"Change a parameter, as in income.turnover=0.04; again for another." placeholder:"FIELD=VALUE" sep:"none"`
	Seed    uint64   `help:"Seed of all noise." default:"1"`
	Paths   int64    `help:"Paths to simulate in each scenario." default:"20000"`
	Workers int      `help:"Cores to use; 0 is all. The result does not depend on it."`
}

// over returns parameters as --set changes them.
func (m model) over(p capital.Params) (capital.Params, error) {
	for _, assignment := range m.Set {
		change, err := patch.Set(assignment)
		if err != nil {
			return p, fmt.Errorf("--set: %w", err)
		}
		if p, err = patch.Over(p, change); err != nil {
			return p, fmt.Errorf("--set: %w", err)
		}
	}
	return p, nil
}

// base are the profile's parameters as --set changes them.
func (m model) base() (capital.Params, error) {
	p, err := capital.Profile(m.Profile).Params()
	if err != nil {
		return p, err
	}
	return m.over(p)
}

// trial is a treasury in a scenario, and what came of it.
type trial struct {
	name, about string
	part        capital.Partial
	card        capital.Scorecard
}

// trial prepares a scenario; what cannot be simulated is an error now.
func (m model) trial(s scenario.Scenario) (trial, error) {
	p, err := capital.Profile(m.Profile).Params()
	if err != nil {
		return trial{}, err
	}
	if s.Capital == nil {
		return trial{}, usage(fmt.Errorf("scenario %s: must have a capitalEfficiency block", s.Mesh.Name))
	}
	if p, err = s.Capital.Apply(p); err != nil {
		return trial{}, err
	}
	// What the command line says counts most.
	if p, err = m.over(p); err != nil {
		return trial{}, err
	}
	t := trial{name: s.Mesh.Name, about: s.About, part: capital.Partial{Job: capital.Job{Params: p, Seed: m.Seed, Paths: m.Paths}}}
	if err := t.part.Job.Validate(); err != nil {
		return t, fmt.Errorf("%s: %w", t.name, err)
	}
	return t, nil
}

// steps is how often a simulation tells how far it is.
const steps = 200

// simulate runs the paths [from, to) of the trial and scores them. When ctx ends,
// the trial has what is done by then.
func (t *trial) simulate(ctx context.Context, from, to int64, workers int, exact bool, shown *progress) error {
	const whole = 16 * 256 // paths: a multiple of what a worker takes at a time
	step := max(whole, (to-from)/steps/whole*whole)
	t.part.From, t.part.To = from, from
	var stopped error
	for t.part.To < to && stopped == nil {
		next, err := capital.Run(ctx, t.part.Job, capital.Options{Workers: workers, From: t.part.To, To: min(t.part.To+step, to), Outcomes: exact})
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err != nil {
			stopped = fmt.Errorf("%s: %d of %d paths done: %w", t.name, next.To-from, to-from, context.Cause(ctx))
		}
		t.part.To = next.To
		t.part.Tally.Merge(next.Tally)
		t.part.Outcomes = append(t.part.Outcomes, next.Outcomes...)
		shown.show(t.name, int(t.part.To-from), int(to-from))
	}
	if t.part.To == from {
		return stopped
	}
	var err error
	t.card, err = t.part.Scorecard()
	return errors.Join(err, stopped)
}

// profileSays is what must stand beside a profile's figures.
func profileSays(profile string) string {
	switch capital.Profile(profile) {
	case capital.Seed:
		return "a calibration to the plan's published results, not evidence for the formulas behind them"
	case capital.Institutional:
		return "for decisions: capital bears market risk, yields vary, redemptions arrive at random; its figures are assumptions"
	}
	return "parameters that no profile has"
}
