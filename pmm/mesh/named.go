package mesh

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// The chains of the named scenarios.
const (
	HubChain = 138 // where the four public pools of Vault plan §4 are
	Alltra   = 651940
	Polygon  = 137
	BNBChain = 56
)

// spokes are the eleven chains around the hub: the three that the plans name and
// eight others of the same kind.
var spokes = []Chain{
	{ID: Alltra, Name: "Alltra"},
	{ID: Polygon, Name: "Polygon"},
	{ID: BNBChain, Name: "BNB Chain"},
	{ID: 1, Name: "Ethereum"},
	{ID: 10, Name: "Optimism"},
	{ID: 25, Name: "Cronos"},
	{ID: 100, Name: "Gnosis"},
	{ID: 8453, Name: "Base"},
	{ID: 42161, Name: "Arbitrum"},
	{ID: 42220, Name: "Celo"},
	{ID: 43114, Name: "Avalanche"},
}

// A day and a year in epochs of the named scenarios, which are hours.
const (
	day  = 24
	year = 365 * day
)

// namedScenarios are the scenarios in the order in which they are listed.
var namedScenarios = []struct {
	name string
	make func() Scenario
}{
	{"hub_only_11", hubOnly11},
	{"bridge_shock_137_56", bridgeShock},
	{"chain138_deployed_capital_efficiency", chain138},
	{"crash_40pct_external_asset", crash},
	{"high_vol_sigma_spike", spike},
	{"bank_run_redemption_spike", bankRun},
	{"leverage_sweep_1x_to_4x", chain138},
}

// Names returns the names that [Named] knows.
func Names() []string {
	names := make([]string, len(namedScenarios))
	for i, s := range namedScenarios {
		names[i] = s.name
	}
	return names
}

// Named returns a scenario of the capital-efficiency plan. The plan gives their
// names, the classes of tokens and the pools of chain 138; the figures are ours,
// of the plans' order of magnitude: pools a million units deep (Vault plan §11),
// peg band 10 bps (§16). Epochs are hours, values US dollars.
//
//   - hub_only_11, a year: eleven spokes, each with one pool of cUSDT and gold
//     and joined to the hub only, so that what goes from spoke to spoke goes over
//     chain 138.
//   - bridge_shock_137_56, sixty days: the same with direct lanes between 137
//     and 56. From day 21 to 30 these halt, and the hub's lanes to both keep a
//     tenth of their capacity and take six hours longer, while everybody on 137
//     sells cUSDT for gold.
//   - chain138_deployed_capital_efficiency, a year: chain 138 as [Chain138] has
//     it, and nothing happens. leverage_sweep_1x_to_4x is the same mesh.
//   - crash_40pct_external_asset: M0 (ETH) loses 40 % on day 90, and all anchors
//     move four times as much for ten days.
//   - high_vol_sigma_spike: all anchors move four times as much from day 60 to 90.
//   - bank_run_redemption_spike: from day 120 to 139 holders of cUSDT only sell,
//     and four times as much.
//
// Another name is ErrUnknown.
func Named(name string) (Scenario, error) {
	for _, s := range namedScenarios {
		if s.name == name {
			scenario := s.make()
			scenario.Name = name
			return scenario, nil
		}
	}
	return Scenario{}, fmt.Errorf("%w: %.64q: must be one of %s", ErrUnknown, name, strings.Join(Names(), ", "))
}

// VaultTokens returns the token classes of Vault plan §3 with their pegs. The
// plan does not say what GRU's M1 and M00 are worth; the figures stand in.
func VaultTokens() []Token {
	return []Token{
		{Symbol: "cUSDT", Class: Stable, Anchor: "USD", Worth: decimal.New(1, 0)},
		{Symbol: "cUSDC", Class: Stable, Anchor: "USD", Worth: decimal.New(1, 0)},
		{Symbol: "cEURT", Class: Stable, Anchor: "EUR", Worth: decimal.New(1, 0)},
		{Symbol: Gold, Class: AnchorAsset, Anchor: Gold, Worth: decimal.New(1, 0)},
		{Symbol: "M0", Class: GRUM0, Anchor: "ETH", Worth: decimal.New(1, 0)},
		{Symbol: "M1", Class: GRUM1, Anchor: Gold, Worth: decimal.New(1, -3)},
		{Symbol: "M00", Class: GRUM00, Anchor: Gold, Worth: decimal.New(1, -2)},
	}
}

