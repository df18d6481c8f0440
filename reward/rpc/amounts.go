package rpc

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// amount writes d as the daemon wants it: exactly, in either form.
func (c *Client) amount(d decimal.Decimal) any {
	if c.cfg.NumericAmounts {
		return json.Number(d.String())
	}
	return d.String()
}

// amounts are the outputs of b by address. It returns [ErrInvalid] for a batch
// that no daemon could pay as it stands: an object names each address once, the
// last of two would win, and nud rounds what is finer than its coin.
func (c *Client) amounts(b payout.Batch) (map[string]any, error) {
	if b.ID == "" {
		return nil, invalid("Batch.ID", `""`, "must not be empty")
	}
	amounts, sum := make(map[string]any, len(b.Outputs)), decimal.Zero
	for _, o := range b.Outputs {
		if _, twice := amounts[o.Address]; twice || o.Address == "" {
			return nil, invalid("Batch.Outputs", fmt.Sprintf("%q", o.Address), "must name an address, each once")
		}
		if o.Amount.Sign() <= 0 || !o.Amount.Equal(o.Amount.Truncate(int32(c.cfg.Places))) {
			return nil, invalid("Batch.Outputs", o.Amount, fmt.Sprintf("must be > 0 with at most %d decimals", c.cfg.Places))
		}
		amounts[o.Address] = c.amount(o.Amount)
		sum = sum.Add(o.Amount)
	}
	if len(amounts) == 0 || !sum.Equal(b.Total) {
		return nil, invalid("Batch.Total", b.Total, fmt.Sprintf("must be the sum of one output or more, is %v", sum))
	}
	return amounts, nil
}
