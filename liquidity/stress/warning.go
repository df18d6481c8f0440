package stress

import (
	"fmt"
	"slices"
	"time"
)

// Onset is the first breach of a bank after a quiet time.
type Onset struct {
	Bank int
	At   time.Time
}

// Onsets returns the breaches of a panel that had no breach for quiet before
// them, in order of bank and time. What is malformed is an [ErrInvalid].
func Onsets(panel []History, quiet time.Duration) ([]Onset, error) {
	if err := validatePanel(panel); err != nil {
		return nil, err
	}
	calm, err := steps(panel[0].Every, quiet)
	if err != nil {
		return nil, err
	}
	var onsets []Onset
	for b, h := range panel {
		last := -1 // breach; the first observations count as just after one
		for i, o := range h.Seen {
			if o.Ratio >= h.Floor {
				continue
			}
			if i-last > calm {
				onsets = append(onsets, Onset{b, h.End.Add(-time.Duration(len(h.Seen)-1-i) * h.Every)})
			}
			last = i
		}
	}
	return onsets, nil
}

// Warnings says how forecasts would have served as an alarm that may sound a
// given share of the time.
type Warnings struct {
	Onsets int `json:"onsets"`
	Warned int `json:"warned"` // onsets with an alarm in the lookback before them
	// Lead is the median time from the first such alarm to the onset, 0 if none
	// was warned.
	Lead time.Duration `json:"lead_ns"`
	// FalseAlarms are uninterrupted alarms that no onset followed within the
	// lookback of their beginning.
	FalseAlarms  int     `json:"false_alarms"`
	FalsePerYear float64 `json:"false_alarms_per_bank_year"`
	Threshold    float64 `json:"threshold"` // an alarm is a forecast above it
}

// year is a bank-year.
const year = 365 * 24 * time.Hour

// Warn turns the trials with the highest forecasts into alarms, at most the
// budget's share of all: where ties would exceed it, none of them sounds. Only
// onsets with trials all through their lookback count. A budget outside (0, 1) is
// an [ErrInvalid], as is a lookback that is no multiple of every, the interval of
// the trials.
func Warn(trials []Trial, onsets []Onset, budget float64, every, lookback time.Duration) (Warnings, error) {
	if err := checkTrials(trials); err != nil {
		return Warnings{}, err
	}
	if !(budget > 0 && budget < 1) {
		return Warnings{}, fmt.Errorf("%w: budget %v: must be in (0, 1)", ErrInvalid, budget)
	}
	if every <= 0 {
		return Warnings{}, fmt.Errorf("%w: every %v: must be > 0", ErrInvalid, every)
	}
	back, err := steps(every, lookback)
	if err != nil {
		return Warnings{}, err
	}
	a := alarm{trials: slices.SortedFunc(slices.Values(trials), byBank), threshold: threshold(trials, budget), every: every, lookback: lookback}
	onsets = slices.SortedFunc(slices.Values(onsets), func(o, p Onset) int { return byBank(o.trial(), p.trial()) })
	w := Warnings{Threshold: a.threshold, FalseAlarms: a.mistaken(onsets)}
	var leads []time.Duration
	for _, o := range onsets {
		before, complete := a.before(o, back)
		if !complete {
			continue
		}
		w.Onsets++
		if i := slices.IndexFunc(before, a.sounds); i >= 0 {
			leads = append(leads, o.At.Sub(before[i].At))
		}
	}
	if w.Warned = len(leads); w.Warned > 0 {
		slices.Sort(leads)
		w.Lead = (leads[(len(leads)-1)/2] + leads[len(leads)/2]) / 2
	}
	w.FalsePerYear = float64(w.FalseAlarms) / (float64(len(trials)) * float64(every) / float64(year))
	return w, nil
}

// threshold is the least forecast that is exceeded by at most the budget's share.
func threshold(trials []Trial, budget float64) float64 {
	forecasts := make([]float64, len(trials))
	for i, t := range trials {
		forecasts[i] = t.P
	}
	slices.Sort(forecasts)
	return forecasts[len(forecasts)-1-int(budget*float64(len(forecasts)))]
}

// alarm sounds at every trial above its threshold.
type alarm struct {
	trials          []Trial // by bank, then time
	threshold       float64
	every, lookback time.Duration
}

func (a alarm) sounds(t Trial) bool { return t.P > a.threshold }

// before returns the trials of the lookback before an onset, and whether none is
// missing.
func (a alarm) before(o Onset, back int) ([]Trial, bool) {
	end, _ := slices.BinarySearchFunc(a.trials, o.trial(), byBank)
	if end < back {
		return nil, false
	}
	first := a.trials[end-back]
	return a.trials[end-back : end], first.Bank == o.Bank && first.At.Equal(o.At.Add(-a.lookback))
}

// mistaken counts the beginnings of alarms that no onset followed in time.
func (a alarm) mistaken(onsets []Onset) (n int) {
	for i, t := range a.trials {
		goesOn := i > 0 && a.trials[i-1].Bank == t.Bank && t.At.Sub(a.trials[i-1].At) == a.every && a.sounds(a.trials[i-1])
		if !a.sounds(t) || goesOn {
			continue
		}
		next, _ := slices.BinarySearchFunc(onsets, t, func(o Onset, t Trial) int { return byBank(o.trial(), t) })
		if next == len(onsets) || onsets[next].Bank != t.Bank || onsets[next].At.Sub(t.At) > a.lookback {
			n++
		}
	}
	return n
}

// trial is where an onset stands among trials.
func (o Onset) trial() Trial { return Trial{Bank: o.Bank, At: o.At} }
