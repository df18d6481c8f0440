package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeper"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// commands is the command line; a field with a Run method is a command.
type commands struct {
	Pool   poolCommand    `cmd:"" help:"Earn rewards at an ALP pool for the orders that an account keeps open."`
	Maker  makerCommands  `cmd:"" help:"Quote a ladder of orders around a price and keep it there."`
	Keeper keeperCommands `cmd:"" help:"Hold a token at its peg through a stabilizer contract."`
	Parity parityCommands `cmd:"" help:"Keep a token at one price on two chains."`

	Contract contractCommands `cmd:"" help:"What people do with the stabilizer contract of a keeper."`
}

// host is what a command runs on. What was asked for goes to out, all that is
// about the run itself to err.
type host struct {
	out, err io.Writer
	clock    clock.Clock
	network  http.RoundTripper
	serve    func(ctx context.Context, address string, handler http.Handler) (stop func(), err error)
	venues   venues
	nodes    nodes
}

// venues is where accounts and books are.
type venues interface {
	Account(name string, key keys.API) (exchange.Client, error)
	Books(name string) (exchange.BookReader, error)
}

// nodes is where chains are. Whoever opens a node closes it.
type nodes interface {
	Open(ctx context.Context, bot keeperfile.Bot, journal evenkeel.Store) (keeper.Node, error)
}

// Exit codes.
const (
	exitOK     = 0
	exitBroken = 1 // somebody did not do what was promised: we, the server, the network
	exitUsage  = 2 // the command line, the configuration or a key file is not usable
)

// errUsage marks an error that is exitUsage.
var errUsage = errors.New("usage")

// usage marks err without changing what it says.
func usage(err error) error { return marked{err} }

type marked struct{ error }

func (m marked) Unwrap() []error { return []error{m.error, errUsage} }

// run is the program: args to exit code. Every failure is a line on stderr, and so
// is everything that is wrong with a configuration.
func run(ctx context.Context, args []string, on host) int {
	var cli commands
	asked := false // for help, which kong prints itself
	parser, err := kong.New(&cli,
		kong.Name("bot"),
		kong.Description("Keeps pegs and liquidity level with the engines of the Evenkeel SDK."),
		kong.Writers(on.out, on.err),
		kong.Exit(func(int) { asked = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(on),
	)
	if err != nil {
		return fail(on.err, err)
	}
	command, err := parser.Parse(args)
	switch {
	case asked:
		return exitOK
	case err != nil:
		return fail(on.err, usage(err))
	}
	if err := command.Run(); err != nil {
		return fail(on.err, err)
	}
	return exitOK
}

func fail(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintln(stderr, "bot:", strings.ReplaceAll(err.Error(), "\n", "\nbot: "))
	for _, ours := range []error{errUsage, keys.ErrInvalid, exchange.ErrInvalid} {
		if errors.Is(err, ours) {
			return exitUsage
		}
	}
	return exitBroken
}
