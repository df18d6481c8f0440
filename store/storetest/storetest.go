package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeelhq/evenkeel"
)

const key = "peg/cUSDC" // a slash in a key is usual

// noon is when record 1 was written; each further one is a microsecond later,
// the finest step that a journal keeps.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func at(seq uint64) time.Time { return noon.Add(time.Duration(seq-1) * time.Microsecond) }

// record returns a record with bytes that a store may not reformat.
func record(key string, seq uint64) evenkeel.Record {
	r := evenkeel.Record{
		Stamp:  evenkeel.Stamp{Key: key, Seq: seq, At: at(seq)},
		Engine: "test@1", Config: [32]byte{1, 2, 3},
		State: []byte(`{"b": 1.10, "a":"é\u00e9"}`), Seen: []byte(` {}`), Decision: []byte(`null`),
		Prev: [32]byte{byte(seq)},
	}
	r.Hash = r.Sum()
	return r
}

// Run checks an evenkeel.Store. open returns a new, empty store each time it is
// called and registers its own cleanup on t.
func Run(t *testing.T, open func(t *testing.T) evenkeel.Store) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, evenkeel.Store){
		"a key never written is not found":                 neverWritten,
		"what is appended is read back byte for byte":      readBack,
		"a sequence number is taken once and in order":     inOrder,
		"time within a key never decreases":                timeOrder,
		"At answers as of a moment":                        asOf,
		"keys do not see each other":                       apart,
		"of many writers of one number exactly one wins":   oneWriter,
		"a reader may append while it reads":               appendWhileReading,
		"the caller's bytes are not the store's":           noAliasing,
		"a cancelled context changes nothing":              cancelled,
		"reading may stop at any record and be done again": stopEarly,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func neverWritten(t *testing.T, s evenkeel.Store) {
	if _, err := s.Last(t.Context(), key); !errors.Is(err, evenkeel.ErrNotFound) {
		t.Errorf("Last = %v, want ErrNotFound", err)
	}
	if _, err := s.At(t.Context(), key, noon); !errors.Is(err, evenkeel.ErrNotFound) {
		t.Errorf("At = %v, want ErrNotFound", err)
	}
	if got := journal(t, s, key, 0); len(got) != 0 {
		t.Errorf("Journal yields %d records, want none", len(got))
	}
}

func readBack(t *testing.T, s evenkeel.Store) {
	fill(t, s, key, 3)
	equal(t, "journal", journal(t, s, key, 0), []evenkeel.Record{record(key, 1), record(key, 2), record(key, 3)})
	equal(t, "journal after 1", journal(t, s, key, 1), []evenkeel.Record{record(key, 2), record(key, 3)})
	equal(t, "journal after its end", journal(t, s, key, 9), nil)
	last, err := s.Last(t.Context(), key)
	noError(t, err)
	equal(t, "last", last, record(key, 3))
	if last.Sum() != last.Hash {
		t.Error("the hash does not survive the store")
	}
}

func inOrder(t *testing.T, s evenkeel.Store) {
	conflict(t, s.Append(t.Context(), record(key, 2)), "2 before 1")
	conflict(t, s.Append(t.Context(), record(key, 0)), "0")
	fill(t, s, key, 2)
	conflict(t, s.Append(t.Context(), record(key, 2)), "2 again")
	conflict(t, s.Append(t.Context(), record(key, 4)), "4 after 2")
	if got := journal(t, s, key, 0); len(got) != 2 {
		t.Errorf("%d records after refused appends, want 2", len(got))
	}
}

func timeOrder(t *testing.T, s evenkeel.Store) {
	fill(t, s, key, 2)
	early := record(key, 3)
	early.At = at(1)
	if err := s.Append(t.Context(), early); !errors.Is(err, evenkeel.ErrInvalid) {
		t.Errorf("append of an earlier time = %v, want ErrInvalid", err)
	}
	same := record(key, 3)
	same.At = at(2)
	noError(t, s.Append(t.Context(), same))
	got, err := s.At(t.Context(), key, at(2))
	noError(t, err)
	if got.Seq != 3 {
		t.Errorf("At a time that two records share = %d, want the newer, 3", got.Seq)
	}
}

func asOf(t *testing.T, s evenkeel.Store) {
	fill(t, s, key, 3)
	if _, err := s.At(t.Context(), key, noon.Add(-time.Microsecond)); !errors.Is(err, evenkeel.ErrNotFound) {
		t.Errorf("At before the first = %v, want ErrNotFound", err)
	}
	for _, c := range []struct {
		at   time.Time
		want uint64
	}{{at(1), 1}, {at(2), 2}, {at(3), 3}, {at(3).Add(time.Hour), 3}, {at(2).In(time.FixedZone("east", 3600)), 2}} {
		got, err := s.At(t.Context(), key, c.at)
		noError(t, err)
		equal(t, fmt.Sprint("at ", c.at), got, record(key, c.want))
	}
}

func apart(t *testing.T, s evenkeel.Store) {
	other := key + "/2"
	fill(t, s, key, 2)
	fill(t, s, other, 1)
	equal(t, "the other journal", journal(t, s, other, 0), []evenkeel.Record{record(other, 1)})
}

func oneWriter(t *testing.T, s evenkeel.Store) {
	var writers sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		writers.Go(func() {
			r := record(key, 1)
			r.Decision = fmt.Appendf(nil, "%d", i)
			errs[i] = s.Append(t.Context(), r)
		})
	}
	writers.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won >= 0:
			t.Errorf("writers %d and %d both won", won, i)
		case err == nil:
			won = i
		default:
			conflict(t, err, fmt.Sprint("writer ", i))
		}
	}
	if won < 0 {
		t.Fatal("no writer won")
	}
	last, err := s.Last(t.Context(), key)
	noError(t, err)
	equal(t, "the winner's decision", string(last.Decision), fmt.Sprint(won))
}

