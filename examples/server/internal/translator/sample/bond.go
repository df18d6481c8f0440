package sample

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Who says what.
const (
	booksBy  = "NSE trade report (last price, value, trades); modelled (quotes, sizes, depth)"
	modelled = "modelled"
)

// bond is one of the sample.
type bond struct {
	// Reported.
	isin                 market.ISIN
	vwap, last, yieldPct decimal.Decimal
	value                decimal.Decimal // in rupees
	trades               int

	// Imagined.
	rating, tenor, class string
	years                int
	mid, halfSpread      decimal.Decimal // per cent of face value
	depth                decimal.Decimal
	quiet                time.Duration // since the last trade
	makes, auctions      bool          // whether somebody makes a market, and there are auctions
	scores               [5]decimal.Decimal
}

// grade is what a yield is taken for.
type grade struct {
	below   string // per cent
	rating  string
	halfBps int64 // of a bond that is traded often
	maker   int   // of ten such bonds, how many have one
}

// grades follow the yields of that day: judgement, and no rating of anybody.
var grades = []grade{
	{"7.2", "AAA", 6, 9},
	{"7.8", "AA", 10, 8},
	{"8.8", "A", 18, 6},
	{"10.0", "BBB", 30, 4},
	{"11.5", "BB", 55, 2},
	{"100000", "B", 90, 1},
}

// imagine adds what nobody reports: the same each time, since it is drawn from the
// ISIN.
func (b *bond) imagine() {
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(b.isin))              // into memory
	draw := rand.New(rand.NewPCG(seed.Sum64(), 0)) //nolint:gosec // it is a made up market
	g := grades[0]
	for i := 0; b.yieldPct.GreaterThanOrEqual(decimal.RequireFromString(g.below)); i++ {
		g = grades[i+1]
	}
	b.rating = g.rating
	b.years = 1 + draw.IntN(12)
	b.tenor = tenorOf(b.years)
	b.class = []string{"corporate", "corporate", "bank", "psu"}[draw.IntN(4)]
	rarely := max(0, 6-b.trades) // most bonds are traded once a day
	half := g.halfBps + int64(rarely)*(1+int64(draw.IntN(4)))
	b.mid = b.last
	b.halfSpread = b.last.Mul(decimal.New(half, -4)).Round(4)
	b.depth = b.value.Mul(decimal.New(5+int64(draw.IntN(26)), -2)).Round(0)
	b.quiet = time.Duration(1+draw.IntN(300)) * time.Minute
	b.makes, b.auctions = draw.IntN(10) < g.maker, draw.IntN(10) < 6
	level := 12 * int64(len(g.rating)) // a lower grade has less of them, and more of these
	for i := range b.scores {
		b.scores[i] = decimal.New(10+level/2+int64(draw.IntN(40)), 0)
	}
}

func tenorOf(years int) string {
	switch {
	case years <= 1:
		return "0-1Y"
	case years <= 3:
		return "1-3Y"
	case years <= 5:
		return "3-5Y"
	case years <= 10:
		return "5-10Y"
	default:
		return "10Y+"
	}
}

// move lets quotes go a step: back towards the last price, and at random.
func (b *bond) move(draw *rand.Rand) {
	step := b.halfSpread.Mul(decimal.New(int64(draw.IntN(101))-50, -2))
	back := b.last.Sub(b.mid).Mul(decimal.New(5, -2))
	b.mid = b.mid.Add(step).Add(back).Round(4)
	b.depth = decimal.Max(b.value.Mul(decimal.New(2, -2)), b.depth.Mul(decimal.New(90+int64(draw.IntN(21)), -2)).Round(0))
	b.depth = decimal.Min(b.value, b.depth)
	if draw.IntN(20) == 0 { // somebody trades
		b.quiet = time.Minute
	}
	b.quiet = min(b.quiet+time.Second, 23*time.Hour)
}

