package capital_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

func parts(t *testing.T, ranges ...int64) []capital.Partial {
	t.Helper()
	job := capital.Job{Params: stressed(t, capital.Seed, base, 0), Seed: 3, Paths: 30}
	var all []capital.Partial
	for i := 1; i < len(ranges); i += 2 {
		part, err := capital.Run(t.Context(), job, capital.Options{From: ranges[i-1], To: ranges[i]})
		require.NoError(t, err)
		all = append(all, part)
	}
	return all
}

func TestPartsThatDoNotFit(t *testing.T) {
	other := parts(t, 10, 30)[0]
	other.Job.Seed++
	kept, err := capital.Run(t.Context(), parts(t, 0, 1)[0].Job, capital.Options{From: 10, Outcomes: true})
	require.NoError(t, err)
	forged := parts(t, 10, 30)[0]
	forged.Tally.Liquidated = 21
	for _, row := range []struct {
		story string
		parts []capital.Partial
		want  string
	}{
		{"none", nil, "nothing to merge: must be at least 1 part"},
		{"the last is missing", parts(t, 0, 10, 10, 20), "paths [20, 30) are missing"},
		{"the first is missing", parts(t, 10, 30), "paths [0, 10) are missing"},
		{"one between is missing", parts(t, 20, 30, 0, 10), "paths [10, 20) are missing"},
		{"one is there twice", parts(t, 0, 20, 20, 30, 0, 20), "paths [0, 20) are there twice"},
		{"two overlap", parts(t, 0, 20, 15, 30), "paths [15, 20) are there twice"},
		{"one is of another job", append(parts(t, 0, 10), other), "must be of one job"},
		{"only one kept its outcomes", append(parts(t, 0, 10), kept), "paths [10, 30) differ from the others in keeping outcomes"},
		{"a count cannot be", append(parts(t, 0, 10), forged), "Tally.Liquidated 21: must be in [0, 20]"},
	} {
		t.Run(row.story, func(t *testing.T) {
			_, err := capital.Merge(row.parts...)
			require.ErrorIs(t, err, capital.ErrShard)
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestFilesThatAreNoShard(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, capital.WriteShard(&file, parts(t, 0, 10)[0]))
	good := file.String()
	head, body, _ := strings.Cut(good, "\n")
	for _, row := range []struct{ story, text, want string }{
		{"an empty file", "", "is not a shard"},
		{"another kind of file", "PK\x03\x04 something else\nand more", "is not a shard"},
		{"a line without end", strings.Repeat("x", 10_000), "is not a shard"},
		{"a later format", strings.Replace(good, "shard 1 ", "shard 2 ", 1), "format 2: must be 1"},
		{"a size beyond all bounds", strings.Replace(good, fmt.Sprintf(" %d ", len(body)), " 99999999999 ", 1), "99999999999 bytes: must be in"},
		{"cut short", good[:len(good)-5], fmt.Sprintf("cut short: %d of %d bytes", len(body)-5, len(body))},
		{"cut after its head", head + "\n", "cut short: 0 of"},
		{"going on", good + "x", "goes on after its"},
		{"changed by one digit", strings.Replace(good, `"from":0`, `"from":1`, 1), "changed since it was written"},
	} {
		t.Run(row.story, func(t *testing.T) {
			_, err := capital.ReadShard(strings.NewReader(row.text))
			require.ErrorIs(t, err, capital.ErrShard)
			require.ErrorContains(t, err, row.want)
		})
	}
	_, err := capital.ReadShard(strings.NewReader(good))
	require.NoError(t, err)
	require.ErrorIs(t, capital.WriteShard(&file, capital.Partial{}), capital.ErrShard)
}

func FuzzReadShard(f *testing.F) {
	f.Add([]byte("evenkeel-capital-shard 1 2 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := capital.ReadShard(bytes.NewReader(text)); err != nil {
			require.ErrorIs(t, err, capital.ErrShard)
		} else {
			_, err := p.Scorecard()
			require.NoError(t, err)
		}
	})
}
