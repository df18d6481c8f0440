package alps

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/feed"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/foresight"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Ports is everything that a Service touches.
type Ports struct {
	Store     evenkeel.Store
	Inbox     evenkeel.Inbox
	Chronicle chronicle.Chronicle
	Positions Positions
	Book      Book
	// Forget drops what is kept of answered requests, a part of it at a time.
	Forget func(ctx context.Context, before time.Time) (more bool, err error)
}

// Positions keeps those that others push.
type Positions interface {
	Put(ctx context.Context, source string, positions []liquidity.Position) error
	Feed(source string) liquidity.Feed
}

// Book is where providers and banks have their accounts.
type Book interface {
	Provider(id string) liquidity.Executor
	Contribute(ctx context.Context, provider, id string, amount decimal.Decimal) error
	SetLimits(ctx context.Context, provider string, l sql.Limits) error
	Net(ctx context.Context) (map[string]decimal.Decimal, error)
}

// PortsOf returns the ports of a pool that are kept in db.
func PortsOf(db *sql.DB, pool string) Ports {
	return Ports{
		Store: db.Store(), Inbox: db.Inbox(), Chronicle: db.Chronicle(Key(pool)),
		Positions: db.Positions(), Book: db.Settlement(), Forget: db.Requests().Forget,
	}
}

// Key names the journal and the inbox of a pool.
func Key(pool string) string { return "alps/" + pool }

// fund books what the providers contribute, each once under its approval.
func fund(ctx context.Context, book Book, providers []config.Provider) error {
	for _, p := range providers {
		if err := book.SetLimits(ctx, p.ID, sql.Limits{Min: p.Min, Max: p.Max}); err != nil {
			return fmt.Errorf("limits of provider %q: %w", p.ID, err)
		}
		for _, g := range p.Contributions {
			if err := book.Contribute(ctx, p.ID, g.Approval, g.Amount); err != nil {
				return fmt.Errorf("contribution %q of provider %q: %w", g.Approval, p.ID, err)
			}
		}
	}
	return nil
}

// world is the engine's, with what is wrong with single lines of files.
type world struct {
	*liquidity.World
	files []*feed.File
}

// Observe implements evenkeel.World.
func (w world) Observe(ctx context.Context, now time.Time, s liquidity.State) (liquidity.Observation, error) {
	seen, err := w.World.Observe(ctx, now, s)
	for _, f := range w.files {
		for i, problem := range f.Problems() {
			if i == maxProblems {
				break
			}
			seen.Faults[fmt.Sprintf("feed %s, problem %d", f.Name(), i+1)] = problem
		}
	}
	return seen, err
}

// maxProblems is how many of one file a look writes down.
const maxProblems = 20

// newWorld returns all that an engine sees and touches.
func newWorld(cfg config.ALPS, engine *liquidity.Engine, ports Ports, foresees *foresight.Foresight) (world, error) {
	w := world{}
	var feeds []liquidity.Feed
	for _, f := range cfg.Feeds {
		o := feed.Options{Name: f.Name, Kind: cfg.Engine.Kind, Currency: cfg.Engine.Currency, MaxAge: cfg.Engine.MaxAge}
		var told liquidity.Feed
		switch {
		case f.Push:
			told = ports.Positions.Feed(f.Name)
		case f.Sample:
			o.Net = ports.Book.Net
			file := feed.Sample(o)
			w.files, told = append(w.files, file), file
		default:
			if f.Net {
				o.Net = ports.Book.Net
			}
			file := feed.Open(f.File, o)
			w.files, told = append(w.files, file), file
		}
		feeds = append(feeds, foresees.Over(told))
	}
	executors := map[string]liquidity.Executor{}
	for _, p := range cfg.Providers {
		executors[p.ID] = ports.Book.Provider(p.ID)
	}
	var err error
	w.World, err = liquidity.NewWorld(liquidity.WorldConfig{
		Key: Key(cfg.Engine.Pool), Engine: engine, Feeds: feeds, Quorum: cfg.Quorum, Executors: executors, Inbox: ports.Inbox,
	})
	return w, err
}
