package risk

import (
	"fmt"
	"strings"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// warnings returns what is wrong, in the translator's order and with its words;
// what it did not know of comes last.
func (e *Engine) warnings(t Translation) []Notice {
	var all []Notice
	warn := func(when bool, kind NoticeKind, format string, args ...any) {
		if when {
			all = append(all, Notice{kind, fmt.Sprintf(format, args...)})
		}
	}
	overall, index := t.Risk.Overall, t.Profile.Index
	warn(overall.Level == score.Critical, CriticalRisk, "Critical risk level (%s/100) - immediate attention required", tenth(overall.Value))
	warn(index.Level == market.Poor || index.Level == market.Illiquid, PoorLiquidity, "Limited liquidity - exit may be difficult and costly")
	for _, w := range t.Exits.Warnings {
		all = append(all, Notice{NoticeKind(w.Kind), w.Text})
	}
	warn(e.cfg.Policy.Speculative(t.Bond.Rating), WeakRating, "High credit risk rating (%s) - potential for significant losses", t.Bond.Rating)
	warn(old(t.Freshness), OldData, "Market data may be outdated - current conditions may differ")
	warn(overall.Level == score.Insufficient, NoScore, "Too little is known for an overall risk score - missing: %s", strings.Join(overall.Missing, ", "))
	warn(index.Level == market.Insufficient, NoIndex, "Too little data for a liquidity index - missing: %s", strings.Join(index.Missing, ", "))
	return all
}

// plain is a notice for everybody. Which constraint there is would tell how much
// the market maker holds.
func (n Notice) plain() string {
	if n.Kind == NoticeKind(market.Constrained) {
		return "The way out that comes first may not take all of it"
	}
	return n.Text
}

// caveats returns what is always to be kept in mind, and what is this time.
func (e *Engine) caveats(t Translation) []Notice {
	all := []Notice{
		{NotAdvice, "This is information, and not advice to buy or to sell."},
		{MayChange, "Markets can change within minutes, and with them all that is said here."},
		{PastPerformance, "What happened in the past need not happen again."},
		{MayNotBeThere, "A way out that is open now may be closed when you need it."},
		{Estimates, "Times, prices and probabilities are estimates of a model."},
	}
	add := func(when bool, kind NoticeKind, text string) {
		if when {
			all = append(all, Notice{kind, text})
		}
	}
	add(old(t.Freshness), VerifyData, "Market data may be outdated - verify current conditions before trading")
	add(t.Risk.Confidence.LessThan(hundredths(70)), UnsureOfRisk, "Risk assessment has limited confidence - much of what it needs is not known")
	add(t.Exits.Confidence.LessThan(hundredths(60)), UnsureOfExits, "Exit pathway analysis has limited confidence - consult with professionals")
	for _, field := range t.Exits.Assumed {
		add(true, Assumed, "The bond's "+strings.ReplaceAll(field, "_", " ")+" is not known; "+e.assumed(field)+" was assumed.")
	}
	return all
}

// assumed is what the policy takes a field for that a bond does not say.
func (e *Engine) assumed(field string) string {
	switch field {
	case "rating":
		return e.cfg.Policy.AssumedRating
	case "tenor":
		return e.cfg.Policy.AssumedTenor
	default:
		return e.cfg.Policy.AssumedIssuer
	}
}
