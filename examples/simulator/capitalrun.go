package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/treasury"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// capitalRun is the command that simulates a treasury.
type capitalRun struct {
	model
	Names    []string `arg:"" optional:"" name:"scenario" help:"Scenarios of the plan (default: all five)."`
	Scenario []string `help:"The same as a flag." placeholder:"NAME"`
	File     string   `help:"A scenario of one's own (YAML) instead." placeholder:"FILE"`
	Leverage *float64 `help:"Leverage instead of the scenario's, 1 to 4." placeholder:"L"`
	Exact    bool     `help:"Keep each path's outcome, 48 bytes: quantiles are then exact, else to 0.00001."`
	Shard    string   `help:"Run the i-th of n parts, counted from 0, and write it to --out for 'capital merge'." placeholder:"I/N"`

	forms
	Out  string `help:"Write to this file instead of stdout." placeholder:"FILE"`
	HTML string `help:"Write a report there too: one page that loads nothing." placeholder:"FILE"`
}

// forms are how a result is written down; a table by default.
type forms struct {
	JSON bool `help:"Write the result as JSON and nothing else." xor:"form"`
	CSV  bool `help:"Write a line for each scenario as CSV and nothing else." xor:"form"`
}

// shard is the part of a run that one machine does. The zero value is all of it.
type shard struct{ index, of int64 }

// maxShards bounds how often a run is cut.
const maxShards = 100_000

func parseShard(flag string, paths int64) (shard, error) {
	if flag == "" {
		return shard{0, 1}, nil
	}
	first, second, found := strings.Cut(flag, "/")
	index, wrong := strconv.ParseInt(first, 10, 64)
	of, alsoWrong := strconv.ParseInt(second, 10, 64)
	most := min(maxShards, paths)
	switch {
	case !found || wrong != nil || alsoWrong != nil:
		return shard{}, usage(fmt.Errorf("--shard %.40q: must be I/N, such as 0/8", flag))
	case of < 1 || of > most:
		return shard{}, usage(fmt.Errorf("--shard %s: must be of 1 to %d shards", flag, most))
	case index < 0 || index >= of:
		return shard{}, usage(fmt.Errorf("--shard %s: must be 0/%d to %d/%d", flag, of, of-1, of))
	}
	return shard{index, of}, nil
}

// maxExact bounds the outcomes that are kept: a gigabyte, with their sorting.
const maxExact = 10_000_000

// within returns the paths of the shard.
func (s shard) within(paths int64) (from, to int64) {
	return paths * s.index / s.of, paths * (s.index + 1) / s.of
}

// Run simulates and prints. What is done when it is stopped is printed as partial.
func (c *capitalRun) Run(ctx context.Context, to streams) error {
	trials, err := c.trials()
	if err != nil {
		return err
	}
	part, err := c.part(trials)
	if err != nil {
		return err
	}
	search, err := c.search()
	if err != nil {
		return err
	}
	file, err := createAny("--out", c.Out)
	if err != nil {
		return err
	}
	defer file.discard()
	page, err := createAny("--html", c.HTML)
	if err != nil {
		return err
	}
	defer page.discard()

	shown := &progress{to: to.err}
	done := trials[:0]
	var stopped error
	for i := range trials {
		t := &trials[i]
		first, last := part.within(c.Paths)
		if stopped = t.simulate(ctx, first, last, c.Workers, c.Exact, shown); stopped != nil && ctx.Err() == nil {
			return stopped
		}
		if t.part.To > first {
			done = append(done, *t)
		}
		if stopped != nil {
			break
		}
	}
	shown.clear()
	if stopped != nil && (c.Shard != "" || len(done) == 0) {
		return stopped
	}
	if c.Shard != "" {
		return c.writeShard(file, done[0], to.err)
	}
	gave := capitalResult{Profile: c.Profile, Partial: stopped != nil, Results: done}
	if err := (result{file, to.out}).write(func(w io.Writer) error { return gave.write(w, c.forms) }); err != nil || stopped != nil {
		return cmp.Or(err, stopped)
	}
	if page == nil {
		return nil
	}
	return c.report(ctx, page, done, search, shown)
}

