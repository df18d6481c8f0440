package mesh_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func wei(s string) uint256.Int { return *uint256.MustFromDecimal(s) }

func asset(chain uint64, token string) mesh.Asset { return mesh.Asset{Chain: chain, Token: token} }

// randomGraph is four pools over three or four dollar tokens of one chain, so
// drawn that parallel pools, shared pools and dead ends all come up.
func randomGraph(r *rand.Rand) mesh.Network {
	n := mesh.Network{
		Unit: "USD", Anchors: []mesh.Anchor{{Name: "USD", PerXAU: dec("4000")}},
		Chains: []mesh.Chain{{ID: 1, SwapGas: dec(pick(r, "0", "0.3", "4"))}},
	}
	tokens := 2 + r.IntN(3)
	for i := range tokens {
		name := fmt.Sprintf("T%d", i)
		n.Tokens = append(n.Tokens, mesh.Token{Symbol: name, Class: mesh.Stable, Anchor: "USD", Worth: dec(pick(r, "1", "2", "0.25"))})
		n.Listings = append(n.Listings, mesh.Listing{Chain: 1, Token: name, Decimals: uint8(6 + 6*r.IntN(3))})
	}
	for i := range 4 {
		base := r.IntN(tokens)
		quote := (base + 1 + r.IntN(tokens-1)) % tokens
		depth := dec(pick(r, "1000", "30000", "1000000"))
		tilt := dec(pick(r, "0.7", "1", "1.4"))
		n.Pools = append(n.Pools, mesh.Pool{
			Name: fmt.Sprintf("P%d", i), Chain: 1, Base: fmt.Sprintf("T%d", base), Quote: fmt.Sprintf("T%d", quote),
			Kind: pmm.DPP, K: dec(pick(r, "0.0001", "0.01", "0.2", "1")), LPFee: dec(pick(r, "0", "0.0005", "0.003")), MTFee: dec(pick(r, "0", "0.0002")),
			BaseReserve: depth.DivRound(n.Tokens[base].Worth, 6), QuoteReserve: depth.Mul(tilt).DivRound(n.Tokens[quote].Worth, 6),
		})
	}
	return n
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// brute finds the best split without any of the package's routing: every simple
// path, every division into twelfths, then every shift between two paths that
// still helps, down to a thousandth of a bps of the order.
type brute struct {
	n     mesh.Network
	pools []pmm.Pool
	gas   uint256.Int // of a hop, in the asset received
	pay   uint256.Int
	paths [][]mesh.Hop
}

func (b *brute) search(at, to string, been map[string]bool, hops []mesh.Hop) {
	if at == to {
		b.paths = append(b.paths, append([]mesh.Hop(nil), hops...))
		return
	}
	been[at] = true
	for i, p := range b.n.Pools {
		if p.Base == at && !been[p.Quote] {
			b.search(p.Quote, to, been, append(hops, mesh.Hop{Index: i, Side: pmm.SellBase}))
		}
		if p.Quote == at && !been[p.Base] {
			b.search(p.Base, to, been, append(hops, mesh.Hop{Index: i, Side: pmm.SellQuote}))
		}
	}
	delete(been, at)
}

// net is what shares of a million give, less gas, in floating point: enough to
// tell a bps.
func (b *brute) net(shares []int) float64 {
	pools := append([]pmm.Pool(nil), b.pools...)
	left, last := b.pay, -1
	for i, share := range shares {
		if share > 0 {
			last = i
		}
	}
	var total float64
	for i, share := range shares {
		if share == 0 {
			continue
		}
		var pay uint256.Int
		pay.Mul(&b.pay, uint256.NewInt(uint64(share)))
		pay.Div(&pay, uint256.NewInt(1_000_000))
		if i == last {
			pay = left
		}
		left.Sub(&left, &pay)
		for _, hop := range b.paths[i] {
			next, quote, err := pools[hop.Index].Swap(hop.Side, pay)
			if err != nil {
				return -1e60
			}
			pools[hop.Index], pay = next, quote.Receive
			total -= b.gas.Float64()
		}
		total += pay.Float64()
	}
	return total
}

func (b *brute) best() float64 {
	most := -1e60
	best := make([]int, len(b.paths))
	shares := make([]int, len(b.paths))
	var divide func(i, left int)
	divide = func(i, left int) {
		if i == len(shares)-1 {
			shares[i] = left
			scaled := make([]int, len(shares))
			for j, s := range shares {
				scaled[j] = s * 1_000_000 / 12
			}
			if net := b.net(scaled); net > most {
				most = net
				copy(best, scaled)
			}
			return
		}
		for s := 0; s <= left; s++ {
			shares[i] = s
			divide(i+1, left-s)
		}
	}
	divide(0, 12)
	for step := 40_000; step > 100; {
		improved := false
		for i := range best {
			for j := range best {
				if i == j || best[i] == 0 {
					continue
				}
				move := min(step, best[i])
				best[i], best[j] = best[i]-move, best[j]+move
				if net := b.net(best); net > most {
					most, improved = net, true
				} else {
					best[i], best[j] = best[i]+move, best[j]-move
				}
			}
		}
		if !improved {
			step /= 3
		}
	}
	return most
}

// graphs is how many random graphs are tried; a long run is a matter of minutes.
var graphs = flag.Int("graphs", 1_000, "random graphs to route over")

// On a thousand random graphs of four pools a route receives, after gas, what
// the best split of all receives to within 1 bps; is never worse than the best
// path alone; spends the order to the last unit; and happens as planned.
func TestARouteIsWithinABpsOfBruteForce(t *testing.T) {
	tried, split := 0, 0
	worst := 0.0
	for seed := uint64(1); tried < *graphs; seed++ {
		r := rand.New(rand.NewPCG(seed, 7))
		n := randomGraph(r)
		m, err := mesh.New(n)
		require.NoError(t, err, "seed %d", seed)
		order := mesh.Order{From: asset(1, "T0"), To: asset(1, "T1")}
		order.Pay, err = pmm.Wei(dec(pick(r, "7", "300", "5000", "40000")), n.Listings[0].Decimals)
		require.NoError(t, err)

		b := brute{n: n, pools: m.Start().Pools, pay: order.Pay}
		b.search("T0", "T1", map[string]bool{}, nil)
		if len(b.paths) == 0 {
			continue
		}
		gas := n.Chains[0].SwapGas.DivRound(n.Tokens[1].Worth, 18)
		b.gas, err = pmm.Wei(gas, n.Listings[1].Decimals)
		require.NoError(t, err)
		plan, err := m.Route(m.Start(), order, mesh.Limits{})
		best := b.best()
		if best == -1e60 {
			require.ErrorIs(t, err, mesh.ErrNoRoute, "seed %d", seed)
			continue
		}
		require.NoError(t, err, "seed %d", seed)
		tried++
		net := plan.Receive.Float64() - plan.Gas.Float64()
		gap := (best - net) / plan.Receive.Float64() * 10_000
		worst = max(worst, gap)
		require.LessOrEqual(t, gap, 1.0, "seed %d: bps short of brute force, %d paths", seed, len(b.paths))
		for i := range b.paths {
			alone := make([]int, len(b.paths))
			alone[i] = 1_000_000
			require.GreaterOrEqual(t, net, b.net(alone)-1e-12*plan.Gas.Float64()-2e-16*plan.Receive.Float64()*8-2, "seed %d: path %d alone is better", seed, i)
		}
		if len(plan.Legs) > 1 {
			split++
		}
		requirePlan(t, m, &plan)
	}
	t.Logf("%d graphs, %d orders split, at worst %.4f bps short of brute force", tried, split, worst)
	require.Greater(t, split, 200)
}

// requirePlan checks that a plan spends its order and happens as it says.
func requirePlan(t require.TestingT, m *mesh.Mesh, p *mesh.Plan) {
	var pay, receive, gas uint256.Int
	for i := range p.Legs {
		pay.Add(&pay, &p.Legs[i].Pay)
		receive.Add(&receive, &p.Legs[i].Receive)
		gas.Add(&gas, &p.Legs[i].Gas)
	}
	require.Equal(t, p.Order.Pay, pay)
	require.Equal(t, p.Receive, receive)
	require.Equal(t, p.Gas, gas)
	_, received, err := m.Execute(m.Start(), *p)
	require.NoError(t, err)
	require.Equal(t, p.Receive, received)
}

func TestAPlanIsWrittenInDecimals(t *testing.T) {
	m, err := mesh.New(dollars())
	require.NoError(t, err)
	plan, err := m.Route(m.Start(), mesh.Order{From: asset(1, "cUSDT"), To: asset(1, "cUSDC"), Pay: wei("1000000")}, mesh.Limits{})
	require.NoError(t, err)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"order": {"from": {"chain": 1, "token": "cUSDT"}, "to": {"chain": 1, "token": "cUSDC"}, "pay": "1000000"},
		"legs": [{"path": [{"index": 0, "side": "sell_base"}], "pay": "1000000", "receive": "997000", "gas": "100000", "epochs": 0}],
		"receive": "997000", "gas": "100000"
	}`, string(text))
	var read mesh.Plan
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, plan, read)
}
