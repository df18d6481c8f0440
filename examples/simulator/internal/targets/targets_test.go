package targets_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/targets"
)

// The whole measurement is a few hundred days of blocks, so it is made once.
func TestTargetsOfThePlan(t *testing.T) {
	calls := 0
	rows, err := targets.Measure(t.Context(), func(done, total int) {
		calls++
		require.Equal(t, calls, done)
		require.LessOrEqual(t, done, total)
	})
	require.NoError(t, err)
	require.NotZero(t, calls)

	find := func(profile, mode, name string) targets.Row {
		for _, r := range rows {
			if r.Profile == profile && r.Mode == mode && r.Case == name {
				return r
			}
		}
		t.Fatalf("no row %s %s %q", profile, mode, name)
		return targets.Row{}
	}
	for _, c := range []struct {
		profile, name string
		from, to      float64 // what a closed-loop calculation by hand allows
		met           bool
	}{
		{"target", "smooth flow 1x, 2s blocks", 2, 2.7, true},
		{"target", "smooth flow 5x, 2s blocks", 4, 5, true},
		{"target", "smooth flow 5x, 4s blocks", 9, 10, true},
		{"target", "smooth flow 5x, 6s blocks", 10, 15, false},
		{"target", "lumps of 100, 5x, 2s blocks, 20 seeds", 98, 100, true},
		{"target", "steps of 3, 20 and 100 bps, 2s blocks", 3, 3, true},
		{"target", "flash drain, 100 bps, unwound in the same block", 0, 0, true},
		{"target", "flash drain, 100 bps, unwound after one block", 1, 1, true},
		{"target", "flash drain, 100 bps, never unwound", 10, 18, false},
		{"conservative", "smooth flow 1x, 2s blocks", 5, 7, true},
		{"conservative", "smooth flow 5x, 1s blocks", 7, 8, true},
		{"conservative", "smooth flow 5x, 2s blocks", 15, 16, false},
		{"conservative", "steps of 6, 20 and 100 bps, 2s blocks", 5, 5, false},
		{"conservative", "flash drain, 100 bps, unwound after one block", 1, 1, true},
	} {
		r := find(c.profile, "direct", c.name)
		require.GreaterOrEqual(t, r.Measured, c.from, "%s %s", c.profile, c.name)
		require.LessOrEqual(t, r.Measured, c.to, "%s %s", c.profile, c.name)
		require.Equal(t, c.met, r.Met, "%s %s: %v", c.profile, c.name, r.Measured)
	}
	// Two chains stay together through a day of faults, and a buffer below what is
	// in flight loses them within three hours. Each block of each run counts all
	// money, and ends the run if a unit is missing.
	for _, c := range []struct {
		name     string
		from, to float64
		met      bool
	}{
		{"flow 1x between chains, bridge faults", 99.5, 100, true},
		{"flow 5x between chains, bridge faults", 99, 100, true},
		{"flow 5x, buffer 1.1 x outflow x latency", 10, 14, true},
		{"flow 5x, buffer 0.9 x outflow x latency", 300, 2000, false},
	} {
		r := find("target", "parity", c.name)
		require.GreaterOrEqual(t, r.Measured, c.from, c.name)
		require.LessOrEqual(t, r.Measured, c.to, c.name)
		require.Equal(t, c.met, r.Met, "%s: %v", c.name, r.Measured)
	}
	require.InDelta(t, 35, find("target", "parity", "flow 5x, buffer 1 x outflow x latency").Measured, 25, "on the edge")
	fixed := find("target", "direct", "smooth flow 1x, 2s blocks").Fixed
	require.InDelta(t, 350, *fixed, 1, "25 units every third block leave 583 a minute")
	fixed = find("target", "direct", "smooth flow 1x, 500ms blocks").Fixed
	require.InDelta(t, 5, *fixed, 0.5, "33 times a minute leave 8.33 a minute")
	worst, measured := find("target", "direct", "lumps of 100, 5x, 2s blocks, 20 seeds").Figure(targets.WorstPeak)
	require.True(t, measured)
	require.InDelta(t, 19, worst, 3)
	loss, _ := find("target", "direct", "smooth flow 1x, 2s blocks").Figure(targets.LossPerDay)
	gas, _ := find("target", "direct", "smooth flow 1x, 2s blocks").Figure(targets.GasPerDay)
	fees, _ := find("target", "direct", "smooth flow 1x, 2s blocks").Figure(targets.FeesPerDay)
	require.InDelta(t, 1_200_000*3/10_000, fees, 5, "3 bps of what is sold in a day")
	require.Less(t, loss, gas+fees, "what is bought below the peg is worth the peg")
	_, err = json.Marshal(rows)
	require.NoError(t, err)
}
