package rest

import (
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Number is a decimal that is a number in JSON, as the liquidity-risk document has
// it. It never is a float.
type Number decimal.Decimal

// Schema implements huma.SchemaProvider.
func (Number) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Description: "A plain number, with at most 18 digits and 18 decimals and no exponent."}
}

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(decimal.Decimal(n).String()), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	d, err := decimal.NewFromString(string(text))
	if err != nil || !valid.InRange(d) {
		return fmt.Errorf("must be a plain number, with at most 18 digits and 18 decimals")
	}
	*n = Number(d)
	return nil
}

// or returns a number, or 0 for none.
func or(n *Number) decimal.Decimal {
	if n == nil {
		return decimal.Decimal{}
	}
	return decimal.Decimal(*n)
}
