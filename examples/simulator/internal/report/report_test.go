package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/issuer"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/report"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

var start = time.Date(2023, 3, 10, 20, 0, 0, 0, time.UTC)

func num(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// evening is a result of one hour and two minutes, made by hand.
func evening() weekend.Result {
	s := weekend.Defaults()
	s.Tape, s.Source = "prices.csv", "my own table"
	lost, last := start.Add(10*time.Minute), start.Add(50*time.Minute)
	span := weekend.Span{High: num("1.0001"), Low: num("0.9951"), Close: num("0.9977")}
	return weekend.Result{
		Setup: s, Assumptions: []string{"SYNTHETIC: everything."},
		Fit: weekend.Fit{LimitBps: num("13"), WorstBps: num("3.25"), WorstHour: start},
		Hours: []weekend.Hour{{
			Start: start, Target: num("1"), Market: span, With: span, Without: span,
			WorstBps: num("-49"), WorstBpsIdle: num("-9.99"),
			Reasons: []weekend.Count{{Reason: "in_band", Blocks: 1700}, {Reason: "trade", Blocks: 60}, {Reason: "cooldown", Blocks: 40}},
			Trades:  60, Spent: num("1234567.89"), Inventory: num("1000000"), Coverage: num("0.5"), Level: "CRITICAL",
		}},
		Minutes: []weekend.Minute{
			{At: start, Market: num("1"), With: num("1"), Without: num("0.9999"), Coverage: num("4")},
			{At: lost, Market: num("0.99"), With: num("0.9951"), Without: num("0.99"), Spent: num("1234567.89"), Profit: num("-5")},
		},
		Verdict: weekend.Verdict{
			PegLost: true, LostAt: &lost, LastOut: &last, Departures: 1, LongestFrom: &lost, Longest: num("40"),
			WorstBps: num("-49"), WorstAt: last, Minutes: num("60"), InBand: num("20"), InBandIdle: num("19.5"),
			LostAtIdle: &lost, WorstBpsIdle: num("-52"), MarketWorstBps: num("-48"),
			Sent: 61, Trades: 60, FirstTrade: &start, LastTrade: &last, Spent: num("1234567.89"),
			Stop: &weekend.Stop{At: last, Reason: "inventory"}, Bought: num("0.5"), PerMillion: num("0.41"),
			Inventory: num("1000000"), Purchased: num("1000000"), CostBasis: num("0.9995"),
			WorstMark: num("-4000"), WorstMarkAt: &last, FinalMark: num("-3999.6"),
			Fees: num("370.4"), GasGwei: num("12000000"), Arbitrage: num("806"), ArbitrageIdle: num("11"),
			Parties:      []weekend.Party{{Name: "the stabilizer and its vault", Result: num("-3999.6")}},
			PartiesIdle:  []weekend.Party{{Name: "the stabilizer and its vault"}},
			Conservation: []weekend.Tokens{{Token: "cUSDC", UnitsOff: "0"}},
			Why:          "The market itself left the peg.",
		},
		Journals: []weekend.Journal{{Key: "peg/cUSDC", Engine: "stabilizer@1", Records: 1800, Head: strings.Repeat("ab", 32), Anchors: 1, Replayed: 1800, Same: 1800}},
	}
}

// coin is what became of an issuer, made by hand.
func coin() *issuer.Result {
	day := time.Date(2023, 3, 11, 0, 0, 0, 0, time.UTC)
	lowest, most := day.Add(13*time.Hour), day.Add(14*time.Hour)
	s := issuer.Defaults()
	s.Asset = "USDX"
	return &issuer.Result{
		Setup: s, Assumptions: []string{"ASSUMED: a lot."}, Floor: num("1"), Ceiling: num("1.3"),
		Worst: issuer.Rush{From: day, To: day.AddDate(0, 0, 4), Redeemed: num("5214088193"), Share: num("0.122")},
		Cases: []issuer.Case{
			{Rule: issuer.NoPool, HoursBelow: 362, DaysBelow: 16, Lowest: num("0.5769"), LowestAt: lowest, HoursUnpaid: 1, MostUnpaid: num("7000000.4"), HoursCompared: 1000},
			{
				Rule: issuer.SeedRule, Pool: num("2000000000"), HoursBelow: 174, DaysBelow: 1, Lowest: num("0.79"), LowestAt: lowest,
				Injections: 1, Injected: num("3000000"), MostLent: num("3000000"), MostLentAt: &most, PeakUse: num("0.0015"), Lent: num("3000000"), Stopped: "failing: ab",
				HoursCompared: 1000, Journal: &issuer.Journal{Engine: "liquidity@1", Replayed: 1000},
			},
			{
				Rule: issuer.Engine, Pool: num("2000000000"), Lowest: num("1.01"), LowestAt: lowest, HoursCompared: 1000,
				Held: []issuer.Held{{Reason: "pool_floor_exhausted", Hours: 123}}, Journal: &issuer.Journal{Engine: "liquidity@1", Replayed: 1000},
			},
		},
		Days: []issuer.Day{{
			Start: day, Price: num("0.8774"), Supply: num("40856433721"), Redeemed: num("1893096140"), Expected: num("2137476493"),
			Without: num("0.61"), Seed: num("0.99"), With: num("1.01"), Lent: num("956000000"),
		}},
	}
}

func text(t *testing.T, r weekend.Result, sweep *report.Sweep) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, report.Text(&b, r, sweep, nil))
	return b.String()
}

