package memchain_test

import (
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/bridgetest"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

// strait is two chains, a bridge and one token of six digits here and eighteen
// there, of which vault has a thousand on either side.
type strait struct {
	*testing.T
	chains [2]*memchain.Chain
	tokens [2]*memchain.Token
	bridge *memchain.Bridge
	client *memchain.BridgeClient
}

var (
	vault   = chain.Address{19: 40}
	courier = chain.Address{19: 41}
	dawn    = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
)

func newStrait(t *testing.T, o memchain.BridgeOptions) *strait {
	s := &strait{T: t}
	digits := [2]uint8{6, 18}
	for i := range s.chains {
		s.chains[i] = memchain.New(uint64(138+i), dawn, memchain.Options{})
		s.tokens[i] = memchain.NewToken(s.chains[i], digits[i])
	}
	var err error
	s.bridge, err = memchain.NewBridge(s.chains[0], s.chains[1], o)
	require.NoError(t, err)
	require.NoError(t, s.bridge.Link(memchain.Link{
		Tokens:    s.tokens,
		Capacity:  [2]uint256.Int{tokens(400, 6), tokens(400, 18)},
		PerMinute: [2]uint256.Int{tokens(60, 6), tokens(60, 18)},
	}))
	for i, c := range s.chains {
		_, err := c.Mine(dawn, memchain.Tx{Do: func(env memchain.Env) error { return s.tokens[i].Mint(env, vault, tokens(1000, uint64(digits[i]))) }})
		require.NoError(t, err)
	}
	s.client = s.bridge.Client(courier, [2]chain.Address{vault, vault})
	return s
}

func tokens(n, digits uint64) uint256.Int {
	x, ten := uint256.NewInt(n), uint256.NewInt(10)
	return *x.Mul(x, ten.Exp(ten, uint256.NewInt(digits)))
}

// mine adds a block to both chains, two seconds on.
func (s *strait) mine() {
	s.Helper()
	at := s.chains[0].Head().Time
	if other := s.chains[1].Head().Time; other.After(at) {
		at = other
	}
	at = at.Add(2 * time.Second)
	for _, c := range s.chains {
		_, err := c.Mine(at, s.bridge.Deliver(c.ID(), at)...)
		require.NoError(s, err)
	}
}

func (s *strait) transfer(amount uint64) chain.Transfer {
	return chain.Transfer{
		Lane: chain.Lane{From: 138, To: 139, Token: s.tokens[0].Address()}, Amount: tokens(amount, 6),
		MaxGasPrice: *uint256.NewInt(5e9), Deadline: s.chains[0].Head().Number + 30,
	}
}

func (s *strait) reorg(i, depth int) {
	s.Helper()
	_, err := s.chains[i].Reorg(depth)
	require.NoError(s, err)
}

func (s *strait) passage(id string) chain.Passage {
	s.Helper()
	p, err := s.client.Passages(s.Context(), id)
	require.NoError(s, err)
	return p[0]
}

func TestBridge(t *testing.T) {
	bridgetest.Run(t, func(t *testing.T) bridgetest.Fixture {
		s := newStrait(t, memchain.BridgeOptions{Latency: 10 * time.Second, Confirmations: 2, FeeBps: 5})
		return bridgetest.Fixture{
			Bridge: s.client, Transfer: s.transfer(100), Mine: s.mine,
			Balance: func(id uint64) uint256.Int { return s.tokens[id-138].Balance(vault) },
			Pass: func() {
				for range 8 {
					s.mine()
				}
			},
			Reopen: func() chain.Bridge {
				s.client = s.bridge.Client(courier, [2]chain.Address{vault, vault})
				return s.client
			},
			Reorg: func(depth int) { s.reorg(0, depth) },
			ReorgTo: func(depth int) {
				for s.passage("parity/cUSDC/1").Stage == chain.Arrived {
					s.reorg(1, depth)
				}
			},
			Refund:      s.bridge.Refund,
			LoseAnswers: func(on bool) { s.client.SetFaults(memchain.BridgeFaults{LoseAnswers: on}) },
		}
	})
}
