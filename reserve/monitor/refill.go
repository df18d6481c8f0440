package monitor

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// refill settles what was reported and asks for what is missing, B before D.
func (e *Engine) refill(next *State, seen Observation, d *Decision) {
	for _, outcome := range seen.Outcomes {
		next.settle(outcome, e.cfg.RefillPatience)
	}
	e.ask(next, need{
		bucket: reserve.Stabilization, have: seen.Available.Add(seen.InFlight), vault: seen.Vault,
		below: d.Required.Mul(okCoverage), upTo: d.Required.Mul(e.cfg.RefillTo),
	}, d)
	if e.cfg.BridgeBuffer.Sign() > 0 {
		e.ask(next, need{
			bucket: reserve.Bridge, have: seen.Bridge.Add(seen.BridgeInFlight), vault: seen.Vault,
			below: e.cfg.BridgeBuffer, upTo: e.cfg.BridgeBuffer.Mul(e.cfg.RefillTo),
		}, d)
	}
}

// need is one bucket that may want a refill: when it has less than below, up to
// upTo.
type need struct {
	bucket                   reserve.Bucket
	have, below, upTo, vault decimal.Decimal
}

// ask adds the bucket's refill to d, with a reason when there is none.
func (e *Engine) ask(next *State, n need, d *Decision) {
	lane := next.lane(n.bucket)
	refill := Refill{From: reserve.Vault, To: n.bucket}
	short := false
	switch {
	case lane.Asked.ID != 0:
		refill.Reason = Outstanding
		if !lane.Late && next.At.Sub(lane.Asked.At) > e.cfg.RefillPatience {
			lane.Late = true
			d.Alerts = append(d.Alerts, RefillLate)
		}
		d.Refills = append(d.Refills, refill)
		return
	case n.have.GreaterThanOrEqual(n.below):
		refill.Reason = Covered
	case next.At.Before(lane.QuietUntil):
		refill.Reason = Refused
	default:
		refill.Wanted = n.upTo.Sub(n.have).RoundCeil(reserve.Scale)
		refill.Amount, refill.Reason = e.clip(next, refill.Wanted, n.vault)
		short = refill.Amount.LessThan(refill.Wanted) && refill.Reason != BelowMinimum
	}
	if refill.Reason == Requested {
		next.Requests++
		refill.ID, refill.NeedsApproval = next.Requests, e.cfg.Vault.NeedsApproval(refill.Amount)
		lane.Asked = Request{ID: refill.ID, Amount: refill.Amount, At: next.At}
	}
	if short && !lane.Short {
		d.Alerts = append(d.Alerts, RefillShort)
	}
	lane.Short = short
	d.Refills = append(d.Refills, refill)
}

// clip shrinks wanted to what the daily cap and the vault leave after all that
// is still outstanding, and to nothing below the minimum.
func (e *Engine) clip(next *State, wanted, vault decimal.Decimal) (decimal.Decimal, RefillReason) {
	asked := next.outstanding()
	capLeft := next.Spent.Left(e.cfg.Vault.DailyCap, next.At).Sub(asked)
	vaultLeft := vault.Sub(asked)
	switch amount := decimal.Min(wanted, capLeft, vaultLeft); {
	case amount.GreaterThanOrEqual(e.cfg.MinRefill):
		return amount, Requested
	case amount.Equal(wanted):
		return decimal.Zero, BelowMinimum
	case amount.Equal(capLeft):
		return decimal.Zero, CapUsed
	default:
		return decimal.Zero, VaultShort
	}
}

// settle ends the request that o speaks of; one that is not outstanding is a
// repetition and means nothing.
func (s *State) settle(o Outcome, patience time.Duration) {
	for i := range s.Lanes {
		lane := &s.Lanes[i]
		if o.ID == 0 || lane.Asked.ID != o.ID {
			continue
		}
		if o.Result == Settled {
			s.Spent = s.Spent.Spend(lane.Asked.Amount, s.At)
		} else {
			lane.QuietUntil = s.At.Add(patience)
		}
		lane.Asked, lane.Late = Request{}, false
	}
}

// outstanding is what was asked for and may still leave the vault.
func (s *State) outstanding() decimal.Decimal {
	return s.Lanes[0].Asked.Amount.Add(s.Lanes[1].Asked.Amount)
}

// lane is the place of a bucket's requests.
func (s *State) lane(b reserve.Bucket) *Lane { return &s.Lanes[slices.Index(lanes[:], b)] }

var lanes = [...]reserve.Bucket{reserve.Stabilization, reserve.Bridge}
