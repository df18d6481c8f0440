package market

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Bounds of what comes from outside.
const (
	maxCount  = 1_000_000_000     // levels, trades, bids, lots, quotes
	maxPoints = 1_000             // of a demand curve
	maxAge    = 100 * 365 * day   // since a last trade
	maxSkew   = 5 * time.Second   // clocks differ by so much
	maxAhead  = 10 * 365 * day    // until an auction
	maxSpread = 1_000_000_000_000 // bps that a maker may quote
	maxVol    = 1_000             // volatility, and multiples of it
)

const (
	mustBeCount  = "must be 0 to 1000000000"
	mustBeAge    = "must be 0 to 36500 days"
	mustBePast   = valid.MustBeDated + ", and not after Now"
	mustBeSpread = "must be 0 to 1e12 bps"
	mustBeOurs   = "must be one of the package's"
)

// Microstructure is what the book and the tape of an instrument say at At.
// Prices are in one unit, sizes in face value of one currency.
type Microstructure struct {
	At      time.Time       `json:"timestamp"`
	ISIN    ISIN            `json:"isin"`
	Bid     decimal.Decimal `json:"bid"`          // > 0
	Ask     decimal.Decimal `json:"ask"`          // >= Bid
	BidSize decimal.Decimal `json:"bid_size"`     // at the touch, >= 0
	AskSize decimal.Decimal `json:"ask_size"`     // at the touch, >= 0
	Depth   decimal.Decimal `json:"l2_depth_qty"` // visible on both sides together, >= 0
	Levels  int             `json:"l2_levels"`    // that Depth is spread over, >= 0
	Trades  int             `json:"trades_count"` // within Window, >= 0
	VWAP    decimal.Decimal `json:"vwap"`         // within Window, >= 0; 0 is none
	Volume  decimal.Decimal `json:"volume_face"`  // traded within Window, >= 0
	// LastTradeAge is how long before At the last trade was, >= 0.
	LastTradeAge time.Duration `json:"last_trade_age_ns"`
	// Window is what Trades, VWAP and Volume cover; 0 if the feed does not say,
	// which is taken for a day and doubted.
	Window time.Duration `json:"window_ns"`
}

// Mid is halfway between bid and ask.
func (m Microstructure) Mid() decimal.Decimal { return m.Bid.Add(m.Ask).Mul(decimal.New(5, -1)) }

// SpreadBps is (ask - bid)/mid, in bps, to 18 decimals.
func (m Microstructure) SpreadBps() decimal.Decimal {
	return m.Ask.Sub(m.Bid).Mul(bpsOne).DivRound(m.Mid(), places)
}

// Locked reports whether bid and ask are the same.
func (m Microstructure) Locked() bool { return m.Bid.Equal(m.Ask) }

// Validate returns [ErrCrossed] for a bid above the ask and otherwise an
// [ErrInvalid] that names the first field that cannot be true at now.
func (m Microstructure) Validate(now time.Time) error {
	if err := cmp.Or(m.ISIN.Validate(), check(
		rule{past(m.At, now), "Microstructure.At", m.At, mustBePast},
		rule{valid.Positive(m.Bid), "Microstructure.Bid", m.Bid, valid.MustBePositive},
		rule{valid.Positive(m.Ask), "Microstructure.Ask", m.Ask, valid.MustBePositive},
	)); err != nil {
		return err
	}
	if m.Bid.GreaterThan(m.Ask) {
		return valid.Error(ErrCrossed, "Microstructure.Bid", m.Bid, fmt.Sprintf("must be at most Ask %s", m.Ask))
	}
	return check(
		rule{valid.NotNegative(m.BidSize), "Microstructure.BidSize", m.BidSize, valid.MustBeAmount},
		rule{valid.NotNegative(m.AskSize), "Microstructure.AskSize", m.AskSize, valid.MustBeAmount},
		rule{valid.NotNegative(m.Depth), "Microstructure.Depth", m.Depth, valid.MustBeAmount},
		rule{count(m.Levels), "Microstructure.Levels", m.Levels, mustBeCount},
		rule{count(m.Trades), "Microstructure.Trades", m.Trades, mustBeCount},
		rule{valid.NotNegative(m.VWAP), "Microstructure.VWAP", m.VWAP, valid.MustBeAmount},
		rule{valid.NotNegative(m.Volume), "Microstructure.Volume", m.Volume, valid.MustBeAmount},
		rule{m.LastTradeAge >= 0 && m.LastTradeAge <= maxAge, "Microstructure.LastTradeAge", m.LastTradeAge, mustBeAge},
		rule{m.Window == 0 || m.Window >= time.Second && m.Window <= maxAge, "Microstructure.Window", m.Window, "must be 0, or 1 s to 36500 days"},
		rule{
			m.Window == 0 || m.Trades == 0 || m.LastTradeAge <= m.Window, "Microstructure.Trades", m.Trades,
			fmt.Sprintf("must be 0 when the last trade, %v ago, is older than the window of %v", m.LastTradeAge, m.Window),
		},
	)
}

