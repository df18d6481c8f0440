package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/treasury"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// capitalValidate is the command for a pipeline: it fails if the model gives
// other figures than it is known to.
type capitalValidate struct {
	Profile []string `help:"Profiles to check (default: all)." placeholder:"NAME"`
	Bands   string   `help:"Bands of one's own (YAML): profile, scenario, figure: [least, most]." placeholder:"FILE"`
	Paths   int64    `help:"Paths to simulate in each scenario." default:"20000"`
	Seed    uint64   `help:"Seed of all noise." default:"1"`
	Workers int      `help:"Cores to use; 0 is all."`
	JSON    bool     `help:"Write the figures and their bands as JSON and nothing else."`
}

// errOutside is a figure that left its band.
var errOutside = errors.New("outside its band")

// Run simulates every scenario of every profile, prints and judges.
func (c *capitalValidate) Run(ctx context.Context, to streams) error {
	bands, err := c.bands()
	if err != nil {
		return err
	}
	if len(c.Profile) == 0 {
		for _, p := range capital.Profiles() {
			c.Profile = append(c.Profile, string(p))
		}
	}
	var all []treasury.Checked
	for _, profile := range c.Profile {
		checked, err := c.check(ctx, profile, bands, &progress{to: to.err})
		if err != nil {
			return err
		}
		all = append(all, checked...)
	}
	if c.JSON {
		err = writeJSON(to.out, all)
	} else {
		err = printChecked(to.out, all)
	}
	return errors.Join(err, judge(all))
}

func (c *capitalValidate) bands() (treasury.Bands, error) {
	if c.Bands == "" {
		return treasury.PlanBands()
	}
	f, err := os.Open(c.Bands)
	if err != nil {
		return nil, usage(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return treasury.ReadBands(c.Bands, f)
}

func (c *capitalValidate) check(ctx context.Context, profile string, bands treasury.Bands, shown *progress) ([]treasury.Checked, error) {
	defer shown.clear()
	m := model{Profile: profile, Seed: c.Seed, Paths: c.Paths, Workers: c.Workers}
	var all []treasury.Checked
	for _, plan := range capital.Scenarios() {
		s, err := scenario.NamedCapital(plan.Name)
		if err != nil {
			return nil, err
		}
		t, err := m.trial(s)
		if err != nil {
			return nil, err
		}
		// Before the work, so that bands which are not there are known at once.
		if _, err := bands.Check(profile, t.name, t.card); err != nil {
			return nil, err
		}
		if err := t.simulate(ctx, 0, c.Paths, c.Workers, false, shown); err != nil {
			return nil, err
		}
		checked, err := bands.Check(profile, t.name, t.card)
		if err != nil {
			return nil, err
		}
		all = append(all, checked...)
	}
	return all, nil
}

// judge names the first figure outside its band, and how many there are.
func judge(all []treasury.Checked) error {
	var first *treasury.Checked
	missed := 0
	for i := range all {
		if !all[i].Met {
			missed++
			if first == nil {
				first = &all[i]
			}
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("%d of %s: %w: %s %s: %s %s: must be in [%s, %s]", missed, figure.Many(len(all), "figure"), errOutside,
		first.Profile, first.Scenario, first.Figure, number(first.Value), number(first.Least), number(first.Most))
}

// printChecked writes a table for each profile: their figures do not compare.
func printChecked(w io.Writer, all []treasury.Checked) error {
	var t table.Writer
	for i, c := range all {
		if i == 0 || c.Profile != all[i-1].Profile {
			t = plainTable(table.Row{c.Profile + " profile", "figure", "least", "measured", "most", ""}, 3)
		}
		verdict := "outside"
		if c.Met {
			verdict = "within"
		}
		t.AppendRow(table.Row{c.Scenario, c.Figure, number(c.Least), fmt.Sprintf("%.7g", c.Value), number(c.Most), verdict})
		if i == len(all)-1 || c.Profile != all[i+1].Profile {
			if _, err := fmt.Fprintln(w, t.Render()); err != nil {
				return err
			}
		}
	}
	return nil
}
