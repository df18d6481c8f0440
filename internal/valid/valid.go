// Package valid says what is wrong with what came from outside: the field, the
// value and the rule that it breaks. A package that validates declares
//
//	type rule valid.Rule
//
//	func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
//
// and lists its rules. Numbers from outside are bounded, below 10^18 with at most
// 18 decimals, so that nobody can make us write out or multiply enormous ones.
package valid

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// MaxDecimals is how many decimals a number may have, and how many digits before
// them.
const MaxDecimals = 18

// MaxText is how many bytes a name, a reason or a note may have.
const MaxText = 256

// The rules that come up everywhere.
const (
	MustBeAmount   = "must be 0 or more, below 1e18, with at most 18 decimals"
	MustBePositive = "must be > 0, below 1e18, with at most 18 decimals"
	MustBeDated    = "must be from 1900 to 2200"
	MustBeNamed    = "must have 1 to 256 bytes of UTF-8 without NUL"
)

// maxShown is how many bytes of a stranger's text an error quotes.
const maxShown = 64

// Rule is one thing that must be true of a value.
type Rule struct {
	OK    bool
	Field string
	Value any
	Must  string
}

// Check returns the first rule that is broken, as [Error].
func Check[R ~struct {
	OK    bool
	Field string
	Value any
	Must  string
}](kind error, rules ...R,
) error {
	for _, r := range rules {
		if r := Rule(r); !r.OK {
			return Error(kind, r.Field, r.Value, r.Must)
		}
	}
	return nil
}

// Error wraps kind and names the field, the value and the rule.
func Error(kind error, field string, value any, must string) error {
	return fmt.Errorf("%w: %s %s: %s", kind, field, Show(value), must)
}

// Show writes a value for an error: not the zeros of an enormous number, nor all
// of a stranger's text.
func Show(value any) string {
	switch v := value.(type) {
	case decimal.Decimal:
		if !InRange(v) {
			return "(out of range)"
		}
	case string:
		return fmt.Sprintf("%.*q", maxShown, v)
	}
	return fmt.Sprint(value)
}

// InRange reports whether d is within the bounds of a number from outside.
func InRange(d decimal.Decimal) bool {
	exp := int(d.Exponent())
	return exp >= -MaxDecimals && exp <= MaxDecimals && d.NumDigits()+exp <= MaxDecimals
}

// Positive reports whether d > 0 and in range.
func Positive(d decimal.Decimal) bool { return d.IsPositive() && InRange(d) }

// NotNegative reports whether d >= 0 and in range.
func NotNegative(d decimal.Decimal) bool { return !d.IsNegative() && InRange(d) }

// Dated reports whether t is well within the years that can be written down: what is in
// year 9999 here may be in 10000 in UTC, which JSON has no form for. No time at all is
// not.
func Dated(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1900 && year <= 2200
}

// Named reports whether s can name somebody, and be read back from a journal and
// from any database as it was: PostgreSQL keeps no NUL.
func Named(s string) bool {
	return s != "" && len(s) <= MaxText && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// Cut bounds what is written down of another's text.
func Cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), MaxText)], "") }
