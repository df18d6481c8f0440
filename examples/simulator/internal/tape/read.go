package tape

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// columns of a table and the header names each answers to. A volume column may
// also name its unit: volume_usdc.
var columns = []struct {
	name    string
	aliases []string
}{
	{"time", []string{"time", "time_utc", "hour_utc", "date"}},
	{"open", []string{"open"}},
	{"high", []string{"high"}},
	{"low", []string{"low"}},
	{"close", []string{"close"}},
	{"volume", []string{"volume"}},
}

// layouts of a time. Only the first two can name a zone, and it must be UTC; a
// bare date is midnight UTC.
var layouts = []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04Z", time.DateOnly}

// plain numbers only: no exponent, no NaN, bounded in length.
var plain = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,8})?$`)

// Read parses a table; name is how errors call it. Any error about the content
// is an [*Error].
func Read(r io.Reader, name string) (Tape, error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	header, err := rows.Read()
	switch {
	case errors.Is(err, io.EOF):
		return Tape{}, &Error{File: name, Rule: "the file is empty: must have a header and at least one row"}
	case err != nil:
		return Tape{}, malformed(name, err)
	}
	parse, err := newParser(name, header)
	if err != nil {
		return Tape{}, err
	}
	t := Tape{Name: name, Source: name, Interval: time.Hour}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Tape{}, malformed(name, err)
		}
		parse.line, _ = rows.FieldPos(0)
		candle, err := parse.candle(row)
		if err != nil {
			return Tape{}, err
		}
		if err := parse.follows(&t, candle); err != nil {
			return Tape{}, err
		}
		t.Candles = append(t.Candles, candle)
	}
	if len(t.Candles) == 0 {
		return Tape{}, &Error{File: name, Rule: "there is a header but no row"}
	}
	return t, nil
}

// malformed turns what encoding/csv found into an Error; a failing reader keeps
// its own error.
func malformed(name string, err error) error {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return &Error{File: name, Line: bad.Line, Rule: "malformed row: " + bad.Err.Error()}
}

// parser reads the rows of one table.
type parser struct {
	file  string
	line  int
	index []int    // of each of columns in a row
	names []string // of each of columns, as the header has it
}

func newParser(file string, header []string) (*parser, error) {
	p := &parser{file: file, line: 1, index: make([]int, len(columns)), names: make([]string, len(columns))}
	for i, column := range columns {
		found := -1
		for j, cell := range header {
			cell = strings.TrimSpace(strings.TrimPrefix(cell, "\ufeff"))
			lower := strings.ToLower(cell)
			matches := slices.Contains(column.aliases, lower) ||
				column.name == "volume" && strings.HasPrefix(lower, "volume_")
			if matches && found >= 0 {
				return nil, &Error{File: file, Line: 1, Rule: fmt.Sprintf("two columns are both the %s", column.name)}
			}
			if matches {
				found, p.names[i] = j, cell
			}
		}
		if found < 0 {
			return nil, &Error{
				File: file, Line: 1,
				Rule: fmt.Sprintf("column %s is missing: must be called %s", column.name, strings.Join(column.aliases, " or ")),
			}
		}
		p.index[i] = found
	}
	return p, nil
}

func (p *parser) fail(column int, value, rule string) error {
	return &Error{File: p.file, Line: p.line, Column: p.names[column], Value: value, Rule: rule}
}

func (p *parser) candle(row []string) (Candle, error) {
	cell := func(column int) string { return strings.TrimSpace(row[p.index[column]]) }
	start, err := p.time(cell(0))
	if err != nil {
		return Candle{}, err
	}
	c := Candle{Start: start}
	for i, price := range []*decimal.Decimal{&c.Open, &c.High, &c.Low, &c.Close, &c.Volume} {
		if *price, err = p.number(i+1, cell(i+1)); err != nil {
			return Candle{}, err
		}
	}
	low, high := cell(3), cell(2)
	switch {
	case c.Low.GreaterThan(c.High):
		err = p.fail(3, low, "must be <= high "+high)
	case c.Open.LessThan(c.Low) || c.Open.GreaterThan(c.High):
		err = p.fail(1, cell(1), fmt.Sprintf("must lie between low %s and high %s", low, high))
	case c.Close.LessThan(c.Low) || c.Close.GreaterThan(c.High):
		err = p.fail(4, cell(4), fmt.Sprintf("must lie between low %s and high %s", low, high))
	}
	return c, err
}

func (p *parser) time(cell string) (time.Time, error) {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, cell); err == nil {
			return at, nil
		}
	}
	if _, err := time.Parse(time.RFC3339, cell); err == nil {
		return time.Time{}, p.fail(0, cell, "must be UTC: write it as 2023-03-10T12:00:00Z")
	}
	return time.Time{}, p.fail(0, cell, "must be a time in UTC such as 2023-03-10T12:00:00Z")
}

func (p *parser) number(column int, cell string) (decimal.Decimal, error) {
	if !plain.MatchString(cell) {
		return decimal.Decimal{}, p.fail(column, cell, fmt.Sprintf("must be a plain number with at most %d decimals", maxDigits))
	}
	x, err := decimal.NewFromString(cell)
	if err != nil {
		return decimal.Decimal{}, p.fail(column, cell, "must be a number")
	}
	volume := columns[column].name == "volume"
	switch {
	case volume && x.IsNegative():
		err = p.fail(column, cell, "must be >= 0")
	case volume && x.GreaterThan(maxVolume):
		err = p.fail(column, cell, "must be <= "+maxVolume.String())
	case !volume && !x.IsPositive():
		err = p.fail(column, cell, "must be > 0")
	case !volume && (x.LessThan(minPrice) || x.GreaterThan(maxPrice)):
		err = p.fail(column, cell, fmt.Sprintf("must lie between %s and %s, since the token is meant to be worth 1", minPrice, maxPrice))
	}
	return x, err
}

// follows checks that c comes right after the candles of t; the first two rows
// set the interval.
func (p *parser) follows(t *Tape, c Candle) error {
	n := len(t.Candles)
	if n == 0 {
		return nil
	}
	if n == MaxRows {
		return &Error{File: p.file, Line: p.line, Rule: fmt.Sprintf("too many rows: must be at most %d", MaxRows)}
	}
	last := t.Candles[n-1].Start
	step := c.Start.Sub(last)
	if n == 1 && step > 0 {
		t.Interval = step
	}
	value := c.Start.Format(time.RFC3339)
	switch {
	case step == 0:
		return p.fail(0, value, "is a duplicate of the row before")
	case step < 0:
		return p.fail(0, value, "is out of order: the row before is of "+last.Format(time.RFC3339))
	case step > t.Interval:
		return p.fail(0, value, fmt.Sprintf("leaves a gap: must be %s, %s after the row before", last.Add(t.Interval).Format(time.RFC3339), t.Interval))
	case step < t.Interval:
		return p.fail(0, value, fmt.Sprintf("comes too soon: must be %s, %s after the row before", last.Add(t.Interval).Format(time.RFC3339), t.Interval))
	}
	return nil
}
