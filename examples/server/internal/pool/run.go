package pool

import (
	"context"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// How often prices and payouts are looked at, and old sightings dropped.
const (
	pricesEvery  = time.Minute
	payoutsEvery = time.Minute
	forgetEvery  = time.Hour
)

// Run keeps the pool's rounds, prices and payouts going until ctx ends; what is
// under way then is finished first. Of several servers on one database one decides
// rounds, and one payouts; the others take it over when that one has been silent for
// three times as long as it takes between two.
func (p *Pool) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.every(ctx, "prices", p.started, p.nextPrices, p.refresh) })
	group.Go(func() error { return p.every(ctx, "forget", p.started, p.nextForget, p.forget) })
	group.Go(func() error { return p.every(ctx, "payout", p.started, p.nextPayouts, p.lookAtPayouts) })
	group.Go(func() error { return p.every(ctx, "round", p.firstRound(), p.nextRound, p.decideRound) })
	return group.Wait()
}

func (p *Pool) nextPrices(now time.Time) time.Time { return now.Add(pricesEvery) }

func (p *Pool) nextForget(now time.Time) time.Time { return now.Add(forgetEvery) }

func (p *Pool) nextPayouts(now time.Time) time.Time {
	return now.Add(min(payoutsEvery, p.Snapshot().Config.Payout.Retry))
}

// nextRound is the time after now at which a round is decided: always equally far
// into it, as far as the pool was when it was opened. That keeps away from where
// one round turns into the next, since a clock that is put right by a little
// would skip one there.
func (p *Pool) nextRound(now time.Time) time.Time {
	s := p.Snapshot()
	round := s.Config.Pool.Round
	begin := func(t time.Time) time.Time { return time.Unix(int64(s.Reward.Round(t)), 0) }
	into := p.started.Sub(begin(p.started))
	next := begin(now).Add(min(max(into, round/10), round-round/10))
	if !next.After(now) {
		next = next.Add(round)
	}
	return next
}

// firstRound is about one round after the pool was opened, so that there is
// something to share.
func (p *Pool) firstRound() time.Time {
	return p.nextRound(p.started.Add(p.Snapshot().Config.Pool.Round / 2))
}

// every does something at first, and then whenever next says, until ctx ends. A
// failure is logged, and the next time comes as ever.
func (p *Pool) every(ctx context.Context, what string, first time.Time, next func(now time.Time) time.Time, do func(context.Context, time.Time) error) error {
	const soon = time.Millisecond // a mock clock hangs on a time that has passed
	timer := p.opts.Clock.Timer(max(first.Sub(p.Now()), soon))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := p.Now()
		timer.Reset(next(now).Sub(now))
		err := p.once(ctx, do)
		if err != nil {
			p.opts.Metrics.Failure(what)
			p.opts.Log.Error(what, zap.Error(err))
		}
	}
}

// What bounds one round, payout or refresh, and how long it may go on when the
// pool is to stop.
const (
	workWithin = time.Minute
	grace      = 8 * time.Second
)

// once outlives ctx by a little: what was begun is finished, if it can be.
func (p *Pool) once(ctx context.Context, do func(context.Context, time.Time) error) error {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), workWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { p.opts.Clock.AfterFunc(grace, cancel) })
	defer stop()
	return do(work, p.Now())
}

// refresh asks for all prices and tells how old they are.
func (p *Pool) refresh(ctx context.Context, now time.Time) error {
	prices := p.Snapshot().Prices
	err := prices.Refresh(ctx, now)
	for _, unit := range prices.Units() {
		age := -time.Second
		if shown, err := prices.Price(unit, now); err == nil {
			age = now.Sub(shown.At)
		}
		p.opts.Metrics.PriceAge(unit, age)
	}
	return err
}

// forget drops the sightings that are kept no longer.
func (p *Pool) forget(ctx context.Context, now time.Time) error {
	keep := p.Snapshot().Config.Keep
	if keep == 0 {
		return nil
	}
	for more := true; more; {
		var err error
		if more, err = p.ports.Forget(ctx, now.Add(-keep)); err != nil {
			return err
		}
	}
	return nil
}
