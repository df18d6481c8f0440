package pool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// What can be wrong with a registration or a submission, besides the errors of
// reward.Ledger, exchange.Verifier and package price.
var (
	ErrNoMarket = errors.New("pool: no such market")
	ErrNoOrders = errors.New("pool: no orders found")     // the proof was good, and nothing stands open
	ErrUsed     = errors.New("pool: proof was used up")   // the same one was tried before, in vain
	ErrExchange = errors.New("pool: exchange")            // the proof could not be replayed, for the reason that is wrapped
	ErrUnproved = errors.New("pool: needs a fresh proof") // hardened mode takes no request without one
)

// Submission asks to count a provider's open orders.
type Submission struct {
	User, Exchange, Unit string
	Proof                *exchange.Proof // nil is the request for a sample, which only venue.Test answers
}

func (s Submission) account() string {
	return reward.Submission{User: s.User, Exchange: s.Exchange, Unit: s.Unit}.Account()
}

// Submit keeps the open orders that a proof gives access to, for the next round.
// Whether the user is registered it asks last: a caller who looks first spares the
// exchange the question. Besides the errors above it returns price.ErrNone,
// reward.ErrUnregistered, and reward.ErrReplayed for a proof whose orders are kept
// already.
func (p *Pool) Submit(ctx context.Context, s Submission) (err error) {
	defer func() { p.opts.Metrics.Submission(verdict(err)) }()
	snapshot := p.Snapshot()
	market, ok := snapshot.Config.Market(s.Exchange, s.Unit)
	if !ok {
		return fmt.Errorf("%w: %s at %s", ErrNoMarket, s.Unit, s.Exchange)
	}
	if s.Proof == nil {
		return p.sample(ctx, snapshot, market, s.User)
	}
	open, settle, err := p.prove(ctx, s.account(), s.Exchange, *s.Proof)
	if err != nil {
		return err
	}
	err = p.keep(ctx, snapshot, market, reward.Submission{
		User: s.User, Exchange: s.Exchange, Unit: s.Unit, IssuedAt: s.Proof.IssuedAt, SeenAt: p.Now(),
	}, open)
	settle(err == nil || errors.Is(err, ErrNoOrders) || errors.Is(err, reward.ErrReplayed))
	return err
}

// prove replays a proof at its exchange, once. settle must be told whether its
// orders were kept.
func (p *Pool) prove(ctx context.Context, account, at string, proof exchange.Proof) (open []exchange.Order, settle func(kept bool), err error) {
	settle, kept, err := p.proofs.take(ctx, account, proof.IssuedAt)
	switch {
	case err != nil:
		return nil, nil, err
	case settle == nil && kept:
		return nil, nil, fmt.Errorf("%w: of %v", reward.ErrReplayed, proof.IssuedAt)
	case settle == nil:
		return nil, nil, fmt.Errorf("%w: of %v", ErrUsed, proof.IssuedAt)
	}
	if err := p.wait(ctx); err != nil {
		settle(false)
		return nil, nil, err
	}
	open, err = p.ports.Venues.Verifiers[at].Verify(ctx, proof, proof.Pair, p.Now())
	if err != nil {
		settle(false)
		return nil, nil, fmt.Errorf("%w %s: %w", ErrExchange, at, err)
	}
	return open, settle, nil
}

// wait puts the sampling at a moment that the provider does not choose.
func (p *Pool) wait(ctx context.Context) error {
	if p.opts.Delay == nil {
		return nil
	}
	timer := p.opts.Clock.Timer(p.opts.Delay())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sample keeps orders that nobody placed, once a minute.
func (p *Pool) sample(ctx context.Context, snapshot *Snapshot, market config.Market, user string) error {
	if market.Exchange != venue.Test || snapshot.Config.Hardened {
		return fmt.Errorf("%w: req must be one", ErrUnproved)
	}
	now := p.Now()
	price, err := snapshot.Prices.Price(market.Unit, now)
	if err != nil {
		return err
	}
	return p.keep(ctx, snapshot, market, reward.Submission{
		User: user, Exchange: market.Exchange, Unit: market.Unit, IssuedAt: now.Truncate(time.Minute), SeenAt: now,
	}, venue.Sample(user, market.Pair, peg(market, price.Value), now))
}

// peg is what orders of the market are measured against.
func peg(m config.Market, price decimal.Decimal) decimal.Decimal {
	if m.Reverse {
		price, _ = decimal.New(1, 0).QuoRem(price, 18)
	}
	return price
}

// keep writes down what stands open, as of now. An order that no reward could be
// for, such as one that is filled, is left out.
func (p *Pool) keep(ctx context.Context, snapshot *Snapshot, market config.Market, s reward.Submission, open []exchange.Order) error {
	price, priceErr := snapshot.Prices.Price(market.Unit, s.SeenAt)
	if priceErr != nil && len(open) > 0 {
		return priceErr
	}
	for _, o := range open {
		if sighted, err := reward.Sight(o, snapshot.Config.Pool.Pegged, price.Value); err == nil {
			s.Orders = append(s.Orders, sighted)
		}
	}
	if err := p.ports.Ledger.Submit(ctx, s); err != nil { // without orders too: the proof is used up
		return err
	}
	if len(s.Orders) == 0 {
		return ErrNoOrders
	}
	return nil
}

// verdict names what became of a submission, for the metrics.
func verdict(err error) string {
	switch {
	case err == nil:
		return "kept"
	case errors.Is(err, ErrNoOrders):
		return "empty"
	case errors.Is(err, reward.ErrReplayed):
		return "repeated"
	case errors.Is(err, reward.ErrUnregistered):
		return "unregistered"
	}
	return "refused"
}
