package risk_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	got = strings.TrimSuffix(got, "\n") + "\n"
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestTooLittleIsKnown(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change           func(*risk.Inputs, *risk.Config)
		level            score.Level
		low, high, value string
		missing          []string
		warned           bool
	}{
		"all is known": {
			func(*risk.Inputs, *risk.Config) {}, score.Medium, "30.3", "40.3", "35.3", nil, false,
		},
		"a twentieth is not": {
			func(in *risk.Inputs, _ *risk.Config) { in.Facts.Legal = risk.Fact[score.Legal]{} },
			score.Medium, "29.3", "44.3", "36.1",
			[]string{"Legal Risk"},
			false,
		},
		"three tenths are not: the mean would hide too much": {
			func(in *risk.Inputs, _ *risk.Config) {
				in.Facts.Legal = risk.Fact[score.Legal]{}
				in.Facts.Credit.Inputs.Rating = ""
			},
			score.Insufficient, "21.9", "61.9", "0.0",
			[]string{"Credit Risk", "Legal Risk"},
			true,
		},
		"unless that is configured to do": {
			func(in *risk.Inputs, c *risk.Config) {
				in.Facts.Legal, c.Known = risk.Fact[score.Legal]{}, dec("0.7")
				in.Facts.Credit.Inputs.Rating = ""
			},
			score.Medium, "21.9", "61.9", "38.4",
			[]string{"Credit Risk", "Legal Risk"},
			false,
		},
		"the translator makes a 50 of it": {
			func(in *risk.Inputs, c *risk.Config) { in.Facts, c.SeedDefaults = risk.Facts{}, true },
			score.Medium, "45.0", "55.0", "50.0", nil, false,
		},
		"nothing is known": {
			func(in *risk.Inputs, _ *risk.Config) { in.Facts = risk.Facts{} },
			score.Insufficient, "0.0", "100.0", "0.0",
			[]string{"Liquidity Risk", "Credit Risk", "Interest Rate Risk", "Refinancing Risk", "Leverage Risk", "Governance Risk", "Legal Risk", "ESG Risk"},
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, c := inputs(), config()
			row.change(&in, &c)
			got := translated(t, engineOf(t, c), in)
			j := got.Risk.Overall
			require.Equal(t, row.level, j.Level)
			require.Equal(t, [3]string{row.low, row.value, row.high}, [3]string{j.Low.StringFixed(1), j.Value.StringFixed(1), j.High.StringFixed(1)})
			require.Equal(t, row.missing, j.Missing)
			if row.warned {
				require.Contains(t, kinds(got.Warnings), risk.NoScore)
				return
			}
			require.NotContains(t, kinds(got.Warnings), risk.NoScore)
		})
	}
}

func TestConfidence(t *testing.T) {
	t.Parallel()
	full := inputs()
	full.Facts.Credit, full.Facts.InterestRate = stated[score.Credit]("45"), stated[score.Rate]("60")
	got := translated(t, engineOf(t, config()), full)
	require.Equal(t, "0.82", got.Risk.Confidence.String(), "the translator's, if all is known")
	sum := got.Risk.Confidence.Mul(dec("0.4")).Add(got.Profile.Index.Confidence.Add(got.Exits.Confidence).Mul(dec("0.3")))
	require.True(t, got.Confidence.Equal(sum.Round(18)))

	partly := full
	partly.Facts.InterestRate = inputs().Facts.InterestRate // two of four inputs
	less := translated(t, engineOf(t, config()), partly)
	require.Equal(t, "0.76", less.Risk.Confidence.String(), "0.82 - 0.15 x 0.80 x 2/4")

	partly.Facts.InterestRate = risk.Fact[score.Rate]{}
	less = translated(t, engineOf(t, config()), partly)
	require.Equal(t, "0.7", less.Risk.Confidence.String())
	require.NotContains(t, kinds(less.Caveats), risk.UnsureOfRisk)
	partly.Facts.Legal = risk.Fact[score.Legal]{}
	less = translated(t, engineOf(t, config()), partly)
	require.Contains(t, kinds(less.Caveats), risk.UnsureOfRisk)

	locked := full
	locked.Snapshot.Book.Ask = locked.Snapshot.Book.Bid
	dark := translated(t, engineOf(t, config()), locked)
	require.Equal(t, market.Insufficient, dark.Profile.Index.Level)
	require.Contains(t, kinds(dark.Warnings), risk.NoIndex)
	require.True(t, dark.Confidence.LessThan(dec("0.65")), "an index without data adds nothing: %s", dark.Confidence)
}

