package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
)

// strait is a bot between two chains in memory.
type strait struct {
	clock   clock.Clock
	network *pooltest.Network
}

func openStrait() *strait { return &strait{clock.New(), &pooltest.Network{}} }

func (s *strait) bot(ctx context.Context, args ...string) ran {
	var out, err bytes.Buffer
	code := run(ctx, append([]string{"parity"}, args...), host{&out, &err, s.clock, s.network, s.network.Serve, nil, nil})
	return ran{code, out.String(), err.String()}
}

func TestTwoChainsStayTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := openStrait().bot(t.Context())
		require.Equal(t, exitOK, got.code, got.err)
		require.Empty(t, got.err)
		for _, want := range []string{
			"on chain 138 a trader buys 2,000 cUSDT", "hold sustaining: 20.0 bps apart", "trade on chain 138: sells 951.00 cUSDT",
			"trade on chain 651940: buys 951.00 cUSDT", "over the bridge: 951.00 USDT from chain 138", "came over the bridge: 951.00 USDT from chain 138",
			"with less than 15 bps between the chains; at most 20.0", "8 transfers came over the bridge, 0 are on their way",
		} {
			require.Contains(t, got.out, want)
		}
		require.NotContains(t, got.out, "ALERT")
	})
}

func TestProgramsReadOfParity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStrait()
		done := make(chan ran, 1)
		go func() { done <- s.bot(t.Context(), "--json", "--for", "10s") }()
		time.Sleep(5 * time.Second)
		series := (&market{network: s.network}).scrapeAt(t, "127.0.0.1:9336")
		for _, want := range []string{
			`evenkeel_parity_transfers 2`, `evenkeel_parity_stuck_transfers 0`, `evenkeel_parity_halted 0`, `evenkeel_parity_apart 0`,
			`evenkeel_parity_available{chain="138"} 49049.001`, `evenkeel_parity_looks_total{reason="spread"} 1`,
		} {
			require.Contains(t, series, want+"\n")
		}
		got := <-done
		require.Equal(t, exitOK, got.code, got.err)
		for line := range strings.SplitSeq(strings.TrimSpace(got.out), "\n") {
			require.True(t, json.Valid([]byte(line)), line)
		}
	})
}

func TestADryRunOfParityTradesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := openStrait().bot(t.Context(), "--dry-run", "--for", "5s")
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "dry_trade on chain 138: sells 951.00 cUSDT")
		require.Contains(t, got.out, "0 transfers came over the bridge, 0 are on their way")
		require.Contains(t, got.out, "Trades and bridge brought 0.00 cUSDT and 0.00 USDT.")
	})
}

func TestAWordReachesAKeeperOfParity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStrait()
		state := "sqlite:" + filepath.Join(t.TempDir(), "parity.db")
		early := s.bot(t.Context(), "pause", "--by", "anna", "--state", state)
		require.Equal(t, exitUsage, early.code)
		require.Contains(t, early.err, "must exist")
		done := make(chan ran, 1)
		go func() { done <- s.bot(t.Context(), "--state", state, "--for", "8s") }()
		time.Sleep(time.Second)
		said := s.bot(t.Context(), "pause", "--by", "anna", "--state", state)
		require.Equal(t, exitOK, said.code, said.err)
		require.Contains(t, said.out, "pause by anna is written down. The keeper of parity parity looked last")
		time.Sleep(4 * time.Second)
		require.Contains(t, (&market{network: s.network}).scrapeAt(t, "127.0.0.1:9336"), "evenkeel_parity_paused 1\n")
		for _, verb := range []string{"resume", "reset", "accept"} {
			require.Equal(t, exitOK, s.bot(t.Context(), verb, "--by", "anna", "--state", state).code)
		}
		got := <-done
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "pause by anna (no reason given)")
		require.Contains(t, got.out, "trade on chain 138", "after the resume")

		again := s.bot(t.Context(), "--state", state)
		require.Equal(t, exitUsage, again.code)
		require.Contains(t, again.err, "must be one in which nothing has run as parity/parity: its chain is gone")
	})
}

func TestAParityFileIsJudged(t *testing.T) {
	for _, c := range []struct{ story, of, with, says string }{
		{"a key that nobody knows", "enter_bps:", "enter:", "enter: must be one of the keys of parity.yaml"},
		{"a bridge that is none", "chains: demo", "chains: [138, 1]", "must be one value"},
		{"chains that cannot be reached", "chains: demo", "chains: 138", `chains "138": must be demo: no other bridge can be crossed`},
		{"no depth", "depth_units_per_bps: 100", "", `depth_units_per_bps "0": must be > 0`},
		{"looks that are too seldom", "every: 200ms", "every: 1s", `every "1s": must be at most block_time 500ms`},
		{"one block's word", "sustain_blocks: 2", "sustain_blocks: 1", "sustain_blocks 1: must be"},
		{"an exit beyond the entry", "exit_bps: 1", "exit_bps: 9", "exit_bps 9: must be"},
		{"a number with an exponent", "max_trade: 5000", "max_trade: 5e3", `max_trade "5e3": must be a plain number`},
		{"a patience of nothing", "give_up: 1m", "give_up: 0s", `give_up "0s": must be more than twice every`},
	} {
		t.Run(c.story, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "parity.yaml")
			require.NoError(t, os.WriteFile(config, []byte(instead(t, c.of, c.with)(string(paritySample))), 0o600))
			got := openStrait().bot(t.Context(), "--config", config)
			require.Equal(t, exitUsage, got.code)
			require.Contains(t, got.err, c.says)
			require.Empty(t, got.out)
		})
	}
	got := openStrait().bot(t.Context(), "--for=-1s")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.err, "for -1s: must be > 0")
}
