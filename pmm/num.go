package pmm

import (
	"math"
	"math/bits"

	"github.com/holiman/uint256"
)

// num is an unsigned integer of 256 bits inside this package, least significant
// word first. It is a uint256.Int in four fields: the compiler keeps such a
// struct in registers where it copies an array through memory, so formulas can
// pass numbers by value, and no operation can overwrite an operand.
type num struct{ w0, w1, w2, w3 uint64 }

func of(x uint256.Int) num { return num{x[0], x[1], x[2], x[3]} }

func (x num) u256() uint256.Int { return uint256.Int{x.w0, x.w1, x.w2, x.w3} }

func (x num) isZero() bool { return x.w0|x.w1|x.w2|x.w3 == 0 }

// is64 and is128 say that x is below 2^64 and 2^128.
func (x num) is64() bool  { return x.w1|x.w2|x.w3 == 0 }
func (x num) is128() bool { return x.w2|x.w3 == 0 }

// is112 says that x fits a reserve or a target.
func (x num) is112() bool { return x.is128() && x.w1 < 1<<48 }

// low112 is what a cast to uint112 keeps.
func (x num) low112() num { return num{w0: x.w0, w1: x.w1 & (1<<48 - 1)} }

func (x num) less(y num) bool {
	_, below := x.minus(y)
	return below
}

func least(x, y num) num {
	if y.less(x) {
		return y
	}
	return x
}

// plus is the sum modulo 2^256, and whether it was more.
func (x num) plus(y num) (z num, over bool) {
	var c uint64
	z.w0, c = bits.Add64(x.w0, y.w0, 0)
	z.w1, c = bits.Add64(x.w1, y.w1, c)
	z.w2, c = bits.Add64(x.w2, y.w2, c)
	z.w3, c = bits.Add64(x.w3, y.w3, c)
	return z, c != 0
}

// minus is the difference modulo 2^256, and whether it was below zero.
func (x num) minus(y num) (z num, below bool) {
	var c uint64
	z.w0, c = bits.Sub64(x.w0, y.w0, 0)
	z.w1, c = bits.Sub64(x.w1, y.w1, c)
	z.w2, c = bits.Sub64(x.w2, y.w2, c)
	z.w3, c = bits.Sub64(x.w3, y.w3, c)
	return z, c != 0
}

// times is the product modulo 2^256, and whether it was more.
func (x num) times(y num) (z num, over bool) {
	switch {
	case x.is128() && y.is128():
		return x.times128(y), false
	case y.is64():
		return x.times64(y.w0)
	case x.is64():
		return y.times64(x.w0)
	}
	a, b := x.u256(), y.u256()
	_, over = a.MulOverflow(&a, &b)
	return of(a), over
}

func (x num) times64(y uint64) (z num, over bool) {
	var h0, h1, h2, h3, c uint64
	h0, z.w0 = bits.Mul64(x.w0, y)
	h1, z.w1 = bits.Mul64(x.w1, y)
	h2, z.w2 = bits.Mul64(x.w2, y)
	h3, z.w3 = bits.Mul64(x.w3, y)
	z.w1, c = bits.Add64(z.w1, h0, 0)
	z.w2, c = bits.Add64(z.w2, h1, c)
	z.w3, c = bits.Add64(z.w3, h2, c)
	return z, h3|c != 0
}

// times128 is the product of two factors below 2^128.
func (x num) times128(y num) (z num) {
	h00, l00 := bits.Mul64(x.w0, y.w0)
	h01, l01 := bits.Mul64(x.w0, y.w1)
	h10, l10 := bits.Mul64(x.w1, y.w0)
	h11, l11 := bits.Mul64(x.w1, y.w1)
	middle, c := bits.Add64(l01, l10, 0)
	high, c2 := bits.Add64(h01, h10, c)
	z.w0 = l00
	z.w1, c = bits.Add64(h00, middle, 0)
	z.w2, c = bits.Add64(l11, high, c)
	z.w3 = h11 + c2 + c
	return z
}

// quo is x/y rounded down, for y > 0.
func (x num) quo(y num) num {
	switch {
	case y.is64():
		return x.quo64(y.w0)
	case y.is128():
		return x.quo128(y.w1, y.w0)
	}
	a, b := x.u256(), y.u256()
	return of(*a.Div(&a, &b))
}

func (x num) quo64(y uint64) (z num) {
	var r uint64
	switch {
	case x.w3 != 0:
		z.w3, r = x.w3/y, x.w3%y
		fallthrough
	case x.w2 != 0:
		z.w2, r = bits.Div64(r, x.w2, y)
		fallthrough
	case x.w1 != 0:
		z.w1, r = bits.Div64(r, x.w1, y)
		fallthrough
	default:
		z.w0, _ = bits.Div64(r, x.w0, y)
	}
	return z
}

