package pmm

var (
	one  = num{w0: 1e18}     // DecimalMath.sol: ONE
	one2 = one.times128(one) // DecimalMath.sol: ONE2
)

// safe calculates as the contracts do (DODO contractV2 c58c067 SafeMath.sol and
// DecimalMath.sol), except that it carries the first revert along instead of
// stopping at it. So a formula is written once, in the contract's order, and
// the caller asks for the revert at the end. After a revert the numbers mean
// nothing.
type safe struct{ revert Revert }

func (s *safe) require(ok bool, r Revert) {
	if !ok && s.revert == "" {
		s.revert = r
	}
}

// err is the first revert, or nil.
func (s *safe) err() error {
	if s.revert == "" {
		return nil
	}
	return s.revert
}

func (s *safe) add(x, y num) num {
	z, over := x.plus(y)
	s.require(!over, ErrAdd)
	return z
}

func (s *safe) sub(x, y num) num {
	z, below := x.minus(y)
	s.require(!below, ErrSub)
	return z
}

func (s *safe) mul(x, y num) num {
	z, over := x.times(y)
	s.require(!over, ErrMul)
	return z
}

func (s *safe) div(x, y num) num {
	if y.isZero() {
		s.require(false, ErrDiv)
		return y
	}
	return x.quo(y)
}

func (s *safe) divCeil(x, y num) num {
	z := s.div(x, y)
	if back, _ := z.times(y); back != x {
		z, _ = z.plus(num{w0: 1})
	}
	return z
}

// mulFloor is x*y/1e18.
func (s *safe) mulFloor(x, y num) num { return s.mul(x, y).quo64(one.w0) }

// divFloor is x*1e18/y.
func (s *safe) divFloor(x, y num) num { return s.div(s.mul(x, one), y) }

// reciprocal is 1e36/x, imprecise by up to x/1e36 of itself; a sale of quote
// inherits that: 0.4 % at x = 4.98e33, for a token of 6 decimals against 18.
func (s *safe) reciprocal(x num) num { return s.div(one2, x) }

// sqrt is the root rounded down, except for 2, where SafeMath.sol's iteration
// stops before its first step.
func (s *safe) sqrt(x num) num {
	if x.is64() && x.w0 == 2 {
		return x
	}
	return x.root()
}
