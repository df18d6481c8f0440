package stabilizer

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

const secondsPerDay = 86_400

// intent returns a copy of one intent, already in its place, for writing.
func (t *turn) intent(i int) *Intent {
	if !t.owned {
		t.s.Intents, t.owned = slices.Clone(t.s.Intents), true
	}
	in := *t.s.Intents[i]
	t.s.Intents[i] = &in
	return &in
}

// forget drops the intents that no reorg can reach any more, and keeps of them
// what the window cap needs. It leaves room for one more.
func (t *turn) forget(number uint64) {
	kept := make([]*Intent, 0, len(t.s.Intents)+1)
	var fills []Fill
	for _, f := range t.s.Fills {
		if t.inWindow(f.Block, number) {
			fills = append(fills, f)
		}
	}
	for _, in := range t.s.Intents {
		switch {
		case in.Settled == 0 || in.Settled+t.cfg.ReorgBlocks > number:
			kept = append(kept, in)
		case in.Filled.IsPositive() && t.inWindow(in.Settled, number):
			fills = append(fills, Fill{in.Settled, in.Filled})
		}
	}
	t.s.Intents, t.s.Fills, t.owned = kept, fills, true
}

// inWindow reports whether a fill counts towards the window cap of a trade
// decided at number: the window ends with its inclusion block.
func (t *turn) inWindow(settled, number uint64) bool { return settled+t.cfg.WindowBlocks > number+1 }

// settle takes a receipt in.
func (t *turn) settle(r Receipt) error {
	i := slices.IndexFunc(t.s.Intents, func(in *Intent) bool { return in.Settled == 0 && in.TxID() == r.ID })
	if i < 0 {
		t.say(None, UnknownTx)
		return nil
	}
	in := t.intent(i)
	switch r.Outcome {
	case Mined:
		if !r.Filled.IsPositive() || r.Filled.GreaterThan(in.Size) {
			return fmt.Errorf("%w: Receipt.Filled %v: must be above 0 and at most the size %v of %s", ErrInvalid, r.Filled, in.Size, in.ID)
		}
		in.Filled = r.Filled
		t.s.LastExec = max(t.s.LastExec, r.Block)
		t.s.Reverts, t.s.Misses = 0, 0
		t.book(in, t.earned(in, r))
		t.say(None, Filled)
	case Partial:
		if len(in.Route) != 2 || !r.Held.IsPositive() {
			return fmt.Errorf("%w: Receipt.Held %v: must be > 0, for an order of two legs; %s has %d", ErrInvalid, r.Held, in.ID, len(in.Route))
		}
		in.Held, in.HeldAt, in.Since = r.Held, r.Block, r.Block
		t.s.LastExec = max(t.s.LastExec, r.Block)
		t.say(None, LegPending)
		t.alert(LegUnfinished, in.ID)
		return nil
	case Reverted:
		t.s.LastExec = max(t.s.LastExec, r.Block)
		t.s.Reverts++
		t.book(in, t.cfg.GasCost.Neg())
		t.say(None, WasReverted)
	case Unsent:
		in.Unsent = true
		t.say(None, WasNotSent)
		return nil
	case Cancelled:
		t.say(None, WasCancelled)
	case Expired:
		t.s.Misses++
		t.say(None, HasExpired)
	}
	if in.Held.IsPositive() && r.Outcome != Mined {
		in.Leg = "" // the second leg is tried again, never the first
	} else {
		in.Settled, in.Outcome = r.Block, r.Outcome
		if in.Settled == 0 {
			in.Settled = max(t.s.History.Head(), 1)
		}
	}
	if t.s.Reverts >= t.cfg.MaxReverts {
		t.halt(TxFailures)
	}
	return nil
}

// earned returns what a fill brought, in units of Base: as it was received if
// that is known, else as it was expected.
func (t *turn) earned(in *Intent, r Receipt) decimal.Decimal {
	switch {
	case !r.Received.IsPositive():
		return in.PnL
	case in.Side == Sell:
		return quoEven(r.Received, in.Worth, bpsScale).Sub(r.Filled).Sub(t.cfg.GasCost)
	}
	return r.Received.Sub(quoEven(in.AmountIn, in.Worth, bpsScale)).Sub(t.cfg.GasCost)
}

