package reserve

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// place is where value lies, and what it is.
type place struct {
	asset string
	chain uint64
}

// check applies the rules that need no balance.
func (r Rules) check(tx Transaction) error {
	for _, p := range tx.Postings {
		if credit := p.Amount.Sign() > 0; !tx.Kind.allows(p.Bucket, credit) {
			verb := "take from"
			if credit {
				verb = "add to"
			}
			return fmt.Errorf("%w: %q may not %s %s", ErrForbidden, tx.Kind, verb, p.Account)
		}
	}
	if err := checkChains(tx); err != nil {
		return err
	}
	if tx.Kind == Move {
		return checkMove(tx)
	}
	if tx.Kind == FlashLoan {
		return r.checkFlash(tx)
	}
	return nil
}

// checkChains lets value leave a chain only out of what is in flight there: it
// is sent first, and arrives elsewhere in a later transaction.
func checkChains(tx Transaction) error {
	net := sumBy(tx.Postings, func(p Posting) (place, bool) { return place{p.Asset, p.Chain}, true })
	for _, n := range net {
		landed := decimal.Zero
		for _, p := range tx.Postings {
			if p.Part == InFlight && (place{p.Asset, p.Chain}) == n.key {
				landed = landed.Add(p.Amount)
			}
		}
		if n.total.Sign() < 0 && landed.GreaterThan(n.total) {
			return fmt.Errorf("%w: %s %s leaves chain %d but was not in flight", ErrForbidden, n.total.Neg(), n.key.asset, n.key.chain)
		}
	}
	return nil
}

// checkMove keeps each bucket's sum as it is.
func checkMove(tx Transaction) error {
	type owner struct {
		bucket Bucket
		asset  string
	}
	for _, s := range sumBy(tx.Postings, func(p Posting) (owner, bool) { return owner{p.Bucket, p.Asset}, true }) {
		if !s.total.IsZero() {
			return fmt.Errorf("%w: %q would change bucket %s by %s %s", ErrForbidden, tx.Kind, s.key.bucket, s.total, s.key.asset)
		}
	}
	return nil
}

// checkFlash wants back what bucket C pays, with the fee, in the same asset, on
// the same chain and within this transaction, which is the same block.
func (r Rules) checkFlash(tx Transaction) error {
	in := func(sign int) []total[place] {
		return sumBy(tx.Postings, func(p Posting) (place, bool) {
			return place{p.Asset, p.Chain}, p.Bucket == Flash && p.Amount.Sign() == sign
		})
	}
	returned := in(+1)
	for _, paid := range in(-1) {
		owed := paid.total.Neg().Mul(r.FlashFeeBps.Add(bps)).Shift(-4)
		back := decimal.Zero
		for _, r := range returned {
			if r.key == paid.key {
				back = r.total
			}
		}
		if back.LessThan(owed) {
			return fmt.Errorf("%w: flash loan of %s %s returned %s, owed %s", ErrForbidden, paid.total.Neg(), paid.key.asset, back, owed)
		}
	}
	return nil
}

var bps = decimal.NewFromInt(10_000)

// leavingVault returns what tx takes from bucket E in all, by asset.
func leavingVault(tx Transaction) []total[string] {
	net := sumBy(tx.Postings, func(p Posting) (string, bool) { return p.Asset, p.Bucket == Vault })
	leaving := net[:0]
	for _, n := range net {
		if n.total.Sign() < 0 {
			leaving = append(leaving, total[string]{n.key, n.total.Neg()})
		}
	}
	return leaving
}
