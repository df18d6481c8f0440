// Package report tells what happened in a replayed weekend: as a table and a
// verdict on a terminal, and as one page of HTML that loads nothing.
package report

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

func kicker(r weekend.Result) string {
	s := r.Setup
	return fmt.Sprintf("%s · %s profile, %s mode · seed %d · blocks of %s · reserve %s · panic share %s · arbitrage latency %d",
		s.Source, s.Profile, s.Mode, s.Seed, s.Block, figure.Whole(s.Reserve), figure.Percent(s.Share), s.Latency)
}

// Headline is the verdict in one sentence.
func Headline(r weekend.Result) string {
	v := r.Verdict
	switch {
	case !v.PegLost:
		return "The peg held: the public pool never left the band"
	case v.Trades == 0:
		return fmt.Sprintf("Peg lost at %s, and the stabilizer did not trade once", moment(v.LostAt))
	}
	return fmt.Sprintf("Peg lost at %s, whatever was spent: %s", moment(v.LostAt), figure.Whole(v.Spent))
}

// Plain is the verdict for someone who has never heard of basis points.
func Plain(r weekend.Result) []string {
	v := r.Verdict
	lines := []string{v.Why}
	if v.PegLost {
		lines = append(lines, fmt.Sprintf(
			"The pool left its peg %s, the longest for %s from %s.", times(v.Departures), span(v.Longest), moment(v.LongestFrom)))
	}
	if v.Trades > 0 {
		lines = append(lines, fmt.Sprintf(
			"The stabilizer traded %s and handed over tokens worth %s at the peg. The pool was within %d bps (hundredths of a percent) of it for %s of %s minutes; with no action it would have been %s. So a million spent bought %s minutes.",
			times(v.Trades), figure.Whole(v.Spent), r.Setup.BandBps, minutes(v.InBand), minutes(v.Minutes), minutes(v.InBandIdle), v.PerMillion.StringFixed(1)))
	}
	if v.Stop != nil {
		lines = append(lines, fmt.Sprintf("Its spending was stopped at %s: %s.", moment(&v.Stop.At), meaning(v.Stop.Reason)))
	}
	return append(lines, "Prices and volumes of each hour are real. What happened within an hour, and the prices of gold, the euro and USDT, are synthetic.")
}

// meaning says what a guard means to people.
func meaning(reason string) string {
	known := map[string]string{
		"inventory":         "it had nothing left of the token that it would have had to give",
		"inventory_max":     "it held as much of the token as it may",
		"depeg":             "the market itself was so far from the peg that there was no peg to defend any more",
		"loss_budget":       "the loss allowed for a day was used up",
		"unprofitable":      "a trade would not have paid for itself, which this profile asks for",
		"oracle_divergence": "the sources of the market price contradicted each other",
		"oracle_stale":      "there was no market price that could be relied on",
		"window_cap":        "it had traded as much as it may in so short a time",
		"gas":               "gas was too dear",
	}
	if text, ok := known[reason]; ok {
		return text
	}
	return "the guard " + words(reason)
}
