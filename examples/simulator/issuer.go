package main

import (
	"context"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/issuer"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

// coin is a stablecoin whose issuer is to be replayed, nil for none.
type coin struct {
	supply tape.Supply
	setup  issuer.Setup
}

// issuer returns what the flags say of the issuer and its pool.
func (c *replay) issuer() (*coin, error) {
	if len(c.Pool) == 1 && c.Pool[0] == "0" {
		return nil, nil
	}
	s := issuer.Defaults()
	var err error
	if s.Pools, err = amounts("--pool", c.Pool); err != nil {
		return nil, usage(err)
	}
	if s.Liquid, err = amount("--liquid", c.Liquid); err != nil {
		return nil, usage(err)
	}
	if s.Pace, err = amount("--pace", c.Pace); err != nil {
		return nil, usage(err)
	}
	supply, err := tape.Stablecoin(c.Asset)
	if err != nil {
		return nil, err
	}
	return &coin{supply, s}, s.Validate()
}

// replay lives through what the supply did.
func (c *coin) replay(ctx context.Context, shown *progress) (*issuer.Result, error) {
	if c == nil {
		return nil, nil
	}
	const stage = "issuer and pool"
	shown.show(stage, 0, 1)
	r, err := issuer.Replay(ctx, c.supply, c.setup)
	shown.show(stage, 1, 1)
	return &r, err
}
