package alps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/foresight"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/lead"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

// Options is what a Service has besides its ports.
type Options struct {
	Clock   clock.Clock
	Log     *zap.Logger
	Metrics *metrics.Metrics
}

// Service runs one pool's engine. Safe for concurrent use.
type Service struct {
	cfg       config.ALPS
	key       string
	ports     Ports
	opts      Options
	engine    *liquidity.Engine
	world     world
	foresight *foresight.Foresight
	alerts    alerts

	work   sync.Mutex // one look at a time
	runner *evenkeel.Runner[liquidity.State, liquidity.Observation, liquidity.Decision]
	leader lead.Watch

	mu   sync.Mutex
	last Look // that was read
}

// Look is one look at all banks: what was seen, what was decided, and the state
// after it. Its zero value is before the first one.
type Look struct {
	Seq      uint64
	At       time.Time
	State    liquidity.State
	Seen     liquidity.Observation
	Decision liquidity.Decision
}

// Open returns a service over its ports, books the contributions of cfg, and takes
// up what the last process left.
func Open(ctx context.Context, cfg config.ALPS, ports Ports, opts Options) (*Service, error) {
	engine, err := liquidity.New(cfg.Engine)
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, key: Key(cfg.Engine.Pool), ports: ports, opts: opts, engine: engine}
	s.foresight = foresight.New(foresight.Config{
		Every: cfg.Foresight.Every, Horizon: cfg.Foresight.Horizon, Fit: cfg.Foresight.Fit,
		Keep: cfg.Keep, Floor: cfg.Engine.Floor,
	}, ports.Chronicle)
	if s.world, err = newWorld(cfg, engine, ports, s.foresight); err != nil {
		return nil, err
	}
	if s.runner, err = evenkeel.NewRunner(s.key, engine, s.world, ports.Store, evenkeel.Options{Clock: opts.Clock, Log: opts.Log}); err != nil {
		return nil, err
	}
	if err := fund(ctx, ports.Book, cfg.Providers); err != nil {
		return nil, err
	}
	if err := s.foresight.Restore(ctx, s.Now()); err != nil {
		return nil, fmt.Errorf("forecasts of before: %w", err)
	}
	if _, err := chronicle.Follow(ctx, ports.Store, s.key, ports.Chronicle); err != nil {
		return nil, fmt.Errorf("chronicle: %w", err)
	}
	return s, nil
}

// Config returns the configuration.
func (s *Service) Config() config.ALPS { return s.cfg }

// Chronicle returns what happened, to be read.
func (s *Service) Chronicle() chronicle.Chronicle { return s.ports.Chronicle }

// Foresee says of each bank what can be forecast.
func (s *Service) Foresee(ctx context.Context) ([]foresight.Outlook, error) {
	outlooks, err := s.foresight.Predict(ctx, s.Now())
	if err != nil {
		return nil, err
	}
	made := 0
	for _, o := range outlooks {
		if o.Event != nil {
			made++
		}
	}
	s.opts.Metrics.Forecasts(made, len(outlooks)-made, s.foresight.Waiting(), s.foresight.Skill())
	return outlooks, nil
}

// Now returns the service's time, UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.opts.Clock.Now().UTC().Truncate(time.Microsecond) }

