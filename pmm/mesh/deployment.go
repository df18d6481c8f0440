package mesh

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// Deployment is a deployment status: what stands on chains, as their contracts
// say it. Amounts are in the smallest unit.
type Deployment struct {
	Chains []DeployedChain `json:"chains"`
}

// DeployedChain is what stands on one chain.
type DeployedChain struct {
	ChainID uint64          `json:"chainId"`
	Name    string          `json:"name"`
	Tokens  []DeployedToken `json:"tokens"`
	Pools   []DeployedPool  `json:"pools"`
}

// DeployedToken is a token's contract.
type DeployedToken struct {
	Symbol   string `json:"symbol"`
	Address  string `json:"address"` // 0x and 40 hexadecimal digits, unique on its chain
	Decimals uint8  `json:"decimals"`
}

// DeployedPool is a pool's contract. See [pmm.Curve] for units. Targets of 0 are
// the reserves.
type DeployedPool struct {
	Name        string      `json:"name"`
	Address     string      `json:"address"`
	Base        string      `json:"base"` // a symbol on the same chain
	Quote       string      `json:"quote"`
	Kind        pmm.Kind    `json:"kind"`
	I           uint256.Int `json:"i"`
	K           uint256.Int `json:"k"`
	LPFeeRate   uint256.Int `json:"lpFeeRate"`
	MTFeeRate   uint256.Int `json:"mtFeeRate"`
	B           uint256.Int `json:"baseReserve"`
	Q           uint256.Int `json:"quoteReserve"`
	B0          uint256.Int `json:"baseTarget"`
	Q0          uint256.Int `json:"quoteTarget"`
	R           pmm.RState  `json:"r"`
	OracleGuide bool        `json:"oracleGuide"` // its owner lets the guide price follow an oracle
}

// MarshalJSON writes amounts as decimal strings.
func (p DeployedPool) MarshalJSON() ([]byte, error) {
	type plain DeployedPool
	return json.Marshal((*plain)(&p))
}

var addressForm = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)

// Validate returns ErrInvalid for the first thing that a chain could not have
// said, or that is missing. What depends on the rest of a network, such as
// symbols without a peg, [FromDeployment] finds.
func (d Deployment) Validate() error {
	if err := check(rule{len(d.Chains) > 0 && len(d.Chains) <= MaxChains, "len(chains)", len(d.Chains), "must be 1 to 64"}); err != nil {
		return err
	}
	for i := range d.Chains {
		if err := d.Chains[i].validate(fmt.Sprintf("chains[%d].", i)); err != nil {
			return err
		}
	}
	return nil
}

func (c *DeployedChain) validate(at string) error {
	addresses, symbols := map[string]bool{}, map[string]bool{}
	if err := check(
		rule{c.ChainID > 0, at + "chainId", c.ChainID, "must be > 0"},
		rule{len(c.Tokens) <= MaxTokens, at + "len(tokens)", len(c.Tokens), "must be at most 256"},
		rule{len(c.Pools) <= MaxPools, at + "len(pools)", len(c.Pools), "must be at most 256"},
	); err != nil {
		return err
	}
	for i, t := range c.Tokens {
		at := fmt.Sprintf("%stokens[%d].", at, i)
		if err := check(
			rule{valid.Named(t.Symbol) && !symbols[t.Symbol], at + "symbol", t.Symbol, "must have 1 to 256 bytes of UTF-8 and be unique"},
			rule{addressForm.MatchString(t.Address) && !addresses[t.Address], at + "address", t.Address, "must be 0x and 40 hexadecimal digits, unique on its chain"},
			rule{t.Decimals <= valid.MaxDecimals, at + "decimals", t.Decimals, "must be at most 18"},
		); err != nil {
			return err
		}
		symbols[t.Symbol], addresses[t.Address] = true, true
	}
	for i := range c.Pools {
		p, at := &c.Pools[i], fmt.Sprintf("%spools[%d].", at, i)
		if err := check(
			rule{addressForm.MatchString(p.Address) && !addresses[p.Address], at + "address", p.Address, "must be 0x and 40 hexadecimal digits, unique on its chain"},
			rule{symbols[p.Base], at + "base", p.Base, "must be the symbol of a token of the chain"},
			rule{symbols[p.Quote] && p.Quote != p.Base, at + "quote", p.Quote, "must be the symbol of another token of the chain"},
			rule{!p.B.IsZero() || !p.Q.IsZero(), at + "baseReserve", "0", "must be > 0, or quoteReserve: the pool is empty"},
		); err != nil {
			return err
		}
		state := pmm.Pool{Kind: p.Kind, LPFeeRate: p.LPFeeRate, MTFeeRate: p.MTFeeRate, Curve: pmm.Curve{I: p.I, K: p.K, B: p.B, Q: p.Q, B0: p.B0, Q0: p.Q0, R: p.R}}
		if err := state.Validate(); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrInvalid, at, err)
		}
		addresses[p.Address] = true
	}
	return nil
}

