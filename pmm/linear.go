package pmm

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// LinearPrice is the price rule of Vault plan §4, by its own name because it is
// not what a DODO pool does:
//
//	price = Oracle * (1 + K*deviation),  deviation = (target - current) / target
//
// where current and target are inventories of base. The plan writes current -
// target, by which a pool filling up with base would ask more for it; the sign
// here is that of a market: more base than wanted, a lower price.
//
// Near balance a pool of the same guide price follows this rule with twice the
// slope, i*(1 + 2*k*deviation); far from it the two part. With k = 0.5 and base
// at half its target the pool asks 2.5*i, the rule 1.25*Oracle. Never take it
// for a pool's price: that is [Pool.Mid].
type LinearPrice struct {
	Oracle decimal.Decimal `json:"oracle"` // quote per base, > 0
	K      decimal.Decimal `json:"k"`      // relative price change per relative change of inventory, >= 0
}

// At returns the price at an inventory, rounded to 18 decimals half away from
// zero, and not below 0. It returns ErrInvalid unless Oracle > 0, K >= 0,
// current >= 0 and target > 0.
func (l LinearPrice) At(current, target decimal.Decimal) (decimal.Decimal, error) {
	switch {
	case !l.Oracle.IsPositive():
		return decimal.Zero, fmt.Errorf("%w: Oracle %s: must be > 0", ErrInvalid, l.Oracle)
	case l.K.IsNegative():
		return decimal.Zero, fmt.Errorf("%w: K %s: must be >= 0", ErrInvalid, l.K)
	case current.IsNegative():
		return decimal.Zero, fmt.Errorf("%w: current %s: must be >= 0", ErrInvalid, current)
	case !target.IsPositive():
		return decimal.Zero, fmt.Errorf("%w: target %s: must be > 0", ErrInvalid, target)
	}
	change := l.Oracle.Mul(l.K).Mul(target.Sub(current)).DivRound(target, 18)
	return decimal.Max(l.Oracle.Add(change).Round(18), decimal.Zero), nil
}
