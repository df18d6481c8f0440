// Command simulator replays the weekend of March 2023 in which USDC lost its
// peg, through the engines of the SDK. It needs nothing but Go:
//
//	go run ./examples/simulator
//
// prints an hourly table and a verdict, and writes report.html. Prices and
// volumes of each hour are real; what is not is said in every output.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
