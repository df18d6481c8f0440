package weekend

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

// Grid is what a sweep spans: every combination of the lists, each with as many
// seeds.
type Grid struct {
	Seeds     int
	Reserves  []decimal.Decimal
	Shares    []decimal.Decimal
	Latencies []int
}

// Runs returns how many runs with a stabilizer the grid has.
func (g Grid) Runs() int {
	return g.Seeds * len(g.Reserves) * len(g.Shares) * len(g.Latencies)
}

// Check reports the first combination of the grid that Run and Sweep would not
// accept with this tape and setup.
func (g Grid) Check(t tape.Tape, s Setup) error {
	for _, s.Reserve = range g.Reserves {
		for _, s.Share = range g.Shares {
			for _, s.Latency = range g.Latencies {
				if _, err := fits(t, s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Point is one combination of a grid, over all its seeds.
type Point struct {
	Reserve    decimal.Decimal `json:"reserve"`
	Share      decimal.Decimal `json:"share"`
	Latency    int             `json:"latency_blocks"`
	Seeds      int             `json:"seeds"`
	Lost       int             `json:"peg_lost"` // in so many of the seeds
	Bought     Range           `json:"minutes_bought"`
	PerMillion Range           `json:"minutes_bought_per_million"`
	Spent      Range           `json:"spent"`
	WorstMark  Range           `json:"worst_mark"`
	FinalMark  Range           `json:"final_mark"`
}

// Range is what a figure was over the seeds.
type Range struct {
	Lowest  decimal.Decimal `json:"lowest"`
	Median  decimal.Decimal `json:"median"`
	Highest decimal.Decimal `json:"highest"`
}

// Sweep runs the grid, without journals and on all processors. The seeds are
// setup.Seed and those after it. Runs that differ in the reserve only share
// their scenario and the run without stabilizer.
func Sweep(ctx context.Context, t tape.Tape, setup Setup, g Grid, progress Progress) ([]Point, error) {
	type task struct {
		share   decimal.Decimal
		latency int
		seed    uint64
	}
	var tasks []task
	for _, share := range g.Shares {
		for _, latency := range g.Latencies {
			for i := range g.Seeds {
				tasks = append(tasks, task{share, latency, setup.Seed + uint64(i)})
			}
		}
	}
	results := make([][]Verdict, len(tasks)) // by task, then by reserve
	var mu sync.Mutex                        // progress is told by one run at a time
	done := 0
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, task := range tasks {
		work.Go(func() error {
			s := setup
			s.Share, s.Latency, s.Seed = task.share, task.latency, task.seed
			var err error
			results[i], err = verdicts(ctx, t, s, g.Reserves)
			mu.Lock()
			defer mu.Unlock()
			done++
			progress("sweep", done, len(tasks))
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	var points []Point
	for r, reserve := range g.Reserves {
		for first := 0; first < len(tasks); first += g.Seeds {
			var seeds []Verdict
			for _, of := range results[first : first+g.Seeds] {
				seeds = append(seeds, of[r])
			}
			points = append(points, newPoint(reserve, tasks[first].share, tasks[first].latency, seeds))
		}
	}
	return points, nil
}

// verdicts runs one scenario with each reserve.
func verdicts(ctx context.Context, t tape.Tape, s Setup, reserves []decimal.Decimal) ([]Verdict, error) {
	quiet := func(int) {}
	sc, err := newScenario(t, s)
	if err != nil {
		return nil, err
	}
	idle, err := sc.idle(ctx, s, quiet)
	if err != nil {
		return nil, err
	}
	of := make([]Verdict, len(reserves))
	for i, reserve := range reserves {
		s.Reserve = reserve
		defended, err := sc.defend(ctx, s, nil, quiet)
		if err != nil {
			return nil, err
		}
		of[i] = judge(sc, s, defended, idle)
	}
	return of, nil
}

func newPoint(reserve, share decimal.Decimal, latency int, seeds []Verdict) Point {
	over := func(figure func(Verdict) decimal.Decimal) Range {
		values := make([]decimal.Decimal, len(seeds))
		for i, v := range seeds {
			values[i] = figure(v)
		}
		slices.SortFunc(values, decimal.Decimal.Compare)
		return Range{values[0], values[len(values)/2], values[len(values)-1]}
	}
	p := Point{
		Reserve: reserve, Share: share, Latency: latency, Seeds: len(seeds),
		Bought:     over(func(v Verdict) decimal.Decimal { return v.Bought }),
		PerMillion: over(func(v Verdict) decimal.Decimal { return v.PerMillion }),
		Spent:      over(func(v Verdict) decimal.Decimal { return v.Spent }),
		WorstMark:  over(func(v Verdict) decimal.Decimal { return v.WorstMark }),
		FinalMark:  over(func(v Verdict) decimal.Decimal { return v.FinalMark }),
	}
	for _, v := range seeds {
		if v.PegLost {
			p.Lost++
		}
	}
	return p
}
