package parity_test

import (
	"context"
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// guard is the stabilizer of one shore, with a vault of its own. Its band is
// wider than what parity leaves, so that it acts when parity cannot.
type guard struct {
	engine *stabilizer.Engine
	world  *stabilizer.World
	state  stabilizer.State
	trades int
}

// guards gives both shores a stabilizer.
func (v *town) guards() {
	v.Helper()
	for i, s := range v.shores {
		vault, err := memchain.NewStabilizer(s.chain, memchain.StabilizerConfig{Owner: owner, Keeper: keeper, Pools: []*memchain.Pool{s.pool}})
		require.NoError(v, err)
		_, err = s.chain.Mine(v.now, memchain.Tx{Do: func(env memchain.Env) error {
			return errors.Join(
				s.tokens[0].Mint(env, vault.Address(), wei("1000000", digits[i][0])),
				s.tokens[1].Mint(env, vault.Address(), wei("1000000", digits[i][1])),
			)
		}})
		require.NoError(v, err)
		cfg := stabilizer.Target(pair, "public", dec("100"), blockTime)
		cfg.ThetaEnterBps, cfg.ThetaExitBps = dec("8"), dec("4")
		g := &guard{}
		g.engine, err = stabilizer.New(cfg)
		require.NoError(v, err)
		g.world, err = stabilizer.NewWorld(stabilizer.WorldConfig{
			Key: "peg", Engine: g.engine, Chain: s.client, Stabilizer: vault.Address(), Pool: s.pool.Address(), Peg: dec("1"),
			Tokens: map[string]stabilizer.Token{
				pair.Base:  {Address: s.tokens[0].Address(), Decimals: digits[i][0]},
				pair.Quote: {Address: s.tokens[1].Address(), Decimals: digits[i][1]},
			},
		})
		require.NoError(v, err)
		s.local = g
	}
}

// watch lets the stabilizers of both shores look twice, so that they catch up
// with what they missed.
func (v *town) watch() {
	v.Helper()
	now := v.now.Add(blockTime / 20)
	for n := range 4 {
		g := v.shores[n%2].local
		seen, err := g.world.Observe(context.Background(), now, g.state)
		if err != nil {
			continue // its node is down
		}
		var d stabilizer.Decision
		g.state, d, err = g.engine.Step(g.state, seen)
		require.NoError(v, err)
		if d.Action == stabilizer.Trade {
			g.trades++
		}
		_ = g.world.Act(context.Background(), now, evenkeel.Stamp{Key: "peg", Seq: 1, At: now}, d) // truth comes from observing
	}
}
