package mesh

import (
	"fmt"
	"slices"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// Mesh is a checked [Network], ready to be routed over. It does not change: what
// does is in a [Snapshot]. Safe for concurrent use.
type Mesh struct {
	network Network

	asset    map[Asset]int // the listing's index
	tokenOf  []int         // by listing: its token
	anchorOf []int         // by token: its anchor, or goldAnchor
	unit     int           // the anchor that values are reported in, or goldAnchor
	worth    []uint256.Int // by token: units of the anchor per token, 18 decimals
	base     []int         // by pool: listing
	quote    []int         //
	source   []int         // by bridge: listing
	target   []int         //
	swapGas  []uint256.Int // by pool: in units, 18 decimals
	sendGas  []uint256.Int // by bridge
	edges    [][]edge      // by listing: what leads away from it, pools first, in the network's order

	start Snapshot
}

const goldAnchor = -1

// edge is a hop and where it leads.
type edge struct {
	hop Hop
	to  int
}

// Snapshot is a mesh at a moment: what the chains say, or a simulation. Its
// slices run parallel to those of the [Network]. Nothing here changes a
// Snapshot; what would returns the next one. Safe for concurrent reading.
type Snapshot struct {
	Rates []uint256.Int `json:"rates"` // units of each anchor per unit of gold, 18 decimals
	Pools []pmm.Pool    `json:"pools"`
	Lanes []Lane        `json:"lanes"`
}

// Lane is a bridge at a moment.
type Lane struct {
	LatencyEpochs int         `json:"latencyEpochs"`
	Halted        bool        `json:"halted"`
	Capacity      uint256.Int `json:"capacity"` // of this window, in the token's smallest unit; 0 is no limit
	Sent          uint256.Int `json:"sent"`     // in this window so far
	Fees          uint256.Int `json:"fees"`     // kept so far
}

// New checks a network and makes a mesh of it. It returns ErrInvalid, with
// field, value and rule.
func New(n Network) (*Mesh, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	m := &Mesh{network: Network{
		Unit: n.Unit, Anchors: slices.Clone(n.Anchors), Tokens: slices.Clone(n.Tokens), Chains: slices.Clone(n.Chains),
		Listings: slices.Clone(n.Listings), Pools: slices.Clone(n.Pools), Bridges: slices.Clone(n.Bridges),
	}}
	m.unit = m.anchor(n.Unit)
	m.index()
	if err := m.fund(); err != nil {
		return nil, err
	}
	m.connect()
	return m, nil
}

// Network returns what the mesh was made of. Treat it as read-only.
func (m *Mesh) Network() Network { return m.network }

// Start returns the mesh as its network describes it.
func (m *Mesh) Start() Snapshot { return m.start.clone() }

func (s Snapshot) clone() Snapshot {
	return Snapshot{Rates: slices.Clone(s.Rates), Pools: slices.Clone(s.Pools), Lanes: slices.Clone(s.Lanes)}
}

// fits returns ErrInvalid unless a snapshot is one of this mesh.
func (m *Mesh) fits(s *Snapshot) error {
	return check(
		rule{len(s.Rates) == len(m.network.Anchors), "len(Snapshot.Rates)", len(s.Rates), "must be one per anchor"},
		rule{len(s.Pools) == len(m.network.Pools), "len(Snapshot.Pools)", len(s.Pools), "must be one per pool"},
		rule{len(s.Lanes) == len(m.network.Bridges), "len(Snapshot.Lanes)", len(s.Lanes), "must be one per bridge"},
	)
}

func (m *Mesh) anchor(name string) int {
	return slices.IndexFunc(m.network.Anchors, func(a Anchor) bool { return a.Name == name })
}

// index numbers what a network names.
func (m *Mesh) index() {
	n := &m.network
	tokens := map[string]int{}
	for i, t := range n.Tokens {
		tokens[t.Symbol] = i
		m.anchorOf = append(m.anchorOf, m.anchor(t.Anchor)) // not found is goldAnchor
		m.worth = append(m.worth, fixed18(t.Worth))
	}
	m.asset = map[Asset]int{}
	for i, l := range n.Listings {
		m.asset[Asset{l.Chain, l.Token}] = i
		m.tokenOf = append(m.tokenOf, tokens[l.Token])
	}
	gas := map[uint64]uint256.Int{}
	for _, c := range n.Chains {
		gas[c.ID] = fixed18(c.SwapGas)
	}
	for _, p := range n.Pools {
		m.base = append(m.base, m.asset[Asset{p.Chain, p.Base}])
		m.quote = append(m.quote, m.asset[Asset{p.Chain, p.Quote}])
		m.swapGas = append(m.swapGas, gas[p.Chain])
	}
	for _, b := range n.Bridges {
		m.source = append(m.source, m.asset[Asset{b.From, b.Token}])
		m.target = append(m.target, m.asset[Asset{b.To, b.Token}])
		m.sendGas = append(m.sendGas, fixed18(b.Gas))
	}
}

// fund turns the network's pools and bridges into their first state.
func (m *Mesh) fund() error {
	n := &m.network
	for _, a := range n.Anchors {
		m.start.Rates = append(m.start.Rates, fixed18(a.PerXAU))
	}
	values, err := m.values(&m.start)
	if err != nil {
		return err
	}
	for i := range n.Pools {
		pool, err := m.pool(i, values)
		if err != nil {
			return fmt.Errorf("%w: Pools[%d]: %w", ErrInvalid, i, err)
		}
		m.start.Pools = append(m.start.Pools, pool)
	}
	for i, b := range n.Bridges {
		capacity, err := m.wei(m.source[i], b.Capacity)
		if err != nil {
			return fmt.Errorf("%w: Bridges[%d].Capacity: %w", ErrInvalid, i, err)
		}
		m.start.Lanes = append(m.start.Lanes, Lane{LatencyEpochs: b.LatencyEpochs, Capacity: capacity})
	}
	return nil
}

// pool is the contract state that a description amounts to.
func (m *Mesh) pool(i int, values []uint256.Int) (pool pmm.Pool, err error) {
	p := &m.network.Pools[i]
	base, quote := m.base[i], m.quote[i]
	pool = pmm.Pool{Kind: p.Kind, Curve: pmm.Curve{K: fixed18(p.K), R: p.R}, LPFeeRate: fixed18(p.LPFee), MTFeeRate: fixed18(p.MTFee)}
	c := &pool.Curve
	if p.Price.IsZero() {
		c.I, err = m.fair(values, base, quote)
	} else {
		c.I, err = pmm.PriceWei(p.Price, m.decimals(base), m.decimals(quote))
	}
	if err != nil {
		return pool, err
	}
	for _, amount := range []struct {
		wei    *uint256.Int
		asset  int
		tokens decimal.Decimal
	}{{&c.B, base, p.BaseReserve}, {&c.Q, quote, p.QuoteReserve}, {&c.B0, base, p.BaseTarget}, {&c.Q0, quote, p.QuoteTarget}} {
		if *amount.wei, err = m.wei(amount.asset, amount.tokens); err != nil {
			return pool, err
		}
	}
	if p.Kind == pmm.DVM {
		c.R = pmm.AboveOne
		return pool, pool.Validate()
	}
	if c.B0.IsZero() {
		c.B0 = c.B
	}
	if c.Q0.IsZero() {
		c.Q0 = c.Q
	}
	return pool, pool.Validate()
}

// connect lists what leads away from each asset.
func (m *Mesh) connect() {
	m.edges = make([][]edge, len(m.network.Listings))
	for i := range m.network.Pools {
		base, quote := m.base[i], m.quote[i]
		m.edges[base] = append(m.edges[base], edge{Hop{Index: i, Side: pmm.SellBase}, quote})
		m.edges[quote] = append(m.edges[quote], edge{Hop{Index: i, Side: pmm.SellQuote}, base})
	}
	for i := range m.network.Bridges {
		m.edges[m.source[i]] = append(m.edges[m.source[i]], edge{Hop{Index: i}, m.target[i]})
	}
}

func (m *Mesh) decimals(asset int) uint8 { return m.network.Listings[asset].Decimals }

// wei is an amount in the asset's smallest unit, exactly.
func (m *Mesh) wei(asset int, tokens decimal.Decimal) (uint256.Int, error) {
	decimals := m.decimals(asset)
	if !tokens.Equal(tokens.Truncate(int32(decimals))) {
		return uint256.Int{}, fmt.Errorf("%w: amount %s of %s: must have at most %d decimals", ErrInvalid, valid.Show(tokens), m.name(asset), decimals)
	}
	return pmm.Wei(tokens, decimals)
}

func (m *Mesh) name(asset int) Asset {
	l := m.network.Listings[asset]
	return Asset{l.Chain, l.Token}
}

func (m *Mesh) find(field string, a Asset) (int, error) {
	i, ok := m.asset[a]
	return i, check(rule{ok, field, a, "must be listed"})
}
