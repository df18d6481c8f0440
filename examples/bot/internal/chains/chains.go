// Package chains opens the chain of a configuration: its nodes, its relay and its
// key.
package chains

import (
	"context"
	"fmt"
	"net/http"

	"github.com/benbjohnson/clock"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeper"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
)

// World is where chains are.
type World struct {
	Clock   clock.Clock
	Network http.RoundTripper
}

// gasLimit is more than a swap through two pools takes. It is said, and not asked of
// the node: that would judge the contract's rules by the block that is there, not by
// the one to come.
const gasLimit = 1_500_000

// Fork is how many of the newest blocks two nodes may differ about, and lag how many
// one may be behind.
const (
	fork = 8
	lag  = 2
)

// Open returns a client that looks at the newest block, since the engine follows
// reorgs itself, signs with the key of the file and keeps what it sends in the journal.
func (w World) Open(ctx context.Context, bot keeperfile.Bot, journal evenkeel.Store) (keeper.Node, error) {
	at := bot.Place
	key, err := evm.KeyFile(at.KeyFile)
	if err != nil {
		return nil, err
	}
	cfg := evm.Config{
		ChainID: at.Chain, URLs: at.RPC, PrivateURLs: at.Private, MaxAge: at.MaxHeadAge, MaxFork: fork, MaxLag: lag,
		Signer: key, Store: journal, Key: fmt.Sprintf("chain/%d/%s", at.Chain, key.Address()),
		TipWei: *uint256.NewInt(1_000_000_000), GasLimit: gasLimit, WithdrawGasWei: chain.GasPrice(bot.Engine.EmergencyGasGwei),
		Clock: w.Clock, RoundTripper: w.Network,
	}
	client, err := evm.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return client, nil
}
