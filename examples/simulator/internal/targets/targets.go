package targets

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// What the plan asks for.
const (
	goalBps      = 10.0           // peg stability
	goalLatency  = 5              // blocks, exclusive: rebalance latency
	goalRecovery = 3              // blocks, exclusive: flash drain recovery
	goalShare    = 98.0           // per cent of blocks inside goalBps under lumpy flow
	goalSpread   = 15.0           // bps between two chains, exclusive
	goalInSpread = 99.0           // per cent of the seconds inside goalSpread
	flowPerHour  = 50_000 * micro // projected one-way flow
	usualBlock   = 2 * time.Second
)

// What is assumed where the plan is silent.
const (
	span        = 24 * time.Hour // of every run under flow
	lumpSeeds   = 20             // of the lumpy flow that has to be withstood
	fewSeeds    = 5              // of those reported beside it
	arbFeeBps   = 1              // what arbitrage between the two pools of mode mesh costs
	arbLatency  = 1              // blocks by which it is late
	poolFeeBps  = 3              // of what is traded, in the costs per day
	gasPerTrade = 1              // token, in the costs per day
	drainBps    = 100
	quiet       = 20  // blocks before a drain or a step, to warm up
	patience    = 200 // blocks after it; what is not corrected by then never is
	forGood     = patience + 1
)

// Row is one target, measured.
type Row struct {
	Profile  string  `json:"profile"`
	Mode     string  `json:"mode"`
	Case     string  `json:"case"`
	Goal     string  `json:"goal"`
	Measured float64 `json:"measured"` // in Unit
	Unit     string  `json:"unit"`
	Met      bool    `json:"met"`
	// Fixed is what the plan's own fixed trades, 25 units 33 times a minute,
	// come to in the first hour, in Unit; nil where they say nothing.
	Fixed *float64 `json:"fixed_rule"`
	// Beside is what else the runs showed.
	Beside []Figure `json:"beside,omitempty"`
}

// Figure is a number with a name.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// The names of figures.
const (
	WorstPeak    = "worst_peak_bps"
	HaltedAfter  = "halted_after_minutes" // from there on nothing stood against the flow
	Trades       = "trades"
	TradesPerDay = "trades_per_day"
	FeesPerDay   = "fees_per_day" // tokens, as the next two
	GasPerDay    = "gas_per_day"
	LossPerDay   = "loss_per_day" // with fees and gas, against the peg; negative is a gain
)

// Figure returns the figure of that name, and whether the row has it.
func (r Row) Figure(name string) (float64, bool) {
	for _, f := range r.Beside {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// Measure measures every target for both profiles in both modes, and the spread
// between two chains, on all cores;
// the rows do not depend on how many there are. show, unless nil, is told after
// each run how many of how many are done.
func Measure(ctx context.Context, show func(done, total int)) ([]Row, error) {
	var goals []goal
	for _, profile := range []string{"target", "conservative"} {
		for _, mode := range []stabilizer.Mode{stabilizer.Direct, stabilizer.Mesh} {
			goals = append(goals, goalsOf(profile, mode)...)
		}
	}
	goals = append(goals, spreadGoals()...)
	outcomes, err := runAll(ctx, goals, show)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(goals))
	for i, g := range goals {
		rows[i] = g.row
		g.judge(&rows[i], outcomes[i])
	}
	return rows, nil
}

func runAll(ctx context.Context, goals []goal, show func(done, total int)) ([][]outcome, error) {
	var (
		outcomes    = make([][]outcome, len(goals))
		done, total int
		counting    sync.Mutex
	)
	for i, g := range goals {
		outcomes[i] = make([]outcome, len(g.runs))
		total += len(g.runs)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, g := range goals {
		for j, p := range g.runs {
			group.Go(func() error {
				o, err := p.run(ctx)
				if err != nil {
					return fmt.Errorf("%s %s %s: %w", g.row.Profile, g.row.Mode, g.row.Case, err)
				}
				outcomes[i][j] = o
				counting.Lock()
				defer counting.Unlock()
				if done++; show != nil {
					show(done, total)
				}
				return nil
			})
		}
	}
	return outcomes, group.Wait()
}

// config is a profile over a linear pool of the plan's depth.
func config(profile string, mode stabilizer.Mode, blockTime time.Duration) stabilizer.Config {
	pair := exchange.Pair{Base: "cUSDC", Quote: "cUSDT"}
	of := stabilizer.Target
	if profile == "conservative" {
		of = stabilizer.Conservative
	}
	cfg := of(pair, "public", decimal.New(unitsPerBps, 0), blockTime)
	cfg.Anchor = "XAU"
	if mode == stabilizer.Mesh {
		cfg.Traded = "private"
		cfg.Route = []stabilizer.Leg{{In: pair.Base, Out: cfg.Anchor}, {In: cfg.Anchor, Out: pair.Quote}}
	}
	return cfg
}
