package reserve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// The reasons to refuse a well-formed transaction. A ledger that refuses is
// unchanged.
var (
	ErrConflict     = errors.New("reserve: transaction ID already used for another")
	ErrForbidden    = errors.New("reserve: kind may not do this")
	ErrInsufficient = errors.New("reserve: balance too small")
	ErrCapped       = errors.New("reserve: daily cap of the vault reached")
	ErrUnapproved   = errors.New("reserve: two approvals needed")
)

// Rules are the limits of a [Ledger]; the zero Rules lock the vault, lend flash
// liquidity free of charge and remember every transaction ID for ever.
type Rules struct {
	Vault       map[string]Limit // what may leave bucket E, by asset; an asset without a limit stays
	FlashFeeBps decimal.Decimal  // least fee of a flash loan, bps of what C pays, >= 0
	KeepIDs     time.Duration    // how long an ID is remembered, 0 or at least 24 h; repetitions must keep their At
}

// Ledger is a double-entry book in memory. Every committed transaction sums to
// zero for each asset, so what the buckets and named accounts hold is always
// what came from outside; and no balance but the outside's is ever negative. It
// does no I/O and is not safe for concurrent use: one writer owns it, and a
// store keeps its [LedgerState] with the transaction that led there.
type Ledger struct {
	rules    Rules
	balances map[Account]Balance // zero balances are absent
	vault    map[string]Allowance
	seen     []Seen            // oldest first
	digests  map[string]string // of seen, by ID
	at       time.Time
}

// LedgerState is all that a ledger remembers, fit for JSON, in a fixed order.
type LedgerState struct {
	At       time.Time
	Accounts []Entry              `json:",omitempty"`
	Vault    map[string]Allowance `json:",omitempty"` // what left bucket E in the last day
	Seen     []Seen               `json:",omitempty"`
}

// Entry is one account and its balance.
type Entry struct {
	Account
	Balance
}

// Seen is a transaction already committed.
type Seen struct {
	ID     string
	At     time.Time
	Digest string // SHA-256 of its kind and postings, in hex
}

// NewLedger returns an empty ledger. It copies rules.
func NewLedger(rules Rules) (*Ledger, error) {
	return RestoreLedger(rules, LedgerState{})
}

// RestoreLedger returns the ledger that state describes, after checking that it
// keeps the laws of a ledger; a state that was tampered with is [ErrInvalid].
func RestoreLedger(rules Rules, state LedgerState) (*Ledger, error) {
	if err := rules.validate(); err != nil {
		return nil, err
	}
	rules.Vault = maps.Clone(rules.Vault)
	l := &Ledger{
		rules:    rules,
		balances: make(map[Account]Balance, len(state.Accounts)),
		vault:    make(map[string]Allowance, len(state.Vault)),
		seen:     slices.Clone(state.Seen),
		digests:  make(map[string]string, len(state.Seen)),
		at:       state.At,
	}
	maps.Copy(l.vault, state.Vault)
	for _, entry := range state.Accounts {
		if _, twice := l.balances[entry.Account]; twice {
			return nil, fmt.Errorf("%w: account %s: listed twice", ErrInvalid, entry.Account)
		}
		if !entry.Balance.isZero() {
			l.balances[entry.Account] = entry.Balance
		}
	}
	for _, seen := range state.Seen {
		l.digests[seen.ID] = seen.Digest
	}
	if err := l.Audit(); err != nil {
		return nil, err
	}
	return l, nil
}

func (r Rules) validate() error {
	if err := checkNotNegative("FlashFeeBps", r.FlashFeeBps); err != nil {
		return err
	}
	if r.KeepIDs != 0 && r.KeepIDs < day {
		return fmt.Errorf("%w: KeepIDs %v: must be 0 or >= %v", ErrInvalid, r.KeepIDs, day)
	}
	for _, asset := range slices.Sorted(maps.Keys(r.Vault)) {
		if err := r.Vault[asset].Validate(); err != nil {
			return fmt.Errorf("limit of %q: %w", asset, err)
		}
	}
	return nil
}

// Commit books tx whole or not at all. A repetition, the same ID with the same
// kind and postings, is a success that changes nothing.
//
//	ErrInvalid       malformed: postings do not sum to zero, At runs backwards ...
//	ErrConflict      the ID was used for other postings
//	ErrForbidden     the kind may not touch the bucket, or value would change chain in no time
//	ErrCapped        more would leave the vault in 24 hours than its limit allows
//	ErrUnapproved    more would leave the vault at once than one person may send
//	ErrInsufficient  a part of an account holds less than is taken from it; what
//	                 the same transaction brings does not count
func (l *Ledger) Commit(tx Transaction) error {
	if err := tx.validate(); err != nil {
		return err
	}
	digest := tx.digest()
	if before, repeated := l.digests[tx.ID]; repeated {
		if before != digest {
			return fmt.Errorf("%w: %q", ErrConflict, tx.ID)
		}
		return nil
	}
	if tx.At.Before(l.at) {
		return fmt.Errorf("%w: transaction %q: At %v: must not be before %v", ErrInvalid, tx.ID, tx.At, l.at)
	}
	if err := l.rules.check(tx); err != nil {
		return fmt.Errorf("transaction %q: %w", tx.ID, err)
	}
	leaving := leavingVault(tx)
	for _, out := range leaving {
		if err := l.checkVault(tx, out.key, out.total); err != nil {
			return fmt.Errorf("transaction %q: %w", tx.ID, err)
		}
	}
	after, err := l.post(tx.Postings)
	if err != nil {
		return fmt.Errorf("transaction %q: %w", tx.ID, err)
	}

	for account, balance := range after {
		if balance.isZero() {
			delete(l.balances, account)
		} else {
			l.balances[account] = balance
		}
	}
	for _, out := range leaving {
		l.vault[out.key] = l.vault[out.key].Spend(out.total, tx.At)
	}
	l.at = tx.At
	l.remember(Seen{ID: tx.ID, At: tx.At, Digest: digest})
	return nil
}

