package mesh

import (
	"fmt"
	"math/big"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// Fair returns what one base is worth in quote by their pegs and the anchors'
// prices in gold: units of quote per base, rounded down to what a pool between
// them could have as its guide price. The assets may be on different chains.
func (m *Mesh) Fair(s Snapshot, base, quote Asset) (decimal.Decimal, error) {
	if err := m.fits(&s); err != nil {
		return decimal.Zero, err
	}
	b, err := m.find("base", base)
	if err != nil {
		return decimal.Zero, err
	}
	q, err := m.find("quote", quote)
	if err != nil {
		return decimal.Zero, err
	}
	values, err := m.values(&s)
	if err != nil {
		return decimal.Zero, err
	}
	i, err := m.fair(values, b, q)
	if err != nil {
		return decimal.Zero, err
	}
	return pmm.Price(i, m.decimals(b), m.decimals(q)), nil
}

// Triangulate returns what one base costs in quote in the pools, before fees and
// slippage, rounded half away from zero to 18 decimals: the price of a pool of
// the two, and without one the quotient of their prices in gold, each on its own
// chain (Vault plan §5). Of several pools the network's first is asked. It
// returns ErrNoRoute where there is none.
func (m *Mesh) Triangulate(s Snapshot, base, quote Asset) (decimal.Decimal, error) {
	if err := m.fits(&s); err != nil {
		return decimal.Zero, err
	}
	b, err := m.find("base", base)
	if err != nil {
		return decimal.Zero, err
	}
	q, err := m.find("quote", quote)
	if err != nil {
		return decimal.Zero, err
	}
	if price, ok := m.direct(&s, b, q); ok {
		return price.Round(18), nil
	}
	inGold, ok := m.goldPrice(&s, b)
	if !ok {
		return decimal.Zero, fmt.Errorf("%w: no pool of %s and %s", ErrNoRoute, base, Gold)
	}
	perGold, ok := m.goldPrice(&s, q)
	if !ok || !perGold.IsPositive() {
		return decimal.Zero, fmt.Errorf("%w: no pool of %s and %s", ErrNoRoute, quote, Gold)
	}
	return inGold.DivRound(perGold, 18), nil
}

// goldPrice is a token's price in gold in a pool on its chain.
func (m *Mesh) goldPrice(s *Snapshot, asset int) (decimal.Decimal, bool) {
	gold, ok := m.asset[Asset{m.network.Listings[asset].Chain, Gold}]
	if !ok {
		return decimal.Zero, false
	}
	return m.direct(s, asset, gold)
}

// direct is the price in the first pool of the two that has one.
func (m *Mesh) direct(s *Snapshot, base, quote int) (decimal.Decimal, bool) {
	if base == quote {
		return decimalOne, true
	}
	for _, e := range m.edges[base] {
		if e.to != quote || e.hop.bridge() {
			continue
		}
		mid, err := s.Pools[e.hop.Index].Mid()
		if err != nil || mid.IsZero() {
			continue
		}
		if e.hop.Side == pmm.SellBase {
			return pmm.Price(mid, m.decimals(base), m.decimals(quote)), true
		}
		return decimalOne.DivRound(pmm.Price(mid, m.decimals(quote), m.decimals(base)), maxPriceDecimals), true
	}
	return decimal.Zero, false
}

// values returns what a whole token of each listing is worth in gold, with 27
// decimals: enough for ten digits of a token worth a hundred-million-billionth
// of a unit of gold.
func (m *Mesh) values(s *Snapshot) ([]uint256.Int, error) {
	values := make([]uint256.Int, len(m.network.Listings))
	for i := range values {
		token := m.tokenOf[i]
		per := ten18
		if anchor := m.anchorOf[token]; anchor != goldAnchor {
			per = s.Rates[anchor]
		}
		v, ok := mulDiv(m.worth[token], ten27, per)
		if !ok || v.IsZero() {
			return nil, fmt.Errorf("%w: value of %s at %s anchors per gold: must be at least 1e-27 gold", ErrInvalid, m.name(i), per.Dec())
		}
		values[i] = v
	}
	return values, nil
}

// fair is the guide price of a pool between two listings.
func (m *Mesh) fair(values []uint256.Int, base, quote int) (uint256.Int, error) {
	i, ok := mulDiv(values[base], pow10(18+int(m.decimals(quote))-int(m.decimals(base))), values[quote])
	if !ok || i.IsZero() || ten36.Lt(&i) {
		return i, fmt.Errorf("%w: fair price of %s in %s: must be in (0, 1e36] as a pool has it", ErrInvalid, m.name(base), m.name(quote))
	}
	return i, nil
}

// unitValue is what a unit of Network.Unit is worth in gold, with 27 decimals.
func (m *Mesh) unitValue(s *Snapshot) uint256.Int {
	if m.unit == goldAnchor {
		return ten27
	}
	v, _ := mulDiv(ten18, ten27, s.Rates[m.unit])
	return v
}

// weiOf converts a value in units into the smallest unit of an asset, rounded down;
// the largest number when it is more than any.
func (m *Mesh) weiOf(s *Snapshot, values []uint256.Int, asset int, units uint256.Int) uint256.Int {
	scale := pow10(int(m.decimals(asset)))
	perUnit, ok := mulDiv(m.unitValue(s), scale, values[asset]) // of the asset
	if ok {
		if wei, ok := mulDiv(units, perUnit, ten18); ok {
			return wei
		}
	}
	return maxAmount
}

// unitsPerWei is where values become statistics: what the smallest unit of each
// listing is worth in units.
func (m *Mesh) unitsPerWei(s *Snapshot, values []uint256.Int) []float64 {
	unit := float(m.unitValue(s))
	per := make([]float64, len(values))
	for i, v := range values {
		per[i] = float(v) / unit / float(pow10(int(m.decimals(i))))
	}
	return per
}

// float is the nearest float64.
func float(x uint256.Int) float64 {
	if x.IsUint64() {
		return float64(x.Uint64())
	}
	f, _ := new(big.Float).SetInt(x.ToBig()).Float64()
	return f
}
