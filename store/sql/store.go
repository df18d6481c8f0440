package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

var _ evenkeel.Store = (*Store)(nil)

// Store is an evenkeel.Store in a [DB]. It keeps every record. Safe for
// concurrent use, also by several programs.
type Store struct{ pool *stdsql.DB }

const selectRecord = `SELECT key, seq, at_micros, engine, config, state, seen, decision, prev, hash FROM evenkeel_journal `

// Last implements evenkeel.Store.
func (s *Store) Last(ctx context.Context, key string) (evenkeel.Record, error) {
	found, err := query(ctx, s.pool, scanRecord, selectRecord+`WHERE key = $1 ORDER BY seq DESC LIMIT 1`, key)
	return newest(found, err, fmt.Sprintf("journal %q", key))
}

// At implements evenkeel.Store.
func (s *Store) At(ctx context.Context, key string, t time.Time) (evenkeel.Record, error) {
	found, err := query(ctx, s.pool, scanRecord,
		selectRecord+`WHERE key = $1 AND at_micros <= $2 ORDER BY at_micros DESC, seq DESC LIMIT 1`, key, t.UnixMicro())
	return newest(found, err, fmt.Sprintf("journal %q at or before %s", key, t.UTC().Format(time.RFC3339Nano)))
}

// Append implements evenkeel.Store.
func (s *Store) Append(ctx context.Context, r evenkeel.Record) error {
	if err := checkText("Key", r.Key); err != nil {
		return err
	}
	if err := checkText("Engine", r.Engine); err != nil {
		return err
	}
	found, err := query(ctx, s.pool, scanStamp, `SELECT key, seq, at_micros FROM evenkeel_journal WHERE key = $1 ORDER BY seq DESC LIMIT 1`, r.Key)
	if err != nil {
		return fmt.Errorf("append %s: %w", r.ID(), err)
	}
	var last evenkeel.Stamp
	if len(found) > 0 {
		last = found[0]
	}
	switch {
	case r.Seq != last.Seq+1:
		return fmt.Errorf("%w: append %s after %d", evenkeel.ErrConflict, r.ID(), last.Seq)
	case r.At.Before(last.At):
		return fmt.Errorf("%w: append %s: At %s: must not be before %s", evenkeel.ErrInvalid, r.ID(), r.At.Format(time.RFC3339Nano), last.At.Format(time.RFC3339Nano))
	}
	won, err := claim(ctx, s.pool,
		`INSERT INTO evenkeel_journal (key, seq, at_micros, engine, config, state, seen, decision, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		r.Key, int64(r.Seq), r.At.UnixMicro(), r.Engine, r.Config[:],
		bytesOf(r.State), bytesOf(r.Seen), bytesOf(r.Decision), r.Prev[:], r.Hash[:])
	switch {
	case err != nil:
		return fmt.Errorf("append %s: %w", r.ID(), err)
	case !won:
		return fmt.Errorf("%w: append %s: another writer was first", evenkeel.ErrConflict, r.ID())
	}
	return nil
}

// Journal implements evenkeel.Store. It may also yield what is appended while
// it is read.
func (s *Store) Journal(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Record, error] {
	return pages(after,
		func(r evenkeel.Record) uint64 { return r.Seq },
		func(after int64) ([]evenkeel.Record, error) {
			return query(ctx, s.pool, scanRecord, selectRecord+`WHERE key = $1 AND seq > $2 ORDER BY seq LIMIT $3`, key, after, pageRows)
		})
}

// newest returns the one record found, or says what there is none of.
func newest(found []evenkeel.Record, err error, what string) (evenkeel.Record, error) {
	switch {
	case err != nil:
		return evenkeel.Record{}, fmt.Errorf("%s: %w", what, err)
	case len(found) == 0:
		return evenkeel.Record{}, fmt.Errorf("%w: %s", evenkeel.ErrNotFound, what)
	}
	return found[0], nil
}

func scanRecord(rows *stdsql.Rows) (evenkeel.Record, error) {
	var r evenkeel.Record
	var micros int64
	err := rows.Scan(&r.Key, &r.Seq, &micros, &r.Engine, (*digest)(&r.Config),
		&r.State, &r.Seen, &r.Decision, (*digest)(&r.Prev), (*digest)(&r.Hash))
	r.At = time.UnixMicro(micros).UTC()
	return r, err
}

func scanStamp(rows *stdsql.Rows) (evenkeel.Stamp, error) {
	var stamp evenkeel.Stamp
	var micros int64
	err := rows.Scan(&stamp.Key, &stamp.Seq, &micros)
	stamp.At = time.UnixMicro(micros).UTC()
	return stamp, err
}
