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

// Store is an evenkeel.Store in a [DB]. It keeps every record, large fields of it
// compressed; a field may have up to 1 GiB. Safe for concurrent use, also by
// several programs.
type Store struct{ db *DB }

const selectRecord = `SELECT key, seq, at_micros, engine, config, state, seen, decision, prev, hash FROM evenkeel_journal `

// Last implements evenkeel.Store.
func (s *Store) Last(ctx context.Context, key string) (evenkeel.Record, error) {
	found, err := query(ctx, s.db.pool, scanRecord, selectRecord+`WHERE key = $1 ORDER BY seq DESC LIMIT 1`, key)
	return s.newest(found, err, fmt.Sprintf("journal %q", key))
}

// At implements evenkeel.Store.
func (s *Store) At(ctx context.Context, key string, t time.Time) (evenkeel.Record, error) {
	found, err := query(ctx, s.db.pool, scanRecord,
		selectRecord+`WHERE key = $1 AND at_micros <= $2 ORDER BY at_micros DESC, seq DESC LIMIT 1`, key, t.UnixMicro())
	return s.newest(found, err, fmt.Sprintf("journal %q at or before %s", key, t.UTC().Format(time.RFC3339Nano)))
}

// Append implements evenkeel.Store.
func (s *Store) Append(ctx context.Context, r evenkeel.Record) error {
	if err := checkText("Key", r.Key); err != nil {
		return err
	}
	if err := checkText("Engine", r.Engine); err != nil {
		return err
	}
	found, err := query(ctx, s.db.pool, scanStamp, `SELECT key, seq, at_micros FROM evenkeel_journal WHERE key = $1 ORDER BY seq DESC LIMIT 1`, r.Key)
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
	var kept [3][]byte
	for i, field := range [3][]byte{r.State, r.Seen, r.Decision} {
		if kept[i], err = s.db.packer.pack(field); err != nil {
			return fmt.Errorf("append %s: %w", r.ID(), err)
		}
	}
	won, err := s.db.claim(ctx,
		`INSERT INTO evenkeel_journal (key, seq, at_micros, engine, config, state, seen, decision, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		r.Key, int64(r.Seq), r.At.UnixMicro(), r.Engine, r.Config[:],
		kept[0], kept[1], kept[2], r.Prev[:], r.Hash[:])
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
	return func(yield func(evenkeel.Record, error) bool) {
		limit := 1 // until the size of a record is known
		for r, err := range pages(after,
			func(r evenkeel.Record) uint64 { return r.Seq },
			func(after int64) ([]evenkeel.Record, error) {
				page, err := query(ctx, s.db.pool, scanRecord, selectRecord+`WHERE key = $1 AND seq > $2 ORDER BY seq LIMIT $3`, key, after, limit)
				limit = pageOf(page)
				return page, err
			}) {
			if err == nil {
				r, err = s.unpack(r)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// pageOf returns how many records like those read make a page.
func pageOf(read []evenkeel.Record) int {
	size := 0
	for _, r := range read {
		size += len(r.State) + len(r.Seen) + len(r.Decision)
	}
	return min(max(1, pageBytes*len(read)/max(1, size)), pageRows)
}

// newest returns the one record found, or says what there is none of.
func (s *Store) newest(found []evenkeel.Record, err error, what string) (evenkeel.Record, error) {
	switch {
	case err != nil:
		return evenkeel.Record{}, fmt.Errorf("%s: %w", what, err)
	case len(found) == 0:
		return evenkeel.Record{}, fmt.Errorf("%w: %s", evenkeel.ErrNotFound, what)
	}
	return s.unpack(found[0])
}

// unpack returns a record as it was appended.
func (s *Store) unpack(r evenkeel.Record) (evenkeel.Record, error) {
	for _, field := range []*[]byte{&r.State, &r.Seen, &r.Decision} {
		var err error
		if *field, err = s.db.packer.unpack(*field); err != nil {
			return evenkeel.Record{}, fmt.Errorf("%s: %w", r.ID(), err)
		}
	}
	return r, nil
}

// scanRecord reads a record as it is kept.
func scanRecord(rows *stdsql.Rows) (evenkeel.Record, error) {
	var r evenkeel.Record
	var micros int64
	err := rows.Scan(&r.Key, &r.Seq, &micros, &r.Engine, (*digest)(&r.Config),
		&r.State, &r.Seen, &r.Decision, (*digest)(&r.Prev), (*digest)(&r.Hash))
	r.At = fromMicros(micros)
	return r, err
}

func scanStamp(rows *stdsql.Rows) (evenkeel.Stamp, error) {
	var stamp evenkeel.Stamp
	var micros int64
	err := rows.Scan(&stamp.Key, &stamp.Seq, &micros)
	stamp.At = fromMicros(micros)
	return stamp, err
}
