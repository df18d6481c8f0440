package alps

import (
	"context"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/routine"
)

// What bounds one look or forecast, and how often the past is forgotten.
const (
	workWithin  = time.Minute
	forgetEvery = time.Hour
)

// Run looks, forecasts and forgets, each at its pace, until ctx ends; what is under
// way then is finished first. It fails at nothing: what goes wrong is logged, and
// the next look tries again.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return s.every(ctx, "look", s.cfg.Every, func(ctx context.Context) error {
			_, err := s.lead(ctx)
			return err
		})
	})
	group.Go(func() error {
		return s.every(ctx, "forecast", s.cfg.Foresight.Every, func(ctx context.Context) error {
			_, err := s.Foresee(ctx)
			return err
		})
	})
	group.Go(func() error { return s.every(ctx, "forget", forgetEvery, s.forget) })
	return group.Wait()
}

// every does something at once and then at each interval.
func (s *Service) every(ctx context.Context, what string, interval time.Duration, do func(context.Context) error) error {
	routine.Every(ctx, s.opts.Clock, interval, workWithin, do, func(err error) {
		s.opts.Metrics.Failure("liquidity " + what)
		s.opts.Log.Error("liquidity: "+what, zap.Error(err))
	})
	return nil
}

// requestsKept is how long an Idempotency-Key stands for its request.
const requestsKept = 48 * time.Hour

// forget drops answers to requests, ratios and forecasts that are kept no longer.
func (s *Service) forget(ctx context.Context) error {
	if err := s.drop(ctx, requestsKept, s.ports.Forget); err != nil || s.cfg.Keep == 0 {
		return err
	}
	return s.drop(ctx, s.cfg.Keep, s.ports.Chronicle.Forget)
}

func (s *Service) drop(ctx context.Context, keep time.Duration, forget func(context.Context, time.Time) (bool, error)) error {
	for more := true; more; {
		var err error
		if more, err = forget(ctx, s.Now().Add(-keep)); err != nil {
			return err
		}
	}
	return nil
}