func appendWhileReading(t *testing.T, s evenkeel.Store) {
	fill(t, s, key, 2)
	read := 0
	for _, err := range s.Journal(t.Context(), key, 0) {
		noError(t, err)
		if read++; read == 1 {
			noError(t, s.Append(t.Context(), record(key, 3)))
		}
	}
	if read < 2 {
		t.Errorf("read %d records, want the 2 that were there", read)
	}
}

func noAliasing(t *testing.T, s evenkeel.Store) {
	r := record(key, 1)
	noError(t, s.Append(t.Context(), r))
	r.State[0] = '#'
	last, err := s.Last(t.Context(), key)
	noError(t, err)
	last.Seen[0] = '#'
	equal(t, "journal", journal(t, s, key, 0), []evenkeel.Record{record(key, 1)})
}

func cancelled(t *testing.T, s evenkeel.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Append(ctx, record(key, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append = %v, want context.Canceled", err)
	}
	if _, err := s.Last(ctx, key); !errors.Is(err, context.Canceled) {
		t.Errorf("Last = %v, want context.Canceled", err)
	}
	equal(t, "journal", journal(t, s, key, 0), nil)
}

func stopEarly(t *testing.T, s evenkeel.Store) {
	fill(t, s, key, 3)
	for range 2 {
		for r, err := range s.Journal(t.Context(), key, 0) {
			noError(t, err)
			if r.Seq == 2 {
				break
			}
		}
	}
	fill4 := record(key, 4)
	noError(t, s.Append(t.Context(), fill4))
}

func fill(t *testing.T, s evenkeel.Store, key string, n uint64) {
	t.Helper()
	for seq := uint64(1); seq <= n; seq++ {
		noError(t, s.Append(t.Context(), record(key, seq)))
	}
}

func journal(t *testing.T, s evenkeel.Store, key string, after uint64) []evenkeel.Record {
	t.Helper()
	var got []evenkeel.Record
	for r, err := range s.Journal(t.Context(), key, after) {
		noError(t, err)
		got = append(got, r)
	}
	return got
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func conflict(t *testing.T, err error, what string) {
	t.Helper()
	if !errors.Is(err, evenkeel.ErrConflict) {
		t.Errorf("%s: %v, want ErrConflict", what, err)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
