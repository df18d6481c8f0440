// Command bot keeps the liquidity of one account and shows what it earns. To see
// it without an account anywhere, beside a server on this machine:
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends the work, a second one the program
	code := run(ctx, os.Args[1:], host{os.Stdout, os.Stderr, clock.New(), http.DefaultTransport, serve})
	stop()
	os.Exit(code)
}
