package main

import (
	"net/http"
	"slices"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/page"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/sample"
)

// withPage puts the translator's page before rest, for people with a browser. The
// example's bonds and keys are on it where they are the server's.
func withPage(cfg config.Config, rest http.Handler) (http.Handler, error) {
	if cfg.Translator == nil {
		return rest, nil
	}
	var o page.Options
	if slices.ContainsFunc(cfg.Translator.Feeds, func(f config.Feed) bool { return f.Sample }) {
		day, err := sample.Day()
		if err != nil {
			return nil, err
		}
		for _, t := range day {
			o.Bonds = append(o.Bonds, page.Bond{ISIN: string(t.ISIN), Last: t.Last, YieldPct: t.YieldPct, Value: t.Value, Trades: t.Trades})
		}
	}
	if exampleHolds(cfg) {
		o.Keys = []page.Key{
			{Label: "retail", Key: "example-retail"},
			{Label: "professional", Key: "example-professional", Full: true},
			{Label: "risk manager", Key: "example-risk", Full: true},
			{Label: "compliance", Key: "example-compliance", Full: true},
		}
	}
	return page.Handler(o, rest)
}