// checkVault reports why amount of asset may not leave the vault now.
func (l *Ledger) checkVault(tx Transaction, asset string, amount decimal.Decimal) error {
	limit := l.rules.Vault[asset]
	if left := l.vault[asset].Left(limit.DailyCap, tx.At); amount.GreaterThan(left) {
		return fmt.Errorf("%w: %s %s: %s left of %s", ErrCapped, amount, asset, left, limit.DailyCap)
	}
	if limit.NeedsApproval(amount) && tx.approvers() < 2 {
		return fmt.Errorf("%w: %s %s: above %s", ErrUnapproved, amount, asset, limit.ApprovalAbove)
	}
	return nil
}

// post returns the balances of the touched accounts after postings.
func (l *Ledger) post(postings []Posting) (map[Account]Balance, error) {
	type slot struct {
		Account
		Part
	}
	taken := sumBy(postings, func(p Posting) (slot, bool) {
		return slot{p.Account, p.Part}, p.Amount.Sign() < 0 && !p.Bucket.External()
	})
	for _, t := range taken {
		balance := l.balances[t.key.Account]
		if has := *balance.part(t.key.Part); has.LessThan(t.total.Neg()) {
			return nil, fmt.Errorf("%w: %s has %s %s, asked for %s", ErrInsufficient, t.key.Account, has, t.key.Part, t.total.Neg())
		}
	}
	after := make(map[Account]Balance, len(postings))
	for _, p := range postings {
		balance, touched := after[p.Account]
		if !touched {
			balance = l.balances[p.Account]
		}
		part := balance.part(p.Part)
		*part = part.Add(p.Amount)
		after[p.Account] = balance
	}
	return after, nil
}

// remember adds s and forgets what is older than KeepIDs. Forgetting is safe:
// a late repetition keeps its At, which is before the ledger's by then.
func (l *Ledger) remember(s Seen) {
	l.seen = append(l.seen, s)
	l.digests[s.ID] = s.Digest
	if l.rules.KeepIDs == 0 {
		return
	}
	old := 0
	for ; s.At.Sub(l.seen[old].At) > l.rules.KeepIDs; old++ {
		delete(l.digests, l.seen[old].ID)
	}
	l.seen = l.seen[old:]
}

// Balance returns what an account holds; an account never used holds nothing.
func (l *Ledger) Balance(a Account) Balance { return l.balances[a] }

// Covering returns what counts towards the coverage of asset, in units: what
// bucket B has available, on all chains. A and C are there for others, D is
// promised to bridges, E counts once it was refilled from.
func (l *Ledger) Covering(asset string) decimal.Decimal {
	return l.sum(func(a Account, b Balance) decimal.Decimal {
		if a.Asset != asset || a.Bucket != Stabilization {
			return decimal.Zero
		}
		return b.Available
	})
}

// Owned returns all that the five buckets hold of asset, in units: available,
// held and in flight, on all chains.
func (l *Ledger) Owned(asset string) decimal.Decimal {
	return l.sum(func(a Account, b Balance) decimal.Decimal {
		if a.Asset != asset || !a.Bucket.capital() {
			return decimal.Zero
		}
		return b.Total()
	})
}

// sum adds up over all accounts; addition is exact, so their order is free.
func (l *Ledger) sum(of func(Account, Balance) decimal.Decimal) decimal.Decimal {
	sum := decimal.Zero
	for account, balance := range l.balances {
		sum = sum.Add(of(account, balance))
	}
	return sum
}

// Audit recounts the whole book: every asset sums to zero, and no balance but
// the outside's is negative. Commit keeps both; a restored book must prove them.
func (l *Ledger) Audit() error {
	totals := map[string]decimal.Decimal{}
	for _, entry := range l.entries() {
		account, balance := entry.Account, entry.Balance
		totals[account.Asset] = totals[account.Asset].Add(balance.Total())
		for _, part := range []Part{Available, Held, InFlight} {
			if has := *balance.part(part); has.Sign() < 0 && !account.Bucket.External() {
				return fmt.Errorf("%w: account %s: %s %s: must be >= 0", ErrInvalid, account, has, part)
			}
		}
	}
	for _, asset := range slices.Sorted(maps.Keys(totals)) {
		if total := totals[asset]; !total.IsZero() {
			return fmt.Errorf("%w: accounts of %s sum to %s: must be 0", ErrInvalid, asset, total)
		}
	}
	return nil
}

// State returns a copy of all that the ledger remembers, accounts sorted by
// asset, bucket and chain. Equal histories give equal states.
func (l *Ledger) State() LedgerState {
	return LedgerState{At: l.at, Accounts: l.entries(), Vault: maps.Clone(l.vault), Seen: slices.Clone(l.seen)}
}

func (l *Ledger) entries() []Entry {
	entries := make([]Entry, 0, len(l.balances))
	for account, balance := range l.balances {
		entries = append(entries, Entry{account, balance})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return compareAccounts(a.Account, b.Account) })
	return entries
}

// Clone returns an independent copy, for a simulation that forks.
func (l *Ledger) Clone() *Ledger {
	return &Ledger{
		rules: l.rules, balances: maps.Clone(l.balances), vault: maps.Clone(l.vault),
		seen: slices.Clone(l.seen), digests: maps.Clone(l.digests), at: l.at,
	}
}
