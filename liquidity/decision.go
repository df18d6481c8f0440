package liquidity

import (
	"time"

	"github.com/shopspring/decimal"
)

// Decision is what one look at all banks led to.
type Decision struct {
	Reason  Reason       // for the whole
	Banks   []Suggestion `json:",omitempty"` // one per bank, by rising bank: an action, or why there is none
	Offset  *Offset      `json:",omitempty"` // payments that could settle against each other, before anything is lent for them
	Moves   []Move       `json:",omitempty"` // what became of actions, in the order in which it happened
	Answers []Answer     `json:",omitempty"` // to the commands, one each
	Alerts  []Alert      `json:",omitempty"` // for people, at once
	LastSeq uint64       // of the last command that was answered, now or before

	Send []Transfer `json:",omitempty"` // to be made now: again, if need be
	Void []Voiding  `json:",omitempty"` // transfers that are never to be made
}

// Suggestion is the plan for one bank.
type Suggestion struct {
	Bank           string
	Ratio          decimal.Decimal // liquid to obligations, to 4 decimals; 0 without obligations
	EffectiveRatio decimal.Decimal // with what is in flight
	Action         Side            // that is taken; [None] if a gate failed or nothing is to be done
	Would          Side            `json:",omitempty"` // what it would be if no gate had failed
	Amount         decimal.Decimal // of the action
	Wanted         decimal.Decimal `json:",omitzero"`  // before gates and clips
	Cause          Cause           `json:",omitempty"` // of the action, or of what it would be
	Reasons        []Reason        `json:",omitempty"` // every gate that failed, or what clipped the amount, in a fixed order
	Approval       bool            `json:",omitzero"`  // it waits for a person
	ID             string          `json:",omitempty"` // of the action that it became
}

// Side is which way money moves. Its zero value is no suggestion yet.
type Side string

// The sides.
const (
	None     Side = "NONE"
	Inject   Side = "INJECT"   // from the pool to a bank
	Withdraw Side = "WITHDRAW" // back
)

// Cause says what made an action.
type Cause string

// The causes.
const (
	BelowFloor   Cause = "below_floor"
	Predicted    Cause = "predicted"
	AboveCeiling Cause = "above_ceiling"
	Due          Cause = "due"    // a loan is
	Manual       Cause = "manual" // a person wants it
)

// Reason says why something was done or not.
type Reason string

// What was done as a whole.
const (
	Suggested Reason = "suggested" // nothing: the mode does not act
	Idle      Reason = "idle"      // no bank needs anything
	Held      Reason = "held"      // some need something, and gates keep all of it back
	Acting    Reason = "acting"    // at least one action began
	Killed    Reason = "killed"    // the switch of all is tripped
)

// Why nothing is to be done about a bank.
const (
	RatioInBand    Reason = "ratio_in_band"
	InFlightCovers Reason = "in_flight_covers" // it would be out of the band without what is in flight
	NoObligations  Reason = "no_obligations"   // there is no ratio
	Unlicensed     Reason = "prediction_unlicensed"
)

// The gates, in the order in which they are told.
const (
	KillSwitch      Reason = "kill_switch"
	NoData          Reason = "no_data"
	StaleData       Reason = "stale_data"
	JumpUnconfirmed Reason = "jump_unconfirmed" // one source, one observation: it waits for the next
	ManualHold      Reason = "manual_hold"
	UnknownOutcome  Reason = "unknown_outcome" // of a transfer: until it is known
	ApprovalPending Reason = "approval_pending"
	Cooldown        Reason = "cooldown"
	InFlightLimit   Reason = "in_flight_limit"
	RateLimit       Reason = "too_many_actions" // in an hour

	// Only for an injection.
	OffsetFirst     Reason = "offset_first" // its payments could settle against others: cheaper than a loan
	FXVolatile      Reason = "fx_volatile"
	CBDCFlow        Reason = "cbdc_flow_exhausted"
	NoCollateral    Reason = "no_collateral"
	BudgetExhausted Reason = "budget_window_exhausted"
	PredictedSpent  Reason = "budget_predictive_exhausted"
	BankExhausted   Reason = "budget_bank_exhausted"
	PoolExhausted   Reason = "pool_floor_exhausted"
	LimitMismatch   Reason = "limit_mismatch" // no provider that is there takes such an amount

	// Only for a withdrawal.
	NotEasing       Reason = "congestion_not_falling"
	FXNotStable     Reason = "fx_not_stable"
	DwellNotMet     Reason = "dwell_not_met"
	StressPredicted Reason = "stress_predicted"
	NothingLent     Reason = "nothing_outstanding"

	BelowMinimum Reason = "below_minimum"
)

// What clipped an amount, in the order in which it is applied.
const (
	ClippedRemainder   Reason = "clipped_remainder" // only what the last injection lacks is exempt from the cooldown
	ClippedAction      Reason = "clipped_per_action_cap"
	ClippedSRI         Reason = "clipped_sri"
	ClippedFX          Reason = "clipped_fx_volatility"
	ClippedShare       Reason = "clipped_pro_rata"
	ClippedCBDC        Reason = "clipped_cbdc_flow"
	ClippedCollateral  Reason = "clipped_collateral"
	ClippedBudget      Reason = "clipped_budget_window"
	ClippedPredictive  Reason = "clipped_budget_predictive"
	ClippedBank        Reason = "clipped_budget_bank"
	ClippedPool        Reason = "clipped_pool_floor"
	ClippedProvider    Reason = "clipped_provider_limit"
	ClippedOutstanding Reason = "clipped_outstanding" // no more is lent
)

// Why an action or a switch moved.
const (
	Expired         Reason = "approval_expired"
	Outdated        Reason = "account_changed" // since it was proposed
	ApproverIsMaker Reason = "approver_is_maker"
	Rejected        Reason = "rejected"
	Declared        Reason = "declared" // by two people
	Partial         Reason = "partial"  // some of its transfers failed
	Silence         Reason = "no_answer"

	BooksBroken  Reason = "books_broken" // the pool's accounts do not add up
	TotalFell    Reason = "total_fell"   // a provider takes back what it said
	Overdrawn    Reason = "overdrawn"    // a provider redeems, or has to return, more than is free
	WrongAmount  Reason = "wrong_amount" // a transfer moved another amount than was asked for
	ClockBack    Reason = "clock_went_back"
	Failing      Reason = "failing" // too often in a row
	GlassBroken  Reason = "break_glass"
	BreakerOpen  Reason = "breaker_open"
	LateReversal Reason = "reversed_after_repayment"
)

// Move takes an action from one phase to another.
type Move struct {
	ID, Bank string
	From, To Phase
	Amount   decimal.Decimal
	Reason   Reason `json:",omitempty"`
	By       string `json:",omitempty"` // who decided it
	Note     string `json:",omitempty"` // the executor's
}

// Alert is something that people have to look at.
type Alert struct {
	Reason Reason
	Bank   string `json:",omitempty"` // "" is the pool
	Note   string `json:",omitempty"`
}

// Transfer is money to be moved between a provider and a bank. Its ID is the
// idempotency key: one transfer per ID, however often it is asked for.
type Transfer struct {
	ID       string
	Bank     string
	Provider string
	Side     Side
	Loan     string          `json:",omitempty"` // that a withdrawal repays
	Amount   decimal.Decimal // > 0, principal
	Interest decimal.Decimal `json:",omitzero"` // to be paid beside it by a withdrawal
	Until    time.Time       // not to be begun later than this; it is asked for again
}

// Voiding names a transfer that is never to be made.
type Voiding struct{ ID, Provider string }
