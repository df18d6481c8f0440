package monitor

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// Decision is one step's outcome.
type Decision struct {
	Level    reserve.Level // announced
	Measured reserve.Level // now, before hysteresis
	Reason   Reason
	Alerts   []Alert `json:",omitempty"` // in the order in which they arose; each is raised once, when its cause begins

	Required    decimal.Decimal // SF × P × T, units
	Coverage    decimal.Decimal // available / required, rounded down to 8 decimals
	Runway      time.Duration   // of what is available, at P
	Projected   time.Duration   // the same at the mean of the last five minutes
	Peak        reserve.Peak    // P and where it comes from
	RollingPeak decimal.Decimal // largest net outflow of any T minutes on record, units

	Refills []Refill // of B, and of D if a bridge buffer is kept
}

// Reason says why the announced level is what it is.
type Reason string

// Every decision carries exactly one of these.
const (
	Steady   Reason = "steady"        // measured as announced
	Worsened Reason = "worsened"      // announced at once
	Early    Reason = "early_warning" // HIGH because the present flow would empty the reserve within T
	Settling Reason = "settling"      // better, but not yet for five minutes
	Improved Reason = "improved"      // better for five minutes
)

// Alert is what a person should hear of.
type Alert string

// The alerts.
const (
	LevelWorse  Alert = "level_worse"
	LevelBetter Alert = "level_better"
	PeakRaised  Alert = "peak_raised"  // history now asks for more than the configured peak
	Blind       Alert = "blind"        // nothing was observed for longer than the window
	RefillLate  Alert = "refill_late"  // a request is outstanding for longer than RefillPatience
	RefillShort Alert = "refill_short" // the cap or the vault allows less than is wanted
)

// Refill is a request to the vault, or the reason why there is none.
type Refill struct {
	ID            uint64         // 0 for none
	From, To      reserve.Bucket // E, and B or D
	Amount        decimal.Decimal
	Wanted        decimal.Decimal // before the cap and the vault's balance
	NeedsApproval bool            // of two people
	Reason        RefillReason
}

// RefillReason says why a refill is, or is not, asked for.
type RefillReason string

// Every refill carries exactly one of these.
const (
	Requested    RefillReason = "requested"
	Covered      RefillReason = "covered"       // the bucket has enough
	Outstanding  RefillReason = "outstanding"   // one is on its way
	Refused      RefillReason = "refused"       // one was rejected a short while ago
	BelowMinimum RefillReason = "below_minimum" // too little is missing
	CapUsed      RefillReason = "cap_used"      // the daily cap leaves too little
	VaultShort   RefillReason = "vault_short"   // the vault has too little
)
