package sql_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	noDatabase := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(noDatabase, []byte("this is not a database, and is longer than its header would be, which SQLite reads first of all the bytes there are"), 0o600))
	for name, c := range map[string]struct {
		dsn, says string
		invalid   bool
	}{
		"nothing":                              {"", "must begin with sqlite: or postgres://", true},
		"a scheme that it does not know":       {"mysql://u:secret@host/db", "must begin with sqlite: or postgres://", true},
		"a scheme alone":                       {"sqlite:", "the path of a file", true},
		"a database that dies with its reader": {"sqlite::memory:", "the path of a file", true},
		"a URL where a path belongs":           {"sqlite://var/a.db", "the path of a file", true},
		"options after a path":                 {"sqlite:a.db?mode=ro", "without options", true},
		"a URL that is none":                   {"postgres://u:secret@host:port/db", "dsn", true},
		"a folder that is not there":           {"sqlite:" + filepath.Join(folder, "none", "a.db"), "unable to open database file", false},
		"a folder instead of a file":           {"sqlite:" + folder, "unable to open database file", false},
		"a file of another kind":               {"sqlite:" + noDatabase, "file is not a database", false},
		"a server that does not answer":        {"postgres://u:secret@127.0.0.1:1/db", "connection refused", false},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := sql.Open(t.Context(), c.dsn)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, db)
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, c.invalid, errors.Is(err, evenkeel.ErrInvalid))
			t.Log(err)
		})
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		open(t, dsn)
		change(t, dsn, `INSERT INTO evenkeel_schema (version_id, is_applied) VALUES (1000000, $1)`, true)
		_, err := sql.Open(t.Context(), dsn)
		require.ErrorIs(t, err, sql.ErrNewer)
		require.ErrorContains(t, err, "version 1000000")
	})
}

func TestProgramsThatOpenANewDatabaseTogetherAllGetIt(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		var running sync.WaitGroup
		for range 8 {
			running.Go(func() {
				db, err := sql.Open(t.Context(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		fill(t, open(t, dsn).Store(), 1)
	})
}

func TestConnectionsAreSetUpToKeepWhatTheyWrote(t *testing.T) {
	for name, c := range map[string]struct{ database, setting, want string }{
		"SQLite writes ahead to a log":    {"sqlite", `PRAGMA journal_mode`, "wal"},
		"SQLite waits for the disk":       {"sqlite", `PRAGMA synchronous`, "2"},
		"SQLite waits for another writer": {"sqlite", `PRAGMA busy_timeout`, "500"},
		"PostgreSQL waits for the disk":   {"postgres", `SHOW synchronous_commit`, "on"},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := databases[c.database](t)
			var got string
			require.NoError(t, open(t, dsn).Pool().QueryRowContext(t.Context(), c.setting).Scan(&got))
			require.Equal(t, c.want, got)
		})
	}
}