// trials are what is to be simulated; all of it is checked before any of it runs.
func (c *capitalRun) trials() ([]trial, error) {
	if c.Leverage != nil {
		c.Set = append(c.Set, "stance.leverage="+number(*c.Leverage))
	}
	if c.File != "" {
		if len(c.Names)+len(c.Scenario) > 0 {
			return nil, usage(fmt.Errorf("--file %s and named scenarios: must be one of them", c.File))
		}
		s, err := scenario.Read(c.File, "")
		if err != nil {
			return nil, err
		}
		t, err := c.trial(s)
		return []trial{t}, err
	}
	names := slices.Concat(c.Names, c.Scenario)
	if len(names) == 0 {
		for _, s := range capital.Scenarios() {
			names = append(names, s.Name)
		}
	}
	var trials []trial
	for _, name := range names {
		s, err := scenario.NamedCapital(name)
		if err != nil {
			return nil, err
		}
		t, err := c.trial(s)
		if err != nil {
			return nil, err
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// part is what --shard asks for, if the other flags allow it.
func (c *capitalRun) part(trials []trial) (shard, error) {
	s, err := parseShard(c.Shard, c.Paths)
	if most := int64(maxExact); err == nil && c.Exact && c.Paths/s.of > most {
		err = usage(fmt.Errorf("--exact: %d paths: must be at most %d at a time", c.Paths/s.of, most))
	}
	switch {
	case err != nil || c.Shard == "":
		return s, err
	case c.Out == "":
		return s, usage(fmt.Errorf("--shard %s: must have --out, for a file to merge", c.Shard))
	case len(trials) != 1:
		return s, usage(fmt.Errorf("--shard %s: must be of one scenario, not %d", c.Shard, len(trials)))
	case c.JSON || c.CSV || c.HTML != "":
		return s, usage(fmt.Errorf("--shard %s: has no result of its own to show: 'capital merge' has", c.Shard))
	}
	return s, nil
}

func (c *capitalRun) writeShard(file *output, t trial, says io.Writer) error {
	if err := file.write(func(w io.Writer) error { return capital.WriteShard(w, t.part) }); err != nil {
		return err
	}
	_, err := fmt.Fprintf(says, "wrote shard %s, paths [%d, %d) of job %.12s, to %s\n", c.Shard, t.part.From, t.part.To, t.part.Job.Hash(), c.Out)
	return err
}

// command is the line that makes the same report again.
func (c *capitalRun) command() string {
	line := slices.Concat([]string{"go run ./examples/simulator capital run"}, c.Names, c.Scenario)
	if c.File != "" {
		line = append(line, "--file", c.File)
	}
	return strings.Join(append(line, c.model.flags()...), " ")
}

// search compares leverages in all scenarios of the plan, for the page.
func (c *capitalRun) search() (capital.Search, error) {
	if c.HTML == "" {
		return capital.Search{}, nil
	}
	base, err := c.base()
	if err != nil {
		return capital.Search{}, err
	}
	candidates, err := leverages(base.Stance)
	if err != nil {
		return capital.Search{}, err
	}
	return capital.NewSearch(capital.SearchConfig{
		Params: base, Scenarios: stressed(), Candidates: candidates, Seed: c.Seed, Paths: c.Paths, Policy: capital.InstitutionalPolicy(),
	})
}

func (c *capitalRun) report(ctx context.Context, page *output, done []trial, search capital.Search, shown *progress) error {
	shown.show("leverage sweep", 0, 1)
	search, err := capital.Optimize(ctx, search, capital.Options{Workers: c.Workers})
	if err != nil {
		return err
	}
	found, err := search.Report()
	if err != nil {
		return err
	}
	told, err := lived(ctx, done, c.Workers, shown)
	if err != nil {
		return err
	}
	shown.clear()
	return page.write(func(w io.Writer) error {
		return treasury.Page(w, treasury.Report{
			Profile: c.Profile, Says: profileSays(c.Profile), Command: c.command(), Lived: told, Scenarios: scenarioNames(stressed()), Found: found,
		})
	})
}
