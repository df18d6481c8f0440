// Package bigint is the PMM curve on math/big: what package pmm is measured
// against. It is exact on the same golden set, and written as such ports
// usually are: a new big.Int for each intermediate result.
package bigint

import (
	"errors"
	"math/big"
)

// The states of R, numbered as the contracts number them.
const (
	One = iota
	AboveOne
	BelowOne
)

var (
	one  = exp10(18)
	one2 = exp10(36)
	two  = big.NewInt(2)
	four = big.NewInt(4)
)

func exp10(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }

// Pool is a DSP: its curve, its fees and its clock.
type Pool struct {
	I, K, B, Q, B0, Q0 *big.Int
	R                  int
	LPFeeRate          *big.Int
	MTFeeRate          *big.Int
	Time, Last         uint32
	Cumulative         *big.Int // the contract's TWAP accumulator
}

// Quote is the answer to a sale.
type Quote struct {
	Receive, MTFee, Target *big.Int
	R                      int
}

// Quote is DSPTrader.sol querySellBase and querySellQuote, on the stored state.
func (p Pool) Quote(base bool, pay *big.Int) (Quote, error) {
	var s safe
	p.adjust(&s)
	if s.err != nil {
		return Quote{}, s.err
	}
	gross, r, err := p.Sell(base, pay)
	if err != nil {
		return Quote{}, err
	}
	q := Quote{R: r, Target: p.Q0}
	if base {
		q.Target = p.B0
	}
	q.MTFee = s.mulFloor(gross, p.MTFeeRate)
	q.Receive = s.sub(s.sub(gross, s.mulFloor(gross, p.LPFeeRate)), q.MTFee)
	return q, s.err
}

// Swap is DSPTrader.sol sellBase and sellQuote, with the accumulator.
func (p Pool) Swap(base bool, pay *big.Int) (Pool, Quote, error) {
	q, err := p.Quote(base, pay)
	if err != nil {
		return p, q, err
	}
	var s safe
	next := p
	out := s.add(q.Receive, q.MTFee)
	if base {
		next.B, next.Q = s.add(p.B, pay), s.sub(p.Q, out)
		if q.R != p.R {
			next.B0 = q.Target
		}
	} else {
		next.B, next.Q = s.sub(p.B, out), s.add(p.Q, pay)
		if q.R != p.R {
			next.Q0 = q.Target
		}
	}
	next.R = q.R
	if elapsed := p.Time - p.Last; elapsed > 0 {
		adjusted := next
		adjusted.adjust(&s)
		next.Cumulative = s.add(p.Cumulative, s.mul(adjusted.mid(&s), big.NewInt(int64(elapsed))))
		next.Last = p.Time
	}
	if s.err != nil {
		return p, q, s.err
	}
	return next, q, nil
}

// Sell is PMMPricing.sol sellBaseToken and sellQuoteToken, on adjusted targets.
func (p Pool) Sell(base bool, pay *big.Int) (*big.Int, int, error) {
	var s safe
	var out *big.Int
	var r int
	if base {
		out, r = p.sell(&s, pay, AboveOne, BelowOne, p.I, p.B, p.B0, p.Q, p.Q0)
	} else {
		out, r = p.sell(&s, pay, BelowOne, AboveOne, s.div(one2, p.I), p.Q, p.Q0, p.B, p.B0)
	}
	return out, r, s.err
}

// sell sells against v, with u the token paid; R leads from back over One to
// away.
func (p Pool) sell(s *safe, pay *big.Int, back, away int, i, u, u0, v, v0 *big.Int) (*big.Int, int) {
	switch p.R {
	case One:
		return s.solveTrade(v0, v0, pay, i, p.K), away
	case away:
		return s.solveTrade(v0, v, pay, i, p.K), away
	}
	backPay, backReceive := s.sub(u0, u), s.sub(v, v0)
	if s.err != nil {
		return backPay, p.R
	}
	switch pay.Cmp(backPay) {
	case -1:
		out := s.integrate(u0, s.add(u, pay), u, i, p.K)
		if out.Cmp(backReceive) > 0 {
			out = backReceive
		}
		return out, back
	case 0:
		return backReceive, One
	}
	return s.add(backReceive, s.solveTrade(v0, v0, s.sub(pay, backPay), i, p.K)), away
}

func (p *Pool) adjust(s *safe) {
	switch p.R {
	case BelowOne:
		p.Q0 = s.solveTarget(p.Q, s.sub(p.B, p.B0), p.I, p.K)
	case AboveOne:
		p.B0 = s.solveTarget(p.B, s.sub(p.Q, p.Q0), s.div(one2, p.I), p.K)
	}
}

// Mid is PMMPricing.sol getMidPrice on the targets as they stand.
func (p Pool) Mid() (*big.Int, error) {
	var s safe
	return p.mid(&s), s.err
}

// Adjusted is PMMPricing.sol adjustedTarget.
func (p Pool) Adjusted() (b0, q0 *big.Int, err error) {
	var s safe
	p.adjust(&s)
	return p.B0, p.Q0, s.err
}

func (p *Pool) mid(s *safe) *big.Int {
	if p.R == BelowOne {
		return s.divFloor(p.I, s.scarcity(p.Q0, p.Q, p.K))
	}
	return s.mulFloor(p.I, s.scarcity(p.B0, p.B, p.K))
}

