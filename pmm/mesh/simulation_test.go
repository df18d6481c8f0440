package mesh_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

func run(t *testing.T, s mesh.Scenario, k mesh.Keeper) mesh.Result {
	t.Helper()
	sim, err := mesh.NewSimulation(s, k)
	require.NoError(t, err)
	r, err := sim.Run(rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	return r
}

// One pool, one flow that comes in every epoch, and nobody to answer it.
func lonely() mesh.Scenario {
	return mesh.Scenario{
		Name: "lonely", Network: dollars(), Epochs: 10, EpochMinutes: 60, PegBandBps: 10,
		Flows: []mesh.Flow{{From: asset(1, "cUSDT"), To: asset(1, "cUSDC"), ChanceBps: 10_000, Mean: dec("10000")}},
	}
}

func TestWhatTradersLeaveIsKeptWhereNobodyTakesIt(t *testing.T) {
	r := run(t, lonely(), nil)
	card := r.Scorecard
	require.Equal(t, mesh.Orders{Asked: 10, Value: card.Orders.Value}, card.Orders)
	require.InDelta(t, 1, card.Capture, 1e-12)
	require.Zero(t, card.Lost)
	require.Zero(t, card.Churn)
	require.Zero(t, card.InterventionCost)
	require.InDelta(t, r.Pools[0].Orders.Edge, card.Income, 1e-9)
	require.Greater(t, card.Income, card.Fees, "slippage is income too")
	require.InDelta(t, card.Orders.Value, r.Pools[0].Orders.Volume, 1e-6)
	require.InDelta(t, card.Orders.Value/card.PoolValue*24/10, card.Turnover, 1e-12)
	require.InDelta(t, card.Income/card.PoolValue/10, r.Summary.MarketMakingIncome, 1e-15)

	// All that was paid, at 1 dollar each, less all that came out.
	in, out := r.Final.In[0], r.Final.Out[1]
	in.Sub(&in, &out)
	require.InDelta(t, in.Float64()/1e6, card.Income, 1e-6)
}

func TestArbitrageursTakePartOfItAndHoldThePrice(t *testing.T) {
	alone := run(t, lonely(), nil)
	s := lonely()
	s.Arbitrage = mesh.Arbitrage{Hub: 1, MinGain: dec("1")}
	r := run(t, s, nil)
	require.Greater(t, r.Scorecard.Lost, 0.0)
	require.Less(t, r.Scorecard.Capture, 1.0)
	require.Greater(t, r.Scorecard.Capture, 0.0)
	require.Greater(t, r.Scorecard.Churn, 0.0)
	require.Greater(t, alone.Scorecard.PegDeviation.WorstBps, 100.0)
	require.LessOrEqual(t, r.Scorecard.PegDeviation.WorstBps, 35.0, "the fee, and what gas and the least gain leave")
	require.InDelta(t, 1-r.Scorecard.Lost/(r.Scorecard.Income+r.Scorecard.Lost), r.Scorecard.Capture, 1e-12)
}

func TestAKeeperHoldsThePriceInsideTheFee(t *testing.T) {
	s := lonely()
	s.KeeperFunds = dec("1000000")
	k, err := mesh.NewProportional(1, 10_000)
	require.NoError(t, err)
	r := run(t, s, k)
	require.Equal(t, 10, r.Scorecard.Interventions)
	require.Less(t, r.Scorecard.PegDeviation.WorstBps, 1.0)
	require.Zero(t, r.Scorecard.PegDeviation.Frequency)

	patient, err := mesh.NewProportional(3, 10_000)
	require.NoError(t, err)
	r = run(t, s, patient)
	require.Equal(t, 3, r.Scorecard.Interventions, "in epochs 3, 6 and 9")
	require.Equal(t, 2, r.Pools[0].LongestOff)
	require.InDelta(t, 0.7, r.Scorecard.PegDeviation.Frequency, 1e-12)

	s.KeeperFunds = dec("0")
	require.Zero(t, run(t, s, k).Scorecard.Interventions, "it has nothing to trade with")
}

// greedy pays more than it has.
type greedy struct{}

func (greedy) Keep(seen mesh.Sight) (pmm.Side, uint256.Int) {
	seen.Base.AddUint64(&seen.Base, 1)
	return pmm.SellBase, seen.Base
}

func TestAKeeperCannotPayWhatItHasNot(t *testing.T) {
	sim, err := mesh.NewSimulation(lonely(), greedy{})
	require.NoError(t, err)
	at := sim.Start()
	same, _, err := sim.Step(at, rand.New(rand.NewPCG(1, 2)))
	require.ErrorIs(t, err, mesh.ErrInvalid)
	require.ErrorContains(t, err, `Keeper pay "1": must be at most what it holds, 0`)
	require.Empty(t, cmp.Diff(at, same))
}

func TestWhatCrossesABridgeArrivesLater(t *testing.T) {
	s := twoChainScenario()
	s.Flows = []mesh.Flow{{From: asset(2, "cUSDT"), To: asset(1, "cUSDC"), ChanceBps: 10_000, Mean: dec("1000")}}
	s.Arbitrage, s.KeeperFunds, s.Epochs = mesh.Arbitrage{}, dec("0"), 3
	sim, err := mesh.NewSimulation(s, nil)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	at := sim.Start()
	for epoch := 1; epoch <= 2; epoch++ {
		at, _, err = sim.Step(at, r)
		require.NoError(t, err)
		require.Len(t, at.Flight, epoch)
		require.True(t, at.Out[1].IsZero(), "nobody has cUSDC yet")
	}
	require.Equal(t, 3, at.Flight[0].Arrives)
	require.Equal(t, mesh.OfOrder, at.Flight[0].Owner)
	at, _, err = sim.Step(at, r)
	require.NoError(t, err)
	require.Len(t, at.Flight, 2, "one has arrived, one has left")
	require.False(t, at.Out[1].IsZero())
}

func TestABridgeShockShowsWhereItStrikes(t *testing.T) {
	s, err := mesh.Named("bridge_shock_137_56")
	require.NoError(t, err)
	s.Epochs = 31 * 24
	shocked := run(t, s, nil)
	s.BridgeShocks = nil
	open := run(t, s, nil)
	require.Equal(t, "137/cUSDT-XAU", shocked.Scorecard.WorstPool)
	worst := func(r mesh.Result, name string) mesh.PoolResult {
		for _, p := range r.Pools {
			if p.Name == name {
				return p
			}
		}
		t.Fatalf("no pool %s", name)
		return mesh.PoolResult{}
	}
	there, far := worst(shocked, "137/cUSDT-XAU"), worst(shocked, "10/cUSDT-XAU")
	require.Greater(t, there.PegDeviation.WorstBps, 200.0)
	require.GreaterOrEqual(t, there.WorstEpoch, 20*24+1)
	require.Less(t, worst(open, "137/cUSDT-XAU").PegDeviation.WorstBps, there.PegDeviation.WorstBps/2)
	require.Less(t, far.PegDeviation.WorstBps, 60.0)
	require.Zero(t, open.Scorecard.Orders.Refused)
	require.Positive(t, shocked.Scorecard.Orders.Refused)
}

func TestNamedScenariosRunAndSaySo(t *testing.T) {
	for _, name := range mesh.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := mesh.Named(name)
			require.NoError(t, err)
			require.Equal(t, name, s.Name)
			s.Epochs = 24
			s.CapitalEfficiency = map[string]any{"leverage": 1.5}
			r := run(t, s, mesh.Proportional{Sustain: 2, ShareBps: 5_000})
			require.Equal(t, name, r.Scenario)
			require.Equal(t, s.CapitalEfficiency, r.CapitalEfficiency)
			require.Len(t, r.Pools, len(s.Network.Pools))
			require.Positive(t, r.Scorecard.Orders.Asked)
			require.Zero(t, r.Scorecard.Orders.Refused)
		})
	}
	_, err := mesh.Named("hub_only_12")
	require.ErrorIs(t, err, mesh.ErrUnknown)
	require.ErrorContains(t, err, "hub_only_11")
}

