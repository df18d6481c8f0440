package sql

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

var _ chronicle.Chronicle = (*Chronicle)(nil)

// Chronicle is a chronicle.Chronicle in a [DB]. Text that is not UTF-8 or holds a
// NUL is refused. Safe for concurrent use, also by several programs.
type Chronicle struct {
	db  *DB
	key string
}

// numbering is how many there are of all that a chronicle numbers, after one of
// its entries. To write the next entry is to claim its row.
type numbering struct{ seq, ratios, actions, postings uint64 }

func scanNumbering(rows *stdsql.Rows) (n numbering, err error) {
	return n, rows.Scan(&n.seq, &n.ratios, &n.actions, &n.postings)
}

const selectNumbering = `SELECT seq, ratios, actions, postings FROM evenkeel_entry WHERE key = $1 ORDER BY seq DESC LIMIT 1`

// last returns the zero numbering of an empty chronicle.
func (c *Chronicle) last(ctx context.Context, from reader) (numbering, error) {
	found, err := query(ctx, from, scanNumbering, selectNumbering, c.key)
	if err != nil || len(found) == 0 {
		return numbering{}, err
	}
	return found[0], nil
}

// Last implements chronicle.Chronicle.
func (c *Chronicle) Last(ctx context.Context) (uint64, error) {
	n, err := c.last(ctx, c.db.pool)
	if err != nil {
		return 0, fmt.Errorf("chronicle %q: %w", c.key, err)
	}
	return n.seq, nil
}

// Write implements chronicle.Chronicle.
func (c *Chronicle) Write(ctx context.Context, e chronicle.Entry) error {
	w := writingEntry{c, e, nil, nil}
	err := errors.Join(checkEntry(e), encode(&w.ratios, e.Ratios), encode(&w.actions, e.Actions))
	if err == nil {
		err = c.db.write(ctx, func(tx *transaction) error { return w.write(ctx, tx) })
	}
	if err != nil {
		return fmt.Errorf("chronicle %q: write %d: %w", c.key, e.Seq, err)
	}
	return nil
}

// writingEntry is an entry being written, and the JSON of what it holds, made
// before anybody has to wait for it.
type writingEntry struct {
	*Chronicle
	e               chronicle.Entry
	ratios, actions [][]byte
}

func encode[T any](bodies *[][]byte, things []T) error {
	for i := range things {
		body, err := json.Marshal(things[i])
		if err != nil {
			return fmt.Errorf("%w: %w", chronicle.ErrInvalid, err)
		}
		*bodies = append(*bodies, body)
	}
	return nil
}

// write claims the entry's row before it writes the rest: of several who write the
// same one wins, and the others have nothing left to do.
func (w *writingEntry) write(ctx context.Context, tx *transaction) error {
	n, err := w.last(ctx, tx)
	switch {
	case err != nil:
		return err
	case w.e.Seq <= n.seq:
		return nil
	case w.e.Seq != n.seq+1:
		return fmt.Errorf("%w: it follows %d", chronicle.ErrConflict, n.seq)
	}
	numbers, actions, err := w.numberActions(ctx, tx, n.actions)
	if err != nil {
		return err
	}
	won, err := tx.put(ctx, `evenkeel_entry (key, seq, at_micros, ratios, actions, postings)`, `ON CONFLICT DO NOTHING`, [][]any{{
		w.key, int64(w.e.Seq), w.e.At.UnixMicro(), int64(n.ratios) + int64(len(w.e.Ratios)), int64(actions), int64(n.postings) + int64(len(w.e.Postings)),
	}})
	if err != nil || won == 0 {
		return err
	}
	return errors.Join(w.writeRatios(ctx, tx, n.ratios), w.writeActions(ctx, tx, numbers), w.writePostings(ctx, tx, n.postings))
}

func (w *writingEntry) writeRatios(ctx context.Context, tx *transaction, last uint64) error {
	rows := make([][]any, len(w.ratios))
	for i, body := range w.ratios {
		rows[i] = []any{w.key, int64(last) + int64(i) + 1, w.e.Ratios[i].Position.Bank, body}
	}
	return tx.insert(ctx, `evenkeel_ratio (key, number, bank, body)`, ``, rows)
}

// numberActions returns the number of each action, and of the last of all.
func (w *writingEntry) numberActions(ctx context.Context, tx *transaction, last uint64) ([]uint64, uint64, error) {
	ids := make([]string, len(w.e.Actions))
	for i := range ids {
		ids[i] = w.e.Actions[i].ID
	}
	known, err := w.numbers(ctx, tx, `evenkeel_action`, ids)
	if err != nil {
		return nil, last, err
	}
	numbers := make([]uint64, len(ids))
	for i, id := range ids {
		if numbers[i] = known[id]; numbers[i] == 0 {
			last++
			numbers[i] = last
		}
	}
	return numbers, last, nil
}

