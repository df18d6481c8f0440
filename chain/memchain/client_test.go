package memchain_test

import (
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/chaintest"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

var (
	genesis = time.Date(2026, 2, 14, 0, 0, 0, 0, time.UTC)
	keeper  = chain.Address{19: 0xee}
	bob     = chain.Address{19: 0xb0}
)

func num(n uint64) uint256.Int { return *uint256.NewInt(n) }

// world mines a block every two seconds.
type world struct {
	testing.TB
	*memchain.Chain
}

func newWorld(tb testing.TB, o memchain.Options) world {
	return world{tb, memchain.New(138, genesis, o)}
}

func (w world) mine(txs ...memchain.Tx) memchain.Mined {
	w.Helper()
	m, err := w.Mine(w.Head().Time.Add(2*time.Second), txs...)
	require.NoError(w, err)
	return m
}

// do mines a block with one transaction, which must not revert.
func (w world) do(from chain.Address, do func(memchain.Env) error) {
	w.Helper()
	require.Nil(w, w.mine(memchain.Tx{From: from, Do: do}).Reverts)
}

func (w world) reorg(depth int) []memchain.Tx {
	w.Helper()
	orphaned, err := w.Reorg(depth)
	require.NoError(w, err)
	return orphaned
}

func TestClientKeepsThePromisesOfThePort(t *testing.T) {
	chaintest.Run(t, func(t *testing.T) chaintest.Fixture {
		w := newWorld(t, memchain.Options{})
		token := memchain.NewToken(w.Chain, 6)
		w.do(bob, func(env memchain.Env) error { return token.Mint(env, keeper, num(1000)) })
		client := w.Client(keeper)
		var faults memchain.Faults
		set := func(change func(*memchain.Faults)) { change(&faults); client.SetFaults(faults) }
		return chaintest.Fixture{
			Client: client,
			Mine:   func() { w.mine() },
			Reorg:  func(depth int) { w.reorg(depth) },
			Reopen: func() chain.Client { client = w.Client(keeper); return client },
			Add:    abi.Transfer.Call(token.Address(), abi.Payment{Who: bob, Amount: num(1)}),
			Total:  abi.BalanceOf.Call(token.Address(), bob),
			Fail:   abi.Transfer.Call(token.Address(), abi.Payment{Who: bob, Amount: num(1001)}),

			LoseAnswers: func(on bool) { set(func(f *memchain.Faults) { f.LoseAnswers = on }) },
			Drop:        func(id string) { client.Drop(id) },
			Lag:         func(n uint64) { set(func(f *memchain.Faults) { f.LagBlocks = n }) },
			Delay:       func(n uint64) { set(func(f *memchain.Faults) { f.DelayBlocks = n }) },
			PublicOnly:  func() { set(func(f *memchain.Faults) { f.NoPrivateRoute = true }) },
		}
	})
}
