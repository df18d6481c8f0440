package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/issuer"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/treasury"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// commands is the command line; a field with a Run method is a command.
type commands struct {
	Replay     replay          `cmd:"" default:"withargs" help:"Replay a weekend in which a peg was lost, and two years of its issuer with a liquidity pool (the default command)."`
	Targets    measure         `cmd:"" help:"Measure the performance targets of the Vault plan on the stabilizer."`
	StressEval evaluate        `cmd:"" help:"Measure the stress predictors on a synthetic system and on the US funding market."`
	Capital    capitalCommands `cmd:"" help:"Simulate a treasury's capital: leverage, liquidations, drawdowns, pegs."`
	Mesh       meshRun         `cmd:"" help:"Simulate pools that gold and bridges join, and what a year of orders does to them."`
}

// streams are where a command writes: what was asked for goes to out, all that
// is about the run itself to err.
type streams struct{ out, err io.Writer }

// Exit codes.
const (
	exitOK     = 0
	exitBroken = 1 // our fault, or an interrupt
	exitUsage  = 2 // the command line, a table or a file to write is not usable
)

// errUsage marks an error that is exitUsage.
var errUsage = errors.New("usage")

// usage marks err without changing what it says.
func usage(err error) error { return marked{err} }

type marked struct{ error }

func (m marked) Unwrap() []error { return []error{m.error, errUsage} }

// run is the program: args to exit code. Every failure is one line on stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli commands
	asked := false // for help, which kong prints itself
	parser, err := kong.New(&cli,
		kong.Name("simulator"),
		kong.Description("Replays the USDC weekend of March 2023 through the engines of the Evenkeel SDK, and simulates pools and capital."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { asked = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{stdout, stderr}),
	)
	if err != nil {
		return fail(stderr, err)
	}
	command, err := parser.Parse(args)
	switch {
	case asked:
		return exitOK
	case err != nil:
		return fail(stderr, usage(err))
	}
	if err := command.Run(); err != nil {
		return fail(stderr, err)
	}
	return exitOK
}

func fail(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintln(stderr, "simulator:", strings.ReplaceAll(err.Error(), "\n", "; "))
	for _, ours := range []error{
		errUsage, tape.ErrInvalid, weekend.ErrInvalid, issuer.ErrInvalid,
		patch.ErrInvalid, scenario.ErrInvalid, mesh.ErrInvalid, mesh.ErrUnknown,
		treasury.ErrInvalid, capital.ErrInvalid, capital.ErrUnknownScenario, capital.ErrUnknownProfile, capital.ErrShard,
	} {
		if errors.Is(err, ours) {
			return exitUsage
		}
	}
	return exitBroken
}
