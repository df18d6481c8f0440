package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// evening is two hours in which a peg was lost, as a user would bring them.
const evening = `time,open,high,low,close,volume
2023-03-10T20:00:00Z,0.9999,1.0,0.9994,0.9999,3650785
2023-03-10T21:00:00Z,0.9999,1.0,0.9952,0.9977,9988411
`

// candles writes a table into a folder of its own and returns its path.
func candles(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "prices.csv")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

type ran struct {
	code     int
	out, err string
}

func simulate(t *testing.T, args ...string) ran {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), args, &out, &err)
	return ran{code, out.String(), err.String()}
}

func TestReplayPrintsTheTableAndTheVerdictAndWritesThePage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.html")
	got := simulate(t, "--prices", candles(t, evening), "--out", file)
	require.Equal(t, exitOK, got.code, got.err)
	said := strings.Join(strings.Fields(got.out), " ") // wherever lines break
	for _, want := range []string{
		"SYNTHETIC: gold", "Fri 10 21:00", "VERDICT: Peg lost at Fri 10 Mar 21:", "peg lost at Fri 10 Mar 21:",
		"with no action", "stopped by", "per million spent", "units off over all accounts: cUSDC 0, cUSDT 0, cEURT 0, XAU 0",
		"3,600 decided again, 3,600 the same",
		"The issuer of USDC as a bank of a liquidity pool, 2 Apr 2022 to 31 Dec 2023", "ASSUMED: every token is backed by a dollar",
		"Sat 11 Mar 2023 0.8774 40,856 1,893", "POOL: Liquid assets fell below the floor on 16 days without the pool",
	} {
		require.Contains(t, said, want)
	}
	require.Contains(t, got.err, "wrote "+file)

	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(page), "<!doctype html>")
	require.Contains(t, string(page), "Peg lost at Fri 10 Mar 21:")
	require.Contains(t, string(page), `name="viewport"`)
	require.Contains(t, string(page), "--prices ")
	require.Contains(t, string(page), "--asset USDC --pool 2000000000 --liquid 0.15 --pace 0.02")
	require.Contains(t, string(page), `id="issuer"`)
	loads := regexp.MustCompile(`(?i)(src|href)\s*=\s*["'](https?:)?//|@import|url\(|<link[^>]+stylesheet|<script[^>]+src`)
	require.Empty(t, loads.FindString(string(page)), "the page loads nothing")
}