// vault is a network without places yet.
func vault() Network {
	return Network{
		Unit: "USD",
		Anchors: []Anchor{
			{"USD", decimal.New(4_000, 0)},
			{"EUR", decimal.New(3_500, 0)},
			{"ETH", decimal.New(125, -2)},
		},
		Tokens: VaultTokens(),
	}
}

// hubAndSpokes is chain 138 with the four public pools of Vault plan §4 and a
// pool on each spoke.
func hubAndSpokes() Network {
	n := vault()
	n.Chains = []Chain{{HubChain, "hub", decimal.New(5, -2)}}
	for _, token := range []string{"cUSDT", "cUSDC", "cEURT", Gold} {
		n.Listings = append(n.Listings, listing(HubChain, token))
	}
	n.Pools = append(n.Pools,
		stablePool(HubChain, "cUSDT", "cUSDC"),
		goldPool(HubChain, "cUSDT", 1_000_000), goldPool(HubChain, "cUSDC", 1_000_000), goldPool(HubChain, "cEURT", 875_000),
	)
	for _, spoke := range spokes {
		spoke.SwapGas = decimal.New(10, -2)
		n.Chains = append(n.Chains, spoke)
		n.Listings = append(n.Listings, listing(spoke.ID, "cUSDT"), listing(spoke.ID, Gold))
		n.Pools = append(n.Pools, goldPool(spoke.ID, "cUSDT", 1_000_000))
		n.Bridges = append(n.Bridges, lanes(HubChain, spoke.ID)...)
	}
	return n
}

// listing gives tokens 6 decimals, gold and ETH 18; dollars on BNB Chain have 18
// too.
func listing(chain uint64, token string) Listing {
	l := Listing{Chain: chain, Token: token, Decimals: 6}
	if token == Gold || token == "M0" || chain == BNBChain {
		l.Decimals = 18
	}
	return l
}

func stablePool(chain uint64, base, quote string) Pool {
	million := decimal.New(1_000_000, 0)
	return Pool{
		Name: fmt.Sprintf("%d/%s-%s", chain, base, quote), Chain: chain, Base: base, Quote: quote, Kind: pmm.DSP,
		K: decimal.New(1, -3), LPFee: decimal.New(3, -4), MTFee: decimal.New(1, -4), BaseReserve: million, QuoteReserve: million,
	}
}

// goldPool holds a million dollars of gold and their worth in tokens. It has a
// spread of 30 bps, the least that the capital-efficiency plan targets, and a
// guide price that follows the oracle.
func goldPool(chain uint64, base string, tokens int64) Pool {
	return Pool{
		Name: fmt.Sprintf("%d/%s-%s", chain, base, Gold), Chain: chain, Base: base, Quote: Gold, Kind: pmm.DSP, Guided: true,
		K: decimal.New(1, -1), LPFee: decimal.New(25, -4), MTFee: decimal.New(5, -4),
		BaseReserve: decimal.New(tokens, 0), QuoteReserve: decimal.New(250, 0),
	}
}

// lanes carry dollars and gold between two chains, both ways.
func lanes(a, b uint64) []Bridge {
	var both []Bridge
	for _, token := range []string{"cUSDT", Gold} {
		capacity := decimal.New(500_000, 0)
		if token == Gold {
			capacity = decimal.New(125, 0)
		}
		lane := Bridge{From: a, To: b, Token: token, LatencyEpochs: 1, Capacity: capacity, WindowEpochs: day, FeeBps: 2, Gas: decimal.New(1, 0)}
		back := lane
		back.From, back.To = b, a
		both = append(both, lane, back)
	}
	return both
}

// hourly are the settings that all named scenarios share.
func hourly(n Network, epochs int, flows []Flow) Scenario {
	return Scenario{
		GraphMode: Modelled, Network: n, Epochs: epochs, EpochMinutes: 60, PegBandBps: 10, OracleBps: 5,
		Moves:       []Move{{"USD", 1_500}, {"EUR", 1_500}, {"ETH", 6_000}}, // 14 % and 56 % a year
		Flows:       flows,
		Arbitrage:   Arbitrage{Hub: HubChain, Inventory: decimal.New(100_000, 0), MinGain: decimal.New(1, 0)},
		KeeperFunds: decimal.New(100_000, 0), Limits: Limits{MaxSplit: 2, Steps: 8}, // a third path seldom pays its gas
	}
}

