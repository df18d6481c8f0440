package capital

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Options say how to run a job. None of them changes a bit of the result.
type Options struct {
	Workers  int   // 0 is as many as the machine has cores
	From, To int64 // the paths to run: a shard; 0, 0 is all of them
	Outcomes bool  // keep each path's outcome, 48 bytes: quantiles are then exact

	// Round is told the search after each whole round of Optimize, in order and on
	// the caller's goroutine: to show progress, and to save what a restart goes on
	// from. An error ends Optimize. Nil is told nothing; Run does not call it.
	Round func(Search) error
}

// batch is how many paths a worker takes at a time: enough to forget what taking
// them costs, few enough to be cancelled soon.
const batch = 256

// The bounds of a run: they keep what it needs below a few gigabytes.
const (
	MaxTogether = 256     // jobs
	MaxOutcomes = 1 << 24 // kept, of all jobs together
)

// Run simulates a job on several cores. When ctx ends it returns what is finished
// by then, a [Partial] that is not complete, with the context's error; the rest
// can be run later and merged. A malformed job is [ErrInvalid].
func Run(ctx context.Context, job Job, opt Options) (Partial, error) {
	parts, err := RunTogether(ctx, []Job{job}, opt)
	if len(parts) == 0 {
		return Partial{}, err
	}
	return parts[0], err
}

// RunTogether simulates jobs that meet the same market, path by path: they may
// differ in Stance, Throttle, Collateral and all else that is not the market's.
// The noise is drawn once for all, so this is faster than one after another, and
// differences between jobs are not by chance. Results are those of [Run].
func RunTogether(ctx context.Context, jobs []Job, opt Options) ([]Partial, error) {
	if err := opt.validate(jobs); err != nil {
		return nil, err
	}
	if opt.To == 0 {
		opt.To = jobs[0].Paths
	}
	if opt.Workers == 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	parts := make([]Partial, len(jobs))
	for i, job := range jobs {
		parts[i] = Partial{Job: job, From: opt.From}
		if opt.Outcomes {
			parts[i].Outcomes = make([]Outcome, opt.To-opt.From)
		}
	}
	var (
		workers sync.WaitGroup
		collect sync.Mutex
		next    atomic.Int64 // the first path that nobody has taken
	)
	next.Store(opt.From)
	for range opt.Workers {
		workers.Go(func() {
			w := newWorker(jobs)
			for ctx.Err() == nil {
				from := next.Add(batch) - batch
				if from >= opt.To {
					break
				}
				w.run(from, min(from+batch, opt.To), opt.From, parts)
			}
			collect.Lock()
			defer collect.Unlock()
			for i := range parts {
				parts[i].Tally.Merge(w.tallies[i])
			}
		})
	}
	workers.Wait()
	// Batches are taken in order and finished once taken, so what is done has no gap.
	done := min(next.Load(), opt.To)
	for i := range parts {
		parts[i].To = done
		if opt.Outcomes {
			parts[i].Outcomes = parts[i].Outcomes[:done-opt.From]
		}
	}
	if done < opt.To {
		return parts, fmt.Errorf("capital: %d of %d paths done: %w", done-opt.From, opt.To-opt.From, context.Cause(ctx))
	}
	return parts, nil
}

// worker runs batches on one core.
type worker struct {
	kernel  *kernel
	tallies []Tally
	out     [][]Outcome
}

func newWorker(jobs []Job) *worker {
	w := &worker{kernel: newKernel(jobs), tallies: make([]Tally, len(jobs)), out: make([][]Outcome, len(jobs))}
	for i := range w.out {
		w.out[i] = make([]Outcome, batch)
	}
	return w
}

// run counts the paths [from, to), and keeps their outcomes where they are wanted.
func (w *worker) run(from, to, origin int64, parts []Partial) {
	for i := range w.out {
		w.out[i] = w.out[i][:to-from]
	}
	w.kernel.run(uint64(from), w.out)
	for i, out := range w.out {
		for _, o := range out {
			w.tallies[i].Add(o)
		}
		if parts[i].Outcomes != nil {
			copy(parts[i].Outcomes[from-origin:], out)
		}
	}
}

func (o Options) validate(jobs []Job) error {
	if err := check(
		rule{len(jobs) >= 1 && len(jobs) <= MaxTogether, "len(jobs)", len(jobs), fmt.Sprintf("must be in [1, %d]", MaxTogether)},
		rule{o.Workers >= 0 && o.Workers <= 1024, "Workers", o.Workers, "must be in [0, 1024]"},
	); err != nil {
		return err
	}
	for i, j := range jobs {
		if err := j.Validate(); err != nil {
			return err
		}
		if !jobs[0].sameMarket(j) {
			return fmt.Errorf("%w: jobs[%d] meets another market than jobs[0]: must be the same", ErrInvalid, i)
		}
	}
	to := o.To
	if to == 0 {
		to = jobs[0].Paths
	}
	return check(
		rule{o.From >= 0 && o.From < to, "From", o.From, fmt.Sprintf("must be in [0, %d)", to)},
		rule{to <= jobs[0].Paths, "To", to, fmt.Sprintf("must be at most %d", jobs[0].Paths)},
		rule{!o.Outcomes || to-o.From <= MaxOutcomes/int64(len(jobs)), "Outcomes of To - From", to - o.From, fmt.Sprintf("must be at most %d", MaxOutcomes/len(jobs))},
	)
}

// sameMarket reports whether two jobs draw the same weather.
func (j Job) sameMarket(k Job) bool {
	a, b := j.Params, k.Params
	return j.Seed == k.Seed && j.Paths == k.Paths && a.Epochs == b.Epochs && a.EpochsPerYear == b.EpochsPerYear &&
		a.Market == b.Market && a.Peg.ImbalanceVol == b.Peg.ImbalanceVol && slices.Equal(a.Shocks, b.Shocks) &&
		a.Redemptions == b.Redemptions
}

// Optimize carries a search on to its end. When ctx ends it returns the search
// after its last whole round, with the context's error: call it again to go on.
// A search of one round has nothing to go on from; [SearchConfig].KeepAll divides
// it. Outcomes and shards are not for a search; only Workers and Round count.
func Optimize(ctx context.Context, s Search, opt Options) (Search, error) {
	if err := s.validate(); err != nil {
		return s, err
	}
	for !s.Done() {
		results := make([][]Partial, len(s.Config.Scenarios))
		shard := Options{Workers: opt.Workers, From: s.Paths, To: s.upTo()}
		in := s.in()
		for k := range results {
			// As many at once as may run together; each meets the same noise.
			for some := range slices.Chunk(in, MaxTogether) {
				jobs := make([]Job, len(some))
				for n, candidate := range some {
					jobs[n] = s.job(candidate, k)
				}
				parts, err := RunTogether(ctx, jobs, shard)
				if err != nil {
					return s, err
				}
				results[k] = append(results[k], parts...)
			}
		}
		next, err := s.told(results)
		if err != nil {
			return s, err
		}
		s = next
		if opt.Round != nil {
			if err := opt.Round(s); err != nil {
				return s, fmt.Errorf("capital: round to path %d: %w", s.Paths, err)
			}
		}
	}
	return s, nil
}
