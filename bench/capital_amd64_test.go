package bench_test

import (
	"bytes"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// cFlags build the yardstick. Contraction is off, as both sides must round the same.
var cFlags = []string{"-O3", "-march=native", "-mavx2", "-ffp-contract=off"}

const (
	yearOfDays  = 365
	capitalSeed = 1
)

// yardstick is bench/capital_c, built.
type yardstick string

func newYardstick(tb testing.TB) yardstick {
	tb.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		tb.Skip("there is no C compiler to measure beside: ", err)
	}
	path := filepath.Join(tb.TempDir(), "capital")
	args := append(append([]string{}, cFlags...), "-o", path, filepath.Join("capital_c", "capital.c"), "-lm")
	out, err := exec.CommandContext(tb.Context(), cc, args...).CombinedOutput()
	require.NoError(tb, err, "%s", out)
	version, err := exec.CommandContext(tb.Context(), cc, "--version").Output()
	require.NoError(tb, err)
	first, _, _ := bytes.Cut(version, []byte("\n"))
	tb.Logf("%s, %v", first, cFlags)
	return yardstick(path)
}

// run lives paths one by one ("scalar") or four at a time ("avx2"), and returns
// the time it took and the hash of what came of it.
func (y yardstick) run(tb testing.TB, mode, scenario string, leverage float64, paths, runs int) (time.Duration, string) {
	tb.Helper()
	args := []string{mode, scenario, fmt.Sprint(leverage), strconv.Itoa(capitalSeed), strconv.Itoa(paths), strconv.Itoa(runs)}
	out, err := exec.CommandContext(tb.Context(), string(y), args...).Output()
	require.NoError(tb, err)
	var seconds float64
	var hash string
	_, err = fmt.Sscan(string(out), &seconds, &hash)
	require.NoError(tb, err)
	return time.Duration(seconds * 1e9), hash
}

func capitalJob(tb testing.TB, scenario string, leverage float64, paths int) capital.Job {
	tb.Helper()
	base, err := capital.Seed.Params()
	require.NoError(tb, err)
	s, err := capital.FindScenario(scenario)
	require.NoError(tb, err)
	p := s.Apply(base)
	p.Stance.Leverage = leverage
	return capital.Job{Params: p, Seed: capitalSeed, Paths: int64(paths)}
}

// outcomesHash folds outcomes as capital.c does.
func outcomesHash(outcomes []capital.Outcome) string {
	mix := func(z uint64) uint64 {
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	var hash uint64
	for _, o := range outcomes {
		liquidated := uint64(0)
		if o.Liquidated {
			liquidated = 1
		}
		hash = mix(hash ^ math.Float64bits(o.ROI))
		hash = mix(hash ^ math.Float64bits(o.Drawdown))
		hash = mix(hash ^ liquidated)
		for _, n := range []int32{o.Epochs, o.PegEvents, o.FloorViolations, o.Throttles, o.SpreadChanges, o.Delevers, o.Breakers} {
			hash = mix(hash ^ uint64(n))
		}
	}
	return fmt.Sprintf("%016x", hash)
}

var capitalScenarios = []string{
	"chain138_deployed_capital_efficiency", "crash_40pct_external_asset", "high_vol_sigma_spike", "bank_run_redemption_spike",
}

// A model written twice, in two languages, gives the same bits.
func TestCapitalHasTheBitsOfC(t *testing.T) {
	c := newYardstick(t)
	for _, scenario := range capitalScenarios {
		for _, leverage := range []float64{1, 1.5, 2, 3, 4} {
			const paths = 1003 // not a multiple of four
			part, err := capital.Run(t.Context(), capitalJob(t, scenario, leverage, paths), capital.Options{Outcomes: true})
			require.NoError(t, err)
			for _, mode := range []string{"scalar", "avx2"} {
				_, hash := c.run(t, mode, scenario, leverage, paths, 1)
				require.Equal(t, hash, outcomesHash(part.Outcomes), "%s at %v, %s", scenario, leverage, mode)
			}
		}
	}
}

// One core of each, in turns. Throughputs are the best of all turns, for what else
// the machine does only adds. The ratio, C's time over ours, is the median of the
// turns' own: a processor that changes its clock meets both sides of a turn alike.
// Each side lives its paths twice in a turn and the better counts, for a process
// that has just begun meets its memory for the first time. Our time includes what
// C does not do: to check and prepare the job, and to count outcomes.
func BenchmarkCapitalBesideC(b *testing.B) {
	c := newYardstick(b)
	mode := "scalar"
	if capital.Lanes() > 1 {
		mode = "avx2"
	}
	const (
		paths = 2048 // some ten milliseconds: what begins a run is forgotten
		runs  = 2
	)
	for _, scenario := range capitalScenarios {
		b.Run(mode+"/"+scenario, func(b *testing.B) {
			job := capitalJob(b, scenario, 1.5, paths)
			best, bestOfC := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			var ratios []float64
			for b.Loop() {
				ours := time.Duration(math.MaxInt64)
				for range runs {
					began := time.Now()
					_, err := capital.Run(b.Context(), job, capital.Options{Workers: 1})
					ours = min(ours, time.Since(began))
					require.NoError(b, err)
				}
				theirs, _ := c.run(b, mode, scenario, 1.5, paths, runs)
				best, bestOfC = min(best, ours), min(bestOfC, theirs)
				ratios = append(ratios, theirs.Seconds()/ours.Seconds())
			}
			slices.Sort(ratios)
			b.ReportMetric(paths*yearOfDays/best.Seconds()/1e6, "Mpath-epochs/s")
			b.ReportMetric(paths*yearOfDays/bestOfC.Seconds()/1e6, "C-Mpath-epochs/s")
			b.ReportMetric(100*ratios[len(ratios)/2], "%-of-C")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// Eight candidates of 20,000 paths of a year, together and one by one.
func BenchmarkCapitalSweep(b *testing.B) {
	var jobs []capital.Job
	for _, leverage := range []float64{1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4} {
		jobs = append(jobs, capitalJob(b, "crash_40pct_external_asset", leverage, 20_000))
	}
	together, apart := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for b.Loop() {
		began := time.Now()
		_, err := capital.RunTogether(b.Context(), jobs, capital.Options{})
		require.NoError(b, err)
		together = min(together, time.Since(began))
		began = time.Now()
		for _, job := range jobs {
			_, err := capital.Run(b.Context(), job, capital.Options{})
			require.NoError(b, err)
		}
		apart = min(apart, time.Since(began))
	}
	b.ReportMetric(together.Seconds(), "s-together")
	b.ReportMetric(100*together.Seconds()/apart.Seconds(), "%-of-apart")
	b.ReportMetric(0, "ns/op")
}
