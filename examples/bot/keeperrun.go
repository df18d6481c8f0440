package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeper"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/town"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/vault"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// keeperRun is the command that holds a peg.
type keeperRun struct {
	Config string        `help:"Configuration file (default: the sample, examples/bot/keeper.yaml, which has a chain in memory)." placeholder:"keeper.yaml"`
	Live   bool          `help:"Send transactions. Without it a dry run decides, writes down and sends nothing."`
	State  string        `help:"Where journal and commands are kept, whatever the configuration says (with a chain in memory, default: memory)." placeholder:"sqlite:FILE"`
	For    time.Duration `help:"End after so long (default: at Ctrl-C; with a chain in memory at the end of its story)."`
	JSON   bool          `help:"Write JSON to stdout and nothing else: one object a look."`
}

// Run holds a peg.
func (c keeperRun) Run(ctx context.Context, on host) error {
	if c.For < 0 {
		return usage(fmt.Errorf("for %v: must be > 0", c.For))
	}
	bot, err := readKeeper(c.Config)
	if err != nil {
		return err
	}
	if bot.Place.Demo {
		return c.inMemory(ctx, on, bot)
	}
	bot.State, bot.Engine.DryRun = cmp.Or(c.State, bot.State), !c.Live
	db, err := openState(ctx, bot.State)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // every record is on disk when it was written
	node, err := on.nodes.Open(ctx, bot, db.Store())
	if err != nil {
		return unfit(err)
	}
	defer node.Close()
	found, err := keeper.Look(ctx, node, bot, on.clock.Now())
	if err != nil {
		return unfit(err)
	}
	return c.hold(ctx, on, &hold{
		bot: bot, node: node, inverted: found.Inverted, journal: db.Store(), inbox: db.Inbox(),
		tell: show.NewKeeper(on.out, bot.Engine.Pair, c.JSON),
	})
}

// unfit marks what a person has to change before a keeper can work.
func unfit(err error) error {
	if errors.Is(err, keeper.ErrUnfit) || errors.Is(err, chain.ErrInvalid) {
		return usage(err)
	}
	return err
}

// inMemory holds the peg of a town.
func (c keeperRun) inMemory(ctx context.Context, on host, bot keeperfile.Bot) error {
	if c.Live {
		return usage(errors.New("live true: must be left out with a chain in memory, where all is live and nothing real"))
	}
	books, err := openDemo(ctx, c.State, bot.Key())
	if err != nil {
		return err
	}
	defer books.close()
	place, err := town.New(on.clock.Now())
	if err != nil {
		return err
	}
	bot.Place.Stabilizer, bot.Place.Pool = place.Stabilizer.Address(), place.Pool.Address()
	bot.Place.Tokens, bot.Vault = place.Tokens(bot.Engine.Pair), town.Vault
	h := &hold{
		bot: bot, node: place.Chain.Client(town.Keeper), journal: books.journal, inbox: books.inbox,
		tell: show.NewKeeper(on.out, bot.Engine.Pair, c.JSON),
	}
	err = alive(ctx, func(ctx context.Context) error {
		return place.Live(ctx, on.clock, bot.Engine.BlockTime, func(what string) { h.tell.Event(on.clock.Now(), what) })
	}, func(ctx context.Context) error { return c.hold(ctx, on, h) })
	if err != nil || c.JSON {
		return err
	}
	_, err = fmt.Fprint(on.out, h.story.Verdict(bot.Engine.Pair))
	return err
}

// hold is a keeper at work.
type hold struct {
	bot      keeperfile.Bot
	node     chain.Client
	inverted bool
	journal  evenkeel.Store
	inbox    evenkeel.Inbox
	tell     *show.Keeper
	story    show.Story
}

// hold runs the engine and, beside it, the watch over its reserve.
func (c keeperRun) hold(ctx context.Context, on host, h *hold) error {
	engine, err := stabilizer.New(h.bot.Engine)
	if err != nil {
		return usage(err)
	}
	guard, err := monitor.New(h.bot.Reserve)
	if err != nil {
		return usage(err)
	}
	counted := metrics.NewKeeper(h.bot.Peg, h.bot.Owed)
	stop, err := expose(ctx, on, h.bot.Metrics, counted.Handler())
	if err != nil {
		return err
	}
	defer stop()
	log := logger(on.err)
	if h.bot.Engine.DryRun {
		log.Info("dry run: decides, and sends nothing (--live sends)", zap.String("keeper", h.bot.Name))
	}
	for _, w := range h.bot.Engine.Warnings() {
		log.Warn(w)
	}
	peg, err := h.peg(on.venues, engine, func(p watch.Peg) {
		counted.Peg(p)
		h.story.Add(p)
		h.tell.Peg(p)
		for _, a := range p.Alerts {
			alarm(log, a.Code, a.Detail)
		}
	})
	if err != nil {
		return err
	}
	pair := h.bot.Engine.Pair
	reserves := watch.Reserves(vault.New(vault.Config{
		Chain: h.node, Base: h.bot.Place.Tokens[pair.Base], Quote: h.bot.Place.Tokens[pair.Quote], Peg: h.bot.Peg,
		Stabilizer: h.bot.Place.Stabilizer, Vault: h.bot.Vault, Patience: h.bot.Reserve.RefillPatience,
	}), func(r watch.Reserve) {
		counted.Reserve(r)
		h.tell.Reserve(r)
		for _, a := range r.Alerts {
			alarm(log, a, "reserve")
		}
	})
	running, end := lasting(ctx, on, c.For)
	defer end()
	both, running := errgroup.WithContext(running)
	both.Go(func() error {
		return keep(running, on, log, job[stabilizer.State, stabilizer.Observation, stabilizer.Decision]{h.bot.Key(), engine, peg, h.journal, h.bot.Every})
	})
	both.Go(func() error {
		return keep(running, on, log, job[monitor.State, monitor.Observation, monitor.Decision]{h.bot.ReserveKey(), guard, reserves, h.journal, reserveEvery})
	})
	return both.Wait()
}

// reserveEvery is how often a reserve is looked at: its engine thinks in minutes.
const reserveEvery = 10 * time.Second

// peg returns the watched world of the engine.
func (h *hold) peg(venues venues, engine *stabilizer.Engine, tell func(watch.Peg)) (evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision], error) {
	cfg := stabilizer.WorldConfig{
		Key: h.bot.Key(), Engine: engine, Chain: h.node, Stabilizer: h.bot.Place.Stabilizer, Pool: h.bot.Place.Pool,
		Inverted: h.inverted, Tokens: h.bot.Place.Tokens, Peg: h.bot.Peg, Inbox: h.inbox,
	}
	if h.bot.Market != nil {
		market, err := feedOf(venues, h.bot.Engine.Pair, *h.bot.Market, h.bot.Peg)
		if err != nil {
			return nil, err
		}
		cfg.Market = market
	}
	if public := !h.bot.Place.Demo && len(h.bot.Place.Private) == 0; public {
		cfg.Enrich = func(_ context.Context, _ time.Time, b *stabilizer.Block) error {
			b.PublicOnly = true
			return nil
		}
	}
	world, err := stabilizer.NewWorld(cfg)
	if err != nil {
		return nil, usage(err)
	}
	cancel := func(ctx context.Context, s stabilizer.State) error {
		return keeper.Cancel(ctx, h.node, h.bot.Engine, s)
	}
	return watch.Keeper(engine, world, h.bot.GiveUp, cancel, tell), nil
}
