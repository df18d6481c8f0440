package pmm

import (
	"fmt"

	"github.com/holiman/uint256"
)

// Curve is what a price depends on. Reserves and targets are in wei (a token's
// smallest unit) and below 2^112 in every pool; K and prices are fixed point
// with 18 decimals. The zero Curve is an empty pool without a price.
//
// A pool stores one target only when R changes and derives the other from the
// reserves: see [Curve.Adjusted]. A Curve is a value, and safe for concurrent
// reading.
type Curve struct {
	I  uint256.Int `json:"i"`  // guide price: wei of quote per wei of base, times 1e18; in (0, 1e36]
	K  uint256.Int `json:"k"`  // 0 holds the price at I until a side is empty, 1e18 is x*y=c
	B  uint256.Int `json:"b"`  // reserve of base
	Q  uint256.Int `json:"q"`  // reserve of quote
	B0 uint256.Int `json:"b0"` // target of base: the reserve at which base is neither short nor in excess
	Q0 uint256.Int `json:"q0"` // target of quote
	R  RState      `json:"r"`
}

// Adjusted returns the curve with the target that is not stored set to what the
// reserves imply: Q0 below one, B0 above (DODO contractV2 c58c067
// PMMPricing.sol adjustedTarget). It reverts with ErrSub where the other
// reserve has fallen below its own target: see [Pool.CorrectRState].
func (c Curve) Adjusted() (Curve, error) {
	var s safe
	n, err := c.nums()
	if err != nil {
		return c, err
	}
	n.adjust(&s)
	if err := s.err(); err != nil {
		return c, err
	}
	return n.curve(), nil
}

// Mid returns the price of an infinitely small trade: wei of quote per wei of
// base, times 1e18, rounded down. The targets are taken as they stand.
func (c Curve) Mid() (uint256.Int, error) {
	var s safe
	n, err := c.nums()
	if err != nil {
		return uint256.Int{}, err
	}
	mid := n.mid(&s)
	return mid.u256(), s.err()
}

// Sell returns what the curve gives for pay, before fees, and the state it
// would be in. The targets are taken as they stand.
//
// Nothing is below zero or above a reserve, but "rounded down" is true only of
// a sale that leads back towards R = One: elsewhere the seller may be given
// some wei more than the true curve would. It reverts on any number of 2^256 or
// more, and with ErrDust where pay dwarfs the pool.
func (c Curve) Sell(side Side, pay uint256.Int) (receive uint256.Int, r RState, err error) {
	var s safe
	n, err := c.nums()
	if err != nil {
		return uint256.Int{}, c.R, err
	}
	if err := side.validate(); err != nil {
		return uint256.Int{}, c.R, err
	}
	got, r := n.sell(&s, side, of(pay))
	if err := s.err(); err != nil {
		return uint256.Int{}, c.R, err
	}
	return got.u256(), r, nil
}

// curve is a Curve to calculate with.
type curve struct {
	i, k, b, q, b0, q0 num
	r                  RState
}

func (c *Curve) nums() (curve, error) {
	if c.R > BelowOne {
		return curve{}, fmt.Errorf("%w: R %d: must be One, AboveOne or BelowOne", ErrInvalid, c.R)
	}
	return curve{i: of(c.I), k: of(c.K), b: of(c.B), q: of(c.Q), b0: of(c.B0), q0: of(c.Q0), r: c.R}, nil
}

func (c *curve) curve() Curve {
	return Curve{I: c.i.u256(), K: c.k.u256(), B: c.b.u256(), Q: c.q.u256(), B0: c.b0.u256(), Q0: c.q0.u256(), R: c.r}
}

func (c *curve) sell(s *safe, side Side, pay num) (num, RState) {
	if side == SellBase {
		return c.sellBase(s, pay)
	}
	return c.sellQuote(s, pay)
}

// sellBase is PMMPricing.sol sellBaseToken.
func (c *curve) sellBase(s *safe, pay num) (receive num, r RState) {
	if c.r == One {
		return s.solveTrade(c.q0, c.q0, pay, c.i, c.k), BelowOne
	}
	if c.r == BelowOne {
		return s.solveTrade(c.q0, c.q, pay, c.i, c.k), BelowOne
	}
	backPay, backReceive := s.sub(c.b0, c.b), s.sub(c.q, c.q0) // a sale that brings R to One
	switch {
	case pay.less(backPay):
		receive = s.integrate(c.b0, s.add(c.b, pay), c.b, c.i, c.k)
		return least(receive, backReceive), AboveOne
	case pay == backPay:
		return backReceive, One
	}
	rest := s.solveTrade(c.q0, c.q0, s.sub(pay, backPay), c.i, c.k)
	return s.add(backReceive, rest), BelowOne
}

// sellQuote is PMMPricing.sol sellQuoteToken: the mirror image, at the price
// 1/i.
func (c *curve) sellQuote(s *safe, pay num) (receive num, r RState) {
	if c.r == One {
		return s.solveTrade(c.b0, c.b0, pay, s.reciprocal(c.i), c.k), AboveOne
	}
	if c.r == AboveOne {
		return s.solveTrade(c.b0, c.b, pay, s.reciprocal(c.i), c.k), AboveOne
	}
	backPay, backReceive := s.sub(c.q0, c.q), s.sub(c.b, c.b0)
	switch {
	case pay.less(backPay):
		receive = s.integrate(c.q0, s.add(c.q, pay), c.q, s.reciprocal(c.i), c.k)
		return least(receive, backReceive), BelowOne
	case pay == backPay:
		return backReceive, One
	}
	rest := s.solveTrade(c.b0, c.b0, s.sub(pay, backPay), s.reciprocal(c.i), c.k)
	return s.add(backReceive, rest), AboveOne
}

// adjust is PMMPricing.sol adjustedTarget.
func (c *curve) adjust(s *safe) {
	switch c.r {
	case BelowOne:
		c.q0 = s.solveTarget(c.q, s.sub(c.b, c.b0), c.i, c.k)
	case AboveOne:
		c.b0 = s.solveTarget(c.b, s.sub(c.q, c.q0), s.reciprocal(c.i), c.k)
	default: // at One the targets are as they should be
	}
}

// mid is PMMPricing.sol getMidPrice: i times how scarce base is, or i over how
// scarce quote is.
func (c *curve) mid(s *safe) num {
	if c.r == BelowOne {
		return s.divFloor(c.i, s.scarcity(c.q0, c.q, c.k))
	}
	return s.mulFloor(c.i, s.scarcity(c.b0, c.b, c.k))
}

// scarcity is 1 - k + k*(v0/v)^2, the price of a side in units of its guide
// price.
func (s *safe) scarcity(v0, v, k num) num {
	ratio := s.divFloor(s.div(s.mul(v0, v0), v), v)
	return s.add(s.sub(one, k), s.mulFloor(k, ratio))
}
