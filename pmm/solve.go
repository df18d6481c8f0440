package pmm

// The integral of the curve and the two solutions of it that DODO contractV2
// c58c067 DODOMath.sol has, operation by operation, for each of them rounds. v
// is the reserve of the side that is short, v0 its target, i the price of the
// token paid in units of v, and the curve itself
//
//	i * delta = (v1 - v2) * (1 - k + k*v0^2/(v1*v2)).

// integrate is _GeneralIntegrate: what a payment of v1-v2 is worth on the way
// back to the target, v0 >= v1 >= v2 > 0.
func (s *safe) integrate(v0, v1, v2, i, k num) num {
	s.require(!v0.isZero(), ErrNoTarget)
	fair := s.mul(i, s.sub(v1, v2))
	if k.isZero() {
		return fair.quo64(one.w0)
	}
	ratio := s.divFloor(s.div(s.mul(v0, v0), v1), v2) // v0^2/(v1*v2)
	penalty := s.mulFloor(k, ratio)
	return s.mul(s.add(s.sub(one, k), penalty), fair).quo(one2)
}

// solveTarget is _SolveQuadraticFunctionForTarget: the v0 of a side that has
// v1 left while the other has delta too much,
//
//	v0 = v1 * (1 + (sqrt(1 + 4*k*i*delta/v1) - 1) / 2k).
func (s *safe) solveTarget(v1, delta, i, k num) num {
	if k.isZero() {
		return s.add(v1, s.mulFloor(i, delta))
	}
	if v1.isZero() {
		return num{}
	}
	root := one
	if ki := s.mul(k.left(2), i); !ki.isZero() {
		square, over := ki.times(delta)
		if over { // no revert: the contract divides first then, and loses precision
			square = s.mul(s.div(ki, v1), delta)
		} else {
			square = s.div(square, v1)
		}
		root = s.sqrt(s.add(square, one2))
	}
	premium := s.add(s.divFloor(s.sub(root, one), k.left(1)), one)
	return s.mulFloor(v1, premium)
}

// solveTrade is _SolveQuadraticFunctionForTrade: how much of v1 is given for
// delta, where v2 is the positive root of
//
//	(1-k)*v2^2 + b*v2 - k*v0^2 = 0,  b = k*v0^2/v1 + i*delta - (1-k)*v1.
func (s *safe) solveTrade(v0, v1, delta, i, k num) num {
	s.require(!v0.isZero(), ErrNoTarget)
	switch {
	case delta.isZero():
		return num{}
	case k.isZero():
		return least(s.mulFloor(i, delta), v1)
	case k == one:
		return s.solveProduct(v0, v1, delta, i)
	}
	rest := s.sub(one, k) // 1-k

	grows := s.add(s.mul(s.div(s.mul(k, v0), v1), v0), s.mul(i, delta))
	b, positive := s.mul(rest, v1).minus(grows)
	if positive {
		b, _ = num{}.minus(b)
	}
	b = b.quo64(one.w0) // |b|

	square := s.mulFloor(s.mul(rest, num{w0: 4}), s.mul(s.mulFloor(k, v0), v0)) // 4*(1-k)*k*v0^2
	root := s.sqrt(s.add(s.mul(b, b), square))

	var numerator num // -b + root
	if positive {
		numerator = s.sub(root, b)
		s.require(!numerator.isZero(), ErrDust)
	} else {
		numerator = s.add(b, root)
	}
	v2 := s.divCeil(s.mul(numerator, one), s.mul(rest, num{w0: 2}))
	if v1.less(v2) {
		return num{}
	}
	return s.sub(v1, v2)
}

// solveProduct is the branch for k = 1 of the same function:
// v2 = v1 / (1 + i*delta*v1/v0^2).
func (s *safe) solveProduct(v0, v1, delta, i num) num {
	worth := s.mul(i, delta)
	var ratio num // i*delta*v1/v0^2
	if !worth.isZero() {
		if product, over := worth.times(v1); !over {
			ratio = s.div(product, s.mul(v0, v0))
		} else { // no revert: the contract divides in between then, and loses precision
			ratio = s.div(s.mul(s.div(s.mul(delta, v1), v0), i), v0)
		}
	}
	return s.div(s.mul(v1, ratio), s.add(ratio, one))
}
