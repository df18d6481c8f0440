package mesh

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// maxPriceDecimals bounds how many decimals a guide price may have: those of a pool
// between tokens of 0 and of 18 decimals.
const maxPriceDecimals = 36

var decimalOne = decimal.New(1, 0)

// Validate returns ErrInvalid for the first thing that is wrong. [New] calls it.
func (n Network) Validate() error {
	v := newValidator()
	if err := v.sizes(&n); err != nil {
		return err
	}
	for _, part := range []func(*Network) error{v.values, v.places, v.pools, v.bridges} {
		if err := part(&n); err != nil {
			return err
		}
	}
	return check(rule{v.anchors[n.Unit], "Unit", n.Unit, "must be an anchor"})
}

// validator knows what has been declared so far.
type validator struct {
	anchors  map[string]bool
	tokens   map[string]bool
	chains   map[uint64]bool
	listings map[Asset]bool
}

func newValidator() validator {
	return validator{anchors: map[string]bool{Gold: true}, tokens: map[string]bool{}, chains: map[uint64]bool{}, listings: map[Asset]bool{}}
}

func (v validator) sizes(n *Network) error {
	return check(
		rule{len(n.Anchors) <= MaxAnchors, "len(Anchors)", len(n.Anchors), "must be at most 64"},
		rule{len(n.Tokens) <= MaxTokens, "len(Tokens)", len(n.Tokens), "must be at most 256"},
		rule{len(n.Chains) <= MaxChains, "len(Chains)", len(n.Chains), "must be at most 64"},
		rule{len(n.Listings) <= MaxListings, "len(Listings)", len(n.Listings), "must be at most 1024"},
		rule{len(n.Pools) <= MaxPools, "len(Pools)", len(n.Pools), "must be at most 256"},
		rule{len(n.Bridges) <= MaxBridges, "len(Bridges)", len(n.Bridges), "must be at most 1024"},
	)
}

func (v validator) values(n *Network) error {
	for i, a := range n.Anchors {
		at := fmt.Sprintf("Anchors[%d].", i)
		if err := check(
			rule{valid.Named(a.Name) && !v.anchors[a.Name], at + "Name", a.Name, "must have 1 to 256 bytes of UTF-8, be unique and not XAU"},
			rule{valid.Positive(a.PerXAU), at + "PerXAU", a.PerXAU, valid.MustBePositive},
		); err != nil {
			return err
		}
		v.anchors[a.Name] = true
	}
	for i, t := range n.Tokens {
		at := fmt.Sprintf("Tokens[%d].", i)
		if err := check(
			rule{valid.Named(t.Symbol) && !v.tokens[t.Symbol], at + "Symbol", t.Symbol, "must have 1 to 256 bytes of UTF-8 and be unique"},
			rule{t.Class.known(), at + "Class", string(t.Class), "must be stable_m1, anchor, gru_m0, gru_m1 or gru_m00"},
			rule{v.anchors[t.Anchor], at + "Anchor", t.Anchor, "must be an anchor"},
			rule{valid.Positive(t.Worth), at + "Worth", t.Worth, valid.MustBePositive},
		); err != nil {
			return err
		}
		v.tokens[t.Symbol] = true
	}
	return nil
}

func (v validator) places(n *Network) error {
	for i, c := range n.Chains {
		at := fmt.Sprintf("Chains[%d].", i)
		if err := check(
			rule{c.ID > 0 && !v.chains[c.ID], at + "ID", c.ID, "must be > 0 and unique"},
			rule{valid.NotNegative(c.SwapGas), at + "SwapGas", c.SwapGas, valid.MustBeAmount},
		); err != nil {
			return err
		}
		v.chains[c.ID] = true
	}
	for i, l := range n.Listings {
		at := fmt.Sprintf("Listings[%d].", i)
		asset := Asset{l.Chain, l.Token}
		if err := check(
			rule{v.chains[l.Chain], at + "Chain", l.Chain, "must be a chain"},
			rule{v.tokens[l.Token], at + "Token", l.Token, "must be a token"},
			rule{!v.listings[asset], at + "Token", asset, "must be listed once per chain"},
			rule{l.Decimals <= valid.MaxDecimals, at + "Decimals", l.Decimals, "must be at most 18"},
		); err != nil {
			return err
		}
		v.listings[asset] = true
	}
	return nil
}

