package rest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAFileIsAFeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "banks.csv")
	write := func(text string) {
		require.NoError(t, os.WriteFile(path+".new", []byte("bank,liquid,obligations\n"+text), 0o600))
		require.NoError(t, os.Chtimes(path+".new", start, start))
		require.NoError(t, os.Rename(path+".new", path))
	}
	r := open(t, "{name: sample, sample: true}", "{name: desk, file: "+path+", net: true}", "mode: suggest ", "mode: live ")
	r.look()
	faults := r.Ask("cora", "GET /alerts", "").Is(200)
	require.Contains(t, faults.At("faults.feed 0"), "no such file")

	write("north,950,1000\nsouth,-1,1000\n")
	r.look()
	faults = r.Ask("cora", "GET /alerts", "").Is(200)
	require.Equal(t, `line 3: liquid "-1": must be a plain number >= 0, below 1e18, with at most 18 decimals`, faults.Sub("faults")["feed desk, problem 1"])
	monitor := r.Ask("cora", "GET /monitor", "").Is(200)
	require.Len(t, monitor["banks"], 1)
	require.NotEmpty(t, monitor.At("banks.0.suggestion.actionId"))
	r.look()
	equal(t, "1.1", r.Ask("cora", "GET /monitor/north", "").Is(200), "current.sxlr")
	require.Equal(t, []any{"ratio_in_band"}, r.Ask("cora", "GET /monitor/north", "").Is(200).At("current.suggestion.reasons"))
	r.books("150")

	r.wait(5 * time.Minute)
	write("north,100,1000\n") // five minutes ago
	r.look()
	require.Contains(t, r.Ask("cora", "GET /monitor/north", "").Is(200).At("current.suggestion.reasons"), "stale_data")
	r.books("150")
}
