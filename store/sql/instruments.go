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

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// maxInstruments is how many one Put or page of a list may have.
const maxInstruments = 1_000

// Instruments keeps what was said last of each part of each instrument, and what
// became of sales. Times are kept to the microsecond, rounded down. Safe for
// concurrent use, also by several programs.
type Instruments struct{ db *DB }

// Instrument is what is known of one. A nil part is not known.
type Instrument struct {
	ISIN    market.ISIN
	Book    *Known[market.Microstructure]
	Auction *Known[market.Auction]
	Maker   *Known[market.Maker]
	Bond    *Known[market.Bond]
	Facts   *Known[risk.Facts]
}

// Known is something that somebody said.
type Known[T any] struct {
	Source string
	At     time.Time // when it was so; of a book, an auction and a maker, their own
	Is     T
}

// Put keeps the parts that are not nil in the place of those that were kept, all
// or none, and is durable on return. A part counts whoever says it.
// [evenkeel.ErrInvalid] refuses a part that nobody says, is about another
// instrument or is there twice, and [ErrOlder] one from before what is kept.
// Whether the numbers can be true, their own packages know.
func (i *Instruments) Put(ctx context.Context, instruments []Instrument) error {
	if len(instruments) > maxInstruments {
		return fmt.Errorf("%w: instruments %d: must be at most %d", evenkeel.ErrInvalid, len(instruments), maxInstruments)
	}
	var parts []part
	for _, one := range instruments {
		known, err := partsOf(one)
		if err != nil {
			return fmt.Errorf("instrument %.64q: %w", one.ISIN, err)
		}
		parts = append(parts, known...)
	}
	rows, err := rowsOf(parts)
	if err != nil {
		return err
	}
	err = i.db.write(ctx, func(tx *transaction) error {
		put, err := tx.put(ctx, `evenkeel_instrument (isin, part, source, at_micros, body)`,
			`ON CONFLICT (isin, part) DO UPDATE SET source = excluded.source, at_micros = excluded.at_micros, body = excluded.body
			WHERE evenkeel_instrument.at_micros <= excluded.at_micros`, rows)
		if err == nil && put < len(rows) {
			err = tx.newer(ctx, parts)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("put instruments: %w", err)
	}
	return nil
}

// part is one as it is kept.
type part struct {
	isin   market.ISIN
	name   string
	source string
	at     time.Time
	body   []byte
}

// The names of parts, in the order in which an instrument lists them.
const (
	bookPart    = "book"
	auctionPart = "auction"
	makerPart   = "maker"
	bondPart    = "bond"
	factsPart   = "facts"
)

// partsOf checks an instrument and takes it apart.
func partsOf(one Instrument) ([]part, error) {
	if err := one.ISIN.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", evenkeel.ErrInvalid, err)
	}
	var parts []part
	err := errors.Join(
		add(&parts, one.ISIN, bookPart, one.Book, func(b market.Microstructure) (market.ISIN, time.Time) { return b.ISIN, b.At }),
		add(&parts, one.ISIN, auctionPart, one.Auction, func(a market.Auction) (market.ISIN, time.Time) { return a.ISIN, a.At }),
		add(&parts, one.ISIN, makerPart, one.Maker, func(m market.Maker) (market.ISIN, time.Time) { return m.ISIN, m.At }),
		add(&parts, one.ISIN, bondPart, one.Bond, nil),
		add(&parts, one.ISIN, factsPart, one.Facts, nil),
	)
	return parts, err
}

// add adds what is known. says returns which instrument it is about, and when, of
// what says so itself.
func add[T any](parts *[]part, isin market.ISIN, name string, k *Known[T], says func(T) (market.ISIN, time.Time)) error {
	if k == nil {
		return nil
	}
	of, at := isin, k.At
	if says != nil {
		of, at = says(k.Is)
	}
	if err := errors.Join(checkNamed(name+".Source", k.Source), valid.Check(evenkeel.ErrInvalid,
		rule{of == isin, name + ".ISIN", string(of), "must be " + string(isin)},
		rule{at.Equal(k.At), name + ".At", at, "must be " + k.At.String()},
		rule{at.Year() >= 1970 && at.Year() <= 2200, name + ".At", at, "must be from 1970 to 2200"},
	)); err != nil {
		return err
	}
	body, err := json.Marshal(k.Is)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", evenkeel.ErrInvalid, name, err)
	}
	*parts = append(*parts, part{isin, name, k.Source, at.UTC().Truncate(time.Microsecond), body})
	return nil
}

