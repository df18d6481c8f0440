package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/shopspring/decimal"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/parityfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/town"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// parityCommands are those around a keeper of parity: to run one, and to say a word
// to it.
type parityCommands struct {
	Run    parityRun    `cmd:"" default:"withargs" help:"Keep one token at one price on two chains in memory (the default command)."`
	Pause  parityPause  `cmd:"" help:"Let it begin no trade and no transfer; what is on its way is followed."`
	Resume parityResume `cmd:"" help:"Let it trade again after a pause."`
	Reset  parityReset  `cmd:"" help:"Let it begin anew after a halt."`
	Accept parityAccept `cmd:"" help:"Book what the balances are above or below the books."`
}

// paritySample is the configuration of the two chains in memory.
//
//go:embed parity.yaml
var paritySample []byte

// readParity reads a configuration file; "" is the sample.
func readParity(path string) (parityfile.Bot, error) {
	if path == "" {
		return parityfile.Read(bytes.NewReader(paritySample), "parity.yaml")
	}
	f, err := os.Open(path)
	if err != nil {
		return parityfile.Bot{}, usage(err)
	}
	defer f.Close() //nolint:errcheck // only read from
	bot, err := parityfile.Read(f, path)
	if errors.Is(err, parityfile.ErrInvalid) {
		err = usage(err)
	}
	return bot, err
}

type (
	parityPause  struct{ parityWord }
	parityResume struct{ parityWord }
	parityReset  struct{ parityWord }
	parityAccept struct{ parityWord }
)

type parityWord struct {
	word
	Config string `help:"Configuration file (default: the sample)." placeholder:"parity.yaml"`
	State  string `help:"Where its journal and commands are kept, whatever the configuration says." placeholder:"sqlite:FILE"`
}

// Run pauses it.
func (c parityPause) Run(ctx context.Context, on host) error { return c.say(ctx, on, parity.Pause) }

// Run lets it trade again.
func (c parityResume) Run(ctx context.Context, on host) error { return c.say(ctx, on, parity.Resume) }

// Run ends a halt.
func (c parityReset) Run(ctx context.Context, on host) error { return c.say(ctx, on, parity.Reset) }

// Run books a difference.
func (c parityAccept) Run(ctx context.Context, on host) error { return c.say(ctx, on, parity.Accept) }

func (w parityWord) say(ctx context.Context, on host, do parity.Verb) error {
	bot, err := readParity(w.Config)
	if err != nil {
		return err
	}
	return w.to(ctx, on, listener{"keeper of parity", bot.Name, bot.Key(), cmp.Or(w.State, bot.State)}, string(do))
}

// parityRun is the command that keeps two chains together.
type parityRun struct {
	Config string        `help:"Configuration file (default: the sample, examples/bot/parity.yaml)." placeholder:"parity.yaml"`
	State  string        `help:"Where journal and commands are kept (default: memory, for the chains are there too)." placeholder:"sqlite:FILE"`
	DryRun bool          `help:"Decide and write down, and send nothing."`
	For    time.Duration `help:"End after so long (default: at Ctrl-C, or the end of the story)."`
	JSON   bool          `help:"Write JSON to stdout and nothing else: one object a look."`
}

// Run keeps parity in a strait.
func (c parityRun) Run(ctx context.Context, on host) error {
	if c.For < 0 {
		return usage(fmt.Errorf("for %v: must be > 0", c.For))
	}
	bot, err := readParity(c.Config)
	if err != nil {
		return err
	}
	bot.Engine.DryRun = c.DryRun
	books, err := openDemo(ctx, c.State, bot.Key())
	if err != nil {
		return err
	}
	defer books.close()
	strait, err := town.NewStrait(on.clock)
	if err != nil {
		return err
	}
	chains := [2]uint64{bot.Engine.Chains[0].ID, bot.Engine.Chains[1].ID}
	tell := show.NewParity(on.out, bot.Engine.Pair, chains, c.JSON)
	var story show.Crossing
	log := logger(on.err)
	err = alive(ctx, func(ctx context.Context) error {
		return strait.Live(ctx, bot.Engine.Chains[0].BlockTime, func(what string) { tell.Event(on.clock.Now(), what) })
	}, func(ctx context.Context) error {
		counted := metrics.NewParity(chains)
		return c.bridge(ctx, on, bot, strait, books, counted, func(l watch.Spread) {
			counted.Spread(l)
			story.Add(l)
			tell.Spread(l)
			for _, a := range l.Alerts {
				alarm(log, a.Code, a.Detail)
			}
		}, log)
	})
	if err != nil || c.JSON {
		return err
	}
	_, err = fmt.Fprint(on.out, story.Verdict(bot.Engine.Pair))
	return err
}

// bridge runs the engine between the two shores.
func (c parityRun) bridge(ctx context.Context, on host, bot parityfile.Bot, strait *town.Strait, books demoBooks, counted *metrics.Parity, tell func(watch.Spread), log *zap.Logger) error {
	engine, err := parity.New(bot.Engine)
	if err != nil {
		return usage(err)
	}
	stop, err := expose(ctx, on, bot.Metrics, counted.Handler())
	if err != nil {
		return err
	}
	defer stop()
	cfg := crossing(bot, engine, strait, books.inbox)
	world, err := parity.NewWorld(cfg)
	if err != nil {
		return usage(err)
	}
	watched := watch.Parity(engine, world, bot.GiveUp, func(ctx context.Context, s parity.State) error { return takeBack(ctx, cfg, s) }, tell)
	running, end := lasting(ctx, on, c.For)
	defer end()
	return keep(running, on, log, job[parity.State, parity.Observation, parity.Decision]{bot.Key(), engine, watched, books.journal, bot.Every})
}

// crossing is the engine's world: two shores, and the ferry between them.
func crossing(bot parityfile.Bot, engine *parity.Engine, strait *town.Strait, inbox evenkeel.Inbox) parity.WorldConfig {
	cfg := parity.WorldConfig{Key: bot.Key(), Engine: engine, Bridge: strait.Ferry(), Inbox: inbox}
	for i, shore := range strait.Shores {
		tokens := shore.Tokens(bot.Engine.Pair)
		base, quote := tokens[bot.Engine.Pair.Base], tokens[bot.Engine.Pair.Quote]
		cfg.Places[i] = parity.Place{
			Client: shore.Chain.Client(town.Keeper), Vault: shore.Stabilizer.Address(), Pool: shore.Pool.Address(), Oracle: strait,
			Base: parity.Token{Address: base.Address, Decimals: base.Decimals}, Quote: parity.Token{Address: quote.Address, Decimals: quote.Decimals},
		}
	}
	return cfg
}

// takeBack cancels the legs whose outcome is not known. A transfer has departed or
// not, and is followed in either case.
func takeBack(ctx context.Context, at parity.WorldConfig, s parity.State) error {
	var errs []error
	for _, l := range s.Watched() {
		if l.Outcome != "" && l.Outcome != parity.Waiting {
			continue
		}
		err := at.Places[l.Chain].Client.Cancel(ctx, l.ID, chain.GasPrice(l.GasGwei.Mul(replacement)))
		if !errors.Is(err, chain.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// replacement is more than the tenth that a node asks of what replaces.
var replacement = decimal.New(15, -1)

// alive runs work among people, and ends with the first of the two.
func alive(ctx context.Context, people, work func(context.Context) error) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	both, ctx := errgroup.WithContext(ctx)
	for _, do := range []func(context.Context) error{people, work} {
		both.Go(func() error {
			defer end()
			return do(ctx)
		})
	}
	return both.Wait()
}
