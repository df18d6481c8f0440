package mesh

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// The bounds of a network.
const (
	MaxAnchors  = 64
	MaxTokens   = 256
	MaxChains   = 64
	MaxListings = 1024
	MaxPools    = 256
	MaxBridges  = 1024
	MaxLatency  = 10_000 // epochs
)

// Network is a mesh as it is built: plain data, to be read from a file or
// written by hand. [New] checks it and makes a [Mesh] of it.
type Network struct {
	Unit     string    `json:"unit"` // the anchor, or Gold, in which values are reported and gas is stated
	Anchors  []Anchor  `json:"anchors"`
	Tokens   []Token   `json:"tokens"`
	Chains   []Chain   `json:"chains"`
	Listings []Listing `json:"listings"`
	Pools    []Pool    `json:"pools"`
	Bridges  []Bridge  `json:"bridges"`
}

// Pool is a PMM pool at the start. Amounts are in whole tokens and must be exact
// in their smallest unit; rates are shares of 1.
type Pool struct {
	Name    string   `json:"name"` // unique
	Chain   uint64   `json:"chain"`
	Base    string   `json:"base"` // a token listed on Chain
	Quote   string   `json:"quote"`
	Kind    pmm.Kind `json:"kind"`
	Address string   `json:"address,omitempty"`

	Price decimal.Decimal `json:"price"` // guide price, quote per base; 0 is the fair price
	K     decimal.Decimal `json:"k"`     // 0 to 1
	LPFee decimal.Decimal `json:"lpFee"` // 0 to 1, below 1 together with MTFee
	MTFee decimal.Decimal `json:"mtFee"`

	BaseReserve  decimal.Decimal `json:"baseReserve"`
	QuoteReserve decimal.Decimal `json:"quoteReserve"`
	BaseTarget   decimal.Decimal `json:"baseTarget"`  // 0 is the reserve; a DVM has none
	QuoteTarget  decimal.Decimal `json:"quoteTarget"` //
	R            pmm.RState      `json:"r"`           // a DVM is ABOVE_ONE whatever this says

	Guided bool `json:"guided"` // a simulation lets its guide price follow the oracle (Vault plan §4)
}

// Bridge carries one token one way. Two chains that exchange two tokens have
// four.
type Bridge struct {
	From  uint64 `json:"from"`
	To    uint64 `json:"to"`
	Token string `json:"token"` // listed on both

	LatencyEpochs int             `json:"latencyEpochs"` // until what is sent arrives, 0 to MaxLatency
	Capacity      decimal.Decimal `json:"capacity"`      // tokens per window; 0 is no limit
	WindowEpochs  int             `json:"windowEpochs"`  // > 0
	FeeBps        int             `json:"feeBps"`        // of what is sent, rounded up, 0 to 9999
	Gas           decimal.Decimal `json:"gas"`           // what sending costs, in Network.Unit, >= 0
}
