package pool

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Kind says what an [Event] is about.
type Kind string

// What happens to a provider.
const (
	Waiting    Kind = "waiting"    // for the pool, which is not ready yet
	Placed     Kind = "placed"     // orders on the venue
	Registered Kind = "registered" // or found to be
	Submitted  Kind = "submitted"  // a proof
	Earned     Kind = "earned"     // what the server shows of us has changed
	Credited   Kind = "credited"   // a round has taken place that we had a share in
	Cancelled  Kind = "cancelled"  // the orders on the venue
	Finished   Kind = "finished"   // a round has credited nothing any more
	Failed     Kind = "failed"     // something that is tried again
)

// Event is something that a person may want to see. Text says it in a sentence.
type Event struct {
	At     time.Time `json:"at"`
	Kind   Kind      `json:"event"`
	Text   string    `json:"text"`
	Earned *Earnings `json:"earned,omitempty"` // of Earned
	Round  *Verdict  `json:"round,omitempty"`  // of Credited
}

// Earnings is what the server shows of a user.
type Earnings struct {
	Total  decimal.Decimal `json:"total"`
	Unpaid decimal.Decimal `json:"unpaid"`
	Orders []Sighting      `json:"orders"` // the newest of each order
}

// Sighting is how the server saw an order last, and what became of it.
type Sighting struct {
	Order  string          `json:"order"` // the venue's name for it
	Side   exchange.Side   `json:"side"`
	Price  decimal.Decimal `json:"price"`
	Amount decimal.Decimal `json:"amount"`
	Rank   string          `json:"rank"`
	State  string          `json:"state"`
	Credit decimal.Decimal `json:"credit"`
}
