package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

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

func text(t *testing.T, r weekend.Result, sweep *report.Sweep) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, report.Text(&b, r, sweep))
	return b.String()
}

func page(t *testing.T, r weekend.Result, sweep *report.Sweep) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, report.Page(&b, r, sweep, "go run ./examples/simulator --seed 1"))
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
