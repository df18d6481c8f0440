package market_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

var (
	dec = decimal.RequireFromString
	now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
)

const isin market.ISIN = "INE094A08176"

// snapshot is a corporate bond, AA, with a maker and an auction at two. It has
// its own auction and maker, so a test may write to them.
func snapshot() market.Snapshot {
	return market.Snapshot{
		Now: now,
		Book: market.Microstructure{
			At: now, ISIN: isin, Bid: dec("100.50"), Ask: dec("100.75"), BidSize: dec("1000000"), AskSize: dec("1000000"),
			Depth: dec("5000000"), Levels: 5, Trades: 25, VWAP: dec("100.625"), Volume: dec("10000000"),
			LastTradeAge: 5 * time.Minute, Window: 24 * time.Hour,
		},
		Auction: &market.Auction{
			At: now, ISIN: isin, ID: "A1", Lots: 10, Bids: 8, Clearing: dec("100.25"), NextWindow: now.Add(5 * time.Hour),
			Demand: []market.DemandPoint{{Price: dec("100"), Size: dec("1000000")}, {Price: dec("100.25"), Size: dec("2000000")}, {Price: dec("100.5"), Size: dec("3000000")}},
		},
		Maker: &market.Maker{
			At: now, ISIN: isin, Online: true, Inventory: market.Inventory{Low: dec("500000"), Target: dec("1000000"), High: dec("2000000")},
			MinSpreadBps: dec("10"), LastQuoteSpreadBps: dec("25"), Quotes24h: 45,
		},
		Bond: market.Bond{Rating: "AA", Tenor: "5-10Y", IssuerClass: "corporate", CouponPct: dec("7.5"), IssueSize: dec("500000000")},
	}
}

func recommender(tb testing.TB, p market.Policy) *market.Recommender {
	tb.Helper()
	r, err := market.NewRecommender(p)
	require.NoError(tb, err)
	return r
}

func calibrated(tb testing.TB) *market.CalibratedModel {
	tb.Helper()
	m, err := market.NewCalibratedModel(market.DefaultParameters())
	require.NoError(tb, err)
	return m
}

func exitsOf(tb testing.TB, r *market.Recommender, s market.Snapshot, size string) market.Exits {
	tb.Helper()
	e, err := r.Recommend(s, market.Sale{Size: dec(size)}, market.Record{})
	require.NoError(tb, err)
	return e
}

func routeOf(tb testing.TB, e market.Exits, p market.Path) market.Route {
	tb.Helper()
	r, ok := e.Route(p)
	require.True(tb, ok)
	return r
}

// available are the paths of available routes, the best first.
func available(e market.Exits) []market.Path {
	paths := []market.Path{}
	for _, r := range e.Routes {
		if r.Available {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func reasons(r market.Route) []market.Reason {
	found := []market.Reason{}
	for _, refusal := range r.Refusals {
		found = append(found, refusal.Reason)
	}
	return found
}

func kinds(e market.Exits) []market.WarningKind {
	found := []market.WarningKind{}
	for _, w := range e.Warnings {
		found = append(found, w.Kind)
	}
	return found
}
