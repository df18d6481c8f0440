package stress_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

const day = 24 * time.Hour

// trial is one made on a day; it came true or not.
func trial(onDay int, p float64, breached bool) stress.Trial {
	t := stress.Trial{At: end.Add(time.Duration(onDay) * day), P: p}
	if breached {
		t.After = time.Hour
	}
	return t
}

// each makes a trial a day of a forecast and what came of it.
func each(days int, of func(day int) (float64, bool)) []stress.Trial {
	var trials []stress.Trial
	for d := range days {
		p, breached := of(d)
		trials = append(trials, trial(d, p, breached))
	}
	return trials
}

func TestBrierByHand(t *testing.T) {
	got, err := stress.Brier([]stress.Trial{trial(0, 0.1, false), trial(0, 0.8, true), trial(0, 1, false), trial(0, 0, false)})
	require.NoError(t, err)
	require.InDelta(t, (0.01+0.04+1+0)/4, got, 1e-12)
}

func TestSkillByHand(t *testing.T) {
	rows := []struct {
		name     string
		forecast func(d int) (float64, bool)
		value    float64
		low      float64
	}{
		{"the base rate itself has none", func(d int) (float64, bool) { return 0.25, d%4 == 0 }, 0, 0},
		{"a prophet has all", func(d int) (float64, bool) {
			if d%4 == 0 {
				return 1, true
			}
			return 0, false
		}, 1, 1},
		{"to be always wrong is far worse than none", func(d int) (float64, bool) {
			if d%4 == 0 {
				return 0, true
			}
			return 1, false
		}, 1 - 4/0.75, 1 - 4/0.75 - 1.729*deviationOfAlwaysWrong},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := stress.NewSkill(each(40, row.forecast), 0.25, day)
			require.NoError(t, err)
			require.InDelta(t, row.value, got.Value, 1e-12)
			require.InDelta(t, row.low, got.Low, 1e-12)
			require.Equal(t, 40, got.N)
			require.Equal(t, 40, got.Blocks)
			require.InDelta(t, 0.25, got.Base, 0)
		})
	}
}

// Each of 40 days loses 1, against 0.5625 on 10 of them and 0.0625 on 30: R is
// 40/7.5, and (1 - R b)² sums to 10 x 4 + 30 x 4/9.
var deviationOfAlwaysWrong = math.Sqrt(40./39*160/3) / 7.5

func TestABlockIsAllBanksOverAStretchOfTime(t *testing.T) {
	forecast := func(d int) (float64, bool) { return 0.3 * float64(d%2), d%5 == 0 }
	trials := each(140, forecast)
	daily, err := stress.NewSkill(trials, 0.2, day)
	require.NoError(t, err)
	weekly, err := stress.NewSkill(trials, 0.2, 7*day)
	require.NoError(t, err)
	require.Equal(t, 140, daily.Blocks)
	require.Contains(t, []int{20, 21}, weekly.Blocks)
	require.InDelta(t, daily.Value, weekly.Value, 1e-12)

	// The same forecasts by two banks that share their fate tell nothing new.
	both := trials
	for _, one := range trials {
		one.Bank = 1
		both = append(both, one)
	}
	twice, err := stress.NewSkill(both, 0.2, day)
	require.NoError(t, err)
	require.InDelta(t, daily.Low, twice.Low, 1e-12)
	require.Equal(t, 280, twice.N)
}

// A forecast drawn without knowing anything has the expected skill
// -Var(P)/(base (1 - base)) beside a bias of none. Its lower end must lie above
// that in about one of twenty samples, also where banks share each day's fate.
func TestTheLowerEndIsExceededAsOftenAsItSays(t *testing.T) {
	const samples, days, banks, base = 400, 60, 5, 0.3
	rng := rand.New(rand.NewPCG(7, 8))
	above, truth := 0, -0.01/(base*(1-base))
	for range samples {
		var trials []stress.Trial
		for d := range days {
			fate, p := rng.Float64() < base, base-0.1
			if rng.Float64() < 0.5 {
				p = base + 0.1
			}
			for b := range banks {
				one := trial(d, p, fate)
				one.Bank = b
				trials = append(trials, one)
			}
		}
		got, err := stress.NewSkill(trials, base, day)
		require.NoError(t, err)
		if got.Low > truth {
			above++
		}
	}
	require.InDelta(t, 0.045, float64(above)/samples, 0.03)
}

