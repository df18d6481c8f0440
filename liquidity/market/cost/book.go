package cost

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// BookWalk is the [Model] of an order that sweeps a book, level by level, until it
// is filled or the book ends. Amounts are exact. It says nothing of orders that
// are hidden, withdrawn on sight, or filled in afterwards.
type BookWalk struct {
	Book   exchange.Book // with both sides: the mid is between them
	Side   exchange.Side // ours: Bid buys from the asks, Ask sells to the bids
	Stress Stress        // the zero Stress is the book as it is
}

var _ Model = BookWalk{}

// Cost prices as much of size as the book holds.
func (w BookWalk) Cost(size decimal.Decimal) (Cost, error) {
	if err := validSize(size); err != nil {
		return Cost{}, err
	}
	stress, mid, err := w.check()
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Size: size}
	for _, level := range w.levels() {
		off := level.Price.Sub(mid).Abs().Mul(stress.Spread)
		if w.Side == exchange.Ask && off.GreaterThanOrEqual(mid) {
			break // stressed, it bids nothing
		}
		fill := decimal.Min(level.Amount.Mul(stress.Volume), size.Sub(c.Priced))
		c.Priced = c.Priced.Add(fill)
		c.Amount = c.Amount.Add(fill.Mul(off))
		if c.Complete() {
			break
		}
	}
	if c.Priced.IsPositive() {
		c.Bps = ceilQuo(c.Amount.Mul(bpsOne), c.Priced.Mul(mid), places)
	}
	return c, nil
}

// Stressed moves the levels away from the mid and thins them out. Volatility
// plays no part in a trade that is done at once.
func (w BookWalk) Stressed(s Stress) (Model, error) {
	now, err := w.Stress.filled()
	if err != nil {
		return nil, err
	}
	more, err := s.filled()
	if err != nil {
		return nil, err
	}
	both := func(a, b decimal.Decimal) decimal.Decimal { return a.Mul(b).RoundUp(valid.MaxDecimals) }
	w.Stress = Stress{
		Spread:     both(now.Spread, more.Spread),
		Volatility: both(now.Volatility, more.Volatility),
		Volume:     both(now.Volume, more.Volume),
	}
	if _, err := w.Stress.filled(); err != nil {
		return nil, err
	}
	return w, nil
}

func (w BookWalk) check() (stress Stress, mid decimal.Decimal, err error) {
	if stress, err = w.Stress.filled(); err != nil {
		return stress, mid, err
	}
	if w.Side != exchange.Bid && w.Side != exchange.Ask {
		return stress, mid, invalid("Side", uint8(w.Side), "must be Bid or Ask")
	}
	if err = w.Book.Validate(); err != nil {
		return stress, mid, invalid("Book", err, "must be a valid book")
	}
	mid, _, ok := w.Book.Mid()
	if !ok {
		return stress, mid, invalid("Book", w.Book.Pair, "must have bids and asks")
	}
	return stress, mid, nil
}

func (w BookWalk) levels() []exchange.Level {
	if w.Side == exchange.Bid {
		return w.Book.Asks
	}
	return w.Book.Bids
}

func validSize(size decimal.Decimal) error {
	return check(rule{valid.Positive(size), "size", size, valid.MustBePositive})
}
