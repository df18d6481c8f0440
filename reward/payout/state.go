package payout

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// State is what a payout knows of those before it. The zero State is a fresh
// start: the first payout is due one Config.Every later.
type State struct {
	Since      time.Time       // of the first observation: payouts are due at whole multiples of Config.Every after it
	At         time.Time       // of the last observation
	NextAt     time.Time       // when the next batch is due
	After      string          // account after which the next look at the debts begins; "" for the first
	Generation uint64          // of the last batch
	LastSeq    uint64          // of the last command that was answered
	Paused     bool            // nothing is planned and nothing handed to the payer
	Resume     *Command        `json:",omitempty"` // waits for a second person
	Live       []Live          `json:",omitempty"` // batches that are not final, oldest first
	Day        time.Time       // UTC midnight of the day that Today counts for
	Today      decimal.Decimal // total of the batches planned on that day, whatever became of them
}

// Live is a batch that is not final. Its lines are in the ledger.
type Live struct {
	ID       string
	Total    decimal.Decimal
	Phase    Phase
	TxID     string    // of a paid one
	Attempts int       // how often the payer was asked to pay it since it came into its phase
	TriedAt  time.Time // when the payer was last asked to pay it or to make it void
	GivenUp  bool      // the payer is asked to make it void
	Asked    *Command  `json:",omitempty"` // waits for a second person
}

// Observation is what is owed and what became of the live batches.
type Observation struct {
	At       time.Time          // UTC, not before the last
	Debts    []Debt             `json:",omitempty"` // when a batch is due: up to Config.MaxDebts after State.After, by rising account
	Receipts map[string]Receipt `json:",omitempty"` // by live batch, those that the payer answered for
	Faults   map[string]string  `json:",omitempty"` // by live batch, why there is no receipt: for people
	Commands []Command          `json:",omitempty"` // up to 64, Seqs rising; those answered already do no harm
}

// Limits on what comes from outside.
const (
	maxLive     = 100 // batches; each is asked for at every look
	maxCommands = 64
	lastYear    = 2200
)

// due reports whether a batch is to be planned at that time. The World asks for
// the debts if it is, and only then.
func (s State) due(at time.Time) bool {
	return !s.Paused && len(s.Live) < maxLive && !s.Since.IsZero() && !at.Before(s.NextAt)
}

// validate checks o against the engine and the state that it meets.
func (e *Engine) validate(s State, o Observation) error {
	if err := check(
		rule{o.At.Year() >= 1970 && o.At.Year() <= lastYear, "At", o.At, fmt.Sprintf("must be from 1970 to %d", lastYear)},
		rule{!o.At.Before(s.At), "At", o.At, "must not be before " + s.At.String()},
		rule{len(o.Debts) <= e.cfg.MaxDebts, "Debts", len(o.Debts), fmt.Sprintf("must be at most %d", e.cfg.MaxDebts)},
		rule{len(o.Commands) <= maxCommands, "Commands", len(o.Commands), fmt.Sprintf("must be at most %d", maxCommands)},
	); err != nil {
		return err
	}
	last := s.After
	for i, d := range o.Debts {
		if err := check(
			rule{d.Account > last && valid.Named(d.Account), "Debt.Account", d.Account, "must come after the one before and have 1 to 256 bytes of UTF-8"},
			rule{valid.Named(d.Address), "Debt.Address", d.Address, "must have 1 to 256 bytes of UTF-8"},
			rule{valid.Positive(d.Amount), "Debt.Amount", d.Amount, valid.MustBePositive},
		); err != nil {
			return fmt.Errorf("debt %d: %w", i, err)
		}
		last = d.Account
	}
	for _, b := range s.Live { // in their order, so that equal questions have equal errors
		if r, ok := o.Receipts[b.ID]; ok {
			if err := r.validate(); err != nil {
				return fmt.Errorf("receipt of %s: %w", b.ID, err)
			}
		}
	}
	var seq uint64
	for i, c := range o.Commands {
		if err := check(rule{c.Seq > seq, "Command.Seq", c.Seq, "must be higher than the one before"}); err != nil {
			return fmt.Errorf("command %d: %w", i, err)
		}
		seq = c.Seq
	}
	return nil
}

// clone separates what a step changes from what it was given.
func (s State) clone() State {
	s.Live = slices.Clone(s.Live)
	return s
}
