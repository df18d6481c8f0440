package stress_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestAnOnsetIsTheFirstBreachAfterAQuietTime(t *testing.T) {
	rows := []struct {
		name  string
		hours []int
		want  []int
	}{
		{"none without a breach", nil, nil},
		{"one for a spell of breaches", []int{50, 51, 52}, []int{50}},
		{"a second after six quiet hours", []int{50, 57}, []int{50, 57}},
		{"none after five", []int{50, 56}, []int{50}},
		{"none where the quiet time is not all seen", []int{5}, nil},
		{"one as soon as it is", []int{6}, []int{6}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := stress.Onsets([]stress.History{dipping(), dipping(row.hours...)}, 6*time.Hour)
			require.NoError(t, err)
			var want []stress.Onset
			for _, hour := range row.want {
				want = append(want, stress.Onset{Bank: 1, At: at(hour)})
			}
			require.Equal(t, want, got)
		})
	}
	_, err := stress.Onsets(nil, time.Hour)
	require.ErrorIs(t, err, stress.ErrInvalid)
	_, err = stress.Onsets([]stress.History{dipping()}, time.Minute)
	require.ErrorIs(t, err, stress.ErrInvalid)
}

// watch is a forecast an hour for so many hours: 0, but for the hours given.
func watch(bank, hours int, forecasts map[int]float64) []stress.Trial {
	trials := make([]stress.Trial, hours)
	for i := range trials {
		trials[i] = stress.Trial{Bank: bank, At: at(i), P: forecasts[i]}
	}
	return trials
}

func TestWarnByHand(t *testing.T) {
	onset := func(bank, hour int) stress.Onset { return stress.Onset{Bank: bank, At: at(hour)} }
	rows := []struct {
		name   string
		trials []stress.Trial
		onsets []stress.Onset
		budget float64
		want   stress.Warnings
	}{
		{
			"an alarm four hours before an onset",
			watch(0, 40, map[int]float64{26: 0.9}),
			[]stress.Onset{onset(0, 30)},
			0.03,
			stress.Warnings{Onsets: 1, Warned: 1, Lead: 4 * time.Hour},
		},
		{
			"the first alarm of the lookback counts",
			watch(0, 40, map[int]float64{24: 0.8, 28: 0.9}),
			[]stress.Onset{onset(0, 30)},
			0.06,
			stress.Warnings{Onsets: 1, Warned: 1, Lead: 6 * time.Hour},
		},
		{
			"an alarm before the lookback is a false one",
			watch(0, 40, map[int]float64{23: 0.9}),
			[]stress.Onset{onset(0, 30)},
			0.03,
			stress.Warnings{Onsets: 1, FalseAlarms: 1},
		},
		{
			"an alarm in the hour of the onset is too late to warn, and not false",
			watch(0, 40, map[int]float64{30: 0.9}),
			[]stress.Onset{onset(0, 30)},
			0.03,
			stress.Warnings{Onsets: 1},
		},
		{
			"another bank's alarm warns of nothing",
			append(watch(1, 40, map[int]float64{28: 0.9}), watch(0, 40, nil)...),
			[]stress.Onset{onset(0, 30)},
			0.015,
			stress.Warnings{Onsets: 1, FalseAlarms: 1},
		},
		{
			"hours without pause are one alarm",
			watch(0, 40, map[int]float64{3: 0.9, 4: 0.9, 5: 0.9, 9: 0.9}), nil, 0.1,
			stress.Warnings{FalseAlarms: 2},
		},
		{
			"a budget that ties would exceed leaves them silent",
			watch(0, 40, map[int]float64{3: 0.9, 9: 0.9, 15: 0.9}), nil, 0.05,
			stress.Warnings{Threshold: 0.9},
		},
		{
			"an onset whose lookback was not all forecast is not counted",
			watch(0, 40, map[int]float64{3: 0.9}),
			[]stress.Onset{onset(0, 5), onset(0, 60)},
			0.03,
			stress.Warnings{},
		},
		{
			"the lead is the median",
			append(watch(0, 40, map[int]float64{28: 0.9}), watch(1, 40, map[int]float64{24: 0.9})...),
			[]stress.Onset{onset(1, 30), onset(0, 30)},
			0.03,
			stress.Warnings{Onsets: 2, Warned: 2, Lead: 4 * time.Hour},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := stress.Warn(row.trials, row.onsets, row.budget, time.Hour, 6*time.Hour)
			require.NoError(t, err)
			row.want.FalsePerYear = float64(row.want.FalseAlarms) * 365 * 24 / float64(len(row.trials))
			require.InDelta(t, row.want.FalsePerYear, got.FalsePerYear, 1e-9)
			got.FalsePerYear = row.want.FalsePerYear
			require.Equal(t, row.want, got)
		})
	}
}

func TestWarnRefusesWhatIsNoBudgetAndNoLookback(t *testing.T) {
	good := watch(0, 10, nil)
	for want, call := range map[string]func() (stress.Warnings, error){
		"0 trials: must have at least 1": func() (stress.Warnings, error) { return stress.Warn(nil, nil, 0.1, time.Hour, time.Hour) },
		"budget 0: must be in (0, 1)":    func() (stress.Warnings, error) { return stress.Warn(good, nil, 0, time.Hour, time.Hour) },
		"budget 1: must be in (0, 1)":    func() (stress.Warnings, error) { return stress.Warn(good, nil, 1, time.Hour, time.Hour) },
		"every 0s: must be > 0":          func() (stress.Warnings, error) { return stress.Warn(good, nil, 0.1, 0, time.Hour) },
		"horizon 1m0s: must be 1 to 1000 times the interval 1h0m0s": func() (stress.Warnings, error) {
			return stress.Warn(good, nil, 0.1, time.Hour, time.Minute)
		},
	} {
		_, err := call()
		require.ErrorIs(t, err, stress.ErrInvalid)
		require.EqualError(t, err, "stress: invalid: "+want)
	}
}