// FromDeployment returns a network of what is deployed: chains, listings and
// pools are the deployment's, everything else that of base, whose tokens say
// what symbols are worth and whose chains what a swap costs. Bridges of base
// that lead to where nothing is deployed are left out. It returns ErrInvalid for
// what [Deployment.Validate] and [New] refuse.
func FromDeployment(d Deployment, base Network) (Network, error) {
	if err := d.Validate(); err != nil {
		return Network{}, err
	}
	n := Network{Unit: base.Unit, Anchors: slices.Clone(base.Anchors), Tokens: slices.Clone(base.Tokens)}
	listed := map[Asset]bool{}
	for i := range d.Chains {
		c := &d.Chains[i]
		chain := Chain{ID: c.ChainID, Name: c.Name}
		if at := slices.IndexFunc(base.Chains, func(b Chain) bool { return b.ID == c.ChainID }); at >= 0 {
			chain.SwapGas = base.Chains[at].SwapGas
		}
		n.Chains = append(n.Chains, chain)
		decimals := map[string]uint8{}
		for _, t := range c.Tokens {
			n.Listings = append(n.Listings, Listing{Chain: c.ChainID, Token: t.Symbol, Decimals: t.Decimals, Address: t.Address})
			listed[Asset{c.ChainID, t.Symbol}] = true
			decimals[t.Symbol] = t.Decimals
		}
		for j := range c.Pools {
			n.Pools = append(n.Pools, c.Pools[j].pool(c.ChainID, decimals))
		}
	}
	for _, b := range base.Bridges {
		if listed[Asset{b.From, b.Token}] && listed[Asset{b.To, b.Token}] {
			n.Bridges = append(n.Bridges, b)
		}
	}
	if _, err := New(n); err != nil {
		return Network{}, err
	}
	return n, nil
}

// pool writes a contract's words as a network has them.
func (p *DeployedPool) pool(chain uint64, decimals map[string]uint8) Pool {
	base, quote := decimals[p.Base], decimals[p.Quote]
	name := p.Name
	if name == "" {
		name = p.Address
	}
	rate := func(x uint256.Int) decimal.Decimal { return pmm.Tokens(x, 18) }
	return Pool{
		Name: name, Chain: chain, Base: p.Base, Quote: p.Quote, Kind: p.Kind, Address: p.Address,
		Price: pmm.Price(p.I, base, quote), K: rate(p.K), LPFee: rate(p.LPFeeRate), MTFee: rate(p.MTFeeRate),
		BaseReserve: pmm.Tokens(p.B, base), QuoteReserve: pmm.Tokens(p.Q, quote),
		BaseTarget: pmm.Tokens(p.B0, base), QuoteTarget: pmm.Tokens(p.Q0, quote), R: p.R, Guided: p.OracleGuide,
	}
}

// On returns the scenario on what is deployed, as [FromDeployment] has it.
func (s Scenario) On(d Deployment) (Scenario, error) {
	n, err := FromDeployment(d, s.Network)
	if err != nil {
		return s, err
	}
	s.GraphMode, s.Network = Deployed, n
	return s, nil
}
