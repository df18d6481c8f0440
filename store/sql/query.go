package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/evenkeelhq/evenkeel"
)

// An iteration reads, and holds in memory, so much at a time.
const (
	pageRows  = 100
	pageBytes = 16 << 20 // of a journal, as it is kept; one record may have more
)

// SQLite waits for another writer inside a statement, where it does not see
// that a context ends. So it waits briefly, and often: ten seconds in all.
const (
	busyMillis = 500
	busyTries  = 20
)

// reader is a database or a transaction.
type reader interface {
	QueryContext(ctx context.Context, statement string, args ...any) (*stdsql.Rows, error)
}

// query returns what scan makes of each row.
func query[T any](ctx context.Context, from reader, scan func(*stdsql.Rows) (T, error), statement string, args ...any) ([]T, error) {
	var found []T
	for one, err := range each(ctx, from, scan, statement, args...) {
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// each yields what scan makes of each row, and holds a connection meanwhile.
func each[T any](ctx context.Context, from reader, scan func(*stdsql.Rows) (T, error), statement string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := from.QueryContext(ctx, statement, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer func() { _ = rows.Close() }() // rows.Err tells all
		for rows.Next() {
			one, err := scan(rows)
			if !yield(one, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

// claim inserts one row and reports whether it is there: not when another row
// has its number. The statement ends in ON CONFLICT DO NOTHING.
func (db *DB) claim(ctx context.Context, statement string, args ...any) (bool, error) {
	if db.dialect.oneWriter {
		if err := db.writer.take(ctx); err != nil {
			return false, err
		}
		defer db.writer.give()
	}
	done, err := db.pool.ExecContext(ctx, statement, args...)
	for tries := 1; busy(err) && tries < busyTries && ctx.Err() == nil; tries++ {
		done, err = db.pool.ExecContext(ctx, statement, args...)
	}
	if err != nil {
		return false, err
	}
	rows, err := done.RowsAffected()
	return rows == 1, err
}

// busy reports whether SQLite gave up waiting for another writer.
func busy(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && failure.Code()&0xff == sqlite3.SQLITE_BUSY // the rest tells why
}

// pages yields the rows above number after, which read returns in order, page
// by page up to an empty one. Between two pages it holds no connection, so the
// caller may take its time, and write.
func pages[T any](after uint64, number func(T) uint64, read func(after int64) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		next := after
		for {
			page, err := read(int64(min(next, math.MaxInt64)))
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
				next = number(row)
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// checkText refuses what PostgreSQL cannot keep as text.
func checkText(name, value string) error {
	if !isText(value) {
		return fmt.Errorf("%w: %s %q: must be UTF-8 without NUL", evenkeel.ErrInvalid, name, value)
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// bytesOf returns b as a value that is not null.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// digest reads a hash from a row, where an intruder may have left anything.
type digest [32]byte

// Scan implements database/sql.Scanner.
func (d *digest) Scan(value any) error {
	b, isBytes := value.([]byte)
	if !isBytes || len(b) != len(d) {
		return fmt.Errorf("%w: a hash of %d bytes, not %d", evenkeel.ErrBroken, len(b), len(d))
	}
	*d = digest(b)
	return nil
}
