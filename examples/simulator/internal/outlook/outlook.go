package outlook

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// What is asked for. A system on which the level rule does better or worse than
// this is not the process described; the rest is asked of the default.
const (
	leastLevelSkill, mostLevelSkill = 0.10, 0.14
	leastLevelAUC, mostLevelAUC     = 0.86, 0.89
	leastSkill                      = 0.3546 // 90 per cent of the best that was known, .394
)

// ErrOtherProcess says that the synthetic system is not the one it is meant to be.
var ErrOtherProcess = errors.New("outlook: the synthetic system is not the process described")

// Size is how much of the synthetic system is judged.
type Size struct {
	Seeds int `json:"seeds"` // years, of seeds 1 to Seeds
	Banks int `json:"banks"` // in each
}

// Report is the outcome of all seeds and of the funding market.
type Report struct {
	Size
	BaseRate    Range        `json:"base_rate"` // of breaches within the horizon, in the test halves
	Synthetic   []Row        `json:"synthetic"`
	Reliability []stress.Bin `json:"reliability"` // of the default, mean over the seeds
	ByP50       Range        `json:"by_p50"`      // share of breaches that came by the default's P50
	ByP90       Range        `json:"by_p90"`
	Funding     Funding      `json:"funding"`
	Goals       []Goal       `json:"goals"`
}

// Row is one forecaster over all seeds.
type Row struct {
	Name        string `json:"name"`
	Skill       Range  `json:"skill"`
	SkillLow    Range  `json:"skill_low"`
	AUC         Range  `json:"auc"`
	Warned      Range  `json:"warned"` // share of onsets
	LeadHours   Range  `json:"lead_hours"`
	FalseAlarms Range  `json:"false_alarms_per_bank_year"`
	Licensed    *int   `json:"licensed,omitempty"` // seeds; nil for what is no model
}

// Goal is something asked for, and what was measured.
type Goal struct {
	Name     string  `json:"name"`
	Goal     string  `json:"goal"`
	Measured float64 `json:"measured"`
	Met      bool    `json:"met"`
}

// Run judges the synthetic system, and the funding market, on all cores; the report does not depend on how many there are. show, unless nil, is
// told after each seed how many of how many are done. A level rule outside its
// bounds gives the report and an [ErrOtherProcess].
func Run(ctx context.Context, size Size, show func(done, total int)) (Report, error) {
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	years := make([]year, size.Seeds)
	best := newOracle()
	var done int
	var counting sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range years {
		group.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if years[i], err = judge(uint64(i)+1, size.Banks, best); err != nil {
				return fmt.Errorf("seed %d: %w", i+1, err)
			}
			counting.Lock()
			defer counting.Unlock()
			if done++; show != nil {
				show(done, size.Seeds)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	r := newReport(size, years)
	var err error
	if r.Funding, err = judgeFunding(); err != nil {
		return Report{}, err
	}
	r.Goals = r.goals()
	return r, r.check()
}

func newReport(size Size, years []year) Report {
	over := func(of func(year) float64) Range {
		values := make([]float64, len(years))
		for i, y := range years {
			values[i] = of(y)
		}
		return newRange(values)
	}
	r := Report{
		Size:        size,
		BaseRate:    over(func(y year) float64 { return y.baseRate }),
		ByP50:       over(func(y year) float64 { return y.early[0] }),
		ByP90:       over(func(y year) float64 { return y.early[1] }),
		Reliability: make([]stress.Bin, bins),
	}
	for k := range r.Reliability {
		for _, y := range years {
			r.Reliability[k].N += y.bins[k].N
			r.Reliability[k].Forecast += y.bins[k].Forecast / float64(len(years))
			r.Reliability[k].Observed += y.bins[k].Observed / float64(len(years))
		}
	}
	for k, first := range years[0].results {
		row := Row{
			Name:        first.name,
			Skill:       over(func(y year) float64 { return y.results[k].score.Skill }),
			SkillLow:    over(func(y year) float64 { return y.results[k].score.Low }),
			AUC:         over(func(y year) float64 { return y.results[k].score.AUC }),
			Warned:      over(func(y year) float64 { return y.results[k].warned() }),
			LeadHours:   over(func(y year) float64 { return y.results[k].warnings.Lead.Hours() }),
			FalseAlarms: over(func(y year) float64 { return y.results[k].warnings.FalsePerYear }),
		}
		if first.license != nil {
			licensed := 0
			for _, y := range years {
				licensed += int(one(*y.results[k].license))
			}
			row.Licensed = &licensed
		}
		r.Synthetic = append(r.Synthetic, row)
	}
	return r
}

func (r Report) row(name string) Row {
	for _, row := range r.Synthetic {
		if row.Name == name {
			return row
		}
	}
	return Row{}
}

func (r Report) funding(name string) Score {
	for _, row := range r.Funding.Rows {
		if row.Name == name {
			return row.Score
		}
	}
	return Score{}
}

func (r Report) goals() []Goal {
	level, shipped := r.row(Level), r.row(Default)
	funding, calendar := r.funding(Default), r.funding(Calendar)
	return []Goal{
		within("level rule, median skill", level.Skill.Median, leastLevelSkill, mostLevelSkill),
		within("level rule, median AUC", level.AUC.Median, leastLevelAUC, mostLevelAUC),
		within("default, median skill", shipped.Skill.Median, leastSkill, 1),
		above("default, skill in the worst seed", shipped.Skill.Lowest, 0),
		above("funding market, skill against the calendar's", funding.Skill, calendar.Skill),
		above("funding market, AUC against the calendar's", funding.AUC, calendar.AUC),
	}
}

func within(name string, measured, least, most float64) Goal {
	return Goal{name, fmt.Sprintf("%.4g to %.4g", least, most), measured, measured >= least && measured <= most}
}

func above(name string, measured, bound float64) Goal {
	return Goal{name, "> " + fmt.Sprint(math.Round(bound*1000)/1000), measured, measured > bound}
}

// check says whether the level rule did as it must.
func (r Report) check() error {
	for _, g := range r.Goals[:2] {
		if !g.Met {
			return fmt.Errorf("%w: %s %.3f: must be %s", ErrOtherProcess, g.Name, g.Measured, g.Goal)
		}
	}
	return nil
}
