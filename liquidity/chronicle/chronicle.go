package chronicle

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

var (
	// ErrInvalid refuses a malformed query or entry and names what is wrong.
	ErrInvalid = errors.New("chronicle: invalid")
	// ErrNotFound means that there is nothing under that name.
	ErrNotFound = errors.New("chronicle: not found")
	// ErrConflict means that an entry does not follow the last one written.
	ErrConflict = errors.New("chronicle: conflict")
)

// MaxPage limits how much a query returns at once.
const MaxPage = 500

// Chronicle keeps what one engine decided, in the shape in which people ask for
// it. It holds nothing of its own but forecasts: the rest is read from the
// journal, and an empty chronicle can be filled from it again. Times are kept to
// the microsecond. Safe for concurrent use; every implementation passes
// liquiditytest.RunChronicle.
type Chronicle interface {
	// Last returns the Seq of the last record that was written; 0 of none.
	Last(ctx context.Context) (uint64, error)
	// Write takes what one record adds, all of it or nothing, and is durable on
	// return. A record that was written before changes nothing; one that does not
	// follow the last is [ErrConflict].
	Write(ctx context.Context, e Entry) error
	// Foresee takes forecasts, all or none, and is durable on return. What was
	// foreseen before under an ID stays; a malformed one is [ErrInvalid].
	Foresee(ctx context.Context, events []StressEvent) error

	// Action returns one by ID, or [ErrNotFound].
	Action(ctx context.Context, id string) (Action, error)
	// Actions returns actions as they are now, the newest first.
	Actions(ctx context.Context, q Query) (Page[Action], error)
	// Ratios returns what was seen of banks, the newest first.
	Ratios(ctx context.Context, q Query) (Page[Ratio], error)
	// Latest returns the newest ratio of each bank, by rising bank, of the banks
	// that come after that one, up to limit of them: 1 to [MaxPage].
	Latest(ctx context.Context, after string, limit int) ([]Ratio, error)
	// Stress returns forecasts, the newest first.
	Stress(ctx context.Context, q Query) (Page[StressEvent], error)
	// Postings returns the double-entry book, the newest first.
	Postings(ctx context.Context, q Query) (Page[Posting], error)

	// Forget drops ratios and forecasts from before that time, but the newest
	// ratio of each bank. It does part of the work and reports whether there is
	// more; actions and postings stay.
	Forget(ctx context.Context, before time.Time) (more bool, err error)
}

// Entry is what one journal record adds.
type Entry struct {
	Seq      uint64 // the record's
	At       time.Time
	Ratios   []Ratio   // of the banks that were seen anew, by rising bank
	Actions  []Action  // those that changed, as they are now, by rising bank
	Postings []Posting // in an order in which no account falls below zero
}

// Action is an injection or a withdrawal as it is now: the ALPS document's
// AutonomousLiquidityAction.
type Action struct {
	Number uint64 // given by the chronicle, rising, once per ID
	Bank   string
	liquidity.Action
	Reason    liquidity.Reason `json:",omitempty"` // why it changed last, if that is not the usual course
	Note      string           `json:",omitempty"` // what the executor said of it then
	ChangedAt time.Time
	Seq       uint64 // of the record that changed it last
}

// Ratio is how one bank stood when it was seen anew: the ALPS document's
// SovereignLiquidityRatio.
type Ratio struct {
	Number   uint64 // given by the chronicle, rising
	Position liquidity.Position
	Plan     liquidity.Suggestion // made of it
	SeenAt   time.Time            // of the record; Position.At is when it was so
	Seq      uint64               // of the record
}

// StressEvent is one forecast of one bank: the ALPS document's
// LiquidityStressEvent.
type StressEvent struct {
	Number uint64 // given by the chronicle, rising
	ID     string // chosen by who foresees: one event per ID
	Bank   string
	At     time.Time // when it was foreseen
	stress.Forecast
	Licensed bool   // the model has proved its skill: see stress.License
	Model    string // which, as its Identity says
}

// Validate reports what is wrong with an event as [ErrInvalid].
func (e StressEvent) Validate() error {
	return valid.Check(ErrInvalid,
		rule{valid.Named(e.ID), "StressEvent.ID", e.ID, valid.MustBeNamed},
		rule{valid.Named(e.Bank), "StressEvent.Bank", e.Bank, valid.MustBeNamed},
		rule{e.At.Year() >= 1970 && e.At.Year() <= 2200, "StressEvent.At", e.At, "must be from 1970 to 2200"},
		rule{e.P >= 0 && e.P <= 1, "StressEvent.P", e.P, "must be 0 to 1"},
		rule{len(e.Model) <= valid.MaxText, "StressEvent.Model", e.Model, "must have at most 256 bytes"},
	)
}

// Posting is one line of the pool's double-entry book: Amount leaves the account
// From and comes to To. All lines together are what each liquidity.Fund says: a
// fund's Free is what came to Free less what left it, and so on; Contributed and
// Interest are what left those accounts, Redeemed what came to it.
type Posting struct {
	Number   uint64 // given by the chronicle, rising
	Seq      uint64 // of the record
	At       time.Time
	Provider string
	Bank     string `json:",omitempty"`
	Transfer string `json:",omitempty"` // that it is about: of a loss, the one that lent it
	From, To Account
	Amount   decimal.Decimal // > 0
}

// Account is one of a provider's. Contributed, Redeemed and Interest are where
// money comes from and goes to; the others hold it.
type Account string

// The accounts; see liquidity.Fund.
const (
	Contributed Account = "contributed"
	Redeemed    Account = "redeemed"
	Interest    Account = "interest"
	Free        Account = "free"
	Reserved    Account = "reserved"
	Lent        Account = "lent"
	Losses      Account = "losses"
)
