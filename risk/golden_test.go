package risk_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

const seedFile = "market/seed_model.json"

// clock reads the translator's times, which name no zone and are UTC.
type clock time.Time

func (c *clock) UnmarshalJSON(text []byte) error {
	t, err := time.Parse(`"2006-01-02T15:04:05"`, string(text))
	*c = clock(t)
	return err
}

type seedCase struct {
	Name   string
	Inputs struct {
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
			ID         string               `json:"auction_id"`
			Lots       int                  `json:"lots_offered"`
			Bids       int                  `json:"bids_count"`
			Demand     [][2]decimal.Decimal `json:"demand_curve_points"`
			Clearing   decimal.Decimal      `json:"clearing_price_estimate"`
			NextWindow clock                `json:"next_window"`
		}
		Maker *struct {
			Timestamp clock
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
	Expect struct {
		Translation *seedTranslation
	}
}

type seedTranslation struct {
	Overall        decimal.Decimal               `json:"overall_risk_score"`
	RiskConfidence decimal.Decimal               `json:"risk_confidence"`
	Level          score.Level                   `json:"overall_level"`
	Levels         map[risk.Category]score.Level `json:"category_levels"`
	Confidence     decimal.Decimal               `json:"confidence_overall"`
	Freshness      market.Freshness              `json:"data_freshness"`
	Warnings       []string                      `json:"risk_warnings"`
	Caveats        int                           `json:"n_caveats"`
	Extra          []string                      `json:"extra_caveats"`
}

func (c seedCase) inputs() risk.Inputs {
	in, b := c.Inputs, c.Inputs.Book
	now := time.Time(in.Now)
	s := market.Snapshot{
		Now: now,
		Book: market.Microstructure{
			At: time.Time(b.Timestamp), ISIN: b.ISIN, Bid: b.Bid, Ask: b.Ask, BidSize: b.BidSize, AskSize: b.AskSize,
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
			At: time.Time(a.Timestamp), ISIN: b.ISIN, ID: a.ID, Lots: a.Lots, Bids: a.Bids,
			Clearing: a.Clearing, NextWindow: time.Time(a.NextWindow),
		}
		for _, p := range a.Demand {
			s.Auction.Demand = append(s.Auction.Demand, market.DemandPoint{Price: p[0], Size: p[1]})
		}
	}
	if m := in.Maker; m != nil {
		s.Maker = &market.Maker{
			At: time.Time(m.Timestamp), ISIN: b.ISIN, Online: m.Online,
			Inventory:    market.Inventory{Low: m.Band[0], Target: m.Band[1], High: m.Band[2]},
			MinSpreadBps: m.MinSpread, LastQuoteSpreadBps: m.Spread, Quotes24h: m.Quotes,
		}
	}
	if d := in.Bond; d != nil {
		s.Bond = market.Bond{Rating: d.Rating, Tenor: d.Tenor, IssuerClass: d.IssuerClass, CouponPct: d.Coupon, IssueSize: d.IssueSize}
	}
	return risk.Inputs{Snapshot: s, Facts: c.facts(now), Sources: risk.Sources{Book: "seed", Auction: "seed", Maker: "seed", Bond: "seed"}}
}

func (c seedCase) facts(now time.Time) risk.Facts {
	return risk.Facts{
		Liquidity:    seedFact[score.Liquidity](c, "liquidity", now),
		Credit:       seedFact[score.Credit](c, "credit", now),
		InterestRate: seedFact[score.Rate](c, "interest_rate", now),
		Refinancing:  seedFact[score.Refinancing](c, "refinancing", now),
		Leverage:     seedFact[score.Leverage](c, "leverage", now),
		Governance:   seedFact[score.Governance](c, "governance", now),
		Legal:        seedFact[score.Legal](c, "legal", now),
		ESG:          seedFact[score.ESG](c, "esg", now),
	}
}

func seedFact[T interface{ Score() (score.Score, error) }](c seedCase, name string, now time.Time) risk.Fact[T] {
	value, ok := c.Inputs.Risk[name+"_risk_score"]
	if !ok {
		return risk.Fact[T]{}
	}
	return risk.Fact[T]{Evidence: risk.Evidence{Source: "seed", At: now}, Stated: decimal.NewNullDecimal(value)}
}

// ours are what the translator has no word for.
func ours(n risk.Notice) bool {
	return slices.Contains([]risk.NoticeKind{risk.NoIndex, risk.NoScore, risk.Assumed}, n.Kind)
}

func TestSeedTranslations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(vectors.Path(t, seedFile))
	require.NoError(t, err)
	var file struct{ Cases []seedCase }
	require.NoError(t, json.Unmarshal(text, &file))
	passed, failed := 0, 0
	for _, c := range file.Cases {
		if t.Run(c.Name, func(t *testing.T) { compareSeed(t, c) }) {
			passed++
		} else {
			failed++
		}
	}
	vectors.Report(t, seedFile, passed, failed)
}

func compareSeed(t *testing.T, c seedCase) {
	e := engineOf(t, risk.AsSeed(dec("1")))
	in, sale := c.inputs(), market.Sale{Size: c.Inputs.Size}
	got, err := e.Translate(in, sale, risk.Track{})
	if !sale.Size.IsPositive() {
		// The translator answers for a size of -5. Nobody should.
		require.ErrorIs(t, err, risk.ErrInvalid)
		return
	}
	require.NoError(t, err)
	want := c.Expect.Translation
	if want == nil { // the translator breaks down without metadata; we say what we assume
		require.Contains(t, kinds(got.Caveats), risk.Assumed)
		return
	}
	near := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Sub(b).Abs().LessThanOrEqual(dec("1e-9")) })
	is := seedTranslation{
		Overall: got.Risk.Overall.Value, RiskConfidence: got.Risk.Confidence, Level: got.Risk.Overall.Level,
		Levels: map[risk.Category]score.Level{}, Confidence: got.Confidence, Freshness: got.Freshness,
		Warnings: []string{}, Extra: []string{},
	}
	for _, category := range got.Risk.Categories {
		is.Levels[category.Category] = category.Score.Level
	}
	for _, w := range got.Warnings {
		if !ours(w) {
			is.Warnings = append(is.Warnings, w.Text)
		}
	}
	for i, w := range got.Caveats {
		if ours(w) {
			continue
		}
		is.Caveats++
		if i >= 5 {
			is.Extra = append(is.Extra, w.Text)
		}
	}
	require.Empty(t, cmp.Diff(*want, is, near))
}
