package evenkeel_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// written returns a journal of n ticks and its anchored heads.
func written(t *testing.T, n int) ([]evenkeel.Record, []evenkeel.Head) {
	t.Helper()
	store, anchor, w := new(memory.Store), new(memory.Anchor), &tank{}
	r := runner(t, w, store, evenkeel.Options{Anchor: anchor, AnchorEvery: 4, AnchorInterval: time.Hour})
	for i := range n {
		w.level -= 4
		w.level = max(w.level, 0)
		_, err := r.Tick(t.Context(), midnight.Add(time.Duration(i)*time.Second))
		require.NoError(t, err)
	}
	var heads []evenkeel.Head
	for h, err := range anchor.Heads(t.Context(), "tank") {
		require.NoError(t, err)
		heads = append(heads, h)
	}
	var records []evenkeel.Record
	for rec, err := range store.Journal(t.Context(), "tank", 0) {
		require.NoError(t, err)
		records = append(records, rec)
	}
	return records, heads
}

// fixed is a store that holds just these records, whatever they are.
type fixed struct {
	evenkeel.Store
	records []evenkeel.Record
}

func (f fixed) Journal(context.Context, string, uint64) iter.Seq2[evenkeel.Record, error] {
	return func(yield func(evenkeel.Record, error) bool) {
		for _, r := range f.records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestVerifyAcceptsWhatWasWritten(t *testing.T) {
	records, heads := written(t, 20)
	v, err := evenkeel.Verify(t.Context(), fixed{records: records}, "tank", heads...)
	require.NoError(t, err)
	require.Equal(t, evenkeel.Verified{First: 1, Head: evenkeel.Head{Key: "tank", Seq: 20, Hash: records[19].Hash}}, v)
}

func TestVerifyFindsEveryFlippedByte(t *testing.T) {
	records, _ := written(t, 3)
	target := &records[1]
	original := *target
	fields := map[string]func(i int) bool{ // flips byte i, or reports that there is none
		"Config": flip(&target.Config), "Prev": flip(&target.Prev), "Hash": flip(&target.Hash),
		"State": flipBytes(&target.State), "Seen": flipBytes(&target.Seen), "Decision": flipBytes(&target.Decision),
		"Engine": flipString(&target.Engine), "Key": flipString(&target.Key),
		"Seq": func(i int) bool { target.Seq ^= 1 << i; return i < 64 },
		"At":  func(i int) bool { target.At = target.At.Add(time.Microsecond << i); return i < 40 },
	}
	for name, flip := range fields {
		flipped := 0
		for i := 0; ; i++ {
			*target = original
			target.State, target.Seen, target.Decision = slices.Clone(original.State), slices.Clone(original.Seen), slices.Clone(original.Decision)
			if !flip(i) {
				break
			}
			_, err := evenkeel.Verify(t.Context(), fixed{records: records}, "tank")
			require.ErrorIs(t, err, evenkeel.ErrBroken, "%s %d", name, i)
			flipped++
		}
		require.NotZero(t, flipped, name)
	}
}

func flip(b *[32]byte) func(int) bool {
	return func(i int) bool {
		if i >= len(b) {
			return false
		}
		b[i] ^= 1
		return true
	}
}

func flipBytes(b *[]byte) func(int) bool {
	return func(i int) bool {
		if i >= len(*b) {
			return false
		}
		(*b)[i] ^= 1
		return true
	}
}

func flipString(s *string) func(int) bool {
	return func(i int) bool {
		if i >= len(*s) {
			return false
		}
		b := []byte(*s)
		b[i] ^= 1
		*s = string(b)
		return true
	}
}

func TestVerifyFindsWhatWasMoved(t *testing.T) {
	records, heads := written(t, 12)
	forged := slices.Clone(records)
	for i := range forged { // rewritten whole, with a chain that holds
		forged[i].Decision = []byte(`{"Reason":"full"}`)
		if i > 0 {
			forged[i].Prev = forged[i-1].Hash
		}
		forged[i].Hash = forged[i].Sum()
	}
	spliced := slices.Clone(records)
	spliced[5].Decision = []byte(`{}`)
	spliced[5].Hash = spliced[5].Sum() // sound in itself, unknown to its successor
	begotten := slices.Clone(records)
	for i := range begotten { // a chain that holds, and begins with somebody's successor
		begotten[i].Prev = [32]byte{1}
		if i > 0 {
			begotten[i].Prev = begotten[i-1].Hash
		}
		begotten[i].Hash = begotten[i].Sum()
	}
	swapped := slices.Clone(records)
	swapped[3], swapped[4] = swapped[4], swapped[3]

	for name, c := range map[string]struct {
		records []evenkeel.Record
		trusted []evenkeel.Head
	}{
		"two records swapped":                     {swapped, nil},
		"a record removed":                        {slices.Delete(slices.Clone(records), 5, 6), nil},
		"a record repeated":                       {slices.Insert(slices.Clone(records), 5, records[5]), nil},
		"a record replaced by a sound one":        {spliced, nil},
		"the first records removed":               {records[1:], nil},
		"a first record with a predecessor":       {begotten, nil},
		"the end cut off, found by the anchor":    {records[:8], heads},
		"everything removed, found by the anchor": {nil, heads},
		"all rewritten, found by the anchor":      {forged, heads},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := evenkeel.Verify(t.Context(), fixed{records: c.records}, "tank", c.trusted...)
			require.ErrorIs(t, err, evenkeel.ErrBroken)
		})
	}
	_, err := evenkeel.Verify(t.Context(), fixed{}, "tank")
	require.ErrorIs(t, err, evenkeel.ErrNotFound, "nothing was written and nothing is missed")
}