func page(t *testing.T, r weekend.Result, sweep *report.Sweep) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, report.Page(&b, r, sweep, nil, "go run ./examples/simulator --seed 1"))
	return b.String()
}

func TestTextTellsTheVerdictLineByLine(t *testing.T) {
	got := strings.Join(strings.Fields(text(t, evening(), nil)), " ")
	for _, want := range []string{
		"SYNTHETIC: everything.",
		"Fri 10 20:00  1.0000  0.9977  0.9977     0.9977      -49.0      -10.0  in band 1700, other 100",
		"VERDICT: Peg lost at Fri 10 Mar 20:10:00 UTC, whatever was spent: 1,234,568",
		"outside the band once, the longest for 40 minutes from Fri 10 Mar 20:10:00 UTC",
		"peg lost at Fri 10 Mar 20:10:00 UTC; farthest -52.0 bps",
		"1,234,568 handed over in 60 trades (61 sent)",
		"inventory at Fri 10 Mar 20:50:00 UTC",
		"20 of 60 minutes within ±10 bps, 20 with no action: 0.5 minutes bought, 0.4 per million spent",
		"+1,000,000 cUSDC gained by trading, 1,000,000 bought at 0.99950 on average; the trades stood at -4,000 cUSDT at worst",
		"370 cUSDT of pool fees, within the result above; 0.012 of the chain's coin",
		"earned 806 cUSDT, 11 with no action",
		"units off over all accounts: cUSDC 0",
		"0 of 1 candle beyond the limit of 13 bps",
		"stabilizer@1, 1,800 records verified up to abababababab with 1 anchored head",
		"the stabilizer and its vault",
	} {
		require.Contains(t, got, strings.Join(strings.Fields(want), " "))
	}
}

func TestTextOfAPegThatHeld(t *testing.T) {
	r := evening()
	r.Verdict = weekend.Verdict{Parties: r.Verdict.Parties, PartiesIdle: r.Verdict.PartiesIdle, WorstBps: num("-9"), Why: "Nothing tested it."}
	got := text(t, r, nil)
	for _, want := range []string{
		"VERDICT: The peg held: the public pool never left the band",
		"held: the public pool never left the band; farthest -9.0 bps",
		"would never have left the band", "nothing: 0 trades were sent", "no guard: it could have gone on",
	} {
		require.Contains(t, got, want)
	}
}

func TestPageEscapesWhatComesFromOutside(t *testing.T) {
	r := evening()
	const attack = `"><script>alert(1)</script>`
	r.Setup.Tape, r.Setup.Source = attack, attack
	r.Assumptions = []string{attack}
	r.Verdict.Why = attack
	got := page(t, r, &report.Sweep{Note: attack, Head: []string{attack}, Rows: [][]string{{attack, attack}}})
	require.NotContains(t, got, "<script>alert")
	require.Contains(t, got, "&lt;script&gt;alert")
}

