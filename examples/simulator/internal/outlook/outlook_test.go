package outlook_test

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/outlook"
)

// small is enough to see what a report is made of, and too small to be the
// process described.
var small = outlook.Size{Seeds: 2, Banks: 8}

func TestTheReportDoesNotDependOnTheNumberOfCores(t *testing.T) {
	report := func(cores int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		told := 0
		r, err := outlook.Run(t.Context(), small, func(done, total int) {
			told++
			require.Equal(t, told, done)
			require.Equal(t, 2, total)
		})
		if err != nil {
			require.ErrorIs(t, err, outlook.ErrOtherProcess)
		}
		require.Equal(t, 2, told)
		text, err := json.MarshalIndent(r, "", " ")
		require.NoError(t, err)
		return string(text)
	}
	if diff := cmp.Diff(report(1), report(4)); diff != "" {
		t.Error(diff)
	}
}

func TestAnInterruptEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := outlook.Run(ctx, small, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheFundingMarket(t *testing.T) {
	f, err := outlook.JudgeFunding()
	require.NoError(t, err)
	require.Equal(t, 1121, f.TrainDays)
	require.Equal(t, 886, f.TestDays)
	require.InDelta(t, 108./1121, f.TrainRate, 1e-12)
	require.InDelta(t, 136./886, f.TestRate, 1e-12)

	want := []struct {
		name       string
		skill, auc float64
	}{
		{outlook.Default, 0.081, 0.642},
		{outlook.Calendar, 0.047, 0.640},
		{outlook.FundingLevel, 0.099, 0.668},
		{outlook.FundingPersist, 0.012, 0.544},
	}
	require.Len(t, f.Rows, len(want))
	for i, w := range want {
		require.Equal(t, w.name, f.Rows[i].Name)
		require.InDelta(t, w.skill, f.Rows[i].Skill, 0.0006, w.name)
		require.InDelta(t, w.auc, f.Rows[i].AUC, 0.0006, w.name)
		require.Less(t, f.Rows[i].Low, f.Rows[i].Skill)
	}
}

func TestTheVerdictSaysPlainlyWhoIsBetter(t *testing.T) {
	row := func(name string, skill, auc float64) outlook.FundingRow {
		return outlook.FundingRow{Name: name, Score: outlook.Score{Skill: skill, Low: 0.01, AUC: auc}}
	}
	r := outlook.Report{Funding: outlook.Funding{TestDays: 886, TestRate: 136. / 886, Rows: []outlook.FundingRow{
		row(outlook.Default, 0.05, 0.65),
		row("worse", 0.04, 0.6), row("better", 0.06, 0.7), row("as good", 0.05, 0.65),
		row("sharper", 0.06, 0.6), row("sorter", 0.04, 0.7),
	}}}
	said := r.Verdict()
	require.Equal(t, []string{
		`Against "worse" the default beats it on both: skill +0.010, AUC +0.050.`,
		`Against "better" the default does NOT beat it on either: skill -0.010, AUC -0.050.`,
		`Against "as good" the default does NOT beat it on either: skill +0.000, AUC +0.000.`,
		`Against "sharper" the default does NOT beat it on skill: skill -0.010, AUC +0.050.`,
		`Against "sorter" the default does NOT beat it on AUC: skill +0.010, AUC -0.050.`,
		"An AUC has a standard error of 0.027 here, and more since days overlap: what differs by less is a draw.",
	}, said)
	r.Funding.Rows[0].Low = 0
	require.True(t, strings.HasPrefix(r.Verdict()[6], "On this market it earns no license"))
}
