package parity

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

const (
	scale    = 18 // decimal places of what is remembered
	bpsScale = 6  // decimal places of a spread and of a profit

	gweiScale = 9 // decimal places of gwei: wei
)

// Bounds of a number from outside: wide enough for any price or amount of a
// token of 18 digits, narrow enough that arithmetic on it stays cheap.
const (
	maxSize        = 36
	mustBeNumber   = "must be below 1e36 in size, with at most 18 decimals"
	mustBePositive = "must be > 0, below 1e36, with at most 18 decimals"
	mustBeAmount   = "must be 0 or more, below 1e36, with at most 18 decimals"
)

var (
	half      = decimal.New(5, -1)
	whole     = decimal.New(10_000, 0) // bps
	gasMargin = decimal.New(12, -1)
)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

func inRange(d decimal.Decimal) bool {
	exp := int(d.Exponent())
	return exp >= -scale && exp <= maxSize && d.NumDigits()+exp <= maxSize
}

func notNegative(d decimal.Decimal) bool { return !d.IsNegative() && inRange(d) }

// quo returns x / y, y > 0, towards zero.
func quo(x, y decimal.Decimal) decimal.Decimal {
	q, _ := x.QuoRem(y, scale)
	return q
}

// spreadBps returns 10^4 × (a - b) / ((a + b) / 2), for prices above zero.
func spreadBps(a, b decimal.Decimal) decimal.Decimal {
	return a.Sub(b).Shift(4).DivRound(a.Add(b).Mul(half), bpsScale)
}

// times is a number of block times, bounded so that it stays a duration.
func times(block time.Duration, blocks uint64) time.Duration {
	return block * time.Duration(blocks)
}
