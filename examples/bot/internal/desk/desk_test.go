package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/desk"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

var pair = exchange.Pair{Base: "NBT", Quote: "BTC"}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func rank(ratio, tolerance string) alp.Rank {
	return alp.Rank{Ratio: alp.Number{Decimal: dec(ratio)}, Tolerance: alp.Number{Decimal: dec(tolerance)}}
}

func market(ranks map[string]alp.Rank) alp.Market {
	return alp.Market{Ask: alp.Book{Ranks: ranks}, Bid: alp.Book{Ranks: ranks}}
}

func TestTheLadderStandsWithinTheTightestRankThatEarns(t *testing.T) {
	ladder, err := desk.Ladder("me", pair, market(map[string]alp.Rank{
		"rank_0": rank("0", "0.001"), "rank_1": rank("0.8", "0.04"), "rank_2": rank("0.2", "1"),
	}), dec("0.004"), dec("100"))
	require.NoError(t, err)
	var got []string
	for _, o := range ladder {
		got = append(got, fmt.Sprintf("%v %v @ %v", o.Side, o.Amount, o.Price))
		low, high := decimal.Min(o.Price, dec("0.004")), decimal.Max(o.Price, dec("0.004"))
		require.True(t, low.GreaterThanOrEqual(high.Mul(dec("0.96"))), "%v is outside of its rank", o)
	}
	require.Empty(t, cmp.Diff([]string{
		"ask 100 @ 0.00404041", "ask 200 @ 0.00408164", "ask 300 @ 0.00412372",
		"bid 100 @ 0.00396", "bid 200 @ 0.00392", "bid 300 @ 0.00388",
	}, got))
}

func TestALadderNeedsARankToStandIn(t *testing.T) {
	for _, useless := range []alp.Rank{rank("0", "1"), rank("1", "0"), rank("1", "1.3333333333333333333333333333333333333333333")} {
		_, err := desk.Ladder("me", pair, market(map[string]alp.Rank{"rank_1": useless}), dec("0.004"), dec("1"))
		require.ErrorIs(t, err, exchange.ErrInvalid)
		require.ErrorContains(t, err, `ranks ["rank_1"]: one must earn something`)
	}
	_, err := desk.Ladder("me", pair, market(map[string]alp.Rank{"rank_1": rank("1", "0.01")}), dec("0.00000011"), dec("1"))
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "must be wider than a tick")
}

func TestTheDeskServesWhatItHas(t *testing.T) {
	now := clock.NewMock()
	now.Set(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
	d, err := desk.Open("me", pair, now)
	require.NoError(t, err)
	ladder, err := desk.Ladder("me", pair, market(map[string]alp.Rank{"rank_1": rank("1", "0.01")}), dec("0.004"), dec("100"))
	require.NoError(t, err)
	require.NoError(t, d.Place(t.Context(), ladder))

	network := &pooltest.Network{}
	_, err = network.Serve(t.Context(), "127.0.0.1:3334", d.Handler())
	require.NoError(t, err)
	verifier, err := paper.NewVerifier(paper.Options{Name: desk.Venue, Base: "http://127.0.0.1:3334", Clock: now, RoundTripper: network})
	require.NoError(t, err)
	seen := func() []exchange.Order {
		now.Add(10 * time.Minute) // the venue keeps up
		p, err := d.Prover().ProveOpenOrders(pair, now.Now())
		require.NoError(t, err)
		orders, err := verifier.Verify(t.Context(), p, pair, now.Now())
		require.NoError(t, err)
		return orders
	}
	own, err := d.Orders(t.Context())
	require.NoError(t, err)
	require.Len(t, own, len(ladder))
	require.Empty(t, cmp.Diff(own, seen()))
	require.NoError(t, d.Cancel(t.Context()))
	require.Empty(t, seen())
}