func (w *writingEntry) writeActions(ctx context.Context, tx *transaction, numbers []uint64) error {
	rows := make([][]any, len(w.actions))
	for i, body := range w.actions {
		a := &w.e.Actions[i]
		rows[i] = []any{w.key, int64(numbers[i]), a.ID, a.Bank, string(a.Side), body}
	}
	return tx.insert(ctx, `evenkeel_action (key, number, id, bank, side, body)`,
		`ON CONFLICT (key, number) DO UPDATE SET body = excluded.body`, rows)
}

func (w *writingEntry) writePostings(ctx context.Context, tx *transaction, last uint64) error {
	rows := make([][]any, len(w.e.Postings))
	for i, p := range w.e.Postings {
		rows[i] = []any{
			w.key, int64(last) + int64(i) + 1, int64(p.Seq), p.At.UnixMicro(),
			p.Provider, p.Bank, p.Transfer, string(p.From), string(p.To), money(p.Amount),
		}
	}
	return tx.insert(ctx, `evenkeel_posting (key, number, seq, at_micros, provider, bank, transfer, from_account, to_account, amount)`, ``, rows)
}

// numbers returns those of the IDs that are on record.
func (c *Chronicle) numbers(ctx context.Context, tx *transaction, table string, ids []string) (map[string]uint64, error) {
	numbers := make(map[string]uint64, len(ids))
	_, err := among(ctx, tx, tx.params, func(rows *stdsql.Rows) (key string, err error) {
		var id string
		var number uint64
		if err = rows.Scan(&key, &id, &number); key == c.key {
			numbers[id] = number
		}
		return key, err
	}, `SELECT key, id, number FROM `+table, `id`, ids)
	return numbers, err
}

// Foresee implements chronicle.Chronicle.
func (c *Chronicle) Foresee(ctx context.Context, events []chronicle.StressEvent) error {
	ids := make([]string, len(events))
	var bodies [][]byte
	for i, e := range events {
		if err := errors.Join(checkEvent(e), encode(&bodies, events[i:i+1])); err != nil {
			return err
		}
		ids[i] = e.ID
	}
	err := c.db.write(ctx, func(tx *transaction) error {
		known, err := c.numbers(ctx, tx, `evenkeel_stress`, ids)
		if err != nil {
			return err
		}
		last, err := one(query(ctx, tx, scanNumber, `SELECT COALESCE(MAX(number), 0) FROM evenkeel_stress WHERE key = $1`, c.key))
		if err != nil {
			return err
		}
		var rows [][]any
		for i, e := range events {
			if _, twice := known[e.ID]; !twice {
				known[e.ID] = last + uint64(len(rows)) + 1
				rows = append(rows, []any{c.key, int64(known[e.ID]), e.ID, e.Bank, e.At.UnixMicro(), bodies[i]})
			}
		}
		put, err := tx.put(ctx, `evenkeel_stress (key, number, id, bank, at_micros, body)`, `ON CONFLICT DO NOTHING`, rows)
		if err == nil && put < len(rows) {
			err = errOvertaken
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("chronicle %q: foresee %d events: %w", c.key, len(events), err)
	}
	return nil
}

func scanNumber(rows *stdsql.Rows) (n uint64, err error) { return n, rows.Scan(&n) }

// checkEntry refuses text that a database cannot keep.
func checkEntry(e chronicle.Entry) error {
	for _, r := range e.Ratios {
		if err := checkChronicle(field{"Ratio.Position.Bank", r.Position.Bank}); err != nil {
			return err
		}
	}
	for _, a := range e.Actions {
		if err := checkChronicle(field{"Action.ID", a.ID}, field{"Action.Bank", a.Bank}); err != nil {
			return err
		}
	}
	for _, p := range e.Postings {
		if err := checkChronicle(field{"Posting.Provider", p.Provider}, field{"Posting.Bank", p.Bank}, field{"Posting.Transfer", p.Transfer}); err != nil {
			return err
		}
	}
	return nil
}

func checkEvent(e chronicle.StressEvent) error {
	if err := e.Validate(); err != nil {
		return err
	}
	return checkChronicle(field{"StressEvent.ID", e.ID}, field{"StressEvent.Bank", e.Bank})
}

func checkChronicle(fields ...field) error { return checkFields(chronicle.ErrInvalid, fields...) }
