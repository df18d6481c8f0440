package liquidity

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// State is what an engine knows of the time before. The zero State is a fresh
// start.
type State struct {
	At       time.Time // of the last observation
	Epoch    uint64    // decisions so far: part of each action's ID
	LastSeq  uint64    // of the last command that was answered
	Kill     Switch    `json:",omitzero"`  // stops all
	Accounts []Account `json:",omitempty"` // by rising bank
	Funds    []Fund    `json:",omitempty"` // by rising provider
	Score    Score     `json:",omitzero"`  // of the shadow
}

// Account is what there is between one bank and the pool.
type Account struct {
	Bank    string
	Version uint64 // counts its entries and its actions: what an approval is bound to
	Kill    Switch `json:",omitzero"`  // stops this bank alone
	Hold    string `json:",omitempty"` // why a person keeps it out of the plan; "" does not

	Last      Begun             `json:",omitzero"`  // what the cooldown counts from
	Hour      []time.Time       `json:",omitempty"` // of the actions begun in the last hour
	Spent     reserve.Allowance `json:",omitempty"` // injections settled in the last day
	Foreseen  reserve.Allowance `json:",omitempty"` // those of them that were predictive
	Remainder decimal.Decimal   `json:",omitzero"`  // what the last injection lacks of its amount: exempt from the cooldown
	Failures  int               `json:",omitzero"`  // in a row

	Actions []Action `json:",omitempty"` // not done with, oldest first
	Loans   []Loan   `json:",omitempty"` // outstanding, oldest first
	Seen    Sighting
	Shadow  *Shadowed `json:",omitempty"` // what would have been done, not yet judged
}

// Begun is an action in short.
type Begun struct {
	Side Side
	At   time.Time
}

// Sighting is what is remembered of a bank's positions.
type Sighting struct {
	At         time.Time       // of the newest; never falls
	Source     string          `json:",omitempty"` // of that
	Ratio      decimal.Decimal `json:",omitzero"`  // the last that was believed
	Jump       decimal.Decimal `json:",omitzero"`  // the last that was not
	Congestion decimal.Decimal `json:",omitzero"`
	Easing     bool            `json:",omitzero"` // congestion is less than it was, or none
	ExcessAt   time.Time       `json:",omitzero"` // since when the ratio is above the ceiling
	OffsetAt   time.Time       `json:",omitzero"` // since when its payments could settle against others
}

// Loan is one settled transfer to a bank.
type Loan struct {
	ID          string // the transfer's
	Provider    string
	Principal   decimal.Decimal // as lent
	Outstanding decimal.Decimal // > 0, of the principal
	RateBps     decimal.Decimal `json:",omitzero"` // per year of 365 days
	HaircutBps  decimal.Decimal `json:",omitzero"`
	Collateral  decimal.Decimal `json:",omitzero"` // value that it took when it was lent, if Config.Secured
	At          time.Time       // when it settled
	Due         time.Time       // when it is returned by itself
	AskedAt     time.Time       `json:",omitzero"` // when a return was last begun
	Asked       Asked           `json:",omitzero"` // to write it off
}

// interest returns what is owed at now on that part of the principal, rounded up
// to the unit: simple, by the nanosecond, year of 365 days.
func (l Loan) interest(part decimal.Decimal, now time.Time, places int32) decimal.Decimal {
	if l.RateBps.IsZero() || !now.After(l.At) {
		return decimal.Decimal{}
	}
	owed := part.Mul(l.RateBps).Mul(decimal.New(int64(now.Sub(l.At)), 0))
	whole, rest := owed.QuoRem(bpsOne.Mul(nanosInYear), places)
	if rest.IsPositive() {
		whole = whole.Add(decimal.New(1, -places))
	}
	return whole
}

// outstanding returns the principal that the bank owes.
func (a *Account) outstanding() decimal.Decimal {
	var sum decimal.Decimal
	for i := range a.Loans {
		sum = sum.Add(a.Loans[i].Outstanding)
	}
	return sum
}

// forgettable reports whether nothing would be lost with the account: neither
// money nor what somebody said, nor anything that a gate goes by.
func (k *look) forgettable(a *Account) bool {
	pace := max(day, k.cfg.Cooldown, k.cfg.ReverseCooldown)
	return !a.Kill.Tripped && a.Hold == "" && len(a.Actions) == 0 && len(a.Loans) == 0 && a.Shadow == nil &&
		k.seen.At.Sub(a.Seen.At) >= pace && k.seen.At.Sub(a.Last.At) >= pace && spentBy(a.Spent, k.seen.At).IsZero()
}

// clone separates what a step changes from what it was given.
func (a Account) clone() Account {
	a.Hour = slices.Clone(a.Hour)
	a.Loans = slices.Clone(a.Loans)
	a.Actions = slices.Clone(a.Actions)
	for i := range a.Actions {
		a.Actions[i].Legs = slices.Clone(a.Actions[i].Legs)
	}
	return a
}
