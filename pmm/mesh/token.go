package mesh

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Gold is the anchor of all anchors: values are counted in it (Vault plan §3).
const Gold = "XAU"

// Class says what a token is (Vault plan §3).
type Class string

// The classes.
const (
	Stable      Class = "stable_m1" // pegged to a currency: cUSDT, cUSDC, cEURT
	AnchorAsset Class = "anchor"    // gold itself: XAU
	GRUM0       Class = "gru_m0"    // ETH
	GRUM1       Class = "gru_m1"    // tokens of the M1 factory
	GRUM00      Class = "gru_m00"   // the GRU diamond
)

func (c Class) known() bool {
	switch c {
	case Stable, AnchorAsset, GRUM0, GRUM1, GRUM00:
		return true
	}
	return false
}

// Anchor is something that tokens are pegged to, and its price in gold. Gold
// itself is always there and must not be listed.
type Anchor struct {
	Name   string          `json:"name"`   // "USD"
	PerXAU decimal.Decimal `json:"perXAU"` // units of it per unit of gold, > 0
}

// Token is what one unit of an asset is meant to be worth, on every chain.
type Token struct {
	Symbol string          `json:"symbol"` // "cUSDT"
	Class  Class           `json:"class"`
	Anchor string          `json:"anchor"` // the name of an Anchor, or Gold
	Worth  decimal.Decimal `json:"worth"`  // units of the anchor per token, > 0
}

// Chain is a place with pools.
type Chain struct {
	ID      uint64          `json:"id"` // > 0: 138
	Name    string          `json:"name"`
	SwapGas decimal.Decimal `json:"swapGas"` // what a swap costs there, in Network.Unit, >= 0
}

// Listing is a token on a chain.
type Listing struct {
	Chain    uint64 `json:"chain"`
	Token    string `json:"token"`
	Decimals uint8  `json:"decimals"` // at most 18; may differ from chain to chain
	Address  string `json:"address,omitempty"`
}

// Asset names a listing.
type Asset struct {
	Chain uint64 `json:"chain"`
	Token string `json:"token"`
}

// String is "138/cUSDT".
func (a Asset) String() string { return fmt.Sprintf("%d/%s", a.Chain, a.Token) }