func TestJSONIsAllOfStdoutAndTheSameForTheSameSeed(t *testing.T) {
	prices, out := candles(t, evening), filepath.Join(t.TempDir(), "report.html")
	answer := func(seed string) string {
		got := simulate(t, "replay", "--json", "--seed", seed, "--pool", "0", "--prices", prices, "--out", out)
		require.Equal(t, exitOK, got.code, got.err)
		var told struct {
			Setup   struct{ Seed uint64 }
			Hours   []struct{ Level string }
			Verdict struct {
				PegLost bool `json:"peg_lost"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(got.out), &told))
		require.Len(t, told.Hours, 2)
		require.True(t, told.Verdict.PegLost)
		return got.out
	}
	first, again, other := answer("5"), answer("5"), answer("6")
	require.Equal(t, first, again)
	require.NotEqual(t, first, other)
}

func TestListsSweep(t *testing.T) {
	out := filepath.Join(t.TempDir(), "report.html")
	args := []string{"--prices", candles(t, evening), "--out", out, "--pool", "0", "--reserve", "1000000,200000", "--latency", "1,2", "--seeds", "2"}
	got := simulate(t, args...)
	require.Equal(t, exitOK, got.code, got.err)
	require.Contains(t, got.out, "run with 2 seeds")
	require.Contains(t, got.out, "  200,000")
	require.Equal(t, 4, strings.Count(got.out, "2 of 2"), "two reserves by two latencies, the peg lost in each seed")

	got = simulate(t, append(args, "--json")...)
	var told struct{ Sweep []struct{ Seeds int } }
	require.NoError(t, json.Unmarshal([]byte(got.out), &told))
	require.Len(t, told.Sweep, 4)

	page, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(page), "The same weekend under other assumptions")
}

func TestWhatCannotBeUsedIsOneLineAndNothingIsWritten(t *testing.T) {
	bad := candles(t, strings.Replace(evening, "0.9952", "NaN", 1))
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"a flag that does not exist", []string{"--speed", "9"}, `simulator: unknown flag --speed, did you mean one of "--seed", "--seeds"?`},
		{"a command that does not exist", []string{"dance"}, `simulator: unexpected argument dance`},
		{"an unknown profile", []string{"--profile", "bold"}, `simulator: --profile must be one of "target","conservative" but got "bold"`},
		{"an unknown mode", []string{"--mode", "mush"}, `simulator: --mode must be one of "direct","mesh" but got "mush"`},
		{"a seed that is no number", []string{"--seed", "x"}, `simulator: --seed: expected a valid 64 bit uint but got "x"`},
		{"a reserve that is no number", []string{"--reserve", "1000000,much"}, `simulator: --reserve "much": must be a plain number`},
		{"a share in exponents", []string{"--share", "2e-2"}, `simulator: --share "2e-2": must be a plain number`},
		{"a share above one", []string{"--share", "2"}, `simulator: invalid setup: share 2: must be 0 to 1`},
		{"a bad value further down a list", []string{"--share", "0.02,2"}, `simulator: invalid setup: share 2: must be 0 to 1`},
		{"no seed", []string{"--seeds", "0"}, `simulator: --seeds 0: must be >= 1`},
		{"an endless sweep", []string{"--seeds", "10001"}, `simulator: sweep of 10001 runs: must be at most 10000`},
		{"a depth of zero", []string{"--depth", "0"}, `simulator: invalid setup: depth 0: must be 1000 to 1e10`},
		{"a stablecoin without a supply", []string{"--asset", "EURC"}, `simulator: --asset must be one of "USDC","USDT","DAI","UST" but got "EURC"`},
		{"a pool that is no number", []string{"--pool", "2e9"}, `simulator: --pool "2e9": must be a plain number`},
		{"no pool among others", []string{"--pool", "2000000000,0"}, `simulator: invalid issuer: pool 0: must be 1e6 to 1e12`},
		{"a desk faster than its reserves", []string{"--pace", "1.5"}, `simulator: invalid issuer: pace 1.5: must be 0 to 1`},
		{"nothing liquid", []string{"--liquid", "0"}, `simulator: invalid issuer: liquid 0: must be 0.01 to 1`},
		{"a file that is not there", []string{"--prices", "nowhere.csv"}, `simulator: open nowhere.csv: no such file or directory`},
		{"a folder for a table", []string{"--prices", filepath.Dir(bad)}, `simulator: --prices ` + filepath.Dir(bad) + `: is a directory`},
		{"a table with NaN in it", []string{"--prices", bad}, `simulator: ` + bad + `:3: low "NaN": must be a plain number with at most 8 decimals`},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			got := simulate(t, append(row.args, "--out", filepath.Join(folder, "report.html"))...)
			require.Equal(t, exitUsage, got.code)
			require.Equal(t, row.want+"\n", got.err)
			require.Empty(t, got.out)
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestAPlaceThatCannotBeWrittenIsKnownBeforeTheWork(t *testing.T) {
	folder := t.TempDir()
	got := simulate(t, "--out", folder)
	require.Equal(t, ran{exitUsage, "", "simulator: --out " + folder + ": is a directory\n"}, got)

	got = simulate(t, "--out", filepath.Join(folder, "no", "report.html"))
	require.Equal(t, exitUsage, got.code)
	require.Equal(t, 1, strings.Count(got.err, "\n"))
	require.Contains(t, got.err, "simulator: --out "+filepath.Join(folder, "no", "report.html")+": cannot be written: ")
	require.Empty(t, got.out)
}

func TestAnInterruptLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	code := run(ctx, []string{"--prices", candles(t, evening), "--out", filepath.Join(folder, "report.html")}, &out, &err)
	require.Equal(t, exitBroken, code)
	left, readErr := os.ReadDir(folder)
	require.NoError(t, readErr)
	require.Empty(t, left)
}

func TestAnOldReportStaysUntilTheNewOneIsWhole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o600))
	got := simulate(t, "--prices", candles(t, strings.Replace(evening, "0.9952", "0", 1)), "--out", file)
	require.Equal(t, exitUsage, got.code)
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "old", string(kept))
}

func TestWhatTheStabilizerCannotDoIsSaidBeforehand(t *testing.T) {
	got := simulate(t, "--fee", "100", "--pool", "0", "--prices", candles(t, evening), "--out", filepath.Join(t.TempDir(), "report.html"))
	require.Equal(t, exitOK, got.code, got.err)
	require.Contains(t, got.err, "warning: a fee of 100 bps leaves less than MaxSlippageBps 30 asks for: every trade reverts\n")
	require.Contains(t, got.out, "tx failures")
}

func TestPoolsOfAnotherStablecoinAreCompared(t *testing.T) {
	args := []string{"--json", "--prices", candles(t, evening), "--out", filepath.Join(t.TempDir(), "report.html")}
	got := simulate(t, append(args, "--asset", "UST", "--pool", "1000000000,4000000000")...)
	require.Equal(t, exitOK, got.code, got.err)
	var told struct {
		Issuer struct {
			Setup struct{ Asset string }
			Cases []struct{ Rule, Pool string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &told))
	require.Equal(t, "UST", told.Issuer.Setup.Asset)
	require.Len(t, told.Issuer.Cases, 5)
	require.Equal(t, "4000000000", told.Issuer.Cases[4].Pool)
}

func TestHelpNamesTheCommands(t *testing.T) {
	got := simulate(t, "--help")
	require.Equal(t, exitOK, got.code)
	require.Contains(t, got.out, "replay")
	require.Contains(t, got.out, "targets")

	got = simulate(t, "replay", "--help")
	require.Contains(t, got.out, "The issuer and its pool:")
}
