package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/makerfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
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
	last, err := lastState(ctx, db.Store(), bot.Key())
	if err != nil {
		return err
	}
	feed, err := feedOf(on.venues, bot.Maker.Pair, bot.Feeds, last.Price)
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
	if err := c.quote(ctx, on, bot, engine, world, db.Store()); err != nil || cfg.DeadMan == nil || bot.Maker.Mode == maker.DryRun {
		return err
	}
	// None of ours stands: left to run out, the timer would cancel others' orders.
	return cfg.DeadMan.CancelAllAfter(context.WithoutCancel(ctx), 0)
}

// quote runs a maker in its world.
func (c makerRun) quote(ctx context.Context, on host, bot makerfile.Bot, engine *maker.Engine, world *maker.World, journal evenkeel.Store) error {
	counted := metrics.New()
	stop, err := expose(ctx, on, bot.Metrics, counted.Handler())
	if err != nil {
		return err
	}
	defer stop()
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
	running, end := lasting(ctx, on, c.For)
	defer end()
	err = keep(running, on, log, job[maker.State, maker.Observation, maker.Decision]{bot.Key(), engine, watched, journal, bot.Every})
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

// warn writes alerts where whoever is on duty reads them.
func warn(log *zap.Logger, l watch.Look) {
	for _, a := range l.Alerts {
		alarm(log, a.What, a.Note)
	}
	if l.Cleared {
		log.Warn("nothing succeeded for too long: cancelled all orders", zap.String("fault", l.Fault))
	}
}
