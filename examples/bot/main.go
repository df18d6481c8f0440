// Command bot holds pegs on chains, and keeps the liquidity of one account at an
// exchange. To see it without an account anywhere: a peg that is pushed off and
// brought back, two chains that drift apart, a market maker through two days that
// really were, and a provider beside a server on this machine:
//
//	go run ./examples/bot keeper
//	go run ./examples/bot parity
//	go run ./examples/bot maker --paper
//
//	go run ./examples/server
//	go run ./examples/bot pool --paper
package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/chains"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends the work, a second one the program
	c := clock.New()
	code := run(ctx, os.Args[1:], host{
		os.Stdout, os.Stderr, c, http.DefaultTransport, serve, venue.World{Clock: c, Network: http.DefaultTransport}, chains.World{Clock: c, Network: http.DefaultTransport},
	})
	stop()
	os.Exit(code)
}
