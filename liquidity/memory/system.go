package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

var (
	_ liquidity.Feed     = (*System)(nil)
	_ liquidity.Executor = (*Provider)(nil)
)

// ErrDown is what a [Provider] returns while it cannot be reached, and for a
// transfer whose answer is lost.
var ErrDown = errors.New("memory: no answer")

// System is a number of banks and the providers that lend to them. Its zero value
// has neither and is ready to use. Safe for concurrent use; do not copy it after
// first use.
type System struct {
	mu        sync.Mutex
	banks     map[string]liquidity.Position
	providers map[string]*Provider
}

// Set puts in a bank, or changes it.
func (s *System) Set(p liquidity.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.banks == nil {
		s.banks = map[string]liquidity.Position{}
	}
	s.banks[p.Bank] = p
}

// Pay moves a bank's liquid assets by that much, which is negative for what it
// pays, and not below zero.
func (s *System) Pay(bank string, amount decimal.Decimal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pay(bank, amount)
}

func (s *System) pay(bank string, amount decimal.Decimal) {
	p, ok := s.banks[bank]
	if !ok {
		return
	}
	p.Liquid = decimal.Max(p.Liquid.Add(amount), decimal.Zero)
	s.banks[bank] = p
}

// Position returns how a bank stands.
func (s *System) Position(bank string) liquidity.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.banks[bank]
}

// Positions implements liquidity.Feed: it knows everything as of now.
func (s *System) Positions(ctx context.Context, now time.Time) ([]liquidity.Position, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []liquidity.Position
	for _, bank := range slices.Sorted(maps.Keys(s.banks)) {
		p := s.banks[bank]
		p.At = now
		all = append(all, p)
	}
	return all, nil
}

// Provider returns a provider of that ID, with nothing in it at first.
func (s *System) Provider(id string) *Provider {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.providers == nil {
		s.providers = map[string]*Provider{}
	}
	if s.providers[id] == nil {
		s.providers[id] = &Provider{system: s, state: liquidity.Provider{ID: id}, transfers: map[string]*transfer{}}
	}
	return s.providers[id]
}

// Luck is what becomes of a transfer. The zero Luck is good.
type Luck string

// The kinds of luck.
const (
	Good    Luck = ""
	Refuse  Luck = "refuse"  // it fails
	Lose    Luck = "lose"    // it is never made, and the answer is lost
	Timeout Luck = "timeout" // it settles, and the answer is lost
	Delay   Luck = "delay"   // it is under way until Settle
	Vanish  Luck = "vanish"  // it settles, and nobody knows before Settle
)

// Provider lends its money to the banks of a [System]. Safe for concurrent use.
type Provider struct {
	system    *System
	state     liquidity.Provider
	transfers map[string]*transfer
	script    []Luck
	fate      func(liquidity.Transfer) Luck
	down      bool
}

// transfer is what a provider knows of one.
type transfer struct {
	liquidity.Transfer
	status liquidity.Status
	made   int // how often its money moved
}

// Change changes what the provider says of itself.
func (p *Provider) Change(change func(*liquidity.Provider)) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	change(&p.state)
}

// Script sets what becomes of the next transfers, one by one, instead of what was
// set before. After that it is up to fate.
func (p *Provider) Script(lucks ...Luck) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	p.script = lucks
}

// Fate sets what becomes of all other transfers, so that a long run can depend on
// them and not on how often it was interrupted. Without it luck is good.
func (p *Provider) Fate(fate func(liquidity.Transfer) Luck) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	p.fate = fate
}

// Down sets whether the provider is out of reach.
func (p *Provider) Down(down bool) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	p.down = down
}

// Settle makes what is under way arrive and what vanished known.
func (p *Provider) Settle() {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	for _, t := range p.transfers {
		switch t.status {
		case liquidity.StatusPending:
			p.move(t)
		case liquidity.StatusUnknown:
			t.status = liquidity.StatusSettled
		default:
		}
	}
}

// Reverse takes back a settled transfer.
func (p *Provider) Reverse(id string) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	if t := p.transfers[id]; t != nil && t.status == liquidity.StatusSettled {
		t.status = liquidity.StatusReversed
		p.system.pay(t.Bank, change(t).Neg())
	}
}