// rowsOf brings parts into one order, in which no two writers lock each other out.
func rowsOf(parts []part) ([][]any, error) {
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.isin, b.isin), cmp.Compare(a.name, b.name))
	})
	rows := make([][]any, len(parts))
	for i, p := range parts {
		if i > 0 && p.isin == parts[i-1].isin && p.name == parts[i-1].name {
			return nil, fmt.Errorf("%w: %s of %s: must be told once", evenkeel.ErrInvalid, p.name, p.isin)
		}
		rows[i] = []any{string(p.isin), p.name, p.source, p.at.UnixMicro(), p.body}
	}
	return rows, nil
}

// newer names the first of parts of which there is a newer one.
func (tx *transaction) newer(ctx context.Context, parts []part) error {
	for _, p := range parts {
		kept, err := query(ctx, tx, scanNumber, `SELECT at_micros FROM evenkeel_instrument WHERE isin = $1 AND part = $2`, string(p.isin), p.name)
		if err != nil {
			return err
		}
		if len(kept) > 0 && fromMicros(int64(kept[0])).After(p.at) {
			return fmt.Errorf("%w: %s of %s: At %s: must not be before %s", ErrOlder, p.name, p.isin,
				p.at.Format(time.RFC3339Nano), fromMicros(int64(kept[0])).Format(time.RFC3339Nano))
		}
	}
	return errOvertaken
}

// Instrument returns what is known of one, or [evenkeel.ErrNotFound].
func (i *Instruments) Instrument(ctx context.Context, isin market.ISIN) (Instrument, error) {
	one := Instrument{ISIN: isin}
	if isin.Validate() != nil {
		return one, fmt.Errorf("%w: instrument %.64q", evenkeel.ErrNotFound, isin)
	}
	parts, err := query(ctx, i.db.pool, scanPart, `SELECT part, source, at_micros, body FROM evenkeel_instrument WHERE isin = $1`, string(isin))
	if err == nil && len(parts) == 0 {
		err = evenkeel.ErrNotFound
	}
	for _, p := range parts {
		err = errors.Join(err, one.set(p))
	}
	if err != nil {
		return one, fmt.Errorf("instrument %s: %w", isin, err)
	}
	return one, nil
}

func scanPart(rows *stdsql.Rows) (p part, err error) {
	var at int64
	err = rows.Scan(&p.name, &p.source, &at, &p.body)
	p.at = fromMicros(at)
	return p, err
}

func (one *Instrument) set(p part) error {
	switch p.name {
	case bookPart:
		return read(p, &one.Book)
	case auctionPart:
		return read(p, &one.Auction)
	case makerPart:
		return read(p, &one.Maker)
	case bondPart:
		return read(p, &one.Bond)
	case factsPart:
		return read(p, &one.Facts)
	}
	return nil // a newer program's
}

func read[T any](p part, to **Known[T]) error {
	k := Known[T]{Source: p.source, At: p.at}
	*to = &k
	return json.Unmarshal(p.body, &k.Is)
}

// ISINs returns those of which anything is known, after one of them, in order: at
// most limit, 1 to 1,000. After "" they begin.
func (i *Instruments) ISINs(ctx context.Context, after market.ISIN, limit int) ([]market.ISIN, error) {
	if err := valid.Check(evenkeel.ErrInvalid,
		rule{after == "" || after.Validate() == nil, "after", string(after), "must be an ISIN, or empty"},
		rule{limit >= 1 && limit <= maxInstruments, "limit", limit, "must be 1 to 1000"},
	); err != nil {
		return nil, err
	}
	found, err := query(ctx, i.db.pool, scanISIN, `SELECT DISTINCT isin FROM evenkeel_instrument WHERE isin > $1 ORDER BY isin LIMIT $2`, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("instruments after %q: %w", after, err)
	}
	return found, nil
}

func scanISIN(rows *stdsql.Rows) (isin market.ISIN, err error) { return isin, rows.Scan(&isin) }
