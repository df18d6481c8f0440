package exchange

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Side is the side of the book an order stands on. The zero Side is invalid.
type Side uint8

// The two sides.
const (
	Bid Side = iota + 1 // buys Base, pays Quote
	Ask                 // sells Base, receives Quote
)

var sides = []string{"", "bid", "ask"}

// Opposite returns the side that trades with s; of the zero Side, itself.
func (s Side) Opposite() Side {
	switch s {
	case Bid:
		return Ask
	case Ask:
		return Bid
	default:
		return s
	}
}

// String returns "bid", "ask", or "" for the zero Side.
func (s Side) String() string { return name(sides, uint8(s)) }

// MarshalText returns the String.
func (s Side) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of [Side.MarshalText]; it returns [ErrInvalid]
// for any other text.
func (s *Side) UnmarshalText(text []byte) error {
	i, err := parseName(sides, "Side", text)
	if err == nil {
		*s = Side(i)
	}
	return err
}

// Status is what became of a placed order. The zero Status is that of an order
// not placed yet.
type Status uint8

// The states of a placed order.
const (
	Open      Status = iota + 1 // resting, maybe partly filled
	Filled                      // all of Amount traded
	Cancelled                   // taken off the book by us or by the venue, maybe partly filled
)

var statuses = []string{"", "open", "filled", "cancelled"}

// String returns "open", "filled", "cancelled", or "" for the zero Status.
func (s Status) String() string { return name(statuses, uint8(s)) }

// MarshalText returns the String.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of [Status.MarshalText]; it returns [ErrInvalid]
// for any other text.
func (s *Status) UnmarshalText(text []byte) error {
	i, err := parseName(statuses, "Status", text)
	if err == nil {
		*s = Status(i)
	}
	return err
}

// Order is a limit order, asked for, resting or done. Who places it fills in the
// terms; the venue adds the rest.
type Order struct {
	ClientID string // names the order for its owner, see [ClientID]; empty in foreign orders placed without one
	Pair     Pair
	Side     Side
	Price    decimal.Decimal // limit, Quote per Base, > 0
	Amount   decimal.Decimal // Base, as asked for, > 0
	PostOnly bool            // reject rather than take

	ID       string          // the venue's name for it
	Filled   decimal.Decimal // Base traded so far, 0 to Amount
	Status   Status
	PlacedAt time.Time // by the venue's clock, UTC
}

// Remaining returns what is left to trade, in Base.
func (o Order) Remaining() decimal.Decimal { return o.Amount.Sub(o.Filled) }

// Notional returns Price x Amount, in Quote.
func (o Order) Notional() decimal.Decimal { return o.Price.Mul(o.Amount) }

// SameTerms reports whether o and p ask for the same trade. PostOnly is left
// out, since most venues do not say later whether it was set.
func (o Order) SameTerms(p Order) bool {
	return o.Pair == p.Pair && o.Side == p.Side && o.Price.Equal(p.Price) && o.Amount.Equal(p.Amount)
}

// Validate returns [ErrInvalid], naming the field, its value and the rule,
// unless the terms of o make an order. [Market.Check] adds the rules of one
// market.
func (o Order) Validate() error {
	if err := validClientID(o.ClientID); err != nil {
		return err
	}
	return o.ValidateTerms()
}

// ValidateTerms is [Order.Validate] for an order of others' making: they name
// theirs as they like, or not at all.
func (o Order) ValidateTerms() error {
	if err := o.Pair.Validate(); err != nil {
		return err
	}
	if o.Side != Bid && o.Side != Ask {
		return invalid("Order.Side", uint8(o.Side), "must be Bid or Ask")
	}
	if err := validPositive("Order.Price", o.Price); err != nil {
		return err
	}
	return validPositive("Order.Amount", o.Amount)
}

// String returns the terms, such as "bid 100 USDC/USDT @ 0.9995 (q1b)".
func (o Order) String() string {
	return fmt.Sprintf("%v %v %v @ %v (%s)", o.Side, o.Amount, o.Pair, o.Price, o.ClientID)
}

// Fill is one trade of one of our orders.
type Fill struct {
	ID       string // unique per account and pair
	OrderID  string
	ClientID string // of our order; empty if it has none
	Pair     Pair
	Side     Side            // of our order
	Price    decimal.Decimal // Quote per Base, > 0
	Amount   decimal.Decimal // Base, > 0
	Fee      decimal.Decimal // FeeAsset; a rebate is < 0
	FeeAsset string
	Maker    bool      // whether ours was the resting order
	At       time.Time // by the venue's clock, UTC
}

// Balance is what an account has of one asset.
type Balance struct {
	Free decimal.Decimal // may be ordered with, >= 0
	Held decimal.Decimal // set aside for open orders, >= 0
}

// Total returns Free + Held.
func (b Balance) Total() decimal.Decimal { return b.Free.Add(b.Held) }

// MaxClientID is the length of the longest ClientID.
//
// Venues disagree widely: Kraken allows 18 characters of free text, Gate 28,
// OKX 32 but only letters and digits. What all of them allow can be read back
// from each of them unchanged.
const MaxClientID = 18

// ClientID derives the ClientID of the nth order of the act called id, usually
// evenkeel.Stamp.ID(): the same on every call, so that acting again after a
// crash places nothing twice. It is 18 characters of the SHA-256, 90 bits.
func ClientID(id string, n int) string {
	sum := sha256.Sum256([]byte(id + "#" + strconv.Itoa(n)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:MaxClientID]
}

func validClientID(id string) error {
	if len(id) == 0 || len(id) > MaxClientID {
		return invalid("Order.ClientID", fmt.Sprintf("%q", id), "must have 1 to 18 characters")
	}
	for _, c := range id {
		if !alphanumeric(c) {
			return invalid("Order.ClientID", fmt.Sprintf("%q", id), "must be ASCII letters and digits")
		}
	}
	return nil
}

// name returns the text of an enum value; out of range, its number, so that a
// bad value shows in a log instead of hiding.
func name(names []string, i uint8) string {
	if int(i) >= len(names) {
		return strconv.Itoa(int(i))
	}
	return names[i]
}

func parseName(names []string, field string, text []byte) (int, error) {
	for i, n := range names {
		if n == string(text) {
			return i, nil
		}
	}
	return 0, invalid(field, fmt.Sprintf("%q", text), "must be one of "+strings.Join(names[1:], ", "))
}
