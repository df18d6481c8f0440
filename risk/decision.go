package risk

import (
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Decision is what one look led to.
type Decision struct {
	Reason      Reason
	Fault       string       `json:",omitempty"` // of [NoInputs]: why, for people
	Translation *Translation `json:",omitempty"` // nil of [NoInputs]
	Events      []Event      `json:",omitempty"` // to be told, in order
	Before      Numbers      // of the events before these
	Answers     []Answer     `json:",omitempty"` // to the commands, one each
	Metrics     Metrics
	LastSeq     uint64 // of the last command that was answered, now or before
}

// Reason says why a decision is what it is.
type Reason string

// The reasons.
const (
	Changed  Reason = "changed"   // there is something to tell
	Same     Reason = "same"      // what people were told still holds
	NoInputs Reason = "no_inputs" // there is nothing that could be translated
)

// Event is something that people are told.
type Event struct {
	Number uint64 // 1, 2, 3 ... of the instrument; events keep it whenever they are told again
	Kind   Kind
	Alert  *Alert `json:",omitempty"` // of [Alerted]
}

// Kind is what an event is about.
type Kind string

// The kinds.
const (
	RiskUpdate      Kind = "risk_update"      // scores or warnings
	LiquidityUpdate Kind = "liquidity_update" // the liquidity profile
	ExitPathUpdate  Kind = "exit_path_update" // the ways out
	Alerted         Kind = "alert"
)

// Alert is something that people have to look at.
type Alert struct {
	Type     AlertType   `json:"alert_type"`
	Message  string      `json:"message"`
	Severity Severity    `json:"severity"`
	ISIN     market.ISIN `json:"isin"`
	At       time.Time   `json:"timestamp"`
}

// AlertType is an alert in a word.
type AlertType string

// The alerts.
const (
	HighRisk      AlertType = "high_risk"         // the overall score is critical
	Deterioration AlertType = "liquidity_warning" // the index fell, or the maker left
	ExitFailure   AlertType = "exit_path_failure" // a way out was closed
	NoExit        AlertType = "no_exit_path"      // there is none left
	DataQuality   AlertType = "data_quality"      // data are missing, stale or outdated
)

// Severity says how much an alert matters.
type Severity string

// The severities.
const (
	Info     Severity = "info" // the cause of an alert is gone
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Answer says what became of a command.
type Answer struct {
	Seq   uint64
	Reply Reply
}

// Reply is an Answer in a word.
type Reply string

// The replies.
const (
	Done      Reply = "done"
	Known     Reply = "known" // the outcome was reported before
	Malformed Reply = "malformed"
)
