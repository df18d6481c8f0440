package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// ErrInvalid is wrapped by what is wrong with a whole file, and names it.
var ErrInvalid = errors.New("source: invalid")

// File is a file that is read again whenever it was written. One goroutine may read
// at a time.
type File struct {
	name, path string
	size       int64
	written    time.Time
	problems   []string // of the last reading
}

// maxFile bounds a file: a hundred thousand instruments need half of it.
const maxFile = 32 << 20

// Open returns the file at path, which need not be there yet. What it says comes
// from name.
func Open(name, path string) *File { return &File{name: name, path: path} }

// Read returns what the file says, if it was written since the last time.
func (f *File) Read(time.Time, []market.ISIN) ([]sql.Instrument, []string, error) {
	text, written, err := f.text()
	if err != nil || text == nil {
		return nil, f.problems, err
	}
	rows, err := rowsOf(text, strings.HasSuffix(f.path, ".json"))
	if err != nil {
		f.written = time.Time{} // so that it is said again
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrInvalid, f.path, err)
	}
	var told []sql.Instrument
	f.problems = nil
	seen := map[string]int{} // line by ISIN
	for _, r := range rows {
		isin := r.fields["isin"]
		one, problem := r.instrument(f.name, written)
		if first, again := seen[isin]; again {
			problem = r.problem("isin", isin, fmt.Sprintf("must be there once, and is in line %d too", first))
			told = slices.DeleteFunc(told, func(i sql.Instrument) bool { return string(i.ISIN) == isin })
		}
		seen[isin] = r.line
		if problem != "" {
			f.problems = append(f.problems, problem)
			continue
		}
		told = append(told, one)
	}
	return told, f.problems, nil
}

// text returns what is in the file and when it was written; nil if it was read
// before.
func (f *File) text() ([]byte, time.Time, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil || info.Size() == f.size && info.ModTime().Equal(f.written) {
		return nil, time.Time{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, time.Time{}, err
	case len(text) > maxFile:
		return nil, time.Time{}, fmt.Errorf("%w: %s: must be at most %d bytes", ErrInvalid, f.path, maxFile)
	}
	f.size, f.written = info.Size(), info.ModTime()
	return text, info.ModTime().UTC().Truncate(time.Microsecond), nil
}