// book adds a loss to the day's, once per intent: a reorg does not undo it.
func (t *turn) book(in *Intent, pnl decimal.Decimal) {
	if !in.Booked && pnl.IsNegative() && t.cfg.DailyLossBudget.IsPositive() {
		t.s.Spent = tidy(t.s.Spent.Sub(pnl))
	}
	in.Booked = true
}

// wait deals with an unresolved intent: a transaction that does not come
// through is offered more, at last cancelled, always at its own nonce; the
// second leg of a broken trade is sent again.
func (t *turn) wait(i int, b *Block) {
	open := t.s.Intents[i]
	if open.Held.IsPositive() {
		t.alert(LegUnfinished, open.ID)
		if open.Leg == "" {
			t.finish(t.intent(i), b)
			return
		}
	}
	if open.Unsent {
		in := t.intent(i)
		in.Unsent, in.Since = false, b.Number
		t.say(Resubmit, WasNotSent)
		t.send(in)
		return
	}
	if b.Number < open.Since+t.cfg.StuckBlocks {
		t.say(Hold, Pending)
		return
	}
	in := t.intent(i)
	in.Tries++
	in.Since = b.Number
	t.say(Resubmit, Stuck)
	if in.Tries > t.cfg.MaxResubmits {
		t.say(Cancel, Stuck)
	}
	in.Bump = t.bump(in.Tries)
	in.GasGwei = t.raise(in.GasGwei, b.GasGwei)
	t.send(in)
}

// raise returns what a replacement offers for gas: one bump more than before,
// and than what would do now, within what an emergency allows. A cancellation
// has one bump more than that, so that it can replace whatever was offered.
func (t *turn) raise(before, now decimal.Decimal) decimal.Decimal {
	gas := decimal.Max(before, now).Mul(t.cfg.GasBump)
	most := now.Mul(t.bump(maxResubmits)) // however often it is repeated
	if t.cfg.EmergencyGasGwei.IsPositive() {
		most = t.cfg.EmergencyGasGwei
	}
	if t.d.Action == Cancel {
		most = most.Mul(t.cfg.GasBump)
	}
	return decimal.Max(before, decimal.Min(gas, most)).RoundUp(gweiScale)
}

// finish sends the second leg alone: what we hold of the anchor, for no less
// than the whole trade was to bring.
func (t *turn) finish(in *Intent, b *Block) {
	t.say(Retry, LegPending)
	in.Legs++
	in.Leg = in.ID + ":leg2:" + strconv.FormatUint(in.Legs, 10)
	in.Since, in.Tries = b.Number, 0
	in.Deadline = b.Number + t.cfg.DeadlineBlocks
	in.Bump, in.GasGwei = one, t.offer(b.GasGwei, 0)
	t.send(in)
}

// send puts the order of in, as it stands now, into the decision.
func (t *turn) send(in *Intent) {
	o := in.Order
	if in.Leg != "" {
		o.ID, o.AmountIn = in.Leg, in.Held
		if o.Route = in.Route[1:]; in.Side == Buy {
			o.Route = in.Route[:1]
		}
	}
	t.d.Order = &o
}

// bump returns GasBump to the power of tries, which stop to count at 16.
func (e *Engine) bump(tries uint64) decimal.Decimal { return e.bumps[min(tries, maxResubmits)] }

// offer returns what a unit of gas may cost: one bump more than now, since a
// base fee rises by at most an eighth from block to block (EIP-1559), and one
// for each intent in a row that expired, but no more than the guard allows.
func (t *turn) offer(now decimal.Decimal, misses uint64) decimal.Decimal {
	gas := now.Mul(t.bump(misses + 1)).RoundUp(gweiScale)
	if limit := t.gasLimit(); limit.IsPositive() {
		gas = decimal.Min(gas, limit)
	}
	return gas
}
