package sql_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/pgtest"
	"github.com/evenkeelhq/evenkeel/store/sql"
	"github.com/evenkeelhq/evenkeel/store/storetest"
)

func TestMain(m *testing.M) {
	if life := os.Getenv(victimEnv); life != "" {
		if err := beVictim(life); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	defer pgtest.Stop()
	m.Run()
}

// databases names an empty database of each kind.
var databases = map[string]func(testing.TB) string{
	"sqlite":   func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "a b#%41.db") },
	"postgres": pgtest.URL,
}

// onEach runs a test against an empty database of each kind.
func onEach(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) { test(t, empty(t)) })
	}
}

func open(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(tb.Context(), dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

func TestStore(t *testing.T) {
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) evenkeel.Store { return open(t, empty(t)).Store() })
		})
	}
}

func TestInbox(t *testing.T) {
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			storetest.RunInbox(t, func(t *testing.T) evenkeel.Inbox { return open(t, empty(t)).Inbox() })
		})
	}
}

func TestAnchor(t *testing.T) {
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			storetest.RunAnchor(t, func(t *testing.T) evenkeel.Anchor { return open(t, empty(t)).Anchor() })
		})
	}
}

const key = "peg/cUSDC"

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// after returns the record that may follow last, with bytes that a database
// would like to change.
func after(last evenkeel.Record) evenkeel.Record {
	r := evenkeel.Record{
		Stamp:  evenkeel.Stamp{Key: key, Seq: last.Seq + 1, At: noon.Add(time.Duration(last.Seq) * time.Microsecond)},
		Engine: "test@1", Config: [32]byte{0, 1, 2}, Prev: last.Hash,
		State: []byte("{\"b\": 1.10, \"a\": \"\x00\xff\"}"), Seen: []byte(" {}"), Decision: []byte(" null"),
	}
	r.Hash = r.Sum()
	return r
}

// fill appends n records to an empty journal and returns the last.
func fill(tb testing.TB, store evenkeel.Store, n int) evenkeel.Record {
	tb.Helper()
	var last evenkeel.Record
	for range n {
		last = after(last)
		require.NoError(tb, store.Append(tb.Context(), last))
	}
	return last
}

func TestAReopenedDatabaseHasKeptEverything(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db, err := sql.Open(t.Context(), dsn)
		require.NoError(t, err)
		last := fill(t, db.Store(), 3)
		head := evenkeel.Head{Key: key, Seq: last.Seq, Hash: last.Hash}
		require.NoError(t, db.Inbox().Put(t.Context(), key, "a", []byte("pause\x00")))
		require.NoError(t, db.Anchor().Publish(t.Context(), head))
		require.NoError(t, db.Close())

		db = open(t, dsn)
		kept, err := db.Store().Last(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, last, kept)
		for command, err := range db.Inbox().Take(t.Context(), key, 0) {
			require.NoError(t, err)
			require.Equal(t, evenkeel.Command{Seq: 1, ID: "a", Body: []byte("pause\x00")}, command)
		}
		var heads []evenkeel.Head
		for h, err := range db.Anchor().Heads(t.Context(), key) {
			require.NoError(t, err)
			heads = append(heads, h)
		}
		require.Equal(t, []evenkeel.Head{head}, heads)
		verified, err := evenkeel.Verify(t.Context(), db.Store(), key, heads...)
		require.NoError(t, err)
		require.Equal(t, evenkeel.Verified{First: 1, Head: head}, verified)
	})
}

func TestBytesThatAreNotThereVerifyAsWell(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		r := evenkeel.Record{Stamp: evenkeel.Stamp{Key: key, Seq: 1, At: noon}}
		r.Hash = r.Sum()
		require.NoError(t, db.Store().Append(t.Context(), r))
		_, err := evenkeel.Verify(t.Context(), db.Store(), key)
		require.NoError(t, err)
		require.NoError(t, db.Inbox().Put(t.Context(), key, "a", nil))
		require.NoError(t, db.Inbox().Put(t.Context(), key, "a", []byte{}))
	})
}

func TestWritersOfTwoProgramsShareOneJournal(t *testing.T) {
	const writers, each = 8, 25
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		var running sync.WaitGroup
		errs := make([]error, writers)
		for w := range writers {
			running.Go(func() { errs[w] = appendInTurn(t, programs[w%2].Store(), each) })
		}
		running.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		verified, err := evenkeel.Verify(t.Context(), programs[0].Store(), key)
		require.NoError(t, err)
		require.EqualValues(t, writers*each, verified.Head.Seq) // two pages to the record
	})
}

// appendInTurn appends n records, each when no other writer takes its number.
func appendInTurn(t *testing.T, store evenkeel.Store, n int) error {
	t.Helper()
	for done := 0; done < n; {
		last, err := store.Last(t.Context(), key)
		if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
			return err
		}
		switch err := store.Append(t.Context(), after(last)); {
		case err == nil:
			done++
		case !errors.Is(err, evenkeel.ErrConflict):
			return err
		}
	}
	return nil
}

