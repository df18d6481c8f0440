package measure

import (
	"errors"
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every error about input that cannot be used. The
// error names the field, the value and the rule.
var ErrInvalid = errors.New("measure: invalid")

// MaxBars bounds a series: two years of minutes.
const MaxBars = 1_100_000

// Bar is one interval of trading. Prices are Quote per Base, > 0, with
// Low <= Open, Close <= High.
type Bar struct {
	Open, High, Low, Close decimal.Decimal

	Value decimal.Decimal // traded, in Quote, >= 0; 0 if nothing was, or it is unknown
	Flow  decimal.Decimal // what takers bought less what they sold, -Value to Value; 0 if unknown
}

// Series is bars made ready for statistics. Immutable, so safe for concurrent
// use; the zero Series has no bars.
type Series struct {
	bars    []bar
	returns []float64 // from close to close; one fewer than bars
}

// bar is a Bar in logarithms of price, as all measures want it.
type bar struct{ open, high, low, close, value, flow float64 }

// Observe is the one place where prices become statistics. The bars are at equal
// intervals, oldest first. What is malformed wraps [ErrInvalid]; few bars are
// not, they make for an [Estimate] without value.
func Observe(bars []Bar) (Series, error) {
	if len(bars) > MaxBars {
		return Series{}, fmt.Errorf("%w: bars: %d of them: must be at most %d", ErrInvalid, len(bars), MaxBars)
	}
	s := Series{bars: make([]bar, len(bars)), returns: make([]float64, max(len(bars), 1)-1)}
	for i, b := range bars {
		if err := b.validate(); err != nil {
			return Series{}, fmt.Errorf("bar %d: %w", i, err)
		}
		log := func(price decimal.Decimal) float64 { return math.Log(price.InexactFloat64()) }
		s.bars[i] = bar{
			log(b.Open), log(b.High), log(b.Low), log(b.Close),
			b.Value.InexactFloat64(), b.Flow.InexactFloat64(),
		}
		if i > 0 {
			s.returns[i-1] = s.bars[i].close - s.bars[i-1].close
		}
	}
	return s, nil
}

// Len is the number of bars.
func (s Series) Len() int { return len(s.bars) }

func (b Bar) validate() error {
	return check(
		rule{valid.Positive(b.Open), "Open", b.Open, valid.MustBePositive},
		rule{valid.Positive(b.High), "High", b.High, valid.MustBePositive},
		rule{valid.Positive(b.Low), "Low", b.Low, valid.MustBePositive},
		rule{valid.Positive(b.Close), "Close", b.Close, valid.MustBePositive},
		rule{b.Low.LessThanOrEqual(decimal.Min(b.Open, b.Close)), "Low", b.Low, "must be at most Open and Close"},
		rule{b.High.GreaterThanOrEqual(decimal.Max(b.Open, b.Close)), "High", b.High, "must be at least Open and Close"},
		rule{valid.NotNegative(b.Value), "Value", b.Value, valid.MustBeAmount},
		rule{valid.InRange(b.Flow) && b.Flow.Abs().LessThanOrEqual(b.Value), "Flow", b.Flow, "must be from -Value to Value"},
	)
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
