package liquidity

import (
	"time"

	"github.com/shopspring/decimal"
)

// Shadowed is an action that would have been taken. One per bank waits to be
// judged, a cooldown later.
type Shadowed struct {
	Side   Side
	Cause  Cause
	Amount decimal.Decimal
	At     time.Time
}

// Score judges what would have been done by what came without it.
type Score struct {
	Needed, Spared             int             // injections: the bank was still below its floor, or was not
	NeededAmount, SparedAmount decimal.Decimal `json:",omitzero"`
	Idle, Missed               int             // withdrawals: the money still lay about, or the bank had used it
}

// cast remembers an action as if it had been taken: it starts the cooldown and
// counts for the budgets.
func (k *look) cast(b *bank, a Action) {
	b.acct.Shadow = &Shadowed{Side: a.Side, Cause: a.Cause, Amount: a.Amount, At: k.seen.At}
	b.paced(a.Side, k.seen.At)
	if a.Side == Inject {
		b.acct.Spent = b.acct.Spent.Spend(a.Amount, k.seen.At)
		if a.Cause == Predicted {
			b.acct.Foreseen = b.acct.Foreseen.Spend(a.Amount, k.seen.At)
		}
	}
}

// judge scores what would have been done a cooldown ago.
func (k *look) judge(b *bank) {
	cast := b.acct.Shadow
	if cast == nil || b.pos == nil || !k.fresh(b.pos) || k.seen.At.Sub(cast.At) < max(k.cfg.Cooldown, k.cfg.Retry) {
		return
	}
	score := &k.next.Score
	switch {
	case cast.Side == Inject && b.cause == BelowFloor:
		score.Needed, score.NeededAmount = score.Needed+1, score.NeededAmount.Add(cast.Amount)
	case cast.Side == Inject:
		score.Spared, score.SparedAmount = score.Spared+1, score.SparedAmount.Add(cast.Amount)
	case b.side == Withdraw:
		score.Idle++
	default:
		score.Missed++
	}
	b.acct.Shadow = nil
}
