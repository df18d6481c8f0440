package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/alecthomas/kong"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
)

// commands is the command line; a field with a Run method is a command.
type commands struct {
	Serve   serve   `cmd:"" default:"withargs" help:"Run the server (the default command)."`
	Grant   grant   `cmd:"" help:"Fund the pool, once for each approval."`
	Payouts payouts `cmd:"" help:"Show what was paid out, or decide about a batch."`
	Verify  verify  `cmd:"" help:"Check that nobody has changed the journals, and that the same decisions come out again."`
	Config  struct {
		Check check `cmd:"" help:"Say everything that is wrong with a configuration file."`
		Show  show  `cmd:"" help:"Print the default configuration, with a comment on each key."`
	} `cmd:"" help:"Check a configuration, or print the default one."`
}

// source is where a command's configuration comes from.
type source struct {
	Path   string `name:"config" placeholder:"FILE" help:"Configuration (YAML); without it, an example runs: see 'config show'."`
	Listen string `placeholder:"HOST:PORT" help:"Where to listen, whatever the configuration says. PORT in the environment sets the port alone."`
	Port   string `hidden:"" env:"PORT"`

	Metrics string `env:"METRICS" placeholder:"HOST:PORT" help:"Where Prometheus asks, on loopback, or off."`
	DSN     string `name:"database" env:"DATABASE_URL" placeholder:"DSN" help:"sqlite:FILE or postgres://..., whatever the configuration says."`
}

// read returns the configuration, with what the command line has to say.
func (s source) read() (config.Config, error) {
	over := config.Override{Listen: s.Listen, Metrics: s.Metrics, DSN: s.DSN, Env: config.Environment(os.LookupEnv)}
	if over.Listen == "" && s.Port != "" {
		over.Listen = net.JoinHostPort("127.0.0.1", s.Port)
	}
	return config.Read(s.Path, over)
}

// streams are where a command writes: what was asked for goes to out, all that
// is about the run itself to err.
type streams struct{ out, err io.Writer }

// Exit codes.
const (
	exitOK     = 0
	exitBroken = 1 // our fault, or the world's
	exitUsage  = 2 // the command line or the configuration is not usable
)

// errUsage marks an error that is exitUsage.
var errUsage = errors.New("usage")

// run is the program: args to exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var cli commands
	asked := false // for help, which kong prints itself
	parser, err := kong.New(&cli,
		kong.Name("server"),
		kong.Description("Rewards liquidity providers, keeps banks liquid, and tells bond holders how liquid and how risky a bond is: the Evenkeel SDK's reference server."),
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
		return fail(stderr, fmt.Errorf("%w: %w", errUsage, err))
	}
	if err := command.Run(); err != nil {
		return fail(stderr, err)
	}
	return exitOK
}

func fail(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintln(stderr, "server:", err)
	if errors.Is(err, errUsage) || errors.Is(err, config.ErrInvalid) {
		return exitUsage
	}
	return exitBroken
}
