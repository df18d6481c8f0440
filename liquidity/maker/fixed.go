package maker

import (
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
)

// fixed is a price, an amount or a factor in units of 10^-18, which is as fine as
// a number from outside may be. A ladder of many orders is worked out in it, since
// it needs no memory for each result as a decimal does.
//
// A product of two is in units of 10^-36 and has the same type; the largest number
// stands for what does not fit, and nobody has the funds for that.
type fixed = uint256.Int

const fixedPlaces = 18

// unlimited is more than there is of anything.
var unlimited = *new(fixed).SetAllOne()

// tens are the powers of ten.
var tens = func() (p [2*fixedPlaces + 1]fixed) {
	p[0].SetOne()
	for i := range p[1:] {
		p[i+1].Mul(&p[i], uint256.NewInt(10))
	}
	return p
}()

// fix rounds d down. What is negative becomes 0.
func fix(d decimal.Decimal) (x fixed) {
	exp := int(d.Exponent()) + fixedPlaces
	switch {
	case !d.IsPositive():
	case exp >= 0 && exp < len(tens) && d.NumDigits() <= fixedPlaces: // the digits fit into an int64
		x.SetUint64(uint64(d.CoefficientInt64()))
		x.Mul(&x, &tens[exp])
	default:
		if x.SetFromBig(d.Shift(fixedPlaces).BigInt()) {
			return unlimited
		}
	}
	return x
}

// fixUp rounds up.
func fixUp(d decimal.Decimal) fixed {
	return fix(d.RoundUp(fixedPlaces))
}

// decimalOf drops zeros behind the point. Those before it stay, as in a journal:
// what is compared has the same form then.
func decimalOf(x fixed) decimal.Decimal {
	return decimal.NewFromBigInt(x.ToBig(), -fixedPlaces).Normalize().Add(decimal.Decimal{})
}

func times(x, y fixed) fixed {
	var z fixed
	if _, over := z.MulOverflow(&x, &y); over {
		return unlimited
	}
	return z
}

// part returns the part y of x, rounded down.
func part(x, y fixed) fixed {
	z := times(x, y)
	z.Div(&z, &tens[fixedPlaces])
	return z
}

// partUp rounds up.
func partUp(x, y fixed) fixed {
	z, rest := times(x, y), fixed{}
	if z.DivMod(&z, &tens[fixedPlaces], &rest); !rest.IsZero() {
		z.AddUint64(&z, 1)
	}
	return z
}

// less takes y from x, down to 0.
func less(x, y fixed) fixed {
	if x.Lt(&y) {
		return fixed{}
	}
	var z fixed
	z.Sub(&x, &y)
	return z
}

// apart returns by how much two numbers differ.
func apart(x, y fixed) fixed {
	if x.Lt(&y) {
		return less(y, x)
	}
	return less(x, y)
}

func least(x, y fixed) fixed {
	if y.Lt(&x) {
		return y
	}
	return x
}

// floor rounds x down to a multiple of step.
func floor(x, step fixed) fixed {
	var rest fixed
	rest.Mod(&x, &step)
	return less(x, rest)
}

// ceil rounds x up to one.
func ceil(x, step fixed) fixed {
	down := floor(x, step)
	if down.Lt(&x) {
		down.Add(&down, &step)
	}
	return down
}
