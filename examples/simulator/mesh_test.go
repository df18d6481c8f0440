package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

func TestMeshPrintsTheMetricsWithTheirMeaning(t *testing.T) {
	got := simulate(t, "mesh", "bridge_shock_137_56", "--epochs", "30")
	require.Equal(t, exitOK, got.code, got.err)
	require.Equal(t, "epochs of the mesh\n", got.err)
	said := strings.Join(strings.Fields(got.out), " ")
	for _, want := range []string{
		"12 chains, 15 pools, 48 bridges, graph modelled; 30 epochs of 60 minutes, seed 1",
		"│ capture │", "│ churn │", "│ intervention cost │", "│ peg deviation │", "│ worst pool │",
		"the part that arbitrage did not take out again", "The worst pools", "CONSERVED: every token", "counted after each of 30 epochs",
	} {
		require.Contains(t, said, want)
	}
	require.NotContains(t, said, "capital run", "the plan has no capital for it")
	require.Contains(t, simulate(t, "mesh", "bank_run_redemption_spike", "--epochs", "5").out, "simulator capital run bank_run_redemption_spike")
}

func TestMeshIsTheSameForTheSameSeed(t *testing.T) {
	answer := func(args ...string) string {
		got := simulate(t, append([]string{"mesh", "crash_40pct_external_asset", "--epochs", "20", "--json"}, args...)...)
		require.Equal(t, exitOK, got.code, got.err)
		var r mesh.Result
		require.NoError(t, json.Unmarshal([]byte(got.out), &r))
		require.Equal(t, 20, r.Scorecard.Epochs)
		require.Len(t, r.Pools, 5)
		return got.out
	}
	first, again := answer(), answer()
	require.Equal(t, first, again)
	require.NotEqual(t, first, answer("--seed", "2"))
	require.NotEqual(t, first, answer("--sustain", "0"), "without a keeper")
}

func TestMeshWritesItsPoolsAsCSVToAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pools.csv")
	got := simulate(t, "mesh", "--epochs", "3", "--csv", "--out", file)
	require.Equal(t, exitOK, got.code, got.err)
	require.Empty(t, got.out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+15)
	require.Equal(t, "pool", rows[0][0])
}

func TestMeshReadsAScenarioAndADeployment(t *testing.T) {
	folder := t.TempDir()
	file, status := filepath.Join(folder, "mine.yaml"), filepath.Join(folder, "status.json")
	require.NoError(t, os.WriteFile(file, []byte("about: Mine.\nbase: chain138_deployed_capital_efficiency\nepochs: 10\ncapitalEfficiency: {leverage: 1.2}\n"), 0o600))
	text, err := json.Marshal(mesh.Chain138())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(status, text, 0o600))
	got := simulate(t, "mesh", "--file", file, "--deployment", status)
	require.Equal(t, exitOK, got.code, got.err)
	require.Contains(t, got.out, "mine: Mine.")
	require.Contains(t, got.out, "graph deployed; 10 epochs")
	require.Contains(t, got.out, "capital run --file "+file)
}

func TestMeshNamesItsScenarios(t *testing.T) {
	got := simulate(t, "mesh", "--list")
	require.Equal(t, exitOK, got.code, got.err)
	for _, name := range mesh.Names() {
		require.Contains(t, got.out, name)
	}
}

func TestMeshStopsWhenItIsAskedTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out strings.Builder
	err := &stopping{cancel: cancel}
	require.Equal(t, exitBroken, run(ctx, []string{"mesh"}, &out, err))
	require.Empty(t, out.String())
	require.Contains(t, err.String(), "simulator: stopped in epoch 1 of 8760: context canceled\n")
}

// stopping is a stderr at the first words of which somebody presses Ctrl-C.
type stopping struct {
	strings.Builder
	cancel context.CancelFunc
}

func (s *stopping) Write(p []byte) (int, error) {
	s.cancel()
	return s.Builder.Write(p)
}

func TestMeshRefusesWhatItCannotSimulate(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"an unknown scenario", []string{"hub_only_12"}, `simulator: mesh: unknown scenario: "hub_only_12": must be one of hub_only_11, bridge_shock_137_56`},
		{"a scenario and a file", []string{"hub_only_11", "--file", "x.yaml"}, "simulator: hub_only_11 and --file x.yaml: must be one of them"},
		{"a file that is not there", []string{"--file", "nowhere.yaml"}, "simulator: scenario: invalid: open nowhere.yaml: no such file or directory"},
		{"a deployment for a model", []string{"hub_only_11", "--deployment", "x.json"}, `simulator: scenario: invalid: hub_only_11.yaml: graphMode "modelled": must be deployed`},
		{"negative epochs", []string{"--epochs=-1"}, "simulator: --epochs -1: must be 0 to 1000000"},
		{"more epochs than there is room for", []string{"--epochs", "2000000"}, "simulator: --epochs 2000000: must be 0 to 1000000"},
		{"a keeper that waits for less than nothing", []string{"--sustain=-1"}, "simulator: mesh: invalid: Sustain -1: must be > 0"},
		{"a keeper that trades too much", []string{"--share", "10001"}, "simulator: mesh: invalid: ShareBps 10001: must be 1 to 10000"},
		{"two forms", []string{"--json", "--csv"}, "simulator: --json and --csv can't be used together"},
		{"a folder for a file", []string{"--out", "."}, "simulator: --out .: is a directory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := simulate(t, append([]string{"mesh"}, row.args...)...)
			require.Equal(t, exitUsage, got.code, got.err)
			require.True(t, strings.HasPrefix(got.err, row.want), got.err)
			require.Equal(t, 1, strings.Count(got.err, "\n"))
			require.Empty(t, got.out)
		})
	}
}