func (v validator) pools(n *Network) error {
	names := map[string]bool{}
	for i, p := range n.Pools {
		at := fmt.Sprintf("Pools[%d].", i)
		if err := check(
			rule{valid.Named(p.Name) && !names[p.Name], at + "Name", p.Name, "must have 1 to 256 bytes of UTF-8 and be unique"},
			rule{v.listings[Asset{p.Chain, p.Base}], at + "Base", Asset{p.Chain, p.Base}, "must be listed"},
			rule{v.listings[Asset{p.Chain, p.Quote}], at + "Quote", Asset{p.Chain, p.Quote}, "must be listed"},
			rule{p.Base != p.Quote, at + "Quote", p.Quote, "must not be Base"},
			rule{p.Kind >= pmm.DSP && p.Kind <= pmm.DVM, at + "Kind", p.Kind, "must be DSP, DPP or DVM"},
			rule{priced(p.Price), at + "Price", p.Price, "must be 0 or more, with at most 36 decimals"},
			rule{valid.NotNegative(p.K) && p.K.LessThanOrEqual(decimalOne), at + "K", p.K, "must be 0 to 1"},
			rule{valid.NotNegative(p.LPFee), at + "LPFee", p.LPFee, valid.MustBeAmount},
			rule{valid.NotNegative(p.MTFee) && below(decimalOne, p.LPFee, p.MTFee), at + "MTFee", p.MTFee, "must be 0 or more, below 1 together with LPFee"},
			rule{valid.NotNegative(p.BaseReserve), at + "BaseReserve", p.BaseReserve, valid.MustBeAmount},
			rule{valid.NotNegative(p.QuoteReserve), at + "QuoteReserve", p.QuoteReserve, valid.MustBeAmount},
			rule{valid.NotNegative(p.BaseTarget), at + "BaseTarget", p.BaseTarget, valid.MustBeAmount},
			rule{valid.NotNegative(p.QuoteTarget), at + "QuoteTarget", p.QuoteTarget, valid.MustBeAmount},
			rule{p.R <= pmm.BelowOne, at + "R", p.R, "must be ONE, ABOVE_ONE or BELOW_ONE"},
		); err != nil {
			return err
		}
		names[p.Name] = true
	}
	return nil
}

// priced reports whether a guide price is small enough to calculate with.
func priced(price decimal.Decimal) bool {
	exp := int(price.Exponent())
	return !price.IsNegative() && exp >= -maxPriceDecimals && exp <= valid.MaxDecimals && price.NumDigits() <= 2*maxPriceDecimals
}

// below reports whether two rates in range sum to less than limit.
func below(limit, a, b decimal.Decimal) bool {
	return valid.InRange(a) && valid.InRange(b) && a.Add(b).LessThan(limit)
}

func (v validator) bridges(n *Network) error {
	seen := map[track]bool{}
	for i, b := range n.Bridges {
		at := fmt.Sprintf("Bridges[%d].", i)
		if err := check(
			rule{v.listings[Asset{b.From, b.Token}], at + "From", Asset{b.From, b.Token}, "must be listed"},
			rule{v.listings[Asset{b.To, b.Token}], at + "To", Asset{b.To, b.Token}, "must be listed"},
			rule{b.From != b.To, at + "To", b.To, "must not be From"},
			rule{!seen[track{b.From, b.To, b.Token}], at + "Token", b.Token, "must have one bridge from chain to chain"},
			rule{b.LatencyEpochs >= 0 && b.LatencyEpochs <= MaxLatency, at + "LatencyEpochs", b.LatencyEpochs, "must be 0 to 10000"},
			rule{valid.NotNegative(b.Capacity), at + "Capacity", b.Capacity, valid.MustBeAmount},
			rule{b.WindowEpochs > 0 && b.WindowEpochs <= MaxLatency, at + "WindowEpochs", b.WindowEpochs, "must be 1 to 10000"},
			rule{b.FeeBps >= 0 && b.FeeBps < 10_000, at + "FeeBps", b.FeeBps, "must be 0 to 9999"},
			rule{valid.NotNegative(b.Gas), at + "Gas", b.Gas, valid.MustBeAmount},
		); err != nil {
			return err
		}
		seen[track{b.From, b.To, b.Token}] = true
	}
	return nil
}

// track is what one bridge serves, and no other.
type track struct {
	from, to uint64
	token    string
}
