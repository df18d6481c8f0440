package stress_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestALicenseIsForOneModelThatHasProvenItself(t *testing.T) {
	s := newSample(t, drawPanel(1, 10, 6000))
	cut := end.Add(-3000 * time.Hour)
	past, held := s.Before(cut), s.From(cut)
	proven := fit(t, stress.Config{}, past)
	license, err := stress.Grant(proven, held)
	require.NoError(t, err)
	require.Positive(t, license.Skill.Low)
	require.Less(t, license.Skill.Low, license.Skill.Value)
	require.InDelta(t, float64(past.Breaches())/float64(past.Len()), license.Skill.Base, 1e-8, "against what was known before")
	require.True(t, license.Allows(proven))

	other := fit(t, stress.Config{Calibration: stress.Isotonic}, past)
	require.False(t, license.Allows(other), "another model has proven nothing")
	require.False(t, stress.License{}.Allows(proven), "no license allows nothing")
	require.False(t, stress.License{Skill: stress.Skill{Low: 1}}.Allows(stress.Model{}), "nor is there one for no model")

	stored, err := json.Marshal(license)
	require.NoError(t, err)
	var loaded stress.License
	require.NoError(t, json.Unmarshal(stored, &loaded))
	require.True(t, loaded.Allows(proven))
	loaded.Skill.Low = 0
	require.False(t, loaded.Allows(proven), "no better than the base rate is not better")
}

// In a market that is volatile and goes nowhere a diffusion is as wrong as it is
// sure, though it still ranks.
func TestAModelThatRanksWellAndIsWrongGetsNone(t *testing.T) {
	cut := end.Add(-2000 * time.Hour)
	m := fit(t, stress.Config{Method: stress.Passage, Calibration: stress.Uncalibrated}, newSample(t, drawPanel(1, 10, 4000)).Before(cut))
	restless := drawPanel(2, 10, 4000)
	for b := range restless {
		for i := range restless[b].Seen {
			restless[b].Seen[i].Ratio += 0.03 * float64(1-2*(i%2))
		}
	}
	held := newSample(t, restless).From(cut)
	trials, err := m.Try(held)
	require.NoError(t, err)
	auc, err := stress.AUC(trials)
	require.NoError(t, err)
	require.Greater(t, auc, 0.7)
	license, err := stress.Grant(m, held)
	require.NoError(t, err)
	require.Negative(t, license.Skill.Low)
	require.False(t, license.Allows(m))
}

func TestWhatAModelHasSeenProvesNothing(t *testing.T) {
	s := newSample(t, drawPanel(1, 10, 6000))
	cut := end.Add(-3000 * time.Hour)
	m := fit(t, stress.Config{}, s.Before(cut))
	for name, row := range map[string]struct {
		held stress.Sample
		want string
	}{
		"what it learned from":    {s, "stress: invalid: held-out sample from"},
		"the last hour of it":     {s.From(cut.Add(-2 * time.Hour)), "stress: invalid: held-out sample from 2025-10-26 22:00:00 +0000 UTC: must be from 2025-10-26 23:00:00 +0000 UTC on, what the model has not seen"},
		"nothing":                 {s.From(end), "stress: invalid: held-out sample of 0 examples: must have some"},
		"too little for an error": {s.From(end.Add(-18 * 84 * time.Hour)), "blocks of 84h0m0s: must be in at least 20"},
	} {
		_, err := stress.Grant(m, row.held)
		require.ErrorIs(t, err, stress.ErrInvalid, name)
		require.ErrorContains(t, err, row.want, name)
	}
}
