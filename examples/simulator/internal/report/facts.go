package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

// Fact is one line of the verdict.
type Fact struct{ Label, Text string }

// Facts puts the verdict in words, the same for terminal and page.
func Facts(r weekend.Result) []Fact {
	v := r.Verdict
	facts := []Fact{
		{"peg", peg(v)},
		{"with no action", idle(v)},
		{"why", v.Why},
		{"spent", spent(v)},
		{"stopped by", stopped(v)},
		{"peg bought", fmt.Sprintf("%s of %s minutes within ±%d bps, %s with no action: %s minutes bought, %s per million spent",
			minutes(v.InBand), minutes(v.Minutes), r.Setup.BandBps, minutes(v.InBandIdle), v.Bought.StringFixed(1), v.PerMillion.StringFixed(1))},
		{"inventory", inventory(v)},
		{"costs", fmt.Sprintf("%s cUSDT of pool fees, within the result above; %s of the chain's coin for gas, beside it", figure.Whole(v.Fees), v.GasGwei.Shift(-9).StringFixed(3))},
		{"arbitrageurs", fmt.Sprintf("earned %s cUSDT, %s with no action", figure.Whole(v.Arbitrage), figure.Whole(v.ArbitrageIdle))},
		{"value conserved", conserved(v.Conservation)},
		{"fit to the market", fit(r)},
	}
	for _, j := range r.Journals {
		facts = append(facts, Fact{"journal " + j.Key, journal(j)})
	}
	return facts
}

func peg(v weekend.Verdict) string {
	if !v.PegLost {
		return "held: the public pool never left the band; farthest " + bps(v.WorstBps) + " bps"
	}
	return fmt.Sprintf("peg lost at %s; outside the band %s, the longest for %s from %s, the last until %s; farthest %s bps at %s",
		moment(v.LostAt), times(v.Departures), span(v.Longest), moment(v.LongestFrom), moment(v.LastOut), bps(v.WorstBps), moment(&v.WorstAt))
}

func idle(v weekend.Verdict) string {
	if v.LostAtIdle == nil {
		return "the public pool would never have left the band"
	}
	return fmt.Sprintf("peg lost at %s; farthest %s bps", moment(v.LostAtIdle), bps(v.WorstBpsIdle))
}

func spent(v weekend.Verdict) string {
	if v.Trades == 0 {
		return fmt.Sprintf("nothing: %d trades were sent and none was mined", v.Sent)
	}
	text := fmt.Sprintf("%s handed over in %s (%s sent), the first %s, the last %s",
		figure.Whole(v.Spent), figure.Many(v.Trades, "trade"), figure.Count(v.Sent), moment(v.FirstTrade), moment(v.LastTrade))
	if v.Refilled.IsPositive() {
		text += fmt.Sprintf("; the vault refilled %s", figure.Whole(v.Refilled))
	}
	return text
}

func stopped(v weekend.Verdict) string {
	if v.Stop == nil {
		return "no guard: it could have gone on"
	}
	text := fmt.Sprintf("%s at %s", words(v.Stop.Reason), moment(&v.Stop.At))
	if v.Halt != nil {
		text += fmt.Sprintf("; halted by %s at %s", words(v.Halt.Reason), moment(&v.Halt.At))
	}
	return text
}

func inventory(v weekend.Verdict) string {
	text := fmt.Sprintf("%s cUSDC gained by trading", figure.Signed(v.Inventory))
	if v.Purchased.IsPositive() {
		text += fmt.Sprintf(", %s bought at %s on average", figure.Whole(v.Purchased), v.CostBasis.StringFixed(5))
	}
	if v.Sold.IsPositive() {
		text += fmt.Sprintf(", %s sold at %s", figure.Whole(v.Sold), v.SaleBasis.StringFixed(5))
	}
	if v.WorstMarkAt != nil {
		text += fmt.Sprintf("; the trades stood at %s cUSDT at worst (%s)", figure.Signed(v.WorstMark), moment(v.WorstMarkAt))
	}
	return text + fmt.Sprintf(" and at %s in the end", figure.Signed(v.FinalMark))
}

func conserved(tokens []weekend.Tokens) string {
	off := make([]string, len(tokens))
	for i, t := range tokens {
		off[i] = t.Token + " " + t.UnitsOff
	}
	return "units off over all accounts: " + strings.Join(off, ", ")
}

func fit(r weekend.Result) string {
	candle := "candle"
	if len(r.Hours) > 1 && r.Hours[1].Start.Sub(r.Hours[0].Start) == time.Hour {
		candle = "hour"
	}
	return fmt.Sprintf("with no action the pool's highs and lows are within %s bps of the real ones, worst in the %s of %s; %d of %s beyond the limit of %s bps (fee + 10)",
		r.Fit.WorstBps.StringFixed(1), candle, r.Fit.WorstHour.Format(dayHour), r.Fit.HoursOff, figure.Many(len(r.Hours), candle), r.Fit.LimitBps)
}

func journal(j weekend.Journal) string {
	return fmt.Sprintf("%s, %s verified up to %.12s with %s; %s decided again, %s the same byte for byte",
		j.Engine, figure.Many(int(j.Records), "record"), j.Head, figure.Many(j.Anchors, "anchored head"), figure.Count(j.Replayed), figure.Count(j.Same))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return figure.Many(n, "time")
}

func minutes(d decimal.Decimal) string { return figure.Whole(d) }
