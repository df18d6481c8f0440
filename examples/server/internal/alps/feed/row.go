package feed

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// columns are the names that a file may use; the first three are required.
var columns = []string{"bank", "liquid", "obligations", "at", "currency", "sri", "fx_volatility", "cbdc_room", "congestion", "collateral"}

const required = 3

// maxRows bounds a file: as many banks as an engine takes.
const maxRows = 100_000

// row is what a file says of one bank.
type row struct {
	line   int
	fields map[string]string
}

func (r row) problem(field, value, rule string) string {
	return fmt.Sprintf("line %d: %s %.64q: %s", r.line, field, value, rule)
}

// rows reads a file. What cannot be told apart by line spoils all of it.
func (c content) rows() ([]row, error) {
	read := readCSV
	if c.json {
		read = readJSON
	}
	rows, err := read(c.text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(rows) > maxRows {
		return nil, fmt.Errorf("%w: %d banks: must be at most %d", ErrInvalid, len(rows), maxRows)
	}
	return rows, nil
}

func readCSV(text []byte) ([]row, error) {
	if !bytes.HasSuffix(text, []byte("\n")) {
		return nil, errors.New("must end with a newline: it may be half written")
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	head, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: must name the columns: %w", err)
	}
	for i, name := range head {
		switch {
		case !slices.Contains(columns, name):
			return nil, fmt.Errorf("line 1: column %.64q: must be one of %s", name, strings.Join(columns, ", "))
		case slices.Contains(head[:i], name):
			return nil, fmt.Errorf("line 1: column %q: must be there once", name)
		}
	}
	for _, name := range columns[:required] {
		if !slices.Contains(head, name) {
			return nil, fmt.Errorf("line 1: column %q: must be there", name)
		}
	}
	var rows []row
	for {
		values, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		r := row{line: line, fields: map[string]string{}}
		for i, name := range head {
			if i < len(values) {
				r.fields[name] = strings.TrimSpace(values[i])
			}
		}
		if len(values) > len(head) {
			r.fields["more"] = values[len(head)]
		}
		rows = append(rows, r)
	}
}

func readJSON(text []byte) ([]row, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if open, err := decoder.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.New("line 1: must be an array of objects")
	}
	var rows []row
	for decoder.More() {
		var said map[string]any
		if err := decoder.Decode(&said); err != nil {
			return nil, fmt.Errorf("line %d: %w", lineAt(text, decoder), err)
		}
		r := row{line: lineAt(text, decoder), fields: map[string]string{}}
		for name, value := range said {
			if value != nil {
				r.fields[name] = fmt.Sprint(value)
			}
		}
		rows = append(rows, r)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errors.New("must end with ]: it may be half written")
	}
	return rows, nil
}

// lineAt is the line that the decoder has come to.
func lineAt(text []byte, d *json.Decoder) int {
	return 1 + bytes.Count(text[:d.InputOffset()], []byte("\n"))
}

// position makes a position of a row, or says what is wrong with it.
func (f *File) position(r row, at time.Time) (liquidity.Position, string) {
	p := liquidity.Position{Bank: r.fields["bank"], Kind: f.opts.Kind, Currency: f.opts.Currency, Source: f.opts.Name, At: at}
	if p.Bank == "" || len(p.Bank) > 256 {
		return p, r.problem("bank", p.Bank, "must have 1 to 256 bytes")
	}
	for name, value := range r.fields {
		if !slices.Contains(columns, name) {
			return p, r.problem(name, value, "must be one of "+strings.Join(columns, ", "))
		}
	}
	if said := r.fields["currency"]; said != "" && said != p.Currency {
		return p, r.problem("currency", said, "must be "+p.Currency)
	}
	if said := r.fields["at"]; said != "" {
		var err error
		if p.At, err = time.Parse(time.RFC3339, said); err != nil {
			return p, r.problem("at", said, "must be RFC 3339, such as 2026-03-01T12:00:00Z")
		}
	}
	for _, a := range []struct {
		name string
		to   *decimal.Decimal
		must bool
	}{
		{"liquid", &p.Liquid, true},
		{"obligations", &p.Obligations, true},
		{"sri", &p.SRI, false},
		{"fx_volatility", &p.FXVolatility, false},
		{"cbdc_room", &p.CBDCRoom.Decimal, false},
		{"congestion", &p.Congestion, false},
		{"collateral", &p.Collateral, false},
	} {
		said := r.fields[a.name]
		if said == "" && !a.must {
			continue
		}
		d, ok := number(said)
		if !ok {
			return p, r.problem(a.name, said, "must be a plain number >= 0, below 1e18, with at most 18 decimals")
		}
		*a.to = d
	}
	p.CBDCRoom.Valid = r.fields["cbdc_room"] != ""
	p.At = p.At.UTC().Truncate(time.Microsecond)
	return p, ""
}

// number reads a plain one: an exponent could make it enormous.
func number(s string) (decimal.Decimal, bool) {
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 18 || len(part) > 18 || strings.Trim(whole+part, "0123456789") != "" {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	return d, err == nil
}
