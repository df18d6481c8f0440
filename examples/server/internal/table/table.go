// Package table reads what other programs write into a file: a thing a row, such as
// a bank, each under its own name.
//
// A .csv file begins with a line that names its columns, and each line has a value
// for each; a .json file is an array of objects with the same names. An empty value is
// as good as none. Numbers are plain, below 1e18 with at most 18 decimals; times are
// RFC 3339.
//
// A row with a mistake hides its thing and no other; so does a thing that is told
// twice. A file that may be half written is not read at all: put a new one in its
// place by renaming it.
package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Table is what a file may say.
type Table struct {
	Of       string   // what its rows tell of: "banks"
	Columns  []string // the first is the name of what a row tells of
	Required int      // as many of them, from the first
	MaxRows  int
	MaxBytes int
}

// Content is a file as it was read.
type Content struct {
	Name    string // ends in .csv or .json
	Text    []byte
	Written time.Time
}

// Load returns what is in the file at path: of one that is too large as much as
// shows it.
func (t Table) Load(path string) (Content, error) {
	f, err := os.Open(path)
	if err != nil {
		return Content{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return Content{}, err
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(t.MaxBytes)+1))
	return Content{path, text, info.ModTime().UTC().Truncate(time.Microsecond)}, err
}

// Read makes a T of each row with take, which may say instead what is wrong with it,
// as it has to of a row without a name. Problems are of single rows, and name line,
// field, value and rule; an error is of the whole file, and names it.
func Read[T any](t Table, c Content, take func(Row) (T, string)) (all []T, problems []string, err error) {
	rows, err := t.rows(c)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	key, told := t.Columns[0], map[string]int{}
	for _, r := range rows {
		told[r.Value(key)]++
	}
	before := map[string]int{} // line by name
	for _, r := range rows {
		name := r.Value(key)
		var one T
		problem := r.wrong
		if problem == "" {
			one, problem = take(r)
		}
		if line, again := before[name]; again && name != "" {
			problem = r.Problem(key, name, fmt.Sprintf("must be there once, and is in line %d too", line))
		}
		before[name] = r.line
		switch {
		case problem != "":
			problems = append(problems, problem)
		case told[name] == 1:
			all = append(all, one)
		}
	}
	return all, problems, nil
}

// rows takes a file apart. Where that cannot be done by line, all of it is spoilt.
func (t Table) rows(c Content) ([]Row, error) {
	if len(c.Text) > t.MaxBytes {
		return nil, fmt.Errorf("must be at most %d bytes", t.MaxBytes)
	}
	read := t.readCSV
	if strings.HasSuffix(c.Name, ".json") {
		read = t.readJSON
	}
	rows, err := read(c.Text)
	if err == nil && len(rows) > t.MaxRows {
		err = fmt.Errorf("%d %s: must be at most %d", len(rows), t.Of, t.MaxRows)
	}
	return rows, err
}

func (t Table) readCSV(text []byte) ([]Row, error) {
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
		case !slices.Contains(t.Columns, name):
			return nil, fmt.Errorf("line 1: column %.64q: %s", name, t.known())
		case slices.Contains(head[:i], name):
			return nil, fmt.Errorf("line 1: column %q: must be there once", name)
		}
	}
	for _, name := range t.Columns[:t.Required] {
		if !slices.Contains(head, name) {
			return nil, fmt.Errorf("line 1: column %q: must be there", name)
		}
	}
	var rows []Row
	for {
		values, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		r := Row{table: &t, fields: map[string]string{}}
		r.line, _ = reader.FieldPos(0)
		for i := range min(len(head), len(values)) {
			r.fields[head[i]] = strings.TrimSpace(values[i])
		}
		if len(values) != len(head) {
			r.wrong = r.Problem("values", strconv.Itoa(len(values)), fmt.Sprintf("must be %d, one of each column", len(head)))
		}
		rows = append(rows, r)
	}
}

func (t Table) readJSON(text []byte) ([]Row, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if open, err := decoder.Token(); err != nil || open != json.Delim('[') {
		return nil, errors.New("line 1: must be an array of objects")
	}
	var rows []Row
	line, counted := 1, int64(0)
	for decoder.More() {
		var said map[string]any
		err := decoder.Decode(&said)
		line += bytes.Count(text[counted:decoder.InputOffset()], []byte("\n"))
		counted = decoder.InputOffset()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		r := Row{table: &t, line: line, fields: map[string]string{}}
		for _, name := range slices.Sorted(maps.Keys(said)) {
			if said[name] == nil {
				continue
			}
			r.fields[name] = fmt.Sprint(said[name])
			if r.wrong == "" && !slices.Contains(t.Columns, name) {
				r.wrong = r.Problem(name, r.fields[name], t.known())
			}
		}
		rows = append(rows, r)
	}
	if rest := bytes.TrimSpace(text[decoder.InputOffset():]); string(rest) != "]" {
		return nil, errors.New("must end with ]: it may be half written")
	}
	return rows, nil
}

func (t Table) known() string { return "must be one of " + strings.Join(t.Columns, ", ") }

// Row is what a file says of one thing.
type Row struct {
	table  *Table
	line   int // in JSON the last one
	fields map[string]string
	wrong  string
}

// Problem says which rule a value breaks, and where.
func (r Row) Problem(field, value, rule string) string {
	return fmt.Sprintf("line %d: %s %.64q: %s", r.line, field, value, rule)
}

// Value returns a field, "" if it is not there.
func (r Row) Value(field string) string { return r.fields[field] }

// Required reports whether a field must be there.
func (r Row) Required(field string) bool {
	return slices.Contains(r.table.Columns[:r.table.Required], field)
}

// Number reads a plain number: an exponent could make it enormous. One that is not
// there is a problem if it is required, and leaves to as it is otherwise.
func (r Row) Number(field string, to *decimal.Decimal) (problem string) {
	said := r.Value(field)
	if said == "" && !r.Required(field) {
		return ""
	}
	whole, part, _ := strings.Cut(said, ".")
	if whole == "" || len(whole) > 18 || len(part) > 18 || strings.Trim(whole+part, "0123456789") != "" {
		return r.Problem(field, said, "must be a plain number >= 0, below 1e18, with at most 18 decimals")
	}
	*to = decimal.RequireFromString(said)
	return ""
}

// Time reads a time, to the microsecond. One that is not there leaves to as it is.
func (r Row) Time(field string, to *time.Time) (problem string) {
	said := r.Value(field)
	if said == "" {
		return ""
	}
	at, err := time.Parse(time.RFC3339, said)
	if err != nil {
		return r.Problem(field, said, "must be RFC 3339, such as 2026-03-01T12:00:00Z")
	}
	*to = at.UTC().Truncate(time.Microsecond)
	return ""
}
