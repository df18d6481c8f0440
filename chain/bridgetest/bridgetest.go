package bridgetest

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Fixture is a fresh bridge, an account that holds at least four times what
// Transfer moves on its chain From, and the means that the port does not give.
type Fixture struct {
	Bridge chain.Bridge

	// Transfer is one that the bridge lets pass, at most a quarter of what the
	// lane can hold, with a deadline at least 20 blocks away.
	Transfer chain.Transfer
	// Balance is what the account holds of the token on a chain, in its smallest
	// unit there.
	Balance func(chainID uint64) uint256.Int

	// Mine adds a block to each chain, which includes all that waits and can pay.
	Mine func()
	// Pass lets time go by until what departed has been paid out.
	Pass func()
	// Reopen returns the adapter as it is after a restart of the process.
	Reopen func() chain.Bridge

	// The means below may be nil; the cases that need them are then skipped.

	// Reorg takes back that many of the newest blocks of From.
	Reorg func(depth int)
	// ReorgTo takes back that many of the newest blocks of To.
	ReorgTo func(depth int)
	// Refund pays a transfer back instead of out, by the next Pass.
	Refund func(id string)
	// LoseAnswers makes Send do its work and then fail, while on.
	LoseAnswers func(on bool)
}

// Run runs each promise as a subtest on a Fixture of its own.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for _, group := range [][]promise{lanes, sending, passing} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) {
				s := &suite{T: t, Fixture: open(t)}
				s.from, s.to = s.Balance(s.Transfer.From), s.Balance(s.Transfer.To)
				p.check(s)
			})
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
	from, to uint256.Int // balances at first
}

const id = "parity/cUSDC/1"

func (s *suite) send(t chain.Transfer) {
	s.Helper()
	require.NoError(s, s.Bridge.Send(s.Context(), id, t))
}

func (s *suite) passage(want chain.Stage) chain.Passage {
	s.Helper()
	p, err := s.Bridge.Passages(s.Context(), id)
	require.NoError(s, err)
	require.Len(s, p, 1)
	require.Equal(s, want.String(), p[0].Stage.String())
	switch want {
	case chain.Unsent, chain.Waiting:
		require.Equal(s, chain.Passage{Stage: want}, p[0])
	case chain.Departed:
		require.Equal(s, chain.Passage{Stage: want, Sent: p[0].Sent}, p[0])
		require.NotZero(s, p[0].Sent)
	case chain.Failed:
		require.Equal(s, chain.Passage{Stage: want, Settled: p[0].Settled}, p[0])
		require.NotZero(s, p[0].Settled)
	default:
		require.NotZero(s, p[0].Sent)
		require.NotZero(s, p[0].Settled)
		require.False(s, p[0].Received.IsZero())
	}
	return p[0]
}

func (s *suite) room() uint256.Int {
	s.Helper()
	limit, err := s.Bridge.Limit(s.Context(), s.Transfer.Lane)
	require.NoError(s, err)
	require.False(s, limit.Room.Gt(&limit.Capacity))
	return limit.Room
}

// gone is what has left the account, on From.
func (s *suite) gone() uint256.Int { return minus(s.from, s.Balance(s.Transfer.From)) }

// come is what has reached the account, on To.
func (s *suite) come() uint256.Int { return minus(s.Balance(s.Transfer.To), s.to) }

// once checks that exactly one transfer left, and exactly what it received came.
func (s *suite) once() {
	s.Helper()
	p := s.passage(chain.Arrived)
	require.Equal(s, s.Transfer.Amount, s.gone())
	require.Equal(s, p.Received, s.come())
}

func minus(a, b uint256.Int) uint256.Int { return *a.Sub(&a, &b) }

func times(v uint256.Int, n uint64) uint256.Int { return *v.Mul(&v, uint256.NewInt(n)) }

// need skips the promise when the adapter cannot arrange for it.
func (s *suite) need(can bool, means string) {
	s.Helper()
	if !can {
		s.Skipf("the fixture has no %s", means)
	}
}
