package market_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/seedmarket"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

var (
	dec      = decimal.RequireFromString
	now      = seedmarket.Now()
	snapshot = seedmarket.Bond
)

const isin = seedmarket.ISIN

func recommender(tb testing.TB, p market.Policy) *market.Recommender {
	tb.Helper()
	r, err := market.NewRecommender(p)
	require.NoError(tb, err)
	return r
}

func calibrated(tb testing.TB) *market.CalibratedModel {
	tb.Helper()
	m, err := market.NewCalibratedModel(market.DefaultParameters())
	require.NoError(tb, err)
	return m
}

func exitsOf(tb testing.TB, r *market.Recommender, s market.Snapshot, size string) market.Exits {
	tb.Helper()
	e, err := r.Recommend(s, market.Sale{Size: dec(size)}, market.Record{})
	require.NoError(tb, err)
	return e
}

func routeOf(tb testing.TB, e market.Exits, p market.Path) market.Route {
	tb.Helper()
	r, ok := e.Route(p)
	require.True(tb, ok)
	return r
}

// available are the paths of available routes, the best first.
func available(e market.Exits) []market.Path {
	paths := []market.Path{}
	for _, r := range e.Routes {
		if r.Available {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func reasons(r market.Route) []market.Reason {
	found := []market.Reason{}
	for _, refusal := range r.Refusals {
		found = append(found, refusal.Reason)
	}
	return found
}

func kinds(e market.Exits) []market.WarningKind {
	found := []market.WarningKind{}
	for _, w := range e.Warnings {
		found = append(found, w.Kind)
	}
	return found
}
