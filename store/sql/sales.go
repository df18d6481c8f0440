package sql

import (
	"bytes"
	"cmp"
	"context"
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Sale is what became of one sale of an instrument, by its ID.
type Sale struct {
	ISIN market.ISIN
	risk.Outcome
}

// Report keeps what a source says became of sales, all or none, and is durable on
// return. What is kept stays: the same outcome again does nothing, and another one
// of the same sale is [evenkeel.ErrConflict]. [evenkeel.ErrInvalid] refuses what
// cannot be true.
func (i *Instruments) Report(ctx context.Context, source string, sales []Sale) error {
	rows, err := saleRows(source, sales)
	if err != nil {
		return err
	}
	err = i.db.write(ctx, func(tx *transaction) error {
		put, err := tx.put(ctx, `evenkeel_sale (isin, id, source, at_micros, body)`, `ON CONFLICT (isin, id) DO NOTHING`, rows)
		if err == nil && put < len(rows) {
			err = tx.sameSales(ctx, rows)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sales by %.64q: %w", source, err)
	}
	return nil
}

// saleRows checks sales and brings them into one order, in which no two writers
// lock each other out.
func saleRows(source string, sales []Sale) ([][]any, error) {
	if err := checkNamed("source", source); err != nil {
		return nil, err
	}
	if len(sales) > maxInstruments {
		return nil, fmt.Errorf("%w: sales %d: must be at most %d", evenkeel.ErrInvalid, len(sales), maxInstruments)
	}
	sorted := slices.SortedFunc(slices.Values(sales), func(a, b Sale) int {
		return cmp.Or(cmp.Compare(a.ISIN, b.ISIN), cmp.Compare(a.ID, b.ID))
	})
	rows := make([][]any, len(sorted))
	for i, s := range sorted {
		if err := s.validate(); err != nil {
			return nil, fmt.Errorf("sale %.64q of %.64q: %w", s.ID, s.ISIN, err)
		}
		if i > 0 && s.ISIN == sorted[i-1].ISIN && s.ID == sorted[i-1].ID {
			return nil, fmt.Errorf("%w: sale %.64q of %s: must be told once", evenkeel.ErrInvalid, s.ID, s.ISIN)
		}
		s.At = s.At.UTC().Truncate(time.Microsecond)
		body, err := json.Marshal(s.Outcome)
		if err != nil {
			return nil, fmt.Errorf("%w: sale %.64q of %s: %w", evenkeel.ErrInvalid, s.ID, s.ISIN, err)
		}
		rows[i] = []any{string(s.ISIN), s.ID, source, s.At.UnixMicro(), body}
	}
	return rows, nil
}

func (s Sale) validate() error {
	if err := checkNamed("ID", s.ID); err != nil {
		return err
	}
	if err := s.ISIN.Validate(); err != nil {
		return fmt.Errorf("%w: %w", evenkeel.ErrInvalid, err)
	}
	if _, err := market.Judge([]market.Outcome{s.Outcome.Outcome}); err != nil {
		return fmt.Errorf("%w: %w", evenkeel.ErrInvalid, err)
	}
	return valid.Check(evenkeel.ErrInvalid,
		rule{s.At.Year() >= 1970 && s.At.Year() <= 2200, "At", s.At, "must be from 1970 to 2200"},
		rule{s.Advised == "" || slices.Contains(market.Paths(), s.Advised), "Advised", string(s.Advised), "must be one of the market's paths, or empty"},
	)
}

// sameSales refuses rows of which another one is kept.
func (tx *transaction) sameSales(ctx context.Context, rows [][]any) error {
	for _, row := range rows {
		kept, err := query(ctx, tx, scanBytes, `SELECT body FROM evenkeel_sale WHERE isin = $1 AND id = $2`, row[0], row[1])
		if err != nil {
			return err
		}
		if body, _ := row[4].([]byte); len(kept) > 0 && !bytes.Equal(kept[0], body) {
			return fmt.Errorf("%w: sale %.64q of %s: was told before, with another outcome", evenkeel.ErrConflict, row[1], row[0])
		}
	}
	return nil
}

func scanBytes(rows *stdsql.Rows) (body []byte, err error) { return body, rows.Scan(&body) }

// Sales yields what became of all sales of an instrument, by the time of the
// prediction, the oldest first.
func (i *Instruments) Sales(ctx context.Context, isin market.ISIN) iter.Seq2[risk.Outcome, error] {
	return func(yield func(risk.Outcome, error) bool) {
		at, id := int64(math.MinInt64), ""
		for {
			page, err := query(ctx, i.db.pool, scanOutcome, `SELECT body FROM evenkeel_sale
				WHERE isin = $1 AND (at_micros, id) > ($2, $3) ORDER BY at_micros, id LIMIT $4`, string(isin), at, id, pageRows)
			if err != nil {
				yield(risk.Outcome{}, fmt.Errorf("sales of %.64q: %w", isin, err))
				return
			}
			for _, o := range page {
				if !yield(o, nil) {
					return
				}
				at, id = o.At.UnixMicro(), o.ID
			}
			if len(page) < pageRows {
				return
			}
		}
	}
}

func scanOutcome(rows *stdsql.Rows) (o risk.Outcome, err error) {
	var body []byte
	if err := rows.Scan(&body); err != nil {
		return o, err
	}
	return o, json.Unmarshal(body, &o)
}
