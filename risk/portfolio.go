package risk

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Holding is how much somebody holds of an instrument, and what is known of it.
type Holding struct {
	Inputs Inputs
	Track  Track
	Size   decimal.Decimal // face value, > 0
}

// Leaving is how somebody wants to leave all that he holds.
type Leaving struct {
	Holdings []Holding // 1 to 100, one for each instrument
	Days     int       // within which, 1 to 250

	// What makers, and auctions, take from him in a day over all instruments, in face
	// value. Not valid is as much as of the one instrument of which they take most: it
	// may be the same few people who stand behind all quotes.
	MakerPerDay, AuctionPerDay decimal.NullDecimal
}

// Bounds of a portfolio.
const (
	MaxHoldings    = 100
	MaxLeavingDays = 250
)

// Portfolio is what a person should know before leaving several instruments at
// once. It has everything: what somebody may see of it, [ViewPortfolio] says. Money
// is in the currency of the prices, which are per 100 of face value.
type Portfolio struct {
	Held          []Held // in the order that was asked
	Days          int    // within which
	Shared        market.Capacity
	Participation decimal.Decimal // the part of a day's volume that each own book is taken to give, > 0 to 1
	Plan          market.Plan
	Value         decimal.Decimal // of all, at mid prices
	Sold          decimal.Decimal // of what the plan sells, at mid prices
	Routes        []Taken         // how much each way takes, the most first
	Bottlenecks   []Bottleneck    // what keeps people in longest, the worst first; empty if all is sold on the first day
	Retail        string          // in plain words
}

// Held is one instrument of a portfolio.
type Held struct {
	Translation // for a sale of all of it, alone
	Position    market.Position
	Value       decimal.Decimal // at the mid price
	Days        int             // until all is sold, 0 if it is not within the time
	Cost        decimal.Decimal // of what is sold
	Left        decimal.Decimal // face value that is not
}

// Taken is what the plan sells by one way. Path is empty for the instruments' own
// books.
type Taken struct {
	Path  market.Path
	Value decimal.Decimal // at mid prices
	Cost  decimal.Decimal
}

// Bottleneck is an instrument that keeps people in, and why.
type Bottleneck struct {
	ISIN   market.ISIN
	Cause  Cause
	Days   int             // until all is sold, 0 if it is not within the time
	Left   decimal.Decimal // face value that is not
	PerDay decimal.Decimal // face value that is sold of it on the first day

	// AuctionDay is that of its next auction, and AuctionEvery how many days there are
	// between two; 0 if no auction is counted on.
	AuctionDay, AuctionEvery int
}

// Cause is why an instrument takes long to leave.
type Cause string

// The causes.
const (
	NoBuyers     Cause = "no_buyers"     // nothing that could be counted on is open
	BookOnly     Cause = "book_only"     // only its own book is
	AuctionLater Cause = "auction_later" // the auction that would take more of it is not yet, or not every day
	OwnLimits    Cause = "own_limits"    // makers and auctions take no more of it in a day
	OthersGo     Cause = "others_go"     // what is riskier to keep goes first where instruments share a way
)

