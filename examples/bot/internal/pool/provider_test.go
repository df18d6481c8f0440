package pool_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/desk"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// open is a provider that cannot see its own orders, at a pool with one bid of
// the account in its tightest rank, and what it is told.
func open(t *testing.T) (pool.Config, *[]pool.Event) {
	t.Helper()
	now, network, pair := clock.New(), &pooltest.Network{}, exchange.Pair{Base: "NBT", Quote: "BTC"}
	d, err := desk.Open("me", pair, now)
	require.NoError(t, err)
	require.NoError(t, d.Place(t.Context(), []exchange.Order{{
		ClientID: "a", Pair: pair, Side: exchange.Bid, Price: decimal.RequireFromString("0.004"), Amount: decimal.NewFromInt(1000),
	}}))
	verifier, err := paper.NewVerifier(paper.Options{Name: desk.Venue, Base: "http://127.0.0.1:3334", Clock: now, RoundTripper: network})
	require.NoError(t, err)
	_, err = network.Serve(t.Context(), "127.0.0.1:3334", d.Handler())
	require.NoError(t, err)
	_, err = network.Serve(t.Context(), "127.0.0.1:3333", pooltest.New(pooltest.Config{
		Exchange: "test_exchange", Unit: "btc", Adapter: desk.Venue, Pair: pair, Verifier: verifier, Price: decimal.NewFromInt(250),
		Reward: decimal.NewFromInt(1), Target: decimal.NewFromInt(4000), Tolerance: decimal.RequireFromString("0.01"), Every: time.Minute, Clock: now,
	}))
	require.NoError(t, err)
	server, err := alp.New(alp.Config{Base: "http://127.0.0.1:3333", Clock: now, RoundTripper: network})
	require.NoError(t, err)
	told := &[]pool.Event{}
	return pool.Config{
		Server: server, Prover: d.Prover(), Pair: pair, Exchange: "test_exchange", Unit: "btc", Address: "B4",
		Every: time.Minute, Look: 5 * time.Second, Clock: now, Tell: func(e pool.Event) { *told = append(*told, e) },
	}, told
}

func credits(told []pool.Event) (all []pool.Event) {
	for _, e := range told {
		if e.Kind == pool.Credited {
			all = append(all, e)
		}
	}
	return all
}

func TestRoundsAreJudgedByTheirTotalsWhereOrdersAreNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, told := open(t)
		p := pool.New(cfg)
		require.NoError(t, p.Register(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 190*time.Second)
		defer cancel()
		p.Run(ctx)
		all := credits(*told)
		require.Len(t, all, 3)
		require.Contains(t, all[0].Text, "credited 0.125 for 1 orders: exactly what its totals say") // a quarter of 1, half of it for bids
		rounds, wrong := p.Outcome()
		require.Equal(t, []int{3, 0}, []int{rounds, wrong})
	})
}

func TestRoundsOfAnEarlierRunAreNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, told := open(t)
		first := pool.New(cfg)
		require.NoError(t, first.Register(t.Context()))
		require.NoError(t, first.Once(t.Context()))
		time.Sleep(2 * time.Minute)
		*told = nil
		second := pool.New(cfg)
		require.NoError(t, second.Register(t.Context()))
		require.Contains(t, (*told)[0].Text, "user is already registered")
		require.NoError(t, second.Once(t.Context()))
		require.Empty(t, credits(*told))
	})
}

func TestAMarketOfSomebodyElsesIsNotOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, told := open(t)
		p := pool.New(cfg)
		require.NoError(t, p.Register(t.Context()))
		require.NoError(t, p.Once(t.Context()))
		time.Sleep(2 * time.Minute)
		*told = nil
		cfg.Unit = "ltc" // the same user, registered for two units
		other := pool.New(cfg)
		require.NoError(t, other.Register(t.Context()))
		require.NoError(t, other.Once(t.Context()))
		require.Empty(t, credits(*told))
	})
}

func TestProvidersThatStartTogetherPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, told := open(t)
		p := pool.New(cfg)
		require.NoError(t, p.Register(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		p.Run(ctx)
		var at []time.Time
		for _, e := range *told {
			if e.Kind == pool.Submitted {
				at = append(at, e.At)
			}
		}
		require.Greater(t, len(at), 4)
		first := at[1].Sub(at[0])
		require.Less(t, first, cfg.Every, "by a part of the period that follows from the key")
		require.GreaterOrEqual(t, first, cfg.Every*3/4)
		for i := 2; i < len(at); i++ {
			require.Equal(t, cfg.Every, at[i].Sub(at[i-1]))
		}
	})
}
