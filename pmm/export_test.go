package pmm

import "github.com/holiman/uint256"

// The arithmetic under the formulas, for tests to compare with uint256's own.

func Sqrt(x uint256.Int) uint256.Int {
	var s safe
	return s.sqrt(of(x)).int()
}

func Root(x uint256.Int) uint256.Int    { return of(x).root().int() }
func Over(x, y uint256.Int) uint256.Int { return of(x).over(of(y)).int() }

func Times(x, y uint256.Int) (uint256.Int, bool) {
	z, over := of(x).times(of(y))
	return z.int(), over
}

func Plus(x, y uint256.Int) (uint256.Int, bool) {
	z, over := of(x).plus(of(y))
	return z.int(), over
}

func Minus(x, y uint256.Int) (uint256.Int, bool) {
	z, below := of(x).minus(of(y))
	return z.int(), below
}

func Left(x uint256.Int, n uint) uint256.Int  { return of(x).left(n).int() }
func Right(x uint256.Int, n uint) uint256.Int { return of(x).right(n).int() }
