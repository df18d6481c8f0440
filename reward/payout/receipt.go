package payout

import (
	"time"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Receipt is what a payer knows of a batch.
type Receipt struct {
	Status        Status
	TxID          string    // of the transaction that paid it, up to 256 bytes; "" unless it is Sent
	Confirmations int       // of that transaction; 0 is not in a block, or no longer
	At            time.Time // when the payer sent it, as far as it knows; UTC
	Note          string    // why, for people, up to 256 bytes; never a secret
}

// Status is what a payer can prove. The zero Status is the careful one.
type Status string

// A Status but Sent says what may be done about a batch.
const (
	Unknown Status = ""        // may have been sent, and Pay will not send it again: only a person can tell
	Pending Status = "pending" // not seen; to Pay again is harmless, to give up is not: it can still appear
	Unsent  Status = "unsent"  // never sent, and nothing exists that could still be: it may be paid, or made void
	Sent    Status = "sent"    // the wallet knows the transaction
	Voided  Status = "void"    // never sent, and never will be
)

func (r Receipt) validate() error {
	known := r.Status == Unknown || r.Status == Pending || r.Status == Unsent || r.Status == Sent || r.Status == Voided
	return check(
		rule{known, "Receipt.Status", string(r.Status), "must be one of the package's"},
		rule{len(r.TxID) <= valid.MaxText && (r.TxID != "") == (r.Status == Sent), "Receipt.TxID", r.TxID, "must have 1 to 256 bytes if it is sent, and none otherwise"},
		rule{r.Confirmations >= 0, "Receipt.Confirmations", r.Confirmations, "must be >= 0"},
		rule{len(r.Note) <= valid.MaxText, "Receipt.Note", r.Note, "must have at most 256 bytes"},
	)
}
