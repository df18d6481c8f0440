package mesh_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

func TestAScenarioThatIsWrongSaysWhere(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*mesh.Scenario)
		want  string
	}{
		{"no name", func(s *mesh.Scenario) { s.Name = "" }, `Name ""`},
		{"a graph mode that there is not", func(s *mesh.Scenario) { s.GraphMode = "imagined" }, `GraphMode "imagined": must be modelled or deployed`},
		{"values in nothing", func(s *mesh.Scenario) { s.Network.Unit = "CHF" }, `Unit "CHF": must be an anchor`},
		{"gold listed as an anchor", func(s *mesh.Scenario) { s.Network.Anchors[0].Name = "XAU" }, `Anchors[0].Name "XAU"`},
		{"an anchor for nothing", func(s *mesh.Scenario) { s.Network.Anchors[0].PerXAU = dec("0") }, "Anchors[0].PerXAU 0: must be > 0"},
		{"an enormous anchor", func(s *mesh.Scenario) { s.Network.Anchors[0].PerXAU = dec("1e9999") }, "Anchors[0].PerXAU (out of range)"},
		{"a token twice", func(s *mesh.Scenario) { s.Network.Tokens[1].Symbol = "cUSDT" }, `Tokens[1].Symbol "cUSDT"`},
		{"a class that there is not", func(s *mesh.Scenario) { s.Network.Tokens[0].Class = "meme" }, `Tokens[0].Class "meme"`},
		{"a token pegged to nothing", func(s *mesh.Scenario) { s.Network.Tokens[0].Anchor = "CHF" }, `Tokens[0].Anchor "CHF"`},
		{"a worthless token", func(s *mesh.Scenario) { s.Network.Tokens[0].Worth = dec("-1") }, "Tokens[0].Worth -1"},
		{"a token worth less than can be told", func(s *mesh.Scenario) {
			s.Network.Tokens[0].Worth = dec("0.000000000000000001")
			s.Network.Anchors[0].PerXAU = dec("100000000000000000")
		}, "must be at least 1e-27 gold"},
		{"a chain twice", func(s *mesh.Scenario) { s.Network.Chains[1].ID = 1 }, "Chains[1].ID 1"},
		{"gas below zero", func(s *mesh.Scenario) { s.Network.Chains[0].SwapGas = dec("-1") }, "Chains[0].SwapGas -1"},
		{"a listing nowhere", func(s *mesh.Scenario) { s.Network.Listings[0].Chain = 3 }, "Listings[0].Chain 3"},
		{"a listing of nothing", func(s *mesh.Scenario) { s.Network.Listings[0].Token = "X" }, `Listings[0].Token "X"`},
		{"a listing twice", func(s *mesh.Scenario) { s.Network.Listings[1].Token = "cUSDT" }, "Listings[1].Token 1/cUSDT"},
		{"too many decimals", func(s *mesh.Scenario) { s.Network.Listings[0].Decimals = 19 }, "Listings[0].Decimals 19"},
		{"a pool twice", func(s *mesh.Scenario) { s.Network.Pools[1].Name = s.Network.Pools[0].Name }, "Pools[1].Name"},
		{"a pool of what is not there", func(s *mesh.Scenario) { s.Network.Pools[0].Base = "cEURT" }, "Pools[0].Base 1/cEURT"},
		{"a pool of one token", func(s *mesh.Scenario) { s.Network.Pools[0].Quote = "cUSDT" }, `Pools[0].Quote "cUSDT"`},
		{"a pool of no kind", func(s *mesh.Scenario) { s.Network.Pools[0].Kind = 0 }, "Pools[0].Kind"},
		{"a price below zero", func(s *mesh.Scenario) { s.Network.Pools[0].Price = dec("-1") }, "Pools[0].Price -1"},
		{"an enormous price", func(s *mesh.Scenario) { s.Network.Pools[0].Price = dec("1e9999") }, "Pools[0].Price (out of range)"},
		{"k above 1", func(s *mesh.Scenario) { s.Network.Pools[0].K = dec("1.1") }, "Pools[0].K 1.1"},
		{"fees of everything", func(s *mesh.Scenario) { s.Network.Pools[0].LPFee, s.Network.Pools[0].MTFee = dec("0.5"), dec("0.5") }, "Pools[0].MTFee 0.5"},
		{"a reserve finer than the token", func(s *mesh.Scenario) { s.Network.Pools[0].BaseReserve = dec("1.0000001") }, "must have at most 6 decimals"},
		{"a reserve that no contract holds", func(s *mesh.Scenario) { s.Network.Pools[3].BaseReserve = dec("900000000000000000") }, "must be below 2^112"},
		{"a state that there is not", func(s *mesh.Scenario) { s.Network.Pools[0].R = 3 }, "Pools[0].R"},
		{"a bridge from nowhere", func(s *mesh.Scenario) { s.Network.Bridges[0].From = 3 }, "Bridges[0].From 3/cUSDT"},
		{"a bridge to where the token is not", func(s *mesh.Scenario) { s.Network.Bridges[0].Token = "cUSDC" }, "Bridges[0].To 2/cUSDC"},
		{"a bridge twice", func(s *mesh.Scenario) { s.Network.Bridges[1] = s.Network.Bridges[0] }, "Bridges[1].Token"},
		{"a bridge into the past", func(s *mesh.Scenario) { s.Network.Bridges[0].LatencyEpochs = -1 }, "Bridges[0].LatencyEpochs -1"},
		{"a window of nothing", func(s *mesh.Scenario) { s.Network.Bridges[0].WindowEpochs = 0 }, "Bridges[0].WindowEpochs 0"},
		{"a bridge that keeps all", func(s *mesh.Scenario) { s.Network.Bridges[0].FeeBps = 10_000 }, "Bridges[0].FeeBps 10000"},
		{"no pools", func(s *mesh.Scenario) { s.Network.Pools = nil }, "len(Network.Pools) 0"},
		{"no epochs", func(s *mesh.Scenario) { s.Epochs = 0 }, "Epochs 0"},
		{"more epochs than a result can hold", func(s *mesh.Scenario) { s.Epochs = mesh.MaxEpochs + 1 }, "Epochs 1000001"},
		{"no band", func(s *mesh.Scenario) { s.PegBandBps = 0 }, "PegBandBps 0"},
		{"gold that moves against itself", func(s *mesh.Scenario) { s.Moves[0].Anchor = "XAU" }, `Moves[0].Anchor "XAU"`},
		{"a flow to where it comes from", func(s *mesh.Scenario) { s.Flows[0].To = s.Flows[0].From }, "Flows[0].To 1/cUSDT"},
		{"a flow without a way", func(s *mesh.Scenario) { s.Network.Pools, s.Network.Bridges = s.Network.Pools[:1], nil }, "Flows[1]: mesh: no route"},
		{"a certain chance and more", func(s *mesh.Scenario) { s.Flows[0].ChanceBps = 10_001 }, "Flows[0].ChanceBps 10001"},
		{"orders of nothing", func(s *mesh.Scenario) { s.Flows[0].Mean = dec("0") }, "Flows[0].Mean 0"},
		{"a hub that is no chain", func(s *mesh.Scenario) { s.Arbitrage.Hub = 3 }, "Arbitrage.Hub 3"},
		{"a keeper in debt", func(s *mesh.Scenario) { s.KeeperFunds = dec("-1") }, "KeeperFunds -1"},
		{"a shock before the start", func(s *mesh.Scenario) { s.BridgeShocks = []mesh.BridgeShock{{Between: [2]uint64{1, 2}}} }, "BridgeShocks[0].Window"},
		{"a shock between a chain and itself", func(s *mesh.Scenario) {
			s.BridgeShocks = []mesh.BridgeShock{{Window: mesh.Window{From: 1, To: 1}, Between: [2]uint64{1, 1}}}
		}, "BridgeShocks[0].Between [1 1]"},
		{"an anchor that loses everything", func(s *mesh.Scenario) {
			s.RateShocks = []mesh.RateShock{{Window: mesh.Window{From: 1, To: 1}, Anchor: "USD"}}
		}, "RateShocks[0].ValueBps 0"},
		{"orders that shrink to nothing", func(s *mesh.Scenario) {
			s.FlowShocks = []mesh.FlowShock{{Window: mesh.Window{From: 1, To: 1}, Pays: asset(1, "cUSDT")}}
		}, "FlowShocks[0].SizeBps 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := twoChainScenario()
			c.spoil(&s)
			_, err := mesh.NewSimulation(s, nil)
			require.ErrorIs(t, err, mesh.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := mesh.NewProportional(0, 1)
	require.ErrorContains(t, err, "Sustain 0: must be > 0")
	_, err = mesh.NewProportional(1, 10_001)
	require.ErrorContains(t, err, "ShareBps 10001")
}

func TestADeploymentThatIsWrongSaysWhere(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*mesh.DeployedChain)
		want  string
	}{
		{"no chain id", func(c *mesh.DeployedChain) { c.ChainID = 0 }, "chains[0].chainId 0: must be > 0"},
		{"a token without an address", func(c *mesh.DeployedChain) { c.Tokens[1].Address = "" }, `chains[0].tokens[1].address ""`},
		{"a token without a peg", func(c *mesh.DeployedChain) {
			c.Tokens[4].Symbol = "WETH"
			c.Pools = c.Pools[:4]
		}, `Listings[4].Token "WETH": must be a token`},
		{"two contracts at one address", func(c *mesh.DeployedChain) { c.Pools[1].Address = c.Pools[0].Address }, "chains[0].pools[1].address"},
		{"a pool of a token that is not there", func(c *mesh.DeployedChain) { c.Pools[2].Quote = "XAG" }, `chains[0].pools[2].quote "XAG"`},
		{"an empty pool", func(c *mesh.DeployedChain) { c.Pools[0].B, c.Pools[0].Q = wei("0"), wei("0") }, "chains[0].pools[0].baseReserve"},
		{"a pool without a guide price", func(c *mesh.DeployedChain) { c.Pools[0].I = wei("0") }, "chains[0].pools[0].: pmm: invalid: I 0"},
		{"fees of more than everything", func(c *mesh.DeployedChain) { c.Pools[0].LPFeeRate = wei("1000000000000000001") }, "LPFeeRate"},
		{"a pool of no kind", func(c *mesh.DeployedChain) { c.Pools[0].Kind = 0 }, "Kind 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := mesh.Named("chain138_deployed_capital_efficiency")
			require.NoError(t, err)
			d := mesh.Chain138()
			c.spoil(&d.Chains[0])
			same, err := s.On(d)
			require.ErrorIs(t, err, mesh.ErrInvalid)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, s, same)
		})
	}
	require.ErrorIs(t, mesh.Deployment{}.Validate(), mesh.ErrInvalid)
}

