package market

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// refusals returns all that stands against a route, hard reasons first, and the
// largest size that would pass.
func (t trade) refusals(r Route) ([]Refusal, decimal.NullDecimal) {
	hard := t.hardRefusals(r)
	sized, most := t.sizeRefusals(r.Path)
	if len(hard) > 0 {
		most = decimal.NewNullDecimal(decimal.Decimal{})
	}
	return append(hard, sized...), most
}

// hardRefusals are those that no other size would lift.
func (t trade) hardRefusals(r Route) []Refusal {
	var found []Refusal
	refuse := func(reason Reason, when bool) {
		if when {
			found = append(found, Refusal{Reason: reason})
		}
	}
	p, path := t.policy, r.Path
	enforced := p.Strictness == Enforced
	refuse(Regulatory, slices.Contains(t.s.Conditions.Suspended, path))
	switch path {
	case ByMaker:
		refuse(NoMaker, t.s.Maker == nil)
		refuse(MakerOffline, t.s.Maker != nil && !t.s.Maker.Online)
	case ByAuction:
		refuse(NoAuction, t.s.Auction == nil)
		if t.s.Auction != nil && enforced {
			if most, below := t.s.Auction.below(t.sale.Reserve); below {
				found = append(found, Refusal{BelowReserve, most})
			}
		}
	case ByRFQ:
		if r.Opens.IsZero() || enforced && r.Opens.Sub(t.s.Now) > p.RFQWindow {
			found = append(found, Refusal{WindowClosed, minutes(p.RFQWindow)})
		}
	case ByP2P: // is always open
	}
	refuse(RatingRestriction, enforced && p.barred(t.s.Bond.Rating))
	barred := !slices.Contains(p.Tenors[t.s.Bond.Tenor], path)
	refuse(TenorRestriction, barred && (enforced || path == ByP2P))
	return found
}

// below reports whether neither the clearing estimate nor any of the bids that are
// shown reaches a reserve, and returns the highest reserve that one does.
func (a Auction) below(reserve decimal.Decimal) (most decimal.Decimal, below bool) {
	if len(a.Demand) == 0 { // the bids are not shown, so nobody can say
		return decimal.Decimal{}, false
	}
	most = a.Clearing
	for _, p := range a.Demand {
		if p.Size.IsPositive() {
			most = decimal.Max(most, p.Price)
		}
	}
	return most, most.LessThan(reserve)
}

// sizeRefusals are those of this size, with the largest that has none.
func (t trade) sizeRefusals(path Path) ([]Refusal, decimal.NullDecimal) {
	var found []Refusal
	p, size := t.policy, t.sale.Size
	if path == ByP2P {
		if size.LessThan(p.P2PMinLot) {
			found = append(found, Refusal{MinLot, p.P2PMinLot})
		}
		return found, decimal.NullDecimal{}
	}
	most := p.ratingCaps(t.s.Bond).forPath(path)
	if size.GreaterThan(most) {
		found = append(found, Refusal{RatingCap, most})
	}
	if p.Strictness == Enforced {
		issuer := p.issuerCaps(t.s.Bond).forPath(path)
		if size.GreaterThan(issuer) {
			found = append(found, Refusal{IssuerCap, issuer})
		}
		most = decimal.Min(most, issuer)
	}
	return found, decimal.NewNullDecimal(most)
}

// window returns the first opening of a path after a time, and false for a path
// without windows or if there is none. An auction whose window has passed keeps
// it in a [SeedCompatible] policy, and in an [Enforced] one is due again after a
// cadence.
func (t trade) window(path Path, after time.Time) (time.Time, bool) {
	switch {
	case path == ByRFQ:
		return t.rfq.next(after)
	case path == ByAuction && t.s.Auction != nil:
		open := t.s.Auction.NextWindow.UTC()
		if t.policy.Strictness == Enforced && open.Before(after) {
			cadence := t.policy.AuctionCadence
			early := after.Sub(open) % cadence // how long ago one would have been
			open = after.UTC().Add((cadence - early) % cadence)
		}
		return open, true
	default:
		return time.Time{}, false
	}
}

// following returns the window after one.
func (t trade) following(path Path, open time.Time) (time.Time, bool) {
	if path == ByAuction {
		return open.Add(t.policy.AuctionCadence), true
	}
	return t.rfq.next(open)
}
