package sql

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

// Action implements chronicle.Chronicle.
func (c *Chronicle) Action(ctx context.Context, id string) (chronicle.Action, error) {
	if !isText(id) {
		return chronicle.Action{}, fmt.Errorf("%w: action %.64q", chronicle.ErrNotFound, id)
	}
	found, err := query(ctx, c.db.pool, scanAction, `SELECT number, body FROM evenkeel_action WHERE id = $1 AND key = $2`, id, c.key)
	switch {
	case err != nil:
		return chronicle.Action{}, fmt.Errorf("action %.64q: %w", id, err)
	case len(found) == 0:
		return chronicle.Action{}, fmt.Errorf("%w: action %.64q", chronicle.ErrNotFound, id)
	}
	return found[0], nil
}

// scanNumbered reads a number and what is kept as JSON.
func scanNumbered(rows *stdsql.Rows, number *uint64, thing any) error {
	var body []byte
	var n uint64
	if err := rows.Scan(&n, &body); err != nil {
		return err
	}
	err := json.Unmarshal(body, thing)
	*number = n
	return err
}

func scanAction(rows *stdsql.Rows) (a chronicle.Action, err error) {
	return a, scanNumbered(rows, &a.Number, &a)
}

func scanRatio(rows *stdsql.Rows) (r chronicle.Ratio, err error) {
	return r, scanNumbered(rows, &r.Number, &r)
}

func scanStress(rows *stdsql.Rows) (e chronicle.StressEvent, err error) {
	return e, scanNumbered(rows, &e.Number, &e)
}

// Actions implements chronicle.Chronicle.
func (c *Chronicle) Actions(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.Action], error) {
	return page(ctx, c, q, kind[chronicle.Action]{
		selects: `SELECT number, body FROM evenkeel_action`, counted: `actions`,
		scan: scanAction, number: func(a chronicle.Action) uint64 { return a.Number },
	})
}

// Ratios implements chronicle.Chronicle.
func (c *Chronicle) Ratios(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.Ratio], error) {
	q.Side = ""
	return page(ctx, c, q, kind[chronicle.Ratio]{
		selects: `SELECT number, body FROM evenkeel_ratio`, counted: `ratios`,
		scan: scanRatio, number: func(r chronicle.Ratio) uint64 { return r.Number },
	})
}

// Stress implements chronicle.Chronicle.
func (c *Chronicle) Stress(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.StressEvent], error) {
	q.Side = ""
	return page(ctx, c, q, kind[chronicle.StressEvent]{
		selects: `SELECT number, body FROM evenkeel_stress`,
		scan:    scanStress, number: func(e chronicle.StressEvent) uint64 { return e.Number },
	})
}

// Postings implements chronicle.Chronicle.
func (c *Chronicle) Postings(ctx context.Context, q chronicle.Query) (chronicle.Page[chronicle.Posting], error) {
	q.Side = ""
	return page(ctx, c, q, kind[chronicle.Posting]{
		selects: `SELECT number, seq, at_micros, provider, bank, transfer, from_account, to_account, amount FROM evenkeel_posting`, counted: `postings`,
		scan: scanPosting, number: func(p chronicle.Posting) uint64 { return p.Number },
	})
}

func scanPosting(rows *stdsql.Rows) (p chronicle.Posting, err error) {
	var at int64
	err = rows.Scan(&p.Number, &p.Seq, &at, &p.Provider, &p.Bank, &p.Transfer, &p.From, &p.To, &p.Amount)
	p.At = fromMicros(at)
	return p, err
}

// kind is how one kind of things is read.
type kind[T any] struct {
	selects string
	counted string // the column of evenkeel_entry that numbers it; "" has a time of its own
	scan    func(*stdsql.Rows) (T, error)
	number  func(T) uint64
}

// page reads one item more than asked for, which tells that there is a next page.
func page[T any](ctx context.Context, c *Chronicle, q chronicle.Query, k kind[T]) (chronicle.Page[T], error) {
	q, err := q.Ready()
	if err != nil || !isText(q.Bank) {
		return chronicle.Page[T]{}, err
	}
	w, err := c.where(ctx, q, k.counted)
	if err != nil {
		return chronicle.Page[T]{}, fmt.Errorf("chronicle %q: %w", c.key, err)
	}
	found, err := query(ctx, c.db.pool, k.scan, k.selects+w.text.String()+` LIMIT `+strconv.Itoa(q.Limit+1), w.args...)
	if err != nil {
		return chronicle.Page[T]{}, fmt.Errorf("chronicle %q: %w", c.key, err)
	}
	if len(found) <= q.Limit {
		return chronicle.Page[T]{Items: found}, nil
	}
	return chronicle.Page[T]{Items: found[:q.Limit], Next: k.number(found[q.Limit-1])}, nil
}

