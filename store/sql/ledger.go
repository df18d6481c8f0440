package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"sync"

	"github.com/evenkeelhq/evenkeel/reward"
)

var _ reward.Ledger = (*Ledger)(nil)

// Ledger is a reward.Ledger in a [DB]. It keeps everything until it is told to
// [Ledger.Forget]. Times are kept to the microsecond, rounded down; text that is
// not UTF-8 or holds a NUL is refused. Safe for concurrent use, also by several
// programs.
type Ledger struct {
	db *DB

	submits turns // the one whose turn it is submits for all that wait
	mu      sync.Mutex
	waiting []*submitting
}

func newLedger(db *DB) *Ledger { return &Ledger{db: db, submits: make(turns, 1)} }

// counts is the one row that every writer of a ledger locks first. So writers
// take turns, what they number becomes visible in the order of its numbers, and
// none needs to think of another's.
type counts struct {
	accounts, sightings, taken, booked, payouts uint64
}

const selectCounts = `SELECT accounts, sightings, taken, booked, payouts FROM evenkeel_ledger`

func scanCounts(rows *stdsql.Rows) (counts, error) {
	var c counts
	err := rows.Scan(&c.accounts, &c.sightings, &c.taken, &c.booked, &c.payouts)
	return c, err
}

// counts returns what is counted now.
func (l *Ledger) counts(ctx context.Context) (counts, error) {
	return one(query(ctx, l.db.pool, scanCounts, selectCounts))
}

// writing is a transaction that holds the lock. What it leaves in counts is
// kept.
type writing struct {
	*transaction
	counts
}

// write lets change change the ledger, all of it or nothing. It is called again
// when the database asked for that.
func (l *Ledger) write(ctx context.Context, change func(w *writing) error) error {
	return l.db.write(ctx, func(tx *transaction) error {
		before, err := one(query(ctx, tx, scanCounts, selectCounts+tx.lock))
		if err != nil {
			return err
		}
		w := writing{tx, before}
		if err := change(&w); err != nil || w.counts == before {
			return err
		}
		c := w.counts
		_, err = tx.ExecContext(ctx, `UPDATE evenkeel_ledger SET accounts = $1, sightings = $2, taken = $3, booked = $4, payouts = $5`,
			int64(c.accounts), int64(c.sightings), int64(c.taken), int64(c.booked), int64(c.payouts))
		return err
	})
}

// one returns the only row there is.
func one[T any](found []T, err error) (T, error) {
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("sql: %d rows where one belongs", len(found))
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}
