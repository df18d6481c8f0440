package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/desk"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// poolCommand is the command that provides liquidity to an ALP pool.
type poolCommand struct {
	settings `embed:""`

	Config string        `help:"Configuration file; flags win over it." placeholder:"bot.yaml" type:"existingfile"`
	Paper  bool          `help:"Trade on a venue in memory, served on loopback, instead of a real one."`
	User   string        `help:"With --paper: name of the account (default: a fresh one)."`
	Listen string        `help:"With --paper: loopback address of the venue (default 127.0.0.1:3334)."`
	Price  string        `help:"With --paper: what one unit costs in NBT (default: what the server says)."`
	Size   string        `help:"With --paper: NBT in the smallest order (default 100)."`
	Once   bool          `help:"Submit once, show what the server says, and end."`
	For    time.Duration `help:"End after so long (default: at Ctrl-C)."`
	JSON   bool          `help:"Write one JSON object a line to stdout and nothing else."`
}

// What stands where nothing is said, with --paper.
const (
	defaultListen = "127.0.0.1:3334"
	defaultSize   = "100"
)

// looks is how often the bot looks between two submissions.
const looks = 12

// Run provides until ctx ends.
func (c *poolCommand) Run(ctx context.Context, on host) error {
	set := c.settings
	if c.Config != "" {
		file, err := readSettings(c.Config)
		if err != nil {
			return usage(err)
		}
		set = set.over(file)
	}
	set = set.complete(c.Paper)
	if err := errors.Join(set.validate(c.Paper), c.validate()); err != nil {
		return usage(err)
	}
	key, err := identity(set.IdentityFile)
	if err != nil {
		return usage(err)
	}
	server, err := alp.New(alp.Config{Base: set.Server, Key: key, Clock: on.clock, RoundTripper: on.network})
	if err != nil {
		return usage(err)
	}
	market, err := marketOf(ctx, server, set)
	if err != nil {
		return err
	}
	pair, err := exchange.ParsePair(set.Pair)
	if err != nil {
		return usage(err)
	}
	provider := pool.Config{
		Server: server, Pair: pair, Exchange: set.Exchange, Unit: set.Unit, Address: set.Address,
		Every: set.Every, Look: set.Every / looks, Clock: on.clock, Tell: c.teller(on),
	}
	if c.Paper {
		return c.onPaper(ctx, on, provider, market)
	}
	return c.atVenue(ctx, provider, set)
}

// validate returns what is wrong with the flags that are no settings.
func (c *poolCommand) validate() error {
	var wrong []error
	for _, f := range []struct{ name, value string }{{"user", c.User}, {"listen", c.Listen}, {"price", c.Price}, {"size", c.Size}} {
		switch number := f.name == "price" || f.name == "size"; {
		case f.value == "":
		case !c.Paper:
			wrong = append(wrong, fmt.Errorf("%s %q: must be left out without --paper", f.name, f.value))
		case number:
			_, err := positive(f.name, f.value)
			wrong = append(wrong, err)
		}
	}
	if c.For < 0 {
		wrong = append(wrong, fmt.Errorf("for %v: must be > 0", c.For))
	}
	return errors.Join(wrong...)
}

// atVenue provides what is open at a real exchange.
func (c *poolCommand) atVenue(ctx context.Context, cfg pool.Config, set settings) error {
	api, err := keys.ReadAPI(set.KeyFile)
	if err != nil {
		return usage(err)
	}
	if cfg.Prover, err = venue.Prover(set.Venue, api); err != nil {
		return usage(err)
	}
	p := pool.New(cfg)
	if err := c.provide(ctx, p, cfg.Clock); err != nil {
		return err
	}
	return outcome(p)
}

// onPaper provides a ladder at a venue of its own, and shows that it earns while
// it stands and no longer.
func (c *poolCommand) onPaper(ctx context.Context, on host, cfg pool.Config, market alp.Market) error {
	d, err := c.openDesk(ctx, cfg, market)
	if err != nil {
		return err
	}
	stop, err := on.serve(ctx, cmp.Or(c.Listen, defaultListen), d.Handler())
	if err != nil {
		return usage(err)
	}
	defer stop()
	cfg.Prover, cfg.Orders = d.Prover(), d.Orders
	p := pool.New(cfg)
	if err := c.provide(ctx, p, cfg.Clock); err != nil || c.Once {
		return err
	}
	// ctx may have ended: what follows is short, bounded, and the point of it all.
	ctx = context.WithoutCancel(ctx)
	if err := d.Cancel(ctx); err != nil {
		return err
	}
	cfg.Say(pool.Cancelled, "cancelled all orders; waiting for a round that credits nothing (Ctrl-C ends at once)")
	if err := p.Leave(ctx); err != nil {
		return err
	}
	if rounds, _ := p.Outcome(); rounds == 0 {
		return errors.New("no round credited anything while the orders stood")
	}
	return outcome(p)
}

