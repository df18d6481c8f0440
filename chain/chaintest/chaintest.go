package chaintest

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Fixture is a fresh chain with at least one block above its first, a client of
// it, and the means to move it that the port does not give.
//
// The gas price must fall by less than half in four blocks that are nearly
// empty, so that a transaction that offers a quarter of it keeps waiting.
type Fixture struct {
	Client chain.Client

	// Mine adds a block with every waiting transaction that can pay.
	Mine func()
	// Reorg takes back that many of the newest blocks. Transactions in them wait
	// again. The head may be lower afterwards until as many blocks are mined.
	Reorg func(depth int)
	// Reopen returns the adapter as it is after a restart of the process.
	Reopen func() chain.Client

	Add   chain.Call // adds one to a total, whenever it is executed
	Total chain.Call // returns that total as one word; 0 at first
	Fail  chain.Call // reverts

	// The means below may be nil; the cases that need them are then skipped.

	// LoseAnswers makes Send and Cancel do their work and then fail, while on.
	LoseAnswers func(on bool)
	// Drop makes the node forget what was sent under id.
	Drop func(id string)
	// Lag makes the node's head fall that many blocks behind.
	Lag func(blocks uint64)
	// Delay makes what is sent from now on miss that many blocks.
	Delay func(blocks uint64)
	// PublicOnly takes the private route away.
	PublicOnly func()
}

// Run runs each promise as a subtest on a Fixture of its own.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for _, group := range [][]promise{seeing, sending, settling, cancelling} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) { p.check(&suite{T: t, Fixture: open(t)}) })
		}
	}
}

// promise is a sentence of the port's comments and its proof.
type promise struct {
	name  string
	check func(*suite)
}

// suite is a Fixture with words for what the promises do over and over.
type suite struct {
	*testing.T
	Fixture
}

const id = "peg/cUSDC/1"

func (s *suite) head() chain.Block {
	s.Helper()
	head, err := s.Client.Head(s.Context())
	require.NoError(s, err)
	return head
}

// total is the count of Adds executed as of that block.
func (s *suite) total(at chain.Block) uint64 {
	s.Helper()
	answers, err := s.Client.Read(s.Context(), at.Hash, s.Total)
	require.NoError(s, err)
	require.Len(s, answers, 1)
	require.Len(s, answers[0], 32)
	return new(uint256.Int).SetBytes(answers[0]).Uint64()
}

// tx offers a price that the next blocks accept, and has time.
func (s *suite) tx(call chain.Call) chain.Tx {
	s.Helper()
	head := s.head()
	return chain.Tx{Call: call, MaxGasPrice: times(head.GasPrice, 4), Deadline: head.Number + 100, Public: true}
}

// cheap is tx at a price that the next blocks refuse, so that it waits.
func (s *suite) cheap(call chain.Call) chain.Tx {
	s.Helper()
	tx := s.tx(call)
	tx.MaxGasPrice.Div(&tx.MaxGasPrice, uint256.NewInt(16))
	return tx
}

func (s *suite) send(tx chain.Tx) chain.Hash {
	s.Helper()
	hash, err := s.Client.Send(s.Context(), id, tx)
	require.NoError(s, err)
	require.NotZero(s, hash)
	return hash
}

func (s *suite) receipt(want chain.Status) chain.Receipt {
	s.Helper()
	r, err := s.Client.Receipt(s.Context(), id)
	require.NoError(s, err)
	require.Equal(s, want.String(), r.Status.String())
	if want == chain.Pending || want == chain.Expired {
		require.Equal(s, chain.Receipt{Tx: r.Tx, Status: want}, r, "only what a block settled has a block, a cost and an output")
		return r
	}
	b, err := s.Client.Block(s.Context(), r.Block)
	require.NoError(s, err, "a receipt speaks of a block at or below Head")
	require.Equal(s, b.Hash, r.Hash)
	require.False(s, r.GasCost.IsZero(), "gas is never free")
	if want != chain.Mined {
		require.Empty(s, r.Output)
	}
	return r
}

func times(v uint256.Int, n uint64) uint256.Int {
	v.Mul(&v, uint256.NewInt(n))
	return v
}

// need skips the promise when the adapter cannot arrange for it.
func (s *suite) need(can bool, means string) {
	s.Helper()
	if !can {
		s.Skipf("the fixture has no %s", means)
	}
}
