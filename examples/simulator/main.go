// Command simulator replays the weekend of March 2023 in which USDC lost its
// peg, through the engines of the SDK. It needs nothing but Go:
//
//	go run ./examples/simulator
//
// prints an hourly table and a verdict, and writes report.html. Prices and
// volumes of each hour are real; what is not is said in every output. Its mesh and
// capital commands simulate pools that bridges join, and a treasury's capital.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // asked twice, it stops at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
