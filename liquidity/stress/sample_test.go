package stress_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// dipping is a bank that breaches in the hours given, of Memory+20.
func dipping(hours ...int) stress.History {
	h := stress.History{Floor: 1, Every: time.Hour, End: end}
	for range stress.Memory + 20 {
		h.Seen = append(h.Seen, stress.Observation{Ratio: 1.2, SRI: 40, FXVol: 8})
	}
	for _, hour := range hours {
		h.Seen[hour].Ratio = 0.9
	}
	return h
}

// at is the time of an hour of dipping.
func at(hour int) time.Time { return end.Add(-time.Duration(stress.Memory+19-hour) * time.Hour) }

func TestASampleHasEveryExampleOnce(t *testing.T) {
	breach := stress.Memory + 5
	s, err := stress.NewSample([]stress.History{dipping(breach), dipping()}, 4*time.Hour)
	require.NoError(t, err)
	trials := s.Try(func(bank int, _ time.Time) float64 { return float64(bank) })

	// From the last of the first Memory hours to four before the end, but for the
	// one hour of the first bank that is a breach.
	require.Len(t, trials, 2*17-1)
	require.Equal(t, 2*17-1, s.Len())
	require.Equal(t, 4, s.Breaches(), "the four hours before it")
	require.Equal(t, at(stress.Memory-1), trials[0].At)
	require.Equal(t, end.Add(-4*time.Hour), trials[len(trials)-1].At)
	for _, trial := range trials {
		require.InDelta(t, trial.Bank, trial.P, 0)
		want := time.Duration(0)
		if ahead := at(breach).Sub(trial.At); trial.Bank == 0 && ahead > 0 && ahead <= 4*time.Hour {
			want = ahead
		}
		require.Equal(t, want, trial.After, "bank %d at %v", trial.Bank, trial.At)
		require.Equal(t, want > 0, trial.Breached())
		require.False(t, trial.Bank == 0 && trial.At.Equal(at(breach)), "a breach that is there is not forecast")
	}
}

func TestAtTheFloorIsNoBreach(t *testing.T) {
	h := dipping(stress.Memory + 5)
	h.Seen[stress.Memory+5].Ratio = h.Floor
	s, err := stress.NewSample([]stress.History{h}, 4*time.Hour)
	require.NoError(t, err)
	require.Equal(t, 17, s.Len())
	require.Zero(t, s.Breaches())
}

func TestTheTwoPartsOfASampleAreAHorizonApart(t *testing.T) {
	s, err := stress.NewSample([]stress.History{dipping()}, 4*time.Hour)
	require.NoError(t, err)
	cut := at(stress.Memory + 9)
	past := s.Before(cut).Try(func(int, time.Time) float64 { return 0 })
	held := s.From(cut).Try(func(int, time.Time) float64 { return 0 })
	require.Equal(t, at(stress.Memory+4), past[len(past)-1].At, "its outcome is known an hour before the cut")
	require.Equal(t, cut, held[0].At)
	require.Equal(t, s.Len(), len(past)+4+len(held))
	require.Zero(t, s.Before(at(0)).Len())
	require.Zero(t, s.From(end).Len())
	require.Equal(t, s.Len(), s.From(at(0)).Len())
}

func TestAModelIsTriedOnWhatItWouldHaveBeenAsked(t *testing.T) {
	panel := drawPanel(3, 4, 1500)
	s := newSample(t, panel)
	for name, cfg := range methods {
		m := fit(t, cfg, s)
		trials, err := m.Try(s)
		require.NoError(t, err)
		for i := 0; i < len(trials); i += 97 {
			h := panel[trials[i].Bank]
			h.Seen = h.Seen[:len(h.Seen)-int(end.Sub(trials[i].At)/time.Hour)]
			h.End = trials[i].At
			f, err := m.Predict(h, horizon)
			require.NoError(t, err)
			require.InDelta(t, f.P, trials[i].P, 0, "%s at %v", name, trials[i].At)
		}
	}
	other, err := stress.NewSample(panel, 2*horizon)
	require.NoError(t, err)
	_, err = fit(t, stress.Config{}, s).Try(other)
	require.EqualError(t, err, "stress: invalid: sample of horizon 24h0m0s every 1h0m0s: must be 12h0m0s every 1h0m0s, what the model was fitted on")
}

func TestAPanelThatCannotBeUsedIsRefused(t *testing.T) {
	odd := dipping()
	odd.Every = time.Minute
	late := dipping()
	late.End = end.Add(time.Hour)
	short := dipping()
	short.Seen = short.Seen[1:]
	bad := dipping()
	bad.Seen[3].SRI = -1
	rows := []struct {
		name    string
		panel   []stress.History
		horizon time.Duration
		want    string
	}{
		{"no bank", nil, horizon, "stress: invalid: panel of 0 histories: must have at least 1"},
		{"a bad observation, however old", []stress.History{dipping(), bad}, horizon, "history 1: stress: invalid: Seen[3].SRI -1: must be in [0, 100]"},
		{"two intervals", []stress.History{dipping(), odd}, horizon, "stress: invalid: history 1 of 220 observations, every 1m0s until 2026-03-01 00:00:00 +0000 UTC: must be like the first"},
		{"two ends", []stress.History{dipping(), late}, horizon, "stress: invalid: history 1 of 220 observations, every 1h0m0s until 2026-03-01 01:00:00 +0000 UTC: must be like the first"},
		{"two lengths", []stress.History{dipping(), short}, horizon, "stress: invalid: history 1 of 219 observations"},
		{"no horizon", []stress.History{dipping()}, 0, "stress: invalid: horizon 0s: must be 1 to 1000 times the interval 1h0m0s"},
		{"half an hour", []stress.History{dipping()}, 90 * time.Minute, "stress: invalid: horizon 1h30m0s: must be 1 to 1000 times the interval 1h0m0s"},
		{"too far ahead", []stress.History{dipping()}, 1001 * time.Hour, "stress: invalid: horizon 1001h0m0s: must be 1 to 1000 times the interval 1h0m0s"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := stress.NewSample(row.panel, row.horizon)
			require.ErrorIs(t, err, stress.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestFitRefusesWhatTeachesNothing(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	quiet := newSample(t, []stress.History{dipping()})
	rows := []struct {
		name   string
		cfg    stress.Config
		sample stress.Sample
		want   string
	}{
		{"no examples", stress.Config{}, stress.Sample{}, "stress: invalid: sample of 0 examples: must have some"},
		{"no breaches", stress.Config{}, quiet, "stress: invalid: sample with 0 breaches until"},
		{"another method", stress.Config{Method: "oracle"}, s, `stress: invalid: Method "oracle": must be logistic, first_passage or ewma_quantile`},
		{"another calibration", stress.Config{Calibration: "hope"}, s, `stress: invalid: Calibration "hope": must be platt, isotonic or none`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := stress.Fit(row.cfg, row.sample)
			require.ErrorIs(t, err, stress.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
}
