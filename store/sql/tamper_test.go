package sql_test

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// raw opens a database as an intruder would.
func raw(tb testing.TB, dsn string) *stdsql.DB {
	tb.Helper()
	driver, name := "pgx", dsn
	if path, found := strings.CutPrefix(dsn, "sqlite:"); found {
		driver, name = "sqlite", path
	}
	db, err := stdsql.Open(driver, name)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	db.SetMaxIdleConns(0) // a test may call this a hundred times
	return db
}

func change(tb testing.TB, dsn, statement string, args ...any) {
	tb.Helper()
	_, err := raw(tb, dsn).ExecContext(tb.Context(), statement, args...)
	require.NoError(tb, err)
}

// counter is an engine that counts, in a world where nothing else happens.
type counter struct{}

func (counter) Identity() (string, [32]byte) { return "counter@1", [32]byte{1} }

func (counter) Step(state, seen int) (int, string, error) {
	return state + seen, fmt.Sprint("counted ", state+seen), nil
}

func (counter) Observe(context.Context, time.Time, int) (int, error) { return 1, nil }

func (counter) Act(context.Context, time.Time, evenkeel.Stamp, string) error { return nil }

// ran returns the head of a journal that a runner has kept in dsn, in two
// stretches with a restart between them.
func ran(t *testing.T, dsn string) evenkeel.Head {
	t.Helper()
	for stretch := range 2 {
		db, err := sql.Open(t.Context(), dsn)
		require.NoError(t, err)
		runner, err := evenkeel.NewRunner(key, counter{}, counter{}, db.Store(), evenkeel.Options{Anchor: db.Anchor(), AnchorEvery: 1})
		require.NoError(t, err)
		for tick := range 3 {
			_, err := runner.Tick(t.Context(), noon.Add(time.Duration(3*stretch+tick)*time.Second))
			require.NoError(t, err)
		}
		require.NoError(t, db.Close())
	}
	var head evenkeel.Head
	for h, err := range open(t, dsn).Anchor().Heads(t.Context(), key) {
		require.NoError(t, err)
		head = h
	}
	return head
}

func TestTheJournalOfARunnerIsSound(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		head := ran(t, dsn)
		store := open(t, dsn).Store()
		verified, err := evenkeel.Verify(t.Context(), store, key, head)
		require.NoError(t, err)
		require.Equal(t, evenkeel.Verified{First: 1, Head: head}, verified)
		last, err := store.Last(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "6", string(last.State))
	})
}

func TestWhatAnIntruderChangesInAJournalIsFound(t *testing.T) {
	for name, intrude := range map[string]func(t *testing.T, dsn string){
		"a byte of the state":       edit("state", flip),
		"a byte of the observation": edit("seen", flip),
		"a byte of the decision":    edit("decision", flip),
		"a byte of the config":      edit("config", flip),
		"a byte of the link":        edit("prev", flip),
		"a byte of the hash":        edit("hash", flip),
		"the engine":                with(`UPDATE evenkeel_journal SET engine = 'counter@2' WHERE seq = 3`),
		"a microsecond":             with(`UPDATE evenkeel_journal SET at_micros = at_micros + 1 WHERE seq = 3`),
		"a longer hash":             edit("hash", func(b []byte) []byte { return append(b, 0) }),
		"a shorter hash":            edit("hash", func(b []byte) []byte { return b[:31] }),
		"a removed record":          with(`DELETE FROM evenkeel_journal WHERE seq = 3`),
		"a removed end":             with(`DELETE FROM evenkeel_journal WHERE seq = 6`),
		"two swapped records": func(t *testing.T, dsn string) {
			for _, move := range [][2]int{{3, -3}, {4, 3}, {-3, 4}} {
				change(t, dsn, `UPDATE evenkeel_journal SET seq = $1 WHERE seq = $2`, move[1], move[0])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, dsn string) {
				head := ran(t, dsn)
				intrude(t, dsn)
				_, err := evenkeel.Verify(t.Context(), open(t, dsn).Store(), key, head)
				require.ErrorIs(t, err, evenkeel.ErrBroken)
			})
		})
	}
}

func with(statement string) func(*testing.T, string) {
	return func(t *testing.T, dsn string) { change(t, dsn, statement) }
}

func edit(column string, how func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dsn string) {
		var b []byte
		row := raw(t, dsn).QueryRowContext(t.Context(), `SELECT `+column+` FROM evenkeel_journal WHERE seq = 3`)
		require.NoError(t, row.Scan(&b))
		change(t, dsn, `UPDATE evenkeel_journal SET `+column+` = $1 WHERE seq = 3`, how(b))
	}
}

func flip(b []byte) []byte {
	b[0] ^= 1
	return b
}
