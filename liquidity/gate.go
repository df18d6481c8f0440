package liquidity

import (
	"time"

	"github.com/shopspring/decimal"
)

// gates returns every reason not to act on that side of a bank now, in the order
// of the package's constants.
func (k *look) gates(b *bank, side Side, cause Cause) []Reason {
	var why []Reason
	gate := func(closed bool, r Reason) {
		if closed {
			why = append(why, r)
		}
	}
	gate(k.next.Kill.Tripped || b.acct.Kill.Tripped, KillSwitch)
	gate(b.pos == nil, NoData)
	if b.pos == nil {
		return why
	}
	gate(!k.fresh(b.pos), StaleData)
	gate(!b.acct.Seen.Jump.IsZero(), JumpUnconfirmed)
	gate(b.acct.Hold != "", ManualHold)
	gate(b.acct.in(Unknown), UnknownOutcome)
	gate(b.acct.in(Awaiting), ApprovalPending)
	gate(k.cools(b, side) && !b.exempt(side), Cooldown)
	gate(b.live >= k.cfg.MaxInFlight || len(b.acct.Actions) >= maxActions || len(b.acct.Loans) >= maxLoans, InFlightLimit)
	gate(k.cfg.MaxPerHour > 0 && len(b.acct.Hour) >= k.cfg.MaxPerHour, RateLimit)
	if side == Inject {
		k.gatesToInject(b, cause, gate)
	} else {
		k.gatesToWithdraw(b, gate)
	}
	return why
}

func (k *look) gatesToInject(b *bank, cause Cause, gate func(bool, Reason)) {
	p := b.pos
	gate(k.offsets(b), OffsetFirst)
	gate(k.cfg.FXHalt.IsPositive() && p.FXVolatility.GreaterThanOrEqual(k.cfg.FXHalt), FXVolatile)
	gate(exhausted(b.cbdcRoom()), CBDCFlow)
	gate(k.cfg.Secured && !k.collateral(b).IsPositive(), NoCollateral)
	gate(exhausted(k.room.budget), BudgetExhausted)
	gate(cause == Predicted && exhausted(k.room.predictive), PredictedSpent)
	gate(exhausted(k.bankBudget(b)), BankExhausted)
	gate(!k.room.free.IsPositive(), PoolExhausted)
	gate(k.room.free.IsPositive() && !k.usable(), LimitMismatch)
}

func (k *look) gatesToWithdraw(b *bank, gate func(bool, Reason)) {
	excess := b.acct.Seen.ExcessAt
	gate(!b.acct.Seen.Easing, NotEasing)
	gate(b.pos.FXVolatility.GreaterThan(k.cfg.FXCalm), FXNotStable)
	gate(excess.IsZero() || k.seen.At.Sub(excess) < k.cfg.Dwell, DwellNotMet)
	gate(k.cfg.foresees(b.pos), StressPredicted) // licensed or not: this is the careful side
	gate(!b.acct.returnable().IsPositive(), NothingLent)
}

func exhausted(left decimal.NullDecimal) bool { return left.Valid && !left.Decimal.IsPositive() }

// in reports whether an action of the bank is in that phase.
func (a *Account) in(p Phase) bool {
	for i := range a.Actions {
		if a.Actions[i].Phase == p {
			return true
		}
	}
	return false
}

// cools reports whether the last action is too near. Below the hard floor what
// was taken may be given back at once.
func (k *look) cools(b *bank, side Side) bool {
	last := b.acct.Last
	since := k.seen.At.Sub(last.At)
	if last.Side == side {
		return since < k.cfg.Cooldown
	}
	desperate := side == Inject && b.effective.LessThan(k.cfg.HardFloor.Mul(b.pos.Obligations))
	return last.Side != "" && since < k.cfg.ReverseCooldown && !desperate
}

// exempt reports whether a bank may have what its last injection lacks.
func (b *bank) exempt(side Side) bool {
	return side == Inject && b.acct.Last.Side == Inject && b.acct.Remainder.IsPositive()
}

// cbdcRoom returns what may still flow in besides what is in flight.
func (b *bank) cbdcRoom() decimal.NullDecimal {
	if !b.pos.CBDCRoom.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(above(b.pos.CBDCRoom.Decimal, b.inflight))
}

// bankBudget returns what is left of one bank's.
func (k *look) bankBudget(b *bank) decimal.NullDecimal {
	return left(k.cfg.BankBudget, spentBy(b.acct.Spent, k.seen.At).Add(b.inflight))
}

