package evenkeel

import (
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// The ports of the module side by side; [Store], [Inbox] and [Anchor] complete
// them.
type (
	// ExchangeClient is one account at one venue.
	ExchangeClient = exchange.Client
	// ChainClient is one chain, seen through one node.
	ChainClient = chain.Client
	// PriceFeed reports reference prices.
	PriceFeed = exchange.PriceFeed
)