// What a chain says of a pool in the middle of its life is what the mesh starts
// from, to the wei; a scenario and a deployment survive being written down.
func TestADeployedPoolIsTakenAsItStands(t *testing.T) {
	d := mesh.Chain138()
	p := &d.Chains[0].Pools[1]
	p.I, p.R = wei("250000000000000123456789123"), pmm.BelowOne
	p.B, p.Q, p.B0, p.Q0 = wei("1100000000001"), wei("225000000000000000007"), wei("1000000000000"), wei("250000000000000000000")
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var read mesh.Deployment
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, d, read)

	s, err := mesh.Named("chain138_deployed_capital_efficiency")
	require.NoError(t, err)
	s, err = s.On(read)
	require.NoError(t, err)
	text, err = json.Marshal(s)
	require.NoError(t, err)
	var again mesh.Scenario
	require.NoError(t, json.Unmarshal(text, &again))
	sim, err := mesh.NewSimulation(again, nil)
	require.NoError(t, err)
	got := sim.Start().Snapshot.Pools[1]
	want := pmm.Pool{
		Kind: pmm.DSP, Curve: pmm.Curve{I: p.I, K: p.K, B: p.B, Q: p.Q, B0: p.B0, Q0: p.Q0, R: p.R},
		LPFeeRate: p.LPFeeRate, MTFeeRate: p.MTFeeRate,
	}
	require.Equal(t, want, got)
}

func TestAScenarioSurvivesJSON(t *testing.T) {
	for _, name := range mesh.Names() {
		s, err := mesh.Named(name)
		require.NoError(t, err)
		written, err := json.Marshal(s)
		require.NoError(t, err)
		var read mesh.Scenario
		require.NoError(t, json.Unmarshal(written, &read))
		require.Equal(t, s.FlowShocks, read.FlowShocks, name)
		require.NoError(t, read.Validate())
	}
}
