package paper

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Account is one account at a [Venue]. Safe for concurrent use.
type Account struct {
	venue *Venue
	name  string

	// Behind the venue's lock.
	balances map[string]exchange.Balance
	orders   map[string]*order // by ClientID, all that were ever placed
	open     int               // how many of orders are open
	fills    []exchange.Fill   // oldest first
	faults   []Fault           // still to happen
	limited  time.Time         // every call is refused before this
	issued   time.Time         // of the last proof
}

var _ exchange.Client = (*Account)(nil)

// Deposit adds to the free balance. It returns exchange.ErrInvalid unless amount
// is > 0.
func (a *Account) Deposit(asset string, amount decimal.Decimal) error {
	if !amount.IsPositive() || asset == "" {
		return fmt.Errorf("%w: deposit %v %q: amount must be > 0, asset not empty", exchange.ErrInvalid, amount, asset)
	}
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	a.move(asset, amount, decimal.Zero)
	return nil
}

// Withdraw takes from the free balance. It returns exchange.ErrInvalid unless
// amount is > 0, and exchange.ErrInsufficient if less is free.
func (a *Account) Withdraw(asset string, amount decimal.Decimal) error {
	if !amount.IsPositive() || asset == "" {
		return fmt.Errorf("%w: withdrawal %v %q: amount must be > 0, asset not empty", exchange.ErrInvalid, amount, asset)
	}
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	if free := a.balances[asset].Free; free.LessThan(amount) {
		return fmt.Errorf("%w: withdrawal of %v %s, %v is free", exchange.ErrInsufficient, amount, asset, free)
	}
	a.move(asset, amount.Neg(), decimal.Zero)
	return nil
}

// Market returns the rules that [New] was given.
func (a *Account) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	m, unlock, err := a.read(ctx, pair)
	defer unlock()
	if err != nil {
		return exchange.Market{}, err
	}
	return m.rules, nil
}

// Ticker returns the best prices and the last one, as of the venue's time.
func (a *Account) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	m, unlock, err := a.read(ctx, pair)
	defer unlock()
	if err != nil {
		return exchange.Ticker{}, err
	}
	return exchange.Ticker{Pair: pair, Bid: m.best(exchange.Bid), Ask: m.best(exchange.Ask), Last: m.last, At: a.venue.now}, nil
}

// Book returns the open orders of all accounts, as of the venue's time.
func (a *Account) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	if depth < 1 {
		return exchange.Book{}, fmt.Errorf("%w: depth %d: must be >= 1", exchange.ErrInvalid, depth)
	}
	m, unlock, err := a.read(ctx, pair)
	defer unlock()
	if err != nil {
		return exchange.Book{}, err
	}
	return exchange.Book{
		Pair: pair,
		At:   a.venue.now,
		Bids: m.levels(exchange.Bid, depth),
		Asks: m.levels(exchange.Ask, depth),
	}, nil
}

// Balances returns every asset the account ever had.
func (a *Account) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	if _, err := a.begin(ctx, Read); err != nil {
		return nil, err
	}
	return maps.Clone(a.balances), nil
}

// OpenOrders returns the account's open orders in the order of their arrival.
func (a *Account) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	m, unlock, err := a.read(ctx, pair)
	defer unlock()
	if err != nil {
		return nil, err
	}
	return a.openOrders(m), nil
}

// Order returns an order of the account whatever became of it.
func (a *Account) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	_, unlock, err := a.read(ctx, pair)
	defer unlock()
	if err != nil {
		return exchange.Order{}, err
	}
	o := a.orders[clientID]
	if o == nil || o.Pair != pair {
		return exchange.Order{}, fmt.Errorf("%w: order %q of %v", exchange.ErrNotFound, clientID, pair)
	}
	return o.Order, nil
}

// Fills returns the account's trades of pair at or after since.
func (a *Account) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	_, unlock, err := a.read(ctx, pair)
	defer unlock()
	if err != nil {
		return nil, err
	}
	var fills []exchange.Fill
	for _, f := range a.fills {
		if f.Pair == pair && !f.At.Before(since) {
			fills = append(fills, f)
		}
	}
	return fills, nil
}

// Place matches o by price and time. What would trade with the account's own
// orders is cancelled instead.
func (a *Account) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	m, err := a.venue.market(o.Pair)
	if err != nil {
		return exchange.Order{}, err
	}
	if err := m.rules.Check(o); err != nil {
		return exchange.Order{}, err
	}
	fault, err := a.begin(ctx, Place)
	if err != nil {
		return exchange.Order{}, err
	}
	switch fault.Kind {
	case LoseRequest:
	case Delay:
		a.venue.delay(a, o, fault.For)
	case LoseAnswer:
		_, _ = a.venue.accept(a, o) // this is the answer that gets lost
	default:
		return a.venue.accept(a, o)
	}
	return exchange.Order{}, fmt.Errorf("%w: place %v", exchange.ErrUnknownOutcome, o)
}

// Cancel takes an open order off the book and gives back what it holds.
func (a *Account) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	m, err := a.venue.market(pair)
	if err != nil {
		return err
	}
	fault, err := a.begin(ctx, Cancel)
	if err != nil {
		return err
	}
	o := a.orders[clientID]
	if fault.Kind != LoseRequest && o != nil && o.Pair == pair && o.Status == exchange.Open {
		m.remove(o)
		a.venue.cancel(o)
	}
	if fault.Kind != 0 {
		return fmt.Errorf("%w: cancel %q", exchange.ErrUnknownOutcome, clientID)
	}
	return nil
}

// read begins a call that looks at one market. The caller defers unlock, whether
// or not there is an error.
func (a *Account) read(ctx context.Context, pair exchange.Pair) (m *market, unlock func(), err error) {
	a.venue.mu.Lock()
	if _, err := a.begin(ctx, Read); err != nil {
		return nil, a.venue.mu.Unlock, err
	}
	m, err = a.venue.market(pair)
	return m, a.venue.mu.Unlock, err
}

func (a *Account) openOrders(m *market) []exchange.Order {
	var own []*order
	for _, o := range slices.Concat(m.bids, m.asks) {
		if o.owner == a {
			own = append(own, o)
		}
	}
	slices.SortFunc(own, func(x, y *order) int { return x.number - y.number })
	orders := make([]exchange.Order, len(own))
	for i, o := range own {
		orders[i] = o.Order
	}
	return orders
}

// move adds to the two parts of a balance.
func (a *Account) move(asset string, free, held decimal.Decimal) {
	b := a.balances[asset]
	a.balances[asset] = exchange.Balance{Free: b.Free.Add(free), Held: b.Held.Add(held)}
}
