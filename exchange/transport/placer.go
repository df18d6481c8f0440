package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Placer makes placing idempotent, see [Place], at a venue whose client ids are unique among
// open orders only, as at most of them: it looks before it sends, and lets no two calls
// of one client id do so at the same time. The zero Placer is ready; it may not
// be copied once used. Safe for concurrent use.
type Placer struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // client ids that are being placed; closed when done
}

// Rules are what a venue asks of an order, such as exchange.Market.
type Rules interface{ Check(o exchange.Order) error }

// Place checks o against the rules of its market, and returns the order that look
// finds under its ClientID, or what send makes of it. It returns
// exchange.ErrInvalid if that order has other terms, and otherwise what market,
// look and send return.
func Place[R Rules](
	ctx context.Context, p *Placer, o exchange.Order,
	market func(context.Context, exchange.Pair) (R, error),
	look func(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error),
	send func(context.Context, R, exchange.Order) (exchange.Order, error),
) (exchange.Order, error) {
	if err := o.Validate(); err != nil {
		return exchange.Order{}, err
	}
	rules, err := market(ctx, o.Pair)
	if err != nil {
		return exchange.Order{}, err
	}
	if err := rules.Check(o); err != nil {
		return exchange.Order{}, err
	}
	unlock, err := p.lock(ctx, o.ClientID)
	if err != nil {
		return exchange.Order{}, err
	}
	defer unlock()
	known, err := look(ctx, o.Pair, o.ClientID)
	if errors.Is(err, exchange.ErrNotFound) {
		return send(ctx, rules, o)
	}
	if err != nil {
		return exchange.Order{}, err
	}
	if !known.SameTerms(o) {
		return exchange.Order{}, invalid("Order.ClientID", fmt.Sprintf("%q", o.ClientID),
			fmt.Sprintf("must name one order, names %v, not %v", known, o))
	}
	return known, nil
}

// lock waits until nobody else places id.
func (p *Placer) lock(ctx context.Context, id string) (unlock func(), err error) {
	for {
		p.mu.Lock()
		other, busy := p.busy[id]
		if !busy {
			break
		}
		p.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer p.mu.Unlock()
	if p.busy == nil {
		p.busy = map[string]chan struct{}{}
	}
	done := make(chan struct{})
	p.busy[id] = done
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.busy, id)
		close(done)
	}, nil
}
