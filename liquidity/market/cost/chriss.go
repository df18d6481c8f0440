package cost

import (
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Impact is what trading one asset does to its price, in the linear model of
// Almgren and Chriss, "Optimal execution of portfolio transactions" (2000). With
// n Base traded in tau days, the price moves by Permanent n for good, and each
// trade is made at HalfSpread + Temporary n/tau off it.
type Impact struct {
	Price      decimal.Decimal // now, Quote per Base, > 0; the mid
	HalfSpread decimal.Decimal // epsilon, Quote per Base, >= 0
	Volatility float64         // sigma, Quote per Base, standard deviation over a day, >= 0
	Permanent  float64         // gamma, Quote per Base for each Base, >= 0
	Temporary  float64         // eta, Quote per Base for each Base per day, > 0
}

// TypicalImpact is Almgren and Chriss's own reading of a market (2000, their
// numerical example), for want of a fit: trading 1% of a day's volume costs a
// spread while it lasts, selling 10% of it moves the price by a spread for good.
// Price and spread are Quote per Base, dailyVolume Base per day, and volatilityBps
// is of a day's return.
func TypicalImpact(price, spread, dailyVolume decimal.Decimal, volatilityBps float64) (Impact, error) {
	err := check(
		rule{valid.Positive(price), "price", price, valid.MustBePositive},
		rule{valid.Positive(spread), "spread", spread, valid.MustBePositive},
		rule{valid.Positive(dailyVolume), "dailyVolume", dailyVolume, valid.MustBePositive},
		rule{statistic(volatilityBps), "volatilityBps", volatilityBps, mustBeStatistic},
	)
	if err != nil {
		return Impact{}, err
	}
	perDay := spread.InexactFloat64() / dailyVolume.InexactFloat64()
	return Impact{
		Price:      price,
		HalfSpread: spread.Mul(half).RoundUp(valid.MaxDecimals),
		Volatility: price.InexactFloat64() * volatilityBps / 10_000,
		Permanent:  perDay / 0.1,
		Temporary:  perDay / 0.01,
	}, nil
}

// Stressed returns the impact in a worse market. With less volume the same trade
// is a larger part of it, so impact grows as volume shrinks.
func (i Impact) Stressed(s Stress) (Impact, error) {
	s, err := s.filled()
	if err != nil {
		return Impact{}, err
	}
	i.HalfSpread = i.HalfSpread.Mul(s.Spread).RoundUp(valid.MaxDecimals)
	i.Volatility *= s.Volatility.InexactFloat64()
	i.Permanent /= s.Volume.InexactFloat64()
	i.Temporary /= s.Volume.InexactFloat64()
	return i, nil
}

// curb is the part of Temporary that is left when a trade's own permanent impact
// is taken off its price: eta - gamma tau / 2, the paper's eta with a tilde.
func (i Impact) curb(tau float64) float64 { return i.Temporary - i.Permanent*tau/2 }

func (i Impact) validate(in string, tau float64) error {
	return check(
		rule{valid.Positive(i.Price), in + "Price", i.Price, valid.MustBePositive},
		rule{valid.NotNegative(i.HalfSpread), in + "HalfSpread", i.HalfSpread, valid.MustBeAmount},
		rule{statistic(i.Volatility), in + "Volatility", i.Volatility, mustBeStatistic},
		rule{statistic(i.Permanent), in + "Permanent", i.Permanent, mustBeStatistic},
		rule{statistic(i.Temporary), in + "Temporary", i.Temporary, mustBeStatistic},
		rule{i.curb(tau) > minCurb, in + "Temporary", i.Temporary, "must exceed Permanent × Days / Intervals / 2, or one trade at once is the cheapest schedule there is"},
	)
}

// minCurb keeps all that is divided by it finite.
const minCurb = 1e-36

// Pace is over which time, and how patiently, a position is exited.
type Pace struct {
	Days         float64 // T, until nothing is left, (0, 1000]
	Intervals    int     // N, trades of equal length in that time, 1 to MaxIntervals
	RiskAversion float64 // lambda, what a unit of variance is worth, 1/Quote, 0 to 1e18: 0 trades evenly, and more trades sooner
	Decimals     int32   // of a trade, 0 to 18: 0 is whole units
}

// MaxIntervals bounds a schedule.
const MaxIntervals = 1000

func (p Pace) tau() float64 { return p.Days / float64(p.Intervals) }

func (p Pace) validate() error {
	return check(
		rule{p.Days >= 1e-6 && p.Days <= 1000, "Days", p.Days, "must be 1e-6 to 1000"},
		rule{p.Intervals >= 1 && p.Intervals <= MaxIntervals, "Intervals", p.Intervals, fmt.Sprintf("must be 1 to %d", MaxIntervals)},
		rule{statistic(p.RiskAversion), "RiskAversion", p.RiskAversion, mustBeStatistic},
		rule{p.Decimals >= 0 && p.Decimals <= valid.MaxDecimals, "Decimals", p.Decimals, "must be 0 to 18"},
	)
}

// AlmgrenChriss is the [Model] of an exit over days: the schedule of least
// E + lambda V. What it costs to be that fast is Amount, and StdDev what the
// market may add or take.
type AlmgrenChriss struct {
	Impact
	Pace
}

var _ Model = AlmgrenChriss{}

// Cost prices all of size, without regard to Decimals.
func (m AlmgrenChriss) Cost(size decimal.Decimal) (Cost, error) {
	if err := validSize(size); err != nil {
		return Cost{}, err
	}
	kappa, err := m.Urgency()
	if err != nil {
		return Cost{}, err
	}
	held, traded, variance, tau := 1.0, 0.0, 0.0, m.tau() // of one Base
	for j := 1; j <= m.Intervals; j++ {
		next := remaining(kappa, float64(j)*tau, m.Days)
		traded += (held - next) * (held - next)
		variance += next * next * tau
		held = next
	}
	x := size.InexactFloat64()
	off := m.HalfSpread.InexactFloat64() + x*(m.Permanent/2+m.curb(tau)/tau*traded)
	return modelled(size, size, m.Price, off/m.Price.InexactFloat64()*10_000, x*m.Volatility*math.Sqrt(variance))
}

// Exit returns the schedule. A positive position is sold, a negative one bought
// back.
func (m AlmgrenChriss) Exit(position decimal.Decimal) (Exit, error) {
	return Portfolio{Holdings: []Holding{{Position: position, Impact: m.Impact}}, Pace: m.Pace}.Exit()
}

// Stressed returns the model of a worse market, exited at the same pace.
func (m AlmgrenChriss) Stressed(s Stress) (Model, error) {
	impact, err := m.Impact.Stressed(s)
	if err != nil {
		return nil, err
	}
	m.Impact = impact
	return m, m.validate()
}

// Urgency is the paper's kappa, per day: what is left of the position falls by a
// factor e in 1/Urgency days, while the end is far. 0 trades evenly. From
// cosh(kappa tau) = 1 + lambda sigma² tau² / (2 (eta - gamma tau/2)).
func (m AlmgrenChriss) Urgency() (float64, error) {
	if err := m.validate(); err != nil {
		return 0, err
	}
	return urgency(m.RiskAversion*m.Volatility*m.Volatility/m.curb(m.tau()), m.tau()), nil
}

func (m AlmgrenChriss) validate() error {
	if err := m.Pace.validate(); err != nil {
		return err
	}
	return m.Impact.validate("", m.tau())
}

// urgency solves cosh(kappa tau) = 1 + pull tau²/2, in the form that keeps its
// digits where pull is small.
func urgency(pull, tau float64) float64 {
	return 2 / tau * math.Asinh(math.Sqrt(max(pull, 0))*tau/2)
}

// remaining is sinh(kappa (T-t)) / sinh(kappa T), the part of the position that is
// left after t of T days, in the form that neither overflows nor loses digits.
func remaining(kappa, t, days float64) float64 {
	if kappa*days < 1e-9 {
		return (days - t) / days
	}
	return math.Exp(-kappa*t) * math.Expm1(-2*kappa*(days-t)) / math.Expm1(-2*kappa*days)
}
