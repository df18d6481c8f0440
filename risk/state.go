package risk

import (
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// State is what an engine remembers of one instrument. The zero State is a fresh
// start.
type State struct {
	At      time.Time
	ISIN    market.ISIN `json:",omitempty"` // of all looks; empty before the first
	LastSeq uint64      // of the last command that was answered
	// Track is the one that the last translation was made from, so that a record is
	// enough to make it again.
	Track Track
	// Translated is the number of the look, as Track.Looks counts them, that the newest
	// translation is of; 0 before there is one.
	Translated uint64 `json:",omitempty"`
	Peaks      Peaks  `json:",omitempty"` // what the next liquidity index is compared with
	Told       Told
	Holds      []AlertType `json:",omitempty"` // the alerts whose cause holds, in order
	Numbers    Numbers
}

// Told is what people were told last. An empty part was never told.
type Told struct {
	Risk      string        `json:",omitempty"` // digest of the risk summary and the warnings, as professionals see them
	Liquidity string        `json:",omitempty"` // of the liquidity profile
	Exits     string        `json:",omitempty"` // of the ways out
	Open      []market.Path `json:",omitempty"` // those that were available
}

// Numbers are those of the last events, by kind; of alerts, by severity too. 0 is
// that there was none.
type Numbers struct {
	Risk, Liquidity, Exits  uint64
	Info, Warning, Critical uint64
}

// Last is the number of the last event of all.
func (n Numbers) Last() uint64 {
	return max(n.Risk, n.Liquidity, n.Exits, n.Info, n.Warning, n.Critical)
}

// With returns the numbers after an event.
func (n Numbers) With(e Event) Numbers {
	switch {
	case e.Kind == RiskUpdate:
		n.Risk = e.Number
	case e.Kind == LiquidityUpdate:
		n.Liquidity = e.Number
	case e.Kind == ExitPathUpdate:
		n.Exits = e.Number
	case e.Alert == nil:
	case e.Alert.Severity == Critical:
		n.Critical = e.Number
	case e.Alert.Severity == Warning:
		n.Warning = e.Number
	default:
		n.Info = e.Number
	}
	return n
}