func TestOfManyAnchorsOfOneKeyNoneGoesBack(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		var running sync.WaitGroup
		for p := range uint64(8) {
			running.Go(func() {
				for seq := p + 1; seq <= 240; seq += 8 {
					h := evenkeel.Head{Key: key, Seq: seq, Hash: [32]byte{byte(p)}}
					if err := programs[p%2].Anchor().Publish(t.Context(), h); err != nil && !errors.Is(err, evenkeel.ErrConflict) {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		var last uint64
		for h, err := range programs[0].Anchor().Heads(t.Context(), key) {
			require.NoError(t, err)
			require.Greater(t, h.Seq, last)
			last = h.Seq
		}
		require.EqualValues(t, 240, last)
	})
}

func TestCommandsOfTwoProgramsGetNumbersWithoutGaps(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		var running sync.WaitGroup
		for p := range 8 {
			running.Go(func() {
				for i := range 15 {
					id := fmt.Sprint(p/2, "/", i) // both programs send it
					if err := programs[p%2].Inbox().Put(t.Context(), key, id, []byte(id)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		ids := map[string]bool{}
		var last uint64
		for c, err := range programs[0].Inbox().Take(t.Context(), key, 0) {
			require.NoError(t, err)
			require.Equal(t, last+1, c.Seq)
			require.Equal(t, c.ID, string(c.Body))
			last, ids[c.ID] = c.Seq, true
		}
		require.EqualValues(t, 60, last)
		require.Len(t, ids, 60)
	})
}

func TestReadersHoldNoConnection(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn).Store()
		last := fill(t, store, 2)
		var nest func(depth int)
		nest = func(depth int) {
			if depth == 0 {
				last = after(last)
				require.NoError(t, store.Append(t.Context(), last))
				return
			}
			for _, err := range store.Journal(t.Context(), key, 0) {
				require.NoError(t, err)
				nest(depth - 1)
				return
			}
		}
		nest(50)
		require.EqualValues(t, 3, last.Seq)
	})
}

func TestACancelledReaderSeesTheEndOfItsContext(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		fill(t, db.Store(), 201)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		read := 0
		var end error
		for _, err := range db.Store().Journal(ctx, key, 0) {
			if end = err; err == nil {
				read++
				cancel()
			}
		}
		require.ErrorIs(t, end, context.Canceled)
		require.Less(t, read, 201)
		require.ErrorIs(t, db.Inbox().Put(ctx, key, "a", nil), context.Canceled)
		require.ErrorIs(t, db.Anchor().Publish(ctx, evenkeel.Head{Key: key, Seq: 1}), context.Canceled)
	})
}

func TestAWriterWaitsForAnotherUntilItsContextEnds(t *testing.T) {
	blocks := map[string]string{"sqlite": `BEGIN IMMEDIATE`, "postgres": `BEGIN; LOCK TABLE evenkeel_journal`}
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			dsn := empty(t)
			store := open(t, dsn).Store()
			other, err := raw(t, dsn).Conn(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, other.Close()) }()
			_, err = other.ExecContext(t.Context(), blocks[name])
			require.NoError(t, err)

			impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			began := time.Now()
			require.ErrorIs(t, store.Append(impatient, after(evenkeel.Record{})), context.DeadlineExceeded)
			require.Less(t, time.Since(began), 3*time.Second)

			var waited error
			var waiting sync.WaitGroup
			waiting.Go(func() { waited = store.Append(t.Context(), after(evenkeel.Record{})) })
			while, done := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer done()
			<-while.Done()
			_, err = other.ExecContext(t.Context(), `ROLLBACK`)
			require.NoError(t, err)
			waiting.Wait()
			require.NoError(t, waited)
		})
	}
}

func TestTextThatOneDatabaseCannotKeepIsRefusedByBoth(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		for _, bad := range []string{"a\x00b", "a\xffb"} {
			r := after(evenkeel.Record{})
			r.Engine = bad
			require.ErrorIs(t, db.Store().Append(t.Context(), r), evenkeel.ErrInvalid)
			r = after(evenkeel.Record{})
			r.Key = bad
			require.ErrorIs(t, db.Store().Append(t.Context(), r), evenkeel.ErrInvalid)
			require.ErrorIs(t, db.Inbox().Put(t.Context(), bad, "a", nil), evenkeel.ErrInvalid)
			require.ErrorIs(t, db.Inbox().Put(t.Context(), key, bad, nil), evenkeel.ErrInvalid)
			require.ErrorIs(t, db.Anchor().Publish(t.Context(), evenkeel.Head{Key: bad, Seq: 1}), evenkeel.ErrInvalid)
		}
		require.ErrorIs(t, db.Anchor().Publish(t.Context(), evenkeel.Head{Key: key, Seq: 1 << 63}), evenkeel.ErrInvalid)
	})
}

func TestNothingIsAboveTheLargestNumber(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn).Store()
		fill(t, store, 1)
		for r, err := range store.Journal(t.Context(), key, 1<<64-1) {
			t.Errorf("%v, %v", r, err)
		}
	})
}