func TestWhatCannotBeJudgedIsRefused(t *testing.T) {
	good := each(40, func(d int) (float64, bool) { return 0.2, d%4 == 0 })
	skill := func(trials []stress.Trial, base float64, block time.Duration) error {
		_, err := stress.NewSkill(trials, base, block)
		return err
	}
	_, brier := stress.Brier(nil)
	_, auc := stress.AUC([]stress.Trial{trial(0, 1.5, true)})
	_, oneKind := stress.AUC(good[1:3])
	_, noBins := stress.Reliability(good, 0)
	_, manyBins := stress.Reliability(good, 41)
	_, reliability := stress.Reliability(nil, 1)
	for want, err := range map[string]error{
		"0 trials: must have at least 1":                                    brier,
		"trial 0: P 1.5: must be in [0, 1]":                                 auc,
		"2 trials of one kind: must be some with a breach and some without": oneKind,
		"bins 0: must be 1 to 40, the trials":                               noBins,
		"bins 41: must be 1 to 40, the trials":                              manyBins,
		"base 0: must be in (0, 1)":                                         skill(good, 0, day),
		"base 1: must be in (0, 1)":                                         skill(good, 1, day),
		"block 0s: must be > 0":                                             skill(good, 0.2, 0),
		"19 trials in 19 blocks of 24h0m0s: must be in at least 20":         skill(good[:19], 0.2, day),
		"trial 2: P -0.1: must be in [0, 1]":                                skill([]stress.Trial{{}, {}, {P: -0.1}}, 0.2, day),
	} {
		require.ErrorIs(t, err, stress.ErrInvalid)
		require.EqualError(t, err, "stress: invalid: "+want)
	}
	require.EqualError(t, reliability, "stress: invalid: 0 trials: must have at least 1")
	require.NoError(t, skill(good[:20], 0.2, day), "20 are enough")
}

func TestAUCIsTheChanceToRankAPairRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "n")
		trials := each(n, func(d int) (float64, bool) {
			return rapid.SampledFrom([]float64{0, 0.3, 0.7}).Draw(t, "p"), d == 0 || d > 1 && rapid.Bool().Draw(t, "breached")
		})
		right, pairs := 0.0, 0.0
		for _, a := range trials {
			for _, b := range trials {
				if !a.Breached() || b.Breached() {
					continue
				}
				pairs++
				switch {
				case a.P > b.P:
					right++
				case a.P == b.P:
					right += 0.5
				}
			}
		}
		got, err := stress.AUC(trials)
		require.NoError(t, err)
		require.InDelta(t, right/pairs, got, 1e-12)
	})
}

func TestReliabilityComparesWhatWasSaidWithWhatCame(t *testing.T) {
	trials := each(10, func(d int) (float64, bool) { return float64(9-d) / 10, d == 0 || d == 1 || d == 9 })
	got, err := stress.Reliability(trials, 2)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.InDelta(t, 0.2, got[0].Forecast, 1e-12, "the lowest first: 0 to 0.4")
	require.InDelta(t, 0.2, got[0].Observed, 1e-12)
	require.InDelta(t, 0.7, got[1].Forecast, 1e-12)
	require.InDelta(t, 0.4, got[1].Observed, 1e-12)
	thirds, err := stress.Reliability(trials, 3)
	require.NoError(t, err)
	require.Equal(t, 10, thirds[0].N+thirds[1].N+thirds[2].N, "all of them, in bins as equal as can be")
}