// Made returns how often the money of that transfer has moved.
func (p *Provider) Made(id string) int {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	if t := p.transfers[id]; t != nil {
		return t.made
	}
	return 0
}

// Moved returns all transfers whose money has moved, by ID, that were not taken
// back.
func (p *Provider) Moved() []liquidity.Transfer {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	var all []liquidity.Transfer
	for _, id := range slices.Sorted(maps.Keys(p.transfers)) {
		if t := p.transfers[id]; t.made > 0 && t.status != liquidity.StatusReversed {
			all = append(all, t.Transfer)
		}
	}
	return all
}

// change is what a transfer does to its bank's liquid assets.
func change(t *transfer) decimal.Decimal {
	if t.Side == liquidity.Inject {
		return t.Amount
	}
	return t.Amount.Add(t.Interest).Neg()
}

// move moves the money.
func (p *Provider) move(t *transfer) {
	t.status = liquidity.StatusSettled
	t.made++
	p.system.pay(t.Bank, change(t))
}

// Provider implements liquidity.Executor.
func (p *Provider) Provider(ctx context.Context) (liquidity.Provider, error) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	return p.state, p.reach(ctx)
}

// Send implements liquidity.Executor.
func (p *Provider) Send(ctx context.Context, t liquidity.Transfer) error {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	if err := p.reach(ctx); err != nil {
		return err
	}
	known := p.transfer(t.ID)
	if known.status == liquidity.StatusFailed {
		return fmt.Errorf("%w: transfer %s", liquidity.ErrRefused, t.ID)
	}
	if known.status != liquidity.StatusUnsent {
		return nil
	}
	known.Transfer = t
	luck := p.luck(t)
	switch luck {
	case Good, Timeout:
		p.move(known)
	case Refuse:
		known.status = liquidity.StatusFailed
		return fmt.Errorf("%w: transfer %s", liquidity.ErrRefused, t.ID)
	case Lose:
	case Delay:
		known.status = liquidity.StatusPending
	case Vanish:
		p.move(known)
		known.status = liquidity.StatusUnknown
	}
	if luck != Good && luck != Delay {
		return fmt.Errorf("%w: transfer %s: %s", ErrDown, t.ID, luck)
	}
	return nil
}

func (p *Provider) luck(t liquidity.Transfer) Luck {
	if len(p.script) > 0 {
		next := p.script[0]
		p.script = p.script[1:]
		return next
	}
	if p.fate != nil {
		return p.fate(t)
	}
	return Good
}

// Void implements liquidity.Executor.
func (p *Provider) Void(ctx context.Context, id string) error {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	if err := p.reach(ctx); err != nil {
		return err
	}
	t := p.transfer(id)
	if t.status != liquidity.StatusUnsent && t.status != liquidity.StatusFailed {
		return fmt.Errorf("%w: transfer %s is not unsent", liquidity.ErrRefused, id)
	}
	t.status = liquidity.StatusFailed
	return nil
}

// Find implements liquidity.Executor.
func (p *Provider) Find(ctx context.Context, ids []string) (map[string]liquidity.Receipt, error) {
	p.system.mu.Lock()
	defer p.system.mu.Unlock()
	if err := p.reach(ctx); err != nil {
		return nil, err
	}
	found := make(map[string]liquidity.Receipt, len(ids))
	for _, id := range ids {
		r := liquidity.Receipt{Status: liquidity.StatusUnsent}
		if t := p.transfers[id]; t != nil {
			r.Status = t.status
			if t.status == liquidity.StatusSettled {
				r.Amount = t.Amount
			}
		}
		found[id] = r
	}
	return found, nil
}

// reach reports why the provider cannot be reached, to a caller that holds the
// lock.
func (p *Provider) reach(ctx context.Context) error {
	if p.down {
		return fmt.Errorf("%w: provider %s is down", ErrDown, p.state.ID)
	}
	return ctx.Err()
}

// transfer returns what is known of one, for a caller that holds the lock.
func (p *Provider) transfer(id string) *transfer {
	t := p.transfers[id]
	if t == nil {
		t = &transfer{status: liquidity.StatusUnsent}
		p.transfers[id] = t
	}
	return t
}
