package risk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/evenkeelhq/evenkeel/risk/score"
)

// Digests are of what people see, rounded at least as much as in texts, which is more
// than in JSON: a change that nobody would notice is not told.

func riskDigest(t Translation) string {
	var b strings.Builder
	seen := func(value fmt.Stringer, level score.Level) { fmt.Fprintf(&b, "%s %s\n", value, level) }
	for _, c := range t.Risk.Categories {
		seen(c.Score.Value.Round(1), c.Score.Level)
	}
	seen(t.Risk.Overall.Value.Round(1), t.Risk.Overall.Level)
	for _, w := range t.Warnings {
		b.WriteString(string(w.Kind) + "\n")
	}
	return digest(b.String())
}

func liquidityDigest(t Translation) string {
	p := t.Profile
	return digest(fmt.Sprint(p.Index.Value.Round(1), p.Index.Level, p.SpreadBps.Round(1), t.Freshness, p.Doubts))
}

// exitsDigest leaves times out, which change with every minute that a window comes
// closer.
func exitsDigest(t Translation) string {
	var b strings.Builder
	for _, r := range t.Exits.Routes {
		fmt.Fprintln(&b, r.Path, r.Priority, r.Refusals, r.FillProbability.Value.Round(2), r.SpreadBps.Round(1), r.Constraints, r.TimeBasis)
	}
	return digest(b.String())
}

func digest(text string) string {
	const shown = 8 // bytes: enough to notice a change
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:shown])
}
