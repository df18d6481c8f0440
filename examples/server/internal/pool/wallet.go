package pool

import (
	"context"
	"fmt"
	"os"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/file"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/rpc"
)

// wallet returns who pays, and who is told of the liquidity, if anybody.
func wallet(ctx context.Context, cfg config.Config, notes evenkeel.Inbox, batches payout.Ledger, o Outside) (payer payout.Payer, reporter reward.Reporter, err error) {
	var daemon *rpc.Client
	if cfg.RPC != (config.RPC{}) {
		daemon, err = rpc.New(rpc.Config{
			URL: cfg.RPC.URL(), NumericAmounts: cfg.RPC.NumericAmounts, User: cfg.RPC.User, Password: cfg.RPC.Pass,
			Places: int(cfg.Payout.Places), Clock: o.Clock, RoundTripper: o.RoundTripper,
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if cfg.Report {
		reporter, err = rpc.NewLiquidity(rpc.LiquidityConfig{Client: daemon, GrantAddress: cfg.Pool.GrantAddress, Pool: cfg.Pool.Name})
		if err != nil {
			return nil, nil, err
		}
	}
	switch cfg.Payout.Payer {
	case config.Sendmany:
		payer, err = rpc.NewSendmany(rpc.SendmanyConfig{Client: daemon, Notes: notes, MinConfirmations: 1})
	case config.Signed:
		payer, err = rpc.NewSigned(rpc.SignedConfig{Client: daemon, Notes: notes})
	default:
		payer, err = folder(ctx, cfg.Payout.Folder, batches)
	}
	return payer, reporter, err
}

// folder returns the payer of a folder. It makes a new one for the first batch
// only: what is not in the folder counts as never handed out, so an empty one in
// the place of the right one would have batches paid again.
func folder(ctx context.Context, path string, batches payout.Ledger) (*file.Payer, error) {
	handed, err := batches.Batches(ctx, 1)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); os.IsNotExist(err) {
		if len(handed) > 0 {
			return nil, fmt.Errorf("folder %s is not there, and batches were handed out in it: put it back", path)
		}
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
	}
	return file.Open(path)
}
