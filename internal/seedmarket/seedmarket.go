package seedmarket

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// File has the golden cases.
const File = "market/seed_model.json"

// Case is what the translator was asked, and as much of its answer as a test expects.
type Case[Expected any] struct {
	Name   string
	Inputs Inputs
	Expect Expected
}

// Cases reads [File].
func Cases[Expected any](tb testing.TB) []Case[Expected] {
	tb.Helper()
	text, err := os.ReadFile(vectors.Path(tb, File))
	require.NoError(tb, err)
	var file struct{ Cases []Case[Expected] }
	require.NoError(tb, json.Unmarshal(text, &file))
	return file.Cases
}

// Inputs are a market as the translator writes it.
type Inputs struct {
	Now  clock
	Book struct {
		Timestamp clock
		ISIN      market.ISIN
		Bid, Ask  decimal.Decimal
		BidSize   decimal.Decimal `json:"bid_size"`
		AskSize   decimal.Decimal `json:"ask_size"`
		Depth     decimal.Decimal `json:"l2_depth_qty"`
		Levels    int             `json:"l2_levels"`
		Trades    int             `json:"trades_count"`
		VWAP      decimal.Decimal
		Volume    decimal.Decimal `json:"volume_face"`
		Silence   int64           `json:"time_since_last_trade_s"`
	} `json:"microstructure"`
	Auction *struct {
		Timestamp  clock
		ISIN       market.ISIN
		ID         string               `json:"auction_id"`
		Lots       int                  `json:"lots_offered"`
		Bids       int                  `json:"bids_count"`
		Demand     [][2]decimal.Decimal `json:"demand_curve_points"`
		Clearing   decimal.Decimal      `json:"clearing_price_estimate"`
		NextWindow clock                `json:"next_window"`
	}
	Maker *struct {
		Timestamp clock
		ISIN      market.ISIN
		Online    bool               `json:"mm_online"`
		Band      [3]decimal.Decimal `json:"mm_inventory_band"`
		MinSpread decimal.Decimal    `json:"mm_min_spread_bps"`
		Spread    decimal.Decimal    `json:"last_quote_spread_bps"`
		Quotes    int                `json:"quotes_last_24h"`
	} `json:"market_maker"`
	Risk map[string]decimal.Decimal `json:"risk_data"`
	Bond *struct {
		Rating, Tenor string
		IssuerClass   string          `json:"issuer_class"`
		Coupon        decimal.Decimal `json:"coupon_rate"`
		Maturity      date            `json:"maturity_date"`
		IssueSize     decimal.Decimal `json:"issue_size"`
	} `json:"bond_metadata"`
	Size      decimal.Decimal `json:"trade_size"`
	Condition struct {
		Open        *bool `json:"market_open"`
		Volatility  decimal.Decimal
		News        bool `json:"high_impact_news"`
		AuctionOpen bool `json:"auction_window_open"`
	} `json:"market_conditions"`
}

// clock reads the translator's times, which name no zone and are UTC.
type clock struct{ time.Time }

func (c *clock) UnmarshalJSON(text []byte) (err error) {
	c.Time, err = time.Parse(`"2006-01-02T15:04:05"`, string(text))
	return err
}

type date struct{ time.Time }

func (d *date) UnmarshalJSON(text []byte) (err error) {
	d.Time, err = time.Parse(`"`+time.DateOnly+`"`, string(text))
	return err
}

// Snapshot is the market as we see it.
func (in Inputs) Snapshot() market.Snapshot {
	b := in.Book
	s := market.Snapshot{
		Now: in.Now.Time,
		Book: market.Microstructure{
			At: b.Timestamp.Time, ISIN: b.ISIN, Bid: b.Bid, Ask: b.Ask, BidSize: b.BidSize, AskSize: b.AskSize,
			Depth: b.Depth, Levels: b.Levels, Trades: b.Trades, VWAP: b.VWAP, Volume: b.Volume,
			LastTradeAge: time.Duration(b.Silence) * time.Second,
		},
		Conditions: market.Conditions{
			Closed: in.Condition.Open != nil && !*in.Condition.Open, AuctionOpen: in.Condition.AuctionOpen,
			News: in.Condition.News, Volatility: in.Condition.Volatility,
		},
	}
	if a := in.Auction; a != nil {
		s.Auction = &market.Auction{
			At: a.Timestamp.Time, ISIN: a.ISIN, ID: a.ID, Lots: a.Lots, Bids: a.Bids,
			Clearing: a.Clearing, NextWindow: a.NextWindow.Time,
		}
		for _, p := range a.Demand {
			s.Auction.Demand = append(s.Auction.Demand, market.DemandPoint{Price: p[0], Size: p[1]})
		}
	}
	if m := in.Maker; m != nil {
		s.Maker = &market.Maker{
			At: m.Timestamp.Time, ISIN: m.ISIN, Online: m.Online,
			Inventory:    market.Inventory{Low: m.Band[0], Target: m.Band[1], High: m.Band[2]},
			MinSpreadBps: m.MinSpread, LastQuoteSpreadBps: m.Spread, Quotes24h: m.Quotes,
		}
	}
	if d := in.Bond; d != nil {
		s.Bond = market.Bond{
			Rating: d.Rating, Tenor: d.Tenor, IssuerClass: d.IssuerClass, CouponPct: d.Coupon,
			Maturity: d.Maturity.Time, IssueSize: d.IssueSize,
		}
	}
	return s
}