func TestFreshnessIsThatOfTheOldest(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		book, auction, maker, fact time.Duration // ages
		want                       market.Freshness
	}{
		"all is of now":                          {want: market.RealTime},
		"the book is two minutes old":            {book: 2 * time.Minute, want: market.Fresh},
		"facts may be a day old":                 {fact: 24 * time.Hour, want: market.RealTime},
		"after that, somebody should check them": {fact: 24*time.Hour + 1, want: market.Outdated},
		"a stale book is stale":                  {book: 15 * time.Minute, fact: time.Hour, want: market.Stale},
		"a maker of whom nobody heard for long":  {maker: 30 * 24 * time.Hour, want: market.Outdated},
		"an auction of which nobody did":         {auction: 15 * time.Minute, want: market.Stale},
		"the book may be the oldest of three":    {book: 5 * time.Minute, auction: 2 * time.Minute, maker: time.Minute, want: market.Recent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := inputs()
			in.Snapshot.Book.At, in.Snapshot.Auction.At, in.Snapshot.Maker.At = now.Add(-row.book), now.Add(-row.auction), now.Add(-row.maker)
			in.Facts.Governance.At = now.Add(-row.fact)
			got := translated(t, engineOf(t, config()), in)
			require.Equal(t, row.want, got.Freshness)
			stale := row.want == market.Stale || row.want == market.Outdated
			require.Equal(t, stale, strings.Contains(strings.Join(texts(got.Warnings), "\n"), "may be outdated"))
			require.Equal(t, stale, strings.Contains(got.Retail, "may be outdated"))
			require.Equal(t, stale, strings.Contains(strings.Join(texts(got.Caveats), "\n"), "verify current conditions"))
		})
	}
}

// The translator asked for the age of nothing but the book.
func TestTheTranslatorsFreshnessIsThatOfTheBook(t *testing.T) {
	t.Parallel()
	in := inputs()
	in.Snapshot.Auction.At, in.Snapshot.Maker.At = now.Add(-2*time.Hour), now.Add(-2*time.Hour)
	require.Equal(t, market.RealTime, translated(t, engineOf(t, risk.AsSeed(dec("1"))), in).Freshness)
}

func texts(notices []risk.Notice) []string {
	all := []string{}
	for _, n := range notices {
		all = append(all, n.Text)
	}
	return all
}

func TestWarningsComeInOrder(t *testing.T) {
	t.Parallel()
	in := inputs()
	f := &in.Facts
	for _, s := range []*decimal.NullDecimal{
		&f.Liquidity.Stated, &f.Credit.Stated, &f.InterestRate.Stated, &f.Refinancing.Stated, &f.Leverage.Stated, &f.Governance.Stated, &f.Legal.Stated, &f.ESG.Stated,
	} {
		*s = known("90")
	}
	b := &in.Snapshot.Book
	b.Bid, b.Ask, b.Depth, b.BidSize, b.Volume, b.Trades, b.LastTradeAge, b.At = dec("90"), dec("110"), dec("1"), dec("1"), dec("1000"), 0, 20*time.Hour, now.Add(-20*time.Minute)
	in.Snapshot.Bond.Rating, in.Snapshot.Maker = "B", nil
	got := translated(t, engineOf(t, config()), in)
	require.Equal(t, []risk.NoticeKind{
		risk.CriticalRisk, risk.PoorLiquidity, risk.NoticeKind(market.LongExit), risk.NoticeKind(market.RiskyRating), risk.WeakRating, risk.OldData,
	}, kinds(got.Warnings))
	require.Equal(t, "Critical risk level (90.0/100) - immediate attention required", got.Warnings[0].Text)
}

func TestWhatIsAssumedIsSaid(t *testing.T) {
	t.Parallel()
	in := inputs()
	in.Snapshot.Bond.Rating, in.Snapshot.Bond.Tenor, in.Snapshot.Bond.IssuerClass = "", "", ""
	got := translated(t, engineOf(t, config()), in)
	all := texts(got.Caveats)
	require.Equal(t, []string{
		"The bond's rating is not known; BBB was assumed.",
		"The bond's tenor is not known; 3-5Y was assumed.",
		"The bond's issuer class is not known; corporate was assumed.",
	}, all[len(all)-3:])
	require.Equal(t, []risk.NoticeKind{risk.NotAdvice, risk.MayChange, risk.PastPerformance, risk.MayNotBeThere, risk.Estimates}, kinds(got.Caveats)[:5])
}