// book is what the market looks like at now.
func (b *bond) book(now time.Time) *sql.Known[market.Microstructure] {
	touch := b.depth.Mul(decimal.New(2, -1)).Round(0)
	return &sql.Known[market.Microstructure]{Source: booksBy, At: now, Is: market.Microstructure{
		At: now, ISIN: b.isin, Bid: b.mid.Sub(b.halfSpread), Ask: b.mid.Add(b.halfSpread), BidSize: touch, AskSize: touch,
		Depth: b.depth, Levels: 3, Trades: b.trades, VWAP: b.vwap, Volume: b.value, LastTradeAge: b.quiet, Window: 24 * time.Hour,
	}}
}

// instrument is all that is known of a bond at now.
func (b *bond) instrument(now time.Time) sql.Instrument {
	one := sql.Instrument{
		ISIN: b.isin, Book: b.book(now),
		Bond: &sql.Known[market.Bond]{Source: modelled, At: now, Is: market.Bond{
			Rating: b.rating, Tenor: b.tenor, IssuerClass: b.class, CouponPct: b.yieldPct,
		}},
		Facts: &sql.Known[risk.Facts]{Source: modelled, At: now, Is: b.facts(now)},
	}
	if b.makes {
		tens := b.value.Mul(decimal.New(1, -1)).Round(0)
		one.Maker = &sql.Known[market.Maker]{Source: modelled, At: now, Is: market.Maker{
			At: now, ISIN: b.isin, Online: true, Inventory: market.Inventory{Target: tens, High: tens.Mul(decimal.New(2, 0))},
			MinSpreadBps: decimal.New(5, 0), LastQuoteSpreadBps: b.spreadBps(), Quotes24h: 5 + 5*b.trades,
		}}
	}
	if b.auctions {
		const cadence = 4 * time.Hour
		one.Auction = &sql.Known[market.Auction]{Source: modelled, At: now, Is: market.Auction{
			At: now, ISIN: b.isin, ID: "sample-" + string(b.isin), Lots: 10, Bids: 2 + b.trades, Clearing: b.mid.Sub(b.halfSpread),
			NextWindow: now.Truncate(cadence).Add(cadence),
			Demand: []market.DemandPoint{
				{Price: b.mid, Size: b.depth},
				{Price: b.mid.Sub(b.halfSpread.Mul(decimal.New(2, 0))), Size: b.depth.Mul(decimal.New(3, 0))},
			},
		}}
	}
	return one
}

func (b *bond) spreadBps() decimal.Decimal {
	return b.halfSpread.Mul(decimal.New(2, 4)).DivRound(b.mid, 2)
}

func (b *bond) facts(now time.Time) risk.Facts {
	from := risk.Evidence{Source: modelled, At: now, Citations: []string{"sample data: no statement about this bond"}}
	known := decimal.NewNullDecimal
	stated := func(i int) decimal.NullDecimal { return known(b.scores[i]) }
	years := decimal.New(int64(b.years), 0)
	return risk.Facts{
		Liquidity: risk.Fact[score.Liquidity]{Evidence: from, Inputs: &score.Liquidity{
			SpreadBps: known(b.spreadBps()), DailyVolume: known(b.value), Days: known(years.Mul(decimal.New(365, 0))), Sector: score.Usual,
		}},
		Credit:       risk.Fact[score.Credit]{Evidence: from, Inputs: &score.Credit{Rating: b.rating, Outlook: score.Stable}},
		InterestRate: risk.Fact[score.Rate]{Evidence: from, Inputs: &score.Rate{Duration: known(years.Mul(decimal.New(8, -1))), Options: score.NoOptions}},
		Refinancing:  risk.Fact[score.Refinancing]{Evidence: from, Stated: stated(0)},
		Leverage:     risk.Fact[score.Leverage]{Evidence: from, Stated: stated(1)},
		Governance:   risk.Fact[score.Governance]{Evidence: from, Stated: stated(2)},
		Legal:        risk.Fact[score.Legal]{Evidence: from, Stated: stated(3)},
		ESG:          risk.Fact[score.ESG]{Evidence: from, Stated: stated(4)},
	}
}
