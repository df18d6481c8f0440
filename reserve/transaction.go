package reserve

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Account holds one asset of one bucket on one chain.
type Account struct {
	Bucket Bucket
	Asset  string
	Chain  uint64 `json:",omitempty"` // EIP-155 number; 0 is off chain
}

// String is "bucket/asset@chain".
func (a Account) String() string { return fmt.Sprintf("%s/%s@%d", a.Bucket, a.Asset, a.Chain) }

// Part is one of the three balances of an account. The zero Part is invalid.
type Part string

// The parts. All three are owned; only what is available can be counted on.
const (
	Available Part = "available"
	Held      Part = "held"      // promised, such as to an unresolved intent
	InFlight  Part = "in_flight" // left for a bridge, not yet arrived; kept at the account that sent it
)

// Balance is what an account holds, in units of its asset.
type Balance struct {
	Available, Held, InFlight decimal.Decimal
}

// Total is all three parts.
func (b Balance) Total() decimal.Decimal { return b.Available.Add(b.Held).Add(b.InFlight) }

func (b Balance) isZero() bool {
	return b.Available.IsZero() && b.Held.IsZero() && b.InFlight.IsZero()
}

// part points at one part of b, or at nil for an unknown part.
func (b *Balance) part(p Part) *decimal.Decimal {
	switch p {
	case Available:
		return &b.Available
	case Held:
		return &b.Held
	case InFlight:
		return &b.InFlight
	}
	return nil
}

// Posting adds Amount to one part of an account, or takes it away when Amount
// is negative.
type Posting struct {
	Account
	Part   Part
	Amount decimal.Decimal // units, not zero
}

// Transaction moves value: its postings sum to zero for every asset.
type Transaction struct {
	ID        string    // unique for ever; a repetition is recognised by it
	Kind      Kind      // decides which buckets it may touch
	At        time.Time // never before an earlier transaction's
	Approvals []string  // who approved it; two different people above Limit.ApprovalAbove
	Postings  []Posting // 2 to MaxPostings
}

// MaxPostings bounds one transaction and MaxName each of its names, in bytes.
const (
	MaxPostings = 64
	MaxName     = 128
)

// Pay returns the two postings that move amount of what is available from one
// account to another.
func Pay(from, to Account, amount decimal.Decimal) []Posting {
	return []Posting{{from, Available, amount.Neg()}, {to, Available, amount}}
}

// validate checks all that can be seen without a ledger, but not the rules of
// its kind.
func (tx Transaction) validate() error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("%w: transaction %.*q: "+format, append([]any{ErrInvalid, MaxName, tx.ID}, args...)...)
	}
	if tx.ID == "" || len(tx.ID) > MaxName {
		return invalid("ID of %d bytes: must have 1 to %d", len(tx.ID), MaxName)
	}
	if n := len(tx.Postings); n < 2 || n > MaxPostings {
		return invalid("%d postings: must be 2 to %d", n, MaxPostings)
	}
	if n := len(tx.Approvals); n > MaxPostings {
		return invalid("%d approvals: must be at most %d", n, MaxPostings)
	}
	for i, p := range tx.Postings {
		switch {
		case p.Bucket == "" || len(p.Bucket) > MaxName:
			return invalid("Postings[%d].Bucket of %d bytes: must have 1 to %d", i, len(p.Bucket), MaxName)
		case p.Asset == "" || len(p.Asset) > MaxName:
			return invalid("Postings[%d].Asset of %d bytes: must have 1 to %d", i, len(p.Asset), MaxName)
		case new(Balance).part(p.Part) == nil:
			return invalid("Postings[%d].Part %.*q: unknown", i, MaxName, string(p.Part))
		case p.Bucket.External() && p.Part != Available:
			return invalid("Postings[%d].Part %q: an account outside has only %q", i, p.Part, Available)
		case p.Amount.IsZero() || !InRange(p.Amount):
			return invalid("Postings[%d].Amount %s: must not be 0, and be below 1e%d with at most %d decimals", i, shown(p.Amount), maxDigits, Scale)
		}
	}
	for _, s := range sumBy(tx.Postings, func(p Posting) (string, bool) { return p.Asset, true }) {
		if !s.total.IsZero() {
			return invalid("postings of %s sum to %s: must be 0", s.key, s.total)
		}
	}
	return nil
}

// digest is equal for transactions that move the same value, whatever the order
// of their postings and the spelling of their decimals.
func (tx Transaction) digest() string {
	lines := make([]string, len(tx.Postings))
	for i, p := range tx.Postings {
		lines[i] = fmt.Sprintf("%q %q %d %q %s", p.Bucket, p.Asset, p.Chain, p.Part, p.Amount)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(string(tx.Kind) + "\n" + strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}

// approvers counts the different people who approved.
func (tx Transaction) approvers() int {
	names := slices.DeleteFunc(slices.Clone(tx.Approvals), func(name string) bool { return name == "" })
	slices.Sort(names)
	return len(slices.Compact(names))
}

// total is the sum of the postings that share a key.
type total[K comparable] struct {
	key   K
	total decimal.Decimal
}

// sumBy groups the postings that key accepts, in the order in which their keys
// first appear.
func sumBy[K comparable](postings []Posting, key func(Posting) (K, bool)) []total[K] {
	var sums []total[K]
	for _, p := range postings {
		k, ok := key(p)
		if !ok {
			continue
		}
		i := slices.IndexFunc(sums, func(s total[K]) bool { return s.key == k })
		if i < 0 {
			i, sums = len(sums), append(sums, total[K]{key: k})
		}
		sums[i].total = sums[i].total.Add(p.Amount)
	}
	return sums
}

func compareAccounts(a, b Account) int {
	return cmp.Or(strings.Compare(a.Asset, b.Asset), strings.Compare(string(a.Bucket), string(b.Bucket)), cmp.Compare(a.Chain, b.Chain))
}
