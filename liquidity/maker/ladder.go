package maker

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Ladder is the shape of one side of the book: a wall near the reference price,
// and a tail that grows away from it. Distances are in bps of the reference
// price. It is NuBot's parametric book (0.3.0, LiquidityDistributionModel), with
// distances instead of amounts of dollars.
type Ladder struct {
	OffsetBps  decimal.Decimal // from the reference price to the wall, 0 to 5,000
	Wall       decimal.Decimal // Base, h; 0 quotes nothing on this side
	WidthBps   decimal.Decimal // from the wall to the end of the tail, 0 to 4,000; 0 is no tail
	DensityBps decimal.Decimal // between two orders of the tail, > 0 with one
	Curve      Curve
	Steepness  Steepness
	Max        decimal.Decimal // Base of the whole side; 0 is no limit
}

// Curve is how a tail grows. For its i-th order from 0, with h the wall and c the
// steepness:
//
//	linear       h + c h (i+1)
//	exponential  h + c h (i+1)^2
//	logarithmic  h + s(i), s(0) = c h/4, s(i) = s(i-1) + c h/(i+2)
//
// NuBot's logarithm grows by c 1000/(i+2) instead, whatever the wall: ours agrees
// with it for a wall of 1,000, but for its rounding.
type Curve string

// The curves. Without a tail none is needed.
const (
	Linear      Curve = "linear"
	Exponential Curve = "exponential"
	Logarithmic Curve = "logarithmic"
)

// Steepness is how fast a tail grows.
type Steepness string

// The factors c of linear, exponential and logarithmic.
const (
	Flat Steepness = "flat" // 0: every order is as large as the wall
	Low  Steepness = "low"  // .1, .06, .4
	Mid  Steepness = "mid"  // .2, .17, .5
	High Steepness = "high" // .3, .25, .7
)

const maxTail = 100 // orders

// hundredths of c, by curve and steepness.
var steepness = map[Curve]map[Steepness]int64{
	Linear:      {Flat: 0, Low: 10, Mid: 20, High: 30},
	Exponential: {Flat: 0, Low: 6, Mid: 17, High: 25},
	Logarithmic: {Flat: 0, Low: 40, Mid: 50, High: 70},
}

func (l Ladder) validate(name string) error {
	_, known := steepness[l.Curve][l.Steepness]
	return check(
		rule{inBps(l.OffsetBps, 5000), name + ".OffsetBps", l.OffsetBps, "must be 0 to 5000"},
		rule{valid.NotNegative(l.Wall), name + ".Wall", l.Wall, valid.MustBeAmount},
		rule{inBps(l.WidthBps, 4000), name + ".WidthBps", l.WidthBps, "must be 0 to 4000"},
		rule{l.WidthBps.IsZero() || l.DensityBps.IsPositive() && inBps(l.DensityBps, 4000), name + ".DensityBps", l.DensityBps, "must be > 0, up to 4000"},
		rule{l.WidthBps.IsZero() || l.tail() <= maxTail, name + ".DensityBps", l.DensityBps, "must leave at most 100 orders in WidthBps"},
		rule{l.WidthBps.IsZero() || known, name + ".Curve", string(l.Curve) + ", " + string(l.Steepness), "must be a curve and a steepness of the package's"},
		rule{valid.NotNegative(l.Max), name + ".Max", l.Max, valid.MustBeAmount},
	)
}

// tail returns how many orders it has: width to density, rounded half away from
// zero.
func (l Ladder) tail() int {
	if l.WidthBps.IsZero() || l.Wall.IsZero() || !l.DensityBps.IsPositive() {
		return 0
	}
	return int(l.WidthBps.DivRound(l.DensityBps, 0).IntPart())
}

// levels returns how many orders the side has at most.
func (l Ladder) levels() int {
	if l.Wall.IsZero() {
		return 0
	}
	return 1 + l.tail()
}

// Rung is one order of a ladder.
type Rung struct {
	DistanceBps decimal.Decimal // from the reference price
	Amount      decimal.Decimal // Base
}

// logPlaces of the sum that a logarithm needs: finer than any lot.
const logPlaces = 18

// Rungs returns the orders of the whole ladder, the wall first.
func (l Ladder) Rungs() []Rung {
	if l.Wall.IsZero() {
		return nil
	}
	rungs := make([]Rung, 0, l.levels())
	rungs = append(rungs, Rung{l.OffsetBps, l.Wall})
	ch := l.Wall.Mul(decimal.New(steepness[l.Curve][l.Steepness], -2))
	sum := ch.Mul(decimal.New(25, -2)) // s(0)
	for i := range int64(l.tail()) {
		n := decimal.New(i+1, 0)
		more := ch.Mul(n)
		switch l.Curve {
		case Exponential:
			more = more.Mul(n)
		case Logarithmic:
			if i > 0 {
				sum = sum.Add(ch.DivRound(decimal.New(i+2, 0), logPlaces))
			}
			more = sum
		case Linear:
		}
		rungs = append(rungs, Rung{l.OffsetBps.Add(l.DensityBps.Mul(n)), l.Wall.Add(more)})
	}
	return rungs
}
