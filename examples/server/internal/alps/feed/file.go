package feed

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// ErrInvalid is wrapped by what is wrong with a whole file, and names it.
var ErrInvalid = errors.New("feed: invalid")

// Net tells what each bank has received from the pool, less what it gave back.
type Net func(context.Context) (map[string]decimal.Decimal, error)

// Options are what a feed's positions have in common.
type Options struct {
	Name     string // Position.Source
	Kind     liquidity.Kind
	Currency string
	MaxAge   time.Duration // of what counts as present, > 0
	Net      Net           // is added to what the file says; nil where the file knows already
}

// File is a liquidity.Feed that reads a file at each look. Safe for concurrent
// use.
type File struct {
	opts Options
	read func() (content, error)

	mu       sync.Mutex
	problems []string
}

var _ liquidity.Feed = (*File)(nil)

// content is a file as it was read.
type content struct {
	text []byte
	json bool
	at   time.Time // when it was written; the zero time is now
}

// maxFile bounds a file: a hundred thousand banks need half of it.
const maxFile = 16 << 20

// Open returns a feed of the file at path, which need not be there yet.
func Open(path string, o Options) *File {
	return &File{opts: o, read: func() (content, error) {
		f, err := os.Open(path)
		if err != nil {
			return content{}, err
		}
		defer f.Close() //nolint:errcheck // it was only read
		info, err := f.Stat()
		if err != nil {
			return content{}, err
		}
		text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		if err == nil && len(text) > maxFile {
			err = fmt.Errorf("%w: %s: must be at most %d bytes", ErrInvalid, path, maxFile)
		}
		return content{text, strings.HasSuffix(path, ".json"), info.ModTime()}, err
	}}
}

//go:embed sample.csv
var sample []byte

// Sample returns the example: five banks, made up, that stand at any time as they
// stand now but for what the pool has lent them.
func Sample(o Options) *File {
	return &File{opts: o, read: func() (content, error) { return content{text: sample}, nil }}
}

// Positions implements liquidity.Feed.
func (f *File) Positions(ctx context.Context, now time.Time) ([]liquidity.Position, error) {
	positions, problems, err := f.look(ctx, now)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.problems = problems
	return positions, err
}

// Problems returns what was wrong with single lines at the last look: each names
// line, field, value and rule.
func (f *File) Problems() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.problems)
}

// Name returns the feed's.
func (f *File) Name() string { return f.opts.Name }

func (f *File) look(ctx context.Context, now time.Time) (positions []liquidity.Position, problems []string, err error) {
	text, err := f.read()
	if err != nil {
		return nil, nil, err
	}
	rows, err := text.rows()
	if err != nil {
		return nil, nil, err
	}
	if text.at.IsZero() {
		text.at = now
	}
	told := map[string]int{} // line by bank
	for _, row := range rows {
		bank := row.fields["bank"]
		p, problem := f.position(row, text.at)
		if first, again := told[bank]; again && bank != "" {
			problem = row.problem("bank", bank, fmt.Sprintf("must be there once, and is in line %d too", first))
			positions = slices.DeleteFunc(positions, func(p liquidity.Position) bool { return p.Bank == bank })
		}
		told[bank] = row.line
		if problem != "" {
			problems = append(problems, problem)
			continue
		}
		positions = append(positions, p)
	}
	if f.opts.Net == nil {
		return positions, problems, nil
	}
	return f.net(ctx, now, positions, problems)
}

// net adds what the pool has lent. It is read after now, so what is present counts
// as of just after now: the engine takes a transfer that settled up to now for
// part of it, and rightly so.
func (f *File) net(ctx context.Context, now time.Time, positions []liquidity.Position, problems []string) ([]liquidity.Position, []string, error) {
	lent, err := f.opts.Net(ctx)
	if err != nil {
		return nil, problems, err
	}
	kept := positions[:0]
	for _, p := range positions {
		own := p.Liquid
		p.Liquid = own.Add(lent[p.Bank])
		if now.Sub(p.At).Abs() <= f.opts.MaxAge {
			p.At = now.Add(time.Microsecond)
		}
		if p.Liquid.IsNegative() {
			problems = append(problems, fmt.Sprintf("bank %.64q: liquid %v with %v from the pool: must be 0 or more", p.Bank, own, lent[p.Bank]))
			continue
		}
		kept = append(kept, p)
	}
	return kept, problems, nil
}