func TestNarratives(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*risk.Inputs, *market.Sale){
		"usual":   func(*risk.Inputs, *market.Sale) {},
		"partial": func(_ *risk.Inputs, s *market.Sale) { s.Size = dec("3000000.5") },
		"no_route": func(in *risk.Inputs, _ *market.Sale) {
			in.Snapshot.Maker.Online, in.Snapshot.Auction = false, nil
			in.Snapshot.Bond.Rating = "D"
		},
		"too_large": func(in *risk.Inputs, s *market.Sale) {
			in.Snapshot.Bond.Tenor = "0-1Y" // without P2P
			s.Size = dec("12345678.9")
		},
		"unknown": func(in *risk.Inputs, _ *market.Sale) {
			in.Facts, in.Snapshot.Book.Ask, in.Snapshot.Bond.Rating = risk.Facts{}, in.Snapshot.Book.Bid, ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, sale := inputs(), config().Sale
			change(&in, &sale)
			got, err := engineOf(t, config()).Translate(in, sale, risk.Track{})
			require.NoError(t, err)
			golden(t, "narrative/"+name+"_retail.txt", got.Retail)
			golden(t, "narrative/"+name+"_professional.txt", got.Professional)
		})
	}
}

// Times that have a year of four digits where they come from, and none in UTC.
var (
	lateInYear9999 = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600))
	year0          = time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 5*3600))
)

func TestMalformedInputsAreRefused(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, config())
	for want, change := range map[string]func(*risk.Inputs, *market.Sale, *risk.Track){
		"Snapshot: market: invalid: Microstructure.VWAP -1": func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Snapshot.Book.VWAP = dec("-1") },
		`Sources.Book ""`:                            func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Sources.Book = "" },
		`Sources.Maker ""`:                           func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Sources.Maker = "" },
		`Sources.Auction ""`:                         func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Sources.Auction = "" },
		`Sources.Bond.Source ""`:                     func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Sources.Bond.Source = "" },
		`Sources.Bond.At 2`:                          func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Sources.Bond.At = now.Add(time.Hour) },
		"Turnovers[1] -1":                            func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Turnovers[1] = dec("-1") },
		"Turnovers 1001: must be at most 1000":       func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Turnovers = make([]decimal.Decimal, 1001) },
		`Facts.ESG.Source ""`:                        func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.Source = "" },
		"Facts.ESG.At 2026-03-02 09:00:06 +0000 UTC": func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.At = now.Add(6 * time.Second) },
		"Facts.ESG.At 0000-01-01 00:00:00 +0500 +0500: must be from 1900 to 2200, and not after now": func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.At = year0 },
		"Bond.Maturity 9999-12-31 23:00:00 -0500":                                                    func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Snapshot.Bond.Maturity = lateInYear9999 },
		"Track.Was.At 0000-01-01 00:00:00 +0500 +0500: must be from 1900 to 2200": func(_ *risk.Inputs, _ *market.Sale, tr *risk.Track) {
			tr.Was = &risk.Reading{At: year0, Index: dec("1")}
		},
		`Facts.ESG.Citations[0] ""`:                          func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.Citations = []string{""} },
		"Facts.ESG.Citations 21":                             func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.Citations = make([]string, 21) },
		"Facts.ESG: score: invalid: Stated 101":              func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.Stated = known("101") },
		"Facts.Credit: score: invalid: Credit.Outlook":       func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.Credit.Inputs.Outlook = "rosy" },
		`Facts.ESG.Source "research": must be empty without`: func(in *risk.Inputs, _ *market.Sale, _ *risk.Track) { in.Facts.ESG.Stated = decimal.NullDecimal{} },
		"market: invalid: Size 0":                            func(_ *risk.Inputs, s *market.Sale, _ *risk.Track) { s.Size = decimal.Zero },
		"Track.Stale 2: must be at most Looks":               func(_ *risk.Inputs, _ *market.Sale, tr *risk.Track) { tr.Looks, tr.Stale = 1, 2 },
		"Track.Outcomes 65: must be at most 64":              func(_ *risk.Inputs, _ *market.Sale, tr *risk.Track) { tr.Outcomes = make([]risk.Outcome, 65) },
		`Track.Outcomes[0]: risk: invalid: Outcome.ID ""`:    func(_ *risk.Inputs, _ *market.Sale, tr *risk.Track) { tr.Outcomes = make([]risk.Outcome, 1) },
		`Track.Outcomes[0]: risk: invalid: Outcome.Advised`: func(_ *risk.Inputs, _ *market.Sale, tr *risk.Track) {
			o := outcome("a", market.ByRFQ)
			o.Advised = "luck"
			tr.Outcomes = []risk.Outcome{o}
		},
		"Track.Was.Index 101: must be 0 to 100": func(_ *risk.Inputs, _ *market.Sale, tr *risk.Track) {
			tr.Was = &risk.Reading{At: now, Index: dec("101")}
		},
	} {
		in, sale, track := inputs(), config().Sale, risk.Track{}
		change(&in, &sale, &track)
		got, err := engine.Translate(in, sale, track)
		require.ErrorIs(t, err, risk.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.Equal(t, risk.Translation{}, got)
	}
	crossed := inputs()
	crossed.Snapshot.Book.Bid = dec("101")
	require.ErrorIs(t, crossed.Validate(), market.ErrCrossed)
	require.ErrorIs(t, crossed.Validate(), risk.ErrInvalid)
}