func TestTheHubHasElevenSpokesAndEverySpokeOnlyTheHub(t *testing.T) {
	s, err := mesh.Named("hub_only_11")
	require.NoError(t, err)
	spokes := map[uint64]int{}
	for _, b := range s.Network.Bridges {
		require.True(t, b.From == mesh.HubChain || b.To == mesh.HubChain)
		spokes[b.From+b.To-mesh.HubChain]++
	}
	require.Len(t, spokes, 11)
	require.Contains(t, spokes, uint64(mesh.Polygon))
	require.Contains(t, spokes, uint64(mesh.BNBChain))
	require.Contains(t, spokes, uint64(mesh.Alltra))
	require.Len(t, s.Network.Pools, 4+11)
}

func TestACrashMovesTheExternalAsset(t *testing.T) {
	s, err := mesh.Named("crash_40pct_external_asset")
	require.NoError(t, err)
	require.Equal(t, mesh.Deployed, s.GraphMode)
	s.Moves = nil
	s.RateShocks[0].Window, s.RateShocks[1].Window, s.RateShocks[2].Window = mesh.Window{From: 2, To: 2}, mesh.Window{From: 2, To: 2}, mesh.Window{From: 2, To: 2}
	sim, err := mesh.NewSimulation(s, nil)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	at := sim.Start()
	for range 3 {
		at, _, err = sim.Step(at, r)
		require.NoError(t, err)
	}
	before, err := sim.Mesh().Fair(sim.Start().Snapshot, asset(138, "M0"), asset(138, "cUSDT"))
	require.NoError(t, err)
	after, err := sim.Mesh().Fair(at.Snapshot, asset(138, "M0"), asset(138, "cUSDT"))
	require.NoError(t, err)
	require.Equal(t, "3200", before.String())
	require.Equal(t, "1920", after.Round(6).String())
}
