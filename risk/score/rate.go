package score

import "github.com/shopspring/decimal"

// Rate is what is known of how a price moves with interest rates. The duration is
// needed.
type Rate struct {
	Duration  decimal.NullDecimal `json:"modified_duration"` // years, 0 to 100
	Convexity decimal.NullDecimal `json:"convexity"`
	Slope     decimal.NullDecimal `json:"yield_curve_slope"` // long less short, as a fraction: 0.02 is 200 bps
	Options   Options             `json:"embedded_options"`
}

// Options says whether a bond can be called, put or converted. The zero Options is
// not known.
type Options string

// What can be said of options.
const (
	WithOptions Options = "yes"
	NoOptions   Options = "no"
)

var options = map[Options]string{WithOptions: "10", NoOptions: "0"}

// Score is the translator's:
//
//	min(10 duration, 50) + min(|convexity|/10, 20) + (|slope| > 0.02: min(100 |slope|, 15)) + options: 10
//
// Malformed input is [ErrInvalid].
func (r Rate) Score() (Score, error) {
	if err := check(
		rule{!r.Duration.Valid || upTo(r.Duration.Decimal, 100), "Rate.Duration", r.Duration.Decimal, "must be 0 to 100, or not known"},
		rule{ratio(r.Convexity), "Rate.Convexity", r.Convexity.Decimal, mustBeRatio},
		rule{ratio(r.Slope), "Rate.Slope", r.Slope.Decimal, mustBeRatio},
		rule{known(r.Options, options), "Rate.Options", string(r.Options), mustBeOurs},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("modified_duration", r.Duration, factor("10", 50))
	t.use("convexity", r.Convexity, func(d decimal.Decimal) decimal.Decimal { return factor("0.1", 20)(d.Abs()) })
	t.use("yield_curve_slope", r.Slope, func(d decimal.Decimal) decimal.Decimal {
		if d.Abs().LessThanOrEqual(dec("0.02")) {
			return decimal.Decimal{}
		}
		return factor("100", 15)(d.Abs())
	})
	word(&t, "embedded_options", r.Options, options)
	return t.score(), nil
}
