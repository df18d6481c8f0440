package payout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/shopspring/decimal"
)

// Batch is one payment to many addresses. It never changes once it is planned.
type Batch struct {
	ID         string          // see [Batch.Sum]
	Pool       string          // Config.Pool
	Generation uint64          // 1, 2, 3 ...: two batches that pay the same are still two
	Lines      []Line          // by rising account
	Outputs    []Output        // by rising address
	Total      decimal.Decimal // of the lines, and of the outputs
}

// Line is what a batch takes from one account.
type Line struct {
	Account, Address string
	Amount           decimal.Decimal // > 0
}

// Output is what a batch pays to one address: the sum of its lines.
type Output struct {
	Address string
	Amount  decimal.Decimal // > 0, a multiple of the coin's last unit
}

// Sum returns what ID must be: the hex of the SHA-256 of all the rest, as JSON.
// The journal keeps the ID, so a batch that was changed anywhere on its way to
// the payer is noticed.
func (b Batch) Sum() string {
	b.ID = ""
	written, _ := json.Marshal(b) // strings and numbers always can be
	sum := sha256.Sum256(written)
	return hex.EncodeToString(sum[:])
}

// Debt is what an account is owed and where that is to be paid.
type Debt struct {
	Account, Address string
	Amount           decimal.Decimal // > 0
}
