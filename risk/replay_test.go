package risk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk"
)

// A change of what is decided, or of how it is written down, shows here, and is
// reviewed as code. Translations are there by their hash, which is of all that
// they are made from, and by what is told of them.
func TestReplay(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	rng := rand.New(rand.NewPCG(11, 12))
	var s risk.State
	var lines bytes.Buffer
	write := json.NewEncoder(&lines)
	for range 60 {
		next, d, err := e.Step(s, weather(rng, s))
		if errors.Is(err, risk.ErrInvalid) {
			require.NoError(t, write.Encode(err.Error()))
			continue
		}
		require.NoError(t, err)
		line := struct {
			Hash     string        `json:",omitempty"`
			Warnings []risk.Notice `json:",omitempty"`
			Decision risk.Decision
			State    risk.State
		}{Decision: d, State: next}
		if d.Translation != nil {
			line.Hash, line.Warnings = d.Translation.Hash, d.Translation.Warnings
			line.Decision.Translation = nil
		}
		line.State.Track.Outcomes = nil
		require.NoError(t, write.Encode(line))
		s = next
	}
	golden(t, "replay.jsonl", lines.String())
	info, err := os.Stat(filepath.Join("testdata", "replay.jsonl"))
	require.NoError(t, err)
	require.Greater(t, info.Size(), int64(10_000))
}