// openDesk returns a desk with a ladder around the price.
func (c *poolCommand) openDesk(ctx context.Context, cfg pool.Config, market alp.Market) (*desk.Desk, error) {
	size, err := positive("size", cmp.Or(c.Size, defaultSize))
	if err != nil {
		return nil, err
	}
	price, err := c.price(ctx, cfg)
	if err != nil {
		return nil, err
	}
	user := cmp.Or(c.User, "paper-"+random())
	d, err := desk.Open(user, cfg.Pair, cfg.Clock)
	if err != nil {
		return nil, err
	}
	peg, _ := decimal.NewFromInt(1).QuoRem(price, 18)
	ladder, err := desk.Ladder(user, cfg.Pair, market, peg, size)
	if err != nil {
		return nil, fmt.Errorf("ladder around %v: %w", peg, err)
	}
	if err := d.Place(ctx, ladder); err != nil {
		return nil, err
	}
	cfg.Say(pool.Placed, "placed %d orders of %v around a peg of %v, on a venue of paper", len(ladder), cfg.Pair, peg)
	return d, nil
}

// provide registers, and submits as often as asked for.
func (c *poolCommand) provide(ctx context.Context, p *pool.Provider, clk clock.Clock) error {
	if err := p.Register(ctx); err != nil {
		return err
	}
	if c.Once {
		return p.Once(ctx)
	}
	if c.For > 0 {
		var end context.CancelFunc
		ctx, end = clk.WithTimeout(ctx, c.For)
		defer end()
	}
	p.Run(ctx)
	return nil
}

// outcome is what the whole run comes to.
func outcome(p *pool.Provider) error {
	if rounds, wrong := p.Outcome(); wrong > 0 {
		return fmt.Errorf("%d of %d rounds credited something else than the orders earn", wrong, rounds)
	}
	return nil
}

// price returns what one unit costs. An original ALP server says so in its status
// alone, once it has had a round.
func (c *poolCommand) price(ctx context.Context, cfg pool.Config) (decimal.Decimal, error) {
	if c.Price != "" {
		return positive("price", c.Price)
	}
	if prices, err := cfg.Server.Prices(ctx); err == nil && len(prices[cfg.Unit]) > 0 {
		return prices[cfg.Unit][0].Decimal, nil
	}
	for waited := false; ; waited = true {
		status, err := cfg.Server.Status(ctx)
		if prices := status.Prices[cfg.Unit]; err == nil && len(prices) > 0 {
			return prices[0].Decimal, nil
		}
		switch {
		case err == nil:
			return decimal.Zero, fmt.Errorf("the server has no price of %s: say one with --price", cfg.Unit)
		case !errors.Is(err, alp.ErrNoRound):
			return decimal.Zero, err
		case !waited:
			cfg.Say(pool.Waiting, "waiting for the server's first round, which says the price (or say one with --price)")
		}
		timer := cfg.Clock.Timer(time.Second)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return decimal.Zero, ctx.Err()
		}
	}
}

func (c *poolCommand) teller(on host) func(pool.Event) {
	switch {
	case c.JSON:
		return show.JSON(on.out)
	case show.Terminal(on.out):
		return show.Live(on.out)
	default:
		return show.Lines(on.out)
	}
}

// marketOf returns what the pool pays for, which must be what we want to provide.
func marketOf(ctx context.Context, server *alp.Client, set settings) (alp.Market, error) {
	all, err := server.Exchanges(ctx)
	if errors.Is(err, transport.ErrNoAnswer) {
		return alp.Market{}, fmt.Errorf("%w (go run ./examples/server starts a server on this machine)", err)
	}
	if err != nil {
		return alp.Market{}, err
	}
	market, found := all[set.Exchange][set.Unit]
	if !found {
		return alp.Market{}, fmt.Errorf("the pool at %s does not reward %s at %s", set.Server, set.Unit, set.Exchange)
	}
	return market, nil
}

// identity returns the key in a file, or one for this run alone.
func identity(path string) (ed25519.PrivateKey, error) {
	if path != "" {
		return keys.Identity(path)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

func random() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

func positive(name, value string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(value)
	if err != nil || !d.IsPositive() || len(value) > 40 || strings.ContainsAny(value, "eE") { // of 1e9999 nobody wants the digits
		return d, usage(fmt.Errorf("%s %.40q: must be a plain number > 0", name, value))
	}
	return d, nil
}
