package cost

import (
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// MaxHoldings bounds a portfolio.
const MaxHoldings = 100

// Holding is a position in a portfolio, and what moving it costs.
type Holding struct {
	Position decimal.Decimal // Base; negative is short, to be bought back
	Impact
}

// Portfolio exits positions at once whose prices move together and whose impacts
// do not touch each other. All prices are in one Quote. It is the model of Almgren
// and Chriss (2000, appendix on multiple securities) where impact is diagonal:
// with A = lambda sqrt(H)^-1 C sqrt(H)^-1, C the covariance of prices and H the
// temporary impacts less what is permanent of them, each eigenvector of A is a
// position that can be exited on its own.
//
// What hedges is kept: of two positions that offset each other, the one that is
// dear to trade waits and the cheap one waits with it, or is even added to for a
// while. So a leg may trade in both directions. Half spreads are paid on all of
// it and play no part in the choice: where no leg turns, all schedules pay the same.
type Portfolio struct {
	Holdings    []Holding
	Correlation [][]float64 // of their prices, symmetric, with 1 on the diagonal; nil is none
	Pace
}

// Exit is a schedule for one position or for several.
type Exit struct {
	Legs   []Leg           // as the holdings
	Cost   decimal.Decimal // Quote, expected
	StdDev decimal.Decimal // Quote, of the cost
	Days   float64         // after which at most 1% of the initial value is left, short positions counted as positive
}

// Leg is the schedule of one holding.
type Leg struct {
	Trades []decimal.Decimal // Base for each interval, > 0 sells; they add up to the position
	Held   []decimal.Decimal // Base before the first and after each trade: the position first, 0 last
	Cost   decimal.Decimal   // Quote, expected
}

// Exit returns the schedule of least E + lambda V, with
//
//	E = sum over legs of gamma X²/2 + epsilon sum |n_j| + (eta - gamma tau/2)/tau sum n_j²
//	V = tau sum over j of x_j' C x_j
//
// for trades n, what is held x after each, and X at first. What is malformed wraps
// [ErrInvalid].
func (p Portfolio) Exit() (Exit, error) {
	if err := p.validate(); err != nil {
		return Exit{}, err
	}
	path := p.path()
	exit := Exit{Legs: make([]Leg, len(p.Holdings))}
	for i, h := range p.Holdings {
		leg, err := p.leg(h, path[i])
		if err != nil {
			return Exit{}, fmt.Errorf("leg %d: %w", i, err)
		}
		exit.Legs[i] = leg
		exit.Cost = exit.Cost.Add(leg.Cost)
	}
	var err error
	exit.StdDev, err = estimated("standard deviation of the cost", math.Sqrt(p.variance(exit.Legs)))
	exit.Days = p.days(exit.Legs)
	return exit, err
}

// Stressed returns the portfolio in a worse market. Correlations stay as they are;
// in a crisis they rise, so set them as well.
func (p Portfolio) Stressed(s Stress) (Portfolio, error) {
	stressed := make([]Holding, len(p.Holdings))
	for i, h := range p.Holdings {
		impact, err := h.Impact.Stressed(s)
		if err != nil {
			return Portfolio{}, err
		}
		stressed[i] = Holding{h.Position, impact}
	}
	p.Holdings = stressed
	return p, p.validate()
}

// path returns what is held of each holding after each interval, as the formula
// has it.
func (p Portfolio) path() [][]float64 {
	n, tau := len(p.Holdings), p.tau()
	scale, pulls := make([]float64, n), square(n)
	for i, h := range p.Holdings {
		scale[i] = math.Sqrt(h.curb(tau))
	}
	for i := range n {
		for k := range n {
			pulls[i][k] = p.RiskAversion * p.covariance(i, k) / scale[i] / scale[k]
		}
	}
	values, vectors := modes(pulls)
	kappa, start := make([]float64, n), make([]float64, n)
	for m := range n {
		kappa[m] = urgency(values[m], tau)
		for i, h := range p.Holdings {
			start[m] += vectors[i][m] * scale[i] * h.Position.InexactFloat64()
		}
	}
	path := make([][]float64, n)
	for i := range path {
		path[i] = make([]float64, p.Intervals)
		for j := range path[i] {
			for m := range n {
				path[i][j] += vectors[i][m] * start[m] * remaining(kappa[m], float64(j+1)*tau, p.Days) / scale[i]
			}
		}
	}
	return path
}

// leg rounds what is held, not what is traded: differences of rounded holdings add
// up to the position whatever was rounded off.
func (p Portfolio) leg(h Holding, path []float64) (Leg, error) {
	leg := Leg{Held: []decimal.Decimal{h.Position}}
	var turnover, squares float64
	for j, held := range path {
		next := decimal.Decimal{}
		if j < len(path)-1 {
			next = exactly(held).Round(p.Decimals)
		}
		trade := leg.Held[j].Sub(next)
		leg.Held, leg.Trades = append(leg.Held, next), append(leg.Trades, trade)
		n := trade.InexactFloat64()
		turnover += math.Abs(n)
		squares += n * n
	}
	x, tau := h.Position.InexactFloat64(), p.tau()
	var err error
	leg.Cost, err = estimated("expected cost", h.Permanent*x*x/2+h.HalfSpread.InexactFloat64()*turnover+h.curb(tau)/tau*squares)
	return leg, err
}

func (p Portfolio) variance(legs []Leg) float64 {
	sum, held := 0.0, make([]float64, len(legs))
	for j := 1; j < p.Intervals; j++ {
		for i, leg := range legs {
			held[i] = leg.Held[j].InexactFloat64()
		}
		for i := range legs {
			for k := range legs {
				sum += held[i] * p.covariance(i, k) * held[k]
			}
		}
	}
	return max(sum, 0) * p.tau()
}

func (p Portfolio) covariance(i, k int) float64 {
	c := p.Holdings[i].Volatility * p.Holdings[k].Volatility
	switch {
	case i == k:
		return c
	case p.Correlation == nil:
		return 0
	}
	return c * p.Correlation[i][k]
}

// days is when all but a hundredth of the value is gone for good.
func (p Portfolio) days(legs []Leg) float64 {
	value := func(j int) (sum decimal.Decimal) {
		for i, leg := range legs {
			sum = sum.Add(leg.Held[j].Abs().Mul(p.Holdings[i].Price))
		}
		return sum
	}
	last, limit := p.Intervals, value(0).Shift(-2)
	for last > 0 && value(last-1).LessThanOrEqual(limit) {
		last--
	}
	return float64(last) * p.tau()
}

func (p Portfolio) validate() error {
	if err := p.Pace.validate(); err != nil {
		return err
	}
	n := len(p.Holdings)
	if n < 1 || n > MaxHoldings {
		return invalid("Holdings", n, fmt.Sprintf("must be 1 to %d of them", MaxHoldings))
	}
	for i, h := range p.Holdings {
		in := fmt.Sprintf("Holdings[%d].", i)
		err := check(
			rule{valid.InRange(h.Position), in + "Position", h.Position, "must be below 1e18, with at most 18 decimals"},
			rule{h.Position.Equal(h.Position.Truncate(p.Decimals)), in + "Position", h.Position, fmt.Sprintf("must have at most Decimals, %d, decimals", p.Decimals)},
		)
		if err != nil {
			return err
		}
		if err := h.Impact.validate(in, p.tau()); err != nil {
			return err
		}
	}
	return validCorrelation(p.Correlation, n)
}

func validCorrelation(c [][]float64, n int) error {
	if c == nil {
		return nil
	}
	if len(c) != n {
		return invalid("Correlation", len(c), fmt.Sprintf("must have %d rows, one for each holding", n))
	}
	for i, row := range c {
		if len(row) != n {
			return invalid(fmt.Sprintf("Correlation[%d]", i), len(row), fmt.Sprintf("must have %d columns, one for each holding", n))
		}
		for k, x := range row {
			in := fmt.Sprintf("Correlation[%d][%d]", i, k)
			err := check(
				rule{x >= -1 && x <= 1, in, x, "must be -1 to 1"},
				rule{i != k || x == 1, in, x, "must be 1, on the diagonal"},
				rule{k >= i || x == c[k][i], in, x, "must be as its mirror image"},
			)
			if err != nil {
				return err
			}
		}
	}
	values, _ := modes(c)
	for _, v := range values {
		if v < -1e-9*float64(n) {
			return invalid("Correlation's eigenvalue", v, "must be >= 0, or no prices can move so")
		}
	}
	return nil
}
