package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

func sweep(t *testing.T, args ...string) (ran, capital.Report) {
	t.Helper()
	got := simulate(t, append([]string{"capital", "sweep", "--json"}, args...)...)
	require.Equal(t, exitOK, got.code, got.err)
	var r capital.Report
	require.NoError(t, json.Unmarshal([]byte(got.out), &r))
	return got, r
}

func TestTheSweepIsCappedAtWhatPolicyAllows(t *testing.T) {
	got := simulate(t, "capital", "sweep", "leverage_sweep_1x_to_4x", "--scenario", "crash_40pct_external_asset", "--paths", "2000")
	require.Equal(t, exitOK, got.code, got.err)
	require.Equal(t, "8 candidates in 4 scenarios\n", got.err)
	for _, want := range []string{
		"the worst of chain138_deployed_capital_efficiency, crash_40pct_external_asset, high_vol_sigma_spike, bank_run_redemption_spike",
		"LEVERAGE CAP: 1.5x by policy, until there is evidence of smart_contract_audit", "treasury_liquidity_commitments",
		"In crash_40pct_external_asset alone:", "no: leverage_cap, initial_ltv, liquidation", "at most 2.857", "not authority",
	} {
		require.Contains(t, got.out, want)
	}

	_, r := sweep(t, "--paths", "500")
	require.Len(t, append(r.Deployable, r.Rejected...), 8)
	for _, d := range r.Deployable {
		require.LessOrEqual(t, d.Stance.Leverage, 1.5)
		require.Len(t, d.Scorecards, 4)
	}
	require.Equal(t, capital.Conditions(), r.Missing)
}

func TestEvidenceRaisesTheCapAndNothingElseDoes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	var text strings.Builder
	text.WriteString("policy: {maxLiquidation: 1}\nevidence:\n")
	for _, c := range capital.Conditions() {
		text.WriteString("  - {condition: " + string(c) + ", reference: motion 7, date: 2026-05-01}\n")
	}
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	_, r := sweep(t, "--paths", "300", "--policy", file)
	require.Empty(t, r.Missing)
	require.InDelta(t, 3.0, r.LeverageCap, 0)
	require.InDelta(t, 1.0, r.Policy.MaxLiquidation, 0)
	require.InDelta(t, 0.25, r.Policy.MaxDrawdown, 0, "what the file does not say is the plan's")
	for _, d := range r.Deployable {
		require.Less(t, d.Stance.Leverage, 2.858, "the initial LTV holds")
	}

	for line, want := range map[string]string{
		"evidence: [{condition: luck, reference: a, date: 2026-05-01}]":                           `Evidence.Condition "luck": must be one of`,
		"evidence: [{condition: smart_contract_audit, date: 2026-05-01}]":                         `Evidence.Reference "": must have 1 to 256 bytes`,
		"evidence: [{condition: smart_contract_audit, reference: a, date: yesterday}]":            `Evidence.Date "yesterday": must be a date`,
		"policy: {deployableLeverage: 5}":                                                         "Policy.DeployableLeverage 5: must be in [1, 4]",
		"limits: {}":                                                                              `unknown field "limits"`,
		"evidence: [{condition: smart_contract_audit, proof: a, reference: b, date: 2026-05-01}]": `unknown field "proof"`,
	} {
		require.NoError(t, os.WriteFile(file, []byte(line), 0o600))
		got := simulate(t, "capital", "sweep", "--policy", file)
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.err, want)
		require.Equal(t, 1, strings.Count(got.err, "\n"))
	}
}

func TestWhatIsAboveTheHardLimitIsNotSimulated(t *testing.T) {
	got, r := sweep(t, "--paths", "300", "--leverage", "1,4.5")
	require.Len(t, r.Rejected[len(r.Rejected)-1].Refusals, 1)
	require.Equal(t, capital.HardLeverage, r.Rejected[len(r.Rejected)-1].Refusals[0].Gate)
	require.Empty(t, r.Rejected[len(r.Rejected)-1].Scorecards)
	require.Equal(t, "2 candidates in 4 scenarios\n", got.err)
	require.Contains(t, simulate(t, "capital", "sweep", "--paths", "300", "--leverage", "1,4.5").out, "not simulated")
}

func TestASweepOverMoreThanLeverage(t *testing.T) {
	_, r := sweep(t, "--paths", "400", "--first-paths", "100", "--leverage", "1,1.5", "--allocation", "0.4,0.6", "--spread", "0.003,0.004", "--sigma-crit", "0.3,0.4")
	require.Len(t, append(r.Deployable, r.Rejected...), 16)
	_, r = sweep(t, "--paths", "100", "--leverage", "1,2", "--allocation", "0.4,0.6", "--sample", "5")
	require.Len(t, append(r.Deployable, r.Rejected...), 5)

	got := simulate(t, "capital", "sweep", "--csv", "--paths", "100", "--leverage", "1,4.5")
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+4+1, "a line for each scenario, and one for what was not simulated")
}

func TestTheSweepsPage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sweep.html")
	got := simulate(t, "capital", "sweep", "--paths", "300", "--leverage", "1,2", "--html", file)
	require.Equal(t, exitOK, got.code, got.err)
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, missing(string(page), "Gates passed and failed", "capital sweep leverage_sweep_1x_to_4x --scenario crash_40pct_external_asset --profile seed --seed 1 --paths 300 --leverage 1,2"))
}

func TestAStoppedSweepGoesOnWhereItWas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sweep.state")
	args := []string{"capital", "sweep", "--json", "--paths", "1000", "--first-paths", "250", "--resume", file}
	whole := simulate(t, args[:len(args)-2]...)

	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	require.Equal(t, exitBroken, run(ctx, args, &out, &stopping{cancel: cancel}))
	require.Contains(t, out.String(), `"complete": false`)
	require.FileExists(t, file)

	again := simulate(t, args...)
	require.Equal(t, exitOK, again.code, again.err)
	require.Equal(t, whole.out, again.out)
	require.Equal(t, again.out, simulate(t, args...).out, "a sweep that is done has nothing to do")

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		text []byte
		more []string
		want string
	}{
		"another command":    {text, []string{"--seed", "9"}, "is of other parameters: the command must be the same as then"},
		"a file cut short":   {text[:len(text)/2], nil, "cut short, or changed since it was written"},
		"a file of somebody": {[]byte("time,open\n"), nil, `begins with "time,open"`},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(file, row.text, 0o600))
			got := simulate(t, append(args, row.more...)...)
			require.Equal(t, exitUsage, got.code)
			require.Contains(t, got.err, "simulator: --resume "+file+": not a sweep to go on from: "+row.want)
			left, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, row.text, left, "it is left as it is")
		})
	}
}
