package score

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// places of a quotient, half away from zero.
const places = 18

var (
	one     = decimal.New(1, 0)
	hundred = decimal.New(100, 0)
	crore   = decimal.New(10_000_000, 0) // rupees
)

const (
	mustBeRatio  = "must be -1000000 to 1000000, or not known"
	mustBeShare  = "must be 0 to 1, or not known"
	mustBeAmount = valid.MustBeAmount + ", or not known"
	mustBeOurs   = "must be one of the package's, or empty"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) } // of constants alone

func upTo(d decimal.Decimal, most int64) bool {
	return valid.NotNegative(d) && d.LessThanOrEqual(decimal.New(most, 0))
}

func ratio(d decimal.NullDecimal) bool {
	return !d.Valid || valid.InRange(d.Decimal) && d.Decimal.Abs().LessThanOrEqual(decimal.New(1_000_000, 0))
}

func share(d decimal.NullDecimal) bool { return !d.Valid || upTo(d.Decimal, 1) }

func amount(d decimal.NullDecimal) bool { return !d.Valid || valid.NotNegative(d.Decimal) }

// clip cuts d to 0 to high.
func clip(d, high decimal.Decimal) decimal.Decimal {
	return decimal.Max(decimal.Decimal{}, decimal.Min(high, d))
}

// step is so many points over, or under, a limit.
type step struct {
	over   bool
	limit  decimal.Decimal
	points decimal.Decimal
}

func over(limit string, points int64) step { return step{true, dec(limit), decimal.New(points, 0)} }

func under(limit string, points int64) step { return step{false, dec(limit), decimal.New(points, 0)} }

// steps gives the points of the first step that is taken, and none otherwise.
func steps(all ...step) func(decimal.Decimal) decimal.Decimal {
	return func(d decimal.Decimal) decimal.Decimal {
		for _, s := range all {
			if s.over && d.GreaterThan(s.limit) || !s.over && d.LessThan(s.limit) {
				return s.points
			}
		}
		return decimal.Decimal{}
	}
}

// line gives no points at none, most at full and beyond, and in between as much
// as lies between. none may be above full.
func line(none, full string, most int64) func(decimal.Decimal) decimal.Decimal {
	from, to, points := dec(none), dec(full), decimal.New(most, 0)
	return func(d decimal.Decimal) decimal.Decimal {
		part := clip(d.Sub(from).DivRound(to.Sub(from), places), one)
		return part.Mul(points)
	}
}

// factor gives so many points for each one, up to most.
func factor(each string, most int64) func(decimal.Decimal) decimal.Decimal {
	times, limit := dec(each), decimal.New(most, 0)
	return func(d decimal.Decimal) decimal.Decimal { return decimal.Min(d.Mul(times), limit) }
}
