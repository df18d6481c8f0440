package rpc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/rpc"
)

func reporter(t *testing.T, client *rpc.Client) *rpc.Liquidity {
	t.Helper()
	l, err := rpc.NewLiquidity(rpc.LiquidityConfig{Client: client, GrantAddress: "Bgrant", Pool: "pool"})
	require.NoError(t, err)
	return l
}

var ranks = []reward.Liquidity{
	{Exchange: "test_exchange", Unit: "btc", Rank: "rank_1", Bid: dec("1000.5"), Ask: dec("0")},
	{Exchange: "test_exchange", Unit: "ppc", Rank: "refused", Bid: dec("1"), Ask: dec("1")},
	{Exchange: "kraken", Unit: "btc", Rank: "rank_2", Bid: dec("0"), Ask: dec("7")},
}

func TestLiquidityOfEachRankReachesTheDaemon(t *testing.T) {
	d := newDaemon(t)
	d.nud = true
	err := reporter(t, d.client()).Report(t.Context(), 1, ranks)
	require.ErrorContains(t, err, "1:NBTPPC:test_exchange:pool.refused", "one that is refused does not stop the others")
	require.Equal(t, [][]any{
		{"B", json.Number("1000.5"), json.Number("0"), "Bgrant", "1:NBTBTC:test_exchange:pool.rank_1"},
		{"B", json.Number("0"), json.Number("7"), "Bgrant", "1:NBTBTC:kraken:pool.rank_2"},
	}, d.reports)
	require.NoError(t, reporter(t, d.client()).Report(t.Context(), 2, ranks[:1]))
	require.NoError(t, reporter(t, d.client()).Report(t.Context(), 3, nil))
}

func TestLiquidityIsNotSentToADaemonThatIsDown(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodGet, r.Method)
		http.Error(w, "<html>Bad Gateway", http.StatusBadGateway)
	}))
	defer server.Close()
	client, err := rpc.New(rpc.Config{URL: server.URL, User: user, Password: password})
	require.NoError(t, err)
	err = reporter(t, client).Report(t.Context(), 1, ranks)
	require.ErrorIs(t, err, rpc.ErrNotSent)
	require.ErrorContains(t, err, "status 502: not JSON")
	server.Close()
	require.ErrorIs(t, reporter(t, client).Report(t.Context(), 1, ranks), rpc.ErrNotSent)
}

func TestLiquidityTakesNoLongerThanOneCall(t *testing.T) {
	d := newDaemon(t)
	d.nud = true
	d.fails("liquidityinfo", hang)
	require.ErrorIs(t, reporter(t, d.client()).Report(t.Context(), 1, ranks), rpc.ErrNoAnswer)
	require.Equal(t, 1, d.asked("liquidityinfo"), "a daemon that is gone is not asked again")

	d.fails("liquidityinfo", slow, slow, slow)
	err := reporter(t, d.client()).Report(t.Context(), 2, ranks)
	require.ErrorIs(t, err, rpc.ErrNoAnswer, "three times 10 s are 30 s")
}
