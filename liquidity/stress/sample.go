package stress

import (
	"fmt"
	"sort"
	"time"
)

// maxExamples bounds a sample: banks times observations.
const maxExamples = 20_000_000

// Sample is a set of examples: what a forecast would have seen, and what came of
// it. Immutable, so safe for concurrent use; made by [NewSample].
type Sample struct {
	every    time.Duration
	steps    int
	examples []example // in order of time, then of bank
}

// example is one moment of one bank that was not in breach.
type example struct {
	bank   int
	at     time.Time
	seen   glance
	change float64 // of ln ratio in the last step
	low    float64 // lowest ln ratio of the horizon, less that of now
	after  int     // steps to the first breach; 0 if the horizon has none
}

// NewSample makes an example of every observation of every bank that has
// [Memory] observations up to it, a whole horizon after it, and no breach at it.
// The histories of a panel have the same interval, end and length; what is
// malformed wraps [ErrInvalid].
func NewSample(panel []History, horizon time.Duration) (Sample, error) {
	if err := validatePanel(panel); err != nil {
		return Sample{}, err
	}
	first := panel[0]
	n, err := steps(first.Every, horizon)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{every: first.Every, steps: n}
	type read struct{ distance, fx []float64 }
	banks := make([]read, len(panel))
	for b, h := range panel {
		banks[b].distance, banks[b].fx = logs(h.Floor, h.Seen)
	}
	last := len(first.Seen) - 1
	for t := Memory - 1; t+n <= last; t++ {
		at := first.End.Add(-time.Duration(last-t) * first.Every)
		for b, bank := range banks {
			if bank.distance[t] < 0 {
				continue
			}
			e := example{
				bank: b, at: at,
				seen:   look(panel[b].Seen[:t+1], bank.distance, bank.fx),
				change: bank.distance[t] - bank.distance[t-1],
			}
			e.low, e.after = outcome(bank.distance[t : t+n+1])
			s.examples = append(s.examples, e)
		}
	}
	return s, nil
}

// outcome looks ahead from the first of the distances.
func outcome(distance []float64) (low float64, after int) {
	low = distance[1] - distance[0]
	for k, d := range distance[1:] {
		low = min(low, d-distance[0])
		if d < 0 && after == 0 {
			after = k + 1
		}
	}
	return low, after
}

func validatePanel(panel []History) error {
	if len(panel) == 0 {
		return fmt.Errorf("%w: panel of 0 histories: must have at least 1", ErrInvalid)
	}
	for b, h := range panel {
		if err := h.validate(0); err != nil {
			return fmt.Errorf("history %d: %w", b, err)
		}
		if first := panel[0]; h.Every != first.Every || !h.End.Equal(first.End) || len(h.Seen) != len(first.Seen) {
			return fmt.Errorf("%w: history %d of %d observations, every %v until %v: must be like the first, %d, every %v until %v",
				ErrInvalid, b, len(h.Seen), h.Every, h.End, len(first.Seen), first.Every, first.End)
		}
	}
	if n := len(panel) * len(panel[0].Seen); n > maxExamples {
		return fmt.Errorf("%w: panel of %d observations: must be at most %d", ErrInvalid, n, maxExamples)
	}
	return nil
}

// Len is the number of examples.
func (s Sample) Len() int { return len(s.examples) }

// Breaches is how many of them a breach followed.
func (s Sample) Breaches() (n int) {
	for _, e := range s.examples {
		if e.after > 0 {
			n++
		}
	}
	return n
}

// Before returns the examples whose outcome was known before t, [Sample.From]
// those made at t or later. What lies between is in neither, so nothing that a
// model learned from the first part overlaps with the second.
func (s Sample) Before(t time.Time) Sample {
	horizon := time.Duration(s.steps) * s.every
	s.examples = s.examples[:s.find(func(e example) bool { return !e.at.Add(horizon).Before(t) })]
	return s
}

// From returns the examples made at t or later; see [Sample.Before].
func (s Sample) From(t time.Time) Sample {
	s.examples = s.examples[s.find(func(e example) bool { return !e.at.Before(t) }):]
	return s
}

// find returns the first example from which on late holds.
func (s Sample) find(late func(example) bool) int {
	return sort.Search(len(s.examples), func(i int) bool { return late(s.examples[i]) })
}

// known is when the last outcome of the sample was known.
func (s Sample) known() time.Time {
	return s.examples[len(s.examples)-1].at.Add(time.Duration(s.steps) * s.every)
}

func (s Sample) breached() []bool {
	breached := make([]bool, len(s.examples))
	for i, e := range s.examples {
		breached[i] = e.after > 0
	}
	return breached
}

// Try returns what any other forecast says at each example, and what came of it:
// a baseline to compare a model with.
func (s Sample) Try(forecast func(bank int, at time.Time) float64) []Trial {
	return s.trials(func(e example) float64 { return forecast(e.bank, e.at) })
}

func (s Sample) trials(forecast func(example) float64) []Trial {
	trials := make([]Trial, len(s.examples))
	for i, e := range s.examples {
		trials[i] = Trial{Bank: e.bank, At: e.at, P: forecast(e), After: time.Duration(e.after) * s.every}
	}
	return trials
}
