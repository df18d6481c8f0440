package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/chains"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
)

// runbookLines are the commands of the runbook, in their order.
func runbookLines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/runbook.md")
	require.NoError(t, err)
	var lines []string
	for _, l := range regexp.MustCompile(`(?m)^    ((?:bot|curl) .+)$`).FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, l[1])
	}
	return lines
}

// words splits a line as a shell would that knows only double quotes.
func words(line string) []string {
	var all []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

// duty is somebody who types what the runbook says, beside a keeper that runs.
type duty struct {
	*port
	network *pooltest.Network
	stop    func() ran
}

func (d *duty) host(out, err *bytes.Buffer) host {
	wall := clock.New()
	return host{out, err, wall, d.network, d.network.Serve, nil, chains.World{Clock: wall, Network: http.DefaultTransport}}
}

// series is what Prometheus sees; nothing while no keeper runs.
func (d *duty) series() string {
	ask, err := http.NewRequestWithContext(d.Context(), http.MethodGet, "http://127.0.0.1:9335/metrics", nil)
	require.NoError(d, err)
	answer, err := d.network.RoundTrip(ask)
	if err != nil {
		return ""
	}
	defer answer.Body.Close() //nolint:errcheck // in memory
	text, err := io.ReadAll(answer.Body)
	require.NoError(d, err)
	return string(text)
}

// start runs a line that goes on until it is ended, and waits for its first look.
func (d *duty) start(args []string) {
	ctx, end := context.WithCancel(d.Context())
	done := make(chan ran, 1)
	go func() {
		var out, err bytes.Buffer
		code := run(ctx, args, d.host(&out, &err))
		done <- ran{code, out.String(), err.String()}
	}()
	d.stop = func() ran {
		end()
		return <-done
	}
	d.eventually(func() bool { return strings.Contains(d.series(), "evenkeel_keeper_looks_total{") }, "the keeper looks")
}

// typed runs a line that ends by itself, while a block comes for all that is sent.
func (d *duty) typed(args []string) ran {
	done := make(chan ran, 1)
	go func() {
		var out, err bytes.Buffer
		code := run(d.Context(), args, d.host(&out, &err))
		done <- ran{code, out.String(), err.String()}
	}()
	for {
		select {
		case got := <-done:
			return got
		case <-time.After(20 * time.Millisecond):
			if d.pending(d.owner) > d.nonce {
				d.nonce = d.pending(d.owner) // people use the owner's key as well
				d.commit()
			}
		}
	}
}

// Every command of the runbook does what it says, in the order in which it stands
// there, against a real node.
func TestTheLinesOfTheRunbookHold(t *testing.T) {
	lines := runbookLines(t)
	require.Len(t, lines, 16)
	p := openPort(t)
	text, err := os.ReadFile(p.chart(p.node.URL, nil))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("keeper.yaml", bytes.Replace(text, []byte("metrics: off"), []byte("metrics: 127.0.0.1:9335"), 1), 0o600))
	for _, name := range []string{"owner.key", "vault.key"} {
		require.NoError(t, os.WriteFile(name, []byte(hex.EncodeToString(crypto.FromECDSA(p.owner))), 0o600))
	}
	p.do(p.quote, "mint", crypto.PubkeyToAddress(p.owner.PublicKey), whole(17_500, 6))
	p.commit()
	d := &duty{port: p, network: &pooltest.Network{}}
	require.Equal(t, exitOK, d.typed(words("parity --state sqlite:bot-parity.db --for 1s")).code)

	d.start(words("keeper --config keeper.yaml --live"))
	held := func() string { return p.number(p.quote, "balanceOf", p.stabilizer.Address).String() }
	for _, line := range lines {
		tool, args := words(line)[0], words(line)[1:]
		switch {
		case tool == "curl":
			require.Contains(t, d.series(), "evenkeel_keeper_looked_timestamp_seconds", line)
		case args[0] == "keeper" && args[1] == "--config":
			require.Equal(t, exitOK, d.stop().code, line)
			d.start(args)
		default:
			got := d.typed(args)
			require.Equal(t, exitOK, got.code, "%s\n%s", line, got.err)
			switch {
			case strings.Contains(line, "--live"):
				require.Contains(t, got.out, "done in block", line)
			case args[0] == "contract":
				require.Contains(t, got.out, "Nothing was sent", line)
			default:
				require.Contains(t, got.out, " by anna is written down", line)
			}
		}
		if strings.Contains(line, "refill") && strings.Contains(line, "--live") {
			require.Equal(t, "62500000000", held(), "50,000, less 5,000 paid back, and 17,500 from the vault")
		}
	}
	last := d.stop()
	require.Equal(t, exitOK, last.code, last.err)
	require.Equal(t, "5000000000", p.number(p.quote, "balanceOf", common.Address{19: 0xd1}).String())
}
