package monitor

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Observation is the reserve as it stands. Amounts are units with at most 18
// decimals.
type Observation struct {
	At        time.Time       // UTC, later than the last observation
	Outflow   decimal.Decimal // net outflow of B since the last observation, refills not counted; negative is inflow
	Available decimal.Decimal // B can spend this now
	InFlight  decimal.Decimal // on its way to B, >= 0: refills that left the vault

	Vault          decimal.Decimal // E has this available, >= 0
	Bridge         decimal.Decimal // D has this available, >= 0; unused without a BridgeBuffer
	BridgeInFlight decimal.Decimal // on its way to D, >= 0

	Outcomes []Outcome `json:",omitempty"` // what became of requests, at most 16; repetitions do no harm
}

// Outcome is what became of the request of that ID.
type Outcome struct {
	ID     uint64
	Result Result
}

// Result is the end of a request. The zero Result is invalid.
type Result string

// The results.
const (
	Settled  Result = "settled"  // it arrived
	Rejected Result = "rejected" // it will not happen: refused, capped or failed
)

const maxOutcomes = 16

// validate checks o against the state that it meets.
func (o Observation) validate(state State) error {
	if !o.At.After(state.At) {
		return fmt.Errorf("%w: At %v: must be after %v", ErrInvalid, o.At, state.At)
	}
	for _, field := range []struct {
		name       string
		value, low decimal.Decimal
	}{
		{"Outflow", o.Outflow, lowest},
		{"Available", o.Available, lowest},
		{"InFlight", o.InFlight, decimal.Zero},
		{"Vault", o.Vault, decimal.Zero},
		{"Bridge", o.Bridge, decimal.Zero},
		{"BridgeInFlight", o.BridgeInFlight, decimal.Zero},
	} {
		if err := within(field.name, field.value, field.low, maxAmount); err != nil {
			return err
		}
	}
	if open := state.Flow.Open.Add(o.Outflow); open.Abs().GreaterThan(maxMinuteFlow) {
		return fmt.Errorf("%w: Outflow %s: must keep the open minute within %s either way", ErrInvalid, o.Outflow, maxMinuteFlow)
	}
	if len(o.Outcomes) > maxOutcomes {
		return fmt.Errorf("%w: %d Outcomes: must be at most %d", ErrInvalid, len(o.Outcomes), maxOutcomes)
	}
	for i, outcome := range o.Outcomes {
		if outcome.Result != Settled && outcome.Result != Rejected {
			return fmt.Errorf("%w: Outcomes[%d].Result %q: must be %q or %q", ErrInvalid, i, outcome.Result, Settled, Rejected)
		}
	}
	return nil
}
