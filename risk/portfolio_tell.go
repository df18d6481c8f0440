package risk

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

const portfolioText = "portfolio.tmpl"

// toldPortfolio is a portfolio in words.
type toldPortfolio struct {
	Count, Value   string
	All, Nothing   bool // of it is sold within the time
	Days, Within   string
	Cost, CostBps  string
	Sold, Left     string // shares of the value
	Routes         []string
	Tight          []string
	MoreTight      string // how many there are besides; empty for none
	Part           string // of a day's trading that is counted on
	Shared         bool   // makers or auctions take anything
	Maker, Auction string // what they take in a day
}

// maxBottlenecks is how many bottlenecks a text names.
const maxBottlenecks = 5

// tellPortfolio writes what everybody may read of a portfolio.
func (e *Engine) tellPortfolio(p *Portfolio) error {
	s := toldPortfolio{
		Count: plural(len(p.Held), "bond"), Value: money(p.Value), All: p.Plan.Days > 0, Nothing: p.Sold.IsZero(),
		Days: plural(p.Plan.Days, "day"), Within: plural(p.Days, "day"), Cost: money(p.Plan.Cost),
		Shared: p.Shared.MakerPerDay.Add(p.Shared.AuctionPerDay).IsPositive(),
		Part:   percent(p.Participation), Maker: grouped(p.Shared.MakerPerDay), Auction: grouped(p.Shared.AuctionPerDay),
	}
	if p.Sold.IsPositive() {
		s.CostBps = tenth(bpsOf(p.Plan.Cost, p.Sold))
		for _, w := range p.Routes {
			s.Routes = append(s.Routes, fmt.Sprintf("%s by %s", percent(w.Value.DivRound(p.Sold, places)), wayName(w.Path)))
		}
	}
	part := p.Sold.DivRound(p.Value, places)
	s.Sold, s.Left = percent(part), percent(one.Sub(part))
	for i, b := range p.Bottlenecks {
		if i == maxBottlenecks {
			s.MoreTight = fmt.Sprint(len(p.Bottlenecks) - maxBottlenecks)
			break
		}
		s.Tight = append(s.Tight, b.text())
	}
	var text strings.Builder
	if err := e.texts.ExecuteTemplate(&text, portfolioText, s); err != nil {
		return fmt.Errorf("tell %s: %w", portfolioText, err)
	}
	p.Retail = strings.TrimSpace(text.String())
	return nil
}

// text says what keeps people in, and why.
func (b Bottleneck) text() string {
	said := string(b.ISIN) + ": "
	if b.Days > 0 {
		said += "sold out on day " + fmt.Sprint(b.Days) + ". "
	} else {
		said += grouped(b.Left) + " is left. "
	}
	switch b.Cause {
	case NoBuyers:
		return said + "Nothing that could be counted on is open."
	case BookOnly:
		return said + "Only its own book is open, which takes " + grouped(b.PerDay) + " a day."
	case AuctionLater:
		return said + b.auctions()
	case OwnLimits:
		return said + "Makers, auctions and its own book take " + grouped(b.PerDay) + " of it a day."
	default: // OthersGo
		return said + "Bonds that are riskier to keep go first where several share a way out."
	}
}

// auctions says when an instrument's auctions are, which are not every day or not yet.
func (b Bottleneck) auctions() string {
	if b.AuctionDay == 1 {
		return "Its auctions are " + plural(b.AuctionEvery, "day") + " apart."
	}
	said := "Its next auction is on day " + fmt.Sprint(b.AuctionDay)
	if b.PerDay.IsPositive() {
		said += ", and until then makers and its own book take " + grouped(b.PerDay) + " of it a day"
	}
	return said + "."
}

// wayName is a way of a plan in words.
func wayName(p market.Path) string {
	switch p {
	case "":
		return "the order book"
	case market.ByMaker:
		return "market makers"
	default:
		return "auction"
	}
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprint(n, " ", of, "s")
}

// money writes an amount without decimals.
func money(d decimal.Decimal) string { return grouped(d.Round(0)) }

// bpsOf is what a cost is of a value, which is > 0, in bps.
func bpsOf(cost, value decimal.Decimal) decimal.Decimal { return cost.Shift(4).DivRound(value, places) }
