package mesh_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

// twoChains is a hub with gold and a spoke, whose dollars have other decimals.
func twoChains() mesh.Network {
	n := dollars()
	n.Tokens = append(n.Tokens, mesh.Token{Symbol: mesh.Gold, Class: mesh.AnchorAsset, Anchor: mesh.Gold, Worth: dec("1")})
	n.Chains = append(n.Chains, mesh.Chain{ID: 2, SwapGas: dec("0.2")})
	n.Listings = append(n.Listings,
		mesh.Listing{Chain: 1, Token: mesh.Gold, Decimals: 18},
		mesh.Listing{Chain: 2, Token: "cUSDT", Decimals: 18}, mesh.Listing{Chain: 2, Token: mesh.Gold, Decimals: 8},
	)
	for _, at := range []struct {
		name, base string
		chain      uint64
	}{{"1/cUSDT-XAU", "cUSDT", 1}, {"1/cUSDC-XAU", "cUSDC", 1}, {"2/cUSDT-XAU", "cUSDT", 2}} {
		n.Pools = append(n.Pools, mesh.Pool{
			Name: at.name, Chain: at.chain, Base: at.base, Quote: mesh.Gold, Kind: pmm.DSP, Guided: true,
			K: dec("0.1"), LPFee: dec("0.0025"), MTFee: dec("0.0005"), BaseReserve: dec("1000000"), QuoteReserve: dec("250"),
		})
	}
	for _, token := range []string{"cUSDT", mesh.Gold} {
		there := mesh.Bridge{From: 1, To: 2, Token: token, LatencyEpochs: 2, Capacity: dec("50000"), WindowEpochs: 3, FeeBps: 2, Gas: dec("1")}
		back := there
		back.From, back.To = 2, 1
		n.Bridges = append(n.Bridges, there, back)
	}
	return n
}

func twoChainScenario() mesh.Scenario {
	return mesh.Scenario{
		Name: "two chains", Network: twoChains(), Epochs: 48, EpochMinutes: 60, PegBandBps: 10, OracleBps: 5,
		Moves: []mesh.Move{{Anchor: "USD", Ppm: 1_500}},
		Flows: []mesh.Flow{
			{From: asset(1, "cUSDT"), To: asset(1, "cUSDC"), Both: true, ChanceBps: 8_000, Mean: dec("20000")},
			{From: asset(2, "cUSDT"), To: asset(1, "cUSDC"), Both: true, ChanceBps: 5_000, Mean: dec("10000")},
			{From: asset(2, mesh.Gold), To: asset(2, "cUSDT"), Both: true, ChanceBps: 5_000, Mean: dec("10000")},
		},
		Arbitrage: mesh.Arbitrage{Hub: 1, Inventory: dec("30000"), MinGain: dec("1")}, KeeperFunds: dec("50000"),
	}
}

// erratic trades anything that it may, on a schedule of its own.
type erratic struct{ every, share uint64 }

func (e erratic) Keep(seen mesh.Sight) (side pmm.Side, pay uint256.Int) {
	if (uint64(seen.Epoch)+uint64(seen.Pool))%e.every != 0 {
		return 0, pay
	}
	side, have := pmm.SellBase, seen.Base
	if seen.DeviationPpm%2 == 0 {
		side, have = pmm.SellQuote, seen.Quote
	}
	pay.Mul(&have, uint256.NewInt(e.share))
	return side, *pay.Div(&pay, uint256.NewInt(100))
}

// Whatever is ordered, shocked, halted or mismanaged, every token is somewhere
// at the end of every epoch: Step says ErrLeak otherwise.
func TestEveryTokenIsSomewhereAfterEveryEpoch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := twoChainScenario()
		window := func() mesh.Window {
			from := rapid.IntRange(1, 20).Draw(t, "from")
			return mesh.Window{From: from, To: from + rapid.IntRange(0, 20).Draw(t, "length")}
		}
		for i := range s.Flows {
			s.Flows[i].Mean = dec(rapid.SampledFrom([]string{"0.001", "100", "20000", "2000000"}).Draw(t, "mean"))
		}
		s.BridgeShocks = []mesh.BridgeShock{{
			Window: window(), Between: [2]uint64{2, 1}, Halt: rapid.Bool().Draw(t, "halt"),
			CapacityBps: rapid.IntRange(0, 10_000).Draw(t, "capacity"), LatencyPlus: rapid.IntRange(0, 3).Draw(t, "latency"),
		}}
		s.RateShocks = []mesh.RateShock{{Window: window(), Anchor: "USD", ValueBps: rapid.IntRange(1_000, 20_000).Draw(t, "value"), MoveBps: 50_000}}
		s.FlowShocks = []mesh.FlowShock{{Window: window(), Pays: asset(2, "cUSDT"), SizeBps: rapid.IntRange(1, 100_000).Draw(t, "size"), OneWay: rapid.Bool().Draw(t, "oneWay")}}
		for i := range s.Network.Bridges {
			s.Network.Bridges[i].FeeBps = rapid.SampledFrom([]int{0, 1, 9_999}).Draw(t, "feeBps")
			s.Network.Bridges[i].LatencyEpochs = rapid.IntRange(0, 2).Draw(t, "latencyEpochs")
		}
		sim, err := mesh.NewSimulation(s, erratic{rapid.Uint64Range(1, 4).Draw(t, "every"), rapid.Uint64Range(0, 100).Draw(t, "share")})
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		at := sim.Start()
		for range 30 {
			at, _, err = sim.Step(at, r)
			require.NoError(t, err)
		}
	})
}

