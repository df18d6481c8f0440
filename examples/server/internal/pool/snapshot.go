package pool

import (
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/price"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Snapshot is a configuration and what was made of it. It never changes, so that
// a request sees one of them from its beginning to its end.
type Snapshot struct {
	Config config.Config
	Reward *reward.Engine
	Payout *payout.Engine
	Prices *price.Board
}

func newSnapshot(cfg config.Config, ports Ports) (*Snapshot, error) {
	rewards, err := reward.New(cfg.Reward())
	if err != nil {
		return nil, err
	}
	payouts, err := payout.New(cfg.Payouts())
	if err != nil {
		return nil, err
	}
	prices, err := price.NewBoard(cfg.Prices, ports.Venues.Books)
	if err != nil {
		return nil, err
	}
	return &Snapshot{cfg, rewards, payouts, prices}, nil
}
