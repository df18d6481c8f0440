package feed

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/table"
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
	read func(now time.Time) (table.Content, error)

	mu       sync.Mutex
	problems []string
}

var _ liquidity.Feed = (*File)(nil)

// banks is what a file may say of them: as many as an engine takes, which need half
// of the bytes.
var banks = table.Table{
	Of:       "banks",
	Columns:  []string{"bank", "liquid", "obligations", "at", "currency", "sri", "fx_volatility", "cbdc_room", "congestion", "collateral"},
	Required: 3,
	MaxRows:  100_000,
	MaxBytes: 16 << 20,
}

// Open returns a feed of the file at path, which need not be there yet.
func Open(path string, o Options) *File {
	return &File{opts: o, read: func(time.Time) (table.Content, error) { return banks.Load(path) }}
}

//go:embed sample.csv
var sample []byte

// Sample returns the example: five banks, made up, that stand at any time as they
// stand now but for what the pool has lent them.
func Sample(o Options) *File {
	return &File{opts: o, read: func(now time.Time) (table.Content, error) {
		return table.Content{Name: "sample.csv", Text: sample, Written: now}, nil
	}}
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
	content, err := f.read(now)
	if err != nil {
		return nil, nil, err
	}
	positions, problems, err = table.Read(banks, content, func(r table.Row) (liquidity.Position, string) { return f.position(r, content.Written) })
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if f.opts.Net == nil {
		return positions, problems, nil
	}
	return f.net(ctx, now, positions, problems)
}

// position makes a position of a row, or says what is wrong with it.
func (f *File) position(r table.Row, at time.Time) (liquidity.Position, string) {
	p := liquidity.Position{
		Bank: r.Value("bank"), Kind: f.opts.Kind, Currency: f.opts.Currency, Source: f.opts.Name,
		At: at.UTC().Truncate(time.Microsecond),
	}
	if p.Bank == "" || len(p.Bank) > 256 {
		return p, r.Problem("bank", p.Bank, "must have 1 to 256 bytes")
	}
	if said := r.Value("currency"); said != "" && said != p.Currency {
		return p, r.Problem("currency", said, "must be "+p.Currency)
	}
	p.CBDCRoom.Valid = r.Value("cbdc_room") != ""
	return p, cmp.Or(
		r.Time("at", &p.At),
		r.Number("liquid", &p.Liquid),
		r.Number("obligations", &p.Obligations),
		r.Number("sri", &p.SRI),
		r.Number("fx_volatility", &p.FXVolatility),
		r.Number("cbdc_room", &p.CBDCRoom.Decimal),
		r.Number("congestion", &p.Congestion),
		r.Number("collateral", &p.Collateral),
	)
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
