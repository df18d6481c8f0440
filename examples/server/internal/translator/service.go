package translator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

var (
	// ErrUnknown says that nothing is known of an instrument.
	ErrUnknown = errors.New("translator: unknown instrument")
	// ErrNoBook says that an instrument has no book, without which there is nothing
	// to translate.
	ErrNoBook = errors.New("translator: no market data were told")
	// ErrNoInputs says that a look had nothing to translate.
	ErrNoInputs = errors.New("translator: nothing to translate")
	// ErrTooEarly says that an instrument was not looked at by then.
	ErrTooEarly = errors.New("translator: before the first look")
	// ErrOtherEngine says that a look was made by another engine than now.
	ErrOtherEngine = errors.New("translator: another engine or configuration")
	// ErrBusy says that too many ask for work at once, or another server does it.
	ErrBusy = errors.New("translator: busy")
)

// Options is what a Service has besides its ports.
type Options struct {
	Clock   clock.Clock
	Log     *zap.Logger
	Metrics *metrics.Metrics // nil is none that anybody reads
}

// Service translates what is known of instruments. Safe for concurrent use.
type Service struct {
	cfg     config.Translator
	ports   Ports
	opts    Options
	engine  *risk.Engine
	live    *crowd
	waiting *waiting
	sources []*namedSource

	dear chan struct{} // room for what takes long: looks that somebody insists on, portfolios
	jobs *jobs
}

// Open returns a service over its ports.
func Open(cfg config.Translator, ports Ports, opts Options) (*Service, error) {
	engine, err := risk.New(cfg.Engine)
	if err != nil {
		return nil, err
	}
	if ports.Publisher == nil {
		ports.Publisher = silence{}
	}
	if opts.Metrics == nil {
		opts.Metrics = metrics.New()
	}
	s := &Service{
		cfg: cfg, ports: ports, opts: opts, engine: engine, waiting: newWaiting(),
		dear: make(chan struct{}, dearAtOnce), jobs: newJobs(),
	}
	s.live = newCrowd(cfg.Live, s.newRunner)
	s.sources = sourcesOf(cfg.Feeds, cfg.Strict)
	return s, nil
}

func (s *Service) newRunner(isin market.ISIN) (*runner, error) {
	world, err := risk.NewWorld(risk.WorldConfig{ISIN: isin, Feed: feed{s.ports.Instruments}, Publisher: s.ports.Publisher, Inbox: s.ports.Inbox})
	if err != nil {
		return nil, err
	}
	return evenkeel.NewRunner(risk.Key(isin), s.engine, world, s.ports.Store, evenkeel.Options{Clock: s.opts.Clock, Log: s.opts.Log})
}

// Config returns the configuration.
func (s *Service) Config() config.Translator { return s.cfg }

// Now returns the service's time, UTC, to the microsecond.
func (s *Service) Now() time.Time { return s.opts.Clock.Now().UTC().Truncate(time.Microsecond) }

// known returns [ErrUnknown] for an instrument of which nothing was told.
func (s *Service) known(ctx context.Context, isin market.ISIN) error {
	_, err := s.ports.Instruments.Instrument(ctx, isin)
	if errors.Is(err, evenkeel.ErrNotFound) {
		return fmt.Errorf("%w: %s", ErrUnknown, isin)
	}
	return err
}

// ISINs returns the instruments of which something is known, after one of them, in
// order: at most limit, 1 to 1,000.
func (s *Service) ISINs(ctx context.Context, after market.ISIN, limit int) ([]market.ISIN, error) {
	return s.ports.Instruments.ISINs(ctx, after, limit)
}

// Fast returns the newest look at an instrument. One that has outlived the shortest
// of its parts' lifetimes is made again, and so is one after which this service was
// told something new; what another one was told shows within 250 ms after it has
// looked. It returns [ErrUnknown] for an instrument of which nothing is known.
func (s *Service) Fast(ctx context.Context, isin market.ISIN) (Look, error) {
	now := s.Now()
	if l := s.live.recall(isin, now.Add(-recalled)); l != nil && s.young(*l) && !s.waiting.has(isin) {
		s.live.watched(isin, now)
		return *l, nil
	}
	return s.newest(ctx, isin)
}

// recalled is how long after the journal was read its newest look is taken to be
// that still, by who is not told of what other servers write.
const recalled = 250 * time.Millisecond

// newest is [Service.Fast] without memory.
func (s *Service) newest(ctx context.Context, isin market.ISIN) (Look, error) {
	l, err := s.look(ctx, isin, s.young)
	s.live.watched(isin, s.Now())
	return l, err
}

func (s *Service) young(l Look) bool { return s.Now().Sub(l.At) < s.lifetime() }

// lifetime is how long a translation is shown: as long as all its parts last.
func (s *Service) lifetime() time.Duration { return min(s.cfg.Risk, s.cfg.Liquidity, s.cfg.Exits) }

// How many may have something dear worked out at once, and how long others wait for
// their turn.
const (
	dearAtOnce = 2
	dearWithin = 2 * time.Second
)

