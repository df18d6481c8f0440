package stress

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Trial is a forecast and what came of it.
type Trial struct {
	Bank  int // index in the panel
	At    time.Time
	P     float64       // that was forecast
	After time.Duration // to the first breach; 0 if none came within the horizon
}

// Breached says whether a breach came within the horizon.
func (t Trial) Breached() bool { return t.After > 0 }

// byForecast returns the trials by rising forecast.
func byForecast(trials []Trial) []Trial {
	trials = slices.Clone(trials)
	slices.SortFunc(trials, func(a, b Trial) int { return cmp.Or(cmp.Compare(a.P, b.P), byBank(a, b)) })
	return trials
}

// byBank orders by bank, then time.
func byBank(a, b Trial) int { return cmp.Or(cmp.Compare(a.Bank, b.Bank), a.At.Compare(b.At)) }

// checkTrials checks that there are trials, and each P is a probability.
func checkTrials(trials []Trial) error {
	if len(trials) == 0 {
		return fmt.Errorf("%w: 0 trials: must have at least 1", ErrInvalid)
	}
	for i, t := range trials {
		if !(t.P >= 0 && t.P <= 1) {
			return fmt.Errorf("%w: trial %d: P %v: must be in [0, 1]", ErrInvalid, i, t.P)
		}
	}
	return nil
}