// where selects what a query asks for, newest first. Bank and number are compared
// as one, or SQLite would look through the numbers of all banks.
func (c *Chronicle) where(ctx context.Context, q chronicle.Query, counted string) (*where, error) {
	w := &where{}
	w.add(` WHERE key = $`, c.key)
	above, below := int64(0), int64(min(q.Before, math.MaxInt64))
	if counted == "" {
		w.between(`at_micros`, q.From, q.To)
	} else {
		first, last, err := c.numbered(ctx, q, counted)
		if err != nil {
			return nil, err
		}
		above, below = first-1, min(below, last+1)
	}
	if q.Side != "" {
		w.add(` AND side = $`, string(q.Side))
	}
	if q.Bank == "" {
		w.add(` AND number > $ AND number < $ ORDER BY number DESC`, above, below)
	} else {
		w.add(` AND (bank, number) > ($, $) AND (bank, number) < ($, $) ORDER BY bank DESC, number DESC`, q.Bank, above, q.Bank, below)
	}
	return w, nil
}

// numbered returns the first and the last number of a query's time: what an entry
// numbers came with it.
func (c *Chronicle) numbered(ctx context.Context, q chronicle.Query, counted string) (first, last int64, err error) {
	first, last = 1, math.MaxInt64-1
	if !q.From.IsZero() {
		first, err = c.countedBefore(ctx, counted, q.From)
		first++
	}
	if err == nil && !q.To.IsZero() {
		last, err = c.countedBefore(ctx, counted, q.To)
	}
	return first, last, err
}

// countedBefore returns the number of the last that came before t.
func (c *Chronicle) countedBefore(ctx context.Context, counted string, t time.Time) (int64, error) {
	found, err := query(ctx, c.db.pool, scanNumber,
		`SELECT `+counted+` FROM evenkeel_entry WHERE key = $1 AND at_micros < $2 ORDER BY at_micros DESC, seq DESC LIMIT 1`, c.key, micros(t))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return int64(found[0]), nil
}

// micros returns the first microsecond that is not before t.
func micros(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// where is the end of a SELECT.
type where struct {
	text strings.Builder
	args []any
}

// add adds some text, in which each $ stands for the next value.
func (w *where) add(text string, values ...any) {
	for i, part := range strings.Split(text, `$`) {
		if i > 0 {
			w.args = append(w.args, values[i-1])
			w.text.WriteString(`$` + strconv.Itoa(len(w.args)))
		}
		w.text.WriteString(part)
	}
}

// between adds the bounds of a column of times.
func (w *where) between(column string, from, to time.Time) {
	if !from.IsZero() {
		w.add(` AND `+column+` >= $`, micros(from))
	}
	if !to.IsZero() {
		w.add(` AND `+column+` < $`, micros(to))
	}
}

// Latest implements chronicle.Chronicle. It steps from bank to bank through the
// index instead of reading all that was ever seen.
func (c *Chronicle) Latest(ctx context.Context, after string, limit int) ([]chronicle.Ratio, error) {
	if err := chronicle.CheckLimit(limit); err != nil {
		return nil, err
	}
	if err := checkChronicle(field{"after", after}); err != nil {
		return nil, err
	}
	found, err := query(ctx, c.db.pool, scanRatio, `
		WITH RECURSIVE banks (bank, nth) AS (
			SELECT (SELECT MIN(bank) FROM evenkeel_ratio WHERE key = $1 AND bank > $2), 1
			UNION ALL
			SELECT (SELECT MIN(r.bank) FROM evenkeel_ratio r WHERE r.key = $1 AND r.bank > banks.bank), nth + 1
			FROM banks WHERE bank IS NOT NULL AND nth < $3
		)
		SELECT number, body FROM evenkeel_ratio WHERE key = $1 AND number IN (
			SELECT (SELECT MAX(n.number) FROM evenkeel_ratio n WHERE n.key = $1 AND n.bank = banks.bank) FROM banks
		)`, c.key, after, limit)
	if err != nil {
		return nil, fmt.Errorf("chronicle %q: latest after %.64q: %w", c.key, after, err)
	}
	// Asked for this order, SQLite would read all ratios in it.
	slices.SortFunc(found, func(a, b chronicle.Ratio) int { return cmp.Compare(a.Position.Bank, b.Position.Bank) })
	return found, nil
}

// Forget implements chronicle.Chronicle.
func (c *Chronicle) Forget(ctx context.Context, before time.Time) (more bool, err error) {
	last, err := c.countedBefore(ctx, `ratios`, before)
	if err != nil {
		return false, fmt.Errorf("chronicle %q: forget: %w", c.key, err)
	}
	err = c.db.write(ctx, func(tx *transaction) error {
		ratios, err := tx.drop(ctx, `DELETE FROM evenkeel_ratio WHERE key = $1 AND number IN (SELECT r.number FROM evenkeel_ratio r WHERE r.key = $1 AND r.number <= $2
			AND EXISTS (SELECT 1 FROM evenkeel_ratio n WHERE n.key = $1 AND n.bank = r.bank AND n.number > r.number)
			ORDER BY r.number LIMIT $3)`, c.key, last, forgetRows)
		if err != nil {
			return err
		}
		events, err := tx.drop(ctx, `DELETE FROM evenkeel_stress WHERE key = $1 AND number IN (SELECT number FROM evenkeel_stress
			WHERE key = $1 AND at_micros < $2 ORDER BY at_micros LIMIT $3)`, c.key, micros(before), forgetRows)
		more = ratios == forgetRows || events == forgetRows
		return err
	})
	if err != nil {
		return false, fmt.Errorf("chronicle %q: forget what was before %s: %w", c.key, before.UTC().Format(time.RFC3339), err)
	}
	return more, nil
}
