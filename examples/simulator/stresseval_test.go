package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStressEvalPrintsWhatWasMeasuredAndWhatWasAskedFor(t *testing.T) {
	got := simulate(t, "stress-eval", "--seeds", "1")
	require.Equal(t, exitOK, got.code, got.err)
	require.Equal(t, "judging years\n", got.err)
	said := strings.Join(strings.Fields(got.out), " ")
	for _, want := range []string{
		"Synthetic: 1 year of 40 banks", "oracle, sees the hidden state", "logistic, Platt (default)", "1 of 1",
		"level: ratio < 1.10", "US funding market", "tested on 886 from 2023 on (15.3%)",
		`Against "calendar: month end in 6 days" the default`, "level rule, median skill │ 0.1 to 0.14",
	} {
		require.Contains(t, said, want)
	}
}

func TestStressEvalFailsOnAnotherSystemAndStillReports(t *testing.T) {
	got := simulate(t, "stress-eval", "--seeds", "1", "--banks", "8", "--json")
	require.Equal(t, exitBroken, got.code)
	require.Contains(t, got.err, "simulator: outlook: the synthetic system is not the process described: level rule, median skill 0.183: must be 0.1 to 0.14\n")
	var told struct {
		Seeds, Banks int
		Synthetic    []struct {
			Name  string
			Skill struct{ Median float64 }
		}
		Goals []struct{ Met bool }
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &told))
	require.Equal(t, 8, told.Banks)
	require.Len(t, told.Synthetic, 8)
	require.False(t, told.Goals[0].Met)
}

func TestStressEvalRefusesSizesItWasNotMadeFor(t *testing.T) {
	for want, args := range map[string][]string{
		"--seeds 0: must be 1 to 100":   {"--seeds", "0"},
		"--seeds 101: must be 1 to 100": {"--seeds", "101"},
		"--banks 7: must be 8 to 100":   {"--banks", "7"},
		"--banks 101: must be 8 to 100": {"--banks", "101"},
		"unknown flag --out":            {"--out", "x"},
	} {
		got := simulate(t, append([]string{"stress-eval"}, args...)...)
		require.Equal(t, exitUsage, got.code)
		require.Empty(t, got.out)
		require.True(t, strings.HasPrefix(got.err, "simulator: "+want), got.err)
	}
}
