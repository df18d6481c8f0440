package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"iter"
	"math"

	"github.com/evenkeelhq/evenkeel"
)

var _ evenkeel.Anchor = (*Anchor)(nil)

// Anchor is an evenkeel.Anchor in a [DB]. Safe for concurrent use, also by
// several programs.
type Anchor struct{ db *DB }

// published is a head and its place among those of its key.
type published struct {
	evenkeel.Head
	nth int64
}

// Publish implements evenkeel.Anchor.
func (a *Anchor) Publish(ctx context.Context, h evenkeel.Head) error {
	if err := checkText("Key", h.Key); err != nil {
		return err
	}
	if h.Seq > math.MaxInt64 {
		return fmt.Errorf("%w: anchor %s/%d: Seq must be <= %d", evenkeel.ErrInvalid, h.Key, h.Seq, math.MaxInt64)
	}
	for { // until h follows the last head; each place lost is another publisher's gain
		found, err := query(ctx, a.db.pool, scanHead, `SELECT key, seq, hash, nth FROM evenkeel_anchor WHERE key = $1 ORDER BY nth DESC LIMIT 1`, h.Key)
		if err != nil {
			return fmt.Errorf("anchor %s/%d: %w", h.Key, h.Seq, err)
		}
		var last published
		if len(found) > 0 {
			last = found[0]
		}
		switch {
		case h == last.Head:
			return nil
		case h.Seq <= last.Seq:
			return fmt.Errorf("%w: anchor %s/%d after %d", evenkeel.ErrConflict, h.Key, h.Seq, last.Seq)
		}
		won, err := a.db.claim(ctx, `INSERT INTO evenkeel_anchor (key, nth, seq, hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			h.Key, last.nth+1, int64(h.Seq), h.Hash[:])
		if err != nil {
			return fmt.Errorf("anchor %s/%d: %w", h.Key, h.Seq, err)
		}
		if won {
			return nil
		}
	}
}

// Heads implements evenkeel.Anchor. It may also yield what is published while
// it is read.
func (a *Anchor) Heads(ctx context.Context, key string) iter.Seq2[evenkeel.Head, error] {
	return func(yield func(evenkeel.Head, error) bool) {
		for h, err := range pages(0,
			func(p published) uint64 { return uint64(p.nth) },
			func(after int64) ([]published, error) {
				return query(ctx, a.db.pool, scanHead, `SELECT key, seq, hash, nth FROM evenkeel_anchor WHERE key = $1 AND nth > $2 ORDER BY nth LIMIT $3`, key, after, pageRows)
			}) {
			if !yield(h.Head, err) {
				return
			}
		}
	}
}

func scanHead(rows *stdsql.Rows) (published, error) {
	var p published
	err := rows.Scan(&p.Key, &p.Seq, (*digest)(&p.Hash), &p.nth)
	return p, err
}
