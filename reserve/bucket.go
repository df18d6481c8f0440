package reserve

import "strings"

// Bucket is capital set aside for one purpose (Vault plan §13), a counterparty
// outside, or an account of the caller's own naming, such as "lent/bank-7".
type Bucket string

// The five buckets, and the world.
const (
	Public        Bucket = "A"       // public PMM liquidity
	Stabilization Bucket = "B"       // private stabilization; the only one that a stabilizer spends and coverage counts
	Flash         Bucket = "C"       // flash loan liquidity
	Bridge        Bucket = "D"       // cross-chain buffer
	Vault         Bucket = "E"       // long-term vault reserves
	Outside       Bucket = "outside" // everyone else; "outside/" and a name for one of them
)

// External reports whether b is outside. Only such an account may be overdrawn:
// it mirrors what was received from there.
func (b Bucket) External() bool {
	return b == Outside || strings.HasPrefix(string(b), string(Outside)+"/")
}

// capital reports whether b is one of the five buckets.
func (b Bucket) capital() bool {
	return b == Public || b == Stabilization || b == Flash || b == Bridge || b == Vault
}

// Kind is what a transaction is for; it fixes which buckets it may touch.
type Kind string

// The kinds. All but Transfer leave accounts of the caller's own naming alone.
const (
	Deposit   Kind = "deposit"    // from outside into a bucket
	Withdraw  Kind = "withdraw"   // from a bucket to the outside
	Trade     Kind = "trade"      // public pools against the outside
	Stabilize Kind = "stabilize"  // the stabilizer spends B, and only B
	FlashLoan Kind = "flash_loan" // C pays, and the same block returns it with the fee
	Arbitrage Kind = "arbitrage"  // between chains, out of D
	Refill    Kind = "refill"     // E to B or E to D, the only way between buckets
	Move      Kind = "move"       // within a bucket: hold, release, bridge to another chain
	Transfer  Kind = "transfer"   // between the outside and accounts of the caller's own naming
)

// allows reports whether a transaction of kind k may add to b (credit) or take
// from it. An unknown kind may do nothing.
func (k Kind) allows(b Bucket, credit bool) bool {
	switch k {
	case Deposit:
		return credit && b.capital() || !credit && b.External()
	case Withdraw:
		return credit && b.External() || !credit && b.capital()
	case Trade:
		return b == Public || b.External()
	case Stabilize:
		return b == Stabilization || b.External()
	case FlashLoan:
		return b == Flash || b.External()
	case Arbitrage:
		return b == Bridge || b.External()
	case Refill:
		return credit && (b == Stabilization || b == Bridge) || !credit && b == Vault
	case Move:
		return b.capital()
	case Transfer:
		return !b.capital()
	}
	return false
}
