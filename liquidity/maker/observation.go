package maker

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Observation is one look at a market and at our account there.
type Observation struct {
	At       time.Time       // UTC, not before the last
	Market   exchange.Market // its rules
	Price    *exchange.Price `json:",omitempty"` // reference price; nil if there is none
	Fault    string          `json:",omitempty"` // why there is none, for people
	BestBid  decimal.Decimal `json:",omitzero"`  // of the whole book, ours included; 0 if there is none
	BestAsk  decimal.Decimal `json:",omitzero"`
	Base     exchange.Balance
	Quote    exchange.Balance
	Open     []exchange.Order          `json:",omitempty"` // all of the account in this pair, oldest first, those of others' making included
	Done     map[string]exchange.Order `json:",omitempty"` // by ClientID, those of our orders that are not open: filled or cancelled
	Refused  map[string]string         `json:",omitempty"` // by ClientID, why the venue refused to place it: it never will
	Unknown  []string                  `json:",omitempty"` // ClientIDs of our orders of which the venue could not be asked
	Commands []Command                 `json:",omitempty"` // up to 64, Seqs rising; those answered already do no harm
}

// Command is a person's decision.
type Command struct {
	Seq uint64 // its number among the commands, from 1
	By  string // who
	Do  Verb
	Why string `json:",omitempty"`
}

// Verb is what a command asks for.
type Verb string

// The verbs.
const (
	Halt   Verb = "halt"   // cancel all, and quote nothing more
	Resume Verb = "resume" // after a halt; what the account is worth now becomes what losses are counted from
)

const (
	maxOpen     = 2000
	maxCommands = 64
	lastYear    = 2200
)

func (e *Engine) validate(s *State, o *Observation) error {
	if err := check(
		rule{o.At.Year() >= 1970 && o.At.Year() <= lastYear, "At", o.At, "must be from 1970 to 2200"},
		rule{!o.At.Before(s.At), "At", o.At, "must not be before " + s.At.String()},
		rule{o.Market.Validate() == nil, "Market", o.Market, "must be one that can be traded"},
		rule{o.Market.Pair == e.cfg.Pair, "Market.Pair", o.Market.Pair, "must be " + e.cfg.Pair.String()},
		rule{o.Price == nil || valid.Positive(o.Price.Value), "Price", o.Price, valid.MustBePositive},
		rule{valid.NotNegative(o.BestBid), "BestBid", o.BestBid, valid.MustBeAmount},
		rule{valid.NotNegative(o.BestAsk), "BestAsk", o.BestAsk, valid.MustBeAmount},
		rule{valid.NotNegative(o.Base.Free) && valid.NotNegative(o.Base.Held), "Base", o.Base, valid.MustBeAmount},
		rule{valid.NotNegative(o.Quote.Free) && valid.NotNegative(o.Quote.Held), "Quote", o.Quote, valid.MustBeAmount},
		rule{len(o.Open) <= maxOpen, "Open", len(o.Open), "must be at most 2000"},
		rule{len(o.Done) <= maxOpen, "Done", len(o.Done), "must be at most 2000"},
		rule{len(o.Commands) <= maxCommands, "Commands", len(o.Commands), "must be at most 64"},
	); err != nil {
		return err
	}
	for i := range o.Open {
		if err := e.validOrder("Open", &o.Open[i], o.Open[i].Status == exchange.Open); err != nil {
			return err
		}
	}
	for i := range s.Intents { // in their order, so that equal questions have equal errors
		done, ok := o.Done[s.Intents[i].ClientID]
		if !ok {
			continue
		}
		if err := e.validOrder("Done", &done, done.Status == exchange.Filled || done.Status == exchange.Cancelled); err != nil {
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

// validOrder builds no error before one is needed: there are many orders.
func (e *Engine) validOrder(field string, o *exchange.Order, status bool) error {
	switch {
	case o.Pair != e.cfg.Pair:
		return valid.Error(ErrInvalid, field+".Pair", o.Pair, "must be "+e.cfg.Pair.String())
	case !status:
		return valid.Error(ErrInvalid, field+".Status", o.Status, "must be open among Open, and filled or cancelled among Done")
	case o.Side != exchange.Bid && o.Side != exchange.Ask:
		return valid.Error(ErrInvalid, field+".Side", uint8(o.Side), "must be bid or ask")
	case !valid.Positive(o.Price):
		return valid.Error(ErrInvalid, field+".Price", o.Price, valid.MustBePositive)
	case !valid.Positive(o.Amount):
		return valid.Error(ErrInvalid, field+".Amount", o.Amount, valid.MustBePositive)
	case !valid.NotNegative(o.Filled) || o.Filled.GreaterThan(o.Amount):
		return valid.Error(ErrInvalid, field+".Filled", o.Filled, "must be 0 to Amount")
	}
	return nil
}
