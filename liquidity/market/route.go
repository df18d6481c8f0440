package market

import (
	"time"

	"github.com/shopspring/decimal"
)

// Route is one path as it is now, for one sale. Each path has one, whether it is
// available or not.
type Route struct {
	Path      Path      `json:"path"`
	Available bool      `json:"available"`
	Priority  Priority  `json:"priority"`
	Refusals  []Refusal `json:"refusals"` // all that stands against it, if it is not available
	// MaxSize is the largest sale that would pass now: 0 if none would, not valid
	// if there is no limit.
	MaxSize decimal.NullDecimal `json:"max_size"`
	// Opens is the next window; zero for a path without windows, or if there is
	// none. An auction's may have passed in a [SeedCompatible] policy.
	Opens time.Time `json:"opens"`

	// The rest is zero unless the route is available.

	FillProbability Probability     `json:"fill_probability"`
	Price           decimal.Decimal `json:"expected_price"`
	SpreadBps       decimal.Decimal `json:"expected_spread_bps"`
	NetPrice        decimal.Decimal `json:"net_price"` // after half the spread; an auction clears at one price
	// Minutes that the route takes, as the translator has it: FillProbability is
	// that of being filled by then.
	Minutes decimal.Decimal `json:"time_minutes"`
	// P50 and P90 are the minutes by which a seller who keeps at it is out, in half
	// and in nine tenths of all cases. Not valid if that is beyond saying.
	P50         decimal.NullDecimal `json:"time_p50_minutes"`
	P90         decimal.NullDecimal `json:"time_p90_minutes"`
	TimeBasis   TimeBasis           `json:"time_basis"`
	Constraints []Constraint        `json:"constraints"`
	Confidence  decimal.Decimal     `json:"confidence"` // 0 to 1
	Utility     decimal.Decimal     `json:"utility"`    // see [Utility]
	// DominatedBy is a route that is as likely, as quick and pays as much, and
	// better in one of them; empty if there is none.
	DominatedBy Path `json:"dominated_by"`
}

// Priority is the place of a route.
type Priority string

// The priorities.
const (
	Primary     Priority = "primary"
	Secondary   Priority = "secondary"
	Fallback    Priority = "fallback"
	Unavailable Priority = "unavailable"
)

// Refusal is a reason for which a route is not available.
type Refusal struct {
	Reason Reason `json:"reason"`
	// Limit is what the sale would have to keep to: a size, the minutes that a window
	// may be ahead, or the highest reserve. 0 for other reasons.
	Limit decimal.Decimal `json:"limit"`
}

// Reason is why a route is not available.
type Reason string

// The reasons.
const (
	Regulatory        Reason = "regulatory"         // suspended by order
	NoMaker           Reason = "no_maker"           // nobody makes a market
	MakerOffline      Reason = "maker_offline"      // there is a maker, and it does not quote
	NoAuction         Reason = "no_auction"         // none is announced
	BelowReserve      Reason = "below_reserve"      // neither the auction's estimate nor a bid reaches the seller's reserve
	WindowClosed      Reason = "window_closed"      // the next is too far ahead
	RatingRestriction Reason = "rating_restriction" // the policy bars the rating
	TenorRestriction  Reason = "tenor_restriction"  // the policy bars the tenor from this path
	RatingCap         Reason = "rating_cap"         // the size is above the rating's cap
	IssuerCap         Reason = "issuer_cap"         // the size is above the issuer class's cap
	MinLot            Reason = "min_lot"            // the size is below the least lot
)

// Constraint is something about an available route that limits it.
type Constraint string

// The constraints.
const (
	InventoryLimit Constraint = "inventory_limit" // the maker's band is smaller than the size
	TimeConstraint Constraint = "time_constraint" // the window is more than a day ahead
	LotSize        Constraint = "lot_size"        // so small that few counterparties care
	ThinDemand     Constraint = "thin_demand"     // bids at the reserve or more do not cover the size
)

// TimeBasis says where P50 and P90 come from.
type TimeBasis string

// The bases.
const (
	Modelled TimeBasis = "modelled" // from Minutes and FillProbability
	Recorded TimeBasis = "recorded" // from outcomes of the path and the bucket of sizes
)