// collateral returns what the bank's pledge still secures, after the haircut.
func (k *look) collateral(b *bank) decimal.Decimal {
	worth := b.pos.Collateral.Mul(bpsOne.Sub(k.cfg.HaircutBps)).Shift(-4)
	return above(worth, b.acct.outstanding().Add(b.inflight))
}

// usable reports whether any provider is there to lend.
func (k *look) usable() bool {
	for _, s := range k.sources {
		if s.usable(k.seen.At).IsPositive() {
			return true
		}
	}
	return false
}

// clipping is an amount and what shrank it.
type clipping struct {
	amount decimal.Decimal
	why    []Reason
}

func (c *clipping) to(limit decimal.Decimal, why Reason) {
	if limit.LessThan(c.amount) {
		c.amount, c.why = limit, append(c.why, why)
	}
}

func (c *clipping) within(left decimal.NullDecimal, why Reason) {
	if left.Valid {
		c.to(left.Decimal, why)
	}
}

// clip shrinks what is wanted to what every limit allows and the providers lend.
func (k *look) clip(b *bank, side Side, cause Cause, wanted decimal.Decimal) clipping {
	c := k.limit(b, side, cause, wanted, k.room)
	if side == Inject && c.amount.IsPositive() {
		k.clipProviders(&c)
	}
	return c
}

// limit shrinks what is wanted to what every limit allows, rounded down, with that
// much room left for all banks.
func (k *look) limit(b *bank, side Side, cause Cause, wanted decimal.Decimal, left room) clipping {
	c := clipping{amount: wanted}
	if side == Withdraw {
		k.clipCap(&c)
		c.to(b.acct.returnable(), ClippedOutstanding)
	} else {
		if k.cools(b, side) {
			c.to(b.acct.Remainder, ClippedRemainder)
		}
		k.clipCap(&c)
		k.clipCaution(b, &c)
		c.within(b.share, ClippedShare)
		c.within(b.cbdcRoom(), ClippedCBDC)
		if k.cfg.Secured {
			c.to(k.collateral(b), ClippedCollateral)
		}
		c.within(left.budget, ClippedBudget)
		if cause == Predicted {
			c.within(left.predictive, ClippedPredictive)
		}
		c.within(k.bankBudget(b), ClippedBank)
		c.to(left.free, ClippedPool)
	}
	c.amount = c.amount.Truncate(k.cfg.Places)
	return c
}

func (k *look) clipCap(c *clipping) {
	if k.cfg.MaxAction.IsPositive() {
		c.to(k.cfg.MaxAction, ClippedAction)
	}
}

// clipCaution takes off what sovereign risk and a restless currency advise.
func (k *look) clipCaution(b *bank, c *clipping) {
	most := k.cfg.MaxAction
	if most.IsZero() {
		most = c.amount
	}
	if k.cfg.SRICap.IsPositive() && b.pos.SRI.IsPositive() {
		most = most.Sub(most.Mul(k.cfg.SRICap).Mul(b.pos.SRI).Shift(-2))
		c.to(most, ClippedSRI)
	}
	if over := above(b.pos.FXVolatility, k.cfg.FXCalm); k.cfg.FXHalt.IsPositive() && over.IsPositive() {
		span := k.cfg.FXHalt.Sub(k.cfg.FXCalm)
		shrunk, _ := most.Mul(above(span, over)).QuoRem(span, k.cfg.Places)
		c.to(shrunk, ClippedFX)
	}
}

// clipProviders takes off what no provider lends in transfers of its size.
func (k *look) clipProviders(c *clipping) {
	lent := total(k.draw(c.amount))
	if lent.IsPositive() {
		c.to(lent, ClippedProvider)
	} else {
		c.to(lent, LimitMismatch)
	}
}

// total returns the sum of legs.
func total(legs []Leg) decimal.Decimal {
	var sum decimal.Decimal
	for i := range legs {
		sum = sum.Add(legs[i].Amount)
	}
	return sum
}

// returnable returns the principal that is lent and not on its way back.
func (a *Account) returnable() decimal.Decimal {
	sum := a.outstanding()
	for i := range a.Actions {
		if a.Actions[i].Side == Withdraw && a.Actions[i].Phase.live() {
			for _, l := range a.Actions[i].Legs {
				if l.Phase.live() {
					sum = sum.Sub(l.Amount)
				}
			}
		}
	}
	return sum
}

// excess notes since when a bank has had more than its ceiling.
func (k *look) excess(b *bank) {
	s := &b.acct.Seen
	switch {
	case b.side != Withdraw || !k.fresh(b.pos): // without news it may have ended long ago
		s.ExcessAt = time.Time{}
	case s.ExcessAt.IsZero():
		s.ExcessAt = k.seen.At
	}
}
