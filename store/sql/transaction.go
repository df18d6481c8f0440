package sql

import (
	"context"
	stdsql "database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// transaction is what several statements change together.
type transaction struct {
	*stdsql.Tx
	dialect
}

// write lets change change the database, all of it or nothing. It is called again
// when the database asked for that.
func (db *DB) write(ctx context.Context, change func(tx *transaction) error) error {
	err := db.try(ctx, change)
	for tries := 1; again(err) && tries < busyTries && ctx.Err() == nil; tries++ {
		err = db.try(ctx, change)
	}
	return err
}

func (db *DB) try(ctx context.Context, change func(tx *transaction) error) error {
	if err := db.writer.take(ctx); err != nil {
		return err
	}
	defer db.writer.give()
	tx, err := db.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := change(&transaction{tx, db.dialect}); err != nil {
		return err
	}
	return tx.Commit()
}

// errOvertaken makes a transaction begin again: another one took its numbers.
var errOvertaken = errors.New("sql: overtaken")

// again reports whether a transaction failed for no reason of its own.
func again(err error) bool {
	if errors.Is(err, errOvertaken) {
		return true
	}
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code == "40001" || failure.Code == "40P01" // serialization_failure, deadlock_detected
	}
	return busy(err)
}

// turns are taken one at a time, in the order in which they are asked for.
type turns chan struct{}

func (t turns) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turns) give() { <-t }

// drop runs a DELETE and returns how many rows it took.
func (tx *transaction) drop(ctx context.Context, statement string, args ...any) (int64, error) {
	done, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