// trade is a sale in a snapshot under a policy: all that routes are made from.
type trade struct {
	policy *Policy
	rfq    schedule
	record Record
	s      Snapshot // with the bond that the policy assumes
	sale   Sale
}

// route returns a path as it is.
func (t trade) route(path Path) Route {
	r := Route{Path: path, Priority: Unavailable}
	if open, ok := t.window(path, t.s.Now); ok {
		r.Opens = open
	}
	r.Refusals, r.MaxSize = t.refusals(r)
	if len(r.Refusals) > 0 {
		return r
	}
	r.Available = true
	t.price(&r)
	t.fill(&r)
	r.Constraints = t.constraints(r)
	r.Utility = t.utility(r)
	return r
}

// price fills in what is expected to be paid, how long it takes, and how sure the
// translator is of a path.
func (t trade) price(r *Route) {
	book := t.s.Book
	mid, quoted := book.Mid(), book.SpreadBps()
	wait := decimal.Max(decimal.Decimal{}, minutes(r.Opens.Sub(t.s.Now)))
	switch r.Path {
	case ByMaker:
		r.Price, r.SpreadBps, r.Confidence = mid, t.makerSpread(), hundredths(85)
		r.Minutes = decimal.New(15, 0)
		if t.sale.Size.GreaterThan(million) {
			r.Minutes = r.Minutes.Add(decimal.New(15, 0))
		}
		if t.s.Maker.Quotes24h < 10 {
			r.Minutes = r.Minutes.Add(decimal.New(30, 0))
		}
	case ByAuction:
		r.Price, r.SpreadBps, r.Confidence = t.s.Auction.Clearing, quoted, hundredths(75)
		r.Minutes = wait.Add(minutes(settle(ByAuction)))
	case ByRFQ:
		r.Price, r.SpreadBps, r.Confidence = mid, quoted.Mul(decimal.New(12, -1)), hundredths(70)
		r.Minutes = wait.Add(minutes(settle(ByRFQ)))
	case ByP2P:
		r.Price, r.SpreadBps, r.Confidence = mid.Mul(decimal.New(995, -3)), quoted.Mul(decimal.New(15, -1)), hundredths(60)
		r.Minutes = decimal.New(240, 0)
	}
	r.NetPrice = r.Price
	if r.Path != ByAuction {
		halves := r.SpreadBps.DivRound(bpsOne.Mul(two), places)
		r.NetPrice = r.Price.Mul(decimal.Max(decimal.Decimal{}, one.Sub(halves))).Round(places)
	}
}

// makerSpread is the last quote, and in an enforced policy never below what the
// maker or the policy has as the least.
func (t trade) makerSpread() decimal.Decimal {
	m := t.s.Maker
	if t.policy.Strictness == Enforced {
		return decimal.Max(m.LastQuoteSpreadBps, m.MinSpreadBps, t.policy.MakerMinSpreadBps)
	}
	return m.LastQuoteSpreadBps
}

func (t trade) constraints(r Route) []Constraint {
	var found []Constraint
	size := t.sale.Size
	switch r.Path {
	case ByMaker:
		if t.s.Maker.Inventory.High.LessThan(size) {
			found = append(found, InventoryLimit)
		}
	case ByAuction, ByRFQ:
		if r.Opens.Sub(t.s.Now) > day {
			found = append(found, TimeConstraint)
		}
		if r.Path == ByAuction && t.policy.Strictness == Enforced && len(t.s.Auction.Demand) > 0 && !t.covered() {
			found = append(found, ThinDemand)
		}
	case ByP2P:
		if size.LessThan(decimal.New(100, 3)) {
			found = append(found, LotSize)
		}
	}
	return found
}

// covered reports whether an auction's bids at the reserve or more take the size.
func (t trade) covered() bool {
	return t.s.Auction.DemandAt(t.sale.Reserve).GreaterThanOrEqual(t.sale.Size)
}

// settle is how long a path takes after its window opens.
func settle(path Path) time.Duration {
	if path == ByAuction {
		return 2 * time.Hour
	}
	return time.Hour
}
