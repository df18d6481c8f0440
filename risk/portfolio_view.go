package risk

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// PortfolioBody is what somebody may see of a portfolio. [ViewPortfolio] makes it.
type PortfolioBody struct {
	Success   bool      `json:"success"`
	Message   string    `json:"message"`
	Timestamp time.Time `json:"timestamp"` // when it was made; a server puts its own time here
	AsOf      time.Time `json:"as_of"`     // of the oldest translation

	Exit            ExitTotals       `json:"joint_exit"`
	Routes          []TakenBody      `json:"routes"`
	Bottlenecks     []BottleneckBody `json:"bottlenecks"` // the worst first
	Positions       []PositionBody   `json:"positions"`   // in the order that was asked
	RetailNarrative string           `json:"retail_narrative"`

	Confidence *Number          `json:"confidence_overall"` // that of the translations, by value
	Freshness  market.Freshness `json:"data_freshness"`     // of the oldest
	Caveats    []string         `json:"caveats"`

	Schedule    []SliceBody      `json:"schedule,omitempty"`        // by day, its first 1,000 sales
	Sales       int              `json:"schedule_length,omitempty"` // all of them
	Assumptions *AssumptionsBody `json:"assumptions,omitempty"`
	*Origin
}

// ExitTotals is what leaving all of it takes. Money is in the currency of the prices.
type ExitTotals struct {
	Days    *Number `json:"days"` // until all is sold; null if it is not within horizon_days
	Within  int     `json:"horizon_days"`
	Value   *Number `json:"value"` // at mid prices
	Sold    *Number `json:"sold_value"`
	Cost    *Number `json:"cost"` // of what is sold
	CostBps *Number `json:"cost_bps"`
}

// TakenBody is what one way takes: own_book, market_maker or auction.
type TakenBody struct {
	Path  string  `json:"path"`
	Value *Number `json:"value"`
	Share *Number `json:"share"` // of what is sold, 0 to 1
	Cost  *Number `json:"cost"`
}

// BottleneckBody is what keeps people in.
type BottleneckBody struct {
	ISIN  market.ISIN `json:"isin"`
	Cause Cause       `json:"reason"`
	Text  string      `json:"text"`
}

// PositionBody is one instrument of a portfolio, and how it could be left alone.
type PositionBody struct {
	ISIN    market.ISIN `json:"isin"`
	Size    *Number     `json:"trade_size"`
	Value   *Number     `json:"value"`
	Days    *Number     `json:"days"` // until all is sold; null if it is not in time
	Cost    *Number     `json:"cost"`
	CostBps *Number     `json:"cost_bps"`
	Left    *Number     `json:"left"` // face value

	Index     *Number          `json:"liquidity_index"`
	Level     string           `json:"liquidity_level"`
	Exits     []ExitBody       `json:"exit_recommendations"`
	Warnings  []string         `json:"risk_warnings"`
	Freshness market.Freshness `json:"data_freshness"`
	Hash      string           `json:"inputs_hash"`
}

// SliceBody is a part of a position that is sold on a day.
type SliceBody struct {
	Day     int         `json:"day"`
	ISIN    market.ISIN `json:"isin"`
	Path    string      `json:"path"`
	Size    *Number     `json:"trade_size"`
	CostBps *Number     `json:"cost_bps"`
	Cost    *Number     `json:"cost"`
}

// AssumptionsBody is what a plan counts on, in face value a day.
type AssumptionsBody struct {
	Participation *Number    `json:"participation"` // in a day's volume
	MakerPerDay   *Number    `json:"maker_per_day"`
	AuctionPerDay *Number    `json:"auction_per_day"`
	Positions     []Capacity `json:"positions"`
}

// Capacity is what is counted on for one position.
type Capacity struct {
	ISIN          market.ISIN `json:"isin"`
	Mid           *Number     `json:"mid_price"`
	SigmaDaily    *Number     `json:"sigma_daily"`
	BookPerDay    *Number     `json:"book_per_day"`
	MakerPerDay   *Number     `json:"maker_per_day"`
	MakerBps      *Number     `json:"maker_bps"`
	AuctionPerDay *Number     `json:"auction_per_day"`
	AuctionBps    *Number     `json:"auction_bps"`
}

// ViewPortfolio returns what a role may see of a portfolio: [Short], which tells of
// each instrument what a summary does, or [Full], which has the plan and what it
// counts on besides. It is [ErrForbidden] where [View] is, and for [Audit].
func ViewPortfolio(p Portfolio, role Role, detail Detail) (PortfolioBody, error) {
	if _, ok := allowed(role, detail); !ok || detail == Audit {
		return PortfolioBody{}, fmt.Errorf("%w: %.64q of a portfolio for %.64q", ErrForbidden, detail, role)
	}
	b := totals(p)
	for _, h := range p.Held {
		position, err := positionBody(h, role)
		if err != nil {
			return PortfolioBody{}, err
		}
		b.Positions = append(b.Positions, position)
	}
	if detail == Full {
		plan(&b, p)
	}
	return b, nil
}