// Latest returns the last look that is recorded, by whichever process.
func (s *Service) Latest(ctx context.Context) (Look, error) {
	rec, err := s.ports.Store.Last(ctx, s.key)
	if errors.Is(err, evenkeel.ErrNotFound) {
		return Look{}, nil
	}
	if err != nil {
		return Look{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.Seq != rec.Seq {
		read, err := lookOf(rec)
		if err != nil {
			return Look{}, err
		}
		s.last = read
	}
	return s.last, nil
}

func lookOf(rec evenkeel.Record) (Look, error) {
	l := Look{Seq: rec.Seq, At: rec.At}
	err := errors.Join(json.Unmarshal(rec.State, &l.State), json.Unmarshal(rec.Seen, &l.Seen), json.Unmarshal(rec.Decision, &l.Decision))
	if err != nil {
		return Look{}, fmt.Errorf("read %s: %w", rec.ID(), err)
	}
	return l, nil
}

// Look looks at all banks now and records what is decided. In a process that
// stands by it waits for the leader's next look.
func (s *Service) Look(ctx context.Context) (Look, error) {
	before, err := s.Latest(ctx)
	if err != nil {
		return Look{}, err
	}
	led, err := s.lead(ctx)
	if err != nil {
		return Look{}, err
	}
	if led {
		return s.Latest(ctx)
	}
	return s.await(ctx, func(l Look) bool { return l.Seq > before.Seq })
}

// lead decides once, unless another process leads: then it reports false.
func (s *Service) lead(ctx context.Context) (led bool, err error) {
	s.work.Lock()
	defer s.work.Unlock()
	began := s.opts.Clock.Now()
	if mine, err := s.leads(ctx, began); err != nil || !mine {
		return false, err
	}
	d, err := s.runner.Tick(ctx, began)
	switch {
	case errors.Is(err, evenkeel.ErrConflict):
		s.leader.Follow(began)
		s.opts.Log.Info("liquidity: another server leads, standing by", zap.String("key", s.key))
		return false, nil
	case errors.Is(err, evenkeel.ErrAct): // the next look tells what became of it
		s.opts.Metrics.Failure("liquidity act")
		s.opts.Log.Warn("liquidity: act", zap.Error(err))
	case err != nil:
		return false, err
	}
	s.report(ctx, d, s.opts.Clock.Now().Sub(began))
	return true, nil
}

// report tells chronicle, metrics and log of a decision.
func (s *Service) report(ctx context.Context, d liquidity.Decision, took time.Duration) {
	s.follow(ctx)
	s.alerts.add(s.Now(), d.Alerts)
	for _, a := range d.Alerts {
		s.opts.Log.Warn("liquidity: alert", zap.String("reason", string(a.Reason)), zap.String("bank", a.Bank), zap.String("note", a.Note))
	}
	if len(d.Moves) > 0 || len(d.Answers) > 0 {
		s.opts.Log.Info("liquidity", zap.String("reason", string(d.Reason)), zap.Any("moves", d.Moves), zap.Any("answers", d.Answers))
	}
	look, err := s.Latest(ctx)
	if err != nil {
		s.opts.Log.Warn("liquidity: read back", zap.Error(err))
		return
	}
	s.opts.Metrics.Liquidity(s.Now(), look.State, look.Seen, look.Decision, took)
}

// follow brings the chronicle up to date; the next look tries again.
func (s *Service) follow(ctx context.Context) {
	if _, err := chronicle.Follow(ctx, s.ports.Store, s.key, s.ports.Chronicle); err != nil {
		s.opts.Metrics.Failure("liquidity chronicle")
		s.opts.Log.Error("liquidity: chronicle", zap.Error(err))
	}
}

// Try returns what a look would decide now, if these were the commands, and does
// nothing.
func (s *Service) Try(ctx context.Context, commands ...liquidity.Command) (Look, error) {
	last, err := s.Latest(ctx)
	if err != nil {
		return Look{}, err
	}
	at := s.Now()
	if at.Before(last.State.At) {
		at = last.State.At
	}
	seen, err := s.world.Observe(ctx, at, last.State)
	if err != nil {
		return Look{}, err
	}
	seen.Commands = commands
	for i := range seen.Commands {
		seen.Commands[i].Seq = last.State.LastSeq + uint64(i) + 1
	}
	state, d, err := s.engine.Step(last.State, seen)
	return Look{Seq: last.Seq, At: at, State: state, Seen: seen, Decision: d}, err
}

// Push keeps what a source says of banks, for the next look. It returns
// liquidity.ErrInvalid for what the engine would not take, and sql.ErrOlder for
// what is older than what is known.
func (s *Service) Push(ctx context.Context, source string, positions []liquidity.Position) error {
	now := s.Now()
	for i := range positions {
		p := &positions[i]
		p.Source = source
		if err := s.engine.Validate(*p); err != nil {
			return fmt.Errorf("position %d: %w", i, err)
		}
		if age := now.Sub(p.At); age.Abs() > s.cfg.Engine.MaxAge {
			return fmt.Errorf("position %d: %w: Position.At %s: must be within %v of %s", i, liquidity.ErrInvalid, p.At.Format(time.RFC3339Nano), s.cfg.Engine.MaxAge, now.Format(time.RFC3339Nano))
		}
	}
	return s.ports.Positions.Put(ctx, source, positions)
}

// Alerts returns what people had to look at since the process began, the newest
// first.
func (s *Service) Alerts() []Alert { return s.alerts.all() }

// Spent returns what was injected in the day up to now, settled and in flight.
func Spent(s liquidity.State, now time.Time) decimal.Decimal {
	var sum decimal.Decimal
	for i := range s.Accounts {
		for _, spent := range s.Accounts[i].Spent {
			if now.Sub(spent.At) < 24*time.Hour {
				sum = sum.Add(spent.Amount)
			}
		}
	}
	for _, f := range s.Funds {
		sum = sum.Add(f.Reserved)
	}
	return sum
}
