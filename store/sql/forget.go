package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"time"
)

const (
	forgetRows = 10_000         // of each table with one call of Forget
	knownFor   = 48 * time.Hour // that an order is known after it was last seen: a day is promised
)

// Forget drops what a pool can do without of the time before before: sightings
// that a round took up by then, so that [Ledger.Orders] no longer returns them,
// and orders that were not seen since, nor for two days. Rounds, what every
// account had of each, and payouts stay. It does a part of the work, so that
// nobody waits for it long, and reports whether there is more to do.
func (l *Ledger) Forget(ctx context.Context, before time.Time) (more bool, err error) {
	err = l.write(ctx, func(w *writing) error {
		type round struct{ number, taken int64 }
		rounds, err := query(ctx, w, func(rows *stdsql.Rows) (r round, err error) {
			return r, rows.Scan(&r.number, &r.taken)
		}, `SELECT number, taken FROM evenkeel_round WHERE at_micros < $1 ORDER BY at_micros DESC LIMIT 1`, before.UnixMicro())
		if err != nil {
			return err
		}
		var last round
		if len(rounds) > 0 {
			last = rounds[0]
		}
		more = false
		for _, drop := range []struct {
			statement string
			args      []any
		}{
			{`DELETE FROM evenkeel_submission WHERE last IN (SELECT last FROM evenkeel_submission
				WHERE last <= $1 ORDER BY last LIMIT $2)`, []any{last.taken, forgetRows}},
			{`DELETE FROM evenkeel_outcome WHERE (round, account) IN (SELECT round, account FROM evenkeel_outcome
				WHERE round <= $1 ORDER BY round, account LIMIT $2)`, []any{last.number, forgetRows}},
			{
				`DELETE FROM evenkeel_order WHERE name IN (SELECT name FROM evenkeel_order
				WHERE seen_micros < $1 AND seen_micros < (SELECT MAX(seen_micros) FROM evenkeel_order) - $2 ORDER BY seen_micros LIMIT $3)`,
				[]any{before.UnixMicro(), knownFor.Microseconds(), forgetRows},
			},
		} {
			done, err := w.ExecContext(ctx, drop.statement, drop.args...)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			more = more || n == forgetRows
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("forget what was before %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return more, nil
}
