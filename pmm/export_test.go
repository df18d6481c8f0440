package pmm

import "github.com/holiman/uint256"

// The arithmetic under the formulas, for tests to compare with uint256's own.

func Sqrt(x uint256.Int) uint256.Int {
	var s safe
	return s.sqrt(of(x)).u256()
}

func Root(x uint256.Int) uint256.Int   { return of(x).root().u256() }
func Quo(x, y uint256.Int) uint256.Int { return of(x).quo(of(y)).u256() }

func Times(x, y uint256.Int) (uint256.Int, bool) {
	z, over := of(x).times(of(y))
	return z.u256(), over
}

func Plus(x, y uint256.Int) (uint256.Int, bool) {
	z, over := of(x).plus(of(y))
	return z.u256(), over
}

func Minus(x, y uint256.Int) (uint256.Int, bool) {
	z, below := of(x).minus(of(y))
	return z.u256(), below
}

func Left(x uint256.Int, n uint) uint256.Int  { return of(x).left(n).u256() }
func Right(x uint256.Int, n uint) uint256.Int { return of(x).right(n).u256() }
