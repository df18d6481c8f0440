package capital_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

var update = flag.Bool("update", false, "write the golden hashes again")

// golden is a scorecard's fingerprint.
type golden struct {
	Profile  capital.Profile `json:"profile"`
	Scenario string          `json:"scenario"`
	Paths    int64           `json:"paths"`
	Seed     uint64          `json:"seed"`
	Hash     string          `json:"hash"`
}

func hashed(tb testing.TB, part capital.Partial) string {
	tb.Helper()
	s, err := part.Scorecard()
	require.NoError(tb, err)
	h, err := s.Hash()
	require.NoError(tb, err)
	return h.String()
}

// The same jobs give the same bytes on 1, 2 and 7 workers, with vectors or
// without, on any processor and at any GOAMD64.
func TestGoldenHashes(t *testing.T) {
	const name = "capital/hashes.json"
	if *update {
		writeGolden(t, filepath.Join("testdata", "vectors", filepath.FromSlash(name)))
	}
	text, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var rows []golden
	require.NoError(t, json.Unmarshal(text, &rows))
	t.Logf("%d paths at a time", capital.Lanes())
	passed, failed := 0, 0
	for _, row := range rows {
		p := stressed(t, row.Profile, row.Scenario, 0)
		for _, workers := range []int{1, 2, 7} {
			part, err := capital.Run(t.Context(), capital.Job{Params: p, Seed: row.Seed, Paths: row.Paths}, capital.Options{Workers: workers})
			require.NoError(t, err)
			if got := hashed(t, part); got != row.Hash {
				t.Errorf("%s, %s, %d workers: %s, want %s", row.Profile, row.Scenario, workers, got, row.Hash)
				failed++
				continue
			}
			passed++
		}
		t.Logf("%s %s %s", row.Hash, row.Profile, row.Scenario)
	}
	vectors.Report(t, name, passed, failed)
}

func writeGolden(t *testing.T, path string) {
	t.Helper()
	var rows []golden
	for _, profile := range capital.Profiles() {
		for _, s := range capital.Scenarios() {
			row := golden{Profile: profile, Scenario: s.Name, Paths: 1001, Seed: 20260427}
			job := capital.Job{Params: stressed(t, profile, s.Name, 0), Seed: row.Seed, Paths: row.Paths}
			part, err := capital.Run(t.Context(), job, capital.Options{Workers: 1})
			require.NoError(t, err)
			row.Hash = hashed(t, part)
			rows = append(rows, row)
		}
	}
	text, err := json.MarshalIndent(rows, "", "\t")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, append(text, '\n'), 0o644))
}

// In 1, 3 or 7 shards, through files, merged in any order: the same result.
func TestShardsMergeInAnyOrder(t *testing.T) {
	job := capital.Job{Params: stressed(t, capital.Institutional, crash, 1.75), Seed: 7, Paths: 1500}
	for _, outcomes := range []bool{false, true} {
		whole, err := capital.Run(t.Context(), job, capital.Options{Outcomes: outcomes})
		require.NoError(t, err)
		require.True(t, whole.Complete())
		for _, n := range []int64{1, 3, 7} {
			t.Run(fmt.Sprintf("%d shards, outcomes %t", n, outcomes), func(t *testing.T) {
				var parts []capital.Partial
				for i := range n {
					part, err := capital.Run(t.Context(), job, capital.Options{From: i * job.Paths / n, To: (i + 1) * job.Paths / n, Outcomes: outcomes, Workers: int(i%2) + 1})
					require.NoError(t, err)
					var file bytes.Buffer
					require.NoError(t, capital.WriteShard(&file, part))
					read, err := capital.ReadShard(&file)
					require.NoError(t, err)
					parts = append(parts, read)
				}
				rng := rand.New(rand.NewPCG(uint64(n), 1))
				rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
				merged, err := capital.Merge(parts...)
				require.NoError(t, err)
				require.Equal(t, hashed(t, whole), hashed(t, merged))
				if diff := cmp.Diff(whole, merged, cmp.AllowUnexported(capital.Sum{})); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// endsAfter returns a context that ends once it was asked so often.
func endsAfter(ctx context.Context, asked int) context.Context {
	return &ends{ctx, asked}
}

type ends struct {
	context.Context //nolint:containedctx // it is one
	left            int
}

func (c *ends) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestWhatIsDoneWhenTheContextEndsIsKept(t *testing.T) {
	job := capital.Job{Params: stressed(t, capital.Seed, base, 0), Seed: 7, Paths: 3000}
	for _, asked := range []int{0, 1, 5} {
		part, err := capital.Run(endsAfter(t.Context(), asked), job, capital.Options{Workers: 1})
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, 256*asked, part.To, "whole batches")
		require.Equal(t, part.To, part.Tally.Paths)
		require.False(t, part.Complete())
		if asked == 0 {
			_, err := part.Scorecard()
			require.ErrorIs(t, err, capital.ErrShard)
			continue
		}
		s, err := part.Scorecard()
		require.NoError(t, err)
		require.True(t, s.Partial, "and it says so")
		rest, err := capital.Run(t.Context(), job, capital.Options{From: part.To})
		require.NoError(t, err)
		merged, err := capital.Merge(rest, part)
		require.NoError(t, err)
		whole, err := capital.Run(t.Context(), job, capital.Options{})
		require.NoError(t, err)
		require.Equal(t, hashed(t, whole), hashed(t, merged), "the rest can be run later")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("power cut"))
	_, err := capital.Run(ctx, job, capital.Options{})
	require.EqualError(t, err, "capital: 0 of 3000 paths done: power cut")
}

func TestRunningTogetherIsRunningAlone(t *testing.T) {
	var jobs []capital.Job
	for _, leverage := range []float64{1, 1.5, 2, 4} {
		p := stressed(t, capital.Institutional, highVol, leverage)
		p.Stance.SigmaCrit = 0.3 + leverage/20
		jobs = append(jobs, capital.Job{Params: p, Seed: 2, Paths: 300})
	}
	together, err := capital.RunTogether(t.Context(), jobs, capital.Options{Outcomes: true})
	require.NoError(t, err)
	for i, job := range jobs {
		alone, err := capital.Run(t.Context(), job, capital.Options{Outcomes: true})
		require.NoError(t, err)
		require.Equal(t, hashed(t, alone), hashed(t, together[i]))
	}
}
