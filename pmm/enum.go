package pmm

import (
	"fmt"
	"slices"
)

// RState says on which side of its targets a pool is. The zero value is One.
type RState uint8

// The states, numbered as the contracts number them (PMMPricing.sol RState).
const (
	One      RState = iota // both reserves at target: the price is I
	AboveOne               // base is short and quote in excess: the price is above I
	BelowOne               // quote is short and base in excess: the price is below I
)

// Side says which token a trade sells to the pool. The zero Side is invalid.
type Side uint8

// The sides.
const (
	SellBase  Side = iota + 1 // pays base and receives quote: the price falls
	SellQuote                 // pays quote and receives base: the price rises
)

// Kind says which contract a pool is. The zero Kind is invalid.
type Kind uint8

// The kinds.
const (
	DSP Kind = iota + 1 // stable pool: shares for anybody, stored targets
	DPP                 // private pool: one owner, who resets it
	DVM                 // vending machine: shares for anybody, targets derived from the reserves alone (R = AboveOne, Q0 = 0)
)

var (
	rNames    = []string{"ONE", "ABOVE_ONE", "BELOW_ONE"}
	sideNames = []string{"", "sell_base", "sell_quote"}
	kindNames = []string{"", "DSP", "DPP", "DVM"}
)

// String names the state as the contracts do.
func (r RState) String() string { return nameOf(rNames, r) }

// String names the side.
func (s Side) String() string { return nameOf(sideNames, s) }

// String names the kind as the contracts do.
func (k Kind) String() string { return nameOf(kindNames, k) }

// MarshalText writes the name, for JSON.
func (r RState) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalText writes the name, for JSON; the zero Side is the empty string.
func (s Side) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText writes the name, for JSON; the zero Kind is the empty string.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (r *RState) UnmarshalText(text []byte) error { return parse(r, "R", rNames, text) }

// UnmarshalText reads what MarshalText writes.
func (s *Side) UnmarshalText(text []byte) error { return parse(s, "Side", sideNames, text) }

// UnmarshalText reads what MarshalText writes.
func (k *Kind) UnmarshalText(text []byte) error { return parse(k, "Kind", kindNames, text) }

func (s Side) validate() error {
	if s != SellBase && s != SellQuote {
		return fmt.Errorf("%w: Side %d: must be SellBase or SellQuote", ErrInvalid, uint8(s))
	}
	return nil
}

func nameOf[E ~uint8](names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("%d?", uint8(e))
}

func parse[E ~uint8](e *E, field string, names []string, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 0 {
		return fmt.Errorf("%w: %s %q: must be one of %q", ErrInvalid, field, text, names)
	}
	*e = E(i)
	return nil
}
