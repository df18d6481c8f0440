package risk

import (
	"time"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Observation is one look at an instrument.
type Observation struct {
	At       time.Time   // UTC, not before the last
	ISIN     market.ISIN // the instrument's: always the same
	Inputs   *Inputs     `json:",omitempty"` // as of At; nil if they could not be had
	Fault    string      `json:",omitempty"` // why not, for people
	Commands []Command   `json:",omitempty"` // up to 64, Seqs rising; those answered already do no harm
}

// Command is what somebody asks for, or reports.
type Command struct {
	Seq     uint64   // its number among the commands, from 1
	By      string   // who
	Do      Verb     // what about
	Outcome *Outcome `json:",omitempty"` // of [Report]
}

// Verb is what a command is about.
type Verb string

// The verbs.
const (
	Report Verb = "report" // what became of a sale
	Retell Verb = "retell" // tell everybody everything again
)

const (
	maxCommands = 64
)

func (s State) validate(o Observation) error {
	if err := check(
		rule{valid.Dated(o.At) && o.At.UTC().Year() >= 1970, "At", o.At, "must be from 1970 to 2200"},
		rule{!o.At.Before(s.At), "At", o.At, "must not be before " + s.At.String()},
		rule{o.ISIN.Validate() == nil, "ISIN", string(o.ISIN), "must be one"},
		rule{s.ISIN == "" || o.ISIN == s.ISIN, "ISIN", string(o.ISIN), "must be " + string(s.ISIN)},
		rule{len(o.Fault) <= valid.MaxText, "Fault", o.Fault, "must have at most 256 bytes"},
		rule{len(o.Commands) <= maxCommands, "Commands", len(o.Commands), "must be at most 64"},
	); err != nil {
		return err
	}
	if in := o.Inputs; in != nil {
		if err := check(
			rule{in.Snapshot.Now.Equal(o.At), "Inputs.Snapshot.Now", in.Snapshot.Now, "must be At"},
			rule{in.Snapshot.Book.ISIN == o.ISIN, "Inputs.Snapshot.Book.ISIN", string(in.Snapshot.Book.ISIN), "must be " + string(o.ISIN)},
		); err != nil {
			return err
		}
	}
	var seq uint64
	for _, c := range o.Commands {
		if err := check(rule{c.Seq > seq, "Command.Seq", c.Seq, "must be higher than the one before"}); err != nil {
			return err
		}
		seq = c.Seq
	}
	return nil
}
