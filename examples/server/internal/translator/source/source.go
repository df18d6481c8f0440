package source

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/table"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// ErrInvalid is wrapped by what is wrong with a whole file, and names it.
var ErrInvalid = errors.New("source: invalid")

// File is a file that is read again whenever it was written. One goroutine may read
// at a time.
type File struct {
	name, path string
	strict     bool
	last       os.FileInfo // when it was read last
	problems   []string    // of that reading
}

// instruments is what a file may say of them; so many need half of the bytes.
var instruments = table.Table{
	Of: "instruments",
	Columns: []string{
		"isin", "bid", "ask", "bid_size", "ask_size", "l2_depth_qty", "l2_levels", "trades_count", "vwap", "volume_face",
		"time_since_last_trade_s", "timestamp", "window_s", "rating", "tenor", "issuer_class", "coupon_rate", "maturity_date", "issue_size",
	},
	Required: 11, // all that makes a book: what is left out is not nothing
	MaxRows:  100_000,
	MaxBytes: 32 << 20,
}

// Open returns the file at path, which need not be there yet. What it says comes
// from name. strict asks every ISIN for its check digit.
func Open(name, path string, strict bool) *File {
	return &File{name: name, path: path, strict: strict}
}

// Again implements translator.Source.
func (f *File) Again() { f.last = nil }

// Read returns what the file says, if it was written since the last time.
func (f *File) Read(time.Time, []market.ISIN) ([]sql.Instrument, []string, error) {
	info, err := os.Stat(f.path)
	if err != nil || f.last != nil && info.Size() == f.last.Size() && info.ModTime().Equal(f.last.ModTime()) {
		return nil, f.problems, err
	}
	content, err := instruments.Load(f.path)
	if err != nil {
		return nil, f.problems, err
	}
	told, problems, err := table.Read(instruments, content, func(r table.Row) (sql.Instrument, string) {
		return instrument(r, f.name, f.strict, content.Written)
	})
	if err != nil {
		f.last, f.problems = nil, nil // so that it is said again
		return nil, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	f.last, f.problems = info, problems
	return told, problems, nil
}
