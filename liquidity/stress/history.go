package stress

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// ErrInvalid is wrapped by every error about input that cannot be used. The
// error names the field, the value and the rule.
var ErrInvalid = errors.New("stress: invalid")

// Memory is how many observations a forecast needs, and the most that it reads:
// what lies further back changes nothing.
const Memory = 200

// maxSteps bounds a horizon, in intervals of a history.
const maxSteps = 1000

// Observation is what was seen of one bank at one moment. All fields are finite.
type Observation struct {
	Ratio float64 `json:"ratio"`  // liquid / obligations, > 0
	SRI   float64 `json:"sri"`    // risk level, 0 (none) to 100
	FXVol float64 `json:"fx_vol"` // volatility of its currency, > 0, in any unit that stays the same
	Flow  float64 `json:"flow"`   // net CBDC inflow since the observation before / obligations; < 0 drains
}

// Observed is the one place where money becomes statistics: it makes floats of
// decimals. What it returns is checked where it is used.
func Observed(ratio, sri, fxVol, flow decimal.Decimal) Observation {
	return Observation{
		Ratio: ratio.InexactFloat64(), SRI: sri.InexactFloat64(),
		FXVol: fxVol.InexactFloat64(), Flow: flow.InexactFloat64(),
	}
}

// History is what was seen of one bank at equal intervals, oldest first.
type History struct {
	Floor float64       `json:"floor"` // the ratio below which is a breach, > 0
	Every time.Duration `json:"every"` // from one observation to the next, > 0
	End   time.Time     `json:"end"`   // of the last observation
	Seen  []Observation `json:"seen"`  // at least Memory of them
}

// validate checks the observations from first on; the others are not read.
func (h History) validate(first int) error {
	switch {
	case !positive(h.Floor):
		return fmt.Errorf("%w: Floor %v: must be finite and > 0", ErrInvalid, h.Floor)
	case h.Every <= 0:
		return fmt.Errorf("%w: Every %v: must be > 0", ErrInvalid, h.Every)
	case len(h.Seen) < Memory:
		return fmt.Errorf("%w: Seen of %d observations: must have at least %d", ErrInvalid, len(h.Seen), Memory)
	}
	for i, o := range h.Seen[first:] {
		if field, value, rule := o.fault(); rule != "" {
			return fmt.Errorf("%w: Seen[%d].%s %v: must be %s", ErrInvalid, first+i, field, value, rule)
		}
	}
	return nil
}

// fault returns the first field that breaks its rule; rule is "" if none does.
func (o Observation) fault() (field string, value float64, rule string) {
	switch {
	case !positive(o.Ratio):
		return "Ratio", o.Ratio, "finite and > 0"
	case !(o.SRI >= 0 && o.SRI <= 100):
		return "SRI", o.SRI, "in [0, 100]"
	case !positive(o.FXVol):
		return "FXVol", o.FXVol, "finite and > 0"
	case math.IsNaN(o.Flow) || math.IsInf(o.Flow, 0):
		return "Flow", o.Flow, "finite"
	}
	return "", 0, ""
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

// steps returns how many intervals a horizon has.
func steps(every, horizon time.Duration) (int, error) {
	n := horizon / every
	if horizon <= 0 || horizon%every != 0 || n > maxSteps {
		return 0, fmt.Errorf("%w: horizon %v: must be 1 to %d times the interval %v", ErrInvalid, horizon, maxSteps, every)
	}
	return int(n), nil
}
