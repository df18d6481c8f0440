package source

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// columns are the names that a file may use; the first three are required.
var columns = []string{
	"isin", "bid", "ask", "timestamp", "bid_size", "ask_size", "l2_depth_qty", "l2_levels", "trades_count", "vwap", "volume_face",
	"time_since_last_trade_s", "window_s", "rating", "tenor", "issuer_class", "coupon_rate", "maturity_date", "issue_size",
}

const required = 3

// maxRows bounds a file.
const maxRows = 100_000

// row is what a file says of one instrument.
type row struct {
	line   int
	fields map[string]string
}

func (r row) problem(field, value, rule string) string {
	return fmt.Sprintf("line %d: %s %.64q: %s", r.line, field, value, rule)
}

// rowsOf reads a file. What cannot be told apart by line spoils all of it.
func rowsOf(text []byte, isJSON bool) ([]row, error) {
	read := readCSV
	if isJSON {
		read = readJSON
	}
	rows, err := read(text)
	if err == nil && len(rows) > maxRows {
		err = fmt.Errorf("%d instruments: must be at most %d", len(rows), maxRows)
	}
	return rows, err
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
		if !slices.Contains(columns, name) || slices.Contains(head[:i], name) {
			return nil, fmt.Errorf("line 1: column %.64q: must be there once, and one of %s", name, strings.Join(columns, ", "))
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
		if len(values) != len(head) {
			return nil, fmt.Errorf("line %d: %d values: must be %d", line, len(values), len(head))
		}
		r := row{line, map[string]string{}}
		for i, name := range head {
			r.fields[name] = strings.TrimSpace(values[i])
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
		r := row{fields: map[string]string{}}
		said := map[string]any{}
		err := decoder.Decode(&said)
		r.line = 1 + bytes.Count(text[:decoder.InputOffset()], []byte("\n"))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", r.line, err)
		}
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

// instrument makes one of a row, or says what is wrong with it. Whether its numbers
// make sense together, whoever takes it knows.
func (r row) instrument(source string, written time.Time) (sql.Instrument, string) {
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		if !slices.Contains(columns, name) {
			return sql.Instrument{}, r.problem(name, r.fields[name], "must be one of "+strings.Join(columns, ", "))
		}
	}
	book := market.Microstructure{ISIN: market.ISIN(r.fields["isin"]), At: written}
	bond := market.Bond{Rating: r.fields["rating"], Tenor: r.fields["tenor"], IssuerClass: r.fields["issuer_class"]}
	if err := book.ISIN.Validate(); err != nil {
		return sql.Instrument{}, r.problem("isin", r.fields["isin"], "must be an ISIN")
	}
	for _, read := range []func(*market.Microstructure, *market.Bond) string{r.times, r.counts, r.numbers} {
		if problem := read(&book, &bond); problem != "" {
			return sql.Instrument{}, problem
		}
	}
	one := sql.Instrument{ISIN: book.ISIN, Book: &sql.Known[market.Microstructure]{Source: source, At: book.At, Is: book}}
	if slices.ContainsFunc(columns[slices.Index(columns, "rating"):], func(name string) bool { return r.fields[name] != "" }) {
		one.Bond = &sql.Known[market.Bond]{Source: source, At: book.At, Is: bond}
	}
	return one, ""
}

func (r row) times(book *market.Microstructure, bond *market.Bond) string {
	if said := r.fields["timestamp"]; said != "" {
		at, err := time.Parse(time.RFC3339Nano, said)
		if err != nil {
			return r.problem("timestamp", said, "must be RFC 3339, such as 2026-03-01T12:00:00Z")
		}
		book.At = at.UTC().Truncate(time.Microsecond)
	}
	if said := r.fields["maturity_date"]; said != "" {
		at, err := time.Parse(time.DateOnly, said)
		if err != nil {
			return r.problem("maturity_date", said, "must be a date, such as 2031-06-30")
		}
		bond.Maturity = at
	}
	return cmp.Or(
		r.count("time_since_last_trade_s", func(n int) { book.LastTradeAge = time.Duration(n) * time.Second }),
		r.count("window_s", func(n int) { book.Window = time.Duration(n) * time.Second }),
	)
}

func (r row) counts(book *market.Microstructure, _ *market.Bond) string {
	return cmp.Or(
		r.count("l2_levels", func(n int) { book.Levels = n }),
		r.count("trades_count", func(n int) { book.Trades = n }),
	)
}

func (r row) count(name string, set func(int)) string {
	said := r.fields[name]
	if said == "" {
		return ""
	}
	n, err := strconv.ParseUint(said, 10, 31)
	if err != nil {
		return r.problem(name, said, "must be a whole number >= 0, below 2^31")
	}
	set(int(n)) //nolint:gosec // it has 31 bits
	return ""
}

func (r row) numbers(book *market.Microstructure, bond *market.Bond) string {
	for _, n := range []struct {
		name string
		to   *decimal.Decimal
	}{
		{"bid", &book.Bid},
		{"ask", &book.Ask},
		{"bid_size", &book.BidSize},
		{"ask_size", &book.AskSize},
		{"l2_depth_qty", &book.Depth},
		{"vwap", &book.VWAP},
		{"volume_face", &book.Volume},
		{"coupon_rate", &bond.CouponPct},
		{"issue_size", &bond.IssueSize},
	} {
		said := r.fields[n.name]
		if said == "" && !slices.Contains(columns[:required], n.name) {
			continue
		}
		d, ok := number(said)
		if !ok {
			return r.problem(n.name, said, "must be a plain number >= 0, below 1e18, with at most 18 decimals")
		}
		*n.to = d
	}
	return ""
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
