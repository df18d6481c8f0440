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
	Both
	Prices *price.Board
}

// Both are the pool's engines.
type Both struct {
	Reward *reward.Engine
	Payout *payout.Engine
}

// What a batch may hold: a transaction of standard size has room for so many
// outputs, and one look at the debts for all providers that a round may have.
const (
	maxOutputs = 2000
	maxDebts   = 100_000
)

// Engines returns what cfg makes of both.
func Engines(cfg config.Config) (b Both, err error) {
	if b.Reward, err = reward.New(cfg.Reward()); err != nil {
		return Both{}, err
	}
	b.Payout, err = payout.New(payout.Config{
		Pool: cfg.Pool.Name, Every: cfg.Payout.Every, Retry: cfg.Payout.Retry,
		Places: cfg.Payout.Places, Minimum: cfg.Pool.MinimumPayout,
		MaxOutputs: maxOutputs, MaxDebts: maxDebts, MaxBatch: cfg.Payout.MaxBatch, MaxDay: cfg.Payout.MaxDay,
		ApproveAbove: cfg.Payout.ApproveAbove, Confirmations: cfg.Payout.Confirmations, MaxAttempts: cfg.Payout.MaxAttempts,
	})
	return b, err
}

func newSnapshot(cfg config.Config, ports Ports) (*Snapshot, error) {
	engines, err := Engines(cfg)
	if err != nil {
		return nil, err
	}
	prices, err := price.NewBoard(cfg.Prices, ports.Venues.Books)
	if err != nil {
		return nil, err
	}
	return &Snapshot{cfg, engines, prices}, nil
}