// Leave says what it takes to leave several instruments at once, by
// market.JointExit: their own books, at the participation of the parameters, and
// makers and auctions, which they share, within the caps of the policy for a day. An
// auction takes nothing before it is held, and those after it, by the policy's cadence,
// are taken to have the same bids. RFQ and P2P are not counted on: nobody says how much
// they take. Malformed input is an [ErrInvalid].
func (e *Engine) Leave(l Leaving) (Portfolio, error) {
	if err := l.validate(); err != nil {
		return Portfolio{}, err
	}
	p := Portfolio{Days: l.Days, Participation: e.cfg.Parameters.Participation}
	positions := make([]market.Position, len(l.Holdings))
	for i, h := range l.Holdings {
		held, err := e.hold(h)
		if err != nil {
			return Portfolio{}, fmt.Errorf("holding %d: %w", i, err)
		}
		p.Held, positions[i] = append(p.Held, held), held.Position
		p.Value = p.Value.Add(held.Value)
		p.Shared.MakerPerDay = decimal.Max(p.Shared.MakerPerDay, held.Position.Maker.PerDay)
		p.Shared.AuctionPerDay = decimal.Max(p.Shared.AuctionPerDay, held.Position.Auction.PerDay)
	}
	if l.MakerPerDay.Valid {
		p.Shared.MakerPerDay = l.MakerPerDay.Decimal
	}
	if l.AuctionPerDay.Valid {
		p.Shared.AuctionPerDay = l.AuctionPerDay.Decimal
	}
	var err error
	if p.Plan, err = market.JointExit(positions, p.Shared, l.Days); err != nil {
		return Portfolio{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	p.account()
	p.diagnose()
	return p, e.tellPortfolio(&p)
}

func (l Leaving) validate() error {
	if err := check(
		rule{len(l.Holdings) >= 1 && len(l.Holdings) <= MaxHoldings, "Holdings", len(l.Holdings), "must be 1 to 100"},
		rule{l.Days >= 1 && l.Days <= MaxLeavingDays, "Days", l.Days, "must be 1 to 250"},
		rule{valid.NotNegative(l.MakerPerDay.Decimal), "MakerPerDay", l.MakerPerDay.Decimal, valid.MustBeAmount},
		rule{valid.NotNegative(l.AuctionPerDay.Decimal), "AuctionPerDay", l.AuctionPerDay.Decimal, valid.MustBeAmount},
	); err != nil {
		return err
	}
	known := map[market.ISIN]bool{}
	for i, h := range l.Holdings {
		isin := h.Inputs.Snapshot.Book.ISIN
		if err := check(rule{!known[isin], "ISIN", string(isin), "must be there once"}); err != nil {
			return fmt.Errorf("holding %d: %w", i, err)
		}
		known[isin] = true
	}
	return nil
}

// hold says how one instrument can be left.
func (e *Engine) hold(h Holding) (Held, error) {
	sale := market.Sale{Size: h.Size, Reserve: e.cfg.Sale.Reserve}
	t, err := e.Translate(h.Inputs, sale, h.Track)
	if err != nil {
		return Held{}, err
	}
	s := h.Inputs.Snapshot
	price := t.Profile.Mid.Shift(-2)
	at := Held{Translation: t, Value: price.Mul(h.Size), Left: h.Size}
	at.Position = market.Position{Name: string(t.ISIN), Size: h.Size, Price: price, SigmaDaily: e.cfg.Parameters.SigmaDaily}
	if times := s.Conditions.SigmaTimes; times.IsPositive() {
		at.Position.SigmaDaily = at.Position.SigmaDaily.Mul(times)
	}
	if at.Position.BookPerDay, at.Position.BookCost, err = e.tape.Takes(s); err != nil {
		return Held{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if at.Position.Maker, err = e.share(h, t, market.ByMaker); err != nil {
		return Held{}, err
	}
	at.Position.Auction, err = e.share(h, t, market.ByAuction)
	return at, err
}

// share is how much of a holding a way takes in a day, and at what cost: all of it,
// or as much as passes at once.
func (e *Engine) share(h Holding, t Translation, path market.Path) (market.Share, error) {
	r, _ := t.Exits.Route(path)
	size := h.Size
	if !r.Available && r.MaxSize.Valid && r.MaxSize.Decimal.IsPositive() {
		size = r.MaxSize.Decimal
		found, err := e.desk.Assess(h.Inputs.Snapshot, market.Sale{Size: size, Reserve: t.Sale.Reserve})
		if err != nil {
			return market.Share{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		r, _ = found.Exits.Route(path)
	}
	if !r.Available {
		return market.Share{}, nil
	}
	if a := h.Inputs.Snapshot.Auction; path == market.ByAuction && len(a.Demand) > 0 {
		size = decimal.Min(size, a.DemandAt(t.Sale.Reserve)) // there is no more demand than that
	}
	mid, share := t.Profile.Mid, market.Share{PerDay: size}
	if path == market.ByAuction {
		share.FirstDay = daysUp(r.Opens.Sub(h.Inputs.Snapshot.Now))
		share.EveryDays = daysUp(e.cfg.Policy.AuctionCadence)
	}
	bps := mid.Sub(r.NetPrice).Shift(4).DivRound(mid, places) // 0 where it pays more than the mid: that is not counted on
	share.Bps = decimal.Min(decimal.Max(bps, decimal.Decimal{}), decimal.New(1, 4))
	return share, nil
}

// daysUp is how many days d is, at least 1: what is in 25 hours is on the second day.
func daysUp(d time.Duration) int {
	return max(1, int((d+day-1)/day))
}

// account adds the plan up, by instrument and by way.
func (p *Portfolio) account() {
	held := map[string]*Held{}
	for i := range p.Held {
		held[p.Held[i].Position.Name] = &p.Held[i]
	}
	ways := map[market.Path]Taken{}
	for _, s := range p.Plan.Slices {
		h := held[s.Name]
		value := s.Size.Mul(h.Position.Price)
		h.Cost, h.Left, p.Sold = h.Cost.Add(s.Cost), h.Left.Sub(s.Size), p.Sold.Add(value)
		w := ways[s.Path]
		ways[s.Path] = Taken{s.Path, w.Value.Add(value), w.Cost.Add(s.Cost)}
	}
	for _, d := range p.Plan.Done {
		held[d.Name].Days = d.Day
	}
	for _, w := range ways {
		p.Routes = append(p.Routes, w)
	}
	slices.SortFunc(p.Routes, func(a, b Taken) int { return cmp.Or(b.Value.Cmp(a.Value), cmp.Compare(a.Path, b.Path)) })
}

// diagnose finds what keeps people in, and why.
func (p *Portfolio) diagnose() {
	sales := map[string][]market.Slice{} // by name
	for _, s := range p.Plan.Slices {
		sales[s.Name] = append(sales[s.Name], s)
	}
	for i := range p.Held {
		h := &p.Held[i]
		if h.Days == 1 {
			continue
		}
		b := Bottleneck{
			ISIN: h.ISIN, Cause: p.cause(h, sales[h.Position.Name]), Days: h.Days, Left: h.Left,
			AuctionDay: h.Position.Auction.FirstDay, AuctionEvery: h.Position.Auction.EveryDays,
		}
		for _, s := range sales[h.Position.Name] {
			if s.Day == 1 {
				b.PerDay = b.PerDay.Add(s.Size)
			}
		}
		p.Bottlenecks = append(p.Bottlenecks, b)
	}
	slices.SortStableFunc(p.Bottlenecks, func(a, b Bottleneck) int { return p.lastDay(b.Days) - p.lastDay(a.Days) })
}

// lastDay is the day on which an instrument is sold out. One that is not, for which
// days is 0, comes after all others.
func (p *Portfolio) lastDay(days int) int {
	if days == 0 {
		return p.Days + 1
	}
	return days
}

// cause is why an instrument is not sold on the first day.
func (p *Portfolio) cause(h *Held, sales []market.Slice) Cause {
	makers := decimal.Min(h.Position.Maker.PerDay, p.Shared.MakerPerDay)
	auction := decimal.Min(h.Position.Auction.PerDay, p.Shared.AuctionPerDay)
	switch {
	case makers.IsPositive() || auction.IsPositive():
	case h.Position.BookPerDay.IsPositive():
		return BookOnly
	default:
		return NoBuyers
	}
	shared := map[int]decimal.Decimal{} // by day, what went by the ways that it shares
	for _, s := range sales {
		if s.Path != "" {
			shared[s.Day] = shared[s.Day].Add(s.Size)
		}
	}
	waits := false
	for day := 1; day < p.lastDay(h.Days); day++ {
		alone := makers
		if h.Position.Auction.OpenOn(day) {
			alone = alone.Add(auction)
		} else {
			waits = auction.IsPositive()
		}
		if shared[day].LessThan(alone) {
			return OthersGo
		}
	}
	if waits {
		return AuctionLater
	}
	return OwnLimits
}
