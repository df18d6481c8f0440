// Package price knows what a unit costs in the pegged asset.
package price

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// ErrNone means that no price can be stood by.
var ErrNone = errors.New("price: none")

// What a source must be to count, and how long it may take.
const (
	maxSpreadBps = 500
	answerWithin = 20 * time.Second
)

// Board shows the latest price of each unit. A unit whose sources fail keeps its
// price until that is too old, and disturbs no other. Safe for concurrent use.
type Board struct {
	units map[string]config.Price
	feeds map[config.Source]exchange.PriceFeed

	mu    sync.RWMutex
	shown map[string]Price
}

// Price is what a unit cost at a time.
type Price struct {
	Value decimal.Decimal // of the pegged asset per unit, > 0
	At    time.Time
}

// NewBoard returns a board that shows the fixed prices, and the others once they
// are refreshed. books are by venue. It returns exchange.ErrNotFound for a venue that has no books.
func NewBoard(units map[string]config.Price, books map[string]exchange.BookReader) (*Board, error) {
	b := &Board{units: units, feeds: map[config.Source]exchange.PriceFeed{}, shown: map[string]Price{}}
	for unit, p := range units {
		if p.Fixed.IsPositive() {
			continue
		}
		for _, s := range append(slices.Clone(p.Backups), p.Main) {
			reader, ok := books[s.Venue]
			if !ok {
				return nil, fmt.Errorf("%w: books of %q for %s", exchange.ErrNotFound, s.Venue, unit)
			}
			b.feeds[s] = exchange.Mid{Name: s.Venue, Books: reader, MaxSpreadBps: decimal.NewFromInt(maxSpreadBps), MaxAge: p.MaxAge}
		}
	}
	return b, nil
}

// Price returns what a unit costs, or [ErrNone].
func (b *Board) Price(unit string, now time.Time) (Price, error) {
	p, known := b.units[unit]
	if !known {
		return Price{}, fmt.Errorf("%w: unit %q", ErrNone, unit)
	}
	if p.Fixed.IsPositive() {
		return Price{p.Fixed, now}, nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	shown, ok := b.shown[unit]
	if !ok || now.Sub(shown.At) > p.MaxAge {
		return Price{}, fmt.Errorf("%w: of %s within %v", ErrNone, unit, p.MaxAge)
	}
	return shown, nil
}

// Units returns the names of all units, sorted.
func (b *Board) Units() []string { return slices.Sorted(maps.Keys(b.units)) }

// Refresh asks all sources at once. Its error joins those of the units that have
// no new price.
func (b *Board) Refresh(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	units := b.Units()
	errs := make([]error, len(units))
	var asking sync.WaitGroup
	for i, unit := range units {
		if b.units[unit].Fixed.IsPositive() {
			continue
		}
		asking.Go(func() { errs[i] = b.refresh(ctx, unit, now) })
	}
	asking.Wait()
	return errors.Join(errs...)
}

func (b *Board) refresh(ctx context.Context, unit string, now time.Time) error {
	p := b.units[unit]
	sources := append([]config.Source{p.Main}, p.Backups...)
	answers, errs := make([]decimal.NullDecimal, len(sources)), make([]error, len(sources))
	var asking sync.WaitGroup
	for i, s := range sources {
		asking.Go(func() {
			quoted, err := b.feeds[s].Price(ctx, s.Pair, now)
			answers[i], errs[i] = decimal.NullDecimal{Decimal: quoted.Value, Valid: err == nil}, err
		})
	}
	asking.Wait()
	value, ok := reward.Agree(answers[0], answers[1:])
	if !ok {
		return fmt.Errorf("%w: of %s: %w", ErrNone, unit, errors.Join(errs...))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown[unit] = Price{value, now}
	return nil
}
