package treasury

import (
	"context"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// Stretch is some epochs, and the share of all paths' epochs in them in which
// something happened. A path that was liquidated has no more epochs.
type Stretch struct {
	To        int // the last epoch, counted from 1
	Throttled float64
	OffPeg    float64
	BelowMin  float64 // external liquidity under its floor
}

// A timeline is of few stretches and paths, for each stretch simulates all before
// it once more.
const (
	TimelineStretches = 36
	TimelinePaths     = 512
)

// Timeline divides the first paths of a job into stretches. A path of fewer epochs
// is the beginning of a longer one, so what happened by some epoch is what a job
// that ends there counts.
func Timeline(ctx context.Context, job capital.Job, workers int) ([]Stretch, error) {
	whole := job.Params
	job.Paths = min(job.Paths, TimelinePaths)
	stretches := min(TimelineStretches, whole.Epochs)
	all := make([]Stretch, stretches)
	var before capital.Tally
	for i := range all {
		job.Params = until(whole, whole.Epochs*(i+1)/stretches)
		part, err := capital.Run(ctx, job, capital.Options{Workers: workers})
		if err != nil {
			return nil, err
		}
		now := part.Tally
		epochs := float64(job.Paths) * float64(job.Params.Epochs-whole.Epochs*i/stretches)
		all[i] = Stretch{
			To:        job.Params.Epochs,
			Throttled: float64(now.Throttles-before.Throttles) / epochs,
			OffPeg:    float64(now.PegEvents-before.PegEvents) / epochs,
			BelowMin:  float64(now.FloorViolations-before.FloorViolations) / epochs,
		}
		before = now
	}
	return all, nil
}

// until is p with its paths cut off after some epochs, and without the shocks that
// come later.
func until(p capital.Params, epochs int) capital.Params {
	shocks := p.Shocks
	p.Epochs, p.Shocks = epochs, nil
	for _, s := range shocks {
		if s.Epoch < epochs {
			p.Shocks = append(p.Shocks, s)
		}
	}
	return p
}
