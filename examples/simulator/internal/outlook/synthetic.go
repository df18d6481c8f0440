package outlook

import (
	"math"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// How the year is judged: the first half teaches, the second examines.
const (
	half     = hours / 2 * time.Hour
	week     = 7 * 24 * time.Hour // a block: longer than an episode of stress
	budget   = 0.03               // of hours with an alarm
	lookback = 48 * time.Hour     // an alarm warns of an onset within it
	near     = 1.10               // the level of the level rule
	bins     = 10
)

// The forecasters of the synthetic system.
const (
	Oracle         = "oracle, sees the hidden state"
	Default        = "logistic, Platt (default)"
	LogisticPooled = "logistic, isotonic"
	Residual       = "residual quantile, isotonic"
	Passage        = "first passage, isotonic"
	PassageRaw     = "first passage, uncalibrated"
	Level          = "level: ratio < 1.10"
	Persistence    = "persistence: breach in 48 h"
)

// fitted are the models of the SDK that are tried.
var fitted = []struct {
	name string
	cfg  stress.Config
}{
	{Default, stress.Config{}},
	{LogisticPooled, stress.Config{Calibration: stress.Isotonic}},
	{Residual, stress.Config{Method: stress.Residual, Calibration: stress.Isotonic}},
	{Passage, stress.Config{Method: stress.Passage, Calibration: stress.Isotonic}},
	{PassageRaw, stress.Config{Method: stress.Passage, Calibration: stress.Uncalibrated}},
}

// result is one forecaster in one year.
type result struct {
	name     string
	score    Score
	warnings stress.Warnings
	license  *bool // whether a model may move money; nil for what is no model
}

func (r result) warned() float64 { return float64(r.warnings.Warned) / float64(r.warnings.Onsets) }

// year is one seed, judged. Its results are in the same order for every seed.
type year struct {
	baseRate float64
	results  []result
	bins     []stress.Bin // of the default
	early    [2]float64   // share of its breaches that came by P50 and by P90
}

// exam is a year being judged.
type exam struct {
	system system
	past   stress.Sample
	held   stress.Sample
	onsets []stress.Onset
	base   float64
	year   year
}

func judge(seed uint64, banks int, best oracle) (year, error) {
	e := exam{system: newSystem(seed, banks)}
	sample, err := stress.NewSample(e.system.panel, horizon)
	if err != nil {
		return year{}, err
	}
	e.past, e.held = sample.Before(start.Add(half)), sample.From(start.Add(half))
	e.base = float64(e.past.Breaches()) / float64(e.past.Len())
	e.year.baseRate = float64(e.held.Breaches()) / float64(e.held.Len())
	if e.onsets, err = stress.Onsets(e.system.panel, lookback); err != nil {
		return year{}, err
	}
	omniscient := e.held.Try(func(bank int, at time.Time) float64 {
		return best.p(e.system.hidden[bank][hour(at)], e.system.log[bank][hour(at)])
	})
	if err := e.add(Oracle, omniscient, omniscient); err != nil {
		return year{}, err
	}
	if err := e.models(); err != nil {
		return year{}, err
	}
	return e.year, e.rules()
}

// models tries what the SDK fits.
func (e *exam) models() error {
	for _, f := range fitted {
		m, err := stress.Fit(f.cfg, e.past)
		if err != nil {
			return err
		}
		trials, err := m.Try(e.held)
		if err != nil {
			return err
		}
		if err := e.add(f.name, trials, trials); err != nil {
			return err
		}
		license, err := stress.Grant(m, e.held)
		if err != nil {
			return err
		}
		allowed := license.Allows(m)
		e.year.results[len(e.year.results)-1].license = &allowed
		if f.name == Default {
			if e.year.bins, err = stress.Reliability(trials, bins); err != nil {
				return err
			}
			e.year.early = early(trials)
		}
	}
	return nil
}

// rules tries the baselines. The level rule forecasts two probabilities but
// alarms by the level itself, as whoever watches it would.
func (e *exam) rules() error {
	ratio := func(bank int, at time.Time) float64 { return e.system.panel[bank].Seen[hour(at)].Ratio }
	below := func(bank int, at time.Time) float64 { return one(ratio(bank, at) < near) }
	level := newRule(e.past.Try(below)).apply(e.held.Try(below))
	lowest := e.held.Try(func(bank int, at time.Time) float64 { return 1 / (1 + ratio(bank, at)) })
	if err := e.add(Level, level, lowest); err != nil {
		return err
	}
	recent := func(bank int, at time.Time) float64 {
		for back := range int(lookback / time.Hour) {
			if e.system.log[bank][hour(at)-back] < math.Log(floor) {
				return 1
			}
		}
		return 0
	}
	persistent := newRule(e.past.Try(recent)).apply(e.held.Try(recent))
	return e.add(Persistence, persistent, persistent)
}

// add judges forecasts, and the alarms that ranking gives.
func (e *exam) add(name string, forecasts, ranking []stress.Trial) error {
	score, err := newScore(forecasts, e.base, week)
	if err != nil {
		return err
	}
	warnings, err := stress.Warn(ranking, e.onsets, budget, time.Hour, lookback)
	if err != nil {
		return err
	}
	e.year.results = append(e.year.results, result{name: name, score: score, warnings: warnings})
	return nil
}

// early says which share of breaches came by P50 and by P90 of their forecasts.
func early(trials []stress.Trial) (by [2]float64) {
	breaches := 0.0
	for _, t := range trials {
		if !t.Breached() {
			continue
		}
		breaches++
		expected := stress.NewTimeToBreach(t.P, time.Hour, horizon)
		by[0] += one(t.After <= expected.P50)
		by[1] += one(t.After <= expected.P90)
	}
	return [2]float64{by[0] / breaches, by[1] / breaches}
}
