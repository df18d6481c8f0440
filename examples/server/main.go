// Command server rewards liquidity providers, keeps banks liquid, and tells bond
// holders how liquid and how risky a bond is. It needs nothing but Go:
//
//	go run ./examples/server
//
// serves an example of all three on http://127.0.0.1:3333 and keeps its books in
// evenkeel.db, in the folder where it was started.
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
