package mesh_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// digest is what a run of a named scenario came to: its final state, to the last
// unit, and figures that show what changed when it does.
type digest struct {
	Scenario string   `json:"scenario"`
	Epochs   int      `json:"epochs"`
	State    string   `json:"state"` // SHA-256 of the JSON
	Asked    int      `json:"asked"`
	Refused  int      `json:"refused"`
	Worst    string   `json:"worst"`
	P95Bps   float64  `json:"p95Bps"` // of integers: the same everywhere
	Reserves []string `json:"reserves"`
}

// A seed gives the same run to the last unit, on every machine.
func TestNamedScenariosEndAsTheyDid(t *testing.T) {
	path := filepath.Join("testdata", "runs.json")
	var got []digest
	for _, name := range []string{"hub_only_11", "bridge_shock_137_56", "bank_run_redemption_spike"} {
		s, err := mesh.Named(name)
		require.NoError(t, err)
		s.Epochs = 200
		for i := range s.BridgeShocks {
			s.BridgeShocks[i].Window = mesh.Window{From: 50, To: 150}
		}
		for i := range s.FlowShocks {
			s.FlowShocks[i].Window = mesh.Window{From: 50, To: 150}
		}
		sim, err := mesh.NewSimulation(s, mesh.Proportional{Sustain: 2, ShareBps: 5_000})
		require.NoError(t, err)
		r, err := sim.Run(rand.New(rand.NewPCG(1, 2)))
		require.NoError(t, err)
		state, err := json.Marshal(r.Final)
		require.NoError(t, err)
		sum := sha256.Sum256(state)
		d := digest{
			Scenario: name, Epochs: s.Epochs, State: hex.EncodeToString(sum[:]), Asked: r.Scorecard.Orders.Asked, Refused: r.Scorecard.Orders.Refused,
			Worst: r.Scorecard.WorstPool, P95Bps: r.Scorecard.PegDeviation.P95Bps,
		}
		for i := range r.Final.Snapshot.Pools {
			d.Reserves = append(d.Reserves, r.Final.Snapshot.Pools[i].Curve.B.Dec())
		}
		got = append(got, d)
	}
	if *update {
		text, err := json.MarshalIndent(got, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(text, '\n'), 0o600))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var want []digest
	require.NoError(t, json.Unmarshal(text, &want))
	require.Equal(t, want, got)
}