func totals(p Portfolio) PortfolioBody {
	b := PortfolioBody{
		Success: true, Message: "Success", RetailNarrative: p.Retail, Freshness: market.RealTime,
		Routes: []TakenBody{}, Bottlenecks: []BottleneckBody{}, Positions: []PositionBody{},
		Exit: ExitTotals{
			Days: numberIf(p.Plan.Days > 0, decimal.NewFromInt(int64(p.Plan.Days))), Within: p.Days,
			Value: number(p.Value), Sold: number(p.Sold), Cost: number(p.Plan.Cost),
		},
	}
	if p.Sold.IsPositive() {
		b.Exit.CostBps = number(bpsOf(p.Plan.Cost, p.Sold))
	}
	for _, w := range p.Routes {
		b.Routes = append(b.Routes, TakenBody{pathOf(w.Path), number(w.Value), number(w.Value.DivRound(p.Sold, places)), number(w.Cost)})
	}
	for _, n := range p.Bottlenecks {
		b.Bottlenecks = append(b.Bottlenecks, BottleneckBody{n.ISIN, n.Cause, n.text()})
	}
	var sure decimal.Decimal
	said := map[string]bool{}
	for _, h := range p.Held {
		sure = sure.Add(h.Confidence.Mul(h.Value))
		b.Freshness = older(b.Freshness, h.Freshness)
		if b.AsOf.IsZero() || h.At.Before(b.AsOf) {
			b.AsOf = h.At
		}
		for _, c := range h.Caveats {
			if text := c.plain(); !said[text] {
				said[text] = true
				b.Caveats = append(b.Caveats, text)
			}
		}
	}
	b.Timestamp, b.Confidence = b.AsOf, number(sure.DivRound(p.Value, places))
	return b
}

// ownBook is how the path of an instrument's own book is written.
const ownBook = "own_book"

func pathOf(p market.Path) string {
	if p == "" {
		return ownBook
	}
	return string(p)
}

// older returns the freshness of the older of two.
func older(a, b market.Freshness) market.Freshness {
	for _, f := range []market.Freshness{market.Outdated, market.Stale, market.Recent, market.Fresh} {
		if a == f || b == f {
			return f
		}
	}
	return market.RealTime
}

// positionBody tells of an instrument what a summary does, so that no more of it
// comes out here than there.
func positionBody(h Held, role Role) (PositionBody, error) {
	s, err := View(h.Translation, role, Short)
	if err != nil {
		return PositionBody{}, err
	}
	b := PositionBody{
		ISIN: s.ISIN, Size: s.Size, Value: number(h.Value), Cost: number(h.Cost), Left: number(h.Left),
		Days:  numberIf(h.Days > 0, decimal.NewFromInt(int64(h.Days))),
		Index: s.Profile.Index, Level: s.Profile.Level, Exits: s.Exits, Warnings: s.Warnings, Freshness: s.Freshness, Hash: s.Hash,
	}
	if sold := h.Position.Size.Sub(h.Left).Mul(h.Position.Price); sold.IsPositive() {
		b.CostBps = number(bpsOf(h.Cost, sold))
	}
	return b, nil
}

const maxShownSales = 1000

// plan is what professionals see besides.
func plan(b *PortfolioBody, p Portfolio) {
	b.Assumptions = &AssumptionsBody{
		Participation: number(p.Participation),
		MakerPerDay:   number(p.Shared.MakerPerDay), AuctionPerDay: number(p.Shared.AuctionPerDay),
	}
	b.Origin = &Origin{Source: "evenkeel", AsOf: b.AsOf, Citations: []string{}, ModelVersion: market.JointExitIdentity}
	for _, h := range p.Held {
		at := h.Position
		b.Assumptions.Positions = append(b.Assumptions.Positions, Capacity{
			ISIN: h.ISIN, Mid: number(h.Profile.Mid), SigmaDaily: number(at.SigmaDaily), BookPerDay: number(at.BookPerDay),
			MakerPerDay: number(at.Maker.PerDay), MakerBps: number(at.Maker.Bps),
			AuctionPerDay: number(at.Auction.PerDay), AuctionBps: number(at.Auction.Bps),
		})
		b.Citations = append(b.Citations, fmt.Sprintf("inputs_hash %s of %s", h.Hash, h.ISIN))
	}
	b.Sales = len(p.Plan.Slices)
	for _, s := range p.Plan.Slices[:min(b.Sales, maxShownSales)] {
		b.Schedule = append(b.Schedule, SliceBody{s.Day, market.ISIN(s.Name), pathOf(s.Path), number(s.Size), number(s.CostBps), number(s.Cost)})
	}
}
