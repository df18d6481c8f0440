package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// makerHalt and makerAgain put a person's word where a maker reads it before it
// places anything more, also one that runs in another program.
type (
	makerHalt  struct{ makerWord }
	makerAgain struct{ makerWord }
)

type makerWord struct {
	word
	Config string `help:"Configuration file of the maker." required:"" placeholder:"maker.yaml"`
	State  string `help:"Where its journal and commands are kept, whatever the configuration says." placeholder:"sqlite:FILE"`
}

// Run halts a maker.
func (c makerHalt) Run(ctx context.Context, on host) error { return c.say(ctx, on, maker.Halt) }

// Run lets a maker quote again.
func (c makerAgain) Run(ctx context.Context, on host) error { return c.say(ctx, on, maker.Resume) }

func (w makerWord) say(ctx context.Context, on host, do maker.Verb) error {
	if err := w.validate(); err != nil {
		return err
	}
	bot, err := readMaker(w.Config)
	if err != nil {
		return err
	}
	body, err := json.Marshal(maker.Command{By: w.By, Do: do, Why: w.Why})
	if err != nil {
		return err
	}
	to := listener{"maker", bot.Maker.Name, bot.Key(), cmp.Or(w.State, bot.State)}
	last, err := to.tell(ctx, random(), body)
	if err != nil {
		return err
	}
	return to.heard(on, string(do), w.By, last)
}

// lastState returns what a maker knew when it last looked; nothing if it never did.
func lastState(ctx context.Context, journal evenkeel.Store, key string) (maker.State, error) {
	var s maker.State
	last, err := journal.Last(ctx, key)
	if errors.Is(err, evenkeel.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(last.State, &s); err != nil {
		return maker.State{}, fmt.Errorf("state of %s: %w", last.ID(), err)
	}
	return s, nil
}
