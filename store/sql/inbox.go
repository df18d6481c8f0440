package sql

import (
	"bytes"
	"context"
	stdsql "database/sql"
	"fmt"
	"iter"

	"github.com/evenkeelhq/evenkeel"
)

var _ evenkeel.Inbox = (*Inbox)(nil)

// Inbox is an evenkeel.Inbox in a [DB]. Safe for concurrent use, also by
// several programs.
type Inbox struct{ db *DB }

// Put implements evenkeel.Inbox.
func (b *Inbox) Put(ctx context.Context, key, id string, command []byte) error {
	if key == "" || id == "" {
		return fmt.Errorf("%w: command %q for key %q: neither may be empty", evenkeel.ErrInvalid, id, key)
	}
	if err := checkText("key", key); err != nil {
		return err
	}
	if err := checkText("id", id); err != nil {
		return err
	}
	for { // until the number is ours; each one lost is another sender's gain
		won, err := b.db.claim(ctx,
			`INSERT INTO evenkeel_inbox (key, seq, id, body)
			VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM evenkeel_inbox WHERE key = $1), $2, $3) ON CONFLICT DO NOTHING`,
			key, id, bytesOf(command))
		if err != nil {
			return fmt.Errorf("put command %q for %q: %w", id, key, err)
		}
		if won {
			return nil
		}
		known, err := query(ctx, b.db.pool, scanCommand, `SELECT seq, id, body FROM evenkeel_inbox WHERE key = $1 AND id = $2`, key, id)
		switch {
		case err != nil:
			return fmt.Errorf("put command %q for %q: %w", id, key, err)
		case len(known) > 0 && bytes.Equal(known[0].Body, command):
			return nil
		case len(known) > 0:
			return fmt.Errorf("%w: command %q for %q was put before with another body", evenkeel.ErrConflict, id, key)
		}
	}
}

// Take implements evenkeel.Inbox. It may also yield what is put while it is
// read.
func (b *Inbox) Take(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Command, error] {
	return pages(after,
		func(c evenkeel.Command) uint64 { return c.Seq },
		func(after int64) ([]evenkeel.Command, error) {
			return query(ctx, b.db.pool, scanCommand, `SELECT seq, id, body FROM evenkeel_inbox WHERE key = $1 AND seq > $2 ORDER BY seq LIMIT $3`, key, after, pageRows)
		})
}

func scanCommand(rows *stdsql.Rows) (evenkeel.Command, error) {
	var c evenkeel.Command
	err := rows.Scan(&c.Seq, &c.ID, &c.Body)
	return c, err
}