func TestVerifyOfABoundedJournalNeedsATrustedHead(t *testing.T) {
	records, heads := written(t, 20)
	kept := fixed{records: records[6:]}
	_, err := evenkeel.Verify(t.Context(), kept, "tank")
	require.ErrorIs(t, err, evenkeel.ErrBroken)
	v, err := evenkeel.Verify(t.Context(), kept, "tank", heads...)
	require.NoError(t, err)
	require.EqualValues(t, 7, v.First)
}

func TestReplayDecidesTheSameAgain(t *testing.T) {
	records, _ := written(t, 20)
	for name, kept := range map[string][]evenkeel.Record{"from the first step": records, "from a later state": records[7:]} {
		t.Run(name, func(t *testing.T) {
			steps := 0
			for r, err := range evenkeel.Replay(t.Context(), tankEngine{full: 10}, fixed{records: kept}, "tank") {
				require.NoError(t, err)
				require.True(t, r.Same, r.ID())
				steps++
			}
			want := len(kept)
			if kept[0].Seq > 1 {
				want-- // the first one kept only says where to start
			}
			require.Equal(t, want, steps)
		})
	}
}

func TestReplayShowsWhatAnotherConfigurationWouldHaveDone(t *testing.T) {
	records, _ := written(t, 20)
	var differ []uint64
	for r, err := range evenkeel.Replay(t.Context(), tankEngine{full: 3}, fixed{records: records}, "tank") {
		require.NoError(t, err)
		if !r.Same {
			differ = append(differ, r.Seq)
		}
	}
	require.NotEmpty(t, differ)
	require.Less(t, len(differ), 20, "a step that decides alike counts as alike")
}

func TestReplayComparesStateAndDecision(t *testing.T) {
	for name, change := range map[string]func(*evenkeel.Record){
		"state":    func(r *evenkeel.Record) { r.State = []byte(`{"Pours":99}`) },
		"decision": func(r *evenkeel.Record) { r.Decision = []byte(`{"Reason":"bribed"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			records, _ := written(t, 3)
			change(&records[2])
			var same []bool
			for r, err := range evenkeel.Replay(t.Context(), tankEngine{full: 10}, fixed{records: records}, "tank") {
				require.NoError(t, err)
				same = append(same, r.Same)
			}
			require.Equal(t, []bool{true, true, false}, same)
		})
	}
}

func TestReplayStopsAtWhatTheEngineRefuses(t *testing.T) {
	records, _ := written(t, 5)
	records[3].Seen = []byte(`{"Level":-1}`)
	var errs []error
	for _, err := range evenkeel.Replay(t.Context(), tankEngine{full: 10}, fixed{records: records}, "tank") {
		errs = append(errs, err)
	}
	require.Len(t, errs, 4)
	require.ErrorIs(t, errs[3], errTank)
	require.ErrorContains(t, errs[3], "tank/4")
}