// safe is SafeMath.sol and DecimalMath.sol; it keeps the first error.
type safe struct{ err error }

func (s *safe) require(ok bool, reason string) {
	if !ok && s.err == nil {
		s.err = errors.New(reason)
	}
}

func (s *safe) add(x, y *big.Int) *big.Int {
	z := new(big.Int).Add(x, y)
	s.require(z.BitLen() <= 256, "ADD_ERROR")
	return z
}

func (s *safe) sub(x, y *big.Int) *big.Int {
	if x.Cmp(y) < 0 {
		s.require(false, "SUB_ERROR")
		return new(big.Int)
	}
	return new(big.Int).Sub(x, y)
}

func (s *safe) mul(x, y *big.Int) *big.Int {
	z := new(big.Int).Mul(x, y)
	s.require(z.BitLen() <= 256, "MUL_ERROR")
	return z
}

func (s *safe) div(x, y *big.Int) *big.Int {
	if y.Sign() == 0 {
		s.require(false, "DIVIDING_ERROR")
		return new(big.Int)
	}
	return new(big.Int).Quo(x, y)
}

func (s *safe) divCeil(x, y *big.Int) *big.Int {
	z, rest := new(big.Int).QuoRem(x, y, new(big.Int))
	if rest.Sign() > 0 {
		z.Add(z, big.NewInt(1))
	}
	return z
}

func (s *safe) mulFloor(x, y *big.Int) *big.Int { return s.div(s.mul(x, y), one) }
func (s *safe) divFloor(x, y *big.Int) *big.Int { return s.div(s.mul(x, one), y) }

func (s *safe) sqrt(x *big.Int) *big.Int {
	if x.Cmp(two) == 0 {
		return x
	}
	return new(big.Int).Sqrt(x)
}

func (s *safe) scarcity(v0, v, k *big.Int) *big.Int {
	ratio := s.divFloor(s.div(s.mul(v0, v0), v), v)
	return s.add(s.sub(one, k), s.mulFloor(k, ratio))
}

func (s *safe) integrate(v0, v1, v2, i, k *big.Int) *big.Int {
	s.require(v0.Sign() > 0, "TARGET_IS_ZERO")
	fair := s.mul(i, s.sub(v1, v2))
	if k.Sign() == 0 {
		return s.div(fair, one)
	}
	ratio := s.divFloor(s.div(s.mul(v0, v0), v1), v2)
	penalty := s.mulFloor(k, ratio)
	return s.div(s.mul(s.add(s.sub(one, k), penalty), fair), one2)
}

func (s *safe) solveTarget(v1, delta, i, k *big.Int) *big.Int {
	if k.Sign() == 0 {
		return s.add(v1, s.mulFloor(i, delta))
	}
	if v1.Sign() == 0 {
		return v1
	}
	root := one
	ki := s.mul(new(big.Int).Mul(k, four), i)
	if ki.Sign() != 0 {
		square := new(big.Int).Mul(ki, delta)
		if square.BitLen() <= 256 {
			square = s.div(square, v1)
		} else {
			square = s.mul(s.div(ki, v1), delta)
		}
		root = s.sqrt(s.add(square, one2))
	}
	premium := s.add(s.divFloor(s.sub(root, one), new(big.Int).Mul(k, two)), one)
	return s.mulFloor(v1, premium)
}

func (s *safe) solveTrade(v0, v1, delta, i, k *big.Int) *big.Int {
	s.require(v0.Sign() > 0, "TARGET_IS_ZERO")
	if s.err != nil || delta.Sign() == 0 {
		return new(big.Int)
	}
	if k.Sign() == 0 {
		if out := s.mulFloor(i, delta); out.Cmp(v1) < 0 {
			return out
		}
		return v1
	}
	if k.Cmp(one) == 0 {
		worth := s.mul(i, delta)
		ratio := new(big.Int)
		if worth.Sign() != 0 {
			if ratio.Mul(worth, v1); ratio.BitLen() <= 256 {
				ratio = s.div(ratio, s.mul(v0, v0))
			} else {
				ratio = s.div(s.mul(s.div(s.mul(delta, v1), v0), i), v0)
			}
		}
		return s.div(s.mul(v1, ratio), s.add(ratio, one))
	}
	rest := s.sub(one, k)
	grows := s.add(s.mul(s.div(s.mul(k, v0), v1), v0), s.mul(i, delta))
	b := new(big.Int).Sub(s.mul(rest, v1), grows)
	positive := b.Sign() < 0
	b.Quo(b.Abs(b), one)
	square := s.mulFloor(s.mul(rest, four), s.mul(s.mulFloor(k, v0), v0))
	root := s.sqrt(s.add(s.mul(b, b), square))
	var numerator *big.Int
	if positive {
		numerator = s.sub(root, b)
		s.require(numerator.Sign() != 0, "DODOMath: should not be zero")
	} else {
		numerator = s.add(b, root)
	}
	if s.err != nil {
		return numerator
	}
	v2 := s.divCeil(s.mul(numerator, one), s.mul(rest, two))
	if v2.Cmp(v1) > 0 {
		return new(big.Int)
	}
	return s.sub(v1, v2)
}
