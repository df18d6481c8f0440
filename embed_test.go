package evenkeel_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// contracts is where a host's contracts live.
type contracts struct{ usdc, usdt, pool, stabilizer chain.Address }

func holdThePeg(ctx context.Context, node evenkeel.ChainClient, at contracts, journal evenkeel.Store) error {
	pair := exchange.Pair{Base: "cUSDC", Quote: "cUSDT"}
	engine, err := stabilizer.New(stabilizer.Target(pair, "public", decimal.NewFromInt(100), 2*time.Second))
	if err != nil {
		return err
	}
	world, err := stabilizer.NewWorld(stabilizer.WorldConfig{
		Key: "peg/cUSDC", Engine: engine, Chain: node, Stabilizer: at.stabilizer, Pool: at.pool,
		Tokens: map[string]stabilizer.Token{"cUSDC": {Address: at.usdc, Decimals: 6}, "cUSDT": {Address: at.usdt, Decimals: 6}},
		Peg:    decimal.NewFromInt(1),
	})
	if err != nil {
		return err
	}
	runner, err := evenkeel.NewRunner("peg/cUSDC", engine, world, journal, evenkeel.Options{Every: time.Second})
	if err != nil {
		return err
	}
	return runner.Run(ctx) // observes, decides, records and acts until ctx ends
}

// The example of the README, on a chain in memory: somebody sells a peg down,
// and the host of twenty lines brings it back.
func TestTheEmbeddingExampleHoldsAPeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keeper, owner, seller = 1, 2, 3
		c := memchain.New(138, time.Now().UTC(), memchain.Options{})
		usdc, usdt := memchain.NewToken(c, 6), memchain.NewToken(c, 6)
		pool, err := memchain.NewPool(c, memchain.PoolConfig{
			Base: usdc, Quote: usdt, Owner: account(owner),
			Params: pmm.Params{Kind: pmm.DSP, I: *uint256.NewInt(1e18), K: *uint256.NewInt(5e17)},
		})
		require.NoError(t, err)
		contract, err := memchain.NewStabilizer(c, memchain.StabilizerConfig{
			Owner: account(owner), Keeper: account(keeper), Pools: []*memchain.Pool{pool},
		})
		require.NoError(t, err)
		mine := func(do func(memchain.Env) error) {
			time.Sleep(2 * time.Second)
			mined, err := c.Mine(time.Now().UTC(), memchain.Tx{From: account(owner), Do: do})
			require.NoError(t, err)
			require.Empty(t, mined.Reverts)
			synctest.Wait()
		}
		mine(func(env memchain.Env) error {
			return errors.Join(
				usdc.Mint(env, account(owner), tokens(2_000_000)), usdt.Mint(env, account(owner), tokens(1_000_000)),
				usdt.Mint(env, contract.Address(), tokens(50_000)),
				pool.Deposit(env, tokens(1_000_000), tokens(1_000_000)),
			)
		})

		journal := new(memory.Store)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- holdThePeg(ctx, c.Client(account(keeper)), contracts{usdc.Address(), usdt.Address(), pool.Address(), contract.Address()}, journal)
		}()
		nothing := func(memchain.Env) error { return nil }
		for range 5 {
			mine(nothing)
		}
		mine(func(env memchain.Env) error {
			_, err := pool.Swap(env, pmm.SellBase, tokens(1_500)) // 15 bps
			return err
		})
		require.Greater(t, distance(t, pool), 10.0)
		for range 10 {
			mine(nothing)
		}
		stop()
		require.ErrorIs(t, <-done, context.Canceled)
		require.LessOrEqual(t, distance(t, pool), 2.0)

		verified, err := evenkeel.Verify(t.Context(), journal, "peg/cUSDC")
		require.NoError(t, err)
		require.EqualValues(t, 1, verified.First)
	})
}

func account(n byte) chain.Address { return chain.Address{19: n} }

func tokens(n uint64) uint256.Int { return *uint256.NewInt(n * 1_000_000) }

// distance is how far a pool is from a price of 1, in bps.
func distance(t *testing.T, p *memchain.Pool) float64 {
	t.Helper()
	mid, err := p.State().Mid()
	require.NoError(t, err)
	return (1 - mid.Float64()/1e18) * 10_000
}

func TestTheREADMEShowsTheExampleThatRuns(t *testing.T) {
	code, err := os.ReadFile("embed_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	from := strings.Index(string(code), "func holdThePeg(")
	to := from + strings.Index(string(code)[from:], "\n}\n") + len("\n}\n")
	require.Contains(t, string(readme), "```go\n"+string(code)[from:to]+"```\n")
}
