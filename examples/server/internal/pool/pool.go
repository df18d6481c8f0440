package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/lead"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Options is what a pool has besides its ports.
type Options struct {
	// Reread reads the configuration again before each round; nil keeps the first.
	Reread  func() (config.Config, error)
	Delay   func() time.Duration // hardened: until a proof is replayed, a new one each time; nil is at once
	Clock   clock.Clock
	Log     *zap.Logger
	Metrics *metrics.Metrics
}

// Pool is one pool. Safe for concurrent use.
type Pool struct {
	ports   Ports
	opts    Options
	started time.Time
	current atomic.Pointer[Snapshot]
	proofs  proofs

	rewards rounds[reward.State, reward.Observation, reward.Decision]
	payouts rounds[payout.State, payout.Observation, payout.Decision]
	leads   struct{ rounds, payouts lead.Watch } // each of the routine that decides
	nextPay atomic.Pointer[time.Time]
	problem string // what was last logged about the configuration; behind rewards.mu
}

// rounds is one engine's runner, made anew when the configuration changes.
type rounds[S, O, D any] struct {
	mu     sync.Mutex
	of     *Snapshot // that runner was made for
	runner *evenkeel.Runner[S, O, D]
}

// Open returns a pool over its ports, and funds it with the grants of cfg.
func Open(ctx context.Context, cfg config.Config, ports Ports, opts Options) (*Pool, error) {
	first, err := newSnapshot(cfg, ports)
	if err != nil {
		return nil, err
	}
	p := &Pool{ports: ports, opts: opts, started: opts.Clock.Now()}
	if err := p.fund(ctx, cfg.Grants); err != nil {
		return nil, err
	}
	p.current.Store(first)
	return p, nil
}

// Snapshot returns the configuration of now.
func (p *Pool) Snapshot() *Snapshot { return p.current.Load() }

// Ledger returns the pool's books, to be read.
func (p *Pool) Ledger() reward.Ledger { return p.ports.Ledger }

// Payouts returns the books of what was paid out, to be read.
func (p *Pool) Payouts() payout.Ledger { return p.ports.Payouts }

// Now returns the pool's time, UTC, to the microsecond.
func (p *Pool) Now() time.Time { return p.opts.Clock.Now().UTC().Truncate(time.Microsecond) }

// Started returns when the pool was opened.
func (p *Pool) Started() time.Time { return p.started }

// NextPayout returns when the next batch is due.
func (p *Pool) NextPayout() time.Time {
	if next := p.nextPay.Load(); next != nil {
		return *next
	}
	return p.started.Add(p.Snapshot().Config.Payout.Every)
}

// fund puts grants where the engine will find them, each once under its approval.
func (p *Pool) fund(ctx context.Context, grants []config.Grant) error {
	for _, g := range grants {
		if err := Fund(ctx, p.ports.Inbox, g); err != nil {
			return err
		}
	}
	return nil
}

// Fund grants the pool g. To grant it again does nothing; with another amount it
// is evenkeel.ErrConflict.
func Fund(ctx context.Context, inbox evenkeel.Inbox, g config.Grant) error {
	body, err := json.Marshal(reward.Grant{Approval: g.Approval, Amount: g.Amount})
	if err != nil {
		return err
	}
	if err := inbox.Put(ctx, RewardKey, "grant/"+g.Approval, body); err != nil {
		return fmt.Errorf("grant %q of %v: %w", g.Approval, g.Amount, err)
	}
	return nil
}

// Round reads the configuration again and decides one round as of now.
func (p *Pool) Round(ctx context.Context, now time.Time) (reward.Decision, error) {
	r := &p.rewards
	r.mu.Lock()
	defer r.mu.Unlock()
	p.reload(ctx, now)
	if s := p.Snapshot(); r.of != s {
		world, err := reward.NewWorld(reward.WorldConfig{
			Key: RewardKey, Engine: s.Reward, Ledger: p.ports.Ledger,
			Store: p.ports.Store, Inbox: p.ports.Inbox, Reporter: p.ports.Reporter,
		})
		if err != nil {
			return reward.Decision{}, err
		}
		if r.runner, err = evenkeel.NewRunner(RewardKey, s.Reward, world, p.ports.Store, p.runnerOptions()); err != nil {
			return reward.Decision{}, err
		}
		r.of = s
	}
	d, err := r.runner.Tick(ctx, now)
	if err == nil || errors.Is(err, evenkeel.ErrAct) {
		p.opts.Metrics.Round(d)
		p.opts.Log.Info("round", zap.Uint64("round", d.Round), zap.String("reason", string(d.Reason)),
			zap.Int("orders", len(d.Orders)), zap.Stringer("paid", d.Paid), zap.Stringer("balance", d.Balance))
	}
	return d, err
}

// Payout looks once at what is owed and what became of the batches, as of now.
func (p *Pool) Payout(ctx context.Context, now time.Time) (payout.Decision, error) {
	r := &p.payouts
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := p.Snapshot(); r.of == nil || r.of.Payout != s.Payout {
		world, err := payout.NewWorld(payout.WorldConfig{
			Key: PayoutKey, Engine: s.Payout, Ledger: p.ports.Payouts, Payer: p.ports.Payer,
			Store: p.ports.Store, Inbox: p.ports.Inbox,
		})
		if err != nil {
			return payout.Decision{}, err
		}
		if r.runner, err = evenkeel.NewRunner(PayoutKey, s.Payout, world, p.ports.Store, p.runnerOptions()); err != nil {
			return payout.Decision{}, err
		}
		r.of = s
	}
	d, err := r.runner.Tick(ctx, now)
	if err == nil || errors.Is(err, evenkeel.ErrAct) {
		p.nextPay.Store(&d.NextAt)
		p.opts.Metrics.Payout(d)
		if d.Planned != nil || len(d.Moved) > 0 || len(d.Answers) > 0 {
			p.opts.Log.Info("payout", zap.String("reason", string(d.Reason)), zap.String("planned", planned(d)),
				zap.Any("moved", d.Moved), zap.Any("answers", d.Answers))
		}
	}
	return d, err
}

// planned is what the log says of a batch: its addresses are in the ledger.
func planned(d payout.Decision) string {
	if d.Planned == nil {
		return ""
	}
	return fmt.Sprintf("%s: %v to %d addresses", d.Planned.ID, d.Planned.Total, len(d.Planned.Outputs))
}

func (p *Pool) runnerOptions() evenkeel.Options {
	return evenkeel.Options{Clock: p.opts.Clock, Log: p.opts.Log}
}