// DemandPoint is what bidders would take at a price, on top of the other points.
type DemandPoint struct {
	Price decimal.Decimal `json:"price"` // > 0
	Size  decimal.Decimal `json:"qty"`   // face value, >= 0
}

// Auction is what is known of the next auction of an instrument.
type Auction struct {
	At         time.Time       `json:"timestamp"`
	ISIN       ISIN            `json:"isin"`
	ID         string          `json:"auction_id"`
	Lots       int             `json:"lots_offered"`            // >= 0
	Bids       int             `json:"bids_count"`              // >= 0
	Demand     []DemandPoint   `json:"demand_curve_points"`     // at most 1,000
	Clearing   decimal.Decimal `json:"clearing_price_estimate"` // > 0
	NextWindow time.Time       `json:"next_window"`
}

// Validate is [Microstructure.Validate] for an auction.
func (a Auction) Validate(now time.Time) error {
	if err := cmp.Or(a.ISIN.Validate(), check(
		rule{past(a.At, now), "Auction.At", a.At, mustBePast},
		rule{valid.Named(a.ID), "Auction.ID", a.ID, valid.MustBeNamed},
		rule{count(a.Lots), "Auction.Lots", a.Lots, mustBeCount},
		rule{count(a.Bids), "Auction.Bids", a.Bids, mustBeCount},
		rule{len(a.Demand) <= maxPoints, "Auction.Demand", len(a.Demand), "must have at most 1000 points"},
		rule{valid.Positive(a.Clearing), "Auction.Clearing", a.Clearing, valid.MustBePositive},
		rule{
			a.NextWindow.After(now.Add(-maxAge)) && a.NextWindow.Before(now.Add(maxAhead)),
			"Auction.NextWindow", a.NextWindow, "must be set, and within 10 years from Now",
		},
		rule{valid.Dated(a.NextWindow), "Auction.NextWindow", a.NextWindow, valid.MustBeDated},
	)); err != nil {
		return err
	}
	for i, p := range a.Demand {
		if err := check(
			rule{valid.Positive(p.Price), "Auction.Demand.Price", p.Price, valid.MustBePositive},
			rule{valid.NotNegative(p.Size), "Auction.Demand.Size", p.Size, valid.MustBeAmount},
		); err != nil {
			return fmt.Errorf("point %d: %w", i, err)
		}
	}
	return nil
}

// DemandAt is the face value that is bid for at reserve or more; at 0, all of it.
func (a Auction) DemandAt(reserve decimal.Decimal) decimal.Decimal {
	var sum decimal.Decimal
	for _, p := range a.Demand {
		if p.Price.GreaterThanOrEqual(reserve) {
			sum = sum.Add(p.Size)
		}
	}
	return sum
}

// slope is the least-squares slope of price over size, to 30 decimals, and false
// if there are not two sizes.
func (a Auction) slope() (decimal.Decimal, bool) {
	var n, x, y, xy, xx decimal.Decimal
	for _, p := range a.Demand {
		n = n.Add(one)
		x, y = x.Add(p.Size), y.Add(p.Price)
		xy, xx = xy.Add(p.Size.Mul(p.Price)), xx.Add(p.Size.Mul(p.Size))
	}
	over := n.Mul(xx).Sub(x.Mul(x))
	if over.IsZero() {
		return decimal.Decimal{}, false
	}
	const fine = 30 // a price over a size in currency is a small number
	return n.Mul(xy).Sub(x.Mul(y)).DivRound(over, fine), true
}

