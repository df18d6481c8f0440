package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"os"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// keeperCommands are those around a keeper: to run one, and to say a word to it.
type keeperCommands struct {
	Run    keeperRun    `cmd:"" default:"withargs" help:"Hold a peg, on a chain in memory or on a real one (the default command)."`
	Pause  keeperPause  `cmd:"" help:"Let a keeper trade nothing more; it goes on watching."`
	Resume keeperResume `cmd:"" help:"Let a keeper trade again after a pause."`
	Reset  keeperReset  `cmd:"" help:"Let a keeper that has halted begin anew, with the day's losses at nothing."`
}

// keeperSample is the configuration of the chain in memory.
//
//go:embed keeper.yaml
var keeperSample []byte

const keeperSampleName = "keeper.yaml"

// readKeeper reads a configuration file; "" is the sample.
func readKeeper(path string) (keeperfile.Bot, error) {
	if path == "" {
		return keeperfile.Read(bytes.NewReader(keeperSample), keeperSampleName)
	}
	f, err := os.Open(path)
	if err != nil {
		return keeperfile.Bot{}, usage(err)
	}
	defer f.Close() //nolint:errcheck // only read from
	bot, err := keeperfile.Read(f, path)
	if errors.Is(err, keeperfile.ErrInvalid) {
		err = usage(err)
	}
	return bot, err
}

type (
	keeperPause  struct{ keeperWord }
	keeperResume struct{ keeperWord }
	keeperReset  struct{ keeperWord }
)

type keeperWord struct {
	word
	Config string `help:"Configuration file of the keeper (default: the sample)." placeholder:"keeper.yaml"`
	State  string `help:"Where its journal and commands are kept, whatever the configuration says." placeholder:"sqlite:FILE"`
}

// Run pauses a keeper.
func (c keeperPause) Run(ctx context.Context, on host) error { return c.say(ctx, on, stabilizer.Pause) }

// Run lets a keeper trade again.
func (c keeperResume) Run(ctx context.Context, on host) error {
	return c.say(ctx, on, stabilizer.Resume)
}

// Run ends a halt.
func (c keeperReset) Run(ctx context.Context, on host) error { return c.say(ctx, on, stabilizer.Reset) }

func (w keeperWord) say(ctx context.Context, on host, do stabilizer.Verb) error {
	bot, err := readKeeper(w.Config)
	if err != nil {
		return err
	}
	return w.to(ctx, on, listener{"keeper", bot.Name, bot.Key(), cmp.Or(w.State, bot.State)}, string(do))
}
