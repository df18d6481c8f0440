package payout

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("payout: invalid")

// Bounds of every number from outside: below 10^18, with at most 18 decimals.
const (
	maxDigits   = 18
	maxDecimals = 18
)

const mustBePositive = "must be > 0, below 1e18, with at most 18 decimals"

// rule is one thing that must be true of a value.
type rule struct {
	ok    bool
	field string
	value any
	must  string
}

// check returns the first rule that is broken, by field, value and rule.
func check(rules ...rule) error {
	for _, r := range rules {
		if !r.ok {
			return fmt.Errorf("%w: %s %s: %s", ErrInvalid, r.field, show(r.value), r.must)
		}
	}
	return nil
}

// show writes a value for an error: not the zeros of an enormous number, nor all
// of a stranger's text.
func show(value any) string {
	switch v := value.(type) {
	case decimal.Decimal:
		if !inRange(v) {
			return "(out of range)"
		}
	case string:
		return fmt.Sprintf("%.64q", v)
	}
	return fmt.Sprint(value)
}

func inRange(d decimal.Decimal) bool {
	exp := int(d.Exponent())
	return exp >= -maxDecimals && exp <= maxDigits && d.NumDigits()+exp <= maxDigits
}

func positive(d decimal.Decimal) bool { return d.IsPositive() && inRange(d) }

// named reports whether s can name an account or a person, and be read back from
// the journal as it was.
func named(s string) bool { return s != "" && len(s) <= maxText && utf8.ValidString(s) }