// quo128 is x/(y1*2^64 + y0) for y1 > 0: schoolbook division after shifting
// both so that the divisor has its top bit (Knuth, TAOCP 2, 4.3.1 D).
func (x num) quo128(y1, y0 uint64) (z num) {
	shift := uint(bits.LeadingZeros64(y1))
	back := 63 - shift // a shift by 64-shift in two steps, for shift may be 0
	y1, y0 = y1<<shift|y0>>1>>back, y0<<shift
	x4 := x.w3 >> 1 >> back
	x3 := x.w3<<shift | x.w2>>1>>back
	x2 := x.w2<<shift | x.w1>>1>>back
	x1 := x.w1<<shift | x.w0>>1>>back
	x0 := x.w0 << shift
	if x4 != 0 || x3 >= y1 {
		z.w2, x3, x2 = digit(x4, x3, x2, y1, y0)
	}
	if x3 != 0 || x2 >= y1 {
		z.w1, x2, x1 = digit(x3, x2, x1, y1, y0)
	}
	z.w0, _, _ = digit(x2, x1, x0, y1, y0)
	return z
}

// digit divides three words by two whose top bit is set, for (x2, x1) <
// (y1, y0): one digit of the quotient, and the remainder.
func digit(x2, x1, x0, y1, y0 uint64) (q, r1, r0 uint64) {
	var r, c uint64
	if x2 < y1 {
		q, r = bits.Div64(x2, x1, y1)
	} else {
		q = math.MaxUint64
		r, c = bits.Add64(x1, y1, 0)
	}
	h, l := bits.Mul64(q, y0)
	for c == 0 && (h > r || h == r && l > x0) { // q is at most two too large
		var b uint64
		q--
		r, c = bits.Add64(r, y1, 0)
		l, b = bits.Sub64(l, y0, 0)
		h -= b
	}
	r0, c = bits.Sub64(x0, l, 0)
	r1, _ = bits.Sub64(r, h, c)
	return q, r1, r0
}

// root is the square root rounded down.
//
// n is x shifted left by an even number of bits until one of its top two is
// set, and guess*2^64 the root of n to 64 bits. One step of Newton's from there
// is at or up to two above the root of n, and (guess*2^64 + n/(guess*2^64)) / 2
// needs a division by one word only.
func (x num) root() num {
	if x.isZero() {
		return x
	}
	shift := uint(x.leadingZeros()) &^ 1
	n := x.left(shift)
	guess := root128(n.w3, n.w2)
	z := num{n.w1, n.w2, n.w3, 0}.quo64(guess)
	z, _ = z.plus(num{0, guess, 0, 0})
	z = z.right(1)
	for {
		square, over := z.times(z)
		if !over && !n.less(square) {
			return z.right(shift / 2)
		}
		z, _ = z.minus(num{1, 0, 0, 0})
	}
}

// root128 is the square root of hi*2^64 + lo, for hi >= 2^62, rounded down or
// one above that: a step of Newton's from the root in 53 bits.
func root128(hi, lo uint64) uint64 {
	if hi == math.MaxUint64 {
		return hi
	}
	guess := uint64(math.MaxUint64)
	if f := math.Sqrt(float64(hi)*(1<<64) + float64(lo)); f < 1<<64 {
		guess = max(uint64(f), hi+1) // above hi, for the quotient to fit a word
	}
	q, _ := bits.Div64(hi, lo, guess)
	sum, c := bits.Add64(guess, q, 0)
	return sum>>1 | c<<63
}

func (x num) leadingZeros() int {
	switch {
	case x.w3 != 0:
		return bits.LeadingZeros64(x.w3)
	case x.w2 != 0:
		return 64 + bits.LeadingZeros64(x.w2)
	case x.w1 != 0:
		return 128 + bits.LeadingZeros64(x.w1)
	}
	return 192 + bits.LeadingZeros64(x.w0)
}

// left is x*2^n modulo 2^256, for n < 256.
func (x num) left(n uint) num {
	for ; n >= 64; n -= 64 {
		x = num{0, x.w0, x.w1, x.w2}
	}
	back := 63 - n
	return num{x.w0 << n, x.w1<<n | x.w0>>1>>back, x.w2<<n | x.w1>>1>>back, x.w3<<n | x.w2>>1>>back}
}

// right is x/2^n rounded down, for n < 256.
func (x num) right(n uint) num {
	for ; n >= 64; n -= 64 {
		x = num{x.w1, x.w2, x.w3, 0}
	}
	back := 63 - n
	return num{x.w0>>n | x.w1<<1<<back, x.w1>>n | x.w2<<1<<back, x.w2>>n | x.w3<<1<<back, x.w3 >> n}
}