// turn waits for one's turn, which is over once done is called. It returns [ErrBusy]
// if too many are before.
func (s *Service) turn(ctx context.Context) (done func(), err error) {
	patience := s.opts.Clock.Timer(dearWithin)
	defer patience.Stop()
	select {
	case s.dear <- struct{}{}:
		return func() { <-s.dear }, nil
	case <-patience.C:
		return nil, fmt.Errorf("%w: %d others are served", ErrBusy, dearAtOnce)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accurate returns a look at an instrument that is made now. It returns [ErrUnknown]
// for one of which nothing is known, and [ErrBusy] if too many insist at once.
func (s *Service) Accurate(ctx context.Context, isin market.ISIN) (Look, error) {
	asked := s.Now()
	done, err := s.turn(ctx)
	if err != nil {
		return Look{}, err
	}
	defer done()
	l, err := s.look(ctx, isin, func(newest Look) bool { return !newest.At.Before(asked) })
	s.live.watched(isin, s.Now())
	return l, err
}

// look returns the newest look at an instrument if it will do and nothing new was
// told since, and else makes one.
func (s *Service) look(ctx context.Context, isin market.ISIN, willDo func(Look) bool) (Look, error) {
	asked := s.Now()
	l, err := s.enter(ctx, isin)
	if err != nil {
		return Look{}, err
	}
	l.work.Lock()
	defer l.work.Unlock()
	if news := s.waiting.drop(isin); !news { // before the look, which sees all that was told before
		newest := s.live.recall(isin, asked) // somebody may have looked while we waited
		if newest == nil {
			if newest, err = s.reread(ctx, isin); err != nil {
				return Look{}, err
			}
		}
		if newest != nil && willDo(*newest) {
			return *newest, nil
		}
	}
	if err := s.tick(ctx, l); err != nil {
		if rest := s.waiting.fail(isin); rest > 0 {
			s.opts.Clock.AfterFunc(rest, func() { s.waiting.retry(isin) })
		}
		return Look{}, err
	}
	s.waiting.succeed(isin)
	newest, err := s.reread(ctx, isin)
	if err != nil {
		return Look{}, err
	}
	s.opts.Metrics.Translation(newest.Decision, newest.Seen.Commands)
	return *newest, nil // there is one: we have just looked
}

// enter has the runner of an instrument kept, or returns [ErrUnknown].
func (s *Service) enter(ctx context.Context, isin market.ISIN) (*live, error) {
	if l := s.live.find(isin); l != nil {
		return l, nil
	}
	_, found, err := s.latest(ctx, isin)
	if err == nil && !found {
		err = s.known(ctx, isin)
	}
	if err != nil {
		return nil, err
	}
	return s.live.enter(isin)
}

// reread returns the newest look at an instrument, nil if there is none, and keeps it
// for who asks next.
func (s *Service) reread(ctx context.Context, isin market.ISIN) (*Look, error) {
	now := s.Now()
	l, found, err := s.latest(ctx, isin)
	if err != nil || !found {
		return nil, err
	}
	s.live.remember(isin, l, now)
	return &l, nil
}

// tick makes a look. That nobody could be told of it is not its failure: readers
// see the gap.
func (s *Service) tick(ctx context.Context, l *live) error {
	err := l.tick(ctx, s.opts.Clock.Now)
	if errors.Is(err, evenkeel.ErrAct) {
		s.opts.Log.Warn("translator: publish", zap.Error(err))
		return nil
	}
	return err
}

// Standing implements what a stream asks: how an instrument stands by its journal,
// whichever server has written it. The translation is the newest that was ever made,
// nil if none was: that nothing can be had now, alerts say. It counts as somebody's
// wish to see the instrument.
func (s *Service) Standing(ctx context.Context, isin market.ISIN) (topic.Standing, error) {
	l, err := s.newest(ctx, isin)
	if errors.Is(err, ErrUnknown) {
		err = fmt.Errorf("%w: %w", topic.ErrUnknown, err)
	}
	standing := topic.Standing{At: l.At, Translation: l.Decision.Translation, Numbers: l.State.Numbers}
	if err != nil || standing.Translation != nil || l.State.Translated == 0 {
		return standing, err
	}
	for made, err := range s.History(ctx, isin, l.State.Translated-1) { // each look is a record
		standing.Translation = made.Decision.Translation
		return standing, err
	}
	return standing, nil
}

// Health is how the service is, as far as it knows without asking anybody.
type Health struct {
	Live    int // instruments whose runners are kept
	Waiting int // instruments of which something new is known
	Jobs    int // that wait for their turn
	Sources []SourceHealth
}

// SourceHealth is how a source that has to be asked was the last time.
type SourceHealth struct {
	Name     string
	Problems []string // up to 20
}

// Health returns how the service is.
func (s *Service) Health() Health {
	h := Health{Live: s.live.size(), Waiting: s.waiting.size(), Jobs: len(s.jobs.next)}
	for _, from := range s.sources {
		h.Sources = append(h.Sources, SourceHealth{from.name, from.wrong()})
	}
	return h
}
