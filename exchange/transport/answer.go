package transport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// JSON decodes body, which must be one whole JSON value; fields that into does
// not have are ignored, since venues add some without notice. It returns
// [ErrBadAnswer].
func JSON(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%w: %w: %s", ErrBadAnswer, err, clip(body))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("%w: more than one JSON value: %s", ErrBadAnswer, clip(body))
	}
	return nil
}

// Bad is the one form of a malformed field of an answer, as [ErrBadAnswer]: its
// name, its value, the rule.
func Bad(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s %.64s: %s", ErrBadAnswer, field, fmt.Sprint(value), rule)
}

// BadIf returns err as [ErrBadAnswer]; nil if it is nil.
func BadIf(err error) error {
	if err == nil || errors.Is(err, ErrBadAnswer) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrBadAnswer, err)
}

// OldestFirst sorts orders by the time at which they were placed. Those of one
// moment go by ID: ids that count up have the lower number first.
func OldestFirst(orders []exchange.Order) {
	slices.SortFunc(orders, func(a, b exchange.Order) int {
		return cmp.Or(a.PlacedAt.Compare(b.PlacedAt), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}

// Bounds of a number in an answer. "1e99999999" is ten characters to send and a
// hundred million digits to compare with.
const (
	maxNumberLength = 80
	minExponent     = -72
	maxExponent     = 36
)

// Number is a decimal as venues write it, quoted or not. The zero Number is one
// that the answer did not have, which is not the same as "0".
type Number struct {
	decimal.Decimal
	Given bool
}

// UnmarshalJSON reads a number of at most 80 characters, with an exponent of -72
// to 36. null is no number: a field that may be null is a *Number.
func (n *Number) UnmarshalJSON(text []byte) error {
	if len(text) >= 2 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if len(text) > maxNumberLength {
		return fmt.Errorf("number of %d characters: must have at most %d", len(text), maxNumberLength)
	}
	d, err := decimal.NewFromString(string(text))
	if err != nil {
		return fmt.Errorf("%q: must be a number", text)
	}
	if d.Exponent() < minExponent || d.Exponent() > maxExponent {
		return fmt.Errorf("%q: must have an exponent of %d to %d", text, minExponent, maxExponent)
	}
	*n = Number{Decimal: d, Given: true}
	return nil
}

// Optional is a number that a venue writes as "" where there is none. A field that
// must be there all the same is an *Optional.
type Optional struct{ Number }

// UnmarshalJSON reads "" as no number, and others as [Number.UnmarshalJSON] does.
func (n *Optional) UnmarshalJSON(text []byte) error {
	if string(text) == `""` {
		*n = Optional{}
		return nil
	}
	return n.Number.UnmarshalJSON(text)
}

// Entry is one member of a JSON object.
type Entry[V any] struct {
	Key   string
	Value V
}

// Entries is a JSON object whose names are ids: in the order in which they came,
// each at most once. A Go map would keep the last of two without a word.
type Entries[V any] []Entry[V]

// UnmarshalJSON refuses a name that comes twice.
func (e *Entries[V]) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("%.20q: must be an object", text)
	}
	*e = Entries[V]{}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		key := fmt.Sprint(token) // a name is a string
		if seen[key] {
			return fmt.Errorf("%.64q: must come once", key)
		}
		seen[key] = true
		entry := Entry[V]{Key: key}
		if err := decoder.Decode(&entry.Value); err != nil {
			return err
		}
		*e = append(*e, entry)
	}
	return nil
}
