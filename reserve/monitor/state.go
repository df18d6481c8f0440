package monitor

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// State is what the engine remembers; its zero value is a fresh start. It is
// bounded: up to 60 single minutes, seven histograms, two requests and 1,000
// refills of one day.
type State struct {
	At          time.Time     // of the last observation
	Level       reserve.Level // as announced
	Better      Improvement   // what is better than Level by now
	Peak        reserve.Peak  // in force
	Unestimated int           // minutes since Peak was estimated
	Flow        Flow
	History     History
	Requests    uint64            // refills asked for so far; the last one's ID
	Lanes       [len(lanes)]Lane  // of B and of D
	Spent       reserve.Allowance // refills settled in the last day
}

// Improvement is a stretch of measured levels above the announced one.
type Improvement struct {
	Since time.Time     // zero for none
	Worst reserve.Level // the lowest of them
}

// Lane is what a bucket has asked of the vault.
type Lane struct {
	Asked      Request   // outstanding; ID 0 for none
	Late       bool      // its lateness was reported
	Short      bool      // the vault cannot give what is wanted, and that was reported
	QuietUntil time.Time // nothing is asked for until then
}

// Request is a refill that was asked for.
type Request struct {
	ID     uint64
	Amount decimal.Decimal
	At     time.Time
}
