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

func (s *strait) send(id string, amount uint64) {
	s.Helper()
	require.NoError(s, s.client.Send(s.Context(), id, s.transfer(amount)))
}

func (s *strait) blocks(n int) {
	s.Helper()
	for range n {
		s.mine()
	}
}

// supply is all that there is of the token, on both chains, in whole tokens of
// six digits.
func (s *strait) supply() uint64 {
	here, there := s.tokens[0].Supply(), s.tokens[1].Supply()
	there.Div(&there, uint256.NewInt(1e12))
	return (here.Uint64() + there.Uint64()) / 1e6
}

func TestABridgeByScript(t *testing.T) {
	t.Parallel()
	o := memchain.BridgeOptions{Latency: 10 * time.Second, Confirmations: 3}
	for name, story := range map[string]func(s *strait){
		"burnt here is minted there, in the digits of there": func(s *strait) {
			s.send("a", 100)
			s.mine()
			require.EqualValues(s, 1900, s.supply())
			require.Equal(s, []string{"a"}, s.bridge.InFlight(138))
			require.Empty(s, s.bridge.InFlight(139))
			s.blocks(5)
			require.EqualValues(s, 2000, s.supply())
			require.Equal(s, tokens(1100, 18), s.tokens[1].Balance(vault))
			require.Empty(s, s.bridge.InFlight(138))
		},
		"what would lose digits does not leave": func(s *strait) {
			odd := chain.Transfer{
				Lane: chain.Lane{From: 139, To: 138, Token: s.tokens[1].Address()}, Amount: *uint256.NewInt(1e12 + 1),
				MaxGasPrice: *uint256.NewInt(5e9), Deadline: 30,
			}
			require.NoError(s, s.client.Send(s.Context(), "odd", odd))
			s.mine()
			require.Equal(s, chain.Failed, s.passage("odd").Stage)
			require.Equal(s, tokens(1000, 18), s.tokens[1].Balance(vault))
		},
		"what is not there does not leave": func(s *strait) {
			s.send("a", 400)
			s.blocks(201)
			s.send("b", 400)
			s.blocks(201)
			s.send("c", 400)
			s.mine()
			require.Equal(s, chain.Failed, s.passage("c").Stage)
			require.NotZero(s, s.passage("c").Settled)
		},
		"a message is executed once, whoever executes it": func(s *strait) {
			s.send("a", 100)
			s.mine()
			again, err := s.bridge.Replay("a", false)
			require.NoError(s, err)
			at := s.chains[1].Head().Time
			mined, err := s.chains[1].Mine(at, again, again)
			require.NoError(s, err)
			require.NoError(s, mined.Reverts[0])
			require.ErrorContains(s, mined.Reverts[1], "was paid out before")
			s.blocks(6)
			require.EqualValues(s, 2000, s.supply())
		},
		"but by a broken bridge": func(s *strait) {
			s.send("a", 100)
			s.blocks(7)
			again, err := s.bridge.Replay("a", true)
			require.NoError(s, err)
			before := s.passage("a")
			_, err = s.chains[1].Mine(s.chains[1].Head().Time, again)
			require.NoError(s, err)
			require.EqualValues(s, 2100, s.supply())
			require.Equal(s, before, s.passage("a"))
		},
		"what departs later arrives first": func(s *strait) {
			s.send("a", 10)
			s.mine()
			s.bridge.SetLatency(0)
			s.send("b", 20)
			s.blocks(4)
			require.Equal(s, chain.Departed, s.passage("a").Stage)
			require.Equal(s, chain.Arrived, s.passage("b").Stage)
			s.blocks(3)
			require.Equal(s, chain.Arrived, s.passage("a").Stage)
		},
		"what is held waits for hours": func(s *strait) {
			s.send("a", 10)
			s.bridge.Hold("a", true)
			s.blocks(3600)
			require.Equal(s, chain.Departed, s.passage("a").Stage)
			s.bridge.Hold("a", false)
			s.mine()
			require.Equal(s, chain.Arrived, s.passage("a").Stage)
		},
		"a departure that is not final is not paid out": func(s *strait) {
			s.bridge.SetLatency(0)
			s.send("a", 10)
			s.blocks(2)
			require.Equal(s, chain.Departed, s.passage("a").Stage)
			s.mine()
			require.Equal(s, chain.Arrived, s.passage("a").Stage)
		},
		"the lane into a chain lets a tenth more pass": func(s *strait) {
			s.bridge.SetLatency(0)
			s.send("a", 400)
			s.blocks(5)
			require.Equal(s, chain.Arrived, s.passage("a").Stage)
			s.send("b", 8)
			s.blocks(5)
			require.Equal(s, chain.Arrived, s.passage("b").Stage, "the lane out had grown by 8, the one in had 40 left")
			require.ErrorIs(s, s.client.Send(s.Context(), "c", s.transfer(20)), chain.ErrLaneFull)
		},
		"a blind node tells of no arrival, and no node tells of what it has not seen": func(s *strait) {
			s.send("a", 10)
			s.blocks(7)
			s.client.SetFaults(memchain.BridgeFaults{OmitArrivals: true})
			require.Equal(s, chain.Departed, s.passage("a").Stage)
			s.client.SetFaults(memchain.BridgeFaults{})
			s.client.Node(1).SetFaults(memchain.Faults{LagBlocks: 2})
			require.Equal(s, chain.Departed, s.passage("a").Stage)
			s.client.Node(1).SetFaults(memchain.Faults{LagBlocks: 1})
			require.Equal(s, chain.Arrived, s.passage("a").Stage)
			s.client.SetFaults(memchain.BridgeFaults{Offline: true})
			_, err := s.client.Passages(s.Context(), "a")
			require.ErrorIs(s, err, memchain.ErrOffline)
			_, err = s.client.Limit(s.Context(), s.transfer(1).Lane)
			require.ErrorIs(s, err, memchain.ErrOffline)
			require.ErrorIs(s, s.client.Send(s.Context(), "b", s.transfer(1)), memchain.ErrOffline)
		},
		"an id crosses in one direction": func(s *strait) {
			s.send("a", 10)
			back := s.transfer(10)
			back.Lane = chain.Lane{From: 139, To: 138, Token: s.tokens[1].Address()}
			require.ErrorIs(s, s.client.Send(s.Context(), "a", back), chain.ErrInvalid)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(newStrait(t, o))
		})
	}
}

func TestABridgeNeedsTwoChainsAndTwoTokens(t *testing.T) {
	t.Parallel()
	a, b := memchain.New(1, dawn, memchain.Options{}), memchain.New(2, dawn, memchain.Options{})
	for want, o := range map[string]memchain.BridgeOptions{"Latency -1ns": {Latency: -1}, "FeeBps 10000": {FeeBps: 10_000}} {
		_, err := memchain.NewBridge(a, b, o)
		require.ErrorIs(t, err, chain.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
	_, err := memchain.NewBridge(a, a, memchain.BridgeOptions{})
	require.ErrorIs(t, err, chain.ErrInvalid)
	bridge, err := memchain.NewBridge(a, b, memchain.BridgeOptions{})
	require.NoError(t, err)
	require.ErrorIs(t, bridge.Link(memchain.Link{}), chain.ErrInvalid)
	_, err = bridge.Replay("nothing", false)
	require.ErrorIs(t, err, chain.ErrNotFound)
}
