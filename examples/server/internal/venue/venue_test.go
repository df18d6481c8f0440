package venue_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	pair = exchange.Pair{Base: "NBT", Quote: "BTC"}
	peg  = decimal.RequireFromString("0.004")
)

func TestASampleIsTheSameForAUserAllMinute(t *testing.T) {
	first := venue.Sample("lp", pair, peg, noon)
	require.Empty(t, cmp.Diff(first, venue.Sample("lp", pair, peg, noon.Add(59*time.Second))))
	require.NotEmpty(t, cmp.Diff(first, venue.Sample("lp", pair, peg, noon.Add(time.Minute))))
	require.NotEmpty(t, cmp.Diff(first, venue.Sample("other", pair, peg, noon)))
	require.NotEmpty(t, cmp.Diff(first, venue.Sample("lp", exchange.Pair{Base: "NBT", Quote: "PPC"}, peg, noon)))
}

func TestASampleIsLikeThoseOfTheALPServer(t *testing.T) {
	tolerances := []string{"0.0105", "0.05", "0.95"}
	reached := map[string]bool{}
	for minute := range 200 {
		orders := venue.Sample("lp", pair, peg, noon.Add(time.Duration(minute)*time.Minute))
		require.Len(t, orders, 10)
		type key struct {
			side exchange.Side
			id   string
		}
		seen := map[key]int{}
		for i, o := range orders {
			require.NoError(t, o.ValidateTerms())
			require.Equal(t, i%2 == 0, o.Side == exchange.Bid, "even ones are bids")
			id, err := strconv.Atoi(o.ID)
			require.NoError(t, err)
			require.True(t, id >= 0 && id < 260, id)
			require.True(t, o.Amount.IsPositive() && o.Amount.LessThanOrEqual(decimal.NewFromInt(250)), o.Amount)
			seen[key{o.Side, o.ID}]++
			sighted, err := reward.Sight(o, "NBT", decimal.NewFromInt(250))
			require.NoError(t, err)
			reached[rank(sighted, tolerances)] = true
		}
		require.Len(t, seen, 9, "one of them is there twice")
	}
	require.Equal(t, map[string]bool{"0.0105": true, "0.05": true, "0.95": true}, reached)
}

// rank is the tightest tolerance that o fits.
func rank(o reward.Order, tolerances []string) string {
	for _, t := range tolerances {
		far, near := decimal.Max(o.Price, o.Peg), decimal.Min(o.Price, o.Peg)
		if far.Sub(near).LessThanOrEqual(far.Mul(decimal.RequireFromString(t))) {
			return t
		}
	}
	return "none"
}

func TestEveryExchangeHasAVerifierAndMostHaveBooks(t *testing.T) {
	set, err := venue.Open(venue.Options{Paper: "http://127.0.0.1:3334"})
	require.NoError(t, err)
	require.Equal(t, []string{"binance", "bitfinex", "bybit", "gate", "kraken", "okx", "poloniex"}, venue.Quoting())
	for _, name := range append(venue.Quoting(), venue.Test, "coinbase") {
		require.True(t, venue.Supported(name))
		require.NotNil(t, set.Verifiers[name], name)
		require.Equal(t, venue.Quotes(name), set.Books[name] != nil, name)
	}
	require.Len(t, set.Verifiers, 9)
	require.False(t, venue.Quotes(venue.Test))
	require.False(t, venue.Supported("mtgox"))
	require.Equal(t, "paper", venue.Adapter(venue.Test))
	require.Equal(t, "kraken", venue.Adapter("kraken"))
	_, err = venue.Open(venue.Options{Paper: "http://example.com"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
}