// Inventory is the band that a maker keeps its position in, 0 <= Low <= Target <=
// High, in face value.
type Inventory struct {
	Low    decimal.Decimal `json:"low"`
	Target decimal.Decimal `json:"target"`
	High   decimal.Decimal `json:"high"`
}

// Maker is the state of an instrument's market maker.
type Maker struct {
	At                 time.Time       `json:"timestamp"`
	ISIN               ISIN            `json:"isin"`
	Online             bool            `json:"mm_online"`
	Inventory          Inventory       `json:"mm_inventory_band"`
	MinSpreadBps       decimal.Decimal `json:"mm_min_spread_bps"`     // >= 0
	LastQuoteSpreadBps decimal.Decimal `json:"last_quote_spread_bps"` // >= 0
	Quotes24h          int             `json:"quotes_last_24h"`       // >= 0
}

// Validate is [Microstructure.Validate] for a maker.
func (m Maker) Validate(now time.Time) error {
	in := m.Inventory
	return cmp.Or(m.ISIN.Validate(), check(
		rule{past(m.At, now), "Maker.At", m.At, mustBePast},
		rule{valid.NotNegative(in.Low), "Maker.Inventory.Low", in.Low, valid.MustBeAmount},
		rule{valid.NotNegative(in.Target) && in.Target.GreaterThanOrEqual(in.Low), "Maker.Inventory.Target", in.Target, "must be at least Low and below 1e18"},
		rule{valid.NotNegative(in.High) && in.High.GreaterThanOrEqual(in.Target), "Maker.Inventory.High", in.High, "must be at least Target and below 1e18"},
		rule{spread(m.MinSpreadBps), "Maker.MinSpreadBps", m.MinSpreadBps, mustBeSpread},
		rule{spread(m.LastQuoteSpreadBps), "Maker.LastQuoteSpreadBps", m.LastQuoteSpreadBps, mustBeSpread},
		rule{count(m.Quotes24h), "Maker.Quotes24h", m.Quotes24h, mustBeCount},
	))
}

// Bond is what an instrument is. What is left out, a [Policy] assumes.
type Bond struct {
	Rating      string          `json:"rating"`        // "AAA" to "D", see [Policy.Grade]; others are unlisted
	Tenor       string          `json:"tenor"`         // bucket of what is left to run, as the policy names them
	IssuerClass string          `json:"issuer_class"`  // as the policy names them
	CouponPct   decimal.Decimal `json:"coupon_rate"`   // per year, 0 to 1000
	Maturity    time.Time       `json:"maturity_date"` // from 1900 to 2200, or zero if perpetual or not known
	IssueSize   decimal.Decimal `json:"issue_size"`    // face value, >= 0; 0 is not known
}

// Validate returns an [ErrInvalid] that names the first malformed field.
func (b Bond) Validate() error {
	known := func(s string) bool { return s == "" || valid.Named(s) }
	return check(
		rule{known(b.Rating), "Bond.Rating", b.Rating, valid.MustBeNamed},
		rule{known(b.Tenor), "Bond.Tenor", b.Tenor, valid.MustBeNamed},
		rule{known(b.IssuerClass), "Bond.IssuerClass", b.IssuerClass, valid.MustBeNamed},
		rule{valid.NotNegative(b.CouponPct) && b.CouponPct.LessThanOrEqual(decimal.New(1000, 0)), "Bond.CouponPct", b.CouponPct, "must be 0 to 1000"},
		rule{b.Maturity.IsZero() || valid.Dated(b.Maturity), "Bond.Maturity", b.Maturity, valid.MustBeDated + ", or zero"},
		rule{valid.NotNegative(b.IssueSize), "Bond.IssueSize", b.IssueSize, valid.MustBeAmount},
	)
}

// Conditions are those of the market as a whole. Zero is an ordinary open day.
type Conditions struct {
	Closed      bool            `json:"market_closed"`
	AuctionOpen bool            `json:"auction_window_open"`
	News        bool            `json:"high_impact_news"`
	Volatility  decimal.Decimal `json:"volatility"`  // as a fraction, >= 0
	SigmaTimes  decimal.Decimal `json:"sigma_times"` // how many times its usual volatility an instrument shows; 0 is once
	// Suspended paths may not be used now, by order of a regulator or an operator.
	Suspended []Path `json:"suspended"`
}