func TestAnEngineSaysWhichBondsItTakes(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	bond := inputs().Snapshot.Bond
	require.NoError(t, e.Accepts(bond))
	require.NoError(t, e.Accepts(market.Bond{}), "what it does not say is assumed")
	bond.Tenor = "7Y"
	require.ErrorIs(t, e.Accepts(bond), risk.ErrInvalid)
	require.ErrorIs(t, e.Accepts(bond), market.ErrInvalid)
	require.EqualError(t, e.Accepts(bond), `risk: invalid: market: invalid: Bond.Tenor "7Y": must be one of the policy's Tenors`)
	require.ErrorContains(t, e.Accepts(market.Bond{CouponPct: dec("-1")}), "Bond.CouponPct -1: must be 0 to 1000")
}

func TestConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*risk.Config){
		"Sale: market: invalid: Size 0":               func(c *risk.Config) { c.Sale.Size = decimal.Zero },
		`Index "guess": must be one of the package's`: func(c *risk.Config) { c.Index = "guess" },
		"Known 1.1: must be 0 to 1":                   func(c *risk.Config) { c.Known = dec("1.1") },
		"FactsFor 59s: must be 1 m to 3650 days":      func(c *risk.Config) { c.FactsFor = 59 * time.Second },
		"Drop 0: must be > 0, up to 100":              func(c *risk.Config) { c.Drop = decimal.Zero },
		"DropOver 0s: must be 1 m to 365 days":        func(c *risk.Config) { c.DropOver = 0 },
		"Weights 1.01: must sum to 1":                 func(c *risk.Config) { c.Weights.ESG = dec("0.06") },
		"Weights.ESG -0.05: must be 0 to 1":           func(c *risk.Config) { c.Weights.ESG = dec("-0.05") },
		"Policy: market: invalid: P2PMinLot -1":       func(c *risk.Config) { c.Policy.P2PMinLot = dec("-1") },
		"Parameters: market: invalid: Floor 0":        func(c *risk.Config) { c.Parameters.Floor = decimal.Zero },
	} {
		c := config()
		change(&c)
		_, err := risk.New(c)
		require.ErrorIs(t, err, risk.ErrInvalid, want)
		require.ErrorContains(t, err, want)
	}
}

func TestAnEngineKeepsItsConfiguration(t *testing.T) {
	t.Parallel()
	c := config()
	e := engineOf(t, c)
	was := translated(t, e, inputs())
	c.Policy.RatingCaps["AA"] = market.Caps{}
	e.Config().Policy.RatingCaps["AA"] = market.Caps{}
	require.Equal(t, was, translated(t, e, inputs()))
	name, hash := e.Identity()
	require.Equal(t, "risk@2", name)
	require.NotEqual(t, [32]byte{}, hash)
}
