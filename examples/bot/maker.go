package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/makerfile"
)

// makerCommands are those around a maker: to run one, and to stop it.
type makerCommands struct {
	Run    makerRun   `cmd:"" default:"withargs" help:"Quote a ladder of orders around the price, at an exchange or on paper (the default command)."`
	Halt   makerHalt  `cmd:"" help:"Let a maker cancel all its orders and quote nothing more."`
	Resume makerAgain `cmd:"" help:"Let a maker quote again after a halt or a loss."`
}

// sample is the configuration that is quoted with where none is named.
//
//go:embed maker.yaml
var sample []byte

const sampleName = "maker.yaml"

// readMaker reads a configuration file; "" is the sample.
func readMaker(path string) (makerfile.Bot, error) {
	if path == "" {
		return makerfile.Read(bytes.NewReader(sample), sampleName)
	}
	f, err := os.Open(path)
	if err != nil {
		return makerfile.Bot{}, usage(err)
	}
	defer f.Close() //nolint:errcheck // only read from
	bot, err := makerfile.Read(f, path)
	if errors.Is(err, makerfile.ErrInvalid) {
		err = usage(err)
	}
	return bot, err
}

// left returns an error for each flag that was given where it means nothing.
func left(why string, flags ...struct{ name, value string }) error {
	var wrong []error
	for _, f := range flags {
		if f.value != "" {
			wrong = append(wrong, fmt.Errorf("%s %q: must be left out %s", f.name, f.value, why))
		}
	}
	return errors.Join(wrong...)
}