// Validate returns an [ErrInvalid] that names the first malformed field.
func (c Conditions) Validate() error {
	most := decimal.New(maxVol, 0)
	for _, p := range c.Suspended {
		if !slices.Contains(Paths(), p) {
			return invalid("Conditions.Suspended", string(p), mustBeOurs)
		}
	}
	return check(
		rule{len(c.Suspended) <= len(Paths()), "Conditions.Suspended", len(c.Suspended), "must name each path once"},
		rule{valid.NotNegative(c.Volatility) && c.Volatility.LessThanOrEqual(most), "Conditions.Volatility", c.Volatility, "must be 0 to 1000"},
		rule{valid.NotNegative(c.SigmaTimes) && c.SigmaTimes.LessThanOrEqual(most), "Conditions.SigmaTimes", c.SigmaTimes, "must be 0 to 1000"},
	)
}

// Snapshot is all that is known of an instrument at Now.
type Snapshot struct {
	Now        time.Time      `json:"now"`
	Book       Microstructure `json:"microstructure"`
	Auction    *Auction       `json:"auction"`      // nil: none is announced
	Maker      *Maker         `json:"market_maker"` // nil: nobody makes a market
	Bond       Bond           `json:"bond_metadata"`
	Conditions Conditions     `json:"market_conditions"`
}

// Validate returns an error for the first part that is malformed, or that is
// about another instrument than the book: see [Microstructure.Validate].
func (s Snapshot) Validate() error {
	if err := cmp.Or(check(rule{valid.Dated(s.Now), "Now", s.Now, valid.MustBeDated}), s.Book.Validate(s.Now), s.Bond.Validate(), s.Conditions.Validate()); err != nil {
		return err
	}
	if a := s.Auction; a != nil {
		if err := cmp.Or(a.Validate(s.Now), s.same("Auction.ISIN", a.ISIN)); err != nil {
			return err
		}
	}
	if m := s.Maker; m != nil {
		return cmp.Or(m.Validate(s.Now), s.same("Maker.ISIN", m.ISIN))
	}
	return nil
}

func (s Snapshot) same(field string, i ISIN) error {
	return check(rule{i == s.Book.ISIN, field, string(i), fmt.Sprintf("must be that of the book, %s", s.Book.ISIN)})
}

// Doubt is something about the data that is not impossible, and a person should
// know.
type Doubt string

// The doubts.
const (
	WindowUnstated  Doubt = "window_unstated"  // taken for a day
	TradesTooOld    Doubt = "trades_too_old"   // there were trades in that day, and the last one is older
	LockedBook      Doubt = "locked_book"      // bid equals ask: the spread says nothing about cost
	BookOutdated    Doubt = "book_outdated"    // an hour old or more
	AuctionOutdated Doubt = "auction_outdated" // the same
	MakerOutdated   Doubt = "mm_outdated"      // the same
	BondMatured     Doubt = "bond_matured"     // its last day is over: it is paid back, and not sold
)

// doubts returns them in the order above.
func (s Snapshot) doubts() []Doubt {
	var found []Doubt
	doubt := func(d Doubt, when bool) {
		if when {
			found = append(found, d)
		}
	}
	old := func(t time.Time) bool { return FreshnessOf(s.Now.Sub(t)) == Outdated }
	b := s.Book
	doubt(WindowUnstated, b.Window == 0)
	doubt(TradesTooOld, b.Window == 0 && b.Trades > 0 && b.LastTradeAge > day)
	doubt(LockedBook, b.Locked())
	doubt(BookOutdated, old(b.At))
	doubt(AuctionOutdated, s.Auction != nil && old(s.Auction.At))
	doubt(MakerOutdated, s.Maker != nil && old(s.Maker.At))
	doubt(BondMatured, !s.Bond.Maturity.IsZero() && s.Now.Sub(s.Bond.Maturity) >= day)
	return found
}

func past(t, now time.Time) bool { return valid.Dated(t) && !t.After(now.Add(maxSkew)) }

func count(n int) bool { return n >= 0 && n <= maxCount }

func spread(d decimal.Decimal) bool {
	return valid.NotNegative(d) && d.LessThanOrEqual(decimal.New(maxSpread, 0))
}

// checkSize returns an [ErrInvalid] unless size is a face value > 0.
func checkSize(size decimal.Decimal) error {
	return check(rule{valid.Positive(size), "Size", size, valid.MustBePositive})
}
