package stabilizer

import "github.com/shopspring/decimal"

// State is what an engine remembers. Its zero value is a fresh start. A State
// is a value: no step writes to what the one it was given points at, and nor
// may anybody else.
type State struct {
	Command uint64 `json:",omitempty"` // last command consumed
	Paused  bool   `json:",omitempty"`
	Halted  Reason `json:",omitempty"` // why; "" while trading

	History  History         // blocks within reorg memory
	Warm     bool            // the last measured block had all the prices of a TWAP
	Count    uint64          // blocks in a row out of band, on side Sign
	Sign     int             // +1 above the target, -1 below, 0 in band
	Engaged  int             // the Sign that was traded against and is not yet corrected
	Integral decimal.Decimal `json:",omitzero"`  // accumulated deviation, bps × blocks
	Bound    bool            `json:",omitempty"` // a limit shrank the last trade: Integral does not grow
	Depeg    uint64          `json:",omitempty"` // blocks in a row with the market beyond HaltBps
	Untraded uint64          `json:",omitempty"` // blocks measured out of band since one in band, or a trade

	Seq      uint64          // of the last intent
	Intents  []*Intent       `json:",omitempty"` // unresolved, or settled within reorg memory; oldest first
	Fills    []Fill          `json:",omitempty"` // older ones that still count towards the window cap
	LastExec uint64          // block of the last execution, which starts the cooldown
	Reverts  uint64          `json:",omitempty"` // in a row
	Misses   uint64          `json:",omitempty"` // intents in a row that expired
	Day      int64           `json:",omitempty"` // UTC day of Spent, since 1970
	Spent    decimal.Decimal `json:",omitzero"`  // lost on that day, units of Base
}

// Intent is an order that was decided on.
type Intent struct {
	Order
	Since   uint64          // block of the last attempt
	Tries   uint64          `json:",omitempty"` // attempts after the first
	Unsent  bool            `json:",omitempty"` // the last attempt certainly never reached the chain
	Settled uint64          `json:",omitempty"` // block of the outcome; 0 while unresolved
	Outcome Outcome         `json:",omitempty"`
	Filled  decimal.Decimal `json:",omitzero"`  // of Base
	Held    decimal.Decimal `json:",omitzero"`  // of the anchor, after the first of two legs
	HeldAt  uint64          `json:",omitempty"` // block of that leg
	Leg     string          `json:",omitempty"` // ID of the attempt at the second leg; "" while none is under way
	Legs    uint64          `json:",omitempty"` // attempts at it
	Worth   decimal.Decimal `json:",omitzero"`  // target price at the decision
	PnL     decimal.Decimal `json:",omitzero"`  // expected
	Booked  bool            `json:",omitempty"` // its loss is in State.Spent
	Dry     bool            `json:",omitempty"`
}

// Fill is the volume of an intent that no reorg can reach.
type Fill struct {
	Block uint64
	Size  decimal.Decimal
}

// TxID is the ID under which the intent was last sent. It differs from Order.ID
// once the second of two legs is on its own.
func (in Intent) TxID() string {
	if in.Leg != "" {
		return in.Leg
	}
	return in.ID
}

// Phase tells where the engine stands.
func (s State) Phase() Phase {
	switch {
	case s.Halted != "":
		return PhaseHalted
	case s.Paused:
		return PhasePaused
	case s.unresolved() >= 0:
		return PhasePending
	case !s.Warm:
		return PhaseWarmup
	case s.Engaged != 0:
		return PhaseEngaged
	case s.Count > 0:
		return PhaseWatch
	}
	return PhaseIdle
}

// Unresolved returns the intents whose outcome is not known, oldest first.
func (s State) Unresolved() []*Intent {
	var open []*Intent
	for _, in := range s.Intents {
		if in.Settled == 0 {
			open = append(open, in)
		}
	}
	return open
}

// unresolved returns the index of the oldest unresolved intent, or -1.
func (s State) unresolved() int {
	for i, in := range s.Intents {
		if in.Settled == 0 {
			return i
		}
	}
	return -1
}

// disengage forgets the present deviation.
func (s *State) disengage() {
	s.Count, s.Sign, s.Engaged = 0, 0, 0
	s.Integral, s.Bound = decimal.Zero, false
}
