package reserve

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Limit bounds what leaves the vault, in units of one asset.
type Limit struct {
	DailyCap      decimal.Decimal // in any 24 hours, >= 0
	ApprovalAbove decimal.Decimal // a larger single amount needs two people, >= 0
}

// NeedsApproval reports whether amount needs two people.
func (l Limit) NeedsApproval(amount decimal.Decimal) bool {
	return amount.GreaterThan(l.ApprovalAbove)
}

// Validate reports the first field that is out of its range.
func (l Limit) Validate() error {
	if err := checkNotNegative("DailyCap", l.DailyCap); err != nil {
		return err
	}
	return checkNotNegative("ApprovalAbove", l.ApprovalAbove)
}

// Allowance is what was spent under a daily cap, oldest first. The day slides:
// 24 hours up to now, so that two caps cannot be spent around a midnight. It is
// a value; its zero value is nothing spent.
type Allowance []Spending

// Spending is one use of an allowance.
type Spending struct {
	At     time.Time
	Amount decimal.Decimal // > 0
}

const day = 24 * time.Hour

// Left returns what may still be spent at now under dailyCap, at least 0.
func (a Allowance) Left(dailyCap decimal.Decimal, now time.Time) decimal.Decimal {
	left := dailyCap
	for _, s := range a[a.expired(now):] {
		left = left.Sub(s.Amount)
	}
	return decimal.Max(left, decimal.Zero)
}

// Spend returns the allowance after amount was spent at now, without what is
// older than a day. a stays as it is; now is never before its last spending.
func (a Allowance) Spend(amount decimal.Decimal, now time.Time) Allowance {
	return append(slices.Clone(a[a.expired(now):]), Spending{At: now, Amount: amount})
}

// expired counts the spendings that no longer matter at now.
func (a Allowance) expired(now time.Time) int {
	n := 0
	for n < len(a) && now.Sub(a[n].At) >= day {
		n++
	}
	return n
}
