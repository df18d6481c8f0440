package rpc

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// transaction is one that is signed, as it is noted, or that there will be none.
type transaction struct {
	Void      bool   `json:",omitempty"`
	TxID, Hex string `json:",omitempty"`
	inputs    []coin
	outputs   []output
}

// coin is an output of an earlier transaction, which a later one spends.
type coin struct {
	TxID string `json:"txid"`
	Vout int    `json:"vout"`
}

// output is what a transaction pays.
type output struct {
	Value        decimal.Decimal
	ScriptPubKey struct {
		Address   string
		Addresses []string // bitcoind before 22
	}
}

// check compares what a transaction pays with the batch: the same, and change at
// that position unless it is negative.
func (t *transaction) check(b payout.Batch, change int) error {
	if t.TxID == "" || len(t.inputs) == 0 {
		return errors.New("rpc: the signed transaction has no id or no input")
	}
	if change >= len(t.outputs) {
		return fmt.Errorf("rpc: transaction %s has %d outputs and its change at %d", t.TxID, len(t.outputs), change)
	}
	owed := map[string]decimal.Decimal{}
	for _, o := range b.Outputs {
		owed[o.Address] = o.Amount
	}
	for i, o := range t.outputs {
		if i == change {
			continue
		}
		address := o.ScriptPubKey.Address
		if len(o.ScriptPubKey.Addresses) == 1 {
			address = o.ScriptPubKey.Addresses[0]
		}
		amount, is := owed[address]
		if !is || !amount.Equal(o.Value) {
			return fmt.Errorf("rpc: transaction %s pays %v to %q, which the batch does not", t.TxID, o.Value, address)
		}
		delete(owed, address)
	}
	if len(owed) > 0 {
		return fmt.Errorf("rpc: transaction %s does not pay %q", t.TxID, slices.Sorted(maps.Keys(owed)))
	}
	return nil
}
