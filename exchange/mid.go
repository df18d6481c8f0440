package exchange

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Mid is a [PriceFeed] made of the middle of a venue's book. The middle of a
// wide or empty book is nobody's price, so it refuses one. Safe for concurrent
// use.
type Mid struct {
	Name         string // of the venue, for Price.Sources
	Books        BookReader
	MaxSpreadBps decimal.Decimal // widest distance of best bid and best ask, in bps of their middle; 0 is no limit
	MaxAge       time.Duration   // oldest book; 0 is no limit
}

var _ PriceFeed = Mid{}

// Price returns [ErrStale] for a book older than MaxAge, and [ErrDivergent] for
// one with an empty side or wider than MaxSpreadBps.
func (m Mid) Price(ctx context.Context, pair Pair, now time.Time) (Price, error) {
	book, err := m.Books.Book(ctx, pair, 1)
	if err != nil {
		return Price{}, err
	}
	at := book.At
	if at.After(now) {
		at = now // the venue's clock is ahead of ours
	}
	if m.MaxAge > 0 && now.Sub(at) > m.MaxAge {
		return Price{}, fmt.Errorf("%w: book of %v at %s is of %v, now %v: must be at most %v old", ErrStale, pair, m.Name, at, now, m.MaxAge)
	}
	mid, spread, ok := book.Mid()
	if !ok {
		return Price{}, fmt.Errorf("%w: book of %v at %s has an empty side", ErrDivergent, pair, m.Name)
	}
	if m.MaxSpreadBps.IsPositive() && spread.GreaterThan(m.MaxSpreadBps) {
		return Price{}, fmt.Errorf("%w: book of %v at %s is %v bps wide: must be at most %v", ErrDivergent, pair, m.Name, spread, m.MaxSpreadBps)
	}
	return Price{Value: mid, At: at.UTC(), Sources: []string{m.Name}}, nil
}
