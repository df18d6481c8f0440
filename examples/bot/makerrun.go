package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/makerfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/replay"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/weekend"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// makerRun is the command that quotes.
type makerRun struct {
	Config string        `help:"Configuration file (with --paper, default: the sample, examples/bot/maker.yaml)." placeholder:"maker.yaml"`
	Paper  bool          `help:"Quote through two days of March 2023 on a venue in memory, in seconds."`
	Budget string        `help:"With --paper: what the account begins with, of each asset (default 100000)."`
	Share  string        `help:"With --paper: part of the real flow beyond our prices that reaches us (default 0.1)."`
	FeeBps string        `name:"fee-bps" help:"With --paper: the venue's fee for a maker (default 1)."`
	State  string        `help:"Where journal and commands are kept, whatever the configuration says; with --paper a file of its own (default: memory)." placeholder:"sqlite:FILE"`
	For    time.Duration `help:"End after so long (default: at Ctrl-C; with --paper after all of it)."`
	JSON   bool          `help:"Write JSON to stdout and nothing else: with --paper the result, else one object a look."`
}

// What stands where nothing is said, with --paper.
const (
	defaultBudget = "100000"
	defaultShare  = "0.1"
	defaultFeeBps = "1"
)

// Run quotes, on paper or for real.
func (c makerRun) Run(ctx context.Context, on host) error {
	if c.For < 0 {
		return usage(fmt.Errorf("for %v: must be > 0", c.For))
	}
	if c.Paper {
		return c.onPaper(ctx, on)
	}
	if c.Config == "" {
		return usage(errors.New("config \"\": must name a configuration file (or quote on paper: bot maker --paper)"))
	}
	type flag = struct{ name, value string }
	if err := left("without --paper", flag{"budget", c.Budget}, flag{"share", c.Share}, flag{"fee-bps", c.FeeBps}); err != nil {
		return usage(err)
	}
	bot, err := readMaker(c.Config)
	if err != nil {
		return err
	}
	bot.State = cmp.Or(c.State, bot.State)
	return c.atExchange(ctx, on, bot)
}

// onPaper replays the weekend and says what became of it.
func (c makerRun) onPaper(ctx context.Context, on host) error {
	bot, err := readMaker(c.Config)
	if err != nil {
		return err
	}
	cfg, err := c.replayOf(bot)
	if err != nil {
		return err
	}
	if c.State != "" {
		db, err := openState(ctx, c.State)
		if err != nil {
			return err
		}
		defer db.Close() //nolint:errcheck // every record is on disk when it was written
		cfg.Journal = db.Store()
	}
	bar := show.Progress{To: on.err, What: "quoting through the weekend"}
	cfg.Progress = bar.Set
	result, err := replay.Run(ctx, cfg)
	bar.Clear()
	if errors.Is(err, replay.ErrInvalid) || errors.Is(err, exchange.ErrInvalid) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return show.ReplayJSON(on.out, result)
	}
	_, err = fmt.Fprint(on.out, show.Replay(cfg, result))
	return err
}

// replayOf returns the replay of a configuration: its ladders, and the market as
// it was.
func (c makerRun) replayOf(bot makerfile.Bot) (replay.Config, error) {
	budget, budgetErr := positive("budget", cmp.Or(c.Budget, defaultBudget))
	share, shareErr := positive("share", cmp.Or(c.Share, defaultShare))
	fee, feeErr := decimal.NewFromString(cmp.Or(c.FeeBps, defaultFeeBps))
	if feeErr != nil || fee.IsNegative() || fee.GreaterThan(decimal.NewFromInt(100)) || strings.ContainsAny(c.FeeBps, "eE") {
		feeErr = fmt.Errorf("fee-bps %.40q: must be 0 to 100", c.FeeBps)
	}
	minutes, err := weekend.Minutes()
	if err := errors.Join(budgetErr, shareErr, feeErr, err); err != nil {
		return replay.Config{}, usage(err)
	}
	if c.For > 0 {
		minutes = minutes[:min(len(minutes), int((c.For+time.Minute-1)/time.Minute))]
	}
	cfg := replay.Config{
		Maker: bot.Maker, Filter: bot.Feeds.Filter, Market: weekend.Market(fee), Minutes: minutes,
		Base: budget, Quote: budget, Share: share, Key: bot.Key(), Journal: &memory.Store{Limit: 2},
	}
	cfg.Filter.Quorum, cfg.Filter.Confirmations = 1, 1 // the market itself is the one source
	if err := bot.Suits(cfg.Market, minutes[0].Open); err != nil {
		return replay.Config{}, usage(err)
	}
	return cfg, nil
}
