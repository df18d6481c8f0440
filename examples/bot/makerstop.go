package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// makerHalt and makerAgain put a person's word where a maker reads it before it
// places anything more, also one that runs in another program.
type (
	makerHalt  struct{ word }
	makerAgain struct{ word }
)

// word is what a person says to a maker.
type word struct {
	By     string `help:"Who says so." required:"" placeholder:"NAME"`
	Why    string `help:"Why, for the journal."`
	Config string `help:"Configuration file of the maker." required:"" placeholder:"maker.yaml"`
	State  string `help:"Where its journal and commands are kept, whatever the configuration says." placeholder:"sqlite:FILE"`
}

// Run halts a maker.
func (c makerHalt) Run(ctx context.Context, on host) error { return c.say(ctx, on, maker.Halt) }

// Run lets a maker quote again.
func (c makerAgain) Run(ctx context.Context, on host) error { return c.say(ctx, on, maker.Resume) }

// maxWord is how long a name or a reason may be, in bytes.
const maxWord = 200

func (w word) say(ctx context.Context, on host, do maker.Verb) error {
	if w.By == "" || len(w.By) > maxWord || len(w.Why) > maxWord {
		return usage(fmt.Errorf("by %.40q, why %.40q: must have 1 and 0 to %d bytes", w.By, w.Why, maxWord))
	}
	bot, err := readMaker(w.Config)
	if err != nil {
		return err
	}
	if w.State != "" {
		bot.State = w.State
	}
	if path, file := strings.CutPrefix(bot.State, "sqlite:"); file {
		if _, err := os.Stat(path); err != nil { // opening would make one
			return usage(fmt.Errorf("state %q: must exist: %w", bot.State, err))
		}
	}
	db, err := openState(ctx, bot.State)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the command is on disk when it was put
	last, err := db.Store().Last(ctx, bot.Key())
	if errors.Is(err, evenkeel.ErrNotFound) {
		return usage(fmt.Errorf("name %q: must be that of a maker that has run with state %s", bot.Maker.Name, bot.State))
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(maker.Command{By: w.By, Do: do, Why: w.Why})
	if err != nil {
		return err
	}
	if err := db.Inbox().Put(ctx, bot.Key(), random(), body); err != nil {
		return err
	}
	_, err = fmt.Fprintf(on.out, "%s by %s is written down. The maker %s looked last at %s, %s ago, and obeys when it looks next.\n",
		do, w.By, bot.Maker.Name, last.At.Format(time.DateTime), on.clock.Now().Sub(last.At).Truncate(time.Second))
	return err
}

// lastState returns what a maker knew when it last looked.
func lastState(ctx context.Context, journal evenkeel.Store, key string) (maker.State, error) {
	last, err := journal.Last(ctx, key)
	if err != nil {
		return maker.State{}, err
	}
	var s maker.State
	if err := json.Unmarshal(last.State, &s); err != nil {
		return maker.State{}, fmt.Errorf("state of %s: %w", last.ID(), err)
	}
	return s, nil
}