// A step repeats, leaves the state that it was given alone, and goes on from one
// that was written down.
func TestAStepIsPure(t *testing.T) {
	sim, err := mesh.NewSimulation(twoChainScenario(), erratic{2, 10})
	require.NoError(t, err)
	one, two := rand.New(rand.NewPCG(5, 6)), rand.New(rand.NewPCG(5, 6))
	at := sim.Start()
	for range 40 {
		before, err := json.Marshal(at)
		require.NoError(t, err)
		next, report, err := sim.Step(at, one)
		require.NoError(t, err)
		after, err := json.Marshal(at)
		require.NoError(t, err)
		require.JSONEq(t, string(before), string(after))

		var read mesh.State
		require.NoError(t, json.Unmarshal(before, &read))
		again, repeated, err := sim.Step(read, two)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(next, again, cmpopts.EquateEmpty()))
		require.Empty(t, cmp.Diff(report, repeated))
		at = next
	}
	require.NotEmpty(t, at.Flight)
}

// A state in which a single unit has appeared or is gone is found out.
func TestAMissingUnitIsALeak(t *testing.T) {
	s := twoChainScenario()
	sim, err := mesh.NewSimulation(s, nil)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(3, 4))
	at := sim.Start()
	for len(at.Flight) == 0 {
		at, _, err = sim.Step(at, r)
		require.NoError(t, err)
	}
	one := uint256.NewInt(1)
	for name, amount := range map[string]*uint256.Int{
		"in a pool": &at.Snapshot.Pools[0].Curve.B, "with a maintainer": &at.Snapshot.Pools[1].MaintainerQuote, "on its way": &at.Flight[0].Amount,
		"with a bridge": &at.Snapshot.Lanes[0].Fees, "with arbitrageurs": &at.Stock[3], "with the keeper": &at.Keeper[1],
		"come from outside": &at.In[0], "gone outside": &at.Out[2],
	} {
		amount.Add(amount, one)
		same, _, err := sim.Step(at, r)
		require.ErrorIs(t, err, mesh.ErrLeak, name)
		require.Equal(t, at.Epoch, same.Epoch, name)
		amount.Sub(amount, one)
	}
	_, _, err = sim.Step(at, r)
	require.NoError(t, err)
}

// Nobody gets more back than he paid by going there and back, by any route. (A
// payment of some wei may, by the contracts' rounding: see package pmm.)
func TestThereIsNoMoneyInARoundTrip(t *testing.T) {
	m, err := mesh.New(twoChains())
	require.NoError(t, err)
	var assets []mesh.Asset
	decimals := map[mesh.Asset]uint8{}
	for _, l := range m.Network().Listings {
		assets = append(assets, asset(l.Chain, l.Token))
		decimals[asset(l.Chain, l.Token)] = l.Decimals
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(assets).Draw(t, "from")
		to := rapid.SampledFrom(assets).Filter(func(a mesh.Asset) bool { return a != from }).Draw(t, "to")
		smallest := "1"
		if from.Token == mesh.Gold {
			smallest = "0.001"
		}
		pay, err := pmm.Wei(dec(smallest).Mul(decimal.NewFromInt(rapid.Int64Range(1, 1_000_000).Draw(t, "times"))), decimals[from])
		require.NoError(t, err)
		there, err := m.Route(m.Start(), mesh.Order{From: from, To: to, Pay: pay}, mesh.Limits{})
		if err != nil {
			require.ErrorIs(t, err, mesh.ErrNoRoute)
			return
		}
		requirePlan(t, m, &there)
		after, received, err := m.Execute(m.Start(), there)
		require.NoError(t, err)
		if received.IsZero() {
			return
		}
		back, err := m.Route(after, mesh.Order{From: to, To: from, Pay: received}, mesh.Limits{})
		if err != nil {
			require.ErrorIs(t, err, mesh.ErrNoRoute)
			return
		}
		require.False(t, pay.Lt(&back.Receive), "%s became %s", pay.Dec(), back.Receive.Dec())
	})
}
