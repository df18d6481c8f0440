package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// small is a run of few paths.
func small(args ...string) []string {
	return append([]string{"capital"}, append(args, "--paths", "600")...)
}

func TestCapitalRunTellsEveryScenario(t *testing.T) {
	got := simulate(t, small("run")...)
	require.Equal(t, exitOK, got.code, got.err)
	for _, s := range capital.Scenarios() {
		require.Contains(t, got.out, "│ "+s.Name)
		require.Contains(t, got.out, "scorecard "+s.Name)
		require.Contains(t, got.err, s.Name+"\n")
	}
	require.Contains(t, got.out, "Profile seed: a calibration to the plan's published results")
	require.NotContains(t, got.out, "PARTIAL")
	require.Contains(t, simulate(t, small("run", "--profile", "institutional", "--scenario", "high_vol_sigma_spike")...).out, "Profile institutional: for decisions")
}

func TestCapitalRunAsJSONIsTheLibrarysAndTheSameOnAnyNumberOfWorkers(t *testing.T) {
	answer := func(args ...string) string {
		got := simulate(t, small(append([]string{"run", "crash_40pct_external_asset", "--json"}, args...)...)...)
		require.Equal(t, exitOK, got.code, got.err)
		return got.out
	}
	one := answer("--workers", "1")
	require.Equal(t, one, answer("--workers", "3"))
	require.NotEqual(t, one, answer("--seed", "2"))

	var told struct {
		Profile string
		Partial bool
		Results []struct {
			Scenario  string
			Params    capital.Params
			Scorecard capital.Scorecard
			Hash      capital.Digest `json:"scorecard_sha256"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(one), &told))
	require.Len(t, told.Results, 1)
	r := told.Results[0]
	part, err := capital.Run(t.Context(), capital.Job{Params: r.Params, Seed: 1, Paths: 600}, capital.Options{})
	require.NoError(t, err)
	card, err := part.Scorecard()
	require.NoError(t, err)
	require.Equal(t, card, r.Scorecard)
	hash, err := card.Hash()
	require.NoError(t, err)
	require.Equal(t, hash, r.Hash)
}

func TestCapitalRunInStepsIsTheSameAsAtOnce(t *testing.T) {
	got := simulate(t, "capital", "run", "bank_run_redemption_spike", "--paths", "5000", "--exact", "--json", "--set", "epochs=150")
	require.Equal(t, exitOK, got.code, got.err)
	require.Contains(t, got.out, `"exact": true`)
	p, err := capital.Seed.Params()
	require.NoError(t, err)
	s, err := capital.FindScenario("bank_run_redemption_spike")
	require.NoError(t, err)
	p = s.Apply(p)
	p.Epochs = 150
	part, err := capital.Run(t.Context(), capital.Job{Params: p, Seed: 1, Paths: 5000}, capital.Options{Outcomes: true})
	require.NoError(t, err)
	card, err := part.Scorecard()
	require.NoError(t, err)
	hash, err := card.Hash()
	require.NoError(t, err)
	require.Contains(t, got.out, hash.String())
}

func TestCapitalRunAsCSVHasEveryFigure(t *testing.T) {
	got := simulate(t, small("run", "--csv", "--leverage", "1.25")...)
	require.Equal(t, exitOK, got.code, got.err)
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+5)
	require.Contains(t, rows[0], "roi_mean")
	require.Contains(t, rows[0], "volatility_throttle_events")
	for _, row := range rows[1:] {
		require.Equal(t, "1.25", row[2])
	}
}

func TestCapitalRunWritesThePage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "capital.html")
	got := simulate(t, small("run", "crash_40pct_external_asset", "--html", file, "--set", "epochs=120")...)
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.err, "Shocks[0].Epoch 120", "the page compares leverages in all scenarios, and one has a shock on day 120")
	require.NoFileExists(t, file)
	require.Empty(t, got.out)

	got = simulate(t, small("run", "crash_40pct_external_asset", "--html", file, "--set", "epochs=130")...)
	require.Equal(t, exitOK, got.code, got.err)
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, missing(string(page), "Largest drawdown", "Return against drawdown", "capital run crash_40pct_external_asset --profile seed --seed 1 --paths 600 --set epochs=130"))
}

func TestCapitalReadsAScenarioOfOnesOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("base: chain138_deployed_capital_efficiency\ncapitalEfficiency: {leverage: 1.2, params: {epochs: 30}}\n"), 0o600))
	got := simulate(t, small("run", "--file", file, "--json")...)
	require.Equal(t, exitOK, got.code, got.err)
	require.Contains(t, got.out, `"scenario": "mine"`)
	require.Contains(t, got.out, `"leverage": 1.2`)
	require.Contains(t, got.out, `"epochs": 30`)
}

func TestAnInterruptedRunPrintsWhatIsDoneAsPartial(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	err := &stopping{cancel: cancel}
	code := run(ctx, []string{"capital", "run", "crash_40pct_external_asset", "--paths", "9000"}, &out, err)
	require.Equal(t, exitBroken, code)
	require.Contains(t, out.String(), "crash_40pct_external_asset (PARTIAL)")
	require.Contains(t, out.String(), "4,096")
	require.Contains(t, out.String(), "PARTIAL: the run was stopped")
	require.Contains(t, err.String(), "simulator: crash_40pct_external_asset: 4096 of 9000 paths done: context canceled\n")

	ctx, cancel = context.WithCancel(t.Context())
	out.Reset()
	code = run(ctx, []string{"capital", "run", "--json", "--paths", "9000"}, &out, &stopping{cancel: cancel})
	require.Equal(t, exitBroken, code)
	var told struct {
		Partial bool
		Results []struct{ Scorecard capital.Scorecard }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &told))
	require.True(t, told.Partial && told.Results[0].Scorecard.Partial)
	require.Len(t, told.Results, 1)
}

func TestAnInterruptedShardLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	code := run(ctx, []string{"capital", "run", "crash_40pct_external_asset", "--paths", "9000", "--shard", "0/2", "--out", filepath.Join(folder, "0.shard")}, &out, &stopping{cancel: cancel})
	require.Equal(t, exitBroken, code)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left)
}

// shards runs a scenario in n parts and returns their folder.
func shards(t *testing.T, n int, args ...string) string {
	t.Helper()
	folder := t.TempDir()
	for i := range n {
		line := append([]string{"run", "high_vol_sigma_spike", "--shard", fmt.Sprintf("%d/%d", i, n), "--out", filepath.Join(folder, fmt.Sprintf("%d.shard", i))}, args...)
		got := simulate(t, small(line...)...)
		require.Equal(t, exitOK, got.code, got.err)
		require.Empty(t, got.out)
		require.Contains(t, got.err, "wrote shard")
	}
	return folder
}

func TestMergedShardsAreTheWholeRun(t *testing.T) {
	whole := simulate(t, small("run", "high_vol_sigma_spike", "--json")...)
	for _, n := range []int{1, 3, 7} {
		merged := simulate(t, "capital", "merge", "--json", shards(t, n))
		require.Equal(t, exitOK, merged.code, merged.err)
		require.Equal(t, whole.out, merged.out)
	}
	table := simulate(t, "capital", "merge", shards(t, 2, "--set", "income.turnover=0.04"))
	require.Equal(t, exitOK, table.code, table.err)
	require.Contains(t, table.out, "Profile of one's own: parameters that no profile has.")
}

func TestShardsThatDoNotMakeAWholeAreRefused(t *testing.T) {
	folder := shards(t, 3)
	file := func(name string) string { return filepath.Join(folder, name) }
	text, err := os.ReadFile(file("1.shard"))
	require.NoError(t, err)
	other := filepath.Join(shards(t, 3, "--seed", "2"), "1.shard")
	write := func(name string, text []byte) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	cut := write("cut.shard", text[:len(text)/2])
	changed := write("changed.shard", bytes.Replace(text, []byte(`"liquidated":0`), []byte(`"liquidated":1`), 1))
	foreign := write("foreign.shard", []byte("time,open,high\n"))
	empty := t.TempDir()
	for _, row := range []struct {
		name  string
		files []string
		want  string
	}{
		{"one is missing", []string{file("0.shard"), file("2.shard")}, "capital: shard: paths [200, 400) are missing"},
		{"the last is missing", []string{file("0.shard"), file("1.shard")}, "capital: shard: paths [400, 600) are missing"},
		{"one is there twice", []string{folder, file("1.shard")}, "capital: shard: paths [200, 400) are there twice"},
		{"one has another seed", []string{file("0.shard"), other, file("2.shard")}, "must be of one job"},
		{"one is cut short", []string{file("0.shard"), cut, file("2.shard")}, cut + ": capital: shard: cut short"},
		{"one was changed", []string{file("0.shard"), changed, file("2.shard")}, changed + ": capital: shard: changed since it was written"},
		{"one is something else", []string{foreign}, foreign + `: capital: shard: begins with "time,open,high": is not a shard`},
		{"one is not there", []string{file("9.shard")}, "9.shard: no such file or directory"},
		{"an empty folder", []string{empty}, empty + ": has no *.shard files"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := simulate(t, append([]string{"capital", "merge"}, row.files...)...)
			require.Equal(t, exitUsage, got.code, got.err)
			require.Contains(t, got.err, row.want)
			require.Equal(t, 1, strings.Count(got.err, "\n"))
			require.Empty(t, got.out)
		})
	}
}

func TestCapitalRefusesWhatItMustNotSimulate(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"leverage above the hard limit", []string{"run", "--leverage", "4.01"}, "Stance.Leverage 4.01: must be in [1, 4]: more is rejected before it is simulated"},
		{"no leverage at all", []string{"run", "--leverage", "0"}, "Stance.Leverage 0: must be in [1, 4]"},
		{"a loan above the ceiling", []string{"run", "--set", "collateral.hardLtv=0.8"}, "Collateral.HardLTV 0.8: must be in (0, 0.75]"},
		{"a spread too narrow", []string{"run", "--set", "stance.spread=0.002"}, "Stance.Spread 0.002: must be in [0.003, 0.005]"},
		{"an allocation into the floor", []string{"run", "--set", "stance.allocation=0.9"}, "Stance.Allocation 0.9: must be in [0, 0.8]"},
		{"negative volatility", []string{"run", "--set", "market.sigma=-0.1"}, "Market.Sigma -0.1: must be in [0, 5]"},
		{"an unknown parameter", []string{"run", "--set", "market.sigmma=0.1"}, `--set: not usable: market.sigmma: unknown field "sigmma"`},
		{"a parameter in other letters", []string{"run", "--set", "market.Sigma=0.1"}, "market.Sigma: must be written sigma"},
		{"no assignment", []string{"run", "--set", "market.sigma"}, "must be field=value"},
		{"no path", []string{"run", "--paths", "0"}, "Paths 0: must be in [1, 4294967296]"},
		{"less than none", []string{"run", "--paths=-5"}, "Paths -5: must be in [1, 4294967296]"},
		{"more than can be counted", []string{"run", "--paths", "4294967297"}, "Paths 4294967297: must be in [1, 4294967296]"},
		{"more than a number holds", []string{"run", "--paths", "9223372036854775808"}, `--paths: expected a valid 64 bit int but got "9223372036854775808"`},
		{"too many workers", []string{"run", "--workers", "5000"}, "Workers 5000: must be in [0, 1024]"},
		{"an unknown scenario", []string{"run", "bank_rum"}, `unknown scenario: "bank_rum": nearest are bank_run_redemption_spike`},
		{"one without capital", []string{"run", "hub_only_11"}, `unknown scenario: "hub_only_11"`},
		{"an unknown profile", []string{"run", "--profile", "bold"}, `--profile must be one of "seed","institutional" but got "bold"`},
		{"a file and a name", []string{"run", "bank_run_redemption_spike", "--file", "x"}, "--file x and named scenarios: must be one of them"},
		{"a shard of several", []string{"run", "--shard", "0/2", "--out", "x"}, "--shard 0/2: must be of one scenario, not 5"},
		{"a shard without a file", []string{"run", "bank_run_redemption_spike", "--shard", "0/2"}, "--shard 0/2: must have --out"},
		{"a shard as JSON", []string{"run", "bank_run_redemption_spike", "--shard", "0/2", "--out", "x", "--json"}, "has no result of its own to show"},
		{"a shard beyond the last", []string{"run", "bank_run_redemption_spike", "--shard", "2/2", "--out", "x"}, "--shard 2/2: must be 0/2 to 1/2"},
		{"a shard before the first", []string{"run", "bank_run_redemption_spike", "--shard=-1/2", "--out", "x"}, "--shard -1/2: must be 0/2 to 1/2"},
		{"more shards than paths", []string{"run", "bank_run_redemption_spike", "--paths", "3", "--shard", "0/4", "--out", "x"}, "--shard 0/4: must be of 1 to 3 shards"},
		{"a shard in words", []string{"run", "bank_run_redemption_spike", "--shard", "first", "--out", "x"}, `--shard "first": must be I/N`},
		{"more outcomes than fit", []string{"run", "--exact", "--paths", "20000000"}, "--exact: 20000000 paths: must be at most 10000000 at a time"},
		{"a leverage that is no number", []string{"run", "--leverage", "NaN"}, "--set: not usable: stance.leverage: cannot unmarshal string"},
		{"a candidate that is no number", []string{"sweep", "--leverage", "1,NaN"}, "candidate with NaN: must be a finite number"},
		{"a candidate below one", []string{"sweep", "--leverage", "0.5"}, "Stance.Leverage 0.5: must be in [1, 4]"},
		{"two forms", []string{"run", "--json", "--csv"}, "can't be used together"},
		{"a sweep of nothing to sweep", []string{"sweep", "bank_run_redemption_spike"}, "lists no leverages to compare"},
		{"a sweep with an impossible loan", []string{"sweep", "--set", "collateral.maxLtv=0.9"}, "Collateral.MaxLTV 0.9"},
		{"a sample below zero", []string{"sweep", "--sample=-1"}, "-1 candidates: must be in [1, 100000]"},
		{"more in the first round than in all", []string{"sweep", "--paths", "10", "--first-paths", "20"}, "FirstPaths 20: must be in [1, 10]"},
		{"a policy that is not there", []string{"sweep", "--policy", "nowhere.yaml"}, "nowhere.yaml: no such file or directory"},
		{"bands that are not there", []string{"validate", "--bands", "nowhere.yaml"}, "nowhere.yaml: no such file or directory"},
		{"a profile to validate that nobody knows", []string{"validate", "--profile", "bold"}, `unknown profile: "bold": must be "seed" or "institutional"`},
		{"a job of no shards", []string{"job", "--shards", "0"}, "--shards 0: must be 1 to 100000"},
		{"a job that runs none at a time", []string{"job", "--parallelism", "0"}, "--parallelism 0: must be 1 to 16"},
		{"a job with a strange name", []string{"job", "--name", "A b"}, `--name "A b": must be a DNS label`},
		{"a job with a strange image", []string{"job", "--image", "a: b"}, `--image "a: b": must be the reference of an image`},
		{"a job of what shards would refuse", []string{"job", "--set", "stance.leverage=5"}, "Stance.Leverage 5"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := simulate(t, append([]string{"capital"}, row.args...)...)
			require.Equal(t, exitUsage, got.code, got.err)
			require.Contains(t, got.err, row.want)
			require.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
			require.True(t, strings.HasPrefix(got.err, "simulator: "))
			require.Empty(t, got.out)
		})
	}
}

func TestValidateFailsWithTheReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bands.yaml")
	var text strings.Builder
	text.WriteString("seed:\n")
	for _, s := range capital.Scenarios() {
		text.WriteString("  " + s.Name + ": {roi_mean: [-1, 1]}\n")
	}
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	got := simulate(t, small("validate", "--profile", "seed", "--bands", file)...)
	require.Equal(t, exitOK, got.code, got.err)
	require.Equal(t, 5, strings.Count(got.out, "within"))

	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(text.String(), "bank_run_redemption_spike: {roi_mean: [-1, 1]}", "bank_run_redemption_spike: {roi_mean: [0, 1]}", 1)), 0o600))
	got = simulate(t, small("validate", "--profile", "seed", "--bands", file, "--json")...)
	require.Equal(t, exitBroken, got.code)
	require.Regexp(t, `simulator: 1 of 5 figures: outside its band: seed bank_run_redemption_spike: roi_mean -0\.1\d+: must be in \[0, 1\]\n$`, got.err)
	require.Contains(t, got.out, `"met": false`)
}

// The whole of what a pipeline runs, on fewer paths: with 20,000 it takes seconds.
func TestTheModelLiesWithinItsBands(t *testing.T) {
	got := simulate(t, "capital", "validate", "--json", "--paths", "8000")
	var checked []struct {
		Profile, Scenario, Figure string
		Met                       bool
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &checked))
	for _, c := range checked {
		// Counts and upper bounds depend on how many paths there are.
		if strings.HasSuffix(c.Figure, "_events") || strings.HasSuffix(c.Figure, "_violations") || c.Figure == "liquidation_probability_upper" {
			continue
		}
		require.True(t, c.Met, c)
	}
	require.Greater(t, len(checked), 40)
}

func TestTheManifestIsThatOfTheJobCommand(t *testing.T) {
	got := simulate(t, "capital", "job", "--paths", "10000000")
	require.Equal(t, exitOK, got.code, got.err)
	want, err := os.ReadFile(filepath.Join("..", "deploy", "k8s", "capital.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(want), got.out)
}

// missing lists what a page, too long to be shown, does not have.
func missing(page string, wanted ...string) []string {
	return slices.DeleteFunc(wanted, func(want string) bool { return strings.Contains(page, want) })
}
