package mesh_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

// BenchmarkRoute routes a large order over eleven parallel pools, paths found
// beforehand, with the default limits: it is split four ways.
func BenchmarkRoute(b *testing.B) {
	n := eleven()
	m, err := mesh.New(n)
	require.NoError(b, err)
	order := mesh.Order{From: asset(1, "cUSDT"), To: asset(1, "cUSDC"), Pay: wei("200000000000")}
	paths, err := m.Paths(order.From, order.To, mesh.Limits{})
	require.NoError(b, err)
	require.Len(b, paths, 11)
	at := m.Start()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.RouteOver(at, order, paths, mesh.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// eleven is eleven pools of different depth and fee between two dollars.
func eleven() mesh.Network {
	n := dollars()
	for i := range 11 {
		pool := n.Pools[0]
		pool.Name = string(rune('a' + i))
		pool.K = dec("0.01")
		pool.LPFee = dec("0.0001").Mul(dec(string(rune('1' + i%4))))
		pool.BaseReserve = dec("100000").Mul(dec(string(rune('1' + i%5))))
		pool.QuoteReserve = pool.BaseReserve
		if i == 0 {
			n.Pools[0] = pool
			continue
		}
		n.Pools = append(n.Pools, pool)
	}
	return n
}

// dollars is one pool between two dollars on one chain.
func dollars() mesh.Network {
	return mesh.Network{
		Unit: "USD", Anchors: []mesh.Anchor{{Name: "USD", PerXAU: dec("4000")}},
		Tokens: []mesh.Token{
			{Symbol: "cUSDT", Class: mesh.Stable, Anchor: "USD", Worth: dec("1")},
			{Symbol: "cUSDC", Class: mesh.Stable, Anchor: "USD", Worth: dec("1")},
		},
		Chains:   []mesh.Chain{{ID: 1, SwapGas: dec("0.1")}},
		Listings: []mesh.Listing{{Chain: 1, Token: "cUSDT", Decimals: 6}, {Chain: 1, Token: "cUSDC", Decimals: 6}},
		Pools: []mesh.Pool{{
			Name: "1/cUSDT-cUSDC", Chain: 1, Base: "cUSDT", Quote: "cUSDC", Kind: pmm.DSP,
			K: dec("0.1"), LPFee: dec("0.003"), BaseReserve: dec("1000000"), QuoteReserve: dec("1000000"),
		}},
	}
}

// BenchmarkEpoch simulates an hour of hub_only_11: fifteen pools, some ten
// orders.
func BenchmarkEpoch(b *testing.B) {
	s, err := mesh.Named("hub_only_11")
	require.NoError(b, err)
	sim, err := mesh.NewSimulation(s, mesh.Proportional{Sustain: 2, ShareBps: 5_000})
	require.NoError(b, err)
	r := rand.New(rand.NewPCG(1, 1))
	at := sim.Start()
	b.ReportAllocs()
	for b.Loop() {
		if at, _, err = sim.Step(at, r); err != nil {
			b.Fatal(err)
		}
	}
}
