package mesh

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// Simulation runs a scenario. It does not change: what does is in a [State], so
// a run forks by copying one. Safe for concurrent use if its keeper is.
type Simulation struct {
	mesh     *Mesh
	scenario Scenario
	keeper   Keeper

	flows   []flow
	movePpm []int         // by anchor
	hub     []bool        // by listing: on the hub
	stock   []uint256.Int // by listing: what arbitrageurs mean to hold
	funds   []uint256.Int // by listing: what the keeper starts with
	minGain uint256.Int   // in units, 18 decimals
	supply  []uint256.Int // by token: what there is at the start, in 1e-18 tokens
}

// flow is a Flow ready to be routed.
type flow struct {
	ends  [2]Asset
	at    [2]int      // listings
	paths [2][]Path   // there and back
	mean  uint256.Int // in units, 18 decimals
}

// State is a simulation after some epochs. Slices run parallel to the network's
// listings unless they say otherwise.
type State struct {
	Epoch    int           `json:"epoch"`
	Snapshot Snapshot      `json:"snapshot"`
	Flight   []Transfer    `json:"flight"`
	Stock    []uint256.Int `json:"stock"`  // held by arbitrageurs; nothing on the hub
	Keeper   []uint256.Int `json:"keeper"` // held by the keeper
	In       []uint256.Int `json:"in"`     // what has come from outside
	Out      []uint256.Int `json:"out"`    // what has left
	OffPeg   []int         `json:"offPeg"` // by pool: epochs in a row that ended outside the peg band
}

// Owner says whose a transfer is.
type Owner string

// The owners.
const (
	OfOrder       Owner = "order"
	OfArbitrageur Owner = "arbitrageur"
)

// Transfer is an amount between two chains.
type Transfer struct {
	Bridge  int         `json:"bridge"` // index into Network.Bridges
	Amount  uint256.Int `json:"amount"` // what will arrive, in the target's smallest unit
	Arrives int         `json:"arrives"`
	Owner   Owner       `json:"owner"`
	Rest    Path        `json:"rest"` // an order's way from there
}

// NewSimulation checks a scenario and prepares it. A nil keeper does nothing.
func NewSimulation(s Scenario, keeper Keeper) (*Simulation, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	m, err := New(s.Network)
	if err != nil {
		return nil, err
	}
	if keeper == nil {
		keeper = idle{}
	}
	sim := &Simulation{mesh: m, scenario: s, keeper: keeper, minGain: fixed18(s.Arbitrage.MinGain), movePpm: make([]int, len(s.Network.Anchors))}
	for _, move := range s.Moves {
		sim.movePpm[m.anchor(move.Anchor)] = move.Ppm
	}
	for i, f := range s.Flows {
		prepared, err := sim.prepare(f)
		if err != nil {
			return nil, fmt.Errorf("%w: Flows[%d]: %w", ErrInvalid, i, err)
		}
		sim.flows = append(sim.flows, prepared)
	}
	values, err := m.values(&m.start)
	if err != nil {
		return nil, err
	}
	for i, l := range m.network.Listings {
		hub := l.Chain == s.Arbitrage.Hub
		sim.hub = append(sim.hub, hub)
		stock := uint256.Int{}
		if !hub && s.Arbitrage.Hub != 0 {
			stock = m.weiOf(&m.start, values, i, fixed18(s.Arbitrage.Inventory))
		}
		sim.stock = append(sim.stock, stock)
		sim.funds = append(sim.funds, m.weiOf(&m.start, values, i, fixed18(s.KeeperFunds)))
	}
	start := sim.Start()
	sim.supply, err = sim.count(&start)
	return sim, err
}

func (sim *Simulation) prepare(f Flow) (flow, error) {
	m := sim.mesh
	p := flow{ends: [2]Asset{f.From, f.To}, at: [2]int{m.asset[f.From], m.asset[f.To]}, mean: fixed18(f.Mean)}
	var err error
	if p.paths[0], err = m.Paths(f.From, f.To, sim.scenario.Limits); err != nil || !f.Both {
		return p, err
	}
	p.paths[1], err = m.Paths(f.To, f.From, sim.scenario.Limits)
	return p, err
}

// Mesh returns the mesh under the simulation.
func (sim *Simulation) Mesh() *Mesh { return sim.mesh }

// Start returns the state before the first epoch.
func (sim *Simulation) Start() State {
	n := len(sim.mesh.network.Listings)
	return State{
		Snapshot: sim.mesh.Start(), Stock: slices.Clone(sim.stock), Keeper: slices.Clone(sim.funds),
		In: make([]uint256.Int, n), Out: make([]uint256.Int, n), OffPeg: make([]int, len(sim.mesh.network.Pools)),
	}
}

func (s State) clone() State {
	s.Snapshot = s.Snapshot.clone()
	s.Flight = slices.Clone(s.Flight)
	s.Stock, s.Keeper = slices.Clone(s.Stock), slices.Clone(s.Keeper)
	s.In, s.Out = slices.Clone(s.In), slices.Clone(s.Out)
	s.OffPeg = slices.Clone(s.OffPeg)
	return s
}

