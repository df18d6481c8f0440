package market_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// A bond of AA, a million of which somebody wants to sell at nine in the morning.
// The maker would take 800,000.
func Example() {
	dec := decimal.RequireFromString
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const isin market.ISIN = "INE094A08176"
	model, err := market.NewCalibratedModel(market.DefaultParameters())
	if err != nil {
		fmt.Println(err)
		return
	}
	exits, err := market.NewRecommender(market.NewPolicy(market.Enforced))
	if err != nil {
		fmt.Println(err)
		return
	}
	desk := market.Desk{Model: model, Exits: exits}
	a, err := desk.Assess(market.Snapshot{
		Now: now,
		Book: market.Microstructure{
			At: now, ISIN: isin, Bid: dec("100.50"), Ask: dec("100.75"), BidSize: dec("1000000"), AskSize: dec("1000000"),
			Depth: dec("5000000"), Levels: 5, Trades: 25, Volume: dec("10000000"), LastTradeAge: 5 * time.Minute, Window: 24 * time.Hour,
		},
		Maker: &market.Maker{
			At: now, ISIN: isin, Online: true, Inventory: market.Inventory{Target: dec("1000000"), High: dec("2000000")},
			LastQuoteSpreadBps: dec("25"), Quotes24h: 45,
		},
		Bond: market.Bond{Rating: "AA", Tenor: "5-10Y", IssuerClass: "corporate"},
	}, market.Sale{Size: dec("1000000")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("index %s, %s\n", a.Profile.Index.Value.StringFixed(1), a.Profile.Index.Level)
	for _, r := range a.Exits.Routes {
		if !r.Available {
			fmt.Printf("%s: %s, at most %s\n", r.Path, r.Refusals[0].Reason, r.MaxSize.Decimal)
			continue
		}
		p := r.FillProbability
		fmt.Printf("%s: %s at %s, filled with %s (%s to %s) in %s minutes\n", r.Path, r.Priority, r.NetPrice.StringFixed(2),
			p.Value, p.Low.Decimal.StringFixed(2), p.High.Decimal.StringFixed(2), r.Minutes)
	}
	// Output:
	// index 77.4, good
	// rfq_batch: primary at 100.47, filled with 0.65 (0.47 to 0.81) in 120 minutes
	// tokenized_p2p: secondary at 99.94, filled with 0.6 (0.42 to 0.77) in 240 minutes
	// market_maker: rating_cap, at most 800000
	// auction: no_auction, at most 0
}
