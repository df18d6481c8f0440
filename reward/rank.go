package reward

import "github.com/shopspring/decimal"

// Place is where an order stands.
type Place struct {
	Rank      string
	Tolerance decimal.Decimal // of that rank
	Deviation decimal.Decimal // from the peg, 0 to 1, rounded half up to 8 decimals
}

// Place returns the rank of o by its price: the one with the tightest tolerance
// that its deviation fits, both ends included. It reports false when no rank is
// wide enough or the market is not ours. o is valid ([Order.Validate]).
func (e *Engine) Place(o Order) (Place, bool) {
	m, ok := e.markets[marketID{o.Exchange, o.Unit}]
	if !ok {
		return Place{}, false
	}
	ranks := e.cfg.Markets[m].book(o.Side).Ranks
	i := rankOf(o, ranks)
	if i < 0 {
		return Place{}, false
	}
	near, far := decimal.Min(o.Price, o.Peg), decimal.Max(o.Price, o.Peg)
	return Place{ranks[i].Name, ranks[i].Tolerance, far.Sub(near).DivRound(far, 8)}, true
}

// rankOf returns the index of the tightest of ranks, sorted, that o fits, or -1.
// It compares min >= max × (1 - tolerance), which needs no division.
func rankOf(o Order, ranks []Rank) int {
	near, far := o.Price, o.Peg
	if near.GreaterThan(far) {
		near, far = far, near
	}
	for i, r := range ranks {
		if near.Cmp(far.Sub(far.Mul(r.Tolerance))) >= 0 {
			return i
		}
	}
	return -1
}
