package translator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/routine"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// What bounds one piece of work, how often what is told by files is read, how long
// somebody who has looked counts as watching, and how often the past is forgotten.
const (
	workWithin  = 30 * time.Second
	readEvery   = 10 * time.Second
	watchedFor  = time.Hour
	sweepEvery  = time.Hour
	forgetEvery = time.Hour
)

// Run translates what is new, and what has outlived its time, until ctx ends. It
// fails at nothing: what goes wrong is logged, and tried again.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range s.cfg.Workers {
		group.Go(func() error { return s.translate(ctx) })
	}
	group.Go(func() error { return s.work(ctx) })
	for _, from := range s.sources {
		group.Go(func() error {
			return s.every(ctx, from.every, func(ctx context.Context) error { return s.read(ctx, from) })
		})
	}
	group.Go(func() error { return s.every(ctx, s.cfg.Exits, s.refresh) })
	group.Go(func() error { return s.every(ctx, sweepEvery, s.sweep) })
	if s.ports.Forget != nil {
		group.Go(func() error { return s.every(ctx, forgetEvery, s.forget) })
	}
	return group.Wait()
}

// translate looks at instruments as something new is known of them.
func (s *Service) translate(ctx context.Context) error {
	for {
		isin, ok := s.waiting.next(ctx)
		if !ok {
			return nil
		}
		err := s.bounded(ctx, func(ctx context.Context) error {
			_, err := s.look(ctx, isin, func(Look) bool { return true }) // waiting is reason enough
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.opts.Log.Error("translator: look", zap.String("key", risk.Key(isin)), zap.Error(err))
		}
	}
}

// bounded does something, for as long as one piece of work may take.
func (s *Service) bounded(ctx context.Context, do func(context.Context) error) error {
	return routine.Finish(ctx, s.opts.Clock, workWithin, do)
}

// every does something at once and then at each interval.
func (s *Service) every(ctx context.Context, interval time.Duration, do func(context.Context) error) error {
	routine.Every(ctx, s.opts.Clock, interval, workWithin, do, func(err error) {
		s.opts.Log.Error("translator: routine", zap.Error(err))
	})
	return nil
}

// refresh looks again at what people watch: windows come closer, and data get old,
// when nothing new is told.
func (s *Service) refresh(context.Context) error {
	s.waiting.add(s.live.since(s.Now().Add(-watchedFor))...)
	return nil
}

// sweep looks again at what nobody has looked at for as long as risks may rest.
func (s *Service) sweep(ctx context.Context) error {
	const page = 100
	for after := market.ISIN(""); ; {
		isins, err := s.ISINs(ctx, after, page)
		if err != nil || len(isins) == 0 {
			return err
		}
		for _, isin := range isins {
			l, found, err := s.latest(ctx, isin)
			if err != nil {
				return err
			}
			if !found || s.Now().Sub(l.At) >= s.cfg.Risk {
				s.waiting.add(isin)
			}
		}
		after = isins[len(isins)-1]
	}
}

// requestsKept is how long an Idempotency-Key stands for its request.
const requestsKept = 48 * time.Hour

func (s *Service) forget(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = s.ports.Forget(ctx, s.Now().Add(-requestsKept)); err != nil {
			return err
		}
	}
	return nil
}

// read takes in what a source has new. What cannot be true is noted, and an
// instrument of which something newer is known is left as it is.
func (s *Service) read(ctx context.Context, from *namedSource) error {
	told, problems, err := from.Read(s.Now(), s.live.since(s.Now().Add(-watchedFor)))
	if len(told) > 0 {
		from.refused = nil
	}
	for some := range slices.Chunk(told, putAtOnce) {
		if err == nil && s.Put(ctx, some) != nil {
			var wrong []string
			wrong, err = s.putEach(ctx, some)
			from.refused = append(from.refused, wrong[:min(len(wrong), maxProblems-len(from.refused))]...)
		}
	}
	if len(told) > 0 && err != nil {
		from.Again()
	}
	problems = slices.Concat(problems, from.refused)
	if from.note(problems, err) {
		s.opts.Log.Warn("translator: source", zap.String("name", from.name), zap.Strings("problems", problems[:min(len(problems), maxProblems)]))
	}
	return err
}

const putAtOnce = 100

// putEach puts instruments one by one, since they cannot all be put, and returns
// what is wrong with some.
func (s *Service) putEach(ctx context.Context, told []sql.Instrument) (problems []string, err error) {
	for _, one := range told {
		switch err := s.Put(ctx, []sql.Instrument{one}); {
		case err == nil, errors.Is(err, sql.ErrOlder):
		case Malformed(err):
			problems = append(problems, fmt.Sprintf("%s: %v", one.ISIN, err))
		default:
			return problems, err
		}
	}
	return problems, nil
}
