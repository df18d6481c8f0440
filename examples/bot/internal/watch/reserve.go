package watch

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

// Reserve is how a reserve stood at one look. Amounts are in the quote token.
type Reserve struct {
	At        time.Time       `json:"at"`
	Level     reserve.Level   `json:"reserve_level,omitempty"` // 0 if nothing could be decided
	Available decimal.Decimal `json:"available"`
	Required  decimal.Decimal `json:"required"`
	Coverage  decimal.Decimal `json:"reserve_ratio"` // available / required
	Runway    time.Duration   `json:"runway_ns"`     // at the peak
	Alerts    []monitor.Alert `json:"alerts,omitempty"`
	Refills   []Refill        `json:"refills,omitempty"` // asked for at this look
	Fault     string          `json:"fault,omitempty"`
}

// Refill is what people are asked to send.
type Refill struct {
	ID     uint64          `json:"id"`
	Amount decimal.Decimal `json:"amount"`
	Two    bool            `json:"needs_two_people"`
	Text   string          `json:"text"`
}

// Reserves returns a reserve's world that tells how it stands.
func Reserves(
	inner evenkeel.World[monitor.State, monitor.Observation, monitor.Decision], tell func(Reserve),
) *World[monitor.State, monitor.Observation, monitor.Decision] {
	return Over(inner, 0, nil, func(s Step[monitor.State, monitor.Observation, monitor.Decision]) { tell(reserveOf(&s)) })
}

func reserveOf(step *Step[monitor.State, monitor.Observation, monitor.Decision]) Reserve {
	r := Reserve{At: step.At}
	if step.Fault != nil {
		r.Fault = step.Fault.Error()
	}
	d := step.Decision
	if d == nil {
		return r
	}
	r.Level, r.Required, r.Coverage, r.Runway, r.Alerts = d.Level, d.Required, d.Coverage, d.Runway, d.Alerts
	r.Available = step.Seen.Available
	for _, ask := range d.Refills {
		if ask.Reason != monitor.Requested {
			continue
		}
		people := "one person"
		if ask.NeedsApproval {
			people = "two people"
		}
		r.Refills = append(r.Refills, Refill{
			ask.ID, ask.Amount, ask.NeedsApproval,
			fmt.Sprintf("REFILL %d: send %v from the vault to the contract (%s)", ask.ID, ask.Amount, people),
		})
	}
	return r
}
