package pool

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/lead"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// silent is how many times in a row nothing is decided before a server that stands
// by takes over.
const silent = 3

// decideRound decides a round, if this server leads. One that stands by reads the
// configuration again all the same, and what is left to pay from.
func (p *Pool) decideRound(ctx context.Context, now time.Time) error {
	newest, mine, err := p.turn(ctx, RewardKey, &p.leads.rounds, silent*p.Snapshot().Config.Pool.Round, now)
	if err == nil && mine {
		_, err = p.Round(ctx, now)
		return p.giveWay(err, RewardKey, &p.leads.rounds)
	}
	p.rewards.mu.Lock()
	p.reload(ctx, now)
	p.rewards.mu.Unlock()
	if err != nil || newest.Seq == 0 {
		return err
	}
	var d reward.Decision
	if err := json.Unmarshal(newest.Decision, &d); err != nil {
		return err
	}
	p.opts.Metrics.Grant(d)
	return nil
}

// lookAtPayouts looks at payouts, if this server leads. One that stands by learns
// from the one that does when the next batch is due, and which wait for people.
func (p *Pool) lookAtPayouts(ctx context.Context, now time.Time) error {
	newest, mine, err := p.turn(ctx, PayoutKey, &p.leads.payouts, silent*p.nextPayouts(now).Sub(now), now)
	if err == nil && mine {
		_, err = p.Payout(ctx, now)
		return p.giveWay(err, PayoutKey, &p.leads.payouts)
	}
	if err != nil || newest.Seq == 0 {
		return err
	}
	var d payout.Decision
	if err := json.Unmarshal(newest.Decision, &d); err != nil {
		return err
	}
	p.nextPay.Store(&d.NextAt)
	p.opts.Metrics.Waiting(d)
	return nil
}

// turn reports whether this server decides what is written to a journal; if it does
// not, with the newest record.
func (p *Pool) turn(ctx context.Context, key string, w *lead.Watch, patience time.Duration, now time.Time) (newest evenkeel.Record, mine bool, err error) {
	if w.Leads() {
		return newest, true, nil
	}
	newest, err = p.ports.Store.Last(ctx, key)
	if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
		return newest, false, err
	}
	if mine = w.Hear(newest.Seq, now, patience); mine {
		p.opts.Log.Warn("nobody else decides any more, taking over", zap.String("key", key), zap.Uint64("after", newest.Seq))
	}
	return newest, mine, nil
}

// giveWay stands by from now on if a decision was refused because another server had
// decided.
func (p *Pool) giveWay(err error, key string, w *lead.Watch) error {
	if !errors.Is(err, evenkeel.ErrConflict) {
		return err
	}
	w.Follow(p.Now())
	p.opts.Log.Info("another server decides, standing by", zap.String("key", key))
	return nil
}
