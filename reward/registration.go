package reward

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Registration says where the rewards of one user at one market go.
type Registration struct {
	User           string // public part of the key at the exchange, up to 120 bytes
	Address        string // as [ParseAddress] returns it
	Exchange, Unit string
	Signer         string    // public key that the user's requests must be signed with, up to 256 bytes; "" for none
	At             time.Time // from when on it holds
}

const (
	maxUser      = 120 // with exchange, unit and slashes within maxText
	maxSubmitted = 1000
)

// Account names who is credited: "exchange/unit/user".
func (r Registration) Account() string { return r.Exchange + "/" + r.Unit + "/" + r.User }

// Validate returns [ErrInvalid], naming the field, its value and the rule, or an
// error of [ParseAddress].
func (r Registration) Validate() error {
	if _, err := ParseAddress(r.Address); err != nil {
		return err
	}
	return check(
		rule{named(r.User, maxUser), "Registration.User", r.User, fmt.Sprintf("must have 1 to %d bytes", maxUser)},
		rule{plain(r.Exchange), "Registration.Exchange", r.Exchange, mustBePlain},
		rule{plain(r.Unit), "Registration.Unit", r.Unit, mustBePlain},
		rule{len(r.Signer) <= maxText, "Registration.Signer", r.Signer, "must have at most 256 bytes"},
		rule{!r.At.IsZero(), "Registration.At", r.At, "must be a time"},
	)
}

// Submission is what one proof showed of a user's open orders.
type Submission struct {
	User, Exchange, Unit string
	IssuedAt             time.Time // of the proof
	SeenAt               time.Time
	Orders               []Order // up to 1000, of [Sight]: what Sight leaves out is the ledger's to add
}

// Account names who is credited, as [Registration.Account].
func (s Submission) Account() string {
	return Registration{User: s.User, Exchange: s.Exchange, Unit: s.Unit}.Account()
}

// Sightings returns the orders as they are to be kept, numbered from first. since
// tells when an order was first seen, or the zero time for never. Whatever cannot
// be part of an Observation is [ErrInvalid].
func (s Submission) Sightings(first uint64, since func(Order) time.Time) ([]Order, error) {
	if err := check(
		rule{!s.IssuedAt.IsZero(), "Submission.IssuedAt", s.IssuedAt, "must be a time"},
		rule{len(s.Orders) <= maxSubmitted, "Submission.Orders", len(s.Orders), fmt.Sprintf("must be at most %d", maxSubmitted)},
	); err != nil {
		return nil, err
	}
	orders := make([]Order, len(s.Orders))
	for i, o := range s.Orders {
		o.ID, o.Account, o.Exchange, o.Unit = first+uint64(i), s.Account(), s.Exchange, s.Unit
		o.SeenAt, o.Since = s.SeenAt, since(o)
		if o.Since.IsZero() || o.Since.After(s.SeenAt) { // by another clock, or before this one was set back
			o.Since = s.SeenAt
		}
		if err := o.Validate(); err != nil {
			return nil, fmt.Errorf("order %d: %w", i, err)
		}
		orders[i] = o
	}
	return orders, nil
}

// Sighting is an order on record and what came of it.
type Sighting struct {
	Order   Order
	Round   uint64  // that took it up; 0 while it waits
	Outcome Outcome // of that round
}

// Booked is one round on record.
type Booked struct {
	At       time.Time
	Decision Decision // without its Orders
	Orders   int      // that were credited
	Accounts int      // that these belong to
}

// Earning is what one user had of one round.
type Earning struct {
	Round    uint64
	At       time.Time
	Provided decimal.Decimal // credited liquidity, in the pegged asset
	Reward   decimal.Decimal
}
