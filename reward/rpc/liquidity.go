package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/evenkeelhq/evenkeel/reward"
)

// currency is the coin that the liquidity of a pool is counted in: NuBits.
const currency = "B"

// LiquidityConfig is what a [Liquidity] works with. Every field is required.
type LiquidityConfig struct {
	Client       *Client // of a nud
	GrantAddress string  // the custodian's, whose key the wallet has
	Pool         string  // its name
}

// Liquidity reports what stands behind each rank to a nud, which broadcasts it
// over the Nu network. Safe for concurrent use.
type Liquidity struct{ cfg LiquidityConfig }

var _ reward.Reporter = (*Liquidity)(nil)

// NewLiquidity returns [ErrInvalid] for a configuration out of its bounds.
func NewLiquidity(cfg LiquidityConfig) (*Liquidity, error) {
	switch {
	case cfg.Client == nil:
		return nil, invalid("LiquidityConfig.Client", "nil", "must be set")
	case cfg.GrantAddress == "":
		return nil, invalid("LiquidityConfig.GrantAddress", `""`, "must not be empty")
	case cfg.Pool == "":
		return nil, invalid("LiquidityConfig.Pool", `""`, "must not be empty")
	}
	return &Liquidity{cfg}, nil
}

// Report implements reward.Reporter. All of it takes no longer than one call may;
// what the daemon refuses does not keep the rest from being reported.
func (l *Liquidity) Report(ctx context.Context, _ uint64, liquidity []reward.Liquidity) error {
	client := l.cfg.Client
	ctx, cancel := client.within(ctx)
	defer cancel()
	if err := client.probe(ctx); err != nil {
		return err
	}
	var failed []error
	for _, rank := range liquidity {
		identifier := fmt.Sprintf("1:NBT%s:%s:%s.%s", strings.ToUpper(rank.Unit), rank.Exchange, l.cfg.Pool, rank.Rank)
		// Numbers, whatever the client is set to: only a nud knows this call, and
		// it reads no amount from a string.
		bid, ask := json.Number(rank.Bid.String()), json.Number(rank.Ask.String())
		if err := client.Call(ctx, nil, "liquidityinfo", currency, bid, ask, l.cfg.GrantAddress, identifier); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", identifier, err))
		}
	}
	return errors.Join(failed...)
}
