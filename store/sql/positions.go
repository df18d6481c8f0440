package sql

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// ErrOlder refuses a position that is older than the one kept.
var ErrOlder = errors.New("sql: older than the one kept")

// maxPositions is how many banks one source may speak of: as many as an engine
// looks at.
const maxPositions = 100_000

// Positions keeps what each source said last of each bank, for sources that tell
// us instead of being asked. Times are kept to the microsecond, rounded down. Safe
// for concurrent use, also by several programs.
type Positions struct{ db *DB }

// Put keeps positions as that source's, at most one of each bank, all or none, and
// is durable on return. It returns [evenkeel.ErrInvalid] for a malformed one, and
// [ErrOlder] for one from before what the source said last of that bank. Whether
// kind and currency are those of an engine, liquidity.Engine.Validate tells.
func (p *Positions) Put(ctx context.Context, source string, positions []liquidity.Position) error {
	rows, err := positionRows(source, positions)
	if err != nil {
		return err
	}
	err = p.db.write(ctx, func(tx *transaction) error {
		put, err := tx.put(ctx, `evenkeel_position (source, bank, at_micros, body)`,
			`ON CONFLICT (source, bank) DO UPDATE SET at_micros = excluded.at_micros, body = excluded.body
			WHERE evenkeel_position.at_micros <= excluded.at_micros`, rows)
		if err != nil {
			return err
		}
		if put < len(rows) {
			return tx.older(ctx, source, rows)
		}
		count, err := one(query(ctx, tx, scanNumber, `SELECT COUNT(*) FROM evenkeel_position WHERE source = $1`, source))
		if err == nil && count > maxPositions {
			err = fmt.Errorf("%w: banks of one source %d: must be at most %d", evenkeel.ErrInvalid, count, maxPositions)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("positions of %.64q: %w", source, err)
	}
	return nil
}

// positionRows checks positions and brings them into the order of their banks,
// in which no two writers lock each other out.
func positionRows(source string, positions []liquidity.Position) ([][]any, error) {
	if err := checkNamed("source", source); err != nil {
		return nil, err
	}
	if len(positions) > maxPositions {
		return nil, fmt.Errorf("%w: positions %d: must be at most %d", evenkeel.ErrInvalid, len(positions), maxPositions)
	}
	sorted := slices.SortedFunc(slices.Values(positions), func(a, b liquidity.Position) int { return cmp.Compare(a.Bank, b.Bank) })
	rows := make([][]any, len(sorted))
	for i, at := range sorted {
		if err := checkPosition(source, at); err != nil {
			return nil, fmt.Errorf("position of %.64q: %w", at.Bank, err)
		}
		if i > 0 && at.Bank == sorted[i-1].Bank {
			return nil, fmt.Errorf("%w: Bank %.64q: must be told once", evenkeel.ErrInvalid, at.Bank)
		}
		at.Source, at.At = source, at.At.UTC().Truncate(time.Microsecond)
		body, err := json.Marshal(at)
		if err != nil {
			return nil, fmt.Errorf("%w: position of %.64q: %w", evenkeel.ErrInvalid, at.Bank, err)
		}
		rows[i] = []any{source, at.Bank, at.At.UnixMicro(), body}
	}
	return rows, nil
}

type rule valid.Rule

// checkNamed refuses what cannot name anything.
func checkNamed(field, name string) error {
	return valid.Check(evenkeel.ErrInvalid, rule{valid.Named(name) && isText(name), field, name, "must have 1 to 256 bytes of UTF-8 without NUL"})
}

// checkPosition refuses what no engine could be told.
func checkPosition(source string, p liquidity.Position) error {
	if err := checkNamed("Bank", p.Bank); err != nil {
		return err
	}
	amount := func(field string, d decimal.Decimal) rule {
		return rule{valid.NotNegative(d), field, d, valid.MustBeAmount}
	}
	return valid.Check(evenkeel.ErrInvalid,
		rule{p.Source == "" || p.Source == source, "Source", p.Source, "must be empty or " + source},
		rule{p.At.Year() >= 1970 && p.At.Year() <= 2200, "At", p.At, "must be from 1970 to 2200"},
		rule{len(p.Kind) <= valid.MaxText, "Kind", string(p.Kind), "must have at most 256 bytes"},
		rule{len(p.Currency) <= valid.MaxText, "Currency", p.Currency, "must have at most 256 bytes"},
		amount("Liquid", p.Liquid), amount("Obligations", p.Obligations), amount("SRI", p.SRI),
		amount("FXVolatility", p.FXVolatility), amount("CBDCRoom", p.CBDCRoom.Decimal), amount("Congestion", p.Congestion),
		amount("Collateral", p.Collateral), amount("PBreach", p.PBreach),
	)
}

// older names the first of rows that is older than the one kept.
func (tx *transaction) older(ctx context.Context, source string, rows [][]any) error {
	kept := map[string]int64{}
	if _, err := query(ctx, tx, func(rows *stdsql.Rows) (bank string, err error) {
		var at int64
		err = rows.Scan(&bank, &at)
		kept[bank] = at
		return bank, err
	}, `SELECT bank, at_micros FROM evenkeel_position WHERE source = $1`, source); err != nil {
		return err
	}
	for _, row := range rows {
		bank, at := row[1].(string), row[2].(int64) //nolint:errcheck,forcetypeassert // positionRows made it
		if kept[bank] > at {
			return fmt.Errorf("%w: bank %.64q: At %s: must not be before %s", ErrOlder, bank,
				fromMicros(at).Format(time.RFC3339Nano), fromMicros(kept[bank]).Format(time.RFC3339Nano))
		}
	}
	return errOvertaken
}

// Feed returns what a source said last of each bank, however long ago: how old a
// position may be is up to the engine.
func (p *Positions) Feed(source string) liquidity.Feed { return feed{p.db, source} }

type feed struct {
	db     *DB
	source string
}

func scanPosition(rows *stdsql.Rows) (p liquidity.Position, err error) {
	var body []byte
	if err := rows.Scan(&body); err != nil {
		return p, err
	}
	return p, json.Unmarshal(body, &p)
}

// Positions implements liquidity.Feed.
func (f feed) Positions(ctx context.Context, _ time.Time) ([]liquidity.Position, error) {
	found, err := query(ctx, f.db.pool, scanPosition, `SELECT body FROM evenkeel_position WHERE source = $1 ORDER BY bank`, f.source)
	if err != nil {
		return nil, fmt.Errorf("positions of %.64q: %w", f.source, err)
	}
	return found, nil
}
