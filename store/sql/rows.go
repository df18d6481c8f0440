package sql

import (
	"context"
	stdsql "database/sql"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// maxParams is how many values go with one statement: more save little, and the
// text of the statement grows with them.
const maxParams = 4000

// insert adds rows to a table, many with each statement. into is as in "table (a,
// b)", rest what follows the values.
func (tx *transaction) insert(ctx context.Context, into, rest string, rows [][]any) error {
	_, err := tx.put(ctx, into, rest, rows)
	return err
}

// put is insert, and returns how many rows were added or changed.
func (tx *transaction) put(ctx context.Context, into, rest string, rows [][]any) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	put := 0
	width := len(rows[0])
	for some := range slices.Chunk(rows, maxParams/width) {
		var statement strings.Builder
		statement.WriteString("INSERT INTO " + into + " VALUES ")
		args := make([]any, 0, len(some)*width)
		for i, row := range some {
			if i > 0 {
				statement.WriteByte(',')
			}
			statement.WriteString("(" + tx.params(len(args)+1, width) + ")")
			args = append(args, row...)
		}
		statement.WriteString(" " + rest)
		done, err := tx.ExecContext(ctx, statement.String(), args...)
		if err != nil {
			return 0, err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return 0, err
		}
		put += int(n)
	}
	return put, nil
}

// among returns what scan makes of the rows whose column is one of keys.
func among[K, T any](ctx context.Context, from reader, params func(from, n int) string, scan func(*stdsql.Rows) (T, error), statement, column string, keys []K) ([]T, error) {
	var all []T
	for some := range slices.Chunk(keys, maxParams) {
		args := make([]any, len(some))
		for i, k := range some {
			args[i] = k
		}
		found, err := query(ctx, from, scan, statement+" WHERE "+column+" IN ("+params(1, len(some))+")", args...)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// money is how an amount is written: zero always as "0", so that a text can be
// compared with it.
func money(d decimal.Decimal) string {
	if d.IsZero() {
		return "0"
	}
	return d.String()
}

// fromMicros returns a time that was kept as t.UnixMicro().
func fromMicros(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
