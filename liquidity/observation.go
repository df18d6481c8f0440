package liquidity

import (
	"cmp"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Observation is how banks and pool are, what became of our transfers, and what
// people want.
type Observation struct {
	At        time.Time          // UTC, not before the last
	Banks     []Position         `json:",omitempty"` // by rising bank, one each
	Providers []Provider         `json:",omitempty"` // by rising ID, one each; one that is missing lends nothing new
	Queue     []Payment          `json:",omitempty"` // payments that wait for liquidity, each payer's in the order in which it wants them settled
	Receipts  map[string]Receipt `json:",omitempty"` // by transfer, those that the executor answered for
	Faults    map[string]string  `json:",omitempty"` // by what could not be asked, why: for people
	Commands  []Command          `json:",omitempty"` // up to 64, Seqs rising; those answered already do no harm
}

// Position is how one bank stands.
type Position struct {
	Bank        string
	Kind        Kind   // Config.Kind
	Currency    string // Config.Currency
	Source      string // who says so
	At          time.Time
	Liquid      decimal.Decimal // >= 0; a settled injection is part of it once At is after it
	Obligations decimal.Decimal // >= 0; without any there is no ratio and nothing is done

	// What else speaks for or against an action. The zero values are neutral.
	SRI          decimal.Decimal     `json:",omitzero"` // sovereign risk, 0 to 100
	FXVolatility decimal.Decimal     `json:",omitzero"` // of the bank's currency, an index >= 0
	CBDCRoom     decimal.NullDecimal `json:",omitzero"` // how much the flow limits of its CBDC let in now; null is no limit
	Congestion   decimal.Decimal     `json:",omitzero"` // queued to settled value, see [QueueState.Congestion]
	Collateral   decimal.Decimal     `json:",omitzero"` // market value of what it pledged to the pool; counts if Config.Secured
	PBreach      decimal.Decimal     `json:",omitzero"` // predicted probability, 0 to 1, that the ratio falls below the floor
	Licensed     bool                `json:",omitzero"` // the predictor has proved its skill on data that it had not seen
}

// Provider is one source of the pool's money. The totals never fall, so that one
// that is read twice is booked once.
type Provider struct {
	ID          string
	Down        bool            `json:",omitzero"` // lends nothing new
	Contributed decimal.Decimal // in all, >= 0
	Redeemed    decimal.Decimal `json:",omitzero"` // in all, >= 0
	Min, Max    decimal.Decimal `json:",omitzero"` // of one transfer; a Max of 0 is no limit
}

// Receipt is what the executor knows of a transfer.
type Receipt struct {
	Status Status
	Amount decimal.Decimal `json:",omitzero"`  // of a settled one: the principal that moved
	Note   string          `json:",omitempty"` // why, for people, up to 256 bytes; never a secret
}

// Status is what an executor can prove. The zero Status is the careful one.
type Status string

// A Status says what may be done about a transfer.
const (
	StatusUnknown  Status = ""         // may have moved money: only the executor, later, or people can tell
	StatusUnsent   Status = "unsent"   // never sent, and nothing exists that could still be
	StatusPending  Status = "pending"  // under way
	StatusSettled  Status = "settled"  // the money has moved
	StatusFailed   Status = "failed"   // it has not and never will
	StatusReversed Status = "reversed" // it has moved and came back
)

const (
	maxCommands  = 64
	maxBanks     = 100_000
	maxProviders = 100
	maxQueue     = 10_000
	maxActions   = 256  // of one bank, those watched for a reversal too
	maxLoans     = 1024 // of one bank
	lastYear     = 2200
)

// validate checks o against the engine and the state that it meets.
func (e *Engine) validate(s *State, o *Observation) error {
	if err := check(
		rule{o.At.Year() >= 1970 && o.At.Year() <= lastYear, "At", o.At, fmt.Sprintf("must be from 1970 to %d", lastYear)},
		rule{!o.At.Before(s.At), "At", o.At, "must not be before " + s.At.String()},
		rule{len(o.Banks) <= maxBanks, "Banks", len(o.Banks), fmt.Sprintf("must be at most %d", maxBanks)},
		rule{len(o.Providers) <= maxProviders, "Providers", len(o.Providers), fmt.Sprintf("must be at most %d", maxProviders)},
		rule{len(o.Queue) <= maxQueue, "Queue", len(o.Queue), fmt.Sprintf("must be at most %d", maxQueue)},
		rule{len(o.Commands) <= maxCommands, "Commands", len(o.Commands), fmt.Sprintf("must be at most %d", maxCommands)},
	); err != nil {
		return err
	}
	last := ""
	for i := range o.Banks {
		p := &o.Banks[i]
		if err := e.validatePosition(p); err != nil {
			return fmt.Errorf("position of %.64q: %w", p.Bank, err)
		}
		if p.Bank <= last {
			return invalid("Position.Bank", p.Bank, "must come after the one before")
		}
		last = p.Bank
	}
	last = ""
	for _, p := range o.Providers {
		if err := p.validate(last); err != nil {
			return err
		}
		last = p.ID
	}
	return cmp.Or(validateQueue(o.Queue), validateReceipts(s, o), validateCommands(o.Commands))
}

// Validate reports what is wrong with a position for this engine, so that one
// bank's can be left out instead of stopping all.
func (e *Engine) Validate(p Position) error { return e.validatePosition(&p) }

// validatePosition builds no error before one is needed: there are many banks.
func (e *Engine) validatePosition(p *Position) error {
	switch {
	case !valid.Named(p.Bank):
		return invalid("Position.Bank", p.Bank, valid.MustBeNamed)
	case p.Kind != e.cfg.Kind:
		return invalid("Position.Kind", string(p.Kind), "must be "+string(e.cfg.Kind))
	case p.Currency != e.cfg.Currency:
		return invalid("Position.Currency", p.Currency, "must be "+e.cfg.Currency)
	case len(p.Source) > valid.MaxText:
		return invalid("Position.Source", p.Source, "must have at most 256 bytes")
	case p.At.Year() < 1970 || p.At.Year() > lastYear:
		return invalid("Position.At", p.At, "must be from 1970 to 2200")
	case !valid.NotNegative(p.Liquid):
		return invalid("Position.Liquid", p.Liquid, valid.MustBeAmount)
	case !valid.NotNegative(p.Obligations):
		return invalid("Position.Obligations", p.Obligations, valid.MustBeAmount)
	case !valid.NotNegative(p.SRI) || p.SRI.GreaterThan(hundred):
		return invalid("Position.SRI", p.SRI, "must be 0 to 100")
	case !valid.NotNegative(p.FXVolatility):
		return invalid("Position.FXVolatility", p.FXVolatility, valid.MustBeAmount)
	case p.CBDCRoom.Valid && !valid.NotNegative(p.CBDCRoom.Decimal):
		return invalid("Position.CBDCRoom", p.CBDCRoom.Decimal, valid.MustBeAmount)
	case !valid.NotNegative(p.Congestion):
		return invalid("Position.Congestion", p.Congestion, valid.MustBeAmount)
	case !valid.NotNegative(p.Collateral):
		return invalid("Position.Collateral", p.Collateral, valid.MustBeAmount)
	case !fraction(p.PBreach):
		return invalid("Position.PBreach", p.PBreach, "must be 0 to 1")
	}
	return nil
}

func (p Provider) validate(last string) error {
	return check(
		rule{valid.Named(p.ID) && p.ID > last, "Provider.ID", p.ID, "must come after the one before and have 1 to 256 bytes of UTF-8"},
		rule{valid.NotNegative(p.Contributed), "Provider.Contributed", p.Contributed, valid.MustBeAmount},
		rule{valid.NotNegative(p.Redeemed), "Provider.Redeemed", p.Redeemed, valid.MustBeAmount},
		rule{valid.NotNegative(p.Min), "Provider.Min", p.Min, valid.MustBeAmount},
		rule{valid.NotNegative(p.Max), "Provider.Max", p.Max, valid.MustBeAmount},
		rule{p.Max.IsZero() || p.Max.GreaterThanOrEqual(p.Min), "Provider.Max", p.Max, "must be 0 or at least Min"},
	)
}

func validateQueue(queue []Payment) error {
	for i, p := range queue {
		if err := p.validate(); err != nil {
			return fmt.Errorf("queued payment %d: %w", i, err)
		}
	}
	return nil
}

// validateReceipts goes by our own transfers in their order, so that equal
// questions have equal errors, and takes no notice of any other.
func validateReceipts(s *State, o *Observation) error {
	if len(o.Receipts) == 0 {
		return nil
	}
	for i := range s.Accounts {
		for _, a := range s.Accounts[i].Actions {
			for n := range a.Legs {
				r, ok := o.Receipts[a.transfer(n)]
				if !ok {
					continue
				}
				if err := r.validate(); err != nil {
					return fmt.Errorf("receipt of %s: %w", a.transfer(n), err)
				}
			}
		}
	}
	return nil
}

func (r Receipt) validate() error {
	known := false
	switch r.Status {
	case StatusUnknown, StatusUnsent, StatusPending, StatusSettled, StatusFailed, StatusReversed:
		known = true
	}
	return check(
		rule{known, "Receipt.Status", string(r.Status), "must be one of the package's"},
		rule{valid.NotNegative(r.Amount), "Receipt.Amount", r.Amount, valid.MustBeAmount},
		rule{len(r.Note) <= valid.MaxText, "Receipt.Note", r.Note, "must have at most 256 bytes"},
	)
}

func validateCommands(commands []Command) error {
	var seq uint64
	for i, c := range commands {
		if c.Seq <= seq {
			return fmt.Errorf("command %d: %w", i, invalid("Command.Seq", c.Seq, "must be higher than the one before"))
		}
		seq = c.Seq
	}
	return nil
}
