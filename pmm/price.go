package pmm

import (
	"fmt"

	"github.com/holiman/uint256"
)

// AmountToPrice returns the sale that brings the pool's Mid to price: the side,
// and the payment in wei. It returns the zero Side and 0 when Mid is there
// already, and ErrUnreachable when no sale leads there: with K = 0, or at a
// price no trade of less than 2^112 reaches.
//
// The payment is what the curve takes before fees: that of the curve's own
// solution, b = b0*sqrt(k/(price/i - 1 + k)) and its mirror image for q, settled
// on what the pool's rounding makes of it. After it Mid is at price or, if the
// pool steps over that, still on this side of it: never beyond. In a pool with
// fees it stays shorter still, because what providers earn remains in the
// reserve.
func (p Pool) AmountToPrice(price uint256.Int) (Side, uint256.Int, error) {
	c, mid, err := p.now()
	if err != nil {
		return 0, uint256.Int{}, err
	}
	target := of(price)
	if target == mid {
		return 0, uint256.Int{}, nil
	}
	side := SellQuote
	if target.less(mid) {
		side = SellBase
	}
	pay, err := c.payTo(side, target)
	if err != nil {
		return 0, uint256.Int{}, err
	}
	return side, pay.u256(), nil
}

// DepthAtSlippage returns how much can be sold before Mid has moved by bps
// (1/10,000) of itself, in wei of the token sold: the [Pool.AmountToPrice] of
// that price. The last wei then trades bps off, and the whole sale on average
// about half of that. It returns ErrInvalid for no bps, or for 10,000 and more,
// and ErrUnreachable where Mid cannot move so far.
func (p Pool) DepthAtSlippage(side Side, bps uint32) (uint256.Int, error) {
	if err := side.validate(); err != nil {
		return uint256.Int{}, err
	}
	if bps == 0 || bps >= 10_000 {
		return uint256.Int{}, fmt.Errorf("%w: bps %d: must be in (0, 10000)", ErrInvalid, bps)
	}
	c, mid, err := p.now()
	if err != nil {
		return uint256.Int{}, err
	}
	var s safe
	move := s.div(s.mul(mid, num{w0: uint64(bps)}), num{w0: 10_000}) // rounded down: short
	target := s.add(mid, move)
	if side == SellBase {
		target = s.sub(mid, move)
	}
	if err := s.err(); err != nil {
		return uint256.Int{}, err
	}
	pay, err := c.payTo(side, target)
	return pay.u256(), err
}

// now is the adjusted curve and its price.
func (p *Pool) now() (curve, num, error) {
	c, err := p.Curve.nums()
	if err != nil {
		return c, num{}, err
	}
	var s safe
	c.adjust(&s)
	mid := c.mid(&s)
	return c, mid, s.err()
}

// payTo is the payment on side that brings an adjusted curve to price.
func (c *curve) payTo(side Side, price num) (num, error) {
	if c.k.isZero() || price.isZero() {
		return num{}, ErrUnreachable
	}
	var s safe
	pay := c.distance(&s, side, price)
	if s.revert != "" || !pay.is112() {
		return num{}, ErrUnreachable
	}
	return c.settleAt(side, price, pay), nil
}

// distance is the payment by the curve's own formulas, in two parts: until R is
// One the token sold is the one that is short, and its reserve at the price is
// known; from there the other one is, and a payment buys it down to its reserve
// at the price.
func (c *curve) distance(s *safe, side Side, price num) num {
	sold, sold0, bought, bought0 := c.b, c.b0, c.q, c.q0
	back, worth := AboveOne, c.i // where selling leads back to One; a wei sold in wei bought
	x, y := price, c.i           // x/y is how scarce the token sold is at the price
	if side == SellQuote {
		sold, sold0, bought, bought0 = c.q, c.q0, c.b, c.b0
		back, worth = BelowOne, s.reciprocal(c.i)
		x, y = c.i, price
	}
	var pay num
	switch c.r {
	case back:
		if y.less(x) {
			stop := s.reserveAt(sold0, c.k, x, y)
			if stop.less(sold) {
				return num{}
			}
			return s.sub(stop, sold)
		}
		pay, bought = s.sub(sold0, sold), bought0
	case One:
		bought = bought0
	default: // already beyond One on this side
	}
	stop := s.reserveAt(bought0, c.k, y, x)
	if !stop.less(bought) {
		return pay
	}
	return s.add(pay, s.cost(bought0, bought, stop, worth, c.k))
}

// reserveAt is the reserve of a side at which it is x/y times as dear as its
// guide price, x >= y, rounded down: v0 * sqrt(k*y / (x - y + k*y)).
func (s *safe) reserveAt(v0, k, x, y num) num {
	ky := s.mul(k, y)
	below := s.add(s.mul(s.sub(x, y), one), ky)
	if s.revert != "" {
		return num{}
	}
	numerator, unit, denominator := ky.u256(), num{w3: 1 << 62}.u256(), below.u256() // in units of 2^-254
	numerator.MulDivOverflow(&numerator, &unit, &denominator)
	return s.mul(v0, of(numerator).root()).right(127)
}

// cost is the payment that buys v1-v2, the inverse of solveTrade, rounded down:
// (v1 - v2) * (1 - k + k*v0^2/(v1*v2)) / i.
func (s *safe) cost(v0, v1, v2, i, k num) num {
	ratio := s.divFloor(s.div(s.mul(v0, v0), v1), v2)
	dear := s.add(s.sub(one, k), s.mulFloor(k, ratio))
	return s.div(s.mul(s.sub(v1, v2), dear), i)
}

// settleAt searches from pay, which is right up to rounding, for where the
// pool's own arithmetic meets price: the least payment that brings it there, or
// if the price leaps over that one the largest before the leap, to within one
// part in 2^40.
func (c *curve) settleAt(side Side, price, pay num) num {
	tolerance, _ := pay.right(40).plus(num{w0: 1})
	short, reached := pay, pay
	step := tolerance
	if c.compare(side, price, pay) < 0 {
		for ; c.compare(side, price, reached) < 0 && reached.is112(); step = step.left(1) {
			short = reached
			reached, _ = reached.plus(step)
		}
	} else {
		for ; c.compare(side, price, short) >= 0; step = step.left(1) {
			reached = short
			if !step.less(short) {
				short = num{}
				break
			}
			short, _ = short.minus(step)
		}
	}
	for {
		gap, _ := reached.minus(short)
		if !tolerance.less(gap) {
			break
		}
		middle, _ := short.plus(gap.right(1))
		if c.compare(side, price, middle) < 0 {
			short = middle
		} else {
			reached = middle
		}
	}
	if c.compare(side, price, reached) == 0 {
		return reached
	}
	return short
}

// compare says whether a payment, without fees, leaves the price short of the
// given one (-1), at it, or beyond it or unknown (+1).
func (c *curve) compare(side Side, price, pay num) int {
	var s safe
	next := *c
	got, r := next.sell(&s, side, pay)
	next.r = r
	if side == SellBase {
		next.b, next.q = s.add(c.b, pay), s.sub(c.q, got)
	} else {
		next.b, next.q = s.sub(c.b, got), s.add(c.q, pay)
	}
	mid := next.price(&s)
	switch {
	case s.revert != "":
		return 1
	case mid == price:
		return 0
	case mid.less(price) == (side == SellBase):
		return 1
	}
	return -1
}
