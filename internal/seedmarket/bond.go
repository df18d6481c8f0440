package seedmarket

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// ISIN is that of [Bond].
const ISIN market.ISIN = "INE094A08176"

// Now is when [Bond] is seen, a Monday.
func Now() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// Bond is a corporate bond, AA, with a maker and an auction at two. It has its own
// auction and maker, so a test may write to them.
func Bond() market.Snapshot {
	dec, now := decimal.RequireFromString, Now()
	return market.Snapshot{
		Now: now,
		Book: market.Microstructure{
			At: now, ISIN: ISIN, Bid: dec("100.50"), Ask: dec("100.75"), BidSize: dec("1000000"), AskSize: dec("1000000"),
			Depth: dec("5000000"), Levels: 5, Trades: 25, VWAP: dec("100.625"), Volume: dec("10000000"),
			LastTradeAge: 5 * time.Minute, Window: 24 * time.Hour,
		},
		Auction: &market.Auction{
			At: now, ISIN: ISIN, ID: "A1", Lots: 10, Bids: 8, Clearing: dec("100.25"), NextWindow: now.Add(5 * time.Hour),
			Demand: []market.DemandPoint{{Price: dec("100"), Size: dec("1000000")}, {Price: dec("100.25"), Size: dec("2000000")}, {Price: dec("100.5"), Size: dec("3000000")}},
		},
		Maker: &market.Maker{
			At: now, ISIN: ISIN, Online: true, Inventory: market.Inventory{Low: dec("500000"), Target: dec("1000000"), High: dec("2000000")},
			MinSpreadBps: dec("10"), LastQuoteSpreadBps: dec("25"), Quotes24h: 45,
		},
		Bond: market.Bond{Rating: "AA", Tenor: "5-10Y", IssuerClass: "corporate", CouponPct: dec("7.5"), IssueSize: dec("500000000")},
	}
}
