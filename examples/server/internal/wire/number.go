package wire

import (
	"strings"

	"github.com/shopspring/decimal"
)

// number is a decimal on the wire: a JSON number of its exact digits, with a
// point in it, as a Python float prints.
type number decimal.Decimal

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	text := decimal.Decimal(n).String()
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

// money is rounded to 8 decimals, as the ALP server showed it.
func money(d decimal.Decimal) number { return number(d.Round(8)) }

// inverse returns 1/d to 8 decimals, or 0 for 0.
func inverse(d decimal.Decimal) number {
	if d.IsZero() {
		return number{}
	}
	return number(decimal.New(1, 0).DivRound(d, 8))
}