// Step simulates one epoch and returns the state after it. The same state and
// the same random numbers give the same epoch. The argument is not changed; on
// an error, ErrLeak or ErrInvalid of a keeper's decision, it is what is returned.
func (sim *Simulation) Step(s State, r *rand.Rand) (State, Epoch, error) {
	if err := sim.fits(&s); err != nil {
		return s, Epoch{}, err
	}
	next := s.clone()
	next.Epoch++
	e := epoch{sim: sim, m: sim.mesh, s: &next, report: Epoch{Epoch: next.Epoch, Pools: make([]PoolEpoch, len(next.Snapshot.Pools))}}
	if err := e.moveRates(r); err != nil {
		return s, Epoch{}, err
	}
	e.setLanes()
	if err := e.guide(); err != nil {
		return s, Epoch{}, err
	}
	e.arrive()
	e.takeOrders(r)
	e.arbitrage()
	e.rebalance()
	if err := e.keep(); err != nil {
		return s, Epoch{}, err
	}
	e.measure()
	if err := sim.audit(&next); err != nil {
		return s, Epoch{}, err
	}
	return next, e.report, nil
}

// fits returns ErrInvalid unless a state is one of this simulation.
func (sim *Simulation) fits(s *State) error {
	listings := len(sim.mesh.network.Listings)
	if err := check(
		rule{s.Epoch >= 0 && s.Epoch < MaxEpochs, "State.Epoch", s.Epoch, "must be 0 to 999999"},
		rule{len(s.Stock) == listings && len(s.Keeper) == listings && len(s.In) == listings && len(s.Out) == listings, "len(State.Stock)", len(s.Stock), "must be one per listing, like Keeper, In and Out"},
		rule{len(s.OffPeg) == len(sim.mesh.network.Pools), "len(State.OffPeg)", len(s.OffPeg), "must be one per pool"},
	); err != nil {
		return err
	}
	return sim.mesh.fits(&s.Snapshot)
}

// Run simulates all epochs of the scenario.
func (sim *Simulation) Run(r *rand.Rand) (Result, error) {
	s := sim.Start()
	t := newTally(sim)
	for range sim.scenario.Epochs {
		next, report, err := sim.Step(s, r)
		if err != nil {
			return Result{}, fmt.Errorf("epoch %d: %w", s.Epoch+1, err)
		}
		s = next
		t.add(&report)
	}
	return t.result(s), nil
}

// audit counts every token: what there was, and what has come in since, is there
// or has left.
func (sim *Simulation) audit(s *State) error {
	have, err := sim.count(s)
	if err != nil {
		return err
	}
	want := slices.Clone(sim.supply)
	for i, token := range sim.mesh.tokenOf {
		scale := pow10(18 - int(sim.mesh.decimals(i)))
		var in, out uint256.Int
		in.Mul(&s.In[i], &scale)
		out.Mul(&s.Out[i], &scale)
		want[token] = sum(want[token], in)
		have[token] = sum(have[token], out)
	}
	for i := range want {
		if want[i] != have[i] {
			return fmt.Errorf("%w: epoch %d: %s of %s, must be %s", ErrLeak, s.Epoch, tokens18(have[i]), sim.mesh.network.Tokens[i].Symbol, tokens18(want[i]))
		}
	}
	return nil
}

func tokens18(x uint256.Int) decimal.Decimal { return pmm.Tokens(x, 18) }

// count is what there is of each token in pools, with maintainers, on and with
// bridges, and with keeper and arbitrageurs, in 1e-18 tokens.
func (sim *Simulation) count(s *State) ([]uint256.Int, error) {
	m := sim.mesh
	total := make([]uint256.Int, len(m.network.Tokens))
	add := func(asset int, amount *uint256.Int) {
		scale := pow10(18 - int(m.decimals(asset)))
		scale.Mul(amount, &scale)
		t := &total[m.tokenOf[asset]]
		t.Add(t, &scale)
	}
	for i := range s.Snapshot.Pools {
		p := &s.Snapshot.Pools[i]
		add(m.base[i], &p.Curve.B)
		add(m.base[i], &p.MaintainerBase)
		add(m.quote[i], &p.Curve.Q)
		add(m.quote[i], &p.MaintainerQuote)
	}
	for i := range s.Snapshot.Lanes {
		add(m.source[i], &s.Snapshot.Lanes[i].Fees)
	}
	for i := range s.Flight {
		add(m.target[s.Flight[i].Bridge], &s.Flight[i].Amount)
	}
	for i := range m.network.Listings {
		add(i, &s.Stock[i])
		add(i, &s.Keeper[i])
	}
	for i := range total {
		if total[i].BitLen() > 250 {
			return nil, fmt.Errorf("%w: supply of %s: must be below 2^250 in 1e-18 tokens", ErrInvalid, m.network.Tokens[i].Symbol)
		}
	}
	return total, nil
}
