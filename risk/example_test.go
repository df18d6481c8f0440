package risk_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// A bond of BB whose market maker has gone, of which little is known.
func Example() {
	dec := decimal.RequireFromString
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	engine, err := risk.New(risk.Careful(dec("2000000")))
	if err != nil {
		fmt.Println(err)
		return
	}
	agency := risk.Evidence{Source: "rating agency", At: now, Citations: []string{"press release of 27 February"}}
	t, err := engine.Translate(risk.Inputs{
		Snapshot: market.Snapshot{
			Now: now,
			Book: market.Microstructure{
				At: now, ISIN: "INE094A08176", Bid: dec("97.10"), Ask: dec("98.40"), BidSize: dec("50000"), AskSize: dec("80000"),
				Depth: dec("300000"), Levels: 3, Trades: 4, Volume: dec("400000"), LastTradeAge: 2 * time.Hour, Window: 24 * time.Hour,
			},
			Bond: market.Bond{Rating: "BB", Tenor: "0-1Y", IssuerClass: "corporate"},
		},
		Facts: risk.Facts{
			Credit: risk.Fact[score.Credit]{Evidence: agency, Inputs: &score.Credit{Rating: "BB", Outlook: score.Negative}},
		},
		Sources: risk.Sources{Book: "exchange", Bond: risk.Evidence{Source: "reference data", At: now}},
	}, engine.Config().Sale, risk.Track{})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := risk.View(t, risk.Retail, risk.Short)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.RetailNarrative)
	// Output:
	// Too little is known of this bond for an overall risk profile. What is missing: Liquidity Risk, Interest Rate Risk, Refinancing Risk, Leverage Risk, Governance Risk, Legal Risk, ESG Risk.
	//
	// There is hardly a market for it: expect to wait, or to accept a much lower price.
	//
	// We see no way to sell 2,000,000 now. This is why:
	// • Market Maker Quote: nobody makes a market in it; for this rating it takes at most 200,000.
	// • Fractional Auction: no auction is announced; for this rating it takes at most 1,000,000.
	// • RFQ Batch Window: for this rating it takes at most 500,000.
	// • Tokenized P2P: it is closed to bonds of this term.
	// A sale of up to 500,000 would find a way.
	//
	// What to keep in mind:
	// • Credit quality: BB, below investment grade: payments depend on times staying good.
	// • How sure we are: 12.9%. The score may be anywhere between 12.4 and 97.4 of 100.
	// • Warning: Limited liquidity - exit may be difficult and costly
	// • Warning: High credit risk rating (BB) - potential for significant losses
	//
	// This is information, not advice. Markets can change quickly, and with them both risk and liquidity.
}