func at(chain uint64, token string) Asset { return Asset{chain, token} }

func hubFlows() []Flow {
	return []Flow{
		{at(HubChain, "cUSDT"), at(HubChain, "cUSDC"), true, 10_000, decimal.New(5_000, 0)},
		{at(HubChain, "cUSDT"), at(HubChain, Gold), true, 5_000, decimal.New(5_000, 0)},
		{at(HubChain, "cUSDT"), at(HubChain, "cEURT"), true, 5_000, decimal.New(5_000, 0)},
		{at(HubChain, "cUSDC"), at(HubChain, "cEURT"), true, 2_500, decimal.New(5_000, 0)},
	}
}

func hubOnly11() Scenario {
	flows := hubFlows()
	for i, spoke := range spokes {
		next := spokes[(i+1)%len(spokes)]
		flows = append(flows,
			Flow{at(spoke.ID, "cUSDT"), at(spoke.ID, Gold), true, 5_000, decimal.New(5_000, 0)},
			Flow{at(spoke.ID, "cUSDT"), at(HubChain, "cEURT"), true, 500, decimal.New(5_000, 0)},
			Flow{at(spoke.ID, "cUSDT"), at(next.ID, Gold), true, 500, decimal.New(5_000, 0)},
		)
	}
	return hourly(hubAndSpokes(), year, flows)
}

func bridgeShock() Scenario {
	s := hubOnly11()
	s.Epochs = 60 * day
	s.Network.Bridges = append(s.Network.Bridges, lanes(Polygon, BNBChain)...)
	s.Flows = append(s.Flows, Flow{at(Polygon, "cUSDT"), at(BNBChain, Gold), true, 5_000, decimal.New(5_000, 0)})
	during := Window{20*day + 1, 30 * day}
	s.BridgeShocks = []BridgeShock{
		{Window: during, Between: [2]uint64{Polygon, BNBChain}, Halt: true},
		{Window: during, Between: [2]uint64{Polygon, HubChain}, CapacityBps: 1_000, LatencyPlus: 6},
		{Window: during, Between: [2]uint64{BNBChain, HubChain}, CapacityBps: 1_000, LatencyPlus: 6},
	}
	s.FlowShocks = []FlowShock{{Window: during, Pays: at(Polygon, "cUSDT"), SizeBps: 10_000, OneWay: true}}
	return s
}

func chain138() Scenario {
	n := vault()
	n.Chains = []Chain{{HubChain, "hub", decimal.New(5, -2)}}
	flows := append(hubFlows(), Flow{at(HubChain, "M0"), at(HubChain, "cUSDT"), true, 5_000, decimal.New(5_000, 0)})
	s := hourly(n, year, flows)
	s, _ = s.On(Chain138()) // cannot fail: a test runs it
	return s
}

func crash() Scenario {
	s := chain138()
	s.RateShocks = calmBut(s, Window{90*day + 1, 100 * day}, 40_000)
	for i := range s.RateShocks {
		if s.RateShocks[i].Anchor == "ETH" {
			s.RateShocks[i].ValueBps = 6_000
		}
	}
	return s
}

func spike() Scenario {
	s := chain138()
	s.RateShocks = calmBut(s, Window{60*day + 1, 90 * day}, 40_000)
	return s
}

// calmBut lets all anchors move more for a while.
func calmBut(s Scenario, during Window, moveBps int) []RateShock {
	var shocks []RateShock
	for _, move := range s.Moves {
		shocks = append(shocks, RateShock{Window: during, Anchor: move.Anchor, ValueBps: 10_000, MoveBps: moveBps})
	}
	return shocks
}

func bankRun() Scenario {
	s := chain138()
	s.FlowShocks = []FlowShock{{Window: Window{120*day + 1, 139 * day}, Pays: at(HubChain, "cUSDT"), SizeBps: 40_000, OneWay: true}}
	return s
}
