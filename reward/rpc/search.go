package rpc

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// How far a payer looks back in the wallet: to two days before the first attempt
// that it knows of, or before now, since clocks differ and its notes may be those
// of last night's backup; and through so many entries.
const (
	lookBack    = 48 * time.Hour
	pageEntries = 100
	maxPages    = 100
)

// entry is a transaction as the wallet lists it: once per output.
type entry struct {
	TxID          string
	Comment       string
	Confirmations int   // < 0 is how deep the transaction lies that displaced it
	Time          int64 // Unix seconds
}

// search returns the best confirmed of the transactions with that comment: one
// may have been displaced by its own twin, whose signature somebody rewrote.
// That there is none is certain, since pages that shift while they are read show
// an entry twice and leave none out.
func search(ctx context.Context, client *Client, comment string, since time.Time) (best entry, known bool, err error) {
	ctx, cancel := client.within(ctx)
	defer cancel()
	for page := range maxPages {
		var entries []entry // oldest first
		if err := client.Call(ctx, &entries, "listtransactions", "*", pageEntries, page*pageEntries); err != nil {
			return entry{}, false, err
		}
		for _, e := range entries {
			if e.Comment == comment && (!known || e.Confirmations > best.Confirmations) {
				best, known = e, true
			}
		}
		if len(entries) < pageEntries || entries[0].Time < since.Unix() {
			return best, known, nil
		}
	}
	if known {
		return best, true, nil
	}
	return entry{}, false, fmt.Errorf("%w: the wallet has more than %d entries since %s",
		ErrNoAnswer, maxPages*pageEntries, since.Format(time.RFC3339))
}

// receipt says what an entry proves.
func (e entry) receipt() payout.Receipt {
	if e.Confirmations < 0 {
		return payout.Receipt{Note: remark("transaction %s was displaced by another one, %d deep", e.TxID, -e.Confirmations)}
	}
	return payout.Receipt{Status: payout.Sent, TxID: e.TxID, Confirmations: e.Confirmations, At: time.Unix(e.Time, 0).UTC()}
}