func TestPageHoldsTheSeriesItDraws(t *testing.T) {
	got := page(t, evening(), nil)
	require.Contains(t, got, `"withBps":[0,-49]`)
	require.Contains(t, got, `"spent":[0,1234568]`)
	require.Contains(t, got, `"at":[1678478400,1678479000]`)
	require.Contains(t, got, "uPlot=function")
	require.Contains(t, got, "MIT License")
	require.Contains(t, got, `id="closer"`)

	r := evening()
	r.Verdict.FirstTrade, r.Verdict.LastTrade, r.Verdict.Trades = nil, nil, 0
	require.NotContains(t, page(t, r, nil), `id="closer"`, "without a trade there is nothing to look at closer")
}

func TestSweepShowsMedianLowestAndHighest(t *testing.T) {
	require.Nil(t, report.NewSweep(nil))
	of := func(low, mid, high string) weekend.Range {
		return weekend.Range{Lowest: num(low), Median: num(mid), Highest: num(high)}
	}
	sweep := report.NewSweep([]weekend.Point{{
		Reserve: num("1000000"), Share: num("0.02"), Latency: 2, Seeds: 3, Lost: 3,
		Bought: of("1", "2.25", "3"), PerMillion: of("0", "1", "2"), Spent: of("10", "2000", "3000000"),
	}})
	got := text(t, evening(), sweep)
	require.Contains(t, got, "run with 3 seeds")
	require.Contains(t, got, "3 of 3")
	require.Contains(t, got, "2.3 [1.0, 3.0]")
	require.Contains(t, got, "2,000 [10, 3,000,000]")
	require.Contains(t, page(t, evening(), sweep), "2,000 [10, 3,000,000]")
}

func TestTheIssuerIsToldInWordsTablesAndCharts(t *testing.T) {
	require.Nil(t, report.NewIssuer(nil))
	var b strings.Builder
	require.NoError(t, report.Text(&b, evening(), nil, report.NewIssuer(coin())))
	got := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{
		"The issuer of USDX as a bank of a liquidity pool, 11 Mar 2023 to 11 Mar 2023", "ASSUMED: a lot.",
		"Sat 11 Mar 2023 0.8774 40,856 1,893 2,137 0.61 0.99 1.01 956",
		"seed rule 2,000 1 174 0.79 11 Mar 2023 1 3 0 0 0.00 3 0% 3",
		"POOL: Liquid assets fell below the floor on 16 days without the pool, on 0 with the engine and a pool of 2,000 million",
		"5,214,088,193 USDX, 12.2% of the supply, were redeemed from 11 Mar 2023 to 15 Mar 2023",
		"below the floor in 362 hours of 16 days, lowest ratio 0.58 on 11 Mar 2023 13:00 UTC; 1 hour with redemptions unpaid, at most 7,000,000",
		"lent 3,000,000 in 1 injection, at most 3,000,000 at a time on 11 Mar 2023 14:00 UTC, and 3,000,000 was never returned; its switch was tripped: failing: ab",
		"never below the floor, lowest ratio 1.01 on 11 Mar 2023 13:00 UTC; nothing was lent",
		"kept back by pool floor exhausted 123 hours",
		"agree to the last cent after each of 3,000 hours", "2,000 decisions verified and decided again",
	} {
		require.Contains(t, got, want)
	}

	b.Reset()
	require.NoError(t, report.Page(&b, evening(), nil, report.NewIssuer(coin()), ""))
	for _, want := range []string{
		`"without":[0.61]`, `"lent":[956]`, `"ceiling":1.3`, `id="ratio"`, `id="rush"`, `id="lent"`, "ASSUMED: a lot.",
		`<td class="out">0.99</td><td class="in">1.01</td>`,
	} {
		require.Contains(t, b.String(), want)
	}
	require.NotContains(t, page(t, evening(), nil), `id="ratio"`)
}
