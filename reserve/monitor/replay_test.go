package monitor_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

var update = flag.Bool("update", false, "rewrite testdata/replay.jsonl")

// step is one line of the replay.
type step struct {
	Seen     monitor.Observation
	Decision monitor.Decision
}

// A day in the life of a reserve, decided exactly as it was when it was last
// reviewed: quiet hours, a run, a refill with approval, one rejected, a silence.
func TestEngineReplay(t *testing.T) {
	path := filepath.Join("testdata", "replay.jsonl")
	e := engine(t, func(c *monitor.Config) { c.BridgeBuffer = dec("20000") })
	if *update {
		write(t, path, e)
	}
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	require.Len(t, lines, len(story()))
	var state monitor.State
	for i, line := range lines {
		var want step
		require.NoError(t, json.Unmarshal(line, &want))
		var d monitor.Decision
		state, d, err = e.Step(state, want.Seen)
		require.NoError(t, err)
		got, err := json.Marshal(step{want.Seen, d})
		require.NoError(t, err)
		if diff := cmp.Diff(string(line), string(got)); diff != "" {
			t.Fatalf("line %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func write(t *testing.T, path string, e *monitor.Engine) {
	t.Helper()
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	var state monitor.State
	for _, seen := range story() {
		next, d, err := e.Step(state, seen)
		require.NoError(t, err)
		require.NoError(t, encoder.Encode(step{seen, d}))
		state = next
	}
	require.NoError(t, os.WriteFile(path, lines.Bytes(), 0o600))
}

func story() []monitor.Observation {
	var seen []monitor.Observation
	now := monitor.Observation{At: start, Available: dec("380000"), Vault: dec("500000"), Bridge: dec("25000")}
	pass := func(minutes int, outflow string, outcomes ...monitor.Outcome) {
		now.At = now.At.Add(time.Duration(minutes) * time.Minute)
		now.Outflow, now.Outcomes = dec(outflow), outcomes
		now.Available = now.Available.Sub(now.Outflow)
		seen = append(seen, now)
	}
	for i := range 20 {
		pass(5, decimal.NewFromInt(int64(i*i%7)*100-200).String())
	}
	for range 12 {
		pass(1, "12000.5") // a run
	}
	now.Vault, now.InFlight = dec("420000"), dec("80000")
	pass(1, "12000.5")
	now.Available, now.InFlight = now.Available.Add(dec("80000")), dec("0")
	pass(1, "4000", monitor.Outcome{ID: 1, Result: monitor.Settled})
	pass(1, "0", monitor.Outcome{ID: 2, Result: monitor.Rejected})
	now.Bridge = dec("9000")
	for range 14 {
		pass(1, "-1000")
	}
	pass(1, "55000", monitor.Outcome{ID: 3, Result: monitor.Settled})
	for range 4 {
		pass(1, "55000")
	}
	pass(400, "0") // nobody looked
	pass(1, "0")
	return seen
}
