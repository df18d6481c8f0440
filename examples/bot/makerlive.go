package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/makerfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// goodbye bounds how long a maker that ends tries to cancel its orders, and
// between is the pause between two tries.
const (
	goodbye = 30 * time.Second
	between = time.Second
)

// atExchange quotes at a real exchange until ctx ends, and then leaves nothing
// standing.
func (c makerRun) atExchange(ctx context.Context, on host, bot makerfile.Bot) error {
	if err := bot.Live(venue.Names(), venue.BooksAt()); err != nil {
		return usage(err)
	}
	api, err := keys.ReadAPI(bot.KeyFile)
	if err != nil {
		return usage(err)
	}
	account, err := on.venues.Account(bot.Venue, api)
	if err != nil {
		return usage(err)
	}
	if err := suits(ctx, account, bot); err != nil {
		return err
	}
	db, err := openState(ctx, bot.State)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // every record is on disk when it was written
	engine, err := maker.New(bot.Maker)
	if err != nil {
		return usage(err)
	}
	feed, err := feedOf(ctx, on.venues, bot, db.Store())
	if err != nil {
		return err
	}
	cfg := maker.WorldConfig{Key: bot.Key(), Engine: engine, Venue: account, Feed: feed, Inbox: db.Inbox()}
	if bot.DeadMan > 0 {
		timer, has := account.(maker.DeadMan)
		if !has {
			return usage(fmt.Errorf("dead_man %v: must be left out: %s has no timer that this SDK can set", bot.DeadMan, bot.Venue))
		}
		cfg.DeadMan, cfg.Patience = timer, bot.DeadMan
	}
	world, err := maker.NewWorld(cfg)
	if err != nil {
		return err
	}
	if err := c.quote(ctx, on, bot, engine, world, db); err != nil || cfg.DeadMan == nil || bot.Maker.Mode == maker.DryRun {
		return err
	}
	// None of ours stands: left to run out, the timer would cancel others' orders.
	return cfg.DeadMan.CancelAllAfter(context.WithoutCancel(ctx), 0)
}

// quote runs a maker in its world.
func (c makerRun) quote(ctx context.Context, on host, bot makerfile.Bot, engine *maker.Engine, world *maker.World, db *sql.DB) error {
	counted := metrics.New()
	if bot.Metrics != "" {
		stop, err := on.serve(ctx, bot.Metrics, counted.Handler())
		if err != nil {
			return usage(fmt.Errorf("metrics: %w", err))
		}
		defer stop()
	}
	log := logger(on.err)
	tell := show.Looks(on.out, bot.Maker.Pair)
	if c.JSON {
		tell = show.LooksJSON(on.out)
	}
	patience := bot.Maker.CancelAll
	if bot.Maker.Mode == maker.DryRun {
		patience = 0 // there is nothing to cancel
		log.Info("dry run: decides, and sends nothing (live: true sends)", zap.String("maker", bot.Maker.Name))
	}
	watched := watch.New(world, patience, func(l watch.Look) {
		counted.Look(l)
		warn(log, l)
		tell(l)
	})
	runner, err := evenkeel.NewRunner(bot.Key(), engine, watched, db.Store(), evenkeel.Options{Every: bot.Every, Clock: on.clock, Log: log})
	if err != nil {
		return err
	}
	running := ctx
	if c.For > 0 {
		var end context.CancelFunc
		running, end = on.clock.WithTimeout(ctx, c.For)
		defer end()
	}
	err = runner.Run(running)
	if running.Err() != nil {
		err = nil // it was told to end
	}
	if bot.Maker.Mode == maker.DryRun {
		return err
	}
	return errors.Join(err, leave(ctx, on.clock, world, log))
}

// suits asks whether the exchange trades the pair, and would take the orders.
func suits(ctx context.Context, account exchange.Client, bot makerfile.Bot) error {
	market, err := account.Market(ctx, bot.Maker.Pair)
	if errors.Is(err, exchange.ErrNotFound) {
		return usage(fmt.Errorf("pair %q: must be traded at %s: %w", bot.Maker.Pair.String(), bot.Venue, err))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", bot.Venue, err)
	}
	ticker, err := account.Ticker(ctx, bot.Maker.Pair)
	if err != nil {
		return fmt.Errorf("%s: %w", bot.Venue, err)
	}
	price := ticker.Last
	if price.IsZero() {
		price = ticker.Bid
	}
	if price.IsZero() {
		return nil // nobody has ever traded there
	}
	if err := bot.Suits(market, price); err != nil {
		return usage(err)
	}
	return nil
}

// feedOf returns what the sources agree on. After a restart it goes on from the
// last price that counted.
func feedOf(ctx context.Context, venues venues, bot makerfile.Bot, journal evenkeel.Store) (exchange.PriceFeed, error) {
	var sources []exchange.Source
	for _, name := range bot.Feeds.Sources {
		books, err := venues.Books(name)
		if err != nil {
			return nil, usage(err)
		}
		sources = append(sources, exchange.Source{
			Name: name, Pair: bot.Maker.Pair,
			Feed: exchange.Mid{Name: name, Books: books, MaxSpreadBps: bot.Feeds.MaxSpreadBps, MaxAge: bot.Maker.MaxAge},
		})
	}
	filter, err := exchange.NewFilter(bot.Feeds.Filter)
	if err != nil {
		return nil, usage(err)
	}
	state, err := lastState(ctx, journal, bot.Key())
	if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
		return nil, err
	}
	return exchange.NewFeed(bot.Maker.Pair, filter, sources, exchange.FilterState{Reference: state.Price})
}

// leave cancels all orders of ours, again and again until two looks in a row went
// well: what was on its way at the first one is found by the second.
func leave(ctx context.Context, clk clock.Clock, world *maker.World, log *zap.Logger) error {
	ctx, end := clk.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer end()
	for clean := 0; ; {
		err := world.Clear(ctx)
		if clean++; err != nil {
			clean = 0
		}
		if clean == 2 {
			log.Info("cancelled all orders")
			return nil
		}
		timer := clk.Timer(between)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("orders may still stand at the exchange: %w", errors.Join(err, ctx.Err()))
		}
	}
}

// logger writes lines for people.
func logger(to io.Writer) *zap.Logger {
	cfg := zap.NewProductionEncoderConfig()
	cfg.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(cfg), zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel))
}

// warn writes alerts where whoever is on duty reads them.
func warn(log *zap.Logger, l watch.Look) {
	for _, a := range l.Alerts {
		log.Warn("alert", zap.String("what", string(a.What)), zap.String("note", a.Note))
	}
	if l.Cleared {
		log.Warn("nothing succeeded for too long: cancelled all orders", zap.String("fault", l.Fault))
	}
}
