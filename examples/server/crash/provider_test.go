//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// provider is a client of the server, who remembers what he was told. It may die
// as often as it likes: he asks again, with another proof.
type provider struct {
	user, address string
	units         []string
	pause         time.Duration // between two visits
	world         *world

	mu         sync.Mutex
	registered []string // units
	kept       []string // orders that the server said to keep
	failed     []string // visits, and why
}

// live visits the server, wherever it is, until ctx ends.
func (p *provider) live(ctx context.Context) error {
	var server *alp.Client
	var at *string
	err := every(ctx, p.pause, func() (done bool, err error) {
		address := p.world.address.Load()
		if address == nil {
			return false, nil
		}
		if address != at {
			if server, err = alp.New(alp.Config{Base: *address}); err != nil {
				return false, err
			}
			at = address
		}
		err = p.visit(ctx, server)
		if errors.Is(err, alp.ErrRefused) || errors.Is(err, transport.ErrNoAnswer) { // it is dead, or has no database
			p.note(func() { p.failed = append(p.failed, err.Error()) })
			err = nil
		}
		return false, err
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // he was sent away
	}
	return fmt.Errorf("provider %s: %w", p.user, err)
}

func (p *provider) note(what func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what()
}

// visit registers where that was not acknowledged yet, hands in a proof for each
// unit, and looks at what came of the others.
func (p *provider) visit(ctx context.Context, server *alp.Client) error {
	for _, unit := range p.units {
		if !slices.Contains(p.registered, unit) {
			_, err := server.Register(ctx, alp.Registration{User: p.user, Address: p.address, Exchange: venue.Test, Unit: unit})
			if err != nil && !errors.Is(err, alp.ErrRegistered) {
				return err
			}
			p.note(func() { p.registered = append(p.registered, unit) })
		}
		proof, orders, err := p.world.market.prove(ctx, p.user, unit)
		if err != nil {
			return err
		}
		if _, err := server.Submit(ctx, proof); err != nil {
			return err
		}
		p.note(func() { p.kept = append(p.kept, orders...) })
	}
	if _, err := server.Stats(ctx, p.user); err != nil {
		return err
	}
	if _, err := server.Orders(ctx, p.user); err != nil {
		return err
	}
	if _, err := server.Status(ctx); err != nil && !errors.Is(err, alp.ErrNoRound) {
		return err
	}
	return nil
}

// told returns a copy of what the provider was told so far.
func (p *provider) told() (registered, kept []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.registered), slices.Clone(p.kept)
}
