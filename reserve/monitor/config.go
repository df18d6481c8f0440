package monitor

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// Config is fixed for the life of an Engine. Amounts are units of the one asset
// that is watched.
type Config struct {
	Factor        decimal.Decimal // SF, 3 to 5; take reserve.DefaultFactor unless there is a reason
	PeakPerMinute decimal.Decimal // least P, units per minute, > 0
	Window        time.Duration   // T: whole minutes, 1 to 60; Vault plan §7 has 5
	Quantile      float64         // of minute outflows, in (0, 1); reserve.MinuteQuantile
	Tail          float64         // probability of the tail's quantile, in [0.95, 1 - 1e-9]; reserve.OnceAYear

	RefillTo       decimal.Decimal // refill up to this multiple of what is required, 1.25 to 10
	MinRefill      decimal.Decimal // smaller refills are not worth their cost, > 0, at least DailyCap/1000
	RefillPatience time.Duration   // a request outstanding for longer raises an alert, and one refused is not repeated for as long; > 0
	Vault          reserve.Limit   // of the vault; a DailyCap of 0 allows no refill
	BridgeBuffer   decimal.Decimal // what bucket D should hold, from reserve.BridgeBuffer; 0 for no bridge
}

// The ends of ranges. Together they keep every estimate and every product
// within the range of amounts.
var (
	smallest      = decimal.New(1, -reserve.Scale)
	lowest        = maxAmount.Neg()
	okCoverage    = decimal.New(reserve.OKCoverage, -2)
	minPeak       = decimal.New(1, -6)
	maxPeak       = decimal.New(1, 18)
	maxMinuteFlow = decimal.New(1, 18)
	maxAmount     = decimal.New(1, 30)
	minRefillTo   = okCoverage
	maxRefillTo   = decimal.NewFromInt(10)
)

// maxRefills bounds the settled refills that a state remembers of one day.
const maxRefills = 1000

func (c Config) validate() error {
	for _, field := range []struct {
		name             string
		value, low, high decimal.Decimal
	}{
		{"Factor", c.Factor, decimal.NewFromInt(reserve.MinFactor), decimal.NewFromInt(reserve.MaxFactor)},
		{"PeakPerMinute", c.PeakPerMinute, minPeak, maxPeak},
		{"RefillTo", c.RefillTo, minRefillTo, maxRefillTo},
		{"Vault.DailyCap", c.Vault.DailyCap, decimal.Zero, maxAmount},
		{"Vault.ApprovalAbove", c.Vault.ApprovalAbove, decimal.Zero, maxAmount},
		{"BridgeBuffer", c.BridgeBuffer, decimal.Zero, maxAmount},
		{"MinRefill", c.MinRefill, decimal.Max(smallest, c.Vault.DailyCap.DivRound(decimal.NewFromInt(maxRefills), reserve.Scale)), maxAmount},
	} {
		if err := within(field.name, field.value, field.low, field.high); err != nil {
			return err
		}
	}
	switch {
	case c.Window < time.Minute || c.Window > time.Hour || c.Window%time.Minute != 0:
		return fmt.Errorf("%w: Window %v: must be 1 to 60 whole minutes", ErrInvalid, c.Window)
	case !(c.Quantile > 0 && c.Quantile < 1):
		return fmt.Errorf("%w: Quantile %v: must be in (0, 1)", ErrInvalid, c.Quantile)
	case !(c.Tail >= 0.95 && c.Tail <= 1-1e-9):
		return fmt.Errorf("%w: Tail %v: must be in [0.95, 1 - 1e-9]", ErrInvalid, c.Tail)
	case c.RefillPatience <= 0:
		return fmt.Errorf("%w: RefillPatience %v: must be > 0", ErrInvalid, c.RefillPatience)
	}
	return nil
}

// within checks d without ever writing out an enormous one.
func within(name string, d, low, high decimal.Decimal) error {
	if !reserve.InRange(d) {
		return fmt.Errorf("%w: %s of %d digits with exponent %d: must be below 1e30 with at most %d decimals", ErrInvalid, name, d.NumDigits(), d.Exponent(), reserve.Scale)
	}
	if d.LessThan(low) || d.GreaterThan(high) {
		return fmt.Errorf("%w: %s %s: must be in [%s, %s]", ErrInvalid, name, d, low, high)
	}
	return nil
}

func (c Config) windowMinutes() int { return int(c.Window / time.Minute) }
